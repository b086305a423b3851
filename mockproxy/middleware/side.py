"""Which of the two messages of an exchange a middleware works on."""

from typing import Literal, get_args

from mockproxy.errors import ConfigurationError

Side = Literal["request", "response"]


def checked_side(on: Side) -> Side:
    """Raises ``ConfigurationError`` for what is neither of the two."""
    if on not in get_args(Side):
        raise ConfigurationError(f"on={on!r} is no side of an exchange: give 'request' or 'response'")
    return on
