"""Field lines of a head or of a trailer section (RFC 9112 section 5)."""

from mockproxy.errors import MalformedMessage
from mockproxy.messages.headers import RawFields

_TOKEN_OCTETS = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def parse_field(line: bytes) -> tuple[bytes, bytes]:
    """One field line; raises ``MalformedMessage`` with the finding."""
    name, colon, value = line.partition(b":")
    if not colon or not name or name.translate(None, _TOKEN_OCTETS):
        raise MalformedMessage(_field_finding(line, name, colon))
    return name, value.strip(b" \t")


def _field_finding(line: bytes, name: bytes, colon: bytes) -> str:
    if line[:1] in (b" ", b"\t"):
        return f"line folding: a field line starts with white space: {line[:60]!r} (RFC 9112 section 5.2)"
    if not colon:
        return f"a field line without a colon: {line[:60]!r} (RFC 9112 section 5)"
    if name[-1:] in (b" ", b"\t"):
        return f"white space before the colon of a field line: {line[:60]!r} (RFC 9112 section 5.1)"
    return f"bad name of a header field: {name[:60]!r} (RFC 9110 section 5.1)"


def encode_fields(fields: RawFields) -> bytes:
    """The lines of a section, with the empty line that ends it."""
    return b"".join([b"%b: %b\r\n" % field for field in fields]) + b"\r\n"
