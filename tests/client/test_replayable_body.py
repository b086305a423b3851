import io

import aiohttp
import pytest
from yarl import URL

from mockproxy.client.replayable_body import keep_body

pytestmark = pytest.mark.asyncio


async def pieces():
    yield b"pay"
    yield b"load"


@pytest.fixture
def make_request():
    def make(data, **options):
        return aiohttp.ClientRequest("POST", URL("http://a.test/"), data=data, **options)

    return make


def multipart(*parts):
    writer = aiohttp.MultipartWriter("mixed", boundary="b")
    for part in parts:
        writer.append(part)
    return writer


@pytest.mark.parametrize("data", [None, b"payload", "payload", {"a": "1"}, io.BytesIO(b"payload")])
async def test_what_starts_anew_by_itself_is_left_as_it_is(make_request, data):
    request = make_request(data)
    before = request.body

    assert await keep_body(request)
    assert request.body is before


async def test_a_file_is_not_read_into_memory(make_request, tmp_path):
    (tmp_path / "file").write_bytes(b"payload")
    with (tmp_path / "file").open("rb") as file:
        request = make_request(file)
        assert await keep_body(request, limit=1)
        assert file.tell() == 0
        await request.update_body(None)


async def test_a_stream_is_kept(make_request):
    request = make_request(pieces())

    assert await keep_body(request)
    assert [await request.body.as_bytes() for _ in range(2)] == [b"payload"] * 2


async def test_a_stream_that_is_kept_is_framed_as_it_was(make_request):
    request = make_request(pieces())
    before = dict(request.headers)
    await keep_body(request)

    assert dict(request.headers) == before
    assert before["Transfer-Encoding"] == "chunked"


async def test_a_declared_length_stays_declared(make_request):
    request = make_request(pieces(), headers={"Content-Length": "7"})
    await keep_body(request)

    assert request.headers["Content-Length"] == "7"
    assert "Transfer-Encoding" not in request.headers


async def test_keeping_twice_is_keeping_once(make_request):
    request = make_request(pieces())
    await keep_body(request)
    kept = request.body

    assert await keep_body(request)
    assert request.body is kept


async def test_a_stream_that_is_too_long_can_be_sent_once(make_request):
    request = make_request(pieces())

    assert not await keep_body(request, limit=6)
    assert not await keep_body(request, limit=6)
    assert request.body.consumed


async def test_a_stream_of_exactly_the_limit_is_kept(make_request):
    assert await keep_body(make_request(pieces()), limit=7)


async def test_a_stream_that_is_gone_already_cannot_be_repeated(make_request):
    request = make_request(pieces())
    await keep_body(request, limit=1)

    assert not await keep_body(request)


async def test_a_multipart_body_with_a_stream_is_kept_with_its_codings(make_request):
    writer = multipart("text")
    writer.append(pieces(), {"Content-Transfer-Encoding": "base64", "Content-Type": "text/plain"})
    request = make_request(writer)

    assert await keep_body(request)
    body = await request.body.as_bytes()
    assert b"cGF5bG9hZA==" in body
    assert body.startswith(b"--b\r\n")
    assert body.endswith(b"--b--\r\n")


async def test_a_multipart_body_with_a_stream_that_is_too_long_is_an_error(make_request):
    request = make_request(multipart("text", pieces()))
    with pytest.raises(aiohttp.ClientPayloadError, match=r"POST /: a multipart body .* longer than 20 octets"):
        await keep_body(request, limit=20)


async def test_what_a_stream_raises_is_raised(make_request):
    async def broken():
        yield b"pay"
        raise LookupError("no load")

    with pytest.raises(LookupError, match="no load"):
        await keep_body(make_request(broken()))
