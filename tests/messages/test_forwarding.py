import pytest

from mockproxy.messages.forwarding import asks_for_websocket, end_to_end, forwarding_changes, with_forwarded, with_host
from mockproxy.messages.headers import Headers

HOST = (b"Host", b"proxy")


def crossed(*lines: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return list(end_to_end((HOST, *lines)))[1:]


def forwarded(*lines: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    return list(with_forwarded(tuple(lines), peer=b"10.0.0.1", host=b"proxy", scheme=b"http"))


# The table of Go's httputil.ReverseProxy (hopHeaders), without Trailer: trailers cross here.
@pytest.mark.parametrize(
    "name",
    [
        b"Connection",
        b"Proxy-Connection",
        b"Keep-Alive",
        b"Proxy-Authenticate",
        b"Proxy-Authorization",
        b"Te",
        b"Transfer-Encoding",
        b"Upgrade",
        b"PROXY-CONNECTION",
        b"keep-alive",
    ],
)
def test_a_hop_by_hop_field_does_not_cross(name):
    assert crossed((b"A", b"1"), (name, b"x"), (b"B", b"2")) == [(b"A", b"1"), (b"B", b"2")]


# The requests of Go's TestReverseProxyStripHeadersPresentInConnection and ...StripEmptyConnection.
@pytest.mark.parametrize(
    "options",
    [
        [b"X-Fake"],
        [b"close, X-Fake"],
        [b"x-fake"],
        [b"Upgrade", b"X-Fake"],
        [b" , ,X-Fake,"],
        [b"\tX-Fake\t, keep-alive"],
        [b"", b"X-Fake"],
    ],
)
def test_a_field_that_connection_names_does_not_cross(options):
    lines = [(b"Connection", option) for option in options]
    assert crossed(*lines, (b"X-Fake", b"1"), (b"x-fake", b"2"), (b"X-Real", b"3")) == [(b"X-Real", b"3")]


@pytest.mark.parametrize("options", [b"", b",", b" , , ", b"close", b"X-Other"])
def test_connection_removes_nothing_that_it_does_not_name(options):
    assert crossed((b"Connection", options), (b"X-Fake", b"1")) == [(b"X-Fake", b"1")]


def test_what_is_added_after_the_client_named_it_is_kept():
    # golang/go#50580: `Connection: X-Forwarded-For` must not remove what the proxy itself appends.
    received = ((b"Connection", b"X-Forwarded-For"), (b"X-Forwarded-For", b"forged"))
    assert forwarded(*end_to_end(received))[0] == (b"X-Forwarded-For", b"10.0.0.1")


@pytest.mark.parametrize("line", [(b"Host", b"a"), (b"Content-Length", b"3")])
def test_a_field_without_which_the_message_is_another_is_kept_though_connection_names_it(line):
    assert end_to_end(((b"Connection", line[0]), line)) == (line,)


# Go's TestReverseProxyPreserveTETrailers sends the first two.
@pytest.mark.parametrize("value", [b"trailers", b"foo, trailers, bar", b"Trailers", b"gzip;q=0.5,trailers"])
def test_te_crosses_with_trailers_alone(value):
    assert [(name, value.lower()) for name, value in crossed((b"TE", value))] == [(b"TE", b"trailers")]


def test_te_crosses_though_connection_names_it():
    # RFC 9110 section 10.1.4: whoever sends TE must name it in Connection.
    assert crossed((b"Connection", b"TE"), (b"TE", b"trailers")) == [(b"TE", b"trailers")]


@pytest.mark.parametrize("value", [b"chunked", b"Chunked"])
def test_chunked_stays_since_the_next_hop_is_framed_alike(value):
    assert crossed((b"Transfer-Encoding", value)) == [(b"Transfer-Encoding", value)]


@pytest.mark.parametrize("name", [b"Trailer", b"Authorization", b"Cookie", b"Via", b"Accept-Encoding", b"Expect"])
def test_an_end_to_end_field_crosses(name):
    assert crossed((b"Connection", b"close"), (name, b"x")) == [(name, b"x")]


def test_fields_that_all_cross_are_the_same_object():
    fields = (HOST, (b"A", b"1"))
    assert end_to_end(fields) is fields


def test_the_host_of_the_target_stands_where_that_of_the_client_stood():
    fields = ((b"A", b"1"), (b"HOST", b"proxy"), (b"B", b"2"))
    assert with_host(fields, b"target:81") == ((b"A", b"1"), (b"HOST", b"target:81"), (b"B", b"2"))


def test_a_request_without_host_gets_one_as_its_first_field():
    assert with_host(((b"A", b"1"),), b"target") == ((b"Host", b"target"), (b"A", b"1"))


def test_the_first_hop_begins_the_chain():
    assert forwarded((b"A", b"1")) == [
        (b"A", b"1"),
        (b"X-Forwarded-For", b"10.0.0.1"),
        (b"X-Forwarded-Host", b"proxy"),
        (b"X-Forwarded-Proto", b"http"),
    ]


def test_a_later_hop_is_appended_in_place():
    # As in Go's TestXForwardedFor: the prior chain, a comma, the peer.
    assert forwarded((b"x-forwarded-for", b"client ip"), (b"A", b"1"))[:2] == [
        (b"x-forwarded-for", b"client ip, 10.0.0.1"),
        (b"A", b"1"),
    ]


def test_a_chain_in_several_lines_becomes_one_line():
    lines = [(b"X-Forwarded-For", b"1.1.1.1"), (b"A", b"1"), (b"X-Forwarded-For", b"2.2.2.2, 3.3.3.3")]
    assert forwarded(*lines)[:2] == [(b"X-Forwarded-For", b"1.1.1.1, 2.2.2.2, 3.3.3.3, 10.0.0.1"), (b"A", b"1")]


def test_equal_lines_of_a_chain_are_all_kept():
    lines = [(b"X-Forwarded-For", b"1.1.1.1"), (b"X-Forwarded-For", b"1.1.1.1")]
    assert forwarded(*lines)[0] == (b"X-Forwarded-For", b"1.1.1.1, 1.1.1.1, 10.0.0.1")


def test_without_a_host_none_is_forwarded():
    fields = with_forwarded((), peer=b"10.0.0.1", host=None, scheme=b"http")
    assert [name for name, _ in fields] == [b"X-Forwarded-For", b"X-Forwarded-Proto"]


def test_the_changes_of_forwarding_leave_out_those_of_the_middlewares():
    received = (HOST, (b"Connection", b"X-Fake"), (b"X-Fake", b"1"), (b"A", b"1"))
    asked = (HOST, (b"A", b"changed by a middleware"))
    sent = ((b"Host", b"target"), *asked[1:], (b"X-Forwarded-For", b"10.0.0.1"))

    changes = forwarding_changes(received, asked, sent)

    assert changes.removed == Headers({"Connection": "X-Fake", "X-Fake": "1"})
    assert changes.added == Headers({"X-Forwarded-For": "10.0.0.1"})
    assert changes.replaced == {"Host": ("proxy", "target")}


UPGRADE = ((b"Connection", b"Upgrade"), (b"Upgrade", b"websocket"))


@pytest.mark.parametrize(
    "lines",
    [
        UPGRADE,
        ((b"Connection", b"keep-alive, Upgrade"), (b"Upgrade", b"websocket")),
        ((b"Connection", b"keep-alive"), (b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")),
        ((b"Connection", b"Upgrade, X-Fake"), (b"X-Fake", b"1"), (b"Upgrade", b"websocket")),
        ((b"Connection", b"Upgrade"), (b"Upgrade", b"h2c, websocket")),
    ],
)
def test_the_upgrade_to_a_websocket_crosses_and_nothing_with_it(lines):
    assert crossed(*lines) == list(UPGRADE)
    assert end_to_end(lines, upgrade=False) == ()


@pytest.mark.parametrize(
    "lines",
    [
        ((b"Connection", b"Upgrade"), (b"Upgrade", b"h2c")),
        ((b"Connection", b"keep-alive"), (b"Upgrade", b"websocket")),
        ((b"Connection", b"Upgrade"),),
        ((b"Connection", b"Upgrade"), (b"X-Upgrade", b"websocket")),
    ],
)
def test_no_other_upgrade_crosses(lines):
    assert [line for line in crossed(*lines) if line[0] != b"X-Upgrade"] == []
    assert not asks_for_websocket(lines)
