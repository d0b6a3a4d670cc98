"""gateway.py - the program under test: started with a configuration, watched, stopped, judged

A configuration is text with marks in it: @listen@, @listen2@, ..., and @admin@ become free
addresses, any other mark the address of a service of that name, made for it unless one is given.
A gateway must end with code 0 and without a word of a sanitizer, or the case fails.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path

import name_server
from client import Client
from places import free_port
from service import Service

ROOT = Path(__file__).resolve().parents[2]
SHEAF = os.environ.get("SHEAF") or str(ROOT / "build" / "sheaf")
SUITES = Path(os.environ.get("SHEAF_SUITES") or ROOT.parent / "shared" / "suites")

WAIT = 10
_MARK = re.compile(r"@([a-z][a-z0-9_]*)@")
_COMPLAINT = re.compile(r"Sanitizer|runtime error:|CHECK failed|Assertion")


class Gateway:
    """`files` are written beside the configuration; `places` are services or addresses by mark."""

    def __init__(self, config, folder, files=None, limit_files=None, env=None, asks=None,
                 words=(), **places):
        self.folder = Path(folder)
        self.places = dict(places)
        self.services = {k: v for k, v in places.items() if isinstance(v, Service)}
        self.own = []  # the services that we made
        self.config = self.folder / "sheaf.yaml"
        self.limit_files, self.env, self.asks = limit_files, env, asks
        self.words = words  # of the command line, behind the configuration
        self.process = None
        for name, content in (files or {}).items():
            self.write(name, content)
        try:
            self.write("sheaf.yaml", config)
            self.start(config)
        except BaseException:
            self.kill()
            raise

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        if failure:
            self.kill()
        else:
            self.stop()

    def __getitem__(self, name):
        """The service of that mark."""
        return self.services[name]

    @property
    def address(self):
        return self.places["listen"]

    def write(self, name, text):
        """Put in place by renaming, so that nobody reads half of it."""
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name(place.name + ".new")
        new.write_text(_MARK.sub(lambda mark: self._place(mark[1]), text), encoding="utf-8")
        new.replace(place)

    def _place(self, name):
        if name not in self.places:
            self.places[name] = self._new_place(name)
        place = self.places[name]
        return place.address if isinstance(place, Service) else str(place)

    def _new_place(self, name):
        if re.fullmatch(r"(listen|admin)\d*", name):
            return "127.0.0.1:%d" % free_port()
        self.services[name] = Service(name)
        self.own.append(self.services[name])
        return self.services[name]

    # Starting and stopping

    def start(self, config):
        """Somebody may have taken a free port before the gateway does; then once more."""
        for _ in range(3):
            self._launch()
            if self._accepts():
                return
            if "in use" not in self.stderr():
                break
            for name in [n for n in self.places if re.fullmatch(r"(listen|admin)\d*", n)]:
                del self.places[name]
            self.write("sheaf.yaml", config)
        raise AssertionError(f"the gateway did not start: {self.stderr()}")

    def _launch(self):
        command = [SHEAF, "run", "-c", str(self.config), *self.words]
        if self.limit_files:
            command = ["prlimit", f"--nofile={self.limit_files}:{self.limit_files}", *command]
        if self.asks:
            command = name_server.asking(self.asks, self.folder, command)
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        with open(self.folder / "stdout", "wb") as out, open(self.folder / "stderr", "wb") as err:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=self.folder,
                env={**os.environ, **(self.env or {})},
            )

    def _accepts(self):
        until = time.monotonic() + WAIT
        wanted = [p for n, p in self.places.items() if re.fullmatch(r"(listen|admin)\d*", n)]
        while wanted and time.monotonic() < until and self.process.poll() is None:
            try:
                Client(wanted[0]).close()
                wanted.pop(0)
            except OSError:
                time.sleep(0.005)
        return not wanted and self.process.poll() is None

    def signal(self, number):
        self.process.send_signal(number)

    def ended(self, timeout=WAIT):
        """Waits for the end; the exit code."""
        return self.process.wait(timeout)

    def stop(self, timeout=WAIT):
        """SIGTERM, and the judgement of the whole run."""
        try:
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            code = self.ended(timeout)
        finally:
            self.kill()
        assert not _COMPLAINT.search(self.stderr()), self.stderr()
        assert code == 0, f"exit code {code}: {self.stderr()}"

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for service in self.own:
            service.close()

    def reload(self, config):
        """Writes a new configuration and tells the gateway to take it."""
        self.write("sheaf.yaml", config)
        self.signal(signal.SIGHUP)

    # Asking

    def client(self, place="listen", **options):
        return Client(self.places[place], **options)

    def get(self, target, method="GET", fields=(), body=None, place="listen", **options):
        """One request on a connection of its own; the answer."""
        with self.client(place) as client:
            return client.get(target, method, fields, body, **options)

    def post(self, target, body=b"", fields=()):
        return self.get(target, "POST", fields, body)

    def send(self, data, method="GET"):
        """These bytes on a connection of their own; the answer."""
        with self.client() as client:
            return client.send(data).answer(method)

    # What it said

    def metric(self, series):
        """What the admin address counts under this name and these labels; None: nothing."""
        text = self.get("/metrics", place="admin").body.decode()
        found = re.search(rf"^{re.escape(series)} (\d+)$", text, re.MULTILINE)
        return int(found[1]) if found else None

    def stderr(self):
        return (self.folder / "stderr").read_text(errors="replace")

    def log_text(self, name="stdout"):
        return (self.folder / name).read_bytes()

    def log(self, name="stdout"):
        """The whole lines of the access log; each must be JSON."""
        lines = self.log_text(name).split(b"\n")[:-1]
        return [json.loads(line.decode("utf-8")) for line in lines]

    def log_lines(self, request_id, n, name="stdout", timeout=WAIT):
        """The n lines of this request: its own, and one of each call that outlived it."""

        def found():
            lines = [line for line in self.log(name) if line["request_id"] == request_id]
            return lines if len(lines) == n else None

        return wait_for(found, timeout)

    def log_line(self, request_id, name="stdout", timeout=WAIT):
        """The one line of this request, which may come a moment later."""
        found = wait_for(
            lambda: [line for line in self.log(name) if line["request_id"] == request_id], timeout
        )
        assert len(found) == 1, f"{len(found)} lines of {request_id}"
        return found[0]

    def last_words(self):
        """For whoever reads why a case failed: the ends of what it wrote, and counters above 0."""
        ends = [(self.folder / name).read_text(errors="replace")[-4000:] for name in ("stdout", "stderr")]
        return "\n".join([*ends, self._counters()])

    def _counters(self):
        try:
            text = self.get("/metrics", place="admin").body.decode()
        except (KeyError, OSError, AssertionError) as why:
            return f"no metrics: {why!r}"
        return "\n".join(line for line in text.splitlines()
                         if not line.startswith("#") and "_bucket" not in line and not line.endswith((" 0", " 0.000000")))


def wait_for(condition, timeout=WAIT, step=0.01):
    """Waits until the condition holds; what it gave."""
    until = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(step)
    return value


def run(*words, cwd=None, env=None):
    """A command of the program that ends by itself."""
    return subprocess.run(
        [SHEAF, *map(str, words)], cwd=cwd, env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False,
    )
