"""A request as a command for a shell."""

import json
import shlex

from mockproxy.credentials.secret import redact_field, redact_json, redact_query, redact_url
from mockproxy.errors import ContentError
from mockproxy.messages.media import parse_media_type
from mockproxy.messages.message import Request
from mockproxy.reports.edge import measure
from mockproxy.reports.escaping import in_ascii

# What curl sends by itself; a header field without a value takes it away.
_OF_CURL = ("User-Agent", "Accept", "Content-Type")


def curl_line(request: Request) -> str:
    """A command that sends this request again, once real credentials stand where it shows tags.

    A body of JSON or of a form is part of it, with tags for its secrets; any other is read from standard input, which a
    comment at its end says.
    """
    options = ["curl", "--globoff", "--path-as-is", *_method(request), *_fields(request), *_target(request)]
    if not request.size:
        return " ".join(options)
    body = _shown_body(request)
    if body is not None:
        return " ".join([*options, "--data-binary", _quoted(body)])
    return " ".join([*options, "--data-binary", "@-", f" # standard input: the body, {in_ascii(measure(request))}"])


def _method(request: Request) -> list[str]:
    if request.method == "GET" and not request.size:
        return []
    # With -X HEAD curl waits for a body that never comes.
    return ["--head"] if request.method == "HEAD" else ["-X", _quoted(_octets(request.method))]


def _fields(request: Request) -> list[str]:
    lines = [_field(name, value) for name, value in request.headers.items() if name.lower() != "content-length"]
    lines += [
        f"{name}:" for name in _OF_CURL if name not in request.headers and (name != "Content-Type" or request.size)
    ]
    return [word for line in lines for word in ("-H", _quoted(_octets(line)))]


def _field(name: str, value: str) -> str:
    """As curl wants it: a semicolon stands for an empty value."""
    return f"{name}: {redact_field(name, value)}" if value else f"{name};"


def _target(request: Request) -> list[str]:
    """The URL, and the request target beside it where that is no path."""
    if request.raw_target.startswith("/"):
        return [_quoted(_octets(redact_url(request.url)))]
    host = request.authority or request.headers.get("Host", "")
    target = _quoted(_octets(redact_url(request.raw_target)))
    return ["--request-target", target, _quoted(_octets(f"http://{host}/"))]


def _shown_body(request: Request) -> bytes | None:
    """The body with tags for its secrets; None for one in which they cannot be found."""
    media_type = parse_media_type(request.headers.get("Content-Type", ""))
    if media_type is None or request.codings or request.truncated:
        return None
    if media_type.essence == "application/x-www-form-urlencoded":
        return _octets(redact_query(request.body.decode("latin-1")))
    if media_type.subtype.endswith("json"):
        return _redacted_json(request)
    return None


def _redacted_json(request: Request) -> bytes | None:
    """Written anew: the text that was sent may hold a secret twice, of which a reader keeps one."""
    try:
        return json.dumps(redact_json(request.json())).encode()
    except (ContentError, RecursionError):  # no JSON; nested deeper than Python can follow
        return None


def _octets(text: str) -> bytes:
    """Of text that a message read as ISO 8859-1."""
    return text.encode("latin-1", "backslashreplace")


def _quoted(octets: bytes) -> str:
    """One word of a shell; octets that are no printable ASCII need the quotes of ``bash`` and ``zsh``."""
    text = octets.decode("latin-1")
    if text.isascii() and text.isprintable():
        return shlex.quote(text)
    escaped = "".join(_escaped(octet) for octet in octets)
    return f"$'{escaped}'"


def _escaped(octet: int) -> str:
    char = chr(octet)
    if char in "'\\":
        return f"\\{char}"
    return char if 0x20 <= octet < 0x7F else f"\\{octet:03o}"
