"""What an intermediary must change in header fields, and nothing more (RFC 9110 section 7.6).

Fields of the client's connection are dropped *before* the middlewares see the request: dropped afterwards, a client
could name in ``Connection`` a field that the proxy has just added, and so remove it (golang/go#50580).
"""

from mockproxy.messages.changes import FieldChanges
from mockproxy.messages.headers import Headers, RawField, RawFields

# RFC 9110 section 7.6.1, with the two that authenticate to a proxy (section 11.7), as Go's ReverseProxy has them.
_HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"proxy-connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"te",
        b"transfer-encoding",
        b"upgrade",
    }
)
_STAYING = frozenset({(b"te", b"trailers"), (b"transfer-encoding", b"chunked")})
_UPGRADE = frozenset({(b"connection", b"upgrade"), (b"upgrade", b"websocket")})
_UPGRADE_FIELDS = (b"connection", b"upgrade")
_STAYING_OF_UPGRADE = _STAYING | _UPGRADE
_CROSSING_MEMBERS = {b"te": b"trailers", b"connection": b"Upgrade", b"upgrade": b"websocket"}
# Never dropped because a peer names them in Connection: a message without them is another message.
_NEVER_NAMED = frozenset({b"host", b"content-length"})


def end_to_end(raw: RawFields, *, upgrade: bool = True) -> RawFields:
    """The fields that cross an intermediary.

    ``TE: trailers`` stays, since trailers are passed on, and so does ``Transfer-Encoding: chunked``, since the next
    hop is framed alike (RFC 9112 section 6.1).  The upgrade to a WebSocket stays with ``upgrade``: the next hop is
    asked for it, too.
    """
    if _HOP_BY_HOP.isdisjoint([name.lower() for name, _ in raw]):
        return raw
    options = [value for name, value in raw if name.lower() == b"connection"]
    named = {member for value in options for member in _members(value)}
    dropped = _HOP_BY_HOP | (named - _NEVER_NAMED)
    upgrades = upgrade and b"upgrade" in named and asks_for_websocket(raw)
    staying = _STAYING_OF_UPGRADE if upgrades else _STAYING
    return tuple(
        (name, value)
        for name, value in map(_crossing, raw)
        if name.lower() not in dropped or (name.lower(), value.lower()) in staying
    )


def _crossing(line: RawField) -> RawField:
    """The one member of a list that crosses, without the others."""
    name, value = line
    crosses = _CROSSING_MEMBERS.get(name.lower())
    if crosses is None or value.lower() == crosses.lower() or crosses.lower() not in _members(value):
        return line
    return name, crosses


def asks_for_websocket(raw: RawFields) -> bool:
    """Whether the fields ask for, or grant, the upgrade to a WebSocket (RFC 6455 sections 4.1 and 4.2.2)."""
    lines = [(name.lower(), value) for name, value in raw]
    said = {(name, member) for name, value in lines if name in _UPGRADE_FIELDS for member in _members(value)}
    return said >= _UPGRADE


def _members(value: bytes) -> list[bytes]:
    return [member.strip().lower() for member in value.split(b",")]


def forwarding_changes(received: RawFields, asked: RawFields, sent: RawFields) -> FieldChanges:
    """What forwarding itself did: to the fields as received before the middlewares, and to those that they left."""
    before = FieldChanges.between(received, end_to_end(received))
    after = FieldChanges.between(asked, sent)
    removed = Headers.of_wire((*before.removed.raw, *after.removed.raw))
    return FieldChanges(after.added, removed, {**before.replaced, **after.replaced})


def with_host(raw: RawFields, authority: bytes) -> RawFields:
    """The target's authority in place of the one that the client asked for (RFC 9110 section 7.2)."""
    others = [line for line in raw if line[0].lower() != b"host"]
    for position, (name, _) in enumerate(raw):
        if name.lower() == b"host":
            return (*others[:position], (name, authority), *others[position:])
    return ((b"Host", authority), *raw)


def with_forwarded(raw: RawFields, *, peer: bytes, host: bytes | None, scheme: bytes) -> RawFields:
    """Appends this hop to ``X-Forwarded-For``, ``-Host`` and ``-Proto``: the whole chain in one line each."""
    present = [name.lower() for name, _ in raw]
    hop = [(b"X-Forwarded-For", peer), (b"X-Forwarded-Host", host), (b"X-Forwarded-Proto", scheme)]
    for name, value in hop:
        if value is not None:
            raw = _appended(raw, name, value) if name.lower() in present else (*raw, (name, value))
    return raw


def _appended(raw: RawFields, name: bytes, value: bytes) -> RawFields:
    """The value behind those of the lines of this name, all of them in the place of the first."""
    lowered = name.lower()
    earlier = [line for line in raw if line[0].lower() == lowered]
    chain = (earlier[0][0], b", ".join([*(line[1] for line in earlier), value]))
    position = raw.index(earlier[0])
    return tuple(
        chain if index == position else line
        for index, line in enumerate(raw)
        if index == position or line[0].lower() != lowered
    )
