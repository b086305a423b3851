import aiohttp
import pytest

from mockproxy.client import RecordedSession
from mockproxy.client.failure import told
from mockproxy.errors import RecordError
from tests.support.done import done


@pytest.mark.parametrize(("error", "text"), [(OSError("gone"), "OSError('gone')"), (None, "None")])
def test_an_error_is_told_by_its_repr(error, text):
    assert told(error) == text


@pytest.mark.asyncio
async def test_an_error_of_the_status_is_told_without_the_head_of_the_request(mock_target):
    mock_target.on("GET", "/").reply(403, reason="Nope")
    async with RecordedSession(mock_target.url) as session:
        with pytest.raises(aiohttp.ClientResponseError):
            await done(session.get("/", headers={"Authorization": "Bearer hunter2"}, raise_for_status=True))

    call = session.calls.only()
    with pytest.raises(RecordError, match=r"response: ClientResponseError\(status=403, message='Nope'\)") as caught:
        _ = call.response
    assert "hunter2" not in str(caught.value)
