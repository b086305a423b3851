"""Choosing requests and exchanges, saying why one was not chosen, and the values for the right side of ``==``.

Knows messages and nothing of servers, routes, records or pytest; nothing here changes what it looks at.
A new matcher goes beside its like in ``values.py`` or ``structure.py``; a new criterion is a class beside those of
``whole_criterion.py`` and a keyword of ``RequestPattern.of``.
"""

from mockproxy.matching.exchange_pattern import ExchangeCriteria, ExchangePattern
from mockproxy.matching.matcher import Matcher
from mockproxy.matching.pattern import UNSET, Match, RequestPattern, nearest
from mockproxy.matching.structure import Subset, Unordered
from mockproxy.matching.template import PathTemplate
from mockproxy.matching.values import (
    Absent,
    Anything,
    AtLeast,
    AtMost,
    Between,
    Contains,
    EndsWith,
    HasLength,
    InstanceOf,
    Matches,
    Near,
    OneOf,
    Satisfies,
    StartsWith,
)
from mockproxy.matching.verdict import Check, Verdict

__all__ = [
    "UNSET",
    "Absent",
    "Anything",
    "AtLeast",
    "AtMost",
    "Between",
    "Check",
    "Contains",
    "EndsWith",
    "ExchangeCriteria",
    "ExchangePattern",
    "HasLength",
    "InstanceOf",
    "Match",
    "Matcher",
    "Matches",
    "Near",
    "OneOf",
    "PathTemplate",
    "RequestPattern",
    "Satisfies",
    "StartsWith",
    "Subset",
    "Unordered",
    "Verdict",
    "nearest",
]
