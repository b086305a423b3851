"""The criteria on what a request gives by name: query parameters, header fields, cookies, fields of a form."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from mockproxy.credentials.secret import redact_field, redact_query, tag
from mockproxy.errors import ConfigurationError
from mockproxy.matching.difference import NOTHING, Difference, Step, Words
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.structure import same
from mockproxy.messages.headers import raw_field
from mockproxy.messages.message import Request

FieldExpected = str | Matcher | Sequence[str | Matcher]
FieldsExpected = Mapping[str, FieldExpected]


@dataclass(frozen=True, slots=True)
class FieldKind:
    """Where the values of a name come from, and which of them are secrets."""

    keyword: str
    weight: int
    reads_body: bool
    values: Callable[[Request, str], list[str]]
    redact: Callable[[str, str], str]


def _cookies(request: Request, name: str) -> list[str]:
    cookies = request.cookies
    return [cookies[name]] if name in cookies else []


def _form_fields(request: Request, name: str) -> list[str]:
    return [value for field, value in request.form() if field == name]


def _redact_parameter(name: str, value: str) -> str:
    probe = urlencode({name: "probe"})
    return value if redact_query(probe) == probe else tag(value)


QUERY = FieldKind("query", 2, False, lambda request, name: request.query.all(name), _redact_parameter)
HEADERS = FieldKind("headers", 2, False, lambda request, name: request.headers.all(name), redact_field)
COOKIES = FieldKind("cookies", 1, False, _cookies, lambda _, value: tag(value))
FORM = FieldKind("form", 3, True, _form_fields, _redact_parameter)


@dataclass(frozen=True, slots=True)
class FieldCriterion:
    """A text: one of the values of this name is it. A matcher: as ``Matcher.among`` says. A list: all, in order."""

    kind: FieldKind
    name: str
    expected: FieldExpected

    @property
    def keyword(self) -> str:
        return self.kind.keyword

    @property
    def weight(self) -> int:
        return self.kind.weight

    @property
    def reads_body(self) -> bool:
        return self.kind.reads_body

    def difference(self, request: Request) -> Difference | None:
        values = self.kind.values(request, self.name)
        if isinstance(self.expected, str):
            holds = self.expected in values
        elif isinstance(self.expected, Matcher):
            holds = self.expected.among(values)
        else:
            holds = same(self.expected, values)
        return None if holds else Difference(self.expected, _one_or_all(values))

    def location(self, steps: tuple[Step, ...]) -> str:
        return self.name

    def shown(self, value: object, steps: tuple[Step, ...] = ()) -> object:
        if isinstance(value, str):
            return self.kind.redact(self.name, value)
        if isinstance(value, Matcher):
            return Words(value.in_words(lambda part: repr(self.shown(part))))
        if isinstance(value, list):
            return [self.shown(part) for part in value]
        return value


def field_criteria(kind: FieldKind, fields: FieldsExpected | None) -> list[FieldCriterion]:
    """Raises ``ConfigurationError`` for a name or a value that no request can have."""
    if fields is None:
        return []
    if not isinstance(fields, Mapping):
        raise ConfigurationError(f"{kind.keyword} takes a mapping of names to what is expected, not {fields!r}")
    return [FieldCriterion(kind, _checked_name(kind, name), _checked(kind, name, fields[name])) for name in fields]


def _checked_name(kind: FieldKind, name: object) -> str:
    if not isinstance(name, str):
        raise ConfigurationError(f"{kind.keyword} has the name {name!r}; a name is text")
    if kind is HEADERS:
        raw_field(name, b"")
    return name


def _checked(kind: FieldKind, name: str, expected: object) -> FieldExpected:
    if isinstance(expected, str | Matcher):
        return expected
    if isinstance(expected, list | tuple):
        return [_checked_item(kind, name, item) for item in expected]
    raise _refusal(kind, name, expected)


def _checked_item(kind: FieldKind, name: str, item: object) -> str | Matcher:
    if isinstance(item, str | Matcher):
        return item
    raise _refusal(kind, name, item)


def _refusal(kind: FieldKind, name: str, expected: object) -> ConfigurationError:
    if isinstance(expected, type) and issubclass(expected, Matcher):
        advice = f"write {expected.__name__}(…)"
    else:
        advice = f"its values are text, so give text such as {str(expected)!r}, a matcher, or a list of these"
    return ConfigurationError(f"{kind.keyword} {name!r} cannot be {expected!r}: {advice}")


def _one_or_all(values: list[str]) -> object:
    if not values:
        return NOTHING
    return values[0] if len(values) == 1 else values
