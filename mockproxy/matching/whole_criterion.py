"""The criteria on a request as a whole: its JSON, its text, its bytes, its raw query, and what a function says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from mockproxy.credentials.secret import is_secret_field, redact_json, redact_query
from mockproxy.errors import ConfigurationError
from mockproxy.matching.difference import NOTHING, Difference, Step, Words, json_path
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.structure import find_difference, snapshot
from mockproxy.matching.values import check_predicate, name_of
from mockproxy.messages.message import Request

SubjectT = TypeVar("SubjectT")


@dataclass(frozen=True, slots=True)
class WholeKind:
    """Where a text or bytes are read from."""

    keyword: str
    weight: int
    reads_body: bool
    read: Callable[[Request], str | bytes]
    type: type[str] | type[bytes]


RAW_QUERY = WholeKind("query", 2, False, lambda request: request.query_string, str)
TEXT = WholeKind("text", 3, True, lambda request: request.text, str)
BODY = WholeKind("body", 3, True, lambda request: request.content, bytes)


@dataclass(frozen=True, slots=True)
class WholeCriterion:
    """The text or the bytes equal what is expected, as they are."""

    kind: WholeKind
    expected: str | bytes | Matcher
    name: ClassVar[str] = ""

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
        seen = self.kind.read(request)
        return None if self.expected == seen else Difference(self.expected, seen)

    def location(self, steps: tuple[Step, ...]) -> str:
        return ""

    def shown(self, value: object, steps: tuple[Step, ...] = ()) -> object:
        """A form is the one text that tells where its secrets are; another is shown as it is."""
        if isinstance(value, str):
            return redact_query(value)
        if isinstance(value, bytes):
            return redact_query(value.decode("latin-1")).encode("latin-1")
        if isinstance(value, Matcher):
            return Words(value.in_words(lambda part: repr(self.shown(part))))
        return value


def whole_criterion(kind: WholeKind, expected: object) -> WholeCriterion:
    if isinstance(expected, kind.type | Matcher):
        return WholeCriterion(kind, expected)
    raise ConfigurationError(
        f"{kind.keyword}= takes {kind.type.__name__} or a matcher, not {expected!r}; "
        "text= is held against the decoded text, body= against the bytes, json= against the value"
    )


@dataclass(frozen=True, slots=True)
class JsonCriterion:
    """The body is JSON that has at least what is expected, as ``Subset`` says."""

    expected: object
    keyword: ClassVar[str] = "json"
    weight: ClassVar[int] = 3
    reads_body: ClassVar[bool] = True
    name: ClassVar[str] = ""

    def difference(self, request: Request) -> Difference | None:
        return find_difference(self.expected, request.json())

    def location(self, steps: tuple[Step, ...]) -> str:
        return json_path(steps)

    def shown(self, value: object, steps: tuple[Step, ...] = ()) -> object:
        """Everything under a secret name is hidden, however deep the difference lies in it."""
        if value is NOTHING:
            return value
        if isinstance(value, Matcher):
            return Words(value.in_words(lambda part: repr(self.shown(part, steps))))
        if isinstance(value, dict):
            return {name: self.shown(member, (*steps, name)) for name, member in value.items()}
        if isinstance(value, list):
            return [self.shown(member, steps) for member in value]
        secret = next((step for step in steps if isinstance(step, str) and is_secret_field(step)), None)
        return value if secret is None else redact_json({secret: value})[secret]


def json_criterion(expected: object) -> JsonCriterion:
    """Raises ``ConfigurationError`` for what can never be in a JSON value."""
    return JsonCriterion(snapshot(expected))


@dataclass(frozen=True, slots=True)
class WhereCriterion(Generic[SubjectT]):
    """The function of the test says something true of the request or exchange.

    What it raises is raised, not taken for a no.
    """

    function: Callable[[SubjectT], object]
    name: str
    keyword: ClassVar[str] = "where"
    weight: ClassVar[int] = 1
    reads_body: ClassVar[bool] = True
    expected: ClassVar[object] = True

    def difference(self, subject: SubjectT) -> Difference | None:
        answer = self.function(subject)
        return None if answer else Difference(self.expected, answer)

    def location(self, steps: tuple[Step, ...]) -> str:
        return self.name

    def shown(self, value: object, steps: tuple[Step, ...] = ()) -> object:
        return value


def where_criterion(function: Callable[[SubjectT], object]) -> WhereCriterion[SubjectT]:
    check_predicate("where=", function)
    return WhereCriterion(function, name_of(function))
