"""Choosing requests: the criteria of a stub or of a question to the record, and why a request is not the one."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, final

from mockproxy.errors import ConfigurationError, ContentError
from mockproxy.matching.criterion import Criterion, check, describe
from mockproxy.matching.field_criterion import COOKIES, FORM, HEADERS, QUERY, FieldsExpected, field_criteria
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.path_criterion import PathCriterion, PathGiven, path_criterion, path_similarity
from mockproxy.matching.template import ANY_PATH, PathTemplate
from mockproxy.matching.verdict import Check, Verdict
from mockproxy.matching.whole_criterion import (
    BODY,
    RAW_QUERY,
    TEXT,
    json_criterion,
    where_criterion,
    whole_criterion,
)
from mockproxy.messages.message import Request

ANY_METHOD = "*"

# RFC 9110 section 9.3, RFC 5789.
_KNOWN_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})
# RFC 9110 sections 9.1 and 5.6.2.
_METHOD = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# A path says most about what was meant, which is why WireMock gives it the same part of the whole.
_METHOD_WEIGHT = 3
_PATH_WEIGHT = 10
_NEAREST = 3


@final
class Unset(Enum):
    """Says that a keyword was left out where None means something: JSON ``null``."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return self.name


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True)
class Match:
    """A request was accepted; the parameters are as raw as its path."""

    path_params: dict[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class RequestPattern:
    """Criteria that a request satisfies all or not at all; made by ``of``.

    ``methods`` is empty where any will do.
    """

    methods: tuple[str, ...]
    path: PathCriterion
    criteria: tuple[Criterion[Request], ...]

    @classmethod
    def of(
        cls,
        method: str | Sequence[str] = ANY_METHOD,
        path: PathGiven = None,
        *,
        query: str | Matcher | FieldsExpected | None = None,
        headers: FieldsExpected | None = None,
        cookies: FieldsExpected | None = None,
        json: object = UNSET,
        form: FieldsExpected | None = None,
        text: str | Matcher | None = None,
        body: bytes | Matcher | None = None,
        where: Callable[[Request], object] | None = None,
    ) -> "RequestPattern":
        """Raises ``ConfigurationError`` for a criterion that no request could satisfy.

        ``query`` as text is the raw query, as a mapping it names parameters among others; so do ``headers``,
        ``cookies`` and ``form``.
        ``json`` is a part of the body's JSON (see ``Subset``), ``text`` and ``body`` the whole of its decoded content.
        """
        criteria: list[Criterion[Request]] = []
        if isinstance(query, str | Matcher):
            criteria.append(whole_criterion(RAW_QUERY, query))
        else:
            criteria += field_criteria(QUERY, query)
        criteria += field_criteria(HEADERS, headers)
        criteria += field_criteria(COOKIES, cookies)
        if json is not UNSET:
            criteria.append(json_criterion(json))
        criteria += field_criteria(FORM, form)
        if text is not None:
            criteria.append(whole_criterion(TEXT, text))
        if body is not None:
            criteria.append(whole_criterion(BODY, body))
        if where is not None:
            criteria.append(where_criterion(where))
        return cls(_checked_methods(method), path_criterion(path), tuple(criteria))

    @property
    def accepts_all(self) -> bool:
        """Whether nothing is asked of a request."""
        return not self.methods and self.path == PathTemplate(ANY_PATH) and not self.criteria

    @property
    def path_param_names(self) -> tuple[str, ...]:
        """The parameters that a match may have, in the order of the path."""
        return self.path.names

    @property
    def needs_body(self) -> bool:
        """Whether a request can be matched only when its body has come."""
        return any(criterion.reads_body for criterion in self.criteria)

    def match(self, request: Request) -> Match | None:
        """A body that cannot be read as a criterion needs it does not match.

        What a function of the test raises is raised, not taken for a no.
        """
        if self.methods and request.method not in self.methods:
            return None
        path_params = self.path.match(request.path)
        if path_params is None:
            return None
        try:
            for criterion in self.criteria:
                if criterion.difference(request) is not None:
                    return None
        except ContentError:
            return None
        return Match(path_params)

    def explain(self, request: Request) -> Verdict:
        """Every criterion held against the request; never raises."""
        checks = [self._check_method(request), self._check_path(request)]
        return Verdict((*checks, *(check(criterion, request) for criterion in self.criteria)))

    def describe(self) -> str:
        """The pattern in one line, secrets as tags: ``POST /users json={'name': 'a'}``."""
        head = f"{self._method_words()} {self.path}"
        return f"{head} {', '.join(map(describe, self.criteria))}" if self.criteria else head

    def _method_words(self) -> str:
        return "|".join(self.methods) or ANY_METHOD

    def _check_method(self, request: Request) -> Check:
        ok = not self.methods or request.method in self.methods
        return Check("method", ok, self._method_words(), request.method, weight=_METHOD_WEIGHT, similarity=float(ok))

    def _check_path(self, request: Request) -> Check:
        path = request.path
        ok = self.path.match(path) is not None
        similarity = 1.0 if ok else path_similarity(self.path, path)
        return Check("path", ok, str(self.path), path, weight=_PATH_WEIGHT, similarity=similarity)


def nearest(request: Request, patterns: Sequence[RequestPattern]) -> list[tuple[int, Verdict]]:
    """The patterns that the request misses by the least, best first and at most three, with their places."""
    verdicts = enumerate(pattern.explain(request) for pattern in patterns)
    return sorted(verdicts, key=lambda ranked: -ranked[1].score)[:_NEAREST]


def _checked_methods(method: str | Sequence[str]) -> tuple[str, ...]:
    if method == ANY_METHOD:
        return ()
    methods = (method,) if isinstance(method, str) else tuple(method)
    if not methods:
        raise ConfigurationError(f"the methods are empty, so no request could match; {ANY_METHOD!r} is any method")
    return tuple(map(_checked_method, methods))


def _checked_method(method: object) -> str:
    if not isinstance(method, str) or not _METHOD.fullmatch(method) or method == ANY_METHOD:
        raise ConfigurationError(f"{method!r} is no method; give one such as 'GET', several, or {ANY_METHOD!r} for any")
    if method not in _KNOWN_METHODS and method.upper() in _KNOWN_METHODS:
        raise ConfigurationError(
            f"{method!r} is not a method that clients send: methods are case-sensitive (RFC 9110 section 9.1); "
            f'did you mean "{method.upper()}"?'
        )
    return method
