"""What a body means according to its ``Content-Type`` (RFC 9110, section 8.3): text, JSON, and forms.

What lives here takes decoded content, content codings undone, and reads it strictly: a body that is not what its
media type says raises ``ContentError``, and nothing is replaced or guessed to make it fit.
"""

import codecs
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl, unquote_to_bytes

from mockproxy.errors import ContentError

JSON: TypeAlias = Any
"""A JSON value; with a precise union a test would narrow each step of ``json()["items"][0]`` before it may assert."""


@dataclass(frozen=True, slots=True)
class MediaType:
    """A media type; all but the values of parameters is in lower case."""

    type: str
    subtype: str
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def essence(self) -> str:
        return f"{self.type}/{self.subtype}"

    def parameter(self, name: str) -> str | None:
        """The first parameter of that name, without its quotes."""
        return _first(self.parameters, name)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a ``multipart/form-data`` body; a part with a file name is a file, any other a plain field."""

    name: str
    filename: str | None
    content_type: str | None
    content: bytes


def parse_media_type(value: str) -> MediaType | None:
    """The media type of a ``Content-Type`` field, or None where the value is not one."""
    match = _ESSENCE.match(value)
    parameters = _parameters(value[match.end() :]) if match else None
    if match is None or parameters is None:
        return None
    # RFC 9110, 5.6.4: a backslash stands for the character that follows it.
    read = tuple((name, re.sub(r"\\(.)", r"\1", _without_quotes(raw))) for name, raw in parameters)
    return MediaType(match[1].lower(), match[2].lower(), read)


def charset_of(content_type: str | None, content: bytes) -> str:
    """The encoding of a text, under the name that Python gives it.

    The ``charset`` parameter decides, then a byte order mark, then for JSON the pattern of its first bytes; UTF-8 is
    the default.
    """
    media_type = parse_media_type(content_type or "")
    charset = media_type.parameter("charset") if media_type else None
    if charset is not None:
        return _text_encoding(charset)
    for mark, encoding in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            return encoding
    # RFC 8259, 8.1, demands UTF-8; RFC 4627, 3, which it replaced, allowed these and said how to tell them apart.
    if media_type is not None and _is_json(media_type):
        return json.detect_encoding(content)
    # RFC 9110 has no default for text/* (RFC 2616 had ISO-8859-1, under which every sequence of bytes is a text);
    # UTF-8 is what is sent today, and what is not UTF-8 is found out. What HTML says in its <meta> is not HTTP.
    return "utf-8"


def text_of(content: bytes, content_type: str | None) -> str:
    """The content as text, without a byte order mark."""
    try:
        return content.decode(charset_of(content_type, content)).removeprefix("\ufeff")
    except UnicodeError as error:
        raise ContentError(f"content of type {content_type!r} is not a text: {error}") from error


def json_of(content: bytes, content_type: str | None) -> JSON:
    """The content as JSON, whatever media type it is sent as."""
    text = text_of(content, content_type)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        excerpt = text[max(0, error.pos - 20) : error.pos + 20]
        raise ContentError(f"content of type {content_type!r} is not JSON: {error}, at {excerpt!r}") from error
    except (ValueError, RecursionError) as error:  # a number of too many digits; nested too deeply
        raise ContentError(f"content of type {content_type!r} is JSON that Python cannot hold: {error}") from error


def form_of(content: bytes, content_type: str | None) -> list[tuple[str, str]]:
    """The plain fields of a form in order, with repeats and empty values; ``parts_of`` gives the files as well."""
    media_type = parse_media_type(content_type or "")
    if media_type is not None and media_type.essence == "application/x-www-form-urlencoded":
        return _urlencoded(text_of(content, content_type), charset_of(content_type, content))
    if media_type is None or media_type.essence != "multipart/form-data":
        raise ContentError(f"content of type {content_type!r} is not a form")
    return [
        (part.name, text_of(part.content, part.content_type))
        for part in parts_of(content, content_type)
        if part.filename is None
    ]


def parts_of(content: bytes, content_type: str | None) -> list[Part]:
    """The parts of a ``multipart/form-data`` body (RFC 7578) in order, files and plain fields."""
    media_type = parse_media_type(content_type or "")
    if media_type is None or media_type.essence != "multipart/form-data":
        raise ContentError(f"content of type {content_type!r} is not a multipart form")
    boundary = media_type.parameter("boundary")
    if not boundary:
        raise ContentError(f"content type {content_type!r} does not say its boundary")
    return [_part(number, block) for number, block in enumerate(_blocks(content, boundary), start=1)]


# RFC 9110, 5.6.2: what a token is made of.
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_ESSENCE: Final = re.compile(rf"[ \t]*({_TOKEN})/({_TOKEN})(?=[ \t]*(?:;|\Z))")
# RFC 9110, 5.6.6. Without quotes more is read than a token: boundaries with "=", ":" or "/" are often sent that way.
_PARAMETER: Final = re.compile(rf'[ \t]*;[ \t]*(?:({_TOKEN})=("(?:[^"\\]|\\.)*"|[^\s";]+))?')

_DISPOSITION: Final = re.compile(r"form-data[ \t]*(;.*)", re.IGNORECASE)
# RFC 8187, 3.2: charset'language'value. RFC 7578, 4.2, does not want it in forms, but aiohttp writes it.
_EXTENDED: Final = re.compile(r"([^']+)'[^']*'(.*)")

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before the mark of UTF-16, with which it begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def _parameters(text: str) -> list[tuple[str, str]] | None:
    """The parameters with their values as written, or None where text is anything else."""
    found: list[tuple[str, str]] = []
    text = text.rstrip(" \t")
    while text:
        match = _PARAMETER.match(text)
        if match is None:
            return None
        if match[1] is not None:
            found.append((match[1].lower(), match[2]))
        text = text[match.end() :]
    return found


def _first(pairs: Iterable[tuple[str, str]], name: str) -> str | None:
    return next((value for key, value in pairs if key == name), None)


def _without_quotes(raw: str) -> str:
    return raw[1:-1] if raw.startswith('"') else raw


def _is_json(media_type: MediaType) -> bool:
    return media_type.essence == "application/json" or media_type.subtype.endswith("+json")


def _text_encoding(charset: str) -> str:
    try:
        "".encode(charset)  # unlike a look-up alone, this refuses codecs that are not for text, such as base64
    except (LookupError, UnicodeError) as error:
        raise ContentError(f"unknown charset {charset!r}") from error
    return codecs.lookup(charset).name


def _urlencoded(text: str, charset: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(text, keep_blank_values=True, encoding=charset, errors="strict")
    except UnicodeError as error:
        raise ContentError(f"a field of the form is not a text: {error}") from error


def _blocks(content: bytes, boundary: str) -> list[bytes]:
    """What stands between the delimiters, each block from the line break before its header fields (RFC 2046, 5.1.1)."""
    delimiter = re.compile(rb"\r\n--%b(--)?[ \t]*(?=\r\n|\Z)" % re.escape(boundary.encode()))
    content = b"\r\n" + content  # a delimiter owns the line break before it, which the first one may lack
    blocks: list[bytes] = []
    start: int | None = None
    for match in delimiter.finditer(content):
        if start is not None:
            blocks.append(content[start : match.start()])
        if match[1]:
            return blocks
        start = match.end()
    raise ContentError(
        f"the multipart form is truncated: no closing boundary '--{boundary}--' after {len(blocks)} parts"
    )


def _part(number: int, block: bytes) -> Part:
    head, end, content = block.partition(b"\r\n\r\n")
    if not end:
        raise ContentError(f"part {number} of the multipart form has no empty line after its header fields")
    # RFC 7578, 5.1.2 wants no charset here; what browsers, curl and the libraries for Python send is UTF-8.
    fields = [line.partition(":") for line in text_of(head, None).split("\r\n")]
    headers = [(name.lower(), value.strip(" \t")) for name, _, value in fields]
    disposition = _DISPOSITION.match(_first(headers, "content-disposition") or "")
    parameters = _parameters(disposition[1]) if disposition else None
    name = _disposed(parameters or [], "name")
    if name is None:
        raise ContentError(f"part {number} of the multipart form has no Content-Disposition of form-data with a name")
    return Part(name, _disposed(parameters or [], "filename"), _first(headers, "content-type"), content)


def _disposed(parameters: list[tuple[str, str]], name: str) -> str | None:
    """A name in a ``Content-Disposition``, freed from each of the escapes that clients use for it."""
    extended = _EXTENDED.fullmatch(_without_quotes(_first(parameters, f"{name}*") or ""))
    if extended is not None:
        return text_of(unquote_to_bytes(extended[2]), f"text/plain;charset={extended[1]}")
    raw = _first(parameters, name)
    if raw is None:
        return None
    # curl before 7.81 puts a backslash before a quote and a backslash, aiohttp before a blank too; before anything else
    # it is itself, as in "C:\\file".
    unescaped = re.sub(r'\\(["\\ ])', r"\1", _without_quotes(raw))
    # WHATWG HTML, "multipart/form-data encoding algorithm": browsers, urllib3 and curl write just these three so.
    return unescaped.replace("%0D", "\r").replace("%0A", "\n").replace("%22", '"')
