import pytest

from mockproxy import HandlerFailed, Request, Response, UpstreamError
from mockproxy.reports.story import story
from mockproxy.reports.transcript import transcript
from tests.support.stories import exchange, leg, step, trace

GET = Request("GET", "/v1/users")
OK = Response(200)


def one_line(index, status=200, **outcome):
    return exchange(GET, Response(status), index=index, **outcome)


def five_lines(index, status=200, **outcome):
    """At a proxy: two steps on the way in and on the way out."""
    given = Response(status)
    return exchange(GET, given, leg(GET, given), index=index, trace=trace(step("a"), step("b")), **outcome)


def line(index, status=200):
    return f"#{index} GET /v1/users  {status}  41 ms"


def short(index, status=200):
    return f"#{index} GET /v1/users -> users  {status}  41 ms"


def test_without_exchanges_there_is_nothing_to_tell():
    assert transcript([]) == "no exchange was recorded"


def test_stories_that_have_room_are_told_one_after_the_other():
    exchanges = [five_lines(0), one_line(1), five_lines(2, 500)]

    assert transcript(exchanges) == "\n".join(map(story, exchanges))


def test_where_all_went_well_the_latest_keep_their_stories():
    exchanges = [five_lines(0), five_lines(1), five_lines(2)]

    assert transcript(exchanges, limit=12) == "\n".join([short(0), story(exchanges[1]), story(exchanges[2])])


def test_what_went_wrong_keeps_its_story_before_what_went_well():
    exchanges = [five_lines(0), five_lines(1, 404), five_lines(2)]

    assert transcript(exchanges, limit=8) == "\n".join([short(0), story(exchanges[1]), short(2)])


def test_what_fails_the_test_keeps_its_story_before_what_only_went_wrong():
    trouble = HandlerFailed("handler h of GET /v1/users raised ValueError: boom")
    exchanges = [five_lines(0, 404), five_lines(1, 500, error=trouble, troubles=[trouble])]

    assert transcript(exchanges, limit=8) == "\n".join([short(0, 404), story(exchanges[1])])


def test_a_story_that_has_no_room_leaves_its_error_in_the_one_line():
    trouble = HandlerFailed("handler h raised ValueError: boom")
    exchanges = [five_lines(0, error=trouble, troubles=[trouble]), five_lines(1, 502, error=UpstreamError("no target"))]

    assert transcript(exchanges, limit=8).split("\n")[-1] == f"{short(1, 502)}  error: no target"


def test_exchanges_without_room_are_counted():
    exchanges = [one_line(index) for index in range(7)]

    assert transcript(exchanges, limit=4) == "\n".join([line(4), line(5), line(6), "... 4 exchanges left out"])


def test_the_one_that_went_wrong_is_shown_among_many():
    exchanges = [one_line(index, 500 if index == 2 else 200) for index in range(7)]

    assert transcript(exchanges, limit=4) == "\n".join([line(2, 500), line(5), line(6), "... 4 exchanges left out"])


def test_a_long_story_is_cut_and_leaves_room_for_the_others():
    long = exchange(GET, OK, leg(GET, OK), index=1, trace=trace(*[step(f"step-{n}") for n in range(30)]))
    exchanges = [one_line(0), long]

    lines = transcript(exchanges, limit=10).split("\n")

    assert lines[:3] == [line(0), short(1), "   request   step-0   (no change)   0.1 ms"]
    assert lines[-1] == "   ... 53 more lines"
    assert len(lines) == 10


@pytest.mark.parametrize("count", [1, 5, 20, 39, 40, 41, 500])
def test_no_transcript_is_longer_than_a_screen(count):
    exchanges = [five_lines(index, 500 if index % 3 else 200) for index in range(count)]

    assert len(transcript(exchanges).split("\n")) <= 40


def test_a_line_is_cut_where_nobody_would_read_on():
    exchanges = [exchange(Request("GET", f"/{'a' * 500}"), OK)]

    assert transcript(exchanges) == f"#0 GET /{'a' * 189}..."


def test_exchanges_of_several_servers_begin_with_its_name():
    exchanges = [one_line(0, server="stock"), one_line(0, server="payment"), one_line(1, server="stock")]
    assert transcript(exchanges).split("\n") == [f"stock {line(0)}", f"payment {line(0)}", f"stock {line(1)}"]


def test_those_that_shrink_keep_the_name():
    exchanges = [five_lines(index, server=server) for index, server in enumerate(("stock", "payment", "stock"))]
    assert transcript(exchanges, limit=3).split("\n")[0] == f"stock {short(0)}"
