from datetime import UTC, datetime

import pytest

from mockproxy.client.retry_after import seconds_until

NOW = datetime(1999, 12, 31, 23, 59, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),  # RFC 9110 section 10.2.3
        ("0", 0.0),
        (" 3 ", 3.0),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 59.0),  # RFC 9110 section 10.2.3
        ("Friday, 31-Dec-99 23:59:59 GMT", 59.0),  # RFC 9110 section 5.6.7, obsolete
        ("Fri Dec 31 23:59:59 1999", 59.0),  # RFC 9110 section 5.6.7, obsolete
        ("Fri, 31 Dec 1999 23:00:00 GMT", 0.0),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        ("Fri, 99999999999999999999 Dec 1999 23:59:59 GMT", None),
        ("Fri, 31 Dec 1999 23:59:59 +999999999999999999999", None),
        ("9" * 5000, float("inf")),
        ("٣", None),
    ],
)
def test_it_reads_seconds_and_dates_and_nothing_else(value, seconds):
    assert seconds_until(value, NOW) == seconds
