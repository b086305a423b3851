"""One exchange as text: a headline, and under it what happened, in the order in which it happened."""

import re

from mockproxy.credentials.secret import is_secret_field, redact_url, tag
from mockproxy.errors import ClientLeft, MockProxyError, ServerStopped
from mockproxy.messages.message import Request
from mockproxy.pipeline.trace import Step
from mockproxy.recording.exchange import Exchange, Leg
from mockproxy.reports.difference import request_difference, response_difference
from mockproxy.reports.edge import credentials, edge
from mockproxy.reports.escaping import in_ascii
from mockproxy.reports.websocket import websocket_rows

Row = tuple[str, str]
"""Who or where, and what happened there."""

_RAW_SHOWN = 80
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_\-]*")


def story(exchange: Exchange, *, named: bool = False) -> str:
    """Who ran, in which order, what each changed, and what travelled at each edge.

    ``named`` puts the name of the server in front, where there are several.
    Printable ASCII whatever the octets were; credentials stand in it as tags, and no body does.
    """
    sections = [
        ("request", _request_rows(exchange)),
        ("legs", _leg_rows(exchange)),
        ("response", _response_rows(exchange)),
        ("frames", [] if exchange.upgraded is None else websocket_rows(exchange.upgraded)),
        ("error", [("", _reason(error)) for error in _errors(exchange)]),
        ("raw", [("", _beginning(exchange.raw))] if exchange.raw else []),
    ]
    width = max((len(name) for _, rows in sections for name, _ in rows), default=0)
    lines = [headline(exchange, named=named)]
    for label, rows in sections:
        for index, (name, text) in enumerate(rows):
            column = f"{in_ascii(name):<{width}}  " if name else ""
            lines.append(f"   {'' if index else label:<8}  {column}{in_ascii(text)}")
    return "\n".join(lines)


def headline(exchange: Exchange, *, named: bool = False) -> str:
    """``#2 GET /a -> users /b  200  41 ms``: what came, where it went, what was answered, and how long that took."""
    server = f"{exchange.server} " if named else ""
    parts = [f"{server}#{exchange.index} {_request_line(exchange)}{_whereto(exchange)}"]
    if exchange.received is not None and not _at_proxy(exchange):
        parts += credentials(exchange.received)
    parts += [_outcome(exchange), _duration(exchange.elapsed)]
    return in_ascii("  ".join(parts))


def summary(exchange: Exchange, *, named: bool = False) -> str:
    """The headline and what went wrong, in one line."""
    line = headline(exchange, named=named)
    if exchange.error is None:
        return line
    return f"{line}  error: {in_ascii(_reason(exchange.error))}"


# The headline.


def _request_line(exchange: Exchange) -> str:
    request = exchange.received
    return "malformed request" if request is None else f"{request.method} {redact_url(request.raw_target)}"


def _whereto(exchange: Exchange) -> str:
    if not exchange.legs:
        return f" answered by {exchange.trace.answered_by}" if exchange.trace.answered_by else ""
    came, went = exchange.request, _sent(exchange)
    if went is None:
        return f" -> {exchange.legs[-1].target} malformed request"
    method = f" {went.method}" if went.method != came.method else ""
    target = f" {redact_url(went.raw_target)}" if went.raw_target != came.raw_target else ""
    return f" -> {exchange.legs[-1].target}{method}{target}"


def _outcome(exchange: Exchange) -> str:
    if exchange.given is None:
        return "aborted"
    aborted = isinstance(exchange.error, ClientLeft | ServerStopped)
    return f"{exchange.given.status} aborted" if aborted else str(exchange.given.status)


def _at_proxy(exchange: Exchange) -> bool:
    """Whether there is more to tell than a request and its answer, as there is at a target."""
    return bool(exchange.legs or exchange.trace.steps or exchange.trace.answered_by)


# What happened, row by row.


