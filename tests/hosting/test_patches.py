import pytest

from mockproxy.hosting.patches import Patches


def noting(events):
    def put_on():
        events.append("on")
        return lambda: events.append("off")

    return put_on


@pytest.mark.parametrize("first_to_end", [0, 1])
def test_it_is_put_on_by_the_first_and_taken_off_by_the_last_in_whatever_order_they_end(first_to_end):
    patches, events, thing = Patches(), [], object()
    holders = [patches.held(thing, noting(events)) for _ in range(2)]
    for holder in holders:
        holder.__enter__()
    holders.pop(first_to_end).__exit__(None, None, None)
    assert events == ["on"]
    holders.pop().__exit__(None, None, None)
    assert events == ["on", "off"]


def test_each_object_has_its_own():
    patches, events = Patches(), []
    first, second = [], []
    with patches.held(first, noting(events)), patches.held(second, noting(events)):
        assert events == ["on", "on"]


def test_one_that_cannot_be_put_on_is_not_held():
    patches, events, thing = Patches(), [], object()

    def failing():
        raise LookupError("no")

    with pytest.raises(LookupError), patches.held(thing, failing):
        pass
    with patches.held(thing, noting(events)):
        pass
    assert events == ["on", "off"]
