"""One thing that a pattern asks, and how the answer is put into words."""

from typing import Protocol, TypeVar

from mockproxy.errors import ContentError
from mockproxy.matching.difference import Difference, Step, put_into_words
from mockproxy.matching.verdict import Check

SubjectT_contra = TypeVar("SubjectT_contra", contravariant=True)
_SomeT = TypeVar("_SomeT")


class Criterion(Protocol[SubjectT_contra]):
    """One thing that is asked of a request or an exchange.

    Matching and explaining use the same difference, so a report cannot say anything else than what happened.
    """

    @property
    def keyword(self) -> str:
        """The keyword by which it was asked for."""

    @property
    def weight(self) -> int:
        """How much it counts when patterns are compared by their nearness."""

    @property
    def reads_body(self) -> bool:
        """Whether the body must have come before it can be answered."""

    @property
    def name(self) -> str:
        """The name of the field or function that it speaks of; empty where it speaks of a whole."""

    @property
    def expected(self) -> object:
        """What was asked for."""

    def difference(self, subject: SubjectT_contra, /) -> Difference | None:
        """The first difference to what is expected; None where the criterion holds.

        Raises ``ContentError`` where the body cannot be read as it would have to be.
        """

    def location(self, steps: tuple[Step, ...]) -> str:
        """The place of a difference, for people."""

    def shown(self, value: object, steps: tuple[Step, ...] = ()) -> object:
        """A value at this place as a report may show it, with tags for secrets."""


def describe(criterion: Criterion[_SomeT]) -> str:
    """The criterion as it stands in the name of a pattern: ``headers X-Tenant='acme'``."""
    subject = f"{criterion.keyword} {criterion.name}" if criterion.name else criterion.keyword
    return f"{subject}={_alone(criterion.shown(criterion.expected))}"


def check(criterion: Criterion[_SomeT], subject: _SomeT) -> Check:
    """Never raises, whatever the body is and whatever a function of the test does: it makes a report of failures."""
    try:
        difference = criterion.difference(subject)
    except ContentError as error:
        return _failed(criterion, f"content that cannot be read: {error}")
    except Exception as error:  # noqa: BLE001 - see above; matching itself lets it out
        return _failed(criterion, f"{type(error).__name__}: {error}")
    if difference is None:
        expected = _alone(criterion.shown(criterion.expected))
        return Check(criterion.keyword, True, expected, expected, criterion.name, criterion.weight, similarity=1)
    steps = difference.steps
    expected, seen = put_into_words(
        criterion.shown(difference.expected, steps), criterion.shown(difference.seen, steps)
    )
    return Check(criterion.keyword, False, expected, seen, criterion.location(steps), criterion.weight)


def _failed(criterion: Criterion[_SomeT], finding: str) -> Check:
    expected = _alone(criterion.shown(criterion.expected))
    return Check(criterion.keyword, False, expected, finding, criterion.name, criterion.weight)


def _alone(value: object) -> str:
    return put_into_words(value, value)[0]
