"""scene.py - a gateway with a service that fails, watched while it does and after it

The gateway calls four ways: `well` needs only a service that is well; `plain` needs that and the one
that fails, which has no breaker, so that each request meets what is wrong; `guarded` is the same
with a breaker; `pair` needs one service whose targets are the failing one and one that is well.
All of them are asked at a steady rate, from before the trouble to after it.

What must hold in every scene stands in Scene.judge() and Scene.end().

The 5 ms of a deadline are judged without asking for a quiet machine: to each answer are granted the
times for which the kernel says that the gateway or the client were kept from a processor (asker.py),
which is nearly nothing on an idle one. What has to be measured like that may be wrong by chance, a
gateway that is late is late always: so late() is asked again, and of some plays the best one counts.
"""

import contextlib
import os
import re
import threading
import time
from pathlib import Path

from actor import Actor
from asker import Asker
from gateway import SHEAF, wait_for

TARGETS = {"/well": (50, 2.0), "/plain": (50, 0.3), "/guarded": (25, 0.3), "/pair": (25, 0.3)}
DEADLINES = {target: deadline for target, (_, deadline) in TARGETS.items()}
CONFIG = """
listen: @listen@
admin: @admin@
workers: @workers@
services:
  well: http://@well@
  failing: {targets: [http://@failing@], timeout: 5s, breaker: off}
  guarded: {targets: [http://@failing@], timeout: 5s, breaker: {window: 1s, min_calls: 5, open: 300ms}}
  pair:
    targets: [http://@failing@, http://@twin@]
    breaker: off
    retry: {attempts: 3, budget: 100%}
    hedge: {after: 60ms, budget: 100%}
endpoints:
  - path: /well
    sources: {one: {get: "well:/one", required: true}}
  - path: /plain
    timeout: 300ms
    sources: {one: {get: "well:/one"}, two: {get: "failing:/two"}}
  - path: /guarded
    timeout: 300ms
    sources: {one: {get: "well:/one"}, two: {get: "guarded:/two"}}
  - path: /pair
    timeout: 300ms
    sources: {two: {get: "pair:/two"}}
"""

REHEARSAL = 0.6
TROUBLE = 1.5  # seconds that the trouble lasts
PLAYS_MAX = 3
PROMISE = 0.005  # seconds past a deadline within which its answer is there
UNHARMED = 0.2  # of its deadline: what the slowest answer of /well may take
# Bytes that it may grow by once the trouble was rehearsed. Sanitizers keep shadows and stacks of all
# that was ever used.
SANITIZED = re.search(rb"__[at]san_init", Path(SHEAF).read_bytes())
ROOM = (24 if SANITIZED else 2) << 20
WITHIN = 16  # descriptors beyond those of the requests under way: connections that are kept
QUIET = ["sheaf_body_bytes_held", "sheaf_calls_in_flight", "sheaf_requests_in_flight"]


