"""test_ha.py - examples/ha: two instances behind HAProxy, and what is lost when one ends

Skipped with a notice where there is no haproxy.
"""

import http.client
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

from behaviour import answer, when
from client import Client
from gateway import ROOT, Gateway, wait_for
from places import free_port
from test_examples import marked

HAPROXY = shutil.which("haproxy") or shutil.which("/usr/sbin/haproxy")
EXAMPLE = ROOT / "examples" / "ha"
N_HELD = 24
N_CLIENTS = 4

pytestmark = pytest.mark.skipif(not HAPROXY, reason="there is no haproxy here")


class Balancer:
    """HAProxy with the example's configuration, its addresses replaced."""

    def __init__(self, folder, instances):
        text = (EXAMPLE / "haproxy.cfg").read_text()
        self.address = f"127.0.0.1:{free_port()}"
        text = text.replace("127.0.0.1:8000", self.address)
        for one, word in zip(instances, ("1", "2"), strict=True):
            text = text.replace(f"127.0.0.1:818{word}", one.address)
            text = text.replace(f"port 919{word}", "port " + one.places["admin"].split(":")[1])
        assert not re.search(r"\b[89][01][89]\d\b", text), "an address was not replaced"
        (folder / "haproxy.cfg").write_text(text)
        command = [HAPROXY, "-db", "-f", str(folder / "haproxy.cfg")]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        with open(folder / "haproxy.said", "wb") as said:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said
            )
        wait_for(self._accepts)

    def _accepts(self):
        assert self.process.poll() is None, "haproxy ended"
        try:
            Client(self.address).close()
        except OSError:
            return False
        return True

    def close(self):
        self.process.kill()
        self.process.wait()


class Load:
    """Clients that ask one request after the other until they are stopped."""

    def __init__(self, address):
        self.address, self.done = address, threading.Event()
        self.asked = []  # (begun, ended, how), 200 where it ended well
        self.threads = [threading.Thread(target=self._ask_on) for _ in range(N_CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        for thread in self.threads:
            thread.join()

    def _ask_on(self):
        kept = None
        while not self.done.is_set():
            began = time.monotonic()
            kept = kept or http.client.HTTPConnection(self.address, timeout=10)
            try:
                kept.request("GET", "/product/busy")
                got = kept.getresponse()
                got.read()
                how = got.status
            except (OSError, http.client.HTTPException) as error:
                how = repr(error)
            if how != 200:
                kept.close()
                kept = None
            self.asked.append((began, time.monotonic(), how))

    def answered(self, since=0.0):
        return [began for began, _, how in list(self.asked) if how == 200 and began > since]

    def failed(self):
        return [one for one in list(self.asked) if one[2] != 200]

    def wait_answered(self, n, since=0.0):
        wait_for(lambda: len(self.answered(since)) >= n)


class Pair:
    """Two instances over the same services, behind a balancer."""

    def __init__(self, folder):
        first = self._instance(folder / "one")
        self.services = first.services
        for service in self.services.values():
            service.otherwise = answer({"id": "1"})
        self.instances = [first, self._instance(folder / "two", **self.services)]
        for one in self.instances:
            wait_for(lambda one=one: one.get("/readyz", place="admin").status == 200)
        self.balancer = Balancer(folder, self.instances)
        self.release = threading.Event()

    @staticmethod
    def _instance(folder, **services):
        folder.mkdir()
        return Gateway(marked(EXAMPLE), folder, **services)

    def close(self):
        """Who still runs must end well; the second SIGTERM ends the wait for the balancer."""
        self.release.set()
        self.balancer.close()
        left = [one for one in self.instances if one.process.poll() is None]
        try:
            for one in left:
                one.signal(signal.SIGTERM)
            for one in left:
                one.stop()
        finally:
            for one in self.instances:
                one.kill()

    @property
    def catalog(self):
        return self.services["s9001"]

    def hold(self):
        """Clients, by the key that each asked for, whose requests have reached the catalog."""
        clients = {}
        for n in range(N_HELD):
            key = f"held{n}"
            self.catalog.on(f"/products/{key}", when(self.release, answer({"id": key})))
            clients[key] = Client(self.balancer.address).ask(f"/product/{key}")
        for key in clients:
            self.catalog.wait_requests(f"/products/{key}")
        return clients

    def cut(self, clients):
        """The keys whose calls have lost their instance."""
        return {k for k in clients if self.catalog.only(f"/products/{k}").connection.closed.is_set()}


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


def test_after_sigkill_only_what_was_in_flight_on_the_killed_one_fails(pair):
    with Load(pair.balancer.address) as load:
        clients = pair.hold()
        load.wait_answered(50)
        killed = pair.instances[1].process
        killed_at = time.monotonic()
        killed.kill()
        killed.wait()
        gone_at = time.monotonic()
        load.wait_answered(100, since=gone_at)
        cut = wait_for(lambda: pair.cut(clients))
        assert len(cut) < N_HELD
        pair.release.set()
        failed = {key for key, client in clients.items() if client.answer().status != 200}
        assert failed == cut
    for began, ended, how in load.failed():
        assert began < gone_at and ended > killed_at, how


def test_sigterm_loses_no_request(pair):
    leaving, staying = pair.instances
    with Load(pair.balancer.address) as load:
        clients = pair.hold()
        leaving.signal(signal.SIGTERM)
        wait_for(lambda: leaving.get("/readyz", place="admin").status == 503)
        load.wait_answered(50, since=time.monotonic())
        pair.release.set()
        assert {client.answer().status for client in clients.values()} == {200}
        assert leaving.ended() == 0
        load.wait_answered(50, since=time.monotonic())
    assert load.failed() == []
    assert leaving.log() and staying.log(), "both had a share"
