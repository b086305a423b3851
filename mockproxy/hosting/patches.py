"""What is put onto objects of the user's while an application is watched, and taken off when nobody watches any more.

Several servers may watch one application at once, on several loops, and end in whatever order.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Patches:
    """One patch an object, however many hold it."""

    def __init__(self) -> None:
        self._held: dict[int, _Patch] = {}
        self._lock = threading.Lock()

    @contextmanager
    def held(self, patched: object, put_on: Callable[[], Callable[[], None]]) -> Iterator[None]:
        """The first who holds it calls ``put_on``, which gives what takes it off again; the last one calls that."""
        with self._lock:
            if id(patched) not in self._held:
                self._held[id(patched)] = _Patch(patched, put_on())
            patch = self._held[id(patched)]
            patch.holders += 1
        try:
            yield
        finally:
            with self._lock:
                patch.holders -= 1
                if patch.holders == 0:
                    del self._held[id(patched)]
                    patch.take_off()


class _Patch:
    def __init__(self, patched: object, take_off: Callable[[], None]) -> None:
        # Kept, so that no other object comes to bear its identity.
        self.patched = patched
        self.take_off = take_off
        self.holders = 0
