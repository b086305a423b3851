import pytest

from mockproxy.messages.payload import EMPTY, Payload

# FIPS 180-2, appendix B.1, and the digest of no octets at all.
SHA256_OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
SHA256_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(("data", "digest"), [(b"abc", SHA256_OF_ABC), (b"", SHA256_OF_NOTHING)])
def test_a_whole_body_is_measured_by_what_was_kept(data, digest):
    payload = Payload.whole(data)
    assert (payload.size, payload.sha256, payload.truncated) == (len(data), digest, False)


def test_a_body_kept_in_part_has_the_size_and_the_digest_of_the_whole():
    payload = Payload(b"a", size=3, digest=SHA256_OF_ABC)
    assert (payload.size, payload.sha256, payload.truncated) == (3, SHA256_OF_ABC, True)


def test_a_body_of_which_nothing_was_kept_is_truncated():
    assert Payload(b"", size=3, digest=SHA256_OF_ABC).truncated


def test_an_empty_body_is_whole():
    assert not EMPTY.truncated
    assert Payload.whole(b"") == EMPTY


def test_a_body_keeps_its_trailers():
    assert Payload.whole(b"abc", ((b"X-Sum", b"1"),)).trailers == ((b"X-Sum", b"1"),)


def test_a_body_that_was_not_read_to_its_end_is_truncated_though_nothing_was_left_out():
    assert Payload(b"abc", 3, unread=True).truncated
