"""What the end of a test says of its servers: failures that nobody looked at, the transcript, open requests."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING

import pytest

from .servers import SEED_OF_DATA, SERVERS

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

TRANSCRIPT = "mockproxy exchanges"
TROUBLES = "mockproxy troubles"
OPEN_REQUESTS = "mockproxy open requests"
SEED = "mockproxy seed of mock_faker"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that passed fails when its servers have seen what it did not declare."""
    try:
        result = yield
    finally:
        servers = item.stash.get(SERVERS, None)
        if servers is not None:
            servers.judge()
    report = servers.tell() if servers is not None and not _failed_already(item) else None
    if report is not None:
        pytest.fail(report, pytrace=False)
    return result


def _failed_already(item: pytest.Item) -> bool:
    """A ``unittest`` test keeps its own failure, instead of raising it."""
    return bool(getattr(item, "_excinfo", None))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What went wrong by itself stands, and the servers' part of the story is added to it."""
    report = yield
    if report.failed and SEED_OF_DATA in item.stash:
        _add(report, SEED, f"--mockproxy-seed {item.stash[SEED_OF_DATA]}")
    servers = item.stash.get(SERVERS, None)
    if servers is None or (report.when == "call" and not servers.judged):  # a subtest, inside of its test
        return report
    if report.when == "teardown":
        _add(report, OPEN_REQUESTS, "\n".join(servers.open_at_end))
    # A test that was skipped, or failed as it was meant to, has said all that it has to say.
    trouble = None if report.passed else servers.tell()
    if report.failed:
        _add(report, TROUBLES, trouble)
        _add(report, TRANSCRIPT, servers.transcript(beside=trouble))
    return report


def _add(report: pytest.TestReport, title: str, text: str | None) -> None:
    if text:
        report.sections.append((title, text))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """An order that was recorded is told whole beside the expected one: pytest shortens long lists."""
    if op != "==" or "mockproxy.pipeline.trace" not in sys.modules:
        return None
    from mockproxy.reports.order import order_difference

    return order_difference(left, right)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Names the requests that were never answered: the result of their tests stands, but they hint at a leak."""
    lines = list(_open_requests(terminalreporter))
    if lines:
        terminalreporter.section(OPEN_REQUESTS)
        for line in lines:
            terminalreporter.line(line)


def _open_requests(terminalreporter: TerminalReporter) -> Iterator[str]:
    for reports in terminalreporter.stats.values():
        for report in reports:
            for title, text in getattr(report, "sections", ()):
                if title == OPEN_REQUESTS and report.when == "teardown":
                    yield from (f"{report.nodeid}: {request}" for request in text.splitlines())
