"""What the pages say beside their code: reports, links, and the reference."""

import re
from pathlib import Path

import pytest

from docs import build_reference
from docs.fences import Fence, fences

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
FAILING = [page for page in PAGES if any(fence.language == "python fails" for fence in fences(page))]

_LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
_QUOTED = re.compile(r"\]\(([^)]+\.py)\):\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_VARYING = re.compile(r"[0-9.]+ ms|sha [0-9a-f]{6}|[^ \"]*test_gateway\.py(?:\", line |:)[0-9]+|-{3,}|[~^]{2,}")


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_block_of_code_is_of_a_kind_that_is_run_or_is_no_python(page: Path) -> None:
    assert {fence.language for fence in fences(page)} <= {"python", "python fails", "console", "ini", "text", "toml"}


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = _LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=_named)
def test_a_block_below_a_link_to_a_file_quotes_it(page: Path) -> None:
    quoted = _QUOTED.findall(page.read_text(encoding="utf-8"))

    assert [code for file, code in quoted if code not in (page.parent / file).read_text(encoding="utf-8")] == []


@pytest.mark.parametrize("page", FAILING, ids=_named)
def test_a_block_that_fails_prints_the_report_that_follows_it(page: Path, pytester: pytest.Pytester) -> None:
    blocks = fences(page)
    position = next(index for index, fence in enumerate(blocks) if fence.language == "python fails")
    code = [fence.text for fence in blocks[: position + 1] if fence.language.startswith("python")]
    pytester.makepyfile(test_gateway="\n\n".join(code))

    printed = pytester.runpytest(
        "-p", "no:randomly", "-p", "no:asyncio", "-p", "no:aiohttp", "-k", _test_of(blocks[position])
    )

    report = _comparable(blocks[position + 1].text.splitlines())
    assert "\n".join(report) in "\n".join(_comparable(printed.outlines))


def _test_of(fence: Fence) -> str:
    return next(line for line in fence.text.splitlines() if line.startswith("def test_"))[4:].partition("(")[0]


def _comparable(lines: list[str]) -> list[str]:
    """Without times, tags, places and rules, which differ from run to run."""
    return [_VARYING.sub("...", line).rstrip() for line in lines]


def test_what_a_signature_unpacks_has_an_entry_in_the_reference() -> None:
    page = build_reference.PAGE.read_text(encoding="utf-8")
    headings = set(re.findall(r"^### `(\w+)`$", page, re.MULTILINE))

    # The last is aiohttp's own, and what `request` promises names it.
    assert set(re.findall(r"Unpack\[(\w+)", page)) - headings == {"RequestOptions"}


def test_the_reference_is_what_the_docstrings_say() -> None:
    assert build_reference.PAGE.read_text(encoding="utf-8") == build_reference.build(), (
        "a public name or docstring has changed: run `python docs/build_reference.py`"
    )
