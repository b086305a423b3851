"""The stubs of one server, in order of registration, and behind them the resources."""

from mockproxy.errors import ConfigurationError, Unmatched, UnmetExpectation
from mockproxy.matching.field_criterion import FieldsExpected
from mockproxy.matching.pattern import RequestPattern, nearest
from mockproxy.messages.message import Request
from mockproxy.routes.handler import Convert
from mockproxy.routes.resource import Resource
from mockproxy.routes.stub import Stub, Times


class StubTable:
    """Finds the stub for a request: the first that accepts it, those of resources last.

    So a test can have one request answered otherwise, whatever rows are there already.
    """

    def __init__(self, convert: Convert) -> None:
        self._convert = convert
        self._declared: tuple[Stub, ...] = ()
        self._of_resources: tuple[Stub, ...] = ()
        self._stubs: tuple[Stub, ...] = ()
        self._refusal: str | None = None

    def close(self, refusal: str) -> None:
        """Nothing can be declared here from now on, and whoever tries is told why."""
        self._refusal = refusal

    def add(self, pattern: RequestPattern, times: Times | None = None) -> Stub:
        self._check_open()
        stub = Stub(pattern, self._convert, times)
        self._declared = (*self._declared, stub)
        self._stubs = (*self._declared, *self._of_resources)
        return stub

    def add_resource(self, resource: Resource, headers: FieldsExpected | None) -> None:
        self._check_open()
        for path, answer in ((resource.path, resource.answer), (resource.row_path, resource.answer_row)):
            stub = Stub(RequestPattern.of(path=path, headers=headers), self._convert)
            stub.reply_with(answer)
            self._of_resources = (*self._of_resources, stub)
        self._stubs = (*self._declared, *self._of_resources)

    def _check_open(self) -> None:
        if self._refusal is not None:
            raise ConfigurationError(self._refusal)

    @property
    def empty(self) -> bool:
        return not self._stubs

    @property
    def needs_body(self) -> bool:
        """Whether the whole body is needed to choose a stub or to compute its reply."""
        return any(stub.needs_body for stub in self._stubs)

    @property
    def chooses_by_body(self) -> bool:
        """Whether the whole body is needed to choose a stub."""
        return any(stub.needs_body_to_match for stub in self._stubs)

    def find(self, request: Request) -> tuple[Stub, dict[str, str]] | None:
        """The stub and the raw path parameters; None where none accepts the request.

        Raises ``HandlerFailed`` where a function of the test raises instead of saying so.
        """
        for stub in self._stubs:
            match = stub.match(request)
            if match is not None:
                return stub, match.path_params
        return None

    def unmatched(self, request: Request, server: str) -> Unmatched:
        """Why no stub accepts the request, with the nearest ones criterion by criterion."""
        lines = [f"unmatched: {request.method} {request.path} at {server}"]
        if not self._stubs:
            lines.append("nothing is declared there; on(method, path).reply(...) answers it")
        for index, verdict in nearest(request, [stub.pattern for stub in self._stubs])[:1]:
            stub = self._stubs[index]
            lines += [f"closest: {stub.describe()}  ({stub.place})", *(f"  {check}" for check in verdict.checks)]
        return Unmatched("\n".join(lines))

    def unmet(self) -> list[UnmetExpectation]:
        """The expectations that were requested too often or too seldom."""
        complaints = [(stub.unmet(), stub.place) for stub in self._stubs]
        return [UnmetExpectation(finding, place=place) for finding, place in complaints if finding is not None]
