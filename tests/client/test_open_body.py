import io

import aiohttp
import pytest

from mockproxy.client.open_body import OpenBody
from tests.support.done import done

pytestmark = pytest.mark.asyncio


async def pieces():
    yield b"payload"


def form():
    data = aiohttp.FormData()
    data.add_field("a", "1")
    return data


@pytest.mark.parametrize(
    ("data", "octets", "content_type", "kind"),
    [
        (b"payload", b"payload", "application/octet-stream", "bytes"),
        ("payload", b"payload", "text/plain; charset=utf-8", "str"),
        ({"a": "1"}, b"a=1", "application/x-www-form-urlencoded", "dict"),
        (form(), b"a=1", "application/x-www-form-urlencoded", "FormData"),
        (io.BytesIO(b"payload"), b"payload", "application/octet-stream", "BytesIO"),
    ],
)
async def test_it_is_the_body_that_aiohttp_makes(data, octets, content_type, kind):
    body = OpenBody.of(data)

    assert (await body.as_bytes(), body.content_type, body.kind) == (octets, content_type, kind)
    assert body.size == len(octets)
    assert body.decode() == octets.decode()


async def test_a_file_stays_open_until_it_is_settled(tmp_path):
    (tmp_path / "file").write_bytes(b"payload")
    file = (tmp_path / "file").open("rb")
    body = OpenBody.of(file)
    await body.close()
    assert await body.as_bytes() == b"payload"
    await body.settle()

    assert body.consumed


async def test_a_request_without_an_answer_still_closes_the_file(tmp_path, unused_tcp_port):
    (tmp_path / "file").write_bytes(b"payload")
    body = OpenBody.of((tmp_path / "file").open("rb"))
    async with aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await done(session.post(f"http://127.0.0.1:{unused_tcp_port}/", data=body))
    assert not body.consumed
    await body.settle()


async def test_a_stream_is_consumed_when_it_was_sent(mock_target):
    mock_target.on("POST", "/")
    body = OpenBody.of(pieces())
    assert not body.consumed
    async with aiohttp.ClientSession(mock_target.url) as session:
        await done(session.post("/", data=body))

    assert body.consumed
    assert mock_target.exchanges.only().request.body == b"payload"