def _request_rows(exchange: Exchange) -> list[Row]:
    if exchange.received is None or not _at_proxy(exchange):
        return []
    trace = exchange.trace
    rows = _edge_row("from client", edge(exchange.received))
    rows += [(_name(step), f"{_request_text(step)}   {_duration(step.own)}") for step in trace.steps]
    if trace.not_reached:
        rows.append(("not reached", ", ".join(trace.not_reached)))
    sent = _sent(exchange)
    return rows if sent is None else rows + _edge_row("to target", edge(sent))


def _sent(exchange: Exchange) -> Request | None:
    """None where nothing was sent, and where an observed proxy sent what is no request."""
    return exchange.legs[-1].request if exchange.legs else None


def _leg_rows(exchange: Exchange) -> list[Row]:
    """Every trip, where there is more to say than that one was made and answered."""
    legs = exchange.legs
    if len(legs) < 2 and all(leg.error is None or leg.error is exchange.error for leg in legs):
        return []
    return [(f"{number}. {leg.target}", _leg_text(leg)) for number, leg in enumerate(legs, start=1)]


def _leg_text(leg: Leg) -> str:
    status = [str(leg.answer.status)] if leg.answer else []
    reason = [_reason(leg.error)] if leg.error else []
    return "  ".join([*status, *reason, _duration(leg.elapsed)])


def _response_rows(exchange: Exchange) -> list[Row]:
    if not _at_proxy(exchange):
        return []
    given = exchange.given
    answer = exchange.legs[-1].answer if exchange.legs else None
    differs = given is not None and answer is not None and given.status != answer.status
    rows: list[Row] = []
    if answer is not None and (differs or edge(answer)):
        rows += _edge_row("from target", [str(answer.status), *edge(answer)])
    rows += [(_name(step), _response_text(step)) for step in exchange.trace.leaving]
    if given is not None and (differs or edge(given)):
        rows += _edge_row("to client", [str(given.status), *edge(given)])
    return rows


def _edge_row(name: str, phrases: list[str]) -> list[Row]:
    return [(name, ", ".join(phrases))] if phrases else []


def _name(step: Step) -> str:
    return f"{step.name} ({step.level})" if step.level else step.name


def _request_text(step: Step) -> str:
    phrases = request_difference(step)
    if step.answered:
        phrases.append(f"raised {_with_kind(step.error)}" if step.error else "answered by itself")
    return ", ".join(phrases) or "(no change)"


def _response_text(step: Step) -> str:
    if step.answered:
        return "(its own answer)"
    phrases = response_difference(step)
    if step.error:
        phrases.append(f"raised {_with_kind(step.error)}")
    if step.response_before is None:
        phrases.append("(saw no response)")
    return ", ".join(phrases) or "(no change)"


# What went wrong.


def _errors(exchange: Exchange) -> list[BaseException]:
    """Each error once; those that a step raised stand beside the step."""
    told = [step.error for step in exchange.trace.steps]
    errors: list[BaseException] = []
    for error in (exchange.error, *exchange.troubles):
        if error is not None and not any(error is other for other in (*told, *errors)):
            errors.append(error)
    return errors


def _reason(error: BaseException) -> str:
    """The first line of its text, after its kind where the text is not one of ours, which say enough."""
    text = str(error).partition("\n")[0]
    return text if text and isinstance(error, MockProxyError) else _with_kind(error)


def _with_kind(error: BaseException) -> str:
    text = str(error).partition("\n")[0]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _beginning(raw: bytes) -> str:
    """The first line of what was no request.

    Nobody knows what such octets are: behind a word that names a secret everything is one.
    """
    line = raw.lstrip(b"\r\n").replace(b"\r", b"\n").partition(b"\n")[0].decode("latin-1")
    for word in _WORD.finditer(line):
        if is_secret_field(word[0]) and line[word.end() :]:
            line = f"{line[: word.end()]} {tag(line[word.end() :])}"
            break
    line = " ".join(map(redact_url, line.split(" ")))
    return f"{len(raw)} B: {line[:_RAW_SHOWN]}{'...' if len(line) > _RAW_SHOWN else ''}"


def _duration(seconds: float) -> str:
    milliseconds = seconds * 1000
    if milliseconds >= 10_000:
        return f"{seconds:.1f} s"
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.1f} ms"
