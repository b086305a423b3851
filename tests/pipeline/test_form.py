from mockproxy.messages.message import Response
from mockproxy.pipeline.entry import BoundEntry, Entry
from mockproxy.pipeline.phase import Phase
from tests.support.proxy_context import run_around


def test_a_form_of_ones_own_needs_only_a_passage():
    seen = []

    async def form(passage, ctx):
        await passage.call_on()
        seen.append((passage.step.name, passage.passed_on, ctx.response.status))

    run_around([BoundEntry(Entry("own", Phase.PROXY, "here:1", form), "")], Response(202))

    assert seen == [("own", True, 202)]
