import threading

from mockproxy.wire.read_buffer import READ_SIZE, octets_read, read_buffer


def test_what_was_read_is_taken_and_stays_when_more_is_read():
    read_buffer()[:3] = b"abc"
    first = octets_read(3)
    read_buffer()[:2] = b"xy"
    assert (first, octets_read(2)) == (b"abc", b"xy")


def test_a_thread_reads_into_a_buffer_of_its_own():
    read_buffer()[:3] = b"abc"
    others = []

    def read() -> None:
        read_buffer()[:3] = b"xyz"
        others.append(octets_read(3))

    thread = threading.Thread(target=read)
    thread.start()
    thread.join()
    assert (others, octets_read(3)) == ([b"xyz"], b"abc")


def test_it_is_as_large_as_one_read_may_be():
    assert len(read_buffer()) == READ_SIZE
