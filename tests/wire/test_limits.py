from dataclasses import asdict, fields

import pytest

from mockproxy.wire.limits import DEFAULT_LIMITS, Limits


def test_every_size_and_every_wait_has_a_bound():
    assert [name for name, bound in asdict(DEFAULT_LIMITS).items() if not 0 < bound < float("inf")] == []


def test_heads_are_as_long_as_common_servers_take_them():
    # nginx: four buffers of 8 KiB; Node: 16 KiB.
    assert DEFAULT_LIMITS.head >= 32 * 1024


def test_a_test_may_choose_one_bound():
    assert Limits(fields=3) == Limits(**{**asdict(DEFAULT_LIMITS), "fields": 3})


@pytest.mark.parametrize("name", [bound.name for bound in fields(Limits)])
def test_a_bound_never_changes(name):
    with pytest.raises(AttributeError):
        setattr(DEFAULT_LIMITS, name, 1)
