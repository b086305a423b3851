"""The service that the client talks to: user name and password buy a cookie, and the cookie opens all the rest."""

from dataclasses import dataclass, field

import pytest
from aiohttp import web

from mockproxy import TargetServer

PASSWORDS = {"ada": "lovelace"}


@dataclass
class ReportService:
    """What the service remembers; a test makes it forget with ``sessions.clear()``."""

    server: TargetServer
    sessions: set[str] = field(default_factory=set)
    reports: dict[str, object] = field(default_factory=dict)
    closed: bool = False
    """Whether it refuses every cookie, those of today's logins too."""

    @property
    def logins(self):
        return self.server.exchanges.matching(path="/login")

    def log_in(self, request):
        given = request.authorization
        if given is None or PASSWORDS.get(given.username) != given.password:
            raise web.HTTPUnauthorized
        session = f"session-{len(self.logins)}"
        self.sessions.add(session)
        return web.json_response({}, headers={"Set-Cookie": f"session={session}; Path=/; HttpOnly"})

    def check(self, request):
        if self.closed or request.cookies.get("session") not in self.sessions:
            raise web.HTTPUnauthorized

    def read(self, request, name):
        self.check(request)
        if name not in self.reports:
            raise web.HTTPNotFound
        return self.reports[name]

    def write(self, request, name):
        self.check(request)
        self.reports[name] = request.json()

    def take(self, request, name):
        self.check(request)


@pytest.fixture
def service(make_mock_target):
    service = ReportService(make_mock_target(name="reports"))
    service.server.on("POST", "/login").reply_with(service.log_in)
    service.server.on("GET", "/reports/{name}").reply_with(service.read)
    service.server.on("PUT", "/reports/{name}").reply_with(service.write)
    service.server.on("PUT", "/uploads/{name}").reply_with(service.take)
    return service
