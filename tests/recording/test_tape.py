import hashlib

import pytest

from mockproxy.recording.tape import Tape

BODY = bytes(range(256)) * 4


def taped(limit, *pieces):
    tape = Tape(limit)
    for piece in pieces:
        tape.write(piece)
    return tape.payload()


@pytest.mark.parametrize("size", [1, 7, 256, 1024])
@pytest.mark.parametrize("limit", [0, 1, 255, 256, 1023, 1024, 5000])
def test_it_keeps_the_beginning_and_measures_the_whole(limit, size):
    payload = taped(limit, *(BODY[start : start + size] for start in range(0, len(BODY), size)))

    assert payload.data == BODY[:limit]
    assert payload.size == len(BODY)
    assert payload.sha256 == hashlib.sha256(BODY).hexdigest()
    assert payload.truncated == (limit < len(BODY))


def test_a_tape_that_nothing_was_written_on_is_an_empty_body():
    payload = taped(100)

    assert (payload.data, payload.size, payload.truncated) == (b"", 0, False)
    assert payload.sha256 == hashlib.sha256(b"").hexdigest()


def test_trailers_are_kept_beside_the_body():
    tape = Tape(100)
    tape.trailers = ((b"X-Sum", b"1"),)

    assert tape.payload().trailers == ((b"X-Sum", b"1"),)
