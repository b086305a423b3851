"""Rows behind a path, which clients list, read, create, replace, merge and delete.

Two stubs answer with it: one for the path itself, and one for the path of a single row below it.
"""

import inspect
import threading
from collections.abc import Callable, Iterable, Mapping
from urllib.parse import quote

from mockproxy.errors import ContentError
from mockproxy.matching.template import PathTemplate
from mockproxy.messages.media import JSON
from mockproxy.messages.message import Request
from mockproxy.routes.reply import Reply, make_reply
from mockproxy.routes.rows import Row, RowRefused, Rows, copied

MakeRows = Callable[..., Iterable[Mapping[str, JSON]]]
RowsGiven = Iterable[Mapping[str, JSON]] | MakeRows

# The path parameter that names one row.
_ROW = "key"


class Resource:
    """Rows that clients change over HTTP; made by ``TargetServer.resource``.

    Each combination of the path's parameters has rows of its own, made when it is first asked for.
    Rows are copied as JSON, on the way in and out: nothing is ever written onto what was handed in.
    """

    def __init__(self, path: str, rows: RowsGiven, key: str) -> None:
        self.path = PathTemplate(path)
        self.row_path = PathTemplate(f"{path.rstrip('/')}/{{{_ROW}}}")
        self._key = key
        self._make_rows = _checked(rows, self.path) if callable(rows) else _always(list(Rows(rows, key)))
        self._rows: dict[tuple[str, ...], Rows] = {}
        self._lock = threading.Lock()

    def rows(self, **path_params: str | int) -> list[Row]:
        """A copy of the rows as they are now; ``path_params``, decoded, say which."""
        if set(path_params) != set(self.path.names):
            raise TypeError(
                f"the rows of {self.path} are those of {_listed(self.path.names)}, not of {_listed(path_params)}"
            )
        with self._lock:
            return copied(self._of({name: str(value) for name, value in path_params.items()}))

    def answer(self, request: Request, /, **path_params: str) -> Reply:
        """What a request for the path itself is answered."""
        return self._answered(path_params, lambda rows: _answer(rows, request))

    def answer_row(self, request: Request, /, **path_params: str) -> Reply:
        """What a request for the path of a row is answered."""
        name = path_params.pop(_ROW)
        return self._answered(path_params, lambda rows: _answer_row(rows, name, request))

    def _answered(self, path_params: dict[str, str], answer: Callable[[Rows], Reply]) -> Reply:
        with self._lock:
            try:
                return answer(self._of(path_params))
            except RowRefused as refused:
                return make_reply(refused.status, json={"error": str(refused)})

    def _of(self, path_params: dict[str, str]) -> Rows:
        parent = tuple(path_params[name] for name in self.path.names)
        if parent not in self._rows:
            self._rows[parent] = Rows(self._make_rows(**path_params), self._key)
        return self._rows[parent]

    def __repr__(self) -> str:
        return f"<Resource {self.path} by {self._key}>"


def _answer(rows: Rows, request: Request) -> Reply:
    match request.method:
        case "GET" | "HEAD":
            return make_reply(json=list(rows))
        case "POST":
            name = rows.add(_row_of(request))
            location = f"{request.path.rstrip('/')}/{quote(name, safe='')}"
            return make_reply(201, json=rows[name], headers={"Location": location})
        case method:
            return _other(method, "GET, HEAD, POST, OPTIONS")


def _answer_row(rows: Rows, name: str, request: Request) -> Reply:
    match request.method:
        case "GET" | "HEAD":
            return make_reply(json=rows[name])
        case "PUT":
            return make_reply(json=rows.replace(name, _row_of(request)))
        case "PATCH":
            return make_reply(json=rows.merge(name, _row_of(request)))
        case "DELETE":
            rows.remove(name)
            return make_reply(204)
        case method:
            return _other(method, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS")


def _other(method: str, allowed: str) -> Reply:
    """RFC 9110 sections 9.3.7 and 15.5.6: both say what is allowed."""
    if method == "OPTIONS":
        return make_reply(204, headers={"Allow": allowed})
    return make_reply(405, json={"error": f"{method} is not among {allowed}"}, headers={"Allow": allowed})


def _row_of(request: Request) -> Row:
    try:
        row = request.json()
    except ContentError as error:
        raise RowRefused(400, str(error)) from error
    if not isinstance(row, dict):
        raise RowRefused(400, "a row is a JSON object")
    return row


def _checked(make_rows: MakeRows, path: PathTemplate) -> MakeRows:
    try:
        inspect.signature(make_rows).bind(**dict.fromkeys(path.names))
    except TypeError as error:
        raise TypeError(
            f"the function for rows= is called with {_listed(path.names)} of {path} by name, and cannot be: {error}"
        ) from None
    return make_rows


def _always(rows: list[Row]) -> MakeRows:
    return lambda **_: rows


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
