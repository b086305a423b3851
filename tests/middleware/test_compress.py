import gzip
import zlib

import brotli
import pytest
import zstandard

from mockproxy.errors import ConfigurationError
from mockproxy.messages.message import Request, Response
from mockproxy.middleware import Compress
from tests.support.chain import through

PLAIN = b'{"stock": 7}' * 50


def ask(accept=None, middleware=None, answer=None, answer_in=None, method="GET"):
    request = Request(method, "/", {} if accept is None else {"Accept-Encoding": accept})
    return through(
        middleware or Compress(), request=request, answer=answer or announced(PLAIN), answer_in=answer_in
    ).response


def announced(body, **fields):
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    return Response(200, None, {"Content-Length": str(len(body)), **headers}, body)


def test_a_client_that_accepts_gzip_gets_one_layer_of_it():
    response = ask("gzip")

    assert gzip.decompress(response.body) == PLAIN
    assert response.headers.all("Content-Encoding") == ["gzip"]
    assert response.headers.all("Content-Length") == [str(len(response.body))]
    assert response.headers.all("Vary") == ["Accept-Encoding"]


@pytest.mark.parametrize("accept", [None, "", "identity", "br", "gzip;q=0", "gzip;q=0.5, identity"])
def test_a_client_that_does_not_gets_the_body_as_it_was(accept):
    response = ask(accept)

    assert response.body == PLAIN
    assert response.codings == ()


def test_the_plain_response_says_too_that_it_depends_on_what_is_accepted():
    assert ask("identity").headers.all("Vary") == ["Accept-Encoding"]


def test_lines_of_accept_encoding_are_one_list():
    request = Request("GET", "/", [("Accept-Encoding", "br"), ("Accept-Encoding", "gzip")])

    assert through(Compress(), request=request, answer=announced(PLAIN)).response.codings == ("gzip",)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("gzip, br, zstd", "br"), ("gzip, br;q=0.9", "gzip"), ("zstd", "zstd"), ("*", "br"), ("*, br;q=0", "zstd")],
)
def test_of_several_codings_the_client_gets_what_it_wants_most_or_else_the_first(accept, expected):
    response = ask(accept, Compress("br", "zstd", "gzip"))

    undo = {"br": brotli.decompress, "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body)}
    assert response.codings == (expected,)
    assert undo.get(expected, gzip.decompress)(response.body) == PLAIN


def test_what_the_client_accepts_is_what_it_sent_itself():
    async def ask_the_target_for_plain(ctx):
        ctx.request.headers["Accept-Encoding"] = "identity"
        yield

    request = Request("GET", "/", {"Accept-Encoding": "gzip"})
    crossing = through(Compress(), ask_the_target_for_plain, request=request, answer=announced(PLAIN))

    assert crossing.response.codings == ("gzip",)


@pytest.mark.parametrize(
    "answer",
    [
        announced(gzip.compress(PLAIN), Content_Encoding="gzip", ETag='"a"'),
        announced(PLAIN, Cache_Control="no-transform", ETag='"a"'),
        Response(206, None, {"Content-Range": "bytes 0-4/9", "Content-Length": "5"}, b"01234"),
        Response(200, None, {"Content-Length": "0"}),
        Response(204),
        Response(304, None, {"ETag": '"a"', "Content-Length": "600"}),
    ],
    ids=["coded", "no-transform", "range", "empty", "204", "304"],
)
def test_a_response_without_a_choice_is_left_as_it_is(answer):
    response = ask("gzip", answer=answer)

    assert (response.headers, response.body) == (answer.headers, answer.body)


def test_the_answer_to_head_is_left_as_it_is():
    answer = Response(200, None, {"Content-Length": "600"})

    assert ask("gzip", answer=answer, method="HEAD").headers == answer.headers


def test_a_body_below_the_least_size_is_left_as_it_is():
    middleware = Compress(min_size=600)

    assert ask("gzip", middleware, announced(b"x" * 599)).headers == announced(b"x" * 599).headers
    assert ask("gzip", middleware, announced(b"x" * 600)).codings == ("gzip",)


def test_a_stream_stays_a_stream_that_can_be_decoded_piece_by_piece():
    crossing = through(
        Compress(), request=Request("GET", "/", {"Accept-Encoding": "gzip"}), answer_in=[b"first", b"second"]
    )

    wire = zlib.decompressobj(wbits=31)
    assert [wire.decompress(piece) for piece in crossing.given] == [b"first", b"second", b""]
    assert wire.eof
    assert crossing.response.codings == ("gzip",)
    assert "Content-Length" not in crossing.response.headers


def test_a_tag_of_the_plain_octets_becomes_weak():
    assert ask("gzip", answer=announced(PLAIN, ETag='"a"')).headers["ETag"] == 'W/"a"'


def test_an_existing_vary_is_kept():
    assert ask("gzip", answer=announced(PLAIN, Vary="Origin")).headers.all("Vary") == ["Origin", "Accept-Encoding"]
    assert ask("gzip", answer=announced(PLAIN, Vary="Origin, accept-encoding")).headers.all("Vary") == [
        "Origin, accept-encoding"
    ]


def test_the_refusal_of_an_inner_middleware_is_compressed_too():
    async def refuse(ctx):
        ctx.answer(Response(403, None, (), PLAIN))
        yield

    response = through(Compress(), refuse, request=Request("GET", "/", {"Accept-Encoding": "gzip"})).response

    assert (response.status, gzip.decompress(response.body)) == (403, PLAIN)


def test_the_trace_shows_both_sizes():
    crossing = through(Compress(), request=Request("GET", "/", {"Accept-Encoding": "gzip"}), answer=announced(PLAIN))

    changes = crossing.trace["Compress"].changes.response
    assert changes.body == (600, len(crossing.response.body))
    assert "Content-Encoding" in changes.headers.added


@pytest.mark.parametrize("coding", ["lzma", "identity", "GZIP", 500])
def test_an_unknown_coding_is_refused(coding):
    with pytest.raises(ConfigurationError, match="known are gzip"):
        Compress(coding)


def test_a_negative_size_is_refused():
    with pytest.raises(ConfigurationError, match="min_size=-1"):
        Compress(min_size=-1)
