"""What the gateway promises to partners and to services, asserted on what really went over the wire."""

import gzip
import json

import pytest
import requests
from faker import Faker

from mockproxy import Phase, Unmatched

from .services import INVENTORY_LOGIN, TRANSACTIONS_KEY, article


def login(gateway, username, password):
    return requests.post(f"{gateway.url}/login", json={"username": username, "password": password})


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


# Who runs, and in which order.


def test_middlewares_run_phase_by_phase_and_unwind_in_reverse(gateway, partner):
    partner.get(f"{gateway.url}/transactions").raise_for_status()

    trace = gateway.exchanges.only().trace
    assert trace.entered == ["RequireBearer", "Compress", "rewrite_shop_path", "add_api_key"]
    assert trace.left == ["add_api_key", "rewrite_shop_path", "Compress", "RequireBearer"]
    assert [step.phase for step in trace] == [
        Phase.CLIENT_EDGE,
        Phase.CLIENT_EDGE,
        Phase.PROXY,
        Phase.TARGET_EDGE,
    ]


def test_what_stands_on_the_way_to_one_service_is_not_seen_by_the_other(gateway, partner):
    partner.get(f"{gateway.url}/inventory").raise_for_status()

    assert "add_api_key" not in gateway.exchanges.only().trace


# Which path the services see.


@pytest.mark.parametrize("target", ["/transactions", "/inventory", "/transactions?page=2&tag=a&tag=b%20c"])
def test_the_path_is_rewritten_from_the_token_and_the_query_is_left_alone(gateway, partner, target):
    partner.get(f"{gateway.url}{target}").raise_for_status()

    exchange = gateway.exchanges.only()
    assert exchange.request.raw_target == target
    assert exchange.upstream.request.raw_target == f"/shops/WAL001{target}"


def test_the_service_is_a_second_witness_of_the_rewritten_path(gateway, transactions, partner):
    partner.get(f"{gateway.url}/transactions/7").raise_for_status()

    change = gateway.exchanges.only().trace["rewrite_shop_path"].changes.path
    assert change == ("/transactions/7", "/shops/WAL001/transactions/7")
    assert transactions.exchanges.only().request.path == "/shops/WAL001/transactions/7"


def test_partners_see_their_own_shop_only(gateway, stock, mock_issuer):
    answers = [
        requests.get(f"{gateway.url}/inventory", headers=mock_issuer.header(sub=shop)) for shop in ("WAL001", "WAL002")
    ]

    assert [answer.json() for answer in answers] == [stock.rows(shop_id="WAL001"), stock.rows(shop_id="WAL002")]
    assert answers[0].json() != answers[1].json()


# Which credentials travel.


def test_transactions_gets_its_key_and_never_the_token(gateway, partner):
    partner.get(f"{gateway.url}/transactions").raise_for_status()

    exchange = gateway.exchanges.only()
    assert exchange.request.authorization.claims["sub"] == "WAL001"
    assert exchange.upstream.request.authorization is None
    assert exchange.upstream.request.headers["X-API-Key"] == TRANSACTIONS_KEY
    assert list(exchange.trace["add_api_key"].changes.headers.added) == ["X-API-Key"]
    assert list(exchange.trace["add_api_key"].changes.headers.removed) == ["Authorization"]


def test_inventory_gets_a_user_name_and_a_password_and_no_key(gateway, partner):
    partner.get(f"{gateway.url}/inventory").raise_for_status()

    sent = gateway.exchanges.only().upstream.request
    assert sent.authorization.scheme == "basic"
    assert (sent.authorization.username, sent.authorization.password) == INVENTORY_LOGIN
    assert "X-API-Key" not in sent.headers


def test_a_service_does_not_know_a_request_without_its_credentials(transactions, ledger):
    with transactions.expecting(Unmatched):
        answer = requests.get(f"{transactions.url}/shops/WAL001/transactions", headers={"X-API-Key": "guess"})

    assert answer.status_code == 501


# What the bodies are on the wire.


def test_an_answer_is_compressed_for_a_client_that_accepts_it(gateway, partner):
    answer = partner.get(f"{gateway.url}/transactions", headers={"Accept-Encoding": "gzip"})

    exchange = gateway.exchanges.only()
    assert exchange.upstream.response.codings == ()
    assert exchange.response.codings == ("gzip",)
    assert exchange.response.body.startswith(b"\x1f\x8b")
    assert exchange.response.size < exchange.upstream.response.size
    assert exchange.response.content == exchange.upstream.response.body
    assert exchange.response.json() == answer.json()


def test_an_answer_stays_plain_for_a_client_that_does_not(gateway, partner):
    partner.get(f"{gateway.url}/transactions", headers={"Accept-Encoding": "identity"}).raise_for_status()

    exchange = gateway.exchanges.only()
    assert exchange.response.codings == ()
    assert exchange.response.body == exchange.upstream.response.body


