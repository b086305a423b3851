from mockproxy.hosting.grace import GRACE, START_TIME


def test_an_application_has_more_time_to_start_than_to_end():
    """A start may fill a cache; what hangs at the end must not hold up the test."""
    assert GRACE < 2.0 < START_TIME
