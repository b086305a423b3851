import asyncio
import threading
from itertools import permutations

import pytest

from mockproxy.errors import ConfigurationError, RecordError
from mockproxy.messages.message import Request, Response
from mockproxy.recording.journal import Journal
from tests.support.exchanges import exchange


def told(exchanges):
    return "\n".join(f"{each.request.method} {each.request.path} {each.response.status}" for each in exchanges)


def journal(*targets):
    made = Journal(told)
    for target in targets:
        method, path = target.split()
        made.file(exchange(made.begin(target), Request(method, path)))
    return made


def filed_elsewhere(made, *targets):
    """Another thread, which files these one after the other, as a server does."""

    def file():
        for target in targets:
            method, path = target.split()
            made.file(exchange(made.begin(target), Request(method, path)))

    return threading.Thread(target=file)


def paths(exchanges):
    return [each.request.path for each in exchanges]


@pytest.mark.parametrize("order", [*permutations([0, 1, 2])])
def test_exchanges_stand_in_order_of_arrival_whatever_ends_first(order):
    made = Journal(told)
    for _ in order:
        made.begin("GET /")
    for index in order:
        made.file(exchange(index))

    assert [each.index for each in made] == [0, 1, 2]


def test_it_is_a_sequence():
    made = journal("GET /a", "GET /b", "GET /c")

    assert len(made) == 3
    assert made[0].request.path == "/a"
    assert made[-1].request.path == "/c"
    assert paths(made[1:]) == ["/b", "/c"]
    assert paths(reversed(made)) == ["/c", "/b", "/a"]
    assert made[1] in made


def test_an_empty_journal_is_false():
    assert not journal()


def test_only_gives_the_one_that_there_is():
    assert journal("GET /a").only().request.path == "/a"


def test_only_chooses_by_criteria():
    assert journal("GET /a", "POST /a", "GET /b").only(method="POST").request.method == "POST"


def test_only_fails_with_the_transcript_where_there_are_more():
    with pytest.raises(RecordError) as failure:
        journal("GET /a", "GET /b").only(method="GET")

    assert str(failure.value) == (
        "expected exactly one exchange matching method='GET', found 2\nGET /a 200\nGET /b 200"
    )


def test_only_says_that_there_is_none():
    with pytest.raises(RecordError) as failure:
        journal().only()

    assert str(failure.value) == "expected exactly one exchange, found 0\nno exchange was recorded"


def test_asked_for_too_early_only_names_what_is_still_open():
    made = journal("GET /done")
    made.begin("GET /slow?x=1")
    made.begin("GET /slower")

    with pytest.raises(RecordError, match=r"still open: GET /slow\?x=1, GET /slower"):
        made.only(path="/slow")


def test_an_open_request_is_awaited_while_its_client_waits():
    made = journal("GET /done")
    waits = {"GET /slow": True, "GET /left": True}
    indices = [made.begin(request, lambda request=request: waits[request]) for request in waits]
    assert made.awaited == set(indices)

    waits["GET /left"] = False
    assert made.awaited == {indices[0]}
    assert made.open == ["GET /slow", "GET /left"]


def test_matching_filters_in_order():
    made = journal("GET /shops/1", "GET /health", "GET /shops/2")

    assert paths(made.matching(path="/shops/{id}")) == ["/shops/1", "/shops/2"]


def test_matching_can_ask_for_the_status_and_by_a_function():
    made = journal()
    made.file(exchange(0, response=Response(503)))
    made.file(exchange(1, response=Response(200)))

    assert [each.index for each in made.matching(status=503)] == [0]
    assert [each.index for each in made.matching(where=lambda each: each.index > 0)] == [1]


def test_an_unknown_criterion_is_refused_with_the_nearest_one():
    with pytest.raises(ConfigurationError, match="method"):
        journal("GET /a").matching(methd="GET")


def test_attempts_are_the_repeats_of_one_request():
    made = journal("GET /a", "POST /a", "GET /b", "GET /a")

    assert paths(made.attempts("GET", "/a").exchanges) == ["/a", "/a"]


def test_waiting_for_what_is_there_returns_at_once_and_only_as_many_as_asked():
    made = journal("GET /a", "GET /b", "GET /c")

    assert paths(made.wait_for(2, within=0)) == ["/a", "/b"]


def test_waiting_blocks_until_enough_have_come():
    made = journal("GET /a")
    server = filed_elsewhere(made, "GET /b", "GET /c")
    server.start()

    assert paths(made.wait_for(3)) == ["/a", "/b", "/c"]
    server.join()


def test_waiting_in_vain_tells_what_did_come():
    made = journal("GET /a")
    made.begin("GET /open")

    with pytest.raises(RecordError) as failure:
        made.wait_for(2, within=0.01, path="/a")

    assert str(failure.value) == (
        "expected 2 exchanges matching path='/a' within 0.01 s, found 1\nGET /a 200\nstill open: GET /open"
    )


def test_waiting_on_the_loop_of_the_server_fails_at_once():
    made = journal()
    made.bind(threading.get_ident())

    with pytest.raises(RecordError, match=r"would block the loop.*use `await exchanges\.arrival"):
        made.wait_for(within=60)


@pytest.mark.parametrize(("count", "within"), [(0, 1), (-1, 1), (1, -1)])
def test_a_wait_that_makes_no_sense_is_refused(count, within):
    with pytest.raises(ConfigurationError, match="cannot wait for"):
        journal().wait_for(count, within=within)


async def arrival_of(made, *targets, **asked):
    server = filed_elsewhere(made, *targets)
    waiting = asyncio.create_task(made.arrival(**asked))
    await asyncio.sleep(0)
    server.start()
    try:
        return await waiting
    finally:
        server.join()


def test_an_arrival_is_awaited_without_blocking_the_loop():
    made = journal("GET /a")
    made.bind(threading.get_ident())

    assert paths(asyncio.run(arrival_of(made, "GET /b", "GET /c", count=3))) == ["/a", "/b", "/c"]


def test_an_arrival_can_be_chosen_by_criteria():
    made = journal()

    assert paths(asyncio.run(arrival_of(made, "GET /a", "POST /b", method="POST"))) == ["/b"]


def test_an_arrival_that_is_there_already_is_given_at_once():
    assert paths(asyncio.run(journal("GET /a").arrival(within=0))) == ["/a"]


def test_an_arrival_that_does_not_come_tells_what_did():
    with pytest.raises(RecordError, match=r"expected 1 exchange matching path='/b' within 0\.01 s, found 0\nGET /a"):
        asyncio.run(journal("GET /a").arrival(within=0.01, path="/b"))


def test_a_waiter_that_has_left_is_not_woken():
    made = journal()
    with pytest.raises(RecordError):
        asyncio.run(made.arrival(within=0))

    made.file(exchange())
    assert len(made) == 1


@pytest.mark.parametrize(
    ("targets", "text"), [([], "<Journal of 0 exchanges>"), (["GET /"], "<Journal of 1 exchange>")]
)
def test_its_repr_counts(targets, text):
    assert repr(journal(*targets)) == text
