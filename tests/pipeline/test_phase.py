from mockproxy.pipeline.phase import Phase


def test_phases_go_from_the_client_inwards():
    assert list(Phase) == [Phase.CLIENT_EDGE, Phase.PROXY, Phase.TARGET_EDGE]


def test_a_phase_is_shown_as_it_is_written():
    assert repr(Phase.TARGET_EDGE) == "Phase.TARGET_EDGE"
