import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from mockproxy.errors import ConfigurationError
from mockproxy.messages.headers import Headers
from mockproxy.messages.message import Request
from mockproxy.routes.resource import Resource
from mockproxy.routes.table import StubTable

SHOP = {"shop_id": "WAL001"}
STOCK = [{"sku": "A-1", "stock": 7}, {"sku": "B-2", "stock": 0}]


@pytest.fixture
def inventory():
    return Resource("/shops/{shop_id}/inventory", STOCK, "sku")


def request(method, path="/shops/WAL001/inventory", body=None):
    return Request(
        method, path, {"Content-Type": "application/json"}, b"" if body is None else json.dumps(body).encode()
    )


def ask(resource, method, body=None):
    reply = resource.answer(request(method, body=body), **SHOP)
    return reply.status, json.loads(reply.body or b"null"), Headers(reply.fields)


def ask_row(resource, method, key, body=None):
    reply = resource.answer_row(request(method, f"/shops/WAL001/inventory/{key}", body), key=key, **SHOP)
    return reply.status, json.loads(reply.body or b"null"), Headers(reply.fields)


def test_get_lists_the_rows(inventory):
    assert ask(inventory, "GET")[:2] == (200, STOCK)


def test_get_reads_one_row(inventory):
    assert ask_row(inventory, "GET", "A-1")[:2] == (200, {"sku": "A-1", "stock": 7})


def test_post_creates_a_row_and_says_where_it_is(inventory):
    status, body, headers = ask(inventory, "POST", {"sku": "C 3/x", "stock": 1})

    assert (status, body) == (201, {"sku": "C 3/x", "stock": 1})
    assert headers["Location"] == "/shops/WAL001/inventory/C%203%2Fx"
    assert ask_row(inventory, "GET", "C 3/x")[0] == 200


def test_put_replaces_a_row(inventory):
    assert ask_row(inventory, "PUT", "A-1", {"name": "bolt"})[:2] == (200, {"sku": "A-1", "name": "bolt"})
    assert inventory.rows(**SHOP)[0] == {"sku": "A-1", "name": "bolt"}


def test_patch_merges_into_a_row(inventory):
    assert ask_row(inventory, "PATCH", "A-1", {"name": "bolt"})[:2] == (200, {"sku": "A-1", "stock": 7, "name": "bolt"})


def test_delete_removes_a_row_once(inventory):
    assert ask_row(inventory, "DELETE", "A-1")[:2] == (204, None)
    assert ask_row(inventory, "DELETE", "A-1")[:2] == (404, {"error": "there is no row with sku 'A-1'"})
    assert inventory.rows(**SHOP) == STOCK[1:]


def test_head_has_the_fields_of_get(inventory):
    assert ask(inventory, "HEAD") == ask(inventory, "GET")
    assert ask_row(inventory, "HEAD", "A-1") == ask_row(inventory, "GET", "A-1")


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("DELETE", 405), ("PURGE", 405)])
def test_other_methods_are_told_what_all_rows_allow(inventory, method, status):
    answered, _, headers = ask(inventory, method)

    assert answered == status
    assert headers["Allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(("method", "status"), [("OPTIONS", 204), ("POST", 405), ("PURGE", 405)])
def test_other_methods_are_told_what_one_row_allows(inventory, method, status):
    answered, _, headers = ask_row(inventory, method, "A-1")

    assert answered == status
    assert headers["Allow"] == "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"


@pytest.mark.parametrize("body", [[], "text", 7, None])
def test_a_body_that_is_no_json_object_is_refused(inventory, body):
    assert ask(inventory, "POST", body)[0] == 400
    assert ask_row(inventory, "PUT", "A-1", body)[0] == 400
    assert ask_row(inventory, "PATCH", "A-1", body)[0] == 400
    assert inventory.rows(**SHOP) == STOCK


def test_a_key_that_is_taken_is_a_conflict(inventory):
    assert ask(inventory, "POST", {"sku": "A-1"})[:2] == (409, {"error": "there is a row with sku 'A-1' already"})


def test_each_parent_has_rows_of_its_own(inventory):
    ask_row(inventory, "DELETE", "A-1")

    assert inventory.rows(shop_id="WAL002") == STOCK


def test_a_function_makes_the_rows_of_a_parent_once():
    asked = []

    def rows(shop_id):
        asked.append(shop_id)
        return [{"id": 1, "shop": shop_id}]

    resource = Resource("/shops/{shop_id}/inventory", rows, "id")

    assert ask_row(resource, "GET", "1")[1] == {"id": 1, "shop": "WAL001"}
    assert ask(resource, "GET")[1] == [{"id": 1, "shop": "WAL001"}]
    assert asked == ["WAL001"]


def test_the_rows_that_a_test_reads_are_its_own(inventory):
    inventory.rows(**SHOP)[0]["stock"] = 99

    assert inventory.rows(**SHOP) == STOCK


def test_the_rows_of_a_number_are_those_of_its_digits():
    resource = Resource("/shops/{shop_id}", lambda shop_id: [{"id": shop_id}], "id")

    assert resource.rows(shop_id=7) == [{"id": "7"}]


def test_a_path_without_parameters_has_one_set_of_rows():
    assert Resource("/users", [{"id": 1}], "id").rows() == [{"id": 1}]


def test_a_list_that_changes_later_changes_no_rows():
    given = [{"id": 1}]
    resource = Resource("/users", given, "id")

    given.append({"id": 2})

    assert resource.rows() == [{"id": 1}]


def test_rows_are_created_by_many_threads_without_losing_one(inventory):
    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(lambda _: ask(inventory, "POST", {})[0], range(200)))

    assert statuses == [201] * 200
    assert {row["sku"] for row in inventory.rows(**SHOP)} == {"A-1", "B-2", *map(str, range(1, 201))}


@pytest.mark.parametrize("path_params", [{}, {"shop": "WAL001"}, {"shop_id": "WAL001", "page": "1"}])
def test_rows_asked_for_by_other_parameters_are_refused(inventory, path_params):
    with pytest.raises(TypeError, match=r"the rows of /shops/\{shop_id\}/inventory are those of shop_id, not of"):
        inventory.rows(**path_params)


@pytest.mark.parametrize("rows", [list, lambda shop: [], lambda shop_id, page: []])
def test_a_function_that_cannot_be_called_with_the_path_parameters_is_refused_at_once(rows):
    with pytest.raises(TypeError, match=r"is called with shop_id of .* by name"):
        Resource("/shops/{shop_id}/inventory", rows, "sku")


def test_rows_without_their_key_are_refused_at_once():
    with pytest.raises(ConfigurationError, match="as its 'id'"):
        Resource("/users", [{"sku": "A-1"}], "id")


def test_a_stub_answers_before_a_resource_wherever_it_was_declared(inventory):
    table = StubTable(lambda _: None)
    table.add_resource(inventory, None)
    before = table.find(request("GET"))
    stub = table.add(before[0].pattern)

    assert before[1] == SHOP
    assert table.find(request("GET")) == (stub, SHOP)
    assert table.find(request("GET", "/shops/WAL001/inventory/A-1"))[1] == {"key": "A-1"} | SHOP


def test_a_request_without_the_header_fields_is_none_for_the_resource(inventory):
    table = StubTable(lambda _: None)
    table.add_resource(inventory, {"X-API-Key": "k"})

    assert table.find(request("GET")) is None
    assert table.find(Request("GET", "/shops/WAL001/inventory", {"X-API-Key": "k"})) is not None
