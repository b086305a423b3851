"""A line in the log for every request."""

import logging
from time import perf_counter

from aiohttp import ClientHandlerType, ClientRequest, ClientResponse

from mockproxy.credentials.secret import redact_url


class LoggingMiddleware:
    """Logs method, URL, status and duration; secrets in the URL as tags, and nothing of headers and bodies."""

    def __init__(self, logger: logging.Logger | None = None, *, level: int = logging.INFO) -> None:
        if logger is not None and not callable(getattr(logger, "log", None)):
            raise TypeError(f"logger must be a logging.Logger, such as logging.getLogger('client'), not {logger!r}")
        if not isinstance(level, int) or isinstance(level, bool):
            raise TypeError(f"level must be a number, such as logging.INFO, not {level!r}")
        self._logger = logger or logging.getLogger("mockproxy.client")
        self._level = level

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        shown = f"{request.method} {redact_url(str(request.url))}"
        started = perf_counter()
        try:
            response = await handler(request)
        except BaseException as error:
            # The text of an error may quote what was sent.
            self._log(shown, type(error).__name__, started)
            raise
        self._log(shown, str(response.status), started)
        return response

    def _log(self, shown: str, outcome: str, started: float) -> None:
        self._logger.log(self._level, "%s -> %s in %.3f s", shown, outcome, perf_counter() - started)
