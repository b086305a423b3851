import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.middleware.side import checked_side


@pytest.mark.parametrize("on", ["request", "response"])
def test_both_messages_of_an_exchange_are_sides(on):
    assert checked_side(on) == on


@pytest.mark.parametrize("on", ["reply", "Request", None])
def test_anything_else_is_refused_by_name(on):
    with pytest.raises(ConfigurationError, match=f"on={on!r} .* 'request' or 'response'"):
        checked_side(on)
