"""Writes reference.md: the public names, with their signatures and what their docstrings promise.

Run it after a change of a public name or of its docstring; a test compares the page with what it would write.
Signatures are taken from the source, so that types have the names that readers know.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType

_ROOT = Path(__file__).parent.parent
PAGE = _ROOT / "docs" / "reference.md"

_MODULES = {
    "mockproxy": "The front door.",
    "mockproxy.client": "Sessions and client middlewares on aiohttp, and the record of what a client called.",
    "mockproxy.middleware": "Ready-made middlewares, for `use` and for `middlewares=[...]`.",
    "mockproxy.credentials": "The issuer of tokens, and what `request.authorization` can be.",
    "mockproxy.matching": "Values for the right side of `==` and for the criteria of stubs and journals.",
}
# Tests get these from a server and never make one.
_HANDED_OUT = {
    "Attempt", "Attempts", "Call", "CallAttempts", "CallNext", "Calls", "Changes", "Check", "Connection", "Exchange",
    "ExchangePattern", "FieldChanges", "Gate", "Journal", "Leg", "Match", "Matcher", "MutableHeaders", "Observation",
    "OutgoingRequest", "OutgoingResponse", "ProxyContext", "Query", "RequestHead", "RequestPattern", "Resource",
    "ResponseChanges", "ResponseHead", "Sameness", "Step", "Stub", "Trace", "Verdict", "WebSocket", "WebSocketFrame",
    "WebSocketMessage",
}  # fmt: skip
# Without an underscore because the servers need them; a test does not.
_FOR_SERVERS = {
    "Calls": {"file"},
    "Exchange": {"faults", "given", "received"},
    "FieldChanges": {"between"},
    "Gate": {"passed"},
    "Headers": {"of_wire", "values_of"},
    "Journal": {"all_so_far", "awaited", "begin", "bind", "file"},
    "Leg": {"answer", "fields_on_the_way"},
    "MutableHeaders": {"values_of"},
    "OutgoingRequest": {"check_repeatable", "edits", "keep_small", "path_was_set", "restored", "source", "state"},
    "OutgoingResponse": {"edits", "source", "state", "whole"},
    "ProxyContext": {"clear_response", "restored", "scope"},
    "Observation": {"front"},
    "ProxyServer": {"level", "routes"},
    "Forward": {"level"},
    "Include": {"level"},
    "Request": {"payload", "recorded"},
    "Response": {"payload", "recorded"},
    "Sameness": {"of"},
    "Step": {"request_after", "request_before", "response_after", "response_before"},
    "Stub": {"match", "needs_body", "needs_body_to_match", "pattern", "released", "take", "unmet"},
}
_HEADER = re.compile(r"(?:async )?def \w+\((?P<parameters>.*)\)(?: -> (?P<returns>.+?))?:(?: #.*)?")
_QUOTED_TYPE = re.compile(r"(?<=: )\"([^\"]+)\"")
_MODULE_PATH = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Z])")


def build() -> str:
    sections = ["# Reference", "Written by `docs/build_reference.py` from the docstrings; not edited by hand."]
    sections += _fixtures(_ROOT / "pytest_plugin" / "fixtures.py")
    for name, purpose in _MODULES.items():
        sections += [f"## `{name}`", purpose, *_names(import_module(name))]
    return "\n\n".join(section for section in sections if section) + "\n"


def _fixtures(file: Path) -> Iterator[str]:
    yield "## Fixtures"
    yield "Known to every test once the package is installed."
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and _is_fixture(node) and not node.name.startswith("_"):
            yield f"### `{node.name}`"
            yield _prose(ast.get_docstring(node))


def _is_fixture(node: ast.FunctionDef) -> bool:
    return any("fixture" in ast.unparse(by) for by in node.decorator_list)


def _names(module: ModuleType) -> Iterator[str]:
    things: dict[str, object] = {name: getattr(module, name) for name in sorted(module.__all__)}
    errors = {name: thing for name, thing in things.items() if _is_error(thing)}
    for name, thing in things.items():
        if name not in errors:
            yield f"### `{name}`"
            yield from _described(name, thing, [other for other in things.values() if inspect.isclass(other)])
    if errors:
        yield "### Errors"
        yield "\n".join(_item(_error(name, error), error) for name, error in errors.items())


def _is_error(thing: object) -> bool:
    return inspect.isclass(thing) and issubclass(thing, BaseException)


def _error(name: str, error: type) -> str:
    return f"{name}({', '.join(base.__name__ for base in error.__bases__)})"


def _described(name: str, thing: object, public: list[type]) -> Iterator[str]:
    if not inspect.isclass(thing):
        yield f"`{name}{_signature(thing)}`" if inspect.isfunction(thing) else f"`{_named(thing)}`"
        yield _prose(inspect.getdoc(thing)) if inspect.isfunction(thing) else ""
        return
    if name not in _HANDED_OUT and not issubclass(thing, Enum | dict):
        yield f"`{name}{_constructor(thing)}`"
    yield _prose(vars(thing).get("__doc__"))
    bases = [base for base in thing.__mro__[1:] if base in public]
    yield "\n".join(_members(name, thing, {member for base in bases for member in vars(base)}))


def _constructor(thing: type) -> str:
    initializer = thing.__init__
    return (
        _signature(initializer) if _is_ours(initializer) else _named(inspect.signature(thing)).removesuffix(" -> None")
    )


def _named(thing: object) -> str:
    """The text of a type or signature, with names instead of dotted paths."""
    return _MODULE_PATH.sub("", str(thing))


def _is_ours(function: Callable[..., object]) -> bool:
    """Whether it was written; what a dataclass makes has no source."""
    return function.__code__.co_filename.startswith(str(_ROOT)) if inspect.isfunction(function) else False


def _members(name: str, thing: type, told: set[str]) -> Iterator[str]:
    """Attributes, properties and methods in the order of the source, those of bases that are not public included."""
    seen = told | _FOR_SERVERS.get(name, set())
    for owner in thing.__mro__:
        if owner.__module__.startswith("mockproxy"):
            for member, item in _own_members(owner):
                if not member.startswith("_") and member not in seen:
                    seen.add(member)
                    yield item


def _own_members(owner: type) -> Iterator[tuple[str, str]]:
    if issubclass(owner, Enum):
        yield from ((member.name, f"- `{member.name}`") for member in owner)
        return
    if issubclass(owner, dict):
        yield from ((key, f"- `{key}`") for key in owner.__annotations__)
    elif is_dataclass(owner):
        if owner.__name__ in _HANDED_OUT:  # in the others the constructor has them
            yield from ((field.name, f"- `{field.name}: {_named(_type_name(field.type))}`") for field in fields(owner))
    elif "__init__" in vars(owner):
        yield from _attributes(owner)
    for member, value in vars(owner).items():
        if isinstance(value, property):
            yield member, _item(f"{member}: {_signature(value.fget).removeprefix('() -> ')}", value)
        elif inspect.isroutine(value) and not member.startswith("_"):
            yield member, _item(member + _signature(getattr(value, "__func__", value)), value)


def _type_name(kind: object) -> object:
    return kind.__name__ if type(kind) is type else kind


def _attributes(owner: type) -> Iterator[tuple[str, str]]:
    """What ``__init__`` sets, with the text that stands under it."""
    body = _tree(vars(owner)["__init__"]).body
    for statement, following in zip(body, [*body[1:], None], strict=True):
        match statement:
            case ast.Assign(targets=[ast.Attribute(attr=name)]) | ast.AnnAssign(target=ast.Attribute(attr=name)):
                match following:
                    case ast.Expr(value=ast.Constant(value=str(text))):
                        yield name, f"- `{name}`\n  {_prose(text)}"
                    case _:
                        yield name, f"- `{name}`"


def _item(call: str, documented: object) -> str:
    promise = _prose(inspect.getdoc(documented)).replace("\n\n", "\n").replace("\n", "\n  ")
    return f"- `{call}`\n  {promise}" if promise else f"- `{call}`"


def _signature(function: Callable[..., object]) -> str:
    tree = _tree(function)
    lines = textwrap.dedent(inspect.getsource(function)).splitlines()[tree.lineno - 1 : tree.body[0].lineno - 1]
    header = _HEADER.fullmatch(" ".join(line.strip() for line in lines))
    assert header is not None, lines
    parameters = re.sub(r"^(self|cls)(, )?", "", header["parameters"].strip().removesuffix(","))
    returns = (header["returns"] or "None").strip('"')
    parameters = _QUOTED_TYPE.sub(r"\1", parameters)
    return f"({parameters})" + ("" if returns == "None" else f" -> {returns}")


def _tree(function: Callable[..., object]) -> ast.FunctionDef | ast.AsyncFunctionDef:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    return tree


def _prose(docstring: str | None) -> str:
    return inspect.cleandoc(docstring or "").replace("``", "`")


if __name__ == "__main__":
    PAGE.write_text(build(), encoding="utf-8")
