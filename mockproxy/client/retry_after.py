"""When a server wants to be asked again."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def seconds_until(value: str, now: datetime) -> float | None:
    """What ``Retry-After`` says (RFC 9110 section 10.2.3): a number of seconds or a date; None for neither."""
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # of numbers that no date holds
        return None
    # RFC 9110 section 5.6.7: every date is in UTC; "-0000" and asctime's format leave the zone open.
    aware = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
