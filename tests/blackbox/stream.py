"""stream.py - a client of progressive answers: events as they come, and the document that they give"""

import json
import re
import time

from client import Answer, Client
from codings import Reader

SSE, NDJSON = "text/event-stream", "application/x-ndjson"
MULTIPART, V02 = "multipart/mixed", "multipart/mixed;incrementalSpec=v0.2"
KINDS = [SSE, NDJSON, MULTIPART, V02]
TYPES = {
    SSE: SSE, NDJSON: NDJSON,
    MULTIPART: 'multipart/mixed; boundary="-"; deferSpec=20220824',
    V02: 'multipart/mixed; boundary="-"; incrementalSpec=v0.2',
}


class Event:
    """One event: its name, its data, its id, when it came."""

    def __init__(self, name, data, identity=None):
        self.name, self.data, self.id = name, data, identity
        self.at = time.monotonic()

    def __repr__(self):
        return f"{self.name}: {self.data}"


class Stream:
    """One progressive answer on a connection of its own; it is closed with it."""

    def __init__(self, address, target, kind=SSE, method="GET", fields=(), body=None, **options):
        self.client = Client(address, **options)
        self.kind, self.raw, self.comments = kind, b"", 0
        self.client.ask(target, method, [("Accept", kind), *fields], body)
        self.asked_at = time.monotonic()
        self.is_over, self.is_first = False, True
        self.head = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def begin(self, timeout=10):
        """Reads the head."""
        if self.head is None:
            until = time.monotonic() + timeout
            self.head = Answer(self.client._through(b"\r\n\r\n", until), [])
            self.decode = Reader(self.head["content-encoding"]).read
        return self.head

    def event(self, timeout=10):
        """The next event; None at the end of the answer."""
        until = time.monotonic() + timeout
        self.begin(timeout)
        while True:
            found = self._parse()
            if found:
                return found
            if self.is_over:
                assert self.raw == b"", self.raw
                return None
            self._read(until)

    def events(self, timeout=10):
        """All that are still to come."""
        found = []
        while event := self.event(timeout):
            found.append(event)
        return found

    def _read(self, until):
        if self.head["transfer-encoding"] is None:
            data = self.client.kept or self.client._more(until)
            self.client.kept = b""
            self.raw += self.decode(data)
            self.is_over = not data
            return
        size = int(self.client._through(b"\r\n", until)[:-2], 16)
        self.raw += self.decode(self.client._exactly(size, until))
        assert self.client._exactly(2, until) == b"\r\n"
        self.is_over = size == 0

    def _parse(self):
        if self.kind in (MULTIPART, V02):
            return self._parse_multipart()
        return self._parse_event() if self.kind == SSE else self._parse_line()

    def _parse_multipart(self):
        """A part is whole once the delimiter behind it is there; which kind it is, its members say."""
        if self.is_first and b"\r\n---\r\n" in self.raw:
            preamble, self.raw = self.raw.split(b"\r\n---\r\n", 1)
            assert preamble.strip() == b""
            self.is_first = False
        if self.is_first:
            return None
        match = re.search(rb"\r\n---(--)?\r\n", self.raw)
        if not match:
            return None
        part, self.raw = self.raw[:match.start()], self.raw[match.end():]
        head, body = part.split(b"\r\n\r\n", 1)
        assert head == b"Content-Type: application/json; charset=utf-8"
        said = json.loads(body.decode("utf-8"))
        assert said["hasNext"] == (match[1] is None)
        if said == {"hasNext": True}:
            self.comments += 1
            return self._parse_multipart()
        if "data" in said:
            return Event("initial", said)
        return Event("part" if said["hasNext"] else "done", said)

    def _parse_event(self):
        while b"\n\n" in self.raw:
            block, self.raw = self.raw.split(b"\n\n", 1)
            assert b"\r" not in block
            lines = [line for line in block.decode("utf-8").split("\n")]
            if lines == [":"]:
                self.comments += 1
                continue
            said = dict(line.split(": ", 1) for line in lines)
            assert len(said) == len(lines) and set(said) <= {"event", "id", "data"}
            return Event(said["event"], json.loads(said["data"]), said.get("id"))
        return None

    def _parse_line(self):
        while b"\n" in self.raw:
            line, self.raw = self.raw.split(b"\n", 1)
            assert b"\r" not in line
            said = json.loads(line.decode("utf-8"))
            name = said.pop("event")
            if name == "ping":
                self.comments += 1
                continue
            return Event(name, said["data"] if name == "initial" else said)
        return None


def apply(document, part):
    """Puts a part into the document, as clients do."""
    path, value = part["path"], part["value"]
    if not path:
        document.update(value)
        return document
    for step in path[:-1]:
        document = document.setdefault(step, {}) if isinstance(document, dict) else document[step]
    document[path[-1]] = value
    return document


def compose(events):
    """The document that these events give, with the errors of `done`."""
    assert [e.name for e in events] == ["initial"] + ["part"] * (len(events) - 2) + ["done"]
    if "hasNext" in events[0].data:
        return merge(events)
    document = dict(events[0].data)
    document.pop("errors", None)
    for event in events[1:-1]:
        apply(document, event.data)
    done = events[-1].data
    assert done["complete"] == ("errors" not in done)
    assert {e.data["source"] for e in events[1:-1] if "stale" in e.data} <= set(done.get("stale", []))
    if "errors" in done:
        document["errors"] = done["errors"]
    return document


def merge(events):
    """The same of GraphQL's incremental delivery; errors come as they do, in the declared order."""
    first, parts, done = events[0].data, events[1:-1], events[-1].data
    document, errors = dict(first["data"]), list(first.get("errors", []))
    pending = {entry["id"]: entry["path"] for entry in first.get("pending", [])}
    for event in parts:
        pending.update({entry["id"]: entry["path"] for entry in event.data.get("pending", [])})
        (part,) = event.data["incremental"]
        merge_one(document, part, pending)
        completed = [entry["id"] for entry in event.data.get("completed", [])]
        assert "id" not in part or "items" in part or "pending" in event.data or part["id"] in completed
        for identity in completed:
            del pending[identity]
        errors += part.get("errors", [])
    assert set(pending) == {entry["id"] for entry in done.get("completed", [])}
    errors += done.get("errors", [])
    stale = done["extensions"].pop("stale", None)
    assert done["extensions"] == {"complete": not errors} and stale != []
    if errors:
        document["errors"] = errors
    return document


def merge_one(document, part, pending):
    """Members into the object at a path, or elements into an array: at its end where they have an id."""
    place, path = document, part.get("path", part.get("subPath", []))
    at = path[-1] if "items" in part and "path" in part else None
    if "id" in part:
        path = pending[part["id"]] + path
    for step in path if at is None else path[:-1]:
        place = place[step]
    if "data" in part:
        place.update(part["data"])
    elif at is None:
        place.extend(part["items"])
    else:
        (place[at],) = part["items"]


def in_order(document):
    """Errors by their text: those of parts come as the parts do."""
    if "errors" in document:
        document["errors"] = sorted(document["errors"], key=json.dumps)
    return document
