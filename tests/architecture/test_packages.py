import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def packages_in(folder: Path, name: str) -> set[str]:
    signs = folder.rglob("__init__.py")
    return {".".join((name, *sign.parent.relative_to(folder).parts)) for sign in signs}


def test_the_wheel_takes_every_room_along():
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    on_disk = packages_in(PROJECT / "mockproxy", "mockproxy") | packages_in(
        PROJECT / "pytest_plugin", "mockproxy.pytest_plugin"
    )

    assert set(settings["tool"]["setuptools"]["packages"]) == on_disk
