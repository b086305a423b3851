"""The client of every benchmark: as little as it takes, so that it is the server that is measured."""

import asyncio
import time
from dataclasses import dataclass
from statistics import median

from process import ServerProcess

JSON_BODY = b'{"text": "' + b"x" * 188 + b'"}'
"""200 bytes."""

_REQUEST = (
    b"GET /users HTTP/1.1\r\nHost: benchmark\r\nUser-Agent: benchmark\r\nAccept: */*\r\n"
    b"Accept-Encoding: gzip\r\nX-Request-Id: 7\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one request: ``cpu`` and ``p50`` in microseconds."""

    cpu: float
    p50: float


def cost(server: ServerProcess, *, connections: int, requests: int) -> Cost:
    """Sends requests over kept-alive connections, and divides what the server used by their number."""
    asyncio.run(_drive(server.port, connections, requests // 10))
    before = server.usage()
    times = asyncio.run(_drive(server.port, connections, requests))
    used = server.usage().cpu - before.cpu
    return Cost(used / len(times) * 1e6, median(times) * 1e6)


async def _drive(port: int, connections: int, requests: int) -> list[float]:
    each = max(1, requests // connections)
    gathered = await asyncio.gather(*(_client(port, each) for _ in range(connections)))
    return [taken for times in gathered for taken in times]


async def _client(port: int, requests: int) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times = []
    for _ in range(requests):
        begun = time.perf_counter()
        writer.write(_REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(len(JSON_BODY))
        times.append(time.perf_counter() - begun)
        if head.startswith(b"HTTP/1.0") or b"onnection: close" in head:
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    return times


async def read_through(port: int, size: int) -> None:
    """Reads one large answer and drops it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(_REQUEST)
    await reader.readuntil(b"\r\n\r\n")
    while size > 0:
        size -= len(await reader.read(1 << 20))
    writer.close()
