from mockproxy.client.backoff import Backoff


def backoff(**changes):
    return Backoff(**{"initial_delay": 1.0, "factor": 2.0, "max_delay": 100.0, "jitter": 0.0, **changes})


def test_delays_grow_by_the_factor():
    assert list(backoff().delays(4)) == [1, 2, 4, 8]


def test_delays_stop_growing_at_the_longest():
    assert list(backoff(max_delay=3.0).delays(4)) == [1, 2, 3, 3]


def test_a_factor_of_one_repeats_the_delay():
    assert list(backoff(factor=1.0).delays(3)) == [1, 1, 1]


def test_jitter_adds_up_to_its_fraction():
    delays = list(backoff(factor=1.0, jitter=0.5).delays(1000))

    assert 1 <= min(delays) < 1.1
    assert 1.4 < max(delays) <= 1.5
