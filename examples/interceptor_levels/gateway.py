"""The same interceptors, unchanged, on the levels of a gateway: they now stand before a service of any kind."""

from collections.abc import Sequence

from mockproxy import Forward, Include, TargetServer

from .interceptors import MembersOnly, PlainIsbn, RequestId

# Those of the outermost level.
INTERCEPTORS = [RequestId]


def routes_to(service: TargetServer) -> Sequence[Forward | Include]:
    return [
        Include(
            "/books",
            interceptors=[MembersOnly],
            routes=[Forward("/{isbn}", to=service, path="/v2/books/{isbn}", interceptors=[PlainIsbn])],
        ),
        Forward("/health", to=service),
    ]
