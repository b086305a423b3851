"""Choosing exchanges from a record: by their request, by the status of their response, or by a function."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import ClassVar, Generic, Protocol, TypedDict, TypeVar

from mockproxy.errors import ConfigurationError
from mockproxy.matching.criterion import Criterion, check, describe
from mockproxy.matching.difference import NOTHING, Difference, Step
from mockproxy.matching.field_criterion import FieldsExpected
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.path_criterion import PathGiven
from mockproxy.matching.pattern import ANY_METHOD, UNSET, RequestPattern
from mockproxy.matching.values import OneOf
from mockproxy.matching.verdict import Check, Verdict
from mockproxy.matching.whole_criterion import where_criterion
from mockproxy.messages.message import Request, Response


class HasMessages(Protocol):
    """What an exchange must tell to be chosen."""

    @property
    def request(self) -> Request | None:
        """None where no head could be read."""

    @property
    def response(self) -> Response | None:
        """None where the client was given none."""


ExchangeT = TypeVar("ExchangeT", bound=HasMessages)

StatusExpected = int | Matcher

# What others call the time that a wait may take.
_TIMES = frozenset({"deadline", "seconds", "timeout"})


class ExchangeCriteria(TypedDict, Generic[ExchangeT], total=False):
    """The keywords of ``ExchangePattern.of``, for signatures that hand them on as ``**match: Unpack[…]``."""

    method: str | Sequence[str]
    path: PathGiven
    query: str | Matcher | FieldsExpected | None
    headers: FieldsExpected | None
    cookies: FieldsExpected | None
    json: object
    form: FieldsExpected | None
    text: str | Matcher | None
    body: bytes | Matcher | None
    status: StatusExpected | Sequence[int] | None
    where: Callable[[ExchangeT], object] | None


@dataclass(frozen=True, slots=True)
class StatusCriterion:
    """The client was given a response with this status."""

    expected: StatusExpected
    keyword: ClassVar[str] = "status"
    weight: ClassVar[int] = 3
    reads_body: ClassVar[bool] = False
    name: ClassVar[str] = ""

    def difference(self, exchange: HasMessages) -> Difference | None:
        if exchange.response is None:
            return Difference(self.expected, NOTHING)
        status = exchange.response.status
        return None if self.expected == status else Difference(self.expected, status)

    def location(self, steps: tuple[Step, ...]) -> str:
        return ""

    def shown(self, value: object, steps: tuple[Step, ...] = ()) -> object:
        return value


@dataclass(frozen=True, slots=True, eq=False)
class ExchangePattern(Generic[ExchangeT]):
    """Criteria that an exchange satisfies all or not at all; made by ``of``."""

    request: RequestPattern
    criteria: tuple[Criterion[ExchangeT], ...]

    @classmethod
    def of(
        cls,
        *,
        method: str | Sequence[str] = ANY_METHOD,
        path: PathGiven = None,
        query: str | Matcher | FieldsExpected | None = None,
        headers: FieldsExpected | None = None,
        cookies: FieldsExpected | None = None,
        json: object = UNSET,
        form: FieldsExpected | None = None,
        text: str | Matcher | None = None,
        body: bytes | Matcher | None = None,
        status: StatusExpected | Sequence[int] | None = None,
        where: Callable[[ExchangeT], object] | None = None,
        **unknown: object,
    ) -> "ExchangePattern[ExchangeT]":
        """All but ``status`` and ``where`` speak of the request, as in ``RequestPattern.of``.

        ``where`` is a function of the exchange.
        Raises ``ConfigurationError`` for a keyword that there is not, with the nearest one that there is.
        """
        if unknown:
            raise unknown_keyword("an exchange", next(iter(unknown)), list(ExchangeCriteria.__annotations__))
        request = RequestPattern.of(
            method, path, query=query, headers=headers, cookies=cookies, json=json, form=form, text=text, body=body
        )
        criteria: list[Criterion[ExchangeT]] = []
        if status is not None:
            criteria.append(StatusCriterion(_checked_status(status)))
        if where is not None:
            criteria.append(where_criterion(where))
        return cls(request, tuple(criteria))

    def match(self, exchange: ExchangeT) -> bool:
        """An exchange without a readable request matches only where nothing is asked of the request."""
        if exchange.request is None:
            if not self.request.accepts_all:
                return False
        elif self.request.match(exchange.request) is None:
            return False
        return all(criterion.difference(exchange) is None for criterion in self.criteria)

    def explain(self, exchange: ExchangeT) -> Verdict:
        """Every criterion held against the exchange; never raises."""
        checks = tuple(check(criterion, exchange) for criterion in self.criteria)
        if exchange.request is not None:
            return Verdict(self.request.explain(exchange.request).checks + checks)
        ok = self.request.accepts_all
        readable = Check("request", ok, self.request.describe(), "nothing that could be read", similarity=float(ok))
        return Verdict((readable, *checks))

    def describe(self) -> str:
        """The pattern in one line, secrets as tags: ``GET /users, status=200``."""
        return ", ".join((self.request.describe(), *map(describe, self.criteria)))


def _checked_status(status: StatusExpected | Sequence[int]) -> StatusExpected:
    if isinstance(status, Matcher):
        return status
    codes = [status] if isinstance(status, int) else status
    if not isinstance(codes, list | tuple) or not codes or not all(map(_is_status, codes)):
        raise ConfigurationError(f"status={status!r} is none: give a number from 100 to 999, several, or a matcher")
    return codes[0] if len(codes) == 1 else OneOf(*codes)


def _is_status(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and 100 <= code <= 999


def unknown_keyword(what: str, keyword: str, known: Sequence[str]) -> ConfigurationError:
    """``what`` cannot be chosen by this keyword; the nearest of those that are known, or all of them."""
    close = get_close_matches(keyword, known, n=1)
    advice = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(known)}"
    if keyword in _TIMES:
        advice = "what waits takes the seconds to wait as `within`"
    return ConfigurationError(f"{what} cannot be chosen by {keyword!r}; {advice}")
