import threading
from dataclasses import replace

import pytest

from mockproxy.errors import RecordError
from mockproxy.messages.message import Request
from mockproxy.recording.journal import Journal
from mockproxy.recording.journal_view import JournalView
from tests.support.exchanges import exchange


@pytest.fixture
def journal():
    return Journal(lambda exchanges: f"{len(exchanges)} told")


@pytest.fixture
def view(journal):
    """Tells in ``state`` that it was seen through."""
    return JournalView(journal, lambda: [replace(each, state={"seen": True}) for each in journal])


def filed(journal, target="/"):
    made = exchange(journal.begin(f"GET {target}"), Request("GET", target))
    journal.file(made)
    return made


def test_it_tells_what_is_filed_later_each_seen_through_the_function(journal, view):
    assert (len(view), list(view)) == (0, [])
    filed(journal, "/a")
    filed(journal, "/b")

    assert [each.request.path for each in view] == ["/a", "/b"]
    assert all(each.state["seen"] for each in (*view, view[0], view.only(path="/a"), *view.matching(), *view[1:]))
    assert journal[0].state == {}


def test_what_is_open_is_that_of_the_journal(journal, view):
    journal.begin("GET /slow")

    assert view.open == ["GET /slow"]


def test_who_waits_is_woken_by_what_the_journal_files(journal, view):
    timer = threading.Timer(0.05, filed, [journal, "/late"])
    timer.start()
    [late] = view.wait_for(path="/late")
    timer.join()

    assert late.state["seen"]


@pytest.mark.asyncio
async def test_who_awaits_is_woken_by_what_the_journal_files(journal, view):
    timer = threading.Timer(0.05, filed, [journal, "/late"])
    timer.start()
    [late] = await view.arrival(path="/late")
    timer.join()

    assert late.state["seen"]


def test_the_loop_on_which_nobody_may_block_is_that_of_the_journal(journal, view):
    journal.bind(threading.get_ident())

    with pytest.raises(RecordError, match="would block the loop"):
        view.wait_for()


def test_what_the_function_raises_is_raised_by_each_question_and_not_by_its_repr(journal):
    def refusing():
        raise RecordError("cannot tell")

    filed(journal)
    view = JournalView(journal, refusing)
    for ask in (view.only, view.matching, lambda: view[0], lambda: list(view), view.wait_for):
        with pytest.raises(RecordError, match="cannot tell"):
            ask()
    assert (len(view), repr(view)) == (1, "<Journal of 1 exchange>")
