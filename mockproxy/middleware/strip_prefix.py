from collections.abc import AsyncGenerator

from mockproxy.errors import ConfigurationError
from mockproxy.matching.template import ANY_PATH, PathTemplate
from mockproxy.messages.confinement import confined
from mockproxy.pipeline.context import ProxyContext


class StripPrefix:
    """Takes a prefix, which may be a template, off the paths that have it: ``/api`` off ``/api/users``.

    A prefix ends where a segment ends, so ``/apix`` goes on unchanged; ``/api`` itself becomes ``/``.
    Dot segments that would lead out of the prefix are refused with 400.
    """

    def __init__(self, prefix: str, *, name: str | None = None) -> None:
        self.name = name or type(self).__name__
        text = PathTemplate(prefix).text.rstrip("/")
        if text in (ANY_PATH, ""):
            raise ConfigurationError(f"StripPrefix({prefix!r}) names nothing to take off: give a prefix such as '/api'")
        self._prefix = PathTemplate(text)

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        path = ctx.request.path
        found = self._prefix.match_prefix(path)
        if found is not None:
            _, end = found
            ctx.request.path = confined(path, f"{path[:end]}/")[end:] or "/"
        yield
