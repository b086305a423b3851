"""The gateway on real sockets, without pytest: sends a few requests and shows what was recorded of each."""

import json
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection
from os.path import relpath
from pathlib import Path

from faker import Faker
from gateway import build_gateway
from services import INVENTORY_LOGIN, TRANSACTIONS_KEY, serve_inventory, serve_transactions

from mockproxy import Exchange, ProxyServer, TargetServer
from mockproxy.credentials import TokenIssuer
from mockproxy.reports.story import story

LEGEND = """\
Each exchange is told in the order in which it happened.
+ is a header field that was added, - one that was removed, ~ one whose value is another now.
A credential is shown as a tag: equal tags, equal secrets."""

WHERE_NEXT = f"""
Where to look next, in {relpath(Path(__file__).parent)}:
  gateway.py       the gateway: login, token, path, credentials, compression
  services.py      the two services, and where their rows come from
  test_gateway.py  such exchanges as a test suite, to copy and to change
docs/tutorial.md builds all of it, one step at a time."""


def main() -> None:
    faker = Faker()
    faker.seed_instance("demo")
    with (
        TargetServer(name="transactions") as transactions,
        TargetServer(name="inventory") as inventory,
        ProxyServer(name="gateway") as gateway,
    ):
        serve_transactions(transactions, faker)
        stock = serve_inventory(inventory, faker)
        build_gateway(
            gateway,
            TokenIssuer(),
            transactions=transactions,
            transactions_key=TRANSACTIONS_KEY,
            inventory=inventory,
            inventory_login=INVENTORY_LOGIN,
        )
        for server in (gateway, transactions, inventory):
            print(f"{server.name:<13} {server.url}")
        print(f"\n{LEGEND}")

        ask(gateway, "GET", "/transactions")
        show("A partner without a token does not come in.", gateway.exchanges[-1])

        form = {"username": "WAL001", "password": "wal001-password"}
        token = json.loads(ask(gateway, "POST", "/login", form))["token"]
        show("It logs in, which the gateway answers by itself.", gateway.exchanges[-1])

        partner = {"Authorization": f"Bearer {token}"}
        ask(gateway, "GET", "/transactions?page=2&tag=a&tag=b", headers=partner | {"Accept-Encoding": "gzip"})
        show(
            "Its transactions: a path with its shop, a key for the service, gzip for the partner.",
            gateway.exchanges[-1],
        )

        sku = stock.rows(shop_id="WAL001")[0]["sku"]
        ask(gateway, "PATCH", f"/inventory/{sku}", {"stock": 0}, headers=partner)
        show("It sells out an article: this service wants a user name and a password.", gateway.exchanges[-1])
        show("The inventory has written down the same exchange.", inventory.exchanges.only())


def ask(gateway: ProxyServer, method: str, target: str, body: object = None, headers: Mapping[str, str] = {}) -> bytes:
    """Any client will do; this is the one of the standard library."""
    with closing(HTTPConnection(gateway.host, gateway.port, timeout=5)) as connection:
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        return connection.getresponse().read()


def show(what: str, exchange: Exchange) -> None:
    print(f"\n--- {what}\n{story(exchange)}")


if __name__ == "__main__":
    main()
    print(WHERE_NEXT)
