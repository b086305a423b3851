"""A WebSocket between a client and a target: what they say passes, and is recorded on the way."""

from collections.abc import Callable

from mockproxy.errors import ClientLeft, MockProxyError, UpstreamError
from mockproxy.pipeline.outgoing import OutgoingResponse
from mockproxy.recording.conversation import Conversation
from mockproxy.recording.recorder import Recorder
from mockproxy.wire.limits import DEFAULT_LIMITS
from mockproxy.wire.overheard import OverheardWebSocket
from mockproxy.wire.transaction import Transaction
from mockproxy.wire.tunnel import Tunnel, TunnelEnd


async def converse(
    transaction: Transaction,
    target: TunnelEnd,
    response: OutgoingResponse,
    recorder: Recorder,
    file: Callable[[], None],
) -> None:
    """Gives the client its 101 and lets pass what follows, until one of them has ended the connection.

    Calls ``file`` before the last Close frame goes on: whoever has read it finds the exchange complete.
    Raises what broke either connection.
    """
    granted = recorder.legs[-1].response_head
    assert granted is not None
    overheard = OverheardWebSocket(recorder, granted, file)
    tunnel = Tunnel(
        transaction.switch_protocols(response.reason, response.headers.raw),
        target,
        client_sent=overheard.client_sent,
        target_sent=overheard.server_sent,
        half_close_time=DEFAULT_LIMITS.half_close_time,
    )
    await tunnel.run()
    recorder.error = recorder.error or _abrupt_end(overheard.conversation, client_first=tunnel.client_ended_first)


def _abrupt_end(conversation: Conversation, *, client_first: bool) -> MockProxyError | None:
    """RFC 6455 section 7.1.6: who ends the connection says so before."""
    if client_first and not conversation.client.closed:
        return ClientLeft("the client ended the WebSocket without a Close frame")
    if not client_first and not conversation.server.closed:
        return UpstreamError("the target ended the WebSocket without a Close frame")
    return None
