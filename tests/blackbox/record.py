"""record.py - an entry as it lies in a store (src/cache/record.c): taken apart, changed, put together"""

NUMBERS = ("flags", "status", "came", "age", "lifetime", "while_revalidate", "if_error", "purges")
PARTS = ("name", "vary", "etag", "modified", "fields", "tags", "shown", "body")


class Record:
    """Its numbers as they stand there, its parts as bytes. A time is one more than it is."""

    def __init__(self, data):
        self.front = data[:2]
        n, at = _number(data, 2)
        self.key, at = data[at : at + n], at + n
        for name in NUMBERS:
            value, at = _number(data, at)
            setattr(self, name, value)
        lengths = []
        for _ in PARTS:
            n, at = _number(data, at)
            lengths.append(n)
        for name, n in zip(PARTS, lengths):
            setattr(self, name, data[at : at + n])
            at += n
        assert data[at:] == b"R"

    def __bytes__(self):
        parts = [getattr(self, name) for name in PARTS]
        numbers = [getattr(self, name) for name in NUMBERS] + [len(part) for part in parts]
        return b"".join([self.front, _written(len(self.key)), self.key, *map(_written, numbers),
                         *parts, b"R"])


def changed(data, **to):
    """The entry with these numbers and parts in place of its own."""
    record = Record(data)
    for name, value in to.items():
        assert hasattr(record, name)
        setattr(record, name, value)
    return bytes(record)


def field(name, value):
    """One of an entry's fields."""
    return _written(len(name)) + _written(len(value)) + name.encode() + value.encode()


def text(it):
    """One of an entry's tags."""
    return _written(len(it)) + it.encode()


def _number(data, at):
    """A number in as few bytes as it needs; it, and where the next one begins."""
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7f) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def _written(value):
    out = b""
    while value > 0x7f:
        out, value = out + bytes([value & 0x7f | 0x80]), value >> 7
    return out + bytes([value])
