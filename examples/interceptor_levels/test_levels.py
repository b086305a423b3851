"""Which interceptors run, in which order, on which level, and what each of them changes."""

import pytest
import requests

from mockproxy import Phase

from .interceptors import MembersOnly, PlainIsbn, RequestId

MEMBER = {"Cookie": "member=1815"}
INTERCEPTORS = {RequestId.__name__, MembersOnly.__name__, PlainIsbn.__name__}


def interceptors_of(exchange):
    """Without what the framework puts around them by itself."""
    return [(step.name, step.level) for step in exchange.trace if step.name in INTERCEPTORS]


# What holds in the application and in the gateway alike.


def test_outer_levels_come_first(guarded):
    requests.get(f"{guarded.url}/books/0-19-853453-1", headers=MEMBER).raise_for_status()

    assert interceptors_of(guarded.exchanges.only()) == [
        ("RequestId", ""),
        ("MembersOnly", "/books"),
        ("PlainIsbn", "/books/{isbn}"),
    ]


def test_a_branch_does_not_see_the_interceptors_of_another(guarded):
    requests.get(f"{guarded.url}/health").raise_for_status()

    assert interceptors_of(guarded.exchanges.only()) == [("RequestId", "")]


def test_the_order_is_the_same_request_after_request(guarded):
    for _ in range(3):
        requests.get(f"{guarded.url}/books/0-19-853453-1", headers=MEMBER).raise_for_status()

    first, second, third = map(interceptors_of, guarded.exchanges)
    assert first == second == third


@pytest.mark.parametrize(("cookie", "status"), [("member=1815", 200), ("member=ada", 401), ("", 401)])
def test_who_is_no_member_is_refused(guarded, cookie, status):
    answer = requests.get(f"{guarded.url}/books/0-19-853453-1", headers={"Cookie": cookie})

    trace = guarded.exchanges.only().trace
    assert answer.status_code == status
    assert trace.answered_by == (None if status == 200 else "MembersOnly")
    assert ("PlainIsbn" in trace) == (status == 200)


def test_an_interceptor_changes_a_path_parameter(guarded):
    requests.get(f"{guarded.url}/books/0-19-853453-1", headers=MEMBER).raise_for_status()

    changes = guarded.exchanges.only().trace["PlainIsbn"].changes
    assert changes.path_params == {"isbn": ("0-19-853453-1", "0198534531")}


# What it leads to.


def test_the_handler_of_the_application_gets_the_changed_parameter(bookshop):
    book = requests.get(f"{bookshop.url}/books/0-19-853453-1", headers=MEMBER).json()

    added = bookshop.exchanges.only().trace["RequestId"].changes.headers.added
    assert book == {"isbn": "0198534531", "request": added["x-request-id"]}


def test_the_gateway_asks_its_service_for_a_path_with_the_changed_parameter(gateway, mock_target):
    mock_target.on("GET", "/v2/books/0198534531").reply(json={"title": "The Enigma"})

    requests.get(f"{gateway.url}/books/0-19-853453-1?lang=en", headers=MEMBER).raise_for_status()

    exchange = gateway.exchanges.only()
    assert exchange.request.raw_target == "/books/0-19-853453-1?lang=en"
    assert exchange.upstream.request.raw_target == "/v2/books/0198534531?lang=en"
    assert "X-Request-Id" in exchange.upstream.request.headers


def test_who_is_refused_by_the_gateway_does_not_reach_the_service(gateway, mock_target):
    requests.get(f"{gateway.url}/books/0-19-853453-1")

    exchange = gateway.exchanges.only()
    assert exchange.trace.not_reached == ["PlainIsbn"]
    assert not exchange.reached_target
    assert not mock_target.exchanges


# Both in a row.


def test_one_trace_shows_the_way_through_a_proxy_and_the_application_behind_it(bookshop, make_mock_proxy):
    proxy = make_mock_proxy(bookshop)

    @proxy.middleware()
    async def show_member(ctx):
        ctx.request.headers["Cookie"] = MEMBER["Cookie"]
        yield

    requests.get(f"{proxy.url}/books/0-19-853453-1").raise_for_status()

    trace = proxy.exchanges.only().trace_through(bookshop.exchanges)
    ours = [step for step in trace if step.name in {"show_member", *INTERCEPTORS}]
    assert [step.name for step in ours] == ["show_member", "RequestId", "MembersOnly", "PlainIsbn"]
    assert [step.phase for step in ours] == [Phase.PROXY, None, None, None]
