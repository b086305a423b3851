import re
from dataclasses import dataclass
from inspect import Parameter, signature

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.matching import AtLeast, Between, ExchangeCriteria, ExchangePattern
from mockproxy.messages.message import Request, Response


@dataclass(frozen=True)
class Recorded:
    request: Request | None
    response: Response | None


CREATED = Recorded(Request("POST", "/users?x=1", {"X-A": "1"}, b'{"name": "a"}'), Response(201))
UNREADABLE = Recorded(None, Response(400))
ABORTED = Recorded(Request("GET", "/slow"), None)


@pytest.mark.parametrize(
    "criteria",
    [
        {},
        {"method": "POST"},
        {"path": "/users"},
        {"query": {"x": "1"}, "headers": {"x-a": "1"}},
        {"json": {"name": "a"}},
        {"text": '{"name": "a"}', "body": b'{"name": "a"}'},
        {"status": 201},
        {"status": [200, 201]},
        {"status": Between(200, 299)},
        {"where": lambda exchange: exchange.response.status == 201},
    ],
)
def test_an_exchange_is_chosen_by_what_it_holds(criteria):
    assert ExchangePattern.of(**criteria).match(CREATED)


@pytest.mark.parametrize(
    "criteria",
    [
        {"method": "GET"},
        {"path": "/user"},
        {"cookies": {"a": "1"}},
        {"form": {"a": "1"}},
        {"status": 200},
        {"status": [200, 404]},
        {"status": AtLeast(300)},
        {"where": lambda exchange: False},
        {"path": "/users", "status": 500},
    ],
)
def test_an_exchange_is_left_out_by_one_criterion(criteria):
    assert not ExchangePattern.of(**criteria).match(CREATED)


def test_without_a_readable_request_nothing_may_be_asked_of_it():
    found = [ExchangePattern.of(**criteria).match(UNREADABLE) for criteria in ({}, {"status": 400}, {"method": "GET"})]
    assert found == [True, True, False]


def test_without_a_response_there_is_no_status():
    assert not ExchangePattern.of(status=AtLeast(0)).match(ABORTED)
    assert ExchangePattern.of(path="/slow").match(ABORTED)


def test_an_explanation_ends_with_the_status():
    assert str(ExchangePattern.of(method="POST", status=[200, 204]).explain(CREATED)).splitlines() == [
        "✓ method  POST",
        "✓ path    *",
        "✗ status  expected OneOf(200, 204), got 201",
    ]


def test_an_explanation_says_that_there_was_no_request():
    assert (
        str(ExchangePattern.of(method="POST").explain(UNREADABLE))
        == "✗ request expected POST *, got nothing that could be read"
    )


def test_an_explanation_says_that_there_was_no_response():
    assert ExchangePattern.of(status=200).explain(ABORTED).checks[-1].seen == "nothing"


def test_an_exchange_pattern_describes_itself():
    assert ExchangePattern.of(method="GET", path="/a", status=200).describe() == "GET /a, status=200"


@pytest.mark.parametrize(
    ("keyword", "finding"),
    [
        ("timeout", "an exchange cannot be chosen by 'timeout'; what waits takes the seconds to wait as `within`"),
        ("staus", "cannot be chosen by 'staus'; did you mean 'status'?"),
        ("header", "did you mean 'headers'?"),
        ("colour", "there are method, path, query, headers, cookies, json, form, text, body, status, where"),
    ],
)
def test_an_unknown_keyword_is_refused_with_the_nearest_one(keyword, finding):
    with pytest.raises(ConfigurationError, match=re.escape(finding)):
        ExchangePattern.of(**{keyword: 1})


@pytest.mark.parametrize("status", [99, 1000, True, "200", [], [200, "x"], 2.0])
def test_a_status_that_cannot_be_is_refused(status):
    with pytest.raises(ConfigurationError, match=re.escape(f"status={status!r} is none")):
        ExchangePattern.of(status=status)


def test_keywords_that_are_handed_on_are_those_of_the_pattern():
    parameters = signature(ExchangePattern.of).parameters.values()
    keywords = [parameter.name for parameter in parameters if parameter.kind is Parameter.KEYWORD_ONLY]
    assert list(ExchangeCriteria.__annotations__) == keywords
