import pytest

from mockproxy.pipeline.level import Level, chain_of
from mockproxy.pipeline.phase import Phase


class Tag:
    def __init__(self, name):
        self.name = name

    async def intercept(self, scope, receive, send): ...


def chain(*levels):
    return [(bound.level, bound.entry.name) for bound in chain_of(levels)]


def test_phases_come_first_then_levels_then_the_order_of_registration():
    outer, inner = Level(), Level()
    for phase in (Phase.TARGET_EDGE, Phase.PROXY, Phase.CLIENT_EDGE):
        for name in ("first", "second"):
            inner.use(Tag(f"{phase.value} {name}"), phase=phase)
            outer.use(Tag(f"{phase.value} {name}"), phase=phase)

    assert chain(("", outer), ("/in", inner)) == [
        (level, f"{phase.value} {name}")
        for phase in (Phase.CLIENT_EDGE, Phase.PROXY, Phase.TARGET_EDGE)
        for level in ("", "/in")
        for name in ("first", "second")
    ]


def test_interceptors_of_a_level_are_the_first_of_its_client_edge():
    level = Level(interceptors=[Tag("given first")])
    level.use(Tag("used later"), phase=Phase.CLIENT_EDGE)

    assert chain(("", level)) == [("", "given first"), ("", "used later")]


def test_middlewares_of_a_level_stand_in_the_proxy_phase():
    level = Level(middlewares=[Tag("middleware")])

    assert [entry.phase for entry in level.entries] == [Phase.PROXY]


def test_interceptors_takes_nothing_but_interceptors():
    async def middleware(ctx):
        yield

    with pytest.raises(TypeError, match=r"is no interceptor.*goes into `middlewares` or `use`"):
        Level(interceptors=[middleware])


def test_a_chain_that_was_made_does_not_see_what_is_used_later():
    level = Level(middlewares=[Tag("early")])
    made = chain_of([("", level)])
    level.use(Tag("late"), phase=Phase.PROXY)

    assert [bound.entry.name for bound in made] == ["early"]


@pytest.mark.parametrize("given", [None, Tag, Tag("one"), "Tag", {Tag("one")}, 3])
@pytest.mark.parametrize("name", ["interceptors", "middlewares"])
def test_what_is_no_list_is_refused(name, given):
    with pytest.raises(
        TypeError, match=rf"^{name} must be a list, in the order in which they run, not .*: write {name}="
    ):
        Level(**{name: given})


@pytest.mark.parametrize("listed", [list, tuple, iter])
def test_any_ordered_iterable_will_do(listed):
    assert chain(("", Level(listed([Tag("first"), Tag("second")])))) == [("", "first"), ("", "second")]
