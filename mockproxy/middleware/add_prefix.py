from collections.abc import AsyncGenerator

from mockproxy.errors import ConfigurationError
from mockproxy.matching.template import ANY_PATH, PathTemplate
from mockproxy.messages.confinement import confined
from mockproxy.pipeline.context import ProxyContext


class AddPrefix:
    """Puts a prefix before every path: ``/base`` before ``/users``.

    ``OPTIONS *`` has no path and goes on unchanged.
    Dot segments that would lead out of the prefix are refused with 400.
    """

    def __init__(self, prefix: str, *, name: str | None = None) -> None:
        self.name = name or type(self).__name__
        template = PathTemplate(prefix)
        self._prefix = template.text.rstrip("/")
        if template.names or self._prefix in (ANY_PATH, ""):
            raise ConfigurationError(
                f"AddPrefix({prefix!r}) is no prefix that is the same for all paths: give one such as '/base', or use "
                "RewritePath for one with parameters"
            )

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        if ctx.request.path != "*":
            ctx.request.path = confined(self._prefix + ctx.request.path, f"{self._prefix}/")
        yield
