"""The connection that a message travelled on, named the same at both of its ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Connection:
    """A TCP connection: the addresses of the side that opened it and of the side that accepted it.

    Two records speak of one connection when they are equal, whichever side kept them.
    """

    client: tuple[str, int]
    server: tuple[str, int]

    def __str__(self) -> str:
        return f"{self.client[0]}:{self.client[1]} -> {self.server[0]}:{self.server[1]}"
