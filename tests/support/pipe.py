"""A file that can be read once."""

import io


class Pipe(io.RawIOBase):
    """A file that cannot be rewound, and cannot tell where it stands."""

    def __init__(self, octets):
        self._rest = io.BytesIO(octets)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._rest.readinto(buffer)

    def tell(self):
        raise OSError
