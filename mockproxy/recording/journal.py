"""The exchanges of one server, in order of arrival.

Written on the loop of the server, read from any thread: an exchange is filed whole, under one lock, and never changes.
"""

import asyncio
import threading
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Unpack, overload

from mockproxy.errors import ConfigurationError, RecordError
from mockproxy.matching.exchange_pattern import ExchangeCriteria, ExchangePattern
from mockproxy.recording.attempts import Attempts
from mockproxy.recording.exchange import Exchange

Describe = Callable[[Sequence[Exchange]], str]


class Journal(Sequence[Exchange]):
    """A sequence of the exchanges that are complete; see ``open`` for those that are not.

    ``match`` stands for the criteria of ``on``: ``method``, ``path``, ``query``, ``headers``, ``json``, ``body``,
    ``status`` and more; an unknown one is refused with the nearest valid name.
    """

    def __init__(self, describe: Describe, server: str = "") -> None:
        self._describe = describe
        self.server = server
        self._exchanges: list[Exchange] = []
        self._open: dict[int, _Open] = {}
        self._next_index = 0
        self._changed = threading.Condition()
        self._waiters: set[_Waiter] = set()
        self._thread: int | None = None

    # What servers call.

    def bind(self, thread: int) -> None:
        """Names the thread of the server's loop, on which nobody may block."""
        self._thread = thread

    def begin(
        self,
        description: str,
        awaited: Callable[[], bool] = lambda: True,
        so_far: Callable[[], Exchange] | None = None,
    ) -> int:
        """Gives an arriving request its place in the order.

        ``awaited`` tells whether its client still waits, ``so_far`` what is known of the exchange at that moment.
        """
        index = self._next_index
        self._next_index += 1
        self._open[index] = _Open(description, awaited, so_far)
        return index

    def file(self, exchange: Exchange) -> None:
        with self._changed:
            self._open.pop(exchange.index, None)
            if self._exchanges and self._exchanges[-1].index > exchange.index:
                insort(self._exchanges, exchange, key=lambda filed: filed.index)
            else:
                self._exchanges.append(exchange)
            self._changed.notify_all()
            waiters = list(self._waiters)
        for waiter in waiters:
            waiter.wake()

    # What tests ask.

    @property
    def open(self) -> list[str]:
        """The requests that have come and are not complete, in order of arrival: method and target of each."""
        return [request.description for _, request in sorted(self._open.items())]

    @property
    def awaited(self) -> frozenset[int]:
        """The indices of the open requests whose clients still wait, as far as one can see."""
        return frozenset(index for index, request in list(self._open.items()) if request.awaited())

    @property
    def all_so_far(self) -> tuple[tuple[Exchange, ...], tuple[Exchange, ...]]:
        """The exchanges that are complete, and what is known of those that are open, of one moment."""
        with self._changed:
            open_ones = [request.so_far() for _, request in sorted(self._open.items()) if request.so_far is not None]
            return tuple(self._complete()), tuple(open_ones)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Exchange]: ...
    def __getitem__(self, index: int | slice) -> Exchange | Sequence[Exchange]:
        return self._complete()[index]

    def __iter__(self) -> Iterator[Exchange]:
        """Those that are complete when it begins."""
        return iter(tuple(self._complete()))

    def __len__(self) -> int:
        return len(self._complete())

    def only(self, **match: Unpack[ExchangeCriteria[Exchange]]) -> Exchange:
        """The one exchange that matches; raises ``RecordError`` with the transcript where there are more or none."""
        __tracebackhide__ = True
        found = self.matching(**match)
        if len(found) == 1:
            return found[0]
        raise RecordError(f"expected exactly one exchange{_criteria(match)}, found {len(found)}\n{self._story()}")

    def matching(self, **match: Unpack[ExchangeCriteria[Exchange]]) -> tuple[Exchange, ...]:
        """The exchanges that match, in order."""
        exchanges = tuple(self._complete())
        if not match:
            return exchanges
        pattern: ExchangePattern[Exchange] = ExchangePattern.of(**match)
        return tuple(exchange for exchange in exchanges if pattern.match(exchange))

    def attempts(self, method: str, path: str) -> Attempts:
        """The repeats of one request; ``path`` may be a template."""
        return Attempts(self.matching(method=method, path=path))

    def wait_for(
        self, count: int = 1, *, within: float = 5.0, **match: Unpack[ExchangeCriteria[Exchange]]
    ) -> tuple[Exchange, ...]:
        """Blocks until ``count`` exchanges match, and returns those; at once where they are there already.

        Raises ``RecordError`` with the transcript after ``within`` seconds, and at once on the servers' own loop,
        where it would wait for itself: there ``await arrival(...)`` does.
        """
        __tracebackhide__ = True
        if self._is_on_loop():
            raise RecordError(
                "wait_for() would block the loop that serves the request: use `await exchanges.arrival(...)`"
            )
        _check_wait(count, within)
        with self._changed:
            self._changed.wait_for(lambda: len(self.matching(**match)) >= count, timeout=within)
        return self._arrived(count, within, match)

    async def arrival(
        self, count: int = 1, *, within: float = 5.0, **match: Unpack[ExchangeCriteria[Exchange]]
    ) -> tuple[Exchange, ...]:
        """As ``wait_for``, without blocking the loop; on asyncio."""
        __tracebackhide__ = True
        _check_wait(count, within)
        waiter = _Waiter(asyncio.get_running_loop())
        with self._changed:
            self._waiters.add(waiter)
        try:
            async with asyncio.timeout(within):
                while len(self.matching(**match)) < count:
                    await waiter.woken()
        except TimeoutError:
            pass
        finally:
            self._waiters.discard(waiter)
        return self._arrived(count, within, match)

    def _arrived(self, count: int, within: float, match: ExchangeCriteria[Exchange]) -> tuple[Exchange, ...]:
        __tracebackhide__ = True
        found = self.matching(**match)
        if len(found) < count:
            raise RecordError(
                f"expected {count} exchange{'s' * (count != 1)}{_criteria(match)} within {within:g} s, "
                f"found {len(found)}\n{self._story()}"
            )
        return found[:count]

    def _complete(self) -> Sequence[Exchange]:
        return self._exchanges

    def _is_on_loop(self) -> bool:
        return threading.get_ident() == self._thread

    def _story(self) -> str:
        exchanges = self._complete()
        lines = [self._describe(exchanges)] if exchanges else ["no exchange was recorded"]
        if self._open:
            lines.append(f"still open: {', '.join(self.open)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        return f"<Journal of {len(self)} exchanges>" if len(self) != 1 else "<Journal of 1 exchange>"


class _Open(NamedTuple):
    description: str
    awaited: Callable[[], bool]
    so_far: Callable[[], Exchange] | None


class _Waiter:
    """A coroutine of any loop that waits for the next exchange."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._event = asyncio.Event()

    def wake(self) -> None:
        self._loop.call_soon_threadsafe(self._event.set)

    async def woken(self) -> None:
        await self._event.wait()
        self._event.clear()


def _criteria(match: ExchangeCriteria[Exchange]) -> str:
    return f" matching {', '.join(f'{name}={value!r}' for name, value in match.items())}" if match else ""


def _check_wait(count: int, within: float) -> None:
    if count < 1 or within < 0:
        raise ConfigurationError(
            f"cannot wait for {count} exchanges within {within} s: ask for one or more, in 0 s or more"
        )
