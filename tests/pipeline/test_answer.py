import pytest

from mockproxy.errors import MiddlewareFailed
from mockproxy.messages.source import Held
from mockproxy.pipeline.answer import Answer


def answer(*pieces, length=None, method="GET", complete=True):
    headers = [(b"x-a", b"1"), *([] if length is None else [(b"content-length", length)])]
    answer = Answer("interceptor x (proxy)", method)
    answer.note({"type": "http.response.start", "status": 201, "headers": headers})
    for place, piece in enumerate(pieces, 1):
        more = not complete or place < len(pieces)
        answer.note({"type": "http.response.body", "body": piece, "more_body": more})
    return answer


def test_it_is_whole_when_the_last_piece_has_come():
    response = answer(b"on", bytearray(b"e"), memoryview(b"two")).response()

    assert (response.status, response.headers.items(), response.body) == (201, [("x-a", "1")], b"onetwo")


def test_it_counts_what_was_not_taken():
    begun = answer(b"one", b"two", complete=False)
    assert (begun.begun, begun.complete, begun.untaken) == (True, False, 6)
    assert begun.take(whole=False) == b"onetwo"
    assert (begun.untaken, begun.take(whole=False)) == (0, b"")


def test_the_last_octet_of_a_declared_length_is_kept_back():
    whole = answer(b"one", b"two", length=b"6")
    assert whole.take(whole=False) == b"onetw"
    assert (whole.untaken, whole.take(whole=False)) == (1, b"")
    assert whole.take(whole=True) == b"o"


def test_a_length_that_speaks_of_no_body_keeps_nothing_back():
    assert answer(b"onetwo", length=b"6", method="HEAD").take(whole=False) == b"onetwo"


@pytest.mark.parametrize("length", [b"six", b"-6", b"\xb2", b""])
def test_a_length_that_is_no_number_is_refused(length):
    with pytest.raises(MiddlewareFailed, match=r"^interceptor x \(proxy\) declared Content-Length .*is not one n"):
        answer(length=length)


def test_a_piece_beyond_the_declared_length_is_refused():
    with pytest.raises(MiddlewareFailed, match="declared Content-Length 3 and sent 6 octets"):
        answer(b"one", b"two", length=b"3")


@pytest.mark.parametrize(
    ("begun", "finding"),
    [
        (answer(b"one"), None),
        (answer(b"one", complete=False), "interceptor x (proxy) left its response unfinished: "),
        (answer(b"one", length=b"9"), "interceptor x (proxy) declared Content-Length 9 and sent 3 octets"),
    ],
)
def test_it_says_what_is_missing(begun, finding):
    missing = begun.unfinished()

    assert missing is None if finding is None else str(missing).startswith(finding)


def test_the_head_of_one_that_streams_leaves_the_framing_to_the_server():
    begun = Answer("interceptor x (proxy)", "GET")
    fields = [(b"Transfer-Encoding", b"chunked"), (b"x-a", b"1")]
    begun.note({"type": "http.response.start", "status": 200, "headers": fields})
    response = begun.streamed(Held(b"body"))

    assert (response.headers.items(), response.length) == ([("x-a", "1")], None)
