"""actor.py - a service as a process of its own: it can be stopped and killed, and told what to do

Each line of its standard input is a word of MOODS, and says what it does from then on. It ends with
its input, so that none outlives the tests.
"""

import itertools
import shutil
import signal
import subprocess
import sys
import time

from behaviour import answer, drip, head, raw, resetting, silent
from places import free_port
from service import WAIT, Service

BODY = b'{"whole":"%s"}' % (b"a" * 400)
BURST = 0.2  # seconds


def bursts(connection, request):
    """Answers 503 for a while, then does well for as long."""
    is_bad = int(time.monotonic() / BURST) % 2
    return answer(b"", 503)(connection, request) if is_bad else well(connection, request)


well = answer(BODY)
MOODS = {
    "well": well,
    "silent": silent(),
    "reset": resetting(),
    "half": resetting(raw(head(length=len(BODY)) + BODY[:50])),
    "drip": drip(head(length=len(BODY)) + BODY, pause=0.02),
    "bursts": bursts,
    "refuse": None,  # nobody listens
}


class Actor:
    """The test's side of it. `inside`: a command that runs another in some other place."""

    def __init__(self, host="127.0.0.1", inside=()):
        self.host, self.port, self.inside = host, free_port(), inside
        self.address = f"{host}:{self.port}"
        self.process = None
        self.start()

    def start(self):
        command = [*self.inside, sys.executable, __file__, self.host, str(self.port)]
        if shutil.which("setpriv"):
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._wait()

    def be(self, mood):
        """From its return on it is in that mood."""
        self.process.stdin.write(mood.encode() + b"\n")
        self.process.stdin.flush()
        self._wait()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        """It may be stopped, or gone."""
        self.process.kill()
        self.process.wait(WAIT)
        self.process.stdin.close()
        self.process.stdout.close()

    def _wait(self):
        assert self.process.stdout.readline() == b"done\n", "the actor has ended"


def play(host, port):
    service = None
    for mood in itertools.chain(["well"], map(str.strip, sys.stdin)):
        if service and mood == "refuse":
            service.close()
            service = None
        elif not service:
            service = Service("actor", host=host, port=port)
        if service:
            service.otherwise = MOODS[mood]
        print("done", flush=True)


if __name__ == "__main__":
    play(sys.argv[1], int(sys.argv[2]))
