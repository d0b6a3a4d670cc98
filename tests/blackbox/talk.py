"""talk.py - a WebSocket frame by frame, as a client that may break the rules (RFC 6455)"""

import base64
import hashlib
import json
import os
import time

from client import Answer, Client
from stream import Event

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
OPENING = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]


def opening(key=KEY, without=(), **others):
    """The fields of a handshake; `others` replace them, with _ for -."""
    fields = dict([*OPENING, ("Sec-WebSocket-Key", key)])
    for name, value in others.items():
        fields[name.replace("_", "-")] = value
    return [(name, value) for name, value in fields.items() if name not in without]


def accepted(key):
    salted = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(salted.encode()).digest()).decode()


def frame(payload=b"", opcode=TEXT, fin=True, rsv=0, mask=True, length=None):
    """A client's frame; `length` is one to be told instead of the payload's."""
    payload = payload.encode() if isinstance(payload, str) else payload
    n = len(payload) if length is None else length
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
    bit = 0x80 if mask else 0
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += bytes([bit | 126]) + n.to_bytes(2, "big")
    else:
        head += bytes([bit | 127]) + n.to_bytes(8, "big")
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


class Talk:
    """A WebSocket that is open, or the answer that it was refused with."""

    def __init__(self, address, target, fields=(), key=KEY, then=b"", **options):
        self.client = Client(address, **options)
        self.client.ask(target, "GET", [*opening(key), *fields])
        if then:
            self.client.send(then)
        self.refusal, self.pings = None, []
        until = time.monotonic() + 10
        self.head = Answer(self.client._through(b"\r\n\r\n", until), [])
        if self.head.status != 101:
            self.head.body = self.client._body(self.head, "GET", until)
            return
        assert self.head["upgrade"] == "websocket" and self.head["connection"] == "Upgrade"
        assert self.head["sec-websocket-accept"] == accepted(key)
        assert self.head["sec-websocket-extensions"] is None
        assert self.head["content-length"] is None and self.head["transfer-encoding"] is None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()

    def frame(self, timeout=10):
        """The next frame: its opcode and its payload; None at the end of the stream."""
        until = time.monotonic() + timeout
        if not self.client.kept and not self.client._more(until):
            return None
        first, second = self.client._exactly(2, until)
        assert first & 0xF0 == 0x80 and second < 128, "fragmented, reserved bits, or masked"
        n = second
        if n > 125:
            n = int.from_bytes(self.client._exactly(2 if n == 126 else 8, until), "big")
            assert n > (125 if second == 126 else 65535)
        return first & 15, self.client._exactly(n, until)

    def send(self, *said):
        """Messages: objects as JSON, texts and bytes as frames of that kind."""
        for one in said:
            if isinstance(one, bytes):
                self.client.send(one)
            else:
                text = one if isinstance(one, str) else json.dumps(one)
                self.client.send(frame(text))
        return self

    def message(self, timeout=10):
        """The next message as what it says; pings on the way are noted and answered."""
        while True:
            opcode, payload = self.frame(timeout)
            if opcode == PING:
                self.pings.append(payload)
                self.client.send(frame(payload, PONG))
            elif opcode != PONG:
                assert opcode == TEXT, (opcode, payload)
                return json.loads(payload.decode("utf-8"))

    def answer(self, timeout=10):
        """Messages up to the end of one answer."""
        found = [self.message(timeout)]
        while found[-1]["event"] not in ("done", "error"):
            found.append(self.message(timeout))
        return found

    def answers(self, n, timeout=10):
        """The messages of n answers, by id."""
        found = {}
        while n:
            said = self.message(timeout)
            found.setdefault(said.get("id"), []).append(said)
            n -= said["event"] in ("done", "error")
        return found

    def close(self, code=1000):
        """The closing handshake; the code that came back."""
        self.client.send(frame(code.to_bytes(2, "big"), CLOSE))
        return self.closed()

    def closed(self, timeout=10):
        """The code that it ends with; messages before are passed over."""
        got = self.frame(timeout)
        while got and got[0] != CLOSE:
            got = self.frame(timeout)
        if got is None:
            return None
        assert self.client.is_closed(timeout)
        return int.from_bytes(got[1][:2], "big") if got[1] else 1005


def events(messages):
    """What stream.compose() reads."""
    found = []
    for said in messages:
        said = {name: value for name, value in said.items() if name != "id"}
        name = said.pop("event")
        found.append(Event(name, said["data"] if name == "initial" else said))
    return found
