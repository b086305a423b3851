"""One request by the standard library's client, which blocks and follows nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection

from mockproxy.servers.server import Server


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


def ask(
    server: Server,
    target: str = "/",
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
) -> Answer:
    """Raises what the client raises: ``IncompleteRead``, ``RemoteDisconnected`` and others."""
    connection = HTTPConnection(server.host, server.port, timeout=5)
    try:
        connection.request(method, target, body, dict(headers or {}))
        with connection.getresponse() as response:
            return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()
