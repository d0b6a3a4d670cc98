"""typed.py - what a page tells a newcomer to type, typed from its top to its bottom

A shell runs each line of the page's blocks of commands, in a folder that has what the page speaks
of: `build/sheaf` and `examples/`. What serves goes on, as in a terminal of its own, and the rest must
end well. Ports are replaced, as others may have them, and deadlines are longer: an example's are for
machines that do nothing else.
"""

import os
import re
import shutil
import signal
import subprocess

from client import Client
from gateway import ROOT, SHEAF, wait_for
from places import free_port

_BLOCK = re.compile(r"^```\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PORT = re.compile(r"\b(?:80[08]0|[89]1[89]\d|90\d\d)\b")
_SERVES = re.compile(r"python3 |haproxy |(?:\w+=\S+ )*build/sheaf (?:run|demo)\b")
# The demo's ports are its own; test_demo.py types that. Here something else answers on them.
_DEMO = "build/sheaf demo", "python3 examples/service.py 9001 9002 9003 9004 9005 9006 9007 9008"


def slower(text):
    return re.sub(r"timeout: (\d+)ms", lambda found: f"timeout: {5 * int(found[1])}ms", text)


def curl(line, folder):
    """What it prints. An answer of 400 or more is a failure."""
    (folder / ".curlrc").write_text("silent\nshow-error\nfail-with-body\nmax-time = 20\n")
    done = subprocess.run(["bash", "-c", line], cwd=folder, text=True, capture_output=True,
                          check=False, timeout=30, env={**os.environ, "CURL_HOME": str(folder)})
    assert done.returncode == 0, (line, done.stdout, done.stderr)
    return done.stdout


class Page:
    """README.md of a folder of examples/."""

    def __init__(self, name, folder):
        self.folder, self.servers, self.ports = folder, [], {}
        (folder / "build").mkdir()
        (folder / "build" / "sheaf").symlink_to(SHEAF)
        shutil.copytree(ROOT / "examples", folder / "examples")
        own = folder / "examples" / name
        for path in own.iterdir():
            path.write_text(slower(self._moved(path.read_text())))
        blocks = _BLOCK.findall((own / "README.md").read_text().replace(*map(self._moved, _DEMO)))
        self.lines = [line for block in blocks for line in block.splitlines()]

    def _moved(self, text):
        return _PORT.sub(lambda found: self._port(found[0]), text)

    def _port(self, number):
        if number not in self.ports:
            self.ports[number] = str(free_port())
        return self.ports[number]

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        ends = [self._end(process) for process in self.servers]
        assert failure[0] or all(ends)

    def type(self):
        """(line, what it printed) of each line that ends by itself."""
        return [(line, told) for line in self.lines if (told := self._type(line)) is not None]

    def _type(self, line):
        if _SERVES.match(line):
            self._serve(line)
            return None
        if line.startswith("curl "):
            return curl(line, self.folder)
        done = subprocess.run(["bash", "-c", line], cwd=self.folder, text=True,
                              capture_output=True, check=False, timeout=30)
        assert done.returncode == 0, (line, done.stderr)
        return done.stdout

    def _serve(self, line):
        said = self.folder / f"said{len(self.servers)}"
        hold = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
        with open(said, "wb") as out:
            process = subprocess.Popen(
                [*hold, "bash", "-c", line], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out,
                stderr=out, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"},
            )
        self.servers.append(process)
        wait_for(lambda: process.poll() is not None or self._is_ready(line, said))
        assert process.poll() is None, (line, said.read_text())

    def _is_ready(self, line, said):
        if not line.startswith("haproxy "):
            return re.search(r"^(Services|sheaf: serving) on ", said.read_text(), re.MULTILINE)
        try:
            Client("127.0.0.1:" + self.ports["8000"]).close()
        except OSError:
            return False
        return True

    @staticmethod
    def _end(process):
        """By Ctrl-C, and for good. Did it end well? Some end by the signal itself."""
        try:
            process.send_signal(signal.SIGINT)
            return process.wait(10) in (0, -signal.SIGINT)
        finally:
            process.kill()
