"""behaviour.py - what a service does with a request: answers, delays, misbehaviour

A behaviour is a function of a connection and a request; it returns False where the service ends
the connection after it.
"""

import json
import threading

STATUS = {200: "OK", 204: "No Content", 404: "Not Found"}
JSON = "application/json"


def text(value):
    """Bytes of a body: bytes as they are, anything else as JSON."""
    if isinstance(value, bytes):
        return value
    return json.dumps(value, separators=(",", ":")).encode()


def head(status=200, fields=(), kind=JSON, length=None):
    lines = [f"HTTP/1.1 {status} {STATUS.get(status, 'Status')}"]
    if kind:
        lines.append(f"Content-Type: {kind}")
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in fields]
    return "\r\n".join(lines + ["", ""]).encode("latin-1")


def answer(body=b"", status=200, fields=(), kind=JSON):
    """A whole answer by its length; the connection is kept."""
    body = text(body)
    length = None if status == 204 else len(body)
    return raw(head(status, fields, kind, length) + body)


def chunked(pieces, status=200, fields=(), end=b"0\r\n\r\n"):
    """A whole answer in chunks of these pieces."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return raw(head(status, [("Transfer-Encoding", "chunked"), *fields]) + chunks + end)


def raw(*pieces, pause=0.0):
    """These bytes, with a pause between the pieces; the connection is kept."""

    def behave(connection, _):
        for n, piece in enumerate(pieces):
            if n:
                connection.pause(pause)
            connection.send(piece)

    return behave


def drip(data, pause=0.0):
    """These bytes one at a time."""
    return raw(*(data[i : i + 1] for i in range(len(data))), pause=pause)


def closing(behaviour=raw()):
    """Ends the connection behind this, without a word about it."""

    def behave(connection, request):
        behaviour(connection, request)
        return False

    return behave


def resetting(behaviour=raw()):
    """Resets the connection behind this."""

    def behave(connection, request):
        behaviour(connection, request)
        connection.reset()
        return False

    return behave


def silent(behaviour=raw()):
    """Says no more behind this, until the gateway goes."""

    def behave(connection, request):
        behaviour(connection, request)
        connection.until_gone()

    return behave


def after(seconds, behaviour):
    def behave(connection, request):
        connection.pause(seconds)
        return behaviour(connection, request)

    return behave


def when(event, behaviour):
    """Does this once the event is set."""

    def behave(connection, request):
        connection.wait(event)
        return behaviour(connection, request)

    return behave


def then(behaviour, event):
    """Does this, and sets the event once it is done."""

    def behave(connection, request):
        try:
            return behaviour(connection, request)
        finally:
            event.set()

    return behave


def in_turn(*behaviours):
    """The first for the first request, and so on; the last for all others."""
    lock, left = threading.Lock(), list(behaviours)

    def behave(connection, request):
        with lock:
            turn = left.pop(0) if len(left) > 1 else left[0]
        return turn(connection, request)

    return behave


def reused(on_fresh, on_kept):
    """One thing for the first request of a connection, another for later ones."""

    def behave(connection, request):
        chosen = on_fresh if len(connection.requests) == 1 else on_kept
        return chosen(connection, request)

    return behave
