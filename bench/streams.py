"""streams.py - a service that answers when it is told to, and clients of progressive answers, in one thread"""
import socket
import time

ASK = b"GET /page HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n"
ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 300\r\n\r\n"' + b"x" * 298 + b'"'
INITIAL, LAST = b'{"event":"initial"', b"0\r\n\r\n"


class Service:
    """Holds each call until it is answered."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.listening.settimeout(10)
        self.port = self.listening.getsockname()[1]

    def accept(self):
        call, _ = self.listening.accept()
        call.settimeout(10)
        call.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return call


def hear(call):
    """The head of one request."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += call.recv(65536)


def read_through(client, mark):
    got = b""
    while mark not in got:
        piece = client.recv(65536)
        assert piece, f"the answer ended after {got!r}"
        got += piece
    return got


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), 10)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def wait(port, service):
    """A client that has its first part, and whose call waits: both ends."""
    client = connect(port)
    client.sendall(ASK)
    call = service.accept()
    hear(call)
    read_through(client, INITIAL)
    return client, call


def time_parts(port, service, n):
    """Seconds from the sending of each answer to the arrival of its part, and of the end behind it."""
    (client, call), taken = wait(port, service), []
    for i in range(n):
        if i:
            client.sendall(ASK)
            hear(call)
            read_through(client, INITIAL)
        begun = time.perf_counter()
        call.sendall(ANSWER)
        got = read_through(client, LAST)
        taken.append(time.perf_counter() - begun)
        assert got.count(b'"event":"part"') == 1
    return sorted(taken)
