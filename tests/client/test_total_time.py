import asyncio

import pytest
from aiohttp import ClientTimeout

from mockproxy.client.total_time import TotalTime, timeout_of

SESSION = ClientTimeout(total=300)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (ClientTimeout(sock_read=1), ClientTimeout(sock_read=1)),
        (None, ClientTimeout(total=None)),
        (2.5, ClientTimeout(total=2.5)),
        (..., SESSION),
        (object(), SESSION),
    ],
)
def test_the_timeout_of_a_request_goes_before_that_of_its_session(given, expected):
    assert timeout_of(given, SESSION) == expected


@pytest.mark.asyncio
async def test_what_takes_longer_is_ended_with_an_error_that_names_it():
    time = TotalTime(ClientTimeout(total=0.01))
    with pytest.raises(TimeoutError, match=r"GET /things waits: the total of 0\.01 s was over"):
        async with time.bounding("GET /things waits"):
            await asyncio.Event().wait()
    with pytest.raises(TimeoutError, match=r"total of 0\.01 s"):
        time.rest()


@pytest.mark.asyncio
async def test_a_timeout_from_inside_stays_as_it_is():
    with pytest.raises(TimeoutError, match="of another"):
        async with TotalTime(SESSION).bounding("it"):
            raise TimeoutError("of another")


@pytest.mark.asyncio
async def test_the_rest_is_what_the_time_since_then_left_with_the_other_limits_as_they_were():
    time = TotalTime(ClientTimeout(total=10, connect=1, sock_read=2, sock_connect=3, ceil_threshold=4))
    await asyncio.sleep(0.01)
    rest = time.rest()

    assert 9 < rest.total <= 9.99
    assert (rest.connect, rest.sock_read, rest.sock_connect, rest.ceil_threshold) == (1, 2, 3, 4)


@pytest.mark.asyncio
@pytest.mark.parametrize("total", [None, 0])
async def test_no_total_is_no_limit(total):
    time = TotalTime(ClientTimeout(total=total))
    async with time.bounding("it"):
        await asyncio.sleep(0.01)

    assert time.rest().total == total
