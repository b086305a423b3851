from collections.abc import AsyncGenerator

from mockproxy.errors import ConfigurationError
from mockproxy.matching.template import ANY_PATH, PathTemplate
from mockproxy.messages.confinement import confined
from mockproxy.pipeline.context import ProxyContext


class RewritePath:
    """Maps paths of one template to another: ``RewritePath("/v1/users/{id}", "/internal/users/{id}")``.

    Works on the raw path and leaves the query alone; a path that the first template does not match goes on unchanged.
    Dot segments that would lead out of the literal beginning of the second are refused with 400.
    """

    def __init__(self, pattern: str, to: str, *, name: str | None = None) -> None:
        self.name = name or type(self).__name__
        self._pattern = PathTemplate(pattern)
        self._to = PathTemplate(to)
        if to == ANY_PATH:
            raise ConfigurationError(
                f"RewritePath cannot rewrite to {to!r}, which is no path: give one such as '/v2/{{id}}'"
            )
        missing = [parameter for parameter in self._to.names if parameter not in self._pattern.names]
        if missing:
            raise ConfigurationError(
                f"RewritePath to {to!r} needs {missing[0]!r}, and {pattern!r} has only {list(self._pattern.names)}: "
                "use the parameter names of the pattern"
            )

    async def __call__(self, ctx: ProxyContext) -> AsyncGenerator[None, None]:
        parameters = self._pattern.match(ctx.request.path)
        if parameters is not None:
            ctx.request.path = confined(self._to.expand(parameters), self._to.literal_prefix)
        yield
