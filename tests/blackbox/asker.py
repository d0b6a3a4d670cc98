"""asker.py - clients in a process of their own, which ask at a steady rate and judge no one

In the test's process each answer would wait for the interpreter's other threads. Here one loop
sends, waits and notes; a request is sent when it is due, whatever became of those before it.

With each answer goes its `kept`: for how long the gateway's threads or this process had to wait for
a processor, or the whole machine stood still for others (steal), while the request was on its way
in and, of an answer past its deadline, from there on; of any other all the time. That is what an
idle machine would not have added. A gateway that sleeps too long, waits for a service or is just
slow shows nothing of it, so that it excuses no lateness of the gateway's own.
"""

import bisect
import glob
import heapq
import json
import os
import selectors
import shutil
import subprocess
import sys
import time

from client import Client

AT_ONCE_MAX = 400  # requests under way; past it the gateway hangs
TICKS = os.sysconf("SC_CLK_TCK")
NS = 1e9
ON_ITS_WAY = 0.01  # seconds within which the gateway has read a request


class Waits:
    """Seconds that a process's threads, this process and the machine have waited, noted at times.
    Where the kernel counts none there are none."""

    def __init__(self, pid):
        self.threads = self._open(f"/proc/{pid}/task/*/schedstat")
        self.own = self._open("/proc/self/schedstat")
        self.machine = os.open("/proc/stat", os.O_RDONLY)
        self.times, self.noted = [], []
        self.note()

    @staticmethod
    def _open(pattern):
        return [os.open(one, os.O_RDONLY) for one in glob.glob(pattern)]

    def note(self):
        each = [int(os.pread(one, 99, 0).split()[1]) / NS for one in self.threads + self.own]
        self.noted.append([*each, int(os.pread(self.machine, 199, 0).split()[8]) / TICKS])
        self.times.append(time.monotonic())

    def between(self, begin, end):
        """The longest wait of a thread, and what else there was. Of the notes around these times."""
        first = max(bisect.bisect_right(self.times, begin) - 1, 0)
        last = min(bisect.bisect_left(self.times, end), len(self.times) - 1)
        spent = [b - a for a, b in zip(self.noted[first], self.noted[last], strict=True)]
        n = len(self.threads)
        return max(spent[:n], default=0) + sum(spent[n:])

    def kept(self, sent, deadline, came):
        if came <= sent + deadline:
            return self.between(sent, came)
        return self.between(sent, sent + ON_ITS_WAY) + self.between(sent + deadline, came)


class Plan:
    """When which target is asked for: {target: (requests a second, deadline)}"""

    def __init__(self, targets):
        now = time.monotonic()
        self.deadlines = {target: deadline for target, (_, deadline) in targets.items()}
        self.due = [(now + n / len(targets) / rate, target, 1 / rate)
                    for n, (target, (rate, _)) in enumerate(targets.items())]
        heapq.heapify(self.due)

    def take(self):
        """A target that is due; None where there is none."""
        when, target, pause = self.due[0]
        if when > time.monotonic():
            return None
        heapq.heapreplace(self.due, (when + pause, target, pause))
        return target

    def time_left(self):
        return max(0, self.due[0][0] - time.monotonic())


class Loop:
    def __init__(self, address, pid, targets):
        self.address, self.plan, self.waits = address, Plan(targets), Waits(pid)
        self.poll = selectors.DefaultSelector()
        self.poll.register(sys.stdin, selectors.EVENT_READ)
        self.is_over = False
        self.idle, self.busy = [], {}
        self.records, self.most = [], 0

    def run(self):
        while not self.is_over or self.busy:
            self._ask_all()
            events = self.poll.select(0.1 if self.is_over else self.plan.time_left())
            woke = time.monotonic()
            self.waits.note()
            for key, _ in events:
                self._take(key.fileobj, woke)
        return {"records": self.records, "most": self.most}

    def _ask_all(self):
        while not self.is_over and (target := self.plan.take()):
            assert len(self.busy) < AT_ONCE_MAX, "the gateway does not answer"
            client = self.idle.pop() if self.idle else self._connect()
            self.busy[client.socket] = client, target
            self.most = max(self.most, len(self.busy))
            client.ask(target)

    def _connect(self):
        client = Client(self.address)
        self.poll.register(client.socket, selectors.EVENT_READ)
        return client

    def _take(self, source, woke):
        if source is sys.stdin:
            self.poll.unregister(source)
            self.is_over = True
            return
        client, target = self.busy.pop(source)
        sent = client.sent_at
        got = client.answer()
        self.idle.append(client)
        self.records.append({
            "target": target, "at": sent, "seconds": woke - sent,
            "kept": self.waits.kept(sent, self.plan.deadlines[target], woke),
            "status": got.status, "there": there(got), "kinds": dict(got.failures()),
        })


def there(got):
    """The names of the sources whose values are in the answer."""
    return [name for name, value in got.json().items() if name != "errors" and value is not None]


class Asker:
    """The test's side: asks from its making to stop(), which has what came of it."""

    def __init__(self, gateway, targets):
        words = [gateway.address, str(gateway.process.pid), json.dumps(targets)]
        command = [sys.executable, __file__, *words]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def stop(self):
        """{"records": one an answer, "most": requests that were under way at once}"""
        said, _ = self.process.communicate()
        assert self.process.returncode == 0, "the asker had no whole answer"
        return json.loads(said)

    def kill(self):
        self.process.kill()
        self.process.wait()


if __name__ == "__main__":
    place, process, wanted = sys.argv[1:]
    print(json.dumps(Loop(place, int(process), json.loads(wanted)).run()))
