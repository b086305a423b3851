"""Choosing a content coding by what the client accepts (RFC 9110, section 12.5.3)."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Final

from mockproxy.messages.headers import MutableHeaders

# RFC 9110, 12.5.3 and 12.4.2: a coding with an optional weight of at most three decimals.
_PREFERENCE: Final = re.compile(r"([^\s;,]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?", re.IGNORECASE)

# Where the client does not name identity it is acceptable, but less wanted than any coding that it names.
_UNNAMED_IDENTITY: Final = 0.0001


def preferred(accept_encoding: str | None, offered: Sequence[str]) -> str | None:
    """The offered coding that the client wants most, the first of equals; None where it wants none of them applied.

    Without the field that is none: RFC 9110, 12.5.3, would allow any coding, but clients that say nothing are mostly
    clients that decode nothing.
    """
    weights = _weights(accept_encoding)
    at_least = _weight(weights, "identity")
    wanted = [coding for coding in offered if _weight(weights, coding) >= at_least and _weight(weights, coding) > 0]
    return max(wanted, key=partial(_weight, weights), default=None)


def vary_by_coding(headers: MutableHeaders) -> None:
    """Says that another client may be given another coding (RFC 9110, 12.5.5); once is enough."""
    if not {"accept-encoding", "*"} & set(headers.tokens("Vary")):
        headers.add("Vary", "Accept-Encoding")


def _weights(accept_encoding: str | None) -> dict[str, float]:
    """The weight of each coding that the field names.

    A member that does not parse counts as not sent: no coding is applied on the strength of it, and a slip such as
    ``identity;q=high`` does not forbid the one form that every client reads.
    """
    members = (_PREFERENCE.fullmatch(member.strip(" \t")) for member in (accept_encoding or "").split(","))
    return {_canonical(member[1]): float(member[2] or "1") for member in members if member}


def _weight(weights: dict[str, float], coding: str) -> float:
    coding = _canonical(coding)
    unnamed = _UNNAMED_IDENTITY if coding == "identity" else 0.0
    return weights.get(coding, weights.get("*", unnamed))


def _canonical(coding: str) -> str:
    return "gzip" if coding.lower() == "x-gzip" else coding.lower()
