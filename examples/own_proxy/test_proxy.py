"""What the proxy makes of requests and answers, asserted on both of its sides."""

import gzip
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from .proxy import SERVICE_KEY


def test_the_path_is_rewritten_and_the_query_is_left_alone(observed, users, client):
    users.on("GET", "/tenants/acme/users/7").reply(json={"id": 7})

    assert client.get(f"{observed.url}/users/7?expand=a&expand=b%20c").json() == {"id": 7}

    exchange = observed.exchanges.only()
    assert exchange.request.raw_target == "/users/7?expand=a&expand=b%20c"
    assert exchange.upstream.request.raw_target == "/tenants/acme/users/7?expand=a&expand=b%20c"


def test_each_path_leads_to_its_service(observed, users, orders, client):
    users.on("GET").reply(json=[])
    orders.on("GET").reply(json=[])

    for path in ("/orders", "/users"):
        client.get(f"{observed.url}{path}").raise_for_status()

    assert [exchange.upstream.target for exchange in observed.exchanges] == ["orders", "users"]


def test_the_service_gets_a_key_and_never_the_token(observed, orders, client):
    orders.on("POST").reply(201, json={"id": 1})

    client.post(f"{observed.url}/orders", json={"sku": "A-1"}).raise_for_status()

    exchange = observed.exchanges.only()
    assert exchange.request.authorization.claims["tenant"] == "acme"
    assert exchange.upstream.request.authorization is None
    assert exchange.upstream.request.headers["X-API-Key"] == SERVICE_KEY
    assert exchange.upstream.request.json() == {"sku": "A-1"}


@pytest.mark.parametrize("kind", ["none", "expired", "forged"])
def test_nobody_without_a_good_token_reaches_a_service(observed, issuer, kind):
    bad_token = {"expired": issuer.expired, "forged": issuer.forged}.get(kind)
    headers = {"Authorization": f"Bearer {bad_token(tenant='acme')}"} if bad_token else {}

    answer = requests.get(f"{observed.url}/orders", headers=headers)

    exchange = observed.exchanges.only()
    assert answer.status_code == 401
    assert exchange.trace.entered == ["check_token"]
    assert exchange.trace.answered_by == "check_token"
    assert not exchange.reached_target


def test_a_large_answer_is_compressed_for_a_client_that_accepts_it(observed, orders, client):
    orders.on("GET").reply(json=[{"id": number} for number in range(100)])

    client.get(f"{observed.url}/orders", headers={"Accept-Encoding": "gzip"}).raise_for_status()

    exchange = observed.exchanges.only()
    assert exchange.upstream.response.codings == ()
    assert exchange.response.codings == ("gzip",)
    assert gzip.decompress(exchange.response.body) == exchange.upstream.response.body
    assert exchange.response.size < exchange.upstream.response.size


@pytest.mark.parametrize(("accepted", "count"), [("identity", 100), ("gzip", 1)])
def test_other_answers_pass_as_they_are(observed, orders, client, accepted, count):
    orders.on("GET").reply(json=[{"id": number} for number in range(count)])

    client.get(f"{observed.url}/orders", headers={"Accept-Encoding": accepted}).raise_for_status()

    exchange = observed.exchanges.only()
    assert exchange.response.codings == ()
    assert exchange.response.body == exchange.upstream.response.body


def test_an_error_of_a_service_reaches_the_client(observed, orders, client):
    orders.on("GET").reply(429, json={"error": "slow down"})

    answer = client.get(f"{observed.url}/orders")

    assert (answer.status_code, answer.json()) == (429, {"error": "slow down"})


def test_requests_at_once_are_told_apart(observed, users, issuer):
    users.on("GET", "/tenants/{tenant}/users").reply_with(lambda request, tenant: {"tenant": tenant})

    def ask(tenant):
        return requests.get(f"{observed.url}/users?for={tenant}", headers=issuer.header(tenant=tenant)).json()

    tenants = ["acme", "umbrella", "initech", "hooli"]
    with ThreadPoolExecutor(4) as clients:
        assert list(clients.map(ask, tenants)) == [{"tenant": tenant} for tenant in tenants]

    for exchange in observed.exchanges:
        tenant = exchange.request.authorization.claims["tenant"]
        assert exchange.upstream.request.path == f"/tenants/{tenant}/users"
