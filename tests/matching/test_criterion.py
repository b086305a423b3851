from mockproxy.matching.criterion import check, describe
from mockproxy.matching.field_criterion import HEADERS, FieldCriterion
from mockproxy.matching.verdict import Check
from mockproxy.messages.message import Request

TENANT = FieldCriterion(HEADERS, "X-Tenant", "acme")


def test_a_criterion_that_holds_is_wholly_similar():
    request = Request("GET", "/", {"x-tenant": "acme"})
    assert check(TENANT, request) == Check("headers", True, "'acme'", "'acme'", "X-Tenant", weight=2, similarity=1)


def test_a_criterion_that_does_not_hold_tells_what_was_seen():
    request = Request("GET", "/", {"x-tenant": "other"})
    assert check(TENANT, request) == Check("headers", False, "'acme'", "'other'", "X-Tenant", weight=2, similarity=0)


def test_a_criterion_describes_itself_by_keyword_name_and_value():
    assert describe(TENANT) == "headers X-Tenant='acme'"
