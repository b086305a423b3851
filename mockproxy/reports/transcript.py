"""Exchanges as text for a terminal: what travelled, who ran, what each of them changed."""

from collections.abc import Sequence

from mockproxy.recording.exchange import Exchange


def transcript(exchanges: Sequence[Exchange]) -> str:
    return "\n".join(repr(exchange) for exchange in exchanges)
