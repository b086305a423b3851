"""Heads of messages: octets to values and back (RFC 9112 sections 2 to 5).

The octets of a head are kept beside what was read from them: a record shows what came, not what it was taken for.
Parsing splits and checks with a handful of C calls; on a usual head it costs about as much as llhttp called from
Python, and unlike it takes unknown methods and octets above 127 in the target.
"""

import re

from mockproxy.credentials.secret import redact_query
from mockproxy.errors import MalformedMessage, RefusedRequest
from mockproxy.messages.headers import Headers, RawFields
from mockproxy.messages.message import RequestHead, ResponseHead
from mockproxy.wire.fields import encode_fields, parse_field

_REQUEST_LINE = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([^\x00-\x20\x7f]+) HTTP/([0-9])\.([0-9])")
_STATUS_LINE = re.compile(rb"HTTP/1\.([0-9]) ([1-9][0-9]{2})(?: ([^\x00\r\n]*))?")
_SPACE_BEFORE_COLON = re.compile(rb"(?m)^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]+:")
_FOLD = re.compile(rb"\r\n[ \t]+")
_HOST = re.compile(rb"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~%!$&'()*+,;=]*)(?::[0-9]*)?")
_ABSOLUTE_FORM = re.compile(rb"[A-Za-z][A-Za-z0-9+\-.]*://[^/?#]+[^#]*")
REQUEST_START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?: [^\r\n]*\r?)?")
RESPONSE_START = re.compile(rb"H(?:T(?:T(?:P(?:/(?:1[^\n]*)?)?)?)?)?")


def parse_request_head(raw: bytes, field_limit: int) -> RequestHead:
    """Reads a head that ends in an empty line; raises ``MalformedMessage`` or ``RefusedRequest`` with the finding."""
    lines = _lines(raw)
    found = _REQUEST_LINE.fullmatch(lines[0])
    if found is None:
        raise MalformedMessage(f"bad request line {_shown(lines[0])} (RFC 9112 section 3)")
    method, target, major, minor = found.groups()
    if major != b"1":
        raise RefusedRequest(f"HTTP/{major.decode()}.{minor.decode()} is not spoken here", status_code=505)
    _check_target(method, target)
    headers = Headers.of_wire(_fields(lines, field_limit))
    version = "1.0" if minor == b"0" else "1.1"
    _check_host(headers, version)
    return RequestHead(method.decode(), target.decode("latin-1"), headers, version, raw)


def parse_response_head(raw: bytes, field_limit: int) -> ResponseHead:
    """Reads a head that ends in an empty line; raises ``MalformedMessage`` with the finding.

    What RFC 9112 asks a proxy to mend in responses is mended: white space before a colon (section 5.1) and line
    folding (section 5.2).
    """
    fields_start = raw.index(b"\r\n") + 2
    mended = _SPACE_BEFORE_COLON.sub(rb"\1:", _FOLD.sub(b" ", raw[fields_start:]))
    lines = _lines(raw[:fields_start] + mended)
    found = _STATUS_LINE.fullmatch(lines[0])
    if found is None:
        raise MalformedMessage(f"bad status line {lines[0][:80]!r} (RFC 9112 section 4)")
    minor, status, reason = found.groups()
    fields = _fields(lines, field_limit)
    version = "1.0" if minor == b"0" else "1.1"
    return ResponseHead(int(status), Headers.of_wire(fields), (reason or b"").decode("latin-1"), version, raw)


def _lines(raw: bytes) -> list[bytes]:
    """The start line and the field lines; without the two empty strings behind the last CRLF."""
    lines = raw.split(b"\r\n")
    breaks = len(lines) - 1
    if raw.count(b"\n") != breaks:
        raise MalformedMessage("a bare LF in the head (RFC 9112 section 2.2)")
    if raw.count(b"\r") != breaks:
        raise MalformedMessage("a bare CR in the head (RFC 9112 section 2.2)")
    if b"\x00" in raw:
        raise MalformedMessage("a NUL in the head (RFC 9110 section 5.5)")
    return lines[:-2]


def _fields(lines: list[bytes], limit: int) -> RawFields:
    if len(lines) - 1 > limit:
        raise RefusedRequest(f"{len(lines) - 1} header fields; the limit is {limit}", status_code=431)
    return tuple([parse_field(line) for line in lines[1:]])


def _check_target(method: bytes, target: bytes) -> None:
    if target[:1] == b"/":
        if b"#" in target:
            raise MalformedMessage(f"a fragment in the request target {_shown(target)} (RFC 9112 section 3.2)")
        return
    absolute = _ABSOLUTE_FORM.fullmatch(target)
    if not (absolute or method == b"CONNECT" or (target == b"*" and method == b"OPTIONS")):
        raise MalformedMessage(f"the request target {_shown(target)} is no path (RFC 9112 section 3.2)")


def _shown(octets: bytes) -> str:
    """The beginning of a line for a finding, with the secrets of its query as tags."""
    path, mark, query = octets.decode("latin-1").partition("?")
    return repr(f"{path}{mark}{redact_query(query)}"[:80])


def _check_host(headers: Headers, version: str) -> None:
    hosts = headers.values_of(b"host")
    if len(hosts) == 1:
        if not _HOST.fullmatch(hosts[0]):
            raise MalformedMessage(f"bad Host {hosts[0][:80]!r} (RFC 9112 section 3.2)")
    elif hosts:
        raise MalformedMessage(f"{len(hosts)} Host fields (RFC 9112 section 3.2)")
    elif version != "1.0":
        raise MalformedMessage("no Host field (RFC 9112 section 3.2)")


def encode_request_head(method: str, raw_target: str, fields: RawFields) -> bytes:
    return b"".join((f"{method} {raw_target} HTTP/1.1\r\n".encode("latin-1"), encode_fields(fields)))


def encode_response_head(status: int, reason: str, fields: RawFields) -> bytes:
    return b"".join((f"HTTP/1.1 {status} {reason}\r\n".encode("latin-1"), encode_fields(fields)))
