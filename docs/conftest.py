"""Runs the Python of the Markdown pages: README.md and everything in this folder.

A block is a module that begins with what the blocks before it on its page define, save their tests.
Its tests are collected with its fixtures, as those of a file are; a block that does something at its top level is a
test by itself.
The published plugins that run Markdown take a block for the body of one test, and collect no fixtures from it.
"""

import ast
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from docs.fences import fences

_DEFINITIONS = (
    ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign
)  # fmt: skip


class Page(pytest.File):
    """The blocks marked ``python``; of one marked ``python fails``, ``test_pages.py`` shows how it does."""

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
        if hasattr(module, "pytestmark"):  # which pytest reads where it imports a file by itself
            block.add_marker(module.pytestmark)
        return block


class Script(pytest.Item):
    """A block that does something; what it defines is its own."""

    module: ModuleType
    tree: ast.Module

    @classmethod
    def of(cls, page: Page, name: str, module: ModuleType, tree: ast.Module) -> "Script":
        script: Script = cls.from_parent(page, name=name)
        script.module = module
        script.tree = tree
        return script

    def runtest(self) -> None:
        exec(compile(self.tree, self.path, "exec"), vars(self.module))


class Pages:
    """Which files are pages."""

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Page | None:
        root = parent.config.rootpath
        is_page = file_path == root / "README.md" or (file_path.suffix == ".md" and root / "docs" in file_path.parents)
        return Page.from_parent(parent, path=file_path) if is_page else None


def pytest_configure(config: pytest.Config) -> None:
    # The hooks of a conftest see only what lies beside it, and README.md does not.
    config.pluginmanager.register(Pages())