def test_a_compressed_upload_reaches_the_service_as_it_was_sent(gateway, partner, stock):
    bolt = {"sku": "ZZ-900", "name": "hex bolt M6", "stock": 40}
    wire = gzip.compress(json.dumps(bolt).encode())

    answer = partner.post(f"{gateway.url}/inventory", data=wire, headers={"Content-Encoding": "gzip"})

    sent = gateway.exchanges.only().upstream.request
    assert answer.status_code == 201
    assert (sent.body, sent.codings) == (wire, ("gzip",))
    assert sent.json() == stock.rows(shop_id="WAL001")[-1] == bolt


# Who stays outside.


def test_a_request_without_a_token_goes_no_further(gateway, transactions):
    answer = requests.get(f"{gateway.url}/transactions")

    exchange = gateway.exchanges.only()
    assert answer.status_code == exchange.response.status == 401
    assert exchange.trace.answered_by == "RequireBearer"
    assert exchange.trace.not_reached == ["Compress", "rewrite_shop_path", "add_api_key"]
    assert not exchange.reached_target
    assert not transactions.exchanges


@pytest.mark.parametrize("kind", ["expired", "forged", "not_yet_valid", "unsigned"])
def test_a_token_that_does_not_hold_goes_no_further(gateway, mock_issuer, kind):
    token = getattr(mock_issuer, kind)(sub="WAL001")

    answer = requests.get(f"{gateway.url}/inventory", headers=bearer(token))

    assert answer.status_code == 401
    assert not gateway.exchanges.only().reached_target


# Logging in.


def test_a_partner_logs_in_at_the_gateway_and_reads_its_shop(gateway, stock):
    token = login(gateway, "WAL002", "wal002-password").json()["token"]
    answer = requests.get(f"{gateway.url}/inventory", headers=bearer(token))

    assert answer.json() == stock.rows(shop_id="WAL002")
    assert [exchange.reached_target for exchange in gateway.exchanges] == [False, True]


@pytest.mark.parametrize(("username", "password"), [("WAL001", "guess"), ("WAL009", "wal001-password"), (None, None)])
def test_a_wrong_login_gets_no_token(gateway, username, password):
    answer = login(gateway, username, password)

    assert answer.status_code == 401
    assert "token" not in answer.text


# Create, read, update, delete.


def test_a_row_is_created_replaced_deleted_and_gone(gateway, partner, stock):
    bolt = {"sku": "ZZ-900", "name": "hex bolt M6", "supplier": "Bolt & Sons", "stock": 40, "price": 0.12}

    created = partner.post(f"{gateway.url}/inventory", json=bolt)
    url = f"{gateway.url}{created.headers['Location']}"
    replaced = partner.put(url, json=bolt | {"stock": 39})
    read = partner.get(url)
    deleted = partner.delete(url)
    gone = partner.get(url)

    assert [answer.status_code for answer in (created, replaced, read, deleted, gone)] == [201, 200, 200, 204, 404]
    assert created.headers["Location"] == "/inventory/ZZ-900"
    assert read.json() == bolt | {"stock": 39}
    assert bolt["sku"] not in [row["sku"] for row in stock.rows(shop_id="WAL001")]


def test_a_change_of_one_member_leaves_the_others(gateway, partner, stock):
    first = stock.rows(shop_id="WAL001")[0]

    partner.patch(f"{gateway.url}/inventory/{first['sku']}", json={"stock": 0}).raise_for_status()

    assert stock.rows(shop_id="WAL001")[0] == first | {"stock": 0}


def test_a_new_transaction_gets_the_next_number(gateway, partner, ledger):
    created = partner.post(f"{gateway.url}/transactions", json={"customer": "Ada Lovelace", "amount": 12.5})

    assert created.status_code == 201
    assert created.json() == ledger.rows(shop_id="WAL001")[-1]
    assert created.json() == {"id": 41, "customer": "Ada Lovelace", "amount": 12.5}
    assert partner.get(f"{gateway.url}{created.headers['Location']}").json() == created.json()


def test_one_shop_does_not_change_another(gateway, partner, ledger):
    before = ledger.rows(shop_id="WAL002")

    partner.delete(f"{gateway.url}/transactions/1").raise_for_status()

    assert len(ledger.rows(shop_id="WAL001")) == 39
    assert ledger.rows(shop_id="WAL002") == before


# When a service does something else.


def test_an_answer_of_the_tests_own_comes_before_the_rows(gateway, inventory, partner):
    inventory.on("GET", "/shops/{shop_id}/inventory").reply(503, headers={"Retry-After": "30"}).then(json=[])

    answers = [partner.get(f"{gateway.url}/inventory") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [503, 200]
    assert answers[0].headers["Retry-After"] == "30"


def test_a_service_that_is_gone_is_a_bad_gateway(gateway, inventory, partner):
    inventory.stop()

    assert partner.get(f"{gateway.url}/inventory").status_code == 502


# The data of a test.


def seeded(seed):
    faker = Faker()
    faker.seed_instance(seed)
    return faker


def test_equal_seeds_make_equal_rows():
    assert article(seeded("one test"), 1) == article(seeded("one test"), 1)
    assert article(seeded("one test"), 1) != article(seeded("another"), 1)
