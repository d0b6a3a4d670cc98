"""places.py - addresses on loopback: free ones, one that refuses, one that never accepts"""

import collections
import contextlib
import itertools
import os
import socket

# Below the ports that the kernel gives to clients, so that no client of ours takes one meanwhile;
# begun at a place of this process, so that two runs at once seldom meet.
_FIRST, _LAST = 10000, 32000
_candidates = itertools.cycle(range(_FIRST, _LAST))
for _ in range(os.getpid() * 7919 % (_LAST - _FIRST)):
    next(_candidates)

# Two gateways on one port would share its clients and not complain (SO_REUSEPORT). So a port that
# was given out lately is marked by a name that one process alone can have.
_marks = collections.deque(maxlen=64)


def _is_ours(port):
    mark = socket.socket(socket.AF_UNIX)
    with contextlib.suppress(OSError):
        mark.bind(f"\0sheaf-tests-{port}")
        _marks.append(mark)
        return True
    mark.close()
    return False


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in filter(_is_ours, _candidates):
        with socket.socket(family) as probe, contextlib.suppress(OSError):
            probe.bind((host, port))
            return port


def has_ipv6():
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def refusing():
    """An address where nobody listens, kept from others while the case runs."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield "127.0.0.1:%d" % held.getsockname()[1]


@contextlib.contextmanager
def never_accepting():
    """An address whose queue is full: a connect to it hangs."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.socket())
        listening.bind(("127.0.0.1", 0))
        listening.listen(0)
        for _ in range(64):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0.1)
            try:
                waiting.connect(listening.getsockname())
            except TimeoutError:
                break
        else:
            raise AssertionError("the queue of a listening socket did not fill")
        yield "127.0.0.1:%d" % listening.getsockname()[1]
