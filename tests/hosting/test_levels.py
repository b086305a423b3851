from mockproxy.hosting.levels import parts_of


class Part:
    """An application, a route or a middleware: what has a path, routes, and something inside."""

    def __init__(self, name, *, path=None, host=None, routes=None, app=None):
        self.name = name
        self.path = path
        self.host = host
        self.routes = routes
        self.app = app


def named(app):
    return [(part.name, level) for part, level in parts_of(app) if isinstance(part, Part)]


def test_outer_parts_come_before_inner_ones_with_the_path_to_them():
    order = Part("order", path="/{id}")
    eu = Part("eu", path="/eu/", routes=[order])
    shops = Part("shops", path="/shops", routes=[eu])
    app = Part("app", routes=[shops, Part("health", path="/health")])

    assert named(app) == [
        ("app", ""),
        ("shops", "/shops"),
        ("eu", "/shops/eu"),
        ("order", "/shops/eu/{id}"),
        ("health", "/health"),
    ]


def test_what_a_middleware_stands_around_is_on_its_level():
    mounted = Part("mounted")

    assert named(Part("app", routes=[Part("mount", path="/eu", app=Part("middleware", app=mounted))])) == [
        ("app", ""),
        ("mount", "/eu"),
        ("middleware", "/eu"),
        ("mounted", "/eu"),
    ]


def test_a_route_for_a_host_is_a_level_of_its_name():
    assert named(Part("app", routes=[Part("route", host="shop.test")]))[1] == ("route", "shop.test")


def test_a_part_on_two_levels_comes_twice():
    shared = Part("shared")
    app = Part("app", routes=[Part("eu", path="/eu", app=shared), Part("us", path="/us", app=shared)])

    assert [level for name, level in named(app) if name == "shared"] == ["/eu", "/us"]


def test_a_part_that_leads_back_to_what_it_stands_in_ends_there():
    app = Part("app", routes=[])
    app.routes.append(Part("again", path="/again", app=app))

    assert named(app) == [("app", ""), ("again", "/again")]


def test_routes_that_are_no_list_are_left_alone():
    """As on aiohttp's router, where it is a method."""
    assert named(Part("app", routes=lambda: [Part("route")])) == [("app", "")]
