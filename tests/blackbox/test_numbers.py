"""test_numbers.py - numbers of a configuration mean the process, not each of its workers (CONTRACT 3)

Every case has four workers and proves that all of them had a share: were a number a worker's own,
each case would see up to four times of it.
"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from behaviour import after, answer, resetting, when
from gateway import wait_for

WORKERS = 4
CONFIG = """
listen: @listen@
admin: @admin@
workers: 4
services:
  alpha: {%s}
endpoints:
  - path: /x
    timeout: 8s
    rate_limit: %s
    sources: {one: {get: "alpha:/x", timeout: 6s}}
"""
ONE, TWO = "targets: [http://@one@]", "targets: [http://@one@, http://@two@]"
RESERVE = 10  # retries, and hedges, that ten seconds allow in any case
AT_ONCE = 32


class Shares:
    """Nanoseconds that each worker has run since this was made."""

    def __init__(self, gateway):
        threads = Path(f"/proc/{gateway.process.pid}/task").iterdir()
        self.workers = sorted(threads, key=lambda one: int(one.name))[-WORKERS:]  # begun last
        self.before = self._now()

    def _now(self):
        return [int((one / "schedstat").read_text().split()[0]) for one in self.workers]

    def all_had_one(self):
        """One that answers even a single request runs for so long; one that idles hardly does."""
        return all(now - then > 100_000 for now, then in zip(self._now(), self.before, strict=True))


@pytest.fixture
def begin(start):
    """Starts a gateway with such a service; at the end each worker has had requests."""
    made = []

    def begin_(*service, rate_limit="off"):
        gateway = start(CONFIG % (", ".join(service), rate_limit))
        wait_for(lambda: gateway.get("/readyz", place="admin").status == 200)
        made.append(Shares(gateway))
        return gateway

    yield begin_
    for shares in made:
        assert shares.all_had_one()


def one_by_one(gateway, n):
    """The kinds of failure of n requests, each on a connection of its own; None for none."""
    return [kind(gateway.get("/x")) for _ in range(n)]


def at_once(gateway, n, width=AT_ONCE):
    with ThreadPoolExecutor(width) as pool:
        return list(pool.map(lambda _: kind(gateway.get("/x")), range(n)))


def kind(got):
    failures = got.failures()
    return failures[0][1] if failures else None


def asked(gateway):
    return sum(len(service.requests("/x")) for service in gateway.services.values())


def metric(gateway, name):
    text = gateway.get("/metrics", place="admin").body.decode()
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(name + " "))


def test_the_calls_that_open_a_breaker(begin):
    gateway = begin(ONE, "breaker: {min_calls: 40, failures: 50%, open: 1h}")
    gateway["one"].on("/x", answer(b"", 500))
    assert one_by_one(gateway, 80) == ["status"] * 40 + ["open"] * 40
    assert asked(gateway) == 40


def test_the_probes_that_close_it(begin):
    gateway = begin(ONE, "breaker: {min_calls: 40, failures: 50%, open: 50ms, probes: 3}")
    gateway["one"].on("/x", answer(b"", 500))
    one_by_one(gateway, 40)
    go = threading.Event()
    gateway["one"].on("/x", when(go, answer({})))
    time.sleep(0.1)  # longer than it stays open
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = [pool.submit(gateway.get, "/x") for _ in range(AT_ONCE)]
        wait_for(lambda: sum(one.done() for one in answers) == AT_ONCE - 3)
        assert asked(gateway) == 40 + 3
        go.set()
        kinds = [kind(one.result()) for one in answers]
    assert kinds.count("open") == AT_ONCE - 3 and kinds.count(None) == 3
    assert set(one_by_one(gateway, 8)) == {None}


def test_the_places_of_a_limit_and_of_its_queue(begin):
    gateway = begin(ONE, "breaker: off", "concurrency: {max: 5, queue: 10}")
    go = threading.Event()
    gateway["one"].on("/x", when(go, answer({})))
    with ThreadPoolExecutor(40) as pool:
        answers = [pool.submit(gateway.get, "/x") for _ in range(40)]
        wait_for(lambda: sum(one.done() for one in answers) == 25)
        assert asked(gateway) == 5
        go.set()
        kinds = [kind(one.result()) for one in answers]
    assert kinds.count("overloaded") == 25 and kinds.count(None) == 15


def test_the_budget_of_retries(begin):
    gateway = begin(ONE, "breaker: off", "retry: {attempts: 2, budget: 20%}")
    gateway["one"].on("/x", answer(b"", 503))
    assert set(at_once(gateway, 60)) == {"status"}
    extra = asked(gateway) - 60
    allowed = 12 + RESERVE
    # What threads take at the same moment they may all have: a call a worker.
    assert allowed - WORKERS <= extra <= allowed + WORKERS
    assert metric(gateway, "sheaf_calls_retried_total") == extra


def test_the_budget_of_hedges(begin):
    gateway = begin(TWO, "breaker: off", "hedge: {after: 20ms, budget: 10%}")
    for service in gateway.services.values():
        service.on("/x", after(0.15, answer({})))
    assert set(at_once(gateway, 60)) == {None}
    extra = asked(gateway) - 60
    allowed = 6 + RESERVE
    assert allowed - WORKERS <= extra <= allowed + WORKERS
    assert metric(gateway, "sheaf_calls_hedged_total") == extra


def test_the_failures_that_eject_a_target(begin):
    gateway = begin(TWO, "breaker: off", "balance: round-robin")
    gateway["one"].on("/x", resetting())
    kinds = one_by_one(gateway, 80)
    assert kinds.count("unreachable") == 5 and set(kinds[40:]) == {None}


def test_the_requests_of_a_rate_limit(begin):
    gateway = begin(ONE, rate_limit="{rate: 1/h, burst: 30}")
    statuses = [gateway.get("/x").status for _ in range(200)]
    assert statuses == [200] * 30 + [429] * 170
    assert asked(gateway) == 30


def test_the_requests_that_it_lets_be_under_way(begin):
    gateway = begin(ONE, "breaker: off", rate_limit="{concurrent: 6}")
    go = threading.Event()
    gateway["one"].on("/x", when(go, answer({})))
    with ThreadPoolExecutor(40) as pool:
        answers = [pool.submit(gateway.get, "/x") for _ in range(40)]
        wait_for(lambda: sum(one.done() for one in answers) == 34)
        assert asked(gateway) == 6
        go.set()
        statuses = [one.result().status for one in answers]
    assert statuses.count(200) == 6 and statuses.count(429) == 34
    assert [gateway.get("/x").status for _ in range(20)] == [200] * 20
