"""Troubles as one report: what went wrong, where it was declared, and the traceback of what was raised."""

from collections.abc import Sequence

from mockproxy.errors import Trouble


def trouble_report(troubles: Sequence[Trouble]) -> str:
    return "\n".join(str(trouble) for trouble in troubles)
