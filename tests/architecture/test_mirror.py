from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]

# module -> why it has no test file of its own
EXCEPTIONS: dict[str, str] = {}

ROOMS = {PROJECT / "mockproxy": PROJECT / "tests", PROJECT / "pytest_plugin": PROJECT / "tests" / "plugin"}
MIRRORS = {
    str(module.relative_to(PROJECT)): tests / module.relative_to(source).with_name(f"test_{module.name}")
    for source, tests in ROOMS.items()
    for module in sorted(source.rglob("*.py"))
    if module.name != "__init__.py"
}


@pytest.mark.parametrize("module", sorted(MIRRORS.keys() - EXCEPTIONS.keys()))
def test_every_module_has_its_mirror(module):
    assert MIRRORS[module].is_file()


def test_every_exception_is_still_needed():
    assert [module for module in EXCEPTIONS if module not in MIRRORS or MIRRORS[module].exists()] == []
