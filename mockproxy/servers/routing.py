"""The routes of a proxy: includes, forwards, and the choice of one from the path as received."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from mockproxy.errors import ConfigurationError
from mockproxy.matching.template import ANY_PATH, PathTemplate
from mockproxy.messages.confinement import confined
from mockproxy.messages.url import Origin, parse_origin
from mockproxy.pipeline.level import Level, Levels
from mockproxy.pipeline.phase import Phase
from mockproxy.servers.server import Server
from mockproxy.servers.target import TargetServer

M = TypeVar("M")

TargetGiven = TargetServer | str


class Branch:
    """A place where middlewares stand: what the proxy, an include and a forward have in common."""

    level: Level

    def use(self, middleware: object, *, phase: Phase = Phase.PROXY) -> None:
        """Appends a middleware of any form to this level; requests that have come already do not see it.

        Raises ``TypeError`` for what is no middleware, ``ConfigurationError`` for an unknown phase.
        """
        self.level.use(middleware, phase=phase)

    def middleware(self, phase: Phase = Phase.PROXY) -> Callable[[M], M]:
        """As ``use``, as a decorator."""

        def register(middleware: M) -> M:
            self.level.use(middleware, phase=phase)
            return middleware

        return register


class Forward(Branch):
    """A route to a target.

    ``template`` chooses by the path as received, joined to the prefixes of the includes around it.
    ``path`` is what the target is asked for, expanded with the path parameters; without it the path goes on as it is.
    ``forwarded=False`` leaves out ``X-Forwarded-For``, ``-Host`` and ``-Proto``; ``preserve_host=True`` passes the
    client's ``Host`` on.
    """

    def __init__(
        self,
        template: str,
        *,
        to: TargetGiven,
        path: str | None = None,
        interceptors: Iterable[object] = (),
        middlewares: Iterable[object] = (),
        forwarded: bool = True,
        preserve_host: bool = False,
    ) -> None:
        self.template = PathTemplate(template)
        self.target = Target.of(to)
        self.path = None if path is None else PathTemplate(path)
        self.level = Level(interceptors, middlewares)
        self.forwarded = forwarded
        self.preserve_host = preserve_host

    def __repr__(self) -> str:
        return f"<Forward {self.template} to {self.target.name}>"


class RouteGroup(Branch):
    """A branch that holds routes: what the proxy and an include have in common."""

    routes: "Routes"

    def include(
        self, prefix: str = "", *, interceptors: Iterable[object] = (), middlewares: Iterable[object] = ()
    ) -> "Include":
        """Appends a group of routes behind a prefix, inside this one, and returns it."""
        return self.routes.add(Include(prefix, interceptors=interceptors, middlewares=middlewares))

    def forward(
        self,
        template: str,
        *,
        to: TargetGiven,
        path: str | None = None,
        interceptors: Iterable[object] = (),
        middlewares: Iterable[object] = (),
        forwarded: bool = True,
        preserve_host: bool = False,
    ) -> Forward:
        """Appends a route to a target and returns it; the arguments are those of ``Forward``."""
        return self.routes.add(
            Forward(
                template,
                to=to,
                path=path,
                interceptors=interceptors,
                middlewares=middlewares,
                forwarded=forwarded,
                preserve_host=preserve_host,
            )
        )


class Include(RouteGroup):
    """A group of routes behind a prefix; what is put on it is not seen outside of it."""

    def __init__(
        self,
        prefix: str = "",
        *,
        routes: Iterable["Route"] = (),
        interceptors: Iterable[object] = (),
        middlewares: Iterable[object] = (),
    ) -> None:
        self.prefix = None if prefix in ("", "/") else _prefix(prefix)
        self.routes = Routes(routes)
        self.level = Level(interceptors, middlewares)

    def __repr__(self) -> str:
        return f"<Include {self.prefix or '/'} of {len(self.routes.items)} routes>"


def _prefix(prefix: str) -> PathTemplate:
    if not isinstance(prefix, str):
        raise ConfigurationError(f"the prefix of an Include is text such as '/shops', not {prefix!r}")
    return PathTemplate(prefix.rstrip("/"))


Route = Forward | Include
R = TypeVar("R", Forward, Include)


class Routes:
    """Routes in order."""

    def __init__(self, routes: Iterable[Route]) -> None:
        if not isinstance(routes, Iterable):
            raise TypeError(f"routes must be a list, in the order in which they are tried, not {routes!r}")
        self.items: tuple[Route, ...] = tuple(routes)
        for route in self.items:
            if not isinstance(route, Forward | Include):
                raise TypeError(f"a route is a Forward or an Include, not {type(route).__name__}: {route!r}")

    def add(self, route: R) -> R:
        self.items = (*self.items, route)
        return route


@dataclass(frozen=True, slots=True)
class Target:
    """Where a forward leads: a target server, or a URL; ``first`` is where it was when the route was made."""

    name: str
    server: TargetServer | None
    first: Origin

    @classmethod
    def of(cls, given: TargetGiven) -> "Target":
        """Raises ``ConfigurationError`` at once for a URL that cannot be one, and for a server that does not run."""
        if isinstance(given, Server) and not isinstance(given, TargetServer):
            raise ConfigurationError(
                f"a target is a TargetServer or a URL, not {given!r}: give the `.url` of that one once it runs"
            )
        if isinstance(given, TargetServer):
            if not given.running:
                raise ConfigurationError(
                    f"the target {given.name!r} is not running: start it before a proxy leads to it"
                )
            return cls(given.name, given, Origin(given.host, given.port))
        return cls(given, None, parse_origin(given))

    @property
    def origin(self) -> Origin:
        """Of a server that was stopped since, where it was: nobody answers there, as at any target that is down."""
        if self.server is not None and self.server.running:
            return Origin(self.server.host, self.server.port)
        return self.first


@dataclass(frozen=True, slots=True)
class Found:
    """A route that was chosen, and the way to it.

    ``segments`` are the names of those path parameters that stand for one segment.
    """

    forward: Forward
    levels: Levels
    path_params: dict[str, str]
    segments: frozenset[str] = frozenset()


def find_route(routes: Routes, path: str, outer: Levels) -> Found | None:
    """The first route whose template matches the raw path; goes back where nothing inside an include does.

    Raises ``RefusedRequest`` for a path whose dot segments lead out of what the route confines it to.
    """
    return next(_matches(routes, _Way(path, path, "", outer, {}, frozenset())), None)


@dataclass(frozen=True, slots=True)
class _Way:
    """How far a path has been followed: what is left of it, and what lies behind."""

    whole: str
    rest: str
    level: str
    levels: Levels
    params: Mapping[str, str]
    segments: frozenset[str]

    def into(self, branch: Branch, template: PathTemplate | None, *, rest: str, params: Mapping[str, str]) -> "_Way":
        level = self.level if template is None else f"{self.level}{template}"
        # An inner parameter takes the place of an outer one of its name.
        segments = self.segments if template is None else self.segments - set(template.names) | template.segments
        levels = (*self.levels, (level, branch.level))
        return _Way(self.whole, rest, level, levels, {**self.params, **params}, segments)


def _matches(routes: Routes, way: _Way) -> Iterator[Found]:
    for route in routes.items:
        if isinstance(route, Forward):
            found = route.template.match(way.rest)
            if found is not None:
                end = way.into(route, route.template, rest="", params=found)
                confined(way.whole, _literal_part(end.level))
                yield Found(route, end.levels, dict(end.params), end.segments)
        elif route.prefix is None:
            yield from _matches(route.routes, way.into(route, None, rest=way.rest, params={}))
        else:
            prefixed = route.prefix.match_prefix(way.rest)
            if prefixed is not None:
                found, end_of_prefix = prefixed
                rest = way.rest[end_of_prefix:] or "/"
                yield from _matches(route.routes, way.into(route, route.prefix, rest=rest, params=found))


def _literal_part(template: str) -> str:
    literal = template.partition("{")[0]
    return f"{literal.removesuffix(ANY_PATH)}/" if literal.endswith(ANY_PATH) else literal


def catch_all(target: TargetGiven) -> Forward:
    """The route of a proxy that has one target for everything."""
    return Forward(ANY_PATH, to=target)
