"""The two services behind the gateway: rows that partners list, create, read, replace, merge and delete.

A request without the credentials of the service is none that it knows.
It is answered 501 and fails the test by itself, so no test has to ask whether the gateway sent them.
"""

from datetime import date

from faker import Faker

from mockproxy import Resource, TargetServer
from mockproxy.credentials.basic import encode as basic_auth

SHOPS = ("WAL001", "WAL002")
TRANSACTIONS_KEY = "transactions-secret-key-123"
INVENTORY_LOGIN = ("gateway", "s3cret")

PRODUCTS = ("ball bearing", "drive belt", "gasket", "hex bolt M6", "hydraulic hose", "pallet jack", "safety valve")


def serve_transactions(target: TargetServer, faker: Faker) -> Resource:
    rows = {shop: [transaction(faker, number) for number in range(1, 41)] for shop in SHOPS}
    return target.resource(
        "/shops/{shop_id}/transactions",
        rows=lambda shop_id: rows.get(shop_id, []),
        headers={"X-API-Key": TRANSACTIONS_KEY},
    )


def serve_inventory(target: TargetServer, faker: Faker) -> Resource:
    rows = {shop: [article(faker, number) for number in range(1, 13)] for shop in SHOPS}
    return target.resource(
        "/shops/{shop_id}/inventory",
        rows=lambda shop_id: rows.get(shop_id, []),
        key="sku",
        headers={"Authorization": basic_auth(*INVENTORY_LOGIN)},
    )


def transaction(faker: Faker, number: int) -> dict[str, object]:
    return {
        "id": number,
        "customer": faker.name(),
        "iban": faker.iban(),
        "amount": faker.random_int(100, 250_000) / 100,
        # Between fixed days: "this year" would make other rows tomorrow.
        "booked": faker.date_between_dates(date(2025, 1, 1), date(2025, 12, 31)).isoformat(),
    }


def article(faker: Faker, number: int) -> dict[str, object]:
    return {
        "sku": f"{faker.lexify('??', letters='ABCDEFGHKLMNPRSTVWXYZ')}-{number:03}",
        "name": f"{faker.color_name()} {faker.random_element(PRODUCTS)}",
        "supplier": faker.company(),
        "stock": faker.random_int(0, 400),
        "price": faker.random_int(50, 90_000) / 100,
    }
