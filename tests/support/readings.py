"""Octets of requests as three parsers read them: h11, llhttp (through httptools), and ours.

The first two know nothing of each other or of us; a table in a test names each point on which they are not followed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import h11
import httptools

from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import RawFields
from mockproxy.wire.framing import BodyDecoder, request_body
from mockproxy.wire.heads import REQUEST_START, parse_request_head
from mockproxy.wire.reader import MessageReader

HEAD_LIMIT = 64 * 1024
FIELD_LIMIT = 256


@dataclass(slots=True)
class Reading:
    """One request; names of fields in lower case."""

    method: bytes = b""
    target: bytes = b""
    version: bytes = b""
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)


@dataclass(slots=True)
class Outcome:
    """The requests that were read to their end, and why what came then was refused, if it was."""

    requests: list[Reading] = field(default_factory=list)
    finding: str | None = None

    @property
    def refused(self) -> bool:
        return self.finding is not None


def cut(data: bytes, positions: Iterable[int]) -> list[bytes]:
    """Data in pieces, none of them empty, as a socket might give it."""
    edges = [0, *sorted(position % (len(data) + 1) for position in positions), len(data)]
    return [data[start:end] for start, end in pairwise(edges) if start < end]


def read_by_h11(pieces: Iterable[bytes]) -> Outcome:
    outcome = Outcome()
    reading = Reading()
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
    for piece in pieces:
        connection.receive_data(piece)
        while True:
            try:
                event = connection.next_event()
            except h11.RemoteProtocolError as error:
                outcome.finding = str(error)
                return outcome
            if isinstance(event, h11.Request):
                fields = [_line(*line) for line in event.headers.raw_items()]
                reading = Reading(event.method, event.target, event.http_version, fields)
            elif isinstance(event, h11.Data):
                reading.body += event.data
            elif isinstance(event, h11.EndOfMessage):
                reading.trailers = [_line(*line) for line in event.headers]
                outcome.requests.append(reading)
                # The next request would have to wait for an answer to this one; a fresh connection reads on.
                rest = connection.trailing_data[0]
                connection = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_LIMIT)
                if not rest:
                    break
                connection.receive_data(rest)
            else:
                break
    return outcome


class _LlhttpSink:
    def __init__(self, outcome: Outcome) -> None:
        self.parser = httptools.HttpRequestParser(self)
        self._outcome = outcome

    def on_message_begin(self) -> None:
        self._reading = Reading()
        self._lines = self._reading.fields

    def on_url(self, url: bytes) -> None:
        self._reading.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._lines.append(_line(name, value))

    def on_headers_complete(self) -> None:
        self._reading.method = self.parser.get_method()
        self._reading.version = self.parser.get_http_version().encode()
        self._lines = self._reading.trailers

    def on_body(self, body: bytes) -> None:
        self._reading.body += body

    def on_message_complete(self) -> None:
        self._outcome.requests.append(self._reading)


def read_by_llhttp(pieces: Iterable[bytes]) -> Outcome:
    outcome = Outcome()
    parser = _LlhttpSink(outcome).parser
    for piece in pieces:
        try:
            parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            # What follows CONNECT is no HTTP.
            break
        except httptools.HttpParserError as error:
            outcome.finding = str(error)
            break
    return outcome


class _OurSink:
    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome
        self.ended = False

    def head_read(self, raw: bytes) -> BodyDecoder:
        head = parse_request_head(raw, FIELD_LIMIT)
        decoder = request_body(head, HEAD_LIMIT)
        fields = [_line(*line) for line in head.headers.raw]
        self._reading = Reading(head.method.encode(), head.raw_target.encode("latin-1"), head.version.encode(), fields)
        return decoder

    def body_read(self, data: bytes) -> None:
        self._reading.body += data

    def message_read(self, trailers: RawFields) -> None:
        self._reading.trailers = [_line(*line) for line in trailers]
        self._outcome.requests.append(self._reading)
        self.ended = True


def read_by_us(pieces: Iterable[bytes]) -> Outcome:
    outcome = Outcome()
    sink = _OurSink(outcome)
    reader = MessageReader(sink, REQUEST_START, HEAD_LIMIT)
    for piece in pieces:
        try:
            reader.feed(piece)
            while sink.ended:
                sink.ended = False
                reader.read_next()
        except (MalformedMessage, RefusedRequest) as error:
            outcome.finding = str(error)
            break
    return outcome


def _line(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    name, value = name.lower(), value.strip(b" \t")
    # h11 gives this value in lower case.
    return name, value.lower() if name == b"transfer-encoding" else value
