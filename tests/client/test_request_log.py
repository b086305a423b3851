import logging
import re

import aiohttp
import pytest

from mockproxy.client import LoggingMiddleware, RetryMiddleware
from tests.support.done import done

pytestmark = pytest.mark.asyncio


async def test_it_logs_method_url_status_and_duration(mock_target, caplog):
    caplog.set_level(logging.INFO)
    mock_target.on("GET", "/a").reply(404)
    async with aiohttp.ClientSession(mock_target.url, middlewares=[LoggingMiddleware()]) as session:
        await done(session.get("/a?x=1"))

    (record,) = caplog.records
    assert (record.name, record.levelname) == ("mockproxy.client", "INFO")
    assert re.fullmatch(rf"GET {mock_target.url}/a\?x=1 -> 404 in \d+\.\d{{3}} s", record.getMessage())


async def test_it_shows_no_secret(mock_target, caplog):
    caplog.set_level(logging.DEBUG)
    mock_target.on("POST", "/a")
    async with aiohttp.ClientSession(mock_target.url, middlewares=[LoggingMiddleware()]) as session:
        await done(session.post("/a?token=hunter2", headers={"X-Api-Key": "hunter2"}, data="hunter2"))

    assert "token=****(sha " in caplog.text
    assert "hunter2" not in caplog.text


async def test_it_logs_the_kind_of_an_error_and_raises_it(caplog, unused_tcp_port):
    caplog.set_level(logging.INFO)
    async with aiohttp.ClientSession(middlewares=[LoggingMiddleware()]) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await done(session.get(f"http://127.0.0.1:{unused_tcp_port}/"))

    assert " -> ClientConnectorError in " in caplog.text


async def test_it_logs_to_the_logger_and_on_the_level_that_are_given(mock_target, caplog):
    caplog.set_level(logging.DEBUG)
    mock_target.on("GET", "/")
    middleware = LoggingMiddleware(logging.getLogger("mine"), level=logging.DEBUG)
    async with aiohttp.ClientSession(mock_target.url, middlewares=[middleware]) as session:
        await done(session.get("/"))

    assert [(record.name, record.levelname) for record in caplog.records if record.name == "mine"] == [
        ("mine", "DEBUG")
    ]


@pytest.mark.parametrize(("place", "lines"), [(0, 1), (1, 3)], ids=["outside the retry", "inside the retry"])
async def test_its_place_in_the_chain_decides_how_often_it_logs(mock_target, caplog, place, lines):
    caplog.set_level(logging.INFO, logger="mockproxy.client")
    mock_target.on("GET", "/").reply(503).then(503).then(200)
    chain = [RetryMiddleware(initial_delay=0)]
    chain.insert(place, LoggingMiddleware())
    async with aiohttp.ClientSession(mock_target.url, middlewares=chain) as session:
        await done(session.get("/"))

    assert len([record for record in caplog.records if record.name == "mockproxy.client"]) == lines


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"logger": "mine"}, r"must be a logging\.Logger, such as .*, not 'mine'"),
        ({"level": "INFO"}, r"must be a number, such as logging\.INFO, not 'INFO'"),
    ],
)
async def test_what_cannot_log_is_refused_when_it_is_made(arguments, words):
    with pytest.raises(TypeError, match=words):
        LoggingMiddleware(**arguments)
