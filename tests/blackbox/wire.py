"""wire.py - a network between this machine and a namespace that loses, delays or cuts what it carries

Two kinds of the same: a pair of veth with the kernel's netem, and, as not every kernel has that, a
pair of tun devices with a process between them that copies the packets. A third is a pair of veth
alone, which can be cut and nothing else. A kind is skipped where it cannot be had: all need root
(CAP_NET_ADMIN and CAP_SYS_ADMIN) and iproute2. What they make is named after this process, and goes
with the block that made it.

    with wire.made("netem") as link:
        Actor(link.far, link.inside) ... link.impair(loss=0.05, delay=0.02, jitter=0.01)
"""

import contextlib
import fcntl
import heapq
import itertools
import os
import random
import select
import shutil
import struct
import subprocess
import sys
import time

import pytest

KINDS = ("netem", "copied")
CUT_KINDS = (*KINDS, "unplugged")
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_SEED = 7
_HELD_MAX = 10000  # packets under way; what is beyond them is lost, as in netem

_numbers = itertools.count(1)


class Impossible(Exception):
    """There is no such wire here, and why."""


def _ip(*words):
    _run("ip", *words)


def _run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Impossible(f"{' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}")


class Link:
    """`near` and `far` are the addresses of its ends; `inside` runs a command at the far one."""

    def __init__(self):
        n = next(_numbers)
        self.name = f"sheaf-{os.getpid()}-{n}"
        self.ends = f"sf{os.getpid()}n{n}", f"sf{os.getpid()}f{n}"
        # Of the addresses that are kept for tests of networks (RFC 2544), four for each.
        at = (os.getpid() * 61 + n) % (1 << 15) * 4
        self.near, self.far = (f"198.{18 + (at >> 16)}.{at >> 8 & 255}.{(at & 255) + k}" for k in (1, 2))
        self.inside = ["ip", "netns", "exec", self.name]

    def make(self):
        _ip("netns", "add", self.name)
        self._join()
        _ip("address", "add", f"{self.near}/30", "dev", self.ends[0])
        _ip("link", "set", self.ends[0], "up")
        _ip("-n", self.name, "address", "add", f"{self.far}/30", "dev", self.ends[1])
        for device in "lo", self.ends[1]:
            _ip("-n", self.name, "link", "set", device, "up")
        self.impair()

    def unmake(self):
        with contextlib.suppress(Impossible):
            _ip("netns", "delete", self.name)

    def impair(self, loss=0.0, delay=0.0, jitter=0.0):
        """Each way: the share that is lost, the seconds that all takes, and at most so many more."""
        raise NotImplementedError

    def cut(self):
        self.impair(loss=1.0)


class _Unplugged(Link):
    """Its far end is down while it is cut."""

    def _join(self):
        _ip("link", "add", self.ends[0], "type", "veth", "peer", "name", self.ends[1],
            "netns", self.name)

    def unmake(self):
        with contextlib.suppress(Impossible):
            _ip("link", "delete", self.ends[0])
        super().unmake()

    def impair(self, loss=0.0, delay=0.0, jitter=0.0):
        assert not loss and not delay and not jitter
        _ip("-n", self.name, "link", "set", self.ends[1], "up")

    def cut(self):
        _ip("-n", self.name, "link", "set", self.ends[1], "down")


class _Netem(_Unplugged):
    def cut(self):
        self.impair(loss=1.0)

    def impair(self, loss=0.0, delay=0.0, jitter=0.0):
        # netem's jitter goes both ways about its delay.
        middle = delay + jitter / 2
        how = ["netem", "limit", str(_HELD_MAX), "delay", f"{middle * 1e6:.0f}us",
               f"{jitter / 2 * 1e6:.0f}us", "loss", f"{loss * 100:g}%"]
        for device, where in zip(self.ends, ([], ["-n", self.name]), strict=True):
            _run("tc", *where, "qdisc", "replace", "dev", device, "root", *how)


class _Copied(Link):
    def _join(self):
        command = [sys.executable, __file__, *self.ends]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        self.copier = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
        self._wait()
        _ip("link", "set", self.ends[1], "netns", self.name)

    def unmake(self):
        if hasattr(self, "copier"):
            self.copier.communicate()
        super().unmake()

    def impair(self, loss=0.0, delay=0.0, jitter=0.0):
        self.copier.stdin.write(f"{loss} {delay} {jitter}\n")
        self.copier.stdin.flush()
        self._wait()

    def _wait(self):
        if self.copier.stdout.readline() != "done\n":
            said = self.copier.communicate()[1].strip().splitlines()
            raise Impossible(f"/dev/net/tun: {said[-1] if said else 'nothing was said'}")


@contextlib.contextmanager
def made(kind):
    """A wire of that kind; skips the test where there can be none."""
    if os.geteuid() or not shutil.which("ip") or (kind == "netem" and not shutil.which("tc")):
        pytest.skip("network namespaces need root and iproute2")
    link = {"netem": _Netem, "copied": _Copied, "unplugged": _Unplugged}[kind]()
    try:
        try:
            link.make()
        except Impossible as why:
            pytest.skip(f"not permitted or not there: {why}")
        yield link
    finally:
        link.unmake()


# The process between two tun devices


def _device(name):
    made_ = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(made_, _TUNSETIFF, struct.pack("16sH", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return made_


class _Copier:
    def __init__(self, one, other):
        self.across = {one: other, other: one}
        self.loss = self.delay = self.jitter = 0.0
        self.dice = random.Random(_SEED)
        self.held, self.n = [], 0

    def run(self):
        while True:
            left = max(0, self.held[0][0] - time.monotonic()) if self.held else None
            for source in select.select([*self.across, sys.stdin], [], [], left)[0]:
                if source in self.across:
                    self._take(source)
                elif not self._is_told():
                    return
            while self.held and self.held[0][0] <= time.monotonic():
                _, _, out, packet = heapq.heappop(self.held)
                with contextlib.suppress(OSError):  # as a wire does: an end may be down
                    os.write(out, packet)

    def _is_told(self):
        line = sys.stdin.readline()
        if line:
            self.loss, self.delay, self.jitter = map(float, line.split())
            print("done", flush=True)
        return line

    def _take(self, source):
        packet = os.read(source, 65536)
        if self.dice.random() < self.loss or len(self.held) >= _HELD_MAX:
            return
        when = time.monotonic() + self.delay + self.dice.random() * self.jitter
        self.n += 1
        heapq.heappush(self.held, (when, self.n, self.across[source], packet))


if __name__ == "__main__":
    copier = _Copier(*map(_device, sys.argv[1:]))
    print("done", flush=True)
    copier.run()
