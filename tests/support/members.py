"""Targets that want credentials: a cookie that a login buys, a token that a refresh buys."""

from aiohttp import web

from mockproxy import TargetServer


class Members:
    """``/login`` sells a session cookie for basic credentials; ``/things`` echoes for whoever has a live one."""

    def __init__(self, target: TargetServer) -> None:
        self.target = target
        self.url = target.url
        self.live: set[str] = set()
        target.on("*", "/login").reply_with(self._login)
        target.on("*", "/things").reply_with(self._things)

    def expire(self) -> None:
        """No session is live any more."""
        self.live.clear()

    @property
    def paths(self) -> list[str]:
        return [exchange.request.path for exchange in self.target.exchanges]

    @property
    def logins(self) -> int:
        return self.paths.count("/login")

    def _login(self, request):
        if request.authorization is None or request.authorization.password != "pass":
            raise web.HTTPUnauthorized
        sid = f"s{len(self.target.exchanges)}"
        self.live = {sid}
        return web.json_response({}, headers={"Set-Cookie": f"sid={sid}; Path=/"})

    def _things(self, request):
        if request.cookies.get("sid") not in self.live:
            raise web.HTTPUnauthorized
        return {"body": request.text}


class Tokens:
    """``/refresh`` gives out tokens ``t1``, ``t2``, …; ``/things`` echoes for whoever has the one that is live."""

    def __init__(self, target: TargetServer, **answer: object) -> None:
        self.target = target
        self.url = target.url
        self.live = 0
        self._answer = answer
        self._revoked = 0
        target.on("POST", "/refresh").reply_with(self._refresh)
        target.on("*", "/things").reply_with(self._things)

    def revoke(self) -> None:
        """The live token is no longer accepted."""
        self._revoked = self.live

    @property
    def refreshes(self):
        return self.target.exchanges.matching(path="/refresh")

    @property
    def calls(self):
        return self.target.exchanges.matching(path="/things")

    def _refresh(self, request):
        self.live += 1
        return {"access_token": f"t{self.live}", **self._answer}

    def _things(self, request):
        given = request.authorization
        if given is None or given.token != f"t{self.live}" or self.live == self._revoked:
            raise web.HTTPUnauthorized
        return {"body": request.text}
