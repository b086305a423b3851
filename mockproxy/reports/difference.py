"""What a step changed, one phrase for each thing: ``path /a -> /b``, ``+Name: value``, ``-Name``, ``~Name: a -> b``."""

from mockproxy.credentials.secret import is_secret_field, redact_field, redact_query, tag
from mockproxy.messages.changes import FieldChanges
from mockproxy.messages.headers import Headers, RawFields
from mockproxy.pipeline.trace import Sizes, Step


def request_difference(step: Step) -> list[str]:
    """What became of the request; empty where the step left it alone."""
    changes = step.changes
    phrases = []
    if changes.method:
        phrases.append(f"method {_arrow(*changes.method)}")
    if changes.path:
        phrases.append(f"path {_arrow(*changes.path)}")
    if changes.query:
        phrases.append(f"query {_arrow(*map(redact_query, changes.query))}")
    phrases += _fields(changes.headers, step.request_before.fields, step.request_after.fields)
    phrases += [
        f"path_params {name}: {_arrow(_param(name, before), _param(name, after))}"
        for name, (before, after) in changes.path_params.items()
    ]
    return phrases + _body(changes.body)


def response_difference(step: Step) -> list[str]:
    """What became of the response; empty where the step left it alone or never saw one."""
    before, after, changes = step.response_before, step.response_after, step.changes.response
    if before is None or after is None:
        return []
    phrases = [f"status {changes.status[0]} -> {changes.status[1]}"] if changes.status else []
    return phrases + _fields(changes.headers, before.fields, after.fields) + _body(changes.body)


def _fields(changes: FieldChanges, before: RawFields, after: RawFields) -> list[str]:
    added = [f"+{name}: {redact_field(name, value)}" for name, value in changes.added.items()]
    removed = [f"-{name}" for name in changes.removed]
    replaced = [f"~{name}: {_arrow(_value(before, name), _value(after, name))}" for name in changes.replaced]
    return added + removed + replaced


def _value(fields: RawFields, name: str) -> str:
    """All lines of one field.  Each is redacted by itself: joined, a second cookie would pass for an attribute."""
    return ", ".join(redact_field(name, line) for line in Headers.of_wire(fields).all(name))


def _param(name: str, value: object) -> str:
    if value is None:
        return ""
    return tag(str(value)) if is_secret_field(name) else str(value)


def _body(sizes: Sizes | None) -> list[str]:
    if sizes is None:
        return []
    before, after = ("streamed" if size is None else f"{size} B" for size in sizes)
    return [f"body {before} -> {after}"]


def _arrow(before: str, after: str) -> str:
    return f"{before or '(none)'} -> {after or '(none)'}"
