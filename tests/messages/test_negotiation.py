import pytest

from mockproxy.messages.headers import MutableHeaders
from mockproxy.messages.negotiation import preferred, vary_by_coding


@pytest.mark.parametrize(
    ("field", "coding", "accepted"),
    [
        # RFC 9110, 12.5.3, its five examples in order.
        ("compress, gzip", "gzip", True),
        ("compress, gzip", "br", False),
        ("", "gzip", False),
        ("*", "zstd", True),
        ("compress;q=0.5, gzip;q=1.0", "compress", True),
        ("gzip;q=1.0, identity; q=0.5, *;q=0", "br", False),
        # Its rules.
        ("gzip;q=0", "gzip", False),
        ("gzip;q=0.000", "gzip", False),
        ("*, gzip;q=0", "gzip", False),
        ("GZIP ; Q=0.001", "gzip", True),
        (", ,gzip,", "gzip", True),
        # 8.4.1.3: x-gzip is gzip.
        ("x-gzip", "gzip", True),
        ("gzip", "x-gzip", True),
        # What does not parse counts as not sent.
        ("gzip;q=high", "gzip", False),
        ("gzip;q=1.5", "gzip", False),
        ("gzip;q=0.1234", "gzip", False),
        ("gzip;level=9", "gzip", False),
        ("gzip;q=high, br", "br", True),
        # A client that says nothing is given nothing that it must decode.
        (None, "gzip", False),
    ],
)
def test_a_coding_is_accepted_as_the_field_says(field: str | None, coding: str, accepted: bool) -> None:
    assert preferred(field, [coding]) == (coding if accepted else None)


@pytest.mark.parametrize(
    ("field", "offered", "chosen"),
    [
        ("gzip, br", ["br", "gzip"], "br"),
        ("gzip, br", ["gzip", "br"], "gzip"),
        ("gzip;q=0.5, br;q=0.8", ["gzip", "br"], "br"),
        ("gzip;q=0.001", ["br", "gzip"], "gzip"),
        ("*", ["zstd"], "zstd"),
        ("x-gzip", ["gzip"], "gzip"),
        ("deflate", ["br", "gzip"], None),
        ("gzip;q=0", ["gzip"], None),
        ("gzip;q=0.5, identity", ["gzip"], None),
        ("gzip;q=0.5, identity;q=0.5", ["gzip"], "gzip"),
        ("gzip;q=0.5, identity;q=high", ["gzip"], "gzip"),
        ("gzip, identity;q=0", ["gzip"], "gzip"),
        ("br, identity;q=0", ["gzip"], None),
        ("gzip", [], None),
        ("", ["gzip"], None),
        (None, ["gzip"], None),
    ],
)
def test_the_coding_that_the_client_wants_most_is_preferred(
    field: str | None, offered: list[str], chosen: str | None
) -> None:
    assert preferred(field, offered) == chosen


@pytest.mark.parametrize(
    ("before", "after"),
    [([], ["Accept-Encoding"]), (["Origin"], ["Origin", "Accept-Encoding"]), (["accept-encoding"],) * 2, (["*"],) * 2],
)
def test_a_response_says_once_that_it_varies_by_coding(before: list[str], after: list[str]) -> None:
    headers = MutableHeaders(tuple((b"Vary", value.encode()) for value in before))
    vary_by_coding(headers)

    assert headers.all("Vary") == after
