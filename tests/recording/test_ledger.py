import pytest

from mockproxy.errors import (
    ConfigurationError,
    HandlerFailed,
    MiddlewareFailed,
    RecordError,
    Trouble,
    Unmatched,
    UnmetExpectation,
)
from mockproxy.recording.ledger import Ledger


def test_what_nobody_declared_is_unexpected_in_order():
    ledger, first, second = Ledger(), Unmatched("1"), HandlerFailed("2")
    ledger.note(first)
    ledger.note(second)

    assert ledger.unexpected == (first, second)


def test_what_was_declared_is_gathered_and_fails_nothing():
    ledger, trouble = Ledger(), Unmatched("1")
    with ledger.expecting(Unmatched) as gathered:
        ledger.note(trouble)

    assert gathered == [trouble]
    assert ledger.unexpected == ()


def test_trouble_of_another_kind_stays_unexpected():
    ledger, other = Ledger(), HandlerFailed("1")
    with ledger.expecting(Unmatched, MiddlewareFailed):
        ledger.note(Unmatched("2"))
        ledger.note(other)

    assert ledger.unexpected == (other,)


def test_trouble_behind_the_block_is_unexpected():
    ledger, late = Ledger(), Unmatched("late")
    with ledger.expecting(Unmatched):
        ledger.note(Unmatched("in time"))
    ledger.note(late)

    assert ledger.unexpected == (late,)


def test_a_family_of_trouble_can_be_declared():
    ledger = Ledger()
    with ledger.expecting(Trouble) as gathered:
        ledger.note(HandlerFailed("1"))

    assert len(gathered) == 1


def test_a_block_in_which_nothing_came_fails():
    with (
        pytest.raises(RecordError, match="expected trouble of kind Unmatched or HandlerFailed, and none came"),
        Ledger().expecting(Unmatched, HandlerFailed),
    ):
        pass


def test_an_exception_of_the_block_is_not_hidden():
    with pytest.raises(LookupError), Ledger().expecting(Unmatched):
        raise LookupError


def test_every_block_that_declared_a_trouble_gathers_it():
    ledger, trouble = Ledger(), Unmatched("1")
    with ledger.expecting(Trouble) as outer, ledger.expecting(Unmatched) as inner:
        ledger.note(trouble)

    assert outer == inner == [trouble]


@pytest.mark.parametrize("kind", [ValueError, "Unmatched", Unmatched("an instance"), None])
def test_what_is_no_kind_of_trouble_is_refused_with_those_that_are(kind):
    with (
        pytest.raises(
            ConfigurationError, match="HandlerFailed, MalformedMessage, MiddlewareFailed, Unmatched, UnmetExpectation"
        ),
        Ledger().expecting(kind),
    ):
        pass


def test_nothing_cannot_be_declared():
    with pytest.raises(ConfigurationError, match="at least one kind of trouble"), Ledger().expecting():
        pass


def test_an_expectation_that_is_not_met_cannot_be_declared():
    with pytest.raises(ConfigurationError, match=r"known only at the end"), Ledger().expecting(UnmetExpectation):
        pass
