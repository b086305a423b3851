import inspect

import aiohttp
import pytest

from mockproxy.client import RecordedSession
from mockproxy.client.verbs import Verbs
from tests.support.done import done

VERBS = ["get", "head", "options", "post", "put", "patch", "delete"]


@pytest.mark.asyncio
@pytest.mark.parametrize("verb", VERBS)
async def test_each_sends_its_method(mock_target, verb):
    mock_target.on("*", "/")
    async with RecordedSession(mock_target.url) as session:
        await done(getattr(session, verb)("/", params={"x": "1"}))

    request = mock_target.exchanges.only().request
    assert (request.method, request.raw_target) == (verb.upper(), "/?x=1")


@pytest.mark.asyncio
@pytest.mark.parametrize(("options", "status"), [({}, 302), ({"allow_redirects": True}, 200)])
async def test_head_follows_redirects_only_when_told(mock_target, options, status):
    mock_target.on("HEAD", "/").reply(302, headers={"Location": "/new"})
    mock_target.on("HEAD", "/new")
    async with RecordedSession(mock_target.url) as session:
        assert await done(session.head("/", **options)) == status


def test_they_are_those_of_aiohttp():
    of_http = {"get", "head", "options", "post", "put", "patch", "delete", "request"}

    assert {name for name, _ in inspect.getmembers(Verbs, inspect.isfunction)} == of_http
    assert all(hasattr(aiohttp.ClientSession, name) for name in of_http)
