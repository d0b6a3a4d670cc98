"""client.py - a client that sends bytes as they are, and reads answers strictly

Nothing is mended here: an answer whose framing is wrong fails the case that reads it.
"""

import json
import re
import socket
import ssl
import struct
import time

TIMEOUT = 10  # seconds until a case gives up waiting
HOST = "gateway.test"


class Answer:
    """One answer: its status, its fields in order, its body without the framing."""

    def __init__(self, head, interim):
        lines = head.decode("latin-1").split("\r\n")
        match = re.fullmatch(r"HTTP/1\.([01]) (\d{3}) ?(.*)", lines[0])
        assert match, f"not a status line: {lines[0]!r}"
        self.minor, self.status, self.reason = int(match[1]), int(match[2]), match[3]
        self.fields = [_field(line) for line in lines[1:] if line]
        self.interim = interim  # the statuses of 1xx answers before it
        self.head = head
        self.body = b""
        self.seconds = None  # from the begin of the last send to the end of the answer

    def all(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def __getitem__(self, name):
        """The value of a field that stands at most once; None where it is absent."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} stands {len(values)} times"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body.decode("utf-8"))

    def problem(self, status=None):
        """The body, which must be a problem document that agrees with the status line."""
        assert self["content-type"].split(";")[0] == "application/problem+json", self.fields
        document = self.json()
        assert document["status"] == self.status
        assert isinstance(document["type"], str) and isinstance(document["title"], str)
        assert isinstance(document.get("detail", ""), str)
        if status is not None:
            assert self.status == status, document
        return document

    def failures(self):
        """(source, kind) of each entry in `errors`, in order."""
        return [(entry["source"], entry["kind"]) for entry in self.json().get("errors", [])]

    def is_complete(self):
        return {"?1": True, "?0": False}[self["sheaf-complete"]]

    def closes(self):
        """Does its head say that the connection ends?"""
        options = ",".join(self.all("connection")).lower()
        return "close" in [word.strip() for word in options.split(",")]


def _field(line):
    match = re.fullmatch(r"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*", line)
    assert match, f"not a header field: {line!r}"
    return match[1].lower(), match[2]


class Client:
    """One connection to the gateway. The address is "host:port", "[v6]:port" or "unix:/path"."""

    def __init__(self, address, tls=None, server_name=None, receive_buffer=None):
        self.socket = _connected(address, receive_buffer)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_name)
        self.kept = b""  # read, and not yet used
        self.sent_at = time.monotonic()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.sent_at = time.monotonic()
        self.socket.sendall(data.encode("latin-1") if isinstance(data, str) else data)
        return self

    def ask(self, target, method="GET", fields=(), body=None, host=HOST):
        return self.send(request(target, method, fields, body, host))

    def get(self, target, method="GET", fields=(), body=None, host=HOST):
        self.ask(target, method, fields, body, host)
        return self.answer(method)

    def answer(self, method="GET", timeout=TIMEOUT):
        """The next answer, whole; 1xx answers before it are told in `interim`."""
        until = time.monotonic() + timeout
        interim = []
        while True:
            answer = Answer(self._through(b"\r\n\r\n", until), interim)
            if answer.status >= 200:
                break
            interim = interim + [answer.status]
        answer.body = self._body(answer, method, until)
        answer.seconds = time.monotonic() - self.sent_at
        return answer

    def is_closed(self, timeout=TIMEOUT):
        """Does the gateway end the connection in time, without another byte?"""
        until = time.monotonic() + timeout
        try:
            return not self.kept and not self._receive(until)
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def rest(self, timeout=TIMEOUT):
        """All bytes up to the end of the connection; a reset ends it too."""
        until = time.monotonic() + timeout
        try:
            while self._more(until):
                pass
        except ConnectionResetError:
            pass
        return self._take(len(self.kept))

    def finish(self):
        """Ends our side of the stream."""
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.socket.close()

    def _body(self, answer, method, until):
        if method == "HEAD" or answer.status in (204, 304):
            return b""
        coding, length = answer["transfer-encoding"], answer["content-length"]
        assert coding is None or length is None, "both a length and a coding"
        if coding is not None:
            assert coding == "chunked"
            return self._chunks(until)
        if length is not None:
            return self._exactly(int(length), until)
        assert answer.closes() or answer.minor == 0, "a body without an end"
        return self.rest(until - time.monotonic())

    def _chunks(self, until):
        body = b""
        while True:
            line = self._through(b"\r\n", until)
            size = int(line[:-2].split(b";")[0], 16)
            if size == 0:
                assert self._through(b"\r\n", until) == b"\r\n", "trailers"
                return body
            body += self._exactly(size, until)
            assert self._exactly(2, until) == b"\r\n"

    def _through(self, mark, until):
        while mark not in self.kept:
            assert self._more(until), f"the connection ended after {self.kept!r}"
        return self._take(self.kept.index(mark) + len(mark))

    def _exactly(self, n, until):
        while len(self.kept) < n:
            assert self._more(until), f"cut: {len(self.kept)} of {n} bytes"
        return self._take(n)

    def _take(self, n):
        taken, self.kept = self.kept[:n], self.kept[n:]
        return taken

    def _more(self, until):
        data = self._receive(until)
        self.kept += data
        return data

    def _receive(self, until):
        self.socket.settimeout(max(until - time.monotonic(), 0.001))
        try:
            return self.socket.recv(262144)
        except ssl.SSLEOFError:
            return b""
        finally:
            self.socket.settimeout(TIMEOUT)


def request(target, method="GET", fields=(), body=None, host=HOST):
    """The bytes of a request; a body is sent by its length."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode("latin-1") + (body or b"")


def chunked(*pieces, trailers=b""):
    """A body in chunks of these pieces."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return chunks + b"0\r\n" + trailers + b"\r\n"


def _connected(address, receive_buffer):
    if address.startswith("unix:"):
        made, place = socket.socket(socket.AF_UNIX), address[len("unix:"):]
    else:
        host, port = address.rsplit(":", 1)
        host = host.strip("[]")
        made = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        place = (host, int(port))
    made.settimeout(TIMEOUT)
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        made.connect(place)
    except OSError:
        made.close()
        raise
    if made.family != socket.AF_UNIX:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
