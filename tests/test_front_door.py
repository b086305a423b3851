import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import mockproxy


def named_for_type_checkers():
    """The names of the ``TYPE_CHECKING`` block, each with the module that it comes from."""
    tree = ast.parse(Path(mockproxy.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname: node.module for node in imports for alias in node.names if alias.asname == alias.name}


def run(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()


def test_type_checkers_see_the_names_that_there_are():
    assert named_for_type_checkers() == {name: home for home, names in mockproxy._HOMES.items() for name in names}


def test_all_names_are_exported_and_listed():
    assert sorted(mockproxy.__all__) == sorted(named_for_type_checkers())
    assert dir(mockproxy) == sorted(mockproxy.__all__)


@pytest.mark.parametrize("name", mockproxy.__all__)
def test_every_name_leads_to_what_is_called_so(name):
    assert getattr(mockproxy, name).__name__ == name


@pytest.mark.parametrize("name", mockproxy.__all__)
def test_everything_that_is_public_says_what_it_promises(name):
    assert inspect.getdoc(getattr(mockproxy, name))


def test_a_star_imports_all_of_it():
    names = run("from mockproxy import *; print(*[name for name in dir() if name[0] != '_'])")

    assert sorted(names) == sorted(mockproxy.__all__)


def test_nothing_is_loaded_before_it_is_asked_for():
    loaded = run("import sys, mockproxy; print(*[name for name in sys.modules if name.startswith('mockproxy')])")

    assert loaded == ["mockproxy"]


def test_a_name_that_there_is_not_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'mockproxy' has no attribute 'ProxySever'"):
        _ = mockproxy.ProxySever


def test_what_was_asked_for_is_the_same_every_time():
    assert mockproxy.Phase is mockproxy.Phase
