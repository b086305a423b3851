"""The fixtures of the suite; those that are asked for with "mock" in their name come with mockproxy."""

import pytest
import requests

from .gateway import build_gateway
from .services import INVENTORY_LOGIN, TRANSACTIONS_KEY, serve_inventory, serve_transactions


@pytest.fixture
def transactions(make_mock_target):
    """The server of the transactions, with the journal of what it was asked."""
    return make_mock_target(name="transactions")


@pytest.fixture
def inventory(make_mock_target):
    return make_mock_target(name="inventory")


@pytest.fixture
def ledger(transactions, mock_faker):
    """The rows of the transactions; other ones in each test, the same ones each time the test runs."""
    return serve_transactions(transactions, mock_faker)


@pytest.fixture
def stock(inventory, mock_faker):
    """The rows of the inventory."""
    return serve_inventory(inventory, mock_faker)


@pytest.fixture
def gateway(make_mock_proxy, mock_issuer, transactions, ledger, inventory, stock):
    proxy = make_mock_proxy(name="gateway")
    build_gateway(
        proxy,
        mock_issuer,
        transactions=transactions,
        transactions_key=TRANSACTIONS_KEY,
        inventory=inventory,
        inventory_login=INVENTORY_LOGIN,
    )
    return proxy


@pytest.fixture
def partner(mock_issuer):
    """A client that is logged in for the shop WAL001."""
    with requests.Session() as session:
        session.headers.update(mock_issuer.header(sub="WAL001"))
        yield session
