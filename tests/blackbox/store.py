"""store.py - a Redis or a Valkey of the machine's own: started, asked, stopped, killed, started again"""

import shutil
import signal
import socket
import subprocess
import threading
import time

from places import free_port

SERVERS = [path for path in map(shutil.which, ("redis-server", "valkey-server")) if path]
WAIT = 10


class Store:
    """Keeps nothing on disk. `tls` is a certificate, its key and the authority, as paths."""

    def __init__(self, program, folder, password=None, tls=None):
        self.program, self.folder, self.password, self.tls = program, folder, password, tls
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.process = None
        self.start()

    def __str__(self):
        """What a configuration says for its mark."""
        return self.address

    def start(self):
        port = ["--port", "0", "--tls-port", str(self.port)] if self.tls else ["--port", str(self.port)]
        command = [self.program, *port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                   "--dir", str(self.folder)]
        if self.tls:
            cert, key, ca = map(str, self.tls)
            command += ["--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca,
                        "--tls-auth-clients", "no"]
        if self.password:
            command += ["--requirepass", self.password]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + WAIT
        while not self._accepts():
            assert self.process.poll() is None and time.monotonic() < until, "the store did not start"
            time.sleep(0.01)

    def _accepts(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except OSError:
            return False
        return True

    def ask(self, *words):
        """What it answers to one command, without TLS: a line, a number, bytes, None or a list."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=WAIT) as stream:
            said = stream.makefile("rb")
            if self.password:
                stream.sendall(_command("AUTH", self.password))
                _answer(said)
            stream.sendall(_command(*words))
            return _answer(said)

    def stop(self):
        """It accepts connections and says nothing, until it goes on."""
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Late:
    """Stands before a store, whose answers it passes on `seconds` later, and none while it holds
    them. What goes to the store goes at once."""

    def __init__(self, store, seconds=0.0):
        self.store, self.seconds = store, seconds
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listening.getsockname()[1]
        self.may_pass = threading.Event()
        self.may_pass.set()
        self.streams = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __str__(self):
        return self.address

    def hold(self):
        self.may_pass.clear()

    def let_go(self):
        self.may_pass.set()

    def close(self):
        """No connection is taken any more, and those that are there end."""
        self.let_go()
        for stream in [self.listening, *self.streams]:
            try:
                stream.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself
            stream.close()

    def _accept(self):
        while True:
            try:
                near, _ = self.listening.accept()
                far = socket.create_connection(("127.0.0.1", self.store.port))
            except OSError:
                return
            self.streams += [near, far]
            for source, sink, is_answer in (near, far, False), (far, near, True):
                threading.Thread(target=self._pass, args=(source, sink, is_answer), daemon=True).start()

    def _pass(self, source, sink, is_answer):
        try:
            while data := source.recv(65536):
                if is_answer:
                    time.sleep(self.seconds)
                    self.may_pass.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # one of both has gone


def _command(*words):
    words = [w if isinstance(w, bytes) else str(w).encode() for w in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def _answer(said):
    line = said.readline()[:-2]
    kind, rest = line[:1], line[1:]
    if kind == b"$":
        return said.read(int(rest) + 2)[:-2] if int(rest) >= 0 else None
    if kind == b"*":
        return [_answer(said) for _ in range(int(rest))]
    return int(rest) if kind == b":" else line.decode()
