"""The software under test: a client of a reporting service that lets nobody in without a session cookie."""

from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from mockproxy.client import AuthenticatedSession


class ReportsClient:
    """Logs in on entering; a session that has expired on the server is none of its caller's business."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._session = AuthenticatedSession(url, login="/login", auth=(user, password), method="POST")

    async def report(self, name: str) -> Any:
        async with self._session.get(f"/reports/{name}", raise_for_status=True) as answer:
            return await answer.json()

    async def file(self, name: str, rows: Any) -> None:
        async with self._session.put(f"/reports/{name}", json=rows, raise_for_status=True):
            pass

    async def upload(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """Streams a file that is too large to be held."""
        async with self._session.put(f"/uploads/{name}", data=pieces, raise_for_status=True):
            pass

    async def __aenter__(self) -> Self:
        await self._session.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._session.__aexit__(kind, error, traceback)
