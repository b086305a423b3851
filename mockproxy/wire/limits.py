"""The bounds of the wire: every size and every wait has one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes, times in seconds."""

    head: int = 64 * 1024
    """The head of a message, and its trailer section; beyond it 431 (nginx takes 32 KiB, Node 16 KiB)."""
    fields: int = 256
    """Header fields in one message; beyond it 431."""
    buffered: int = 64 * 1024
    """Octets of a body that wait for a slow reader before the sender is paused."""
    head_time: float = 30.0
    """From the first octet of a request to the end of its head; beyond it 408."""
    idle_time: float = 75.0
    """Between two requests on one connection (nginx's ``keepalive_timeout``)."""
    stall_time: float = 30.0
    """Without any progress of a body in either direction; beyond it the exchange is aborted."""
    tunnel_time: float = 3600.0
    """Without an octet from one side of a WebSocket, where silence is no stall."""
    half_close_time: float = 0.5
    """How long a client that has closed its sending side is still answered.

    Who has left looks the same as who has only finished sending, so the target is not kept busy for longer.
    """
    linger_time: float = 1.0
    """How long the rest of an unwanted request is read and dropped, so that the answer is not lost in a reset."""


DEFAULT_LIMITS = Limits()
