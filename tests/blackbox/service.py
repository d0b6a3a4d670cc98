"""service.py - a service on loopback that does what a script says and records what it was asked

Each path has a behaviour (behaviour.py); one without is answered with what was asked. A service
keeps every request's bytes and every connection, so that a case can say what reached it and what
did not.
"""

import json
import select
import socket
import ssl
import struct
import threading
import time

WAIT = 10  # seconds until a case gives up waiting


class Gone(Exception):
    """The gateway ended the connection."""


class Request:
    """One request as it came."""

    def __init__(self, head, body, connection):
        self.head, self.body, self.connection = head, body, connection
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, self.version = lines[0].split(" ")
        self.fields = [_field(line) for line in lines[1:] if line]
        self.arrived = time.monotonic()

    def all(self, name):
        return [value for key, value in self.fields if key == name.lower()]

    def __getitem__(self, name):
        """The value of a field that stands at most once; None where it is absent."""
        values = self.all(name)
        assert len(values) <= 1, f"{name} stands {len(values)} times"
        return values[0] if values else None


def _field(line):
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


class Connection:
    """One connection of the gateway's; `closed` is set when the gateway has ended it."""

    def __init__(self, number, stream):
        self.number, self.stream = number, stream
        self.requests = []
        self.closed = threading.Event()
        self.closed_at = None
        self.kept = b""

    def send(self, data):
        try:
            self.stream.sendall(data)
        except OSError:
            self._is_gone()

    def pause(self, seconds):
        """Waits; raises Gone as soon as the gateway ends the connection."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self._can_read(left):
                return
            self._receive()

    def _can_read(self, seconds):
        try:
            return select.select([self.stream], [], [], seconds)[0]
        except ValueError:  # the service is closing, and has closed it
            raise Gone from None

    def wait(self, event):
        while not event.is_set():
            self.pause(0.005)

    def until_gone(self):
        while True:
            self.pause(1)

    def reset(self):
        raw = struct.pack("ii", 1, 0)
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, raw)

    def read_request(self):
        """The next request; Gone where there is none."""
        head = self._through(b"\r\n\r\n")
        fields = dict(_field(line) for line in head.decode("latin-1").split("\r\n")[1:] if line)
        if "chunked" in fields.get("transfer-encoding", ""):
            body = self._chunks()
        else:
            body = self._exactly(int(fields.get("content-length", 0)))
        made = Request(head, body, self)
        self.requests.append(made)
        return made

    def _chunks(self):
        body = b""
        while size := int(self._through(b"\r\n"), 16):
            body += self._exactly(size)
            self._exactly(2)
        self._exactly(2)
        return body

    def _through(self, mark):
        while mark not in self.kept:
            self._receive()
        return self._exactly(self.kept.index(mark) + len(mark))

    def _exactly(self, n):
        while len(self.kept) < n:
            self._receive()
        taken, self.kept = self.kept[:n], self.kept[n:]
        return taken

    def _receive(self):
        try:
            data = self.stream.recv(65536)
        except ssl.SSLWantReadError:
            return
        except OSError:
            data = b""
        if not data:
            self._is_gone()
        self.kept += data

    def _is_gone(self):
        if not self.closed.is_set():
            self.closed_at = time.monotonic()
            self.closed.set()
        raise Gone


class Service:
    """Listens from its making to its close. `address` is what a configuration says: host:port."""

    def __init__(self, name="service", tls=None, host="127.0.0.1", port=0):
        self.name, self.tls = name, tls
        self.behaviours = {}
        self.otherwise = None  # the behaviour of what has none
        self.recorded = []
        self.connections = []
        self._change = threading.Condition()
        self._threads = []
        self._listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listening.bind((host, port))
        self._listening.listen(512)
        self.port = self._listening.getsockname()[1]
        self.address = f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"
        self._is_open = True
        self._start(self._accept)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def on(self, target, behaviour):
        """Says what is done for this target, or for this path whatever its query."""
        self.behaviours[target] = behaviour
        return self

    def requests(self, target=None):
        """The requests so far for this target or path; all without one."""
        with self._change:
            return [r for r in self.recorded if target in (None, r.target, _path(r.target))]

    def only(self, target):
        """The one request that came for this target."""
        came = self.requests(target)
        assert len(came) == 1, f"{self.name} had {len(came)} requests for {target}"
        return came[0]

    def wait_requests(self, target, n=1, timeout=WAIT):
        """Waits for the nth request for this target; the requests for it."""
        with self._change:
            is_there = self._change.wait_for(lambda: len(self.requests(target)) >= n, timeout)
        assert is_there, f"{self.name} had {len(self.requests(target))} of {n} for {target}"
        return self.requests(target)

    def close(self):
        self._is_open = False
        _shut(self._listening)
        for connection in list(self.connections):
            _shut(connection.stream)
        for thread in self._threads:
            thread.join(WAIT)

    def _start(self, run, *arguments):
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while self._is_open:
            try:
                stream, _ = self._listening.accept()
            except OSError:
                if self._is_open:
                    raise  # or nobody would know why nothing is accepted
                return
            self._start(self._serve, stream)

    def _serve(self, stream):
        try:
            stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                stream.settimeout(WAIT)
                stream = self.tls.wrap_socket(stream, server_side=True)
                stream.settimeout(None)
        except OSError:
            stream.close()
            return
        connection = Connection(len(self.connections), stream)
        self.connections.append(connection)
        try:
            self._answer_all(connection)
        except (Gone, OSError):
            pass
        finally:
            stream.close()

    def _answer_all(self, connection):
        goes_on = True
        while goes_on and self._is_open:
            request = connection.read_request()
            with self._change:
                self.recorded.append(request)
                self._change.notify_all()
            goes_on = self._behaviour(request)(connection, request) is not False

    def _behaviour(self, request):
        found = self.behaviours.get(request.target) or self.behaviours.get(_path(request.target))
        return found or self.otherwise or self._tell

    def _tell(self, connection, request):
        body = json.dumps({"service": self.name, "target": request.target}).encode()
        connection.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(body), body)
        )


def _path(target):
    return target.split("?")[0]


def _shut(stream):
    try:
        stream.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    stream.close()
