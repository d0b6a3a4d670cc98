"""test_workers.py - several threads: nothing is lost, mixed up or counted twice (CONTRACT 3)"""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from behaviour import after, answer, chunked, closing, reused
from cases import fresh
from gateway import Gateway, wait_for

CONFIG = """
listen: [@listen@, "@unix@"]
admin: @admin@
workers: 4
services:
  alpha: {targets: ["http://@alpha@"], timeout: 5s}
  beta: {targets: ["http://@beta@"], timeout: 5s}
endpoints:
  - path: /one/{key}
    timeout: 10s
    sources:
      one: {get: "alpha:/{key}", required: true}
      two: {get: "beta:/{key}/{one.v}"}
  - path: /plain/{key}
    timeout: 10s
    sources: {one: {get: "alpha:/{key}"}, two: {get: "beta:/{key}"}}
"""

pytestmark = pytest.mark.threads


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    folder = tmp_path_factory.mktemp("workers")
    with Gateway(CONFIG, folder, unix=f"unix:{folder}/socket") as shared:
        yield shared


def at_once(n, work):
    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(work, range(n)))


@pytest.mark.parametrize("place", ["listen", "unix"])
def test_each_client_gets_its_own_answers(gateway, place):
    def ask(n):
        keys = [fresh(f"c{n}-") for _ in range(15)]
        with gateway.client(place) as client:
            for key in keys:
                gateway["alpha"].on(f"/{key}", answer({"v": key}))
                got = client.get(f"/one/{key}")
                assert got.json() == {
                    "one": {"v": key}, "two": {"service": "beta", "target": f"/{key}/{key}"}
                }
        return len(keys)

    assert sum(at_once(24, ask)) == 24 * 15


def test_many_connections_at_once_have_a_line_each(gateway):
    ids = [fresh("w") for _ in range(60)]

    def ask(n):
        return gateway.get(f"/plain/{fresh()}", fields=[("X-Request-Id", ids[n])]).status

    assert at_once(60, ask) == [200] * 60
    for name in ids:
        gateway.log_line(name)


def test_services_that_misbehave_meanwhile_disturb_no_other_answer(gateway):
    dice = random.Random(1)
    deeds = [closing(), answer({}, 500), answer(b"{"), after(0.05, answer({})),
             chunked([b"[", b"]"]), reused(answer({}), closing())]

    def ask(n):
        good = n % 2 == 0
        with gateway.client() as client:
            for _ in range(10):
                key = fresh()
                if not good:
                    gateway["alpha"].on(f"/{key}", dice.choice(deeds))
                got = client.get(f"/plain/{key}")
                assert got.status == 200
                assert got.json()["two"]["target"] == f"/{key}"
                assert not good or got.is_complete()

    at_once(24, ask)


def test_clients_that_leave_meanwhile_disturb_no_other_answer(gateway):
    def ask(n):
        for _ in range(8):
            key = fresh()
            gateway["alpha"].on(f"/{key}", after(0.03, answer({})))
            client = gateway.client().ask(f"/plain/{key}")
            if n % 3 == 0:
                client.reset()
            elif n % 3 == 1:
                client.close()
            else:
                assert client.answer().is_complete()
                client.close()

    at_once(24, ask)
    assert gateway.get(f"/plain/{fresh()}").is_complete()


def test_counters_add_up_over_all_workers(start, tmp_path):
    gateway = start(CONFIG, unix=f"unix:{tmp_path}/socket")

    def requests():
        text = gateway.get("/metrics", place="admin").body.decode()
        return next(float(line.split()[1]) for line in text.splitlines()
                    if line.startswith("sheaf_requests_total"))

    before = requests()
    at_once(20, lambda n: gateway.get(f"/plain/{fresh()}"))
    wait_for(lambda: requests() == before + 20)


def test_reloads_meanwhile_lose_no_answer(gateway):
    def ask(n):
        if n == 0:
            for _ in range(10):
                gateway.reload(CONFIG)
        with gateway.client() as client:
            return [client.get(f"/plain/{fresh()}").is_complete() for _ in range(20)]

    assert all(all(one) for one in at_once(12, ask))


def test_kept_connections_that_end_under_load_are_replaced(gateway):
    """The service ends each connection behind its answer, without a word."""

    def ask(n):
        with gateway.client() as client:
            for _ in range(10):
                key = fresh()
                gateway["alpha"].on(f"/{key}", closing(answer({"n": n})))
                assert client.get(f"/plain/{key}").json()["one"] == {"n": n}

    at_once(12, ask)
