from http.client import HTTPConnection

import pytest

from mockproxy.errors import ConfigurationError, RefusedRequest, UpstreamError
from mockproxy.pipeline.level import Level, chain_of
from mockproxy.pipeline.phase import Phase
from mockproxy.servers.proxy import ProxyServer
from mockproxy.servers.routing import Forward, Include, Routes, find_route
from mockproxy.servers.target import TargetServer

ELSEWHERE = "http://127.0.0.1:9"


def _status(proxy: ProxyServer) -> int:
    connection = HTTPConnection(proxy.host, proxy.port, timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_target_that_was_stopped_is_a_target_that_is_down() -> None:
    target = TargetServer().start()
    with ProxyServer(target) as proxy:
        target.stop()

        assert _status(proxy) == 502
        assert isinstance(proxy.exchanges.only().error, UpstreamError)


def test_a_target_that_was_started_again_is_asked_where_it_is_now() -> None:
    target = TargetServer().start()
    target.on("GET", "/").reply(204)
    with ProxyServer(target) as proxy:
        target.stop()
        target.start()
        try:
            assert _status(proxy) == 204
        finally:
            target.stop()


def chosen(path, *routes):
    """What a route is found for a path: its target's path, the names of the levels, and the path parameters."""
    found = find_route(Routes(routes), path, (("", Level()),))
    if found is None:
        return None
    return found.forward.target.name, [name for name, _ in found.levels], found.path_params


def forward(template, to=ELSEWHERE, **options):
    return Forward(template, to=to, **options)


def test_the_first_route_that_matches_is_taken():
    routes = [forward("/a/{x}", "http://one"), forward("/{x}/b", "http://two")]

    assert chosen("/a/b", *routes)[0] == "http://one"
    assert chosen("/c/b", *routes)[0] == "http://two"
    assert chosen("/c/d", *routes) is None


def test_path_parameters_of_all_levels_are_gathered_raw():
    routes = Include("/shops/{shop}", routes=[forward("/orders/{id}")])

    assert chosen("/shops/W%2FL/orders/7", routes)[2] == {"shop": "W%2FL", "id": "7"}


def test_levels_are_named_by_the_way_that_leads_to_them():
    routes = Include("/shops", routes=[Include("/eu", routes=[forward("/{shop}/orders")])])

    assert chosen("/shops/eu/7/orders", routes)[1] == ["", "/shops", "/shops/eu", "/shops/eu/{shop}/orders"]


def test_a_group_without_a_prefix_adds_nothing_to_the_name():
    assert chosen("/a", Include(routes=[forward("/a")]))[1] == ["", "", "/a"]


@pytest.mark.parametrize(
    ("path", "matches"),
    [("/shops", True), ("/shops/", True), ("/shops/7", True), ("/shopsy", False), ("/shops%2F7", False), ("/", False)],
)
def test_a_prefix_ends_at_a_slash(path, matches):
    assert (chosen(path, Include("/shops", routes=[forward("*")])) is not None) == matches


def test_the_prefix_alone_is_the_root_of_its_group():
    assert chosen("/shops", Include("/shops", routes=[forward("/")])) is not None


def test_a_group_in_which_nothing_matches_is_left_again():
    routes = [
        Include("/api", routes=[Include("/v1", routes=[forward("/a", "http://one")]), forward("/v1/b", "http://two")]),
        forward("/api/{rest:.*}", "http://three"),
    ]

    assert [chosen(path, *routes)[0] for path in ("/api/v1/a", "/api/v1/b", "/api/v1/c")] == [
        "http://one",
        "http://two",
        "http://three",
    ]


@pytest.mark.parametrize(
    ("path", "routes"),
    [
        ("/a/../b", [forward("/a/{x:.*}")]),
        ("/a/%2e%2E/b", [forward("/a/{x:.*}")]),
        ("/a/..%2fb", [forward("/a/{x:.*}")]),
        ("/shops/../admin", [Include("/shops", routes=[forward("*")])]),
        ("/shops/../shopsy", [Include("/shops", routes=[forward("*")])]),
        ("/shops/../shopsy", [Include("/shops", routes=[forward("/{x:.*}")])]),
    ],
)
def test_dot_segments_that_lead_out_of_a_route_are_refused(path, routes):
    with pytest.raises(RefusedRequest, match="lead out of") as refusal:
        chosen(path, *routes)

    assert refusal.value.status_code == 400


@pytest.mark.parametrize("path", ["/a/../a/b", "/a/./b", "/a/b..c", "/a/x/../y"])
def test_dot_segments_that_stay_inside_pass(path):
    assert chosen(path, forward("/a/{x:.*}")) is not None


@pytest.mark.parametrize("path", ["/../x", "/a/../../b"])
def test_a_route_for_everything_confines_nothing(path):
    assert chosen(path, forward("*")) is not None


def test_a_target_that_does_not_run_is_refused_at_once():
    with pytest.raises(ConfigurationError, match="the target 'orders' is not running: start it before a proxy leads"):
        forward("/", TargetServer(name="orders"))


@pytest.mark.parametrize("to", ["ftp://a", "127.0.0.1:80", "http://", "http://a?q=1", None, 80])
def test_what_is_no_target_is_refused_at_once(to):
    with pytest.raises(ConfigurationError):
        forward("/", to)


@pytest.mark.parametrize("template", ["no/slash", "/{}", "/{a}/{a}", "/{a", "/a?b"])
def test_a_template_that_cannot_be_read_is_refused_at_once(template):
    with pytest.raises(ConfigurationError, match="path template"):
        forward(template)


def test_what_is_no_route_is_refused_at_once():
    with pytest.raises(TypeError, match="a route is a Forward or an Include, not str"):
        Include("/a", routes=["/b"])


@pytest.mark.parametrize("routes", [None, forward("/a"), Include("/a")])
def test_what_is_no_list_of_routes_is_refused_at_once(routes):
    with pytest.raises(TypeError, match="routes must be a list, in the order in which they are tried, not"):
        Include("/a", routes=routes)


@pytest.mark.parametrize("prefix", [None, [forward("/a")]])
def test_a_prefix_is_text(prefix):
    with pytest.raises(ConfigurationError, match="the prefix of an Include is text such as '/shops', not"):
        Include(prefix)


def test_routes_may_be_made_while_they_are_given():
    paths = ["/a", "/b"]

    assert chosen("/b", Include("/x", routes=(forward(f"/y{path}") for path in paths))) is None
    assert chosen("/x/b", Include("/x", routes=(forward(path) for path in paths)))[0] == ELSEWHERE


def test_includes_and_forwards_can_be_added_one_by_one():
    shops = Include("/shops")
    eu = shops.include("/eu")
    eu.forward("/{shop}", to=ELSEWHERE)

    assert chosen("/shops/eu/7", shops)[1][-1] == "/shops/eu/{shop}"
    assert repr(shops) == "<Include /shops of 1 routes>"
    assert repr(eu.routes.items[0]) == f"<Forward /{{shop}} to {ELSEWHERE}>"


async def middleware(ctx):
    yield


def test_a_branch_takes_middlewares_by_use_and_as_a_decorator():
    branch = Include()
    branch.use(middleware, phase=Phase.TARGET_EDGE)
    assert branch.middleware(Phase.CLIENT_EDGE)(middleware) is middleware
    branch.use(middleware)

    assert [entry.phase for entry in branch.level.entries] == [Phase.TARGET_EDGE, Phase.CLIENT_EDGE, Phase.PROXY]


def test_a_branch_refuses_what_is_no_middleware_and_an_unknown_phase():
    with pytest.raises(TypeError, match="is no middleware"):
        Include().use(lambda ctx: None)
    with pytest.raises(ConfigurationError, match="unknown phase 'proxy'"):
        Include().use(middleware, phase="proxy")


def test_what_is_put_on_one_branch_is_not_seen_on_another():
    one, other = forward("/a"), forward("/b")
    one.use(middleware)
    found = find_route(Routes([one, other]), "/b", ())

    assert chain_of(found.levels) == ()
    assert [bound.level for bound in chain_of(find_route(Routes([one, other]), "/a", ()).levels)] == ["/a"]


@pytest.mark.parametrize("lead", [ProxyServer, lambda other: Forward("/", to=other)])
def test_another_proxy_is_given_by_its_url(lead):
    with ProxyServer(name="inner") as inner, pytest.raises(ConfigurationError) as refusal:
        lead(inner)

    assert str(refusal.value).startswith("a target is a TargetServer or a URL, not <ProxyServer 'inner' at 127.0.0.1:")
    assert str(refusal.value).endswith(">: give the `.url` of that one once it runs")
