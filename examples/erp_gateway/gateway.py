"""The gateway under test: one entrance for partners, two services behind it.

Partners log in here, and show their token with every request after that.
The token says which shop is theirs; each service gets the credentials that it wants, and never the token.
"""

from collections.abc import AsyncIterator

from aiohttp import web

from mockproxy import Phase, ProxyContext, ProxyServer, Request, TargetServer
from mockproxy.credentials import TokenIssuer
from mockproxy.middleware import AddBasic, Compress, RequireBearer

PARTNERS = {"WAL001": "wal001-password", "WAL002": "wal002-password"}


def build_gateway(
    proxy: ProxyServer,
    issuer: TokenIssuer,
    *,
    transactions: TargetServer,
    transactions_key: str,
    inventory: TargetServer,
    inventory_login: tuple[str, str],
) -> None:
    @proxy.on("POST", "/login").reply_with
    def login(request: Request) -> dict[str, str]:
        match request.json():
            case {"username": str(name), "password": str(password)} if PARTNERS.get(name) == password:
                return {"token": issuer.token(sub=name, expires_in=900)}
        raise web.HTTPUnauthorized(reason="Wrong user name or password")

    async def rewrite_shop_path(ctx: ProxyContext) -> AsyncIterator[None]:
        """The services keep each shop below a path of its own, which partners neither choose nor see."""
        shop = f"/shops/{ctx.state['claims']['sub']}"
        ctx.request.path = shop + ctx.request.path
        yield
        if "Location" in ctx.response.headers:
            ctx.response.headers["Location"] = ctx.response.headers["Location"].removeprefix(shop)

    async def add_api_key(ctx: ProxyContext) -> AsyncIterator[None]:
        ctx.request.headers["X-API-Key"] = transactions_key
        del ctx.request.headers["Authorization"]
        yield

    services = proxy.include()
    services.use(RequireBearer(issuer), phase=Phase.CLIENT_EDGE)
    services.use(Compress("gzip"), phase=Phase.CLIENT_EDGE)
    services.use(rewrite_shop_path, phase=Phase.PROXY)

    to_transactions = services.include("/transactions").forward("*", to=transactions)
    to_transactions.use(add_api_key, phase=Phase.TARGET_EDGE)

    to_inventory = services.include("/inventory").forward("*", to=inventory)
    to_inventory.use(AddBasic(*inventory_login), phase=Phase.TARGET_EDGE)
