"""Where on the way through a proxy a middleware stands."""

from enum import Enum


class Phase(Enum):
    """From the client inwards; responses pass the phases in reverse."""

    CLIENT_EDGE = "client edge"
    PROXY = "proxy"
    TARGET_EDGE = "target edge"

    def __repr__(self) -> str:
        return f"Phase.{self.name}"
