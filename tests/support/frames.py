"""Frames of a WebSocket as octets, made without the library: RFC 6455 section 5.2 written down."""

import struct

KEY = b"\x37\xfa\x21\x3d"  # that of the examples in RFC 6455 section 5.7
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, rsv: int = 0, key: bytes | None = None) -> bytes:
    first = (0x80 if final else 0) | rsv << 4 | opcode
    mask = 0 if key is None else 0x80
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, mask | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, mask | 126, size)
    else:
        head = struct.pack("!BBQ", first, mask | 127, size)
    if key is None:
        return head + payload
    return head + key + bytes(octet ^ key[index % 4] for index, octet in enumerate(payload))


def from_client(opcode: int, payload: bytes = b"", **bits: int) -> bytes:
    return frame(opcode, payload, key=KEY, **bits)  # type: ignore[arg-type]


def close(code: int = 1000, reason: bytes = b"") -> bytes:
    return struct.pack("!H", code) + reason
