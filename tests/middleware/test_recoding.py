import gzip
import zlib

import pytest

from mockproxy.messages.coding import decoder, encoder
from mockproxy.messages.message import Request, Response
from mockproxy.middleware.recoding import WHOLE_SIZE, recode, request_may_change, response_may_change, size_of
from tests.support.chain import through

PLAIN = b"0123456789" * 100


def seen_on_response(question, request=None, answer=None, answer_in=None):
    seen = []

    async def ask(ctx):
        yield
        seen.append(question(ctx))

    through(ask, request=request, answer=answer, answer_in=answer_in)
    return seen[0]


def recoded(answer, coder, coding, answer_in=None):
    async def change(ctx):
        yield
        await recode(ctx.response, coder, coding)

    return through(change, answer=answer, answer_in=answer_in)


def test_an_ordinary_response_may_change():
    assert seen_on_response(response_may_change, answer=Response(404, None, (), b"x"))


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (Request("HEAD", "/"), Response(200, None, {"Content-Length": "600"})),
        (None, Response(204)),
        (None, Response(304)),
        (None, Response(206, None, {"Content-Range": "bytes 0-0/9"}, b"x")),
        (None, Response(200, None, {"Cache-Control": "public, No-Transform"}, b"x")),
        (Request("GET", "/", {"Cache-Control": "no-transform"}), Response(200, None, (), b"x")),
    ],
    ids=["HEAD", "204", "304", "range", "no-transform", "no-transform of the client"],
)
def test_a_response_must_stay_as_it_is(request_, answer):
    assert not seen_on_response(response_may_change, request_, answer)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [((), True), ({"Cache-Control": "no-transform"}, False), ({"Content-Range": "bytes 0-0/9"}, False)],
)
def test_a_request_may_change_unless_it_forbids_it_or_is_a_part(fields, expected):
    seen = []

    async def ask(ctx):
        seen.append(request_may_change(ctx))
        yield

    through(ask, request=Request("PUT", "/", fields, b"x"))

    assert seen == [expected]


@pytest.mark.parametrize(
    ("answer", "answer_in", "expected"),
    [
        (Response(200), None, 0),
        (Response(200, None, {"Content-Length": "5"}, b"12345"), None, 5),
        (Response(200, None, {"Transfer-Encoding": "chunked"}), [b"12345"], None),
    ],
    ids=["none", "announced", "streamed"],
)
def test_a_size_is_what_is_known_without_reading(answer, answer_in, expected):
    assert seen_on_response(lambda ctx: size_of(ctx.response), answer=answer, answer_in=answer_in) == expected


def test_an_announced_body_is_recoded_whole_and_its_new_length_announced():
    answer = Response(200, None, {"Content-Length": "1000"}, PLAIN)

    crossing = recoded(answer, encoder(("gzip",)), "gzip")

    assert gzip.decompress(crossing.response.body) == PLAIN
    assert crossing.response.headers["Content-Length"] == str(len(crossing.response.body))


def test_a_body_without_a_length_is_recoded_piece_by_piece():
    pieces = [b"first", b"second"]
    wire = zlib.decompressobj(wbits=31)

    crossing = recoded(Response(200), encoder(("gzip",)), "gzip", pieces)

    assert [wire.decompress(piece) for piece in crossing.given] == [b"first", b"second", b""]
    assert wire.eof
    assert "Content-Length" not in crossing.response.headers


def test_a_long_body_is_recoded_while_it_is_sent():
    body = bytes(WHOLE_SIZE + 1)

    crossing = recoded(Response(200, None, {"Content-Length": str(len(body))}, body), encoder(("gzip",)), "gzip")

    assert gzip.decompress(crossing.response.body) == body
    assert "Content-Length" not in crossing.response.headers


def test_a_long_body_that_is_in_memory_already_is_recoded_whole():
    body = bytes(WHOLE_SIZE + 1)

    async def change(ctx):
        yield
        await ctx.response.hold()
        await recode(ctx.response, encoder(("gzip",)), "gzip")

    crossing = through(change, answer=Response(200, None, {"Content-Length": str(len(body))}, body))

    assert crossing.response.headers["Content-Length"] == str(len(crossing.response.body))


def test_a_piece_goes_on_before_the_next_one_is_made():
    events = []

    def pieces():
        for number in range(3):
            events.append(f"made {number}")
            yield b"%d" % number

    class Noting:
        def push(self, data):
            events.append(f"pushed {data.decode()}")
            return data

        def finish(self, last=b""):
            return last

    recoded(Response(200), Noting(), None, pieces())

    assert events == ["made 0", "pushed 0", "made 1", "pushed 1", "made 2", "pushed 2"]


def test_a_decoder_is_a_coder_too():
    answer = Response(200, None, {"Content-Encoding": "gzip"})

    crossing = recoded(answer, decoder(("gzip",)), None, [gzip.compress(PLAIN)])

    assert crossing.response.body == PLAIN
    assert crossing.response.codings == ()
