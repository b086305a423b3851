"""An error of a client, told without the secrets that its request carried."""

from aiohttp import ClientResponseError


def told(error: BaseException | None) -> str:
    """Its ``repr``, but for that of aiohttp which shows the whole head of the request."""
    if isinstance(error, ClientResponseError):
        return f"{type(error).__name__}(status={error.status}, message={error.message!r})"
    return repr(error)
