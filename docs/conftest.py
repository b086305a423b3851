"""Runs the Python of the Markdown pages: README.md and everything in this folder.

A block is a module that begins with what the blocks before it on its page define, save their tests.
Its tests are collected with its fixtures, as those of a file are; a block that does something at its top level is a
test by itself.
The plugins that run Markdown take a block for the body of one test, so they collect no tests and no fixtures from it.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

_FENCE = re.compile(r"^```(?P<language>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_DEFINITIONS = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign)


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block: what its opening line says, what it holds, and the line where that begins."""

    language: str
    text: str
    line: int


def fences(page: Path) -> list[Fence]:
    text = page.read_text(encoding="utf-8")
    return [
        Fence(found["language"], found["text"], text.count("\n", 0, found.start("text")) + 1)
        for found in _FENCE.finditer(text)
    ]


class Page(pytest.File):
    """The blocks marked ``python``; one marked ``python fails`` is shown to fail by ``test_reports.py``."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        names: dict[str, object] = {"__file__": str(self.path)}
        for fence in fences(self.path):
            if fence.language == "python":
                # Behind as many empty lines as there are above it, so that a traceback points into the page.
                tree = ast.parse("\n" * (fence.line - 1) + fence.text, str(self.path))
                module = ModuleType(self.path.stem)
                vars(module).update(names)
                name = f"line {fence.line}"
                if all(isinstance(statement, _DEFINITIONS) for statement in tree.body):
                    exec(compile(tree, self.path, "exec"), vars(module))
                    yield Block.of(self, name, module)
                    names = {name: value for name, value in vars(module).items() if not name.startswith("test_")}
                else:
                    yield Script.of(self, name, module, tree)


class Block(pytest.Module):
    """A block that defines: its tests, and the fixtures of its page so far."""

    @classmethod
    def of(cls, page: Page, name: str, module: ModuleType) -> "Block":
        block: Block = cls.from_parent(page, path=page.path, name=name, nodeid=f"{page.nodeid}::{name}")
        block.obj = module
        return block


class Script(pytest.Item):
    """A block that does something."""

    @classmethod
    def of(cls, page: Page, name: str, module: ModuleType, tree: ast.Module) -> "Script":
        script: Script = cls.from_parent(page, name=name)
        script.module = module
        script.tree = tree
        return script

    module: ModuleType
    tree: ast.Module

    def runtest(self) -> None:
        exec(compile(self.tree, self.path, "exec"), vars(self.module))


class Pages:
    """Which files are pages."""

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Page | None:
        root = parent.config.rootpath
        is_page = file_path.suffix == ".md" and (file_path.parent == root or root / "docs" in file_path.parents)
        return Page.from_parent(parent, path=file_path) if is_page else None


def pytest_configure(config: pytest.Config) -> None:
    # The hooks of a conftest see only what lies beside it, and README.md does not.
    config.pluginmanager.register(Pages())
