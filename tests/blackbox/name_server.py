"""name_server.py - a DNS server on loopback that says what a case wants (RFC 1035, RFC 2782)

Names that it does not know do not exist. A gateway asks it by Gateway(..., asks=SERVER),
which gives the gateway an /etc/resolv.conf of its own.
"""

import contextlib
import errno
import functools
import random
import shutil
import socket
import struct
import subprocess
import threading

PORT = 53
A, SRV = 1, 33
NO_SUCH_NAME = 3
UDP_MAX = 512


def labels(name):
    parts = name.rstrip(".").split(".") if name else []
    return b"".join(bytes([len(part)]) + part.encode() for part in parts) + b"\0"


def address(text, ttl=1):
    return A, ttl, socket.inet_aton(text)


def target(host, port, priority=1, weight=1, ttl=1):
    return SRV, ttl, struct.pack(">HHH", priority, weight, port) + labels(host)


def question_end(question):
    return question.index(b"\0", 12) + 5


def message(question, records, code=0, owner=b"\xc0\x0c"):
    """The answer to a question; the owner of its records is the name that was asked for."""
    head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(records), 0, 0)
    return head + question[12 : question_end(question)] + b"".join(
        owner + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data for kind, ttl, data in records
    )


def _bound():
    """A socket on the port that resolv.conf means, at an address of loopback that is free."""
    for _ in range(100):
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            bound.bind(("127.%d.%d.%d" % tuple(random.randint(1, 254) for _ in range(3)), PORT))
            return bound
        except OSError as failure:
            bound.close()
            if failure.errno != errno.EADDRINUSE:
                raise
    raise OSError("no free address")


class NameServer:
    """`records` by name: lists of address() and target(), or who makes the whole message of the
    question; may be changed at any time."""

    def __init__(self, records=None):
        self.records = dict(records or {})
        self.is_silent = False
        self.asked = []
        self.n_by_tcp = 0
        self._socket = _bound()
        self.address = self._socket.getsockname()[0]
        self._listening = socket.create_server((self.address, PORT))
        self._is_open = True
        self._threads = [threading.Thread(target=serve, daemon=True)
                         for serve in (self._serve, self._serve_tcp)]
        for thread in self._threads:
            thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._is_open = False
        self._socket.sendto(b"", self._socket.getsockname())
        self._listening.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._socket.close()
        self._listening.close()

    def _serve(self):
        while self._is_open:
            question, client = self._socket.recvfrom(4096)
            if len(question) > 12 and not self.is_silent:
                answer = self._answer(question)
                if len(answer) > UDP_MAX:
                    answer = self.cut(question)
                self._socket.sendto(answer, client)

    def _serve_tcp(self):
        while self._is_open:
            try:
                stream, _ = self._listening.accept()
            except OSError:
                return
            with stream, contextlib.suppress(OSError):
                stream.settimeout(5)
                while size := stream.recv(2, socket.MSG_WAITALL):
                    question = stream.recv(int.from_bytes(size, "big"), socket.MSG_WAITALL)
                    answer = self._answer(question)
                    self.n_by_tcp += 1
                    stream.sendall(len(answer).to_bytes(2, "big") + answer)

    @staticmethod
    def cut(question):
        """The answer is too long: it may be asked for by TCP."""
        head = question[:2] + struct.pack(">HHHHH", 0x8380, 1, 0, 0, 0)
        return head + question[12 : question_end(question)]

    def _answer(self, question):
        end = question_end(question)
        kind = struct.unpack(">H", question[end - 4 : end - 2])[0]
        name = self._name(question)
        self.asked.append((name, kind))
        known = self.records.get(name)
        if callable(known):
            return known(question)
        found = [record for record in known or [] if record[0] == kind]
        return message(question, found, 0 if known else NO_SUCH_NAME)

    @staticmethod
    def _name(question):
        at, parts = 12, []
        while length := question[at]:
            parts.append(question[at + 1 : at + 1 + length].decode().lower())
            at += 1 + length
        return ".".join(parts)


@functools.cache
def _unshare():
    """A command that gives what it runs its own mounts; None where that is not permitted."""
    for command in (["unshare", "-m"], ["unshare", "-rm"]):
        tried = [*command, "mount", "--bind", "/etc/hosts", "/etc/resolv.conf"]
        if shutil.which("unshare") and subprocess.run(tried, capture_output=True).returncode == 0:
            return command
    return None


@functools.cache
def is_possible():
    try:
        _bound().close()
    except OSError:
        return False
    return _unshare() is not None


def asking(server, folder, command):
    """The command, run so that it asks this server."""
    place = folder / "resolv.conf"
    place.write_text(f"nameserver {server.address}\noptions timeout:1\n")
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    return [*_unshare(), "sh", "-c", script, str(place), *command]