class Vitals:
    """What the kernel says of the process: its memory, and its descriptors."""

    def __init__(self, process):
        self.place = Path(f"/proc/{process.pid}")

    def memory(self):
        return int((self.place / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self):
        return len(os.listdir(self.place / "fd"))


class Watch:
    """The most of both, looked at all the time until the end of the block."""

    def __init__(self, vitals):
        self.vitals, self.memory, self.descriptors = vitals, 0, 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def _look(self):
        while not self.is_over.wait(0.02):
            self.memory = max(self.memory, self.vitals.memory())
            self.descriptors = max(self.descriptors, self.vitals.descriptors())


class Scene:
    """`link`: a wire (wire.py) at whose far end the failing service is."""

    def __init__(self, start, link=None, workers=1):
        with contextlib.ExitStack() as stack:
            self.failing = self._own(stack, Actor(link.far, link.inside) if link else Actor())
            self.well, self.twin = (self._own(stack, Actor()) for _ in range(2))
            self.gateway = start(
                CONFIG.replace("@workers@", str(workers)), env={"ASAN_OPTIONS": sanitizer()},
                well=self.well.address, failing=self.failing.address, twin=self.twin.address,
            )
            self.stack = stack.pop_all()
        self.vitals = Vitals(self.gateway.process)
        wait_for(lambda: self.gateway.get("/readyz", place="admin").status == 200)
        self.at_first = self.vitals.descriptors()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    @staticmethod
    def _own(stack, actor):
        stack.callback(actor.kill)
        return actor

    def rehearse(self, trouble, mend):
        """What it ever needs for this, it has from here on."""
        asker = Asker(self.gateway, TARGETS)
        self.stack.callback(asker.kill)
        trouble()
        time.sleep(REHEARSAL)
        mend()
        self.recover()
        self.most = asker.stop()["most"]
        self.memory_before = self.vitals.memory()

    def play(self, trouble, mend):
        """The trouble comes and is mended; what was answered while it was there."""
        self.rehearse(trouble, mend)
        for _ in range(PLAYS_MAX):
            self._play(trouble, mend)
            self._judge()
            if not self.late():
                return
        raise AssertionError(f"late in each of {PLAYS_MAX} plays: {self.late()[:5]}")

    def _play(self, trouble, mend):
        asker = Asker(self.gateway, TARGETS)
        self.stack.callback(asker.kill)
        with Watch(self.vitals) as self.watch:
            time.sleep(0.2)
            trouble()
            began = time.monotonic()
            time.sleep(TROUBLE)
            ended = time.monotonic()
            mend()
            self.recover()
        said = asker.stop()
        self.most = max(self.most, said["most"])  # their connections may still be kept
        self.all = said["records"]
        self.during = [one for one in self.all if began <= one["at"] < ended - 0.3]

    def recover(self):
        """All is well again, also where a breaker has opened."""
        for target in DEADLINES:
            wait_for(lambda: all(self.gateway.get(target).is_complete() for _ in range(5)))

    def of(self, target):
        return [one for one in self.during if one["target"] == target]

    def kinds(self, target):
        """Of what came while the trouble lasted: how often each kind of failure, and None for none."""
        found = [one["kinds"].get("two") for one in self.of(target)]
        return {kind: found.count(kind) for kind in set(found)}

    def late(self):
        """By how much, by target, answers were later than is promised."""
        past = [(one["target"], one["seconds"] - DEADLINES[one["target"]] - one["kept"], one["kept"])
                for one in self.all]
        return sorted((one for one in past if one[1] > PROMISE), key=lambda one: -one[1])

    def _judge(self):
        assert {one["status"] for one in self.all} == {200}, "an answer failed as a whole"
        for target in "/well", "/plain", "/guarded":
            assert len(self.of(target)) > 2, f"hardly an answer of {target}"
            assert all("one" in one["there"] for one in self.of(target)), f"{target} lost its other part"
        worst = max(self.of("/well"), key=lambda one: one["seconds"] - one["kept"])
        assert worst["seconds"] - worst["kept"] < UNHARMED * DEADLINES["/well"], worst
        assert self.watch.memory < self.memory_before + ROOM, f"{self.watch.memory} bytes"
        # A request has a connection and at most three to services, one more where it was hedged.
        bound = self.at_first + 4 * self.most + WITHIN
        assert self.watch.descriptors < bound, f"{self.watch.descriptors} descriptors"

    def end(self):
        """Without anybody there to talk to it is as it was."""
        wait_for(lambda: not any(self.metric(name) for name in QUIET))
        for actor in self.well, self.twin, self.failing:
            actor.kill()
        wait_for(lambda: self.vitals.descriptors() <= self.at_first)
        assert self.vitals.memory() < self.memory_before + ROOM, f"{self.vitals.memory()} bytes"

    def metric(self, name):
        text = self.gateway.get("/metrics", place="admin").body.decode()
        return sum(float(line.split()[-1]) for line in text.splitlines()
                   if line.split("{")[0].split(" ")[0] == name)


def sanitizer():
    """What is freed is used again at once, or memory would tell how much was ever used."""
    said = os.environ.get("ASAN_OPTIONS", "")
    return f"{said}:quarantine_size_mb=1:thread_local_quarantine_size_kb=64".lstrip(":")
