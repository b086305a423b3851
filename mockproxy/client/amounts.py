"""Numbers that users hand in: how often, how long, how much."""

from math import isnan

from mockproxy.errors import ConfigurationError


def check_amounts(**amounts: float) -> None:
    """Raises for what is no number (``TypeError``), or a negative one (``ConfigurationError``)."""
    for name, amount in amounts.items():
        if not isinstance(amount, int | float) or isinstance(amount, bool):
            raise TypeError(f"{name} must be a number, not {amount!r}")
        if isnan(amount) or amount < 0:
            raise ConfigurationError(
                f"{name}={amount!r} is {'no number' if isnan(amount) else 'negative'}: give 0 or more"
            )


def check_counts(**counts: int) -> None:
    """As ``check_amounts``, for whole numbers."""
    check_amounts(**counts)
    for name, count in counts.items():
        if not isinstance(count, int):
            raise TypeError(f"{name} must be a whole number, not {count!r}")
