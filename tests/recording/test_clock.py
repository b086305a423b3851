from datetime import UTC, datetime
from itertools import pairwise

from mockproxy.recording.clock import now


def test_it_tells_the_time_of_day():
    before = datetime.now(UTC).timestamp()

    assert abs(now() - before) < 60


def test_it_never_goes_back():
    readings = [now() for _ in range(1000)]

    assert all(earlier <= later for earlier, later in pairwise(readings))
