"""test_drain.py - ending: what is under way ends well, then the process does (CONTRACT 2, 3.10)"""

import signal
import threading
import time

import pytest

from behaviour import answer, silent, when
from cases import GRAIN, fresh, table
from client import Client
from gateway import wait_for

pytestmark = pytest.mark.threads

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
drain: {delay: DELAY, grace: GRACE}
bounds: {idle_timeout: 30s}
services:
  alpha: {targets: ["http://@alpha@"], timeout: 20s}
endpoints:
  - path: /one/{key}
    timeout: 20s
    sources: {one: {get: "alpha:/{key}"}}
  - path: /post/{key}
    method: POST
    timeout: 20s
    sources: {one: {post: "alpha:/{key}", timeout: 1s}}
  - path: /long/{key}
    method: POST
    timeout: 20s
    sources: {one: {post: "alpha:/{key}"}}
"""


@pytest.fixture
def serve(start):
    def begin(delay="0s", grace="10s"):
        gateway = start(CONFIG.replace("DELAY", delay).replace("GRACE", grace))
        wait_for(lambda: is_ready(gateway))
        return gateway

    return begin


def under_way(gateway, behaviour):
    """A client whose request has reached the service."""
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour)
    client = gateway.client().ask(f"/one/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    return client


def is_ready(gateway):
    return gateway.get("/readyz", place="admin").status == 200


def refuses(address):
    try:
        Client(address).close()
        return False
    except ConnectionRefusedError:
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_an_answer_under_way_ends_well_and_says_close(serve, number):
    gateway, go = serve(), threading.Event()
    client = under_way(gateway, when(go, answer({"a": 1})))
    gateway.signal(number)
    wait_for(lambda: refuses(gateway.address))
    go.set()
    got = client.answer()
    assert got.is_complete() and got.closes() and client.is_closed()
    assert gateway.ended() == 0


def test_many_answers_under_way_end_well(serve):
    gateway, go = serve(), threading.Event()
    clients = [under_way(gateway, when(go, answer({}))) for _ in range(30)]
    gateway.signal(signal.SIGTERM)
    wait_for(lambda: refuses(gateway.address))
    go.set()
    assert all(client.answer().is_complete() for client in clients)
    assert gateway.ended() == 0
    for client in clients:
        client.close()


def test_an_idle_connection_is_closed_and_delays_nothing(serve):
    gateway = serve()
    with gateway.client() as idle, gateway.client() as silent_one:
        assert idle.get("/one/x").status == 200
        began = time.monotonic()
        gateway.signal(signal.SIGTERM)
        assert gateway.ended() == 0
        assert time.monotonic() - began < 3
        assert idle.is_closed() and silent_one.is_closed()


def test_requests_that_have_arrived_are_answered(serve):
    """On a kept connection, and on one that nobody has accepted yet."""
    gateway = serve()
    clients = [gateway.client() for _ in range(8)]
    assert all(client.get("/one/x").status == 200 for client in clients)
    gateway.signal(signal.SIGSTOP)
    clients += [gateway.client() for _ in range(8)]
    for client in clients:
        client.ask("/one/x")
    gateway.signal(signal.SIGTERM)
    gateway.signal(signal.SIGCONT)
    for client in clients:
        assert client.answer().is_complete()
        client.close()
    assert gateway.ended() == 0


def test_half_a_request_does_not_delay_the_end_beyond_the_grace(serve):
    gateway = serve(grace="500ms")
    with gateway.client() as client:
        client.send(b"GET /one/x HTTP/1.1\r\nHo")
        began = time.monotonic()
        gateway.signal(signal.SIGTERM)
        assert gateway.ended() == 0
        assert time.monotonic() - began < 3


def test_behind_the_grace_what_is_left_is_cut(serve):
    gateway = serve(grace="400ms")
    client = under_way(gateway, silent())
    began = time.monotonic()
    gateway.signal(signal.SIGTERM)
    assert gateway.ended() == 0
    assert 0.4 - GRAIN <= time.monotonic() - began < 3
    assert b" 200 " not in client.rest()


def test_with_nothing_under_way_it_ends_at_once(serve):
    gateway = serve(grace="30s")
    assert gateway.get("/one/x").status == 200
    began = time.monotonic()
    gateway.signal(signal.SIGTERM)
    assert gateway.ended() == 0
    assert time.monotonic() - began < 3


class TestDelay:
    def test_readyz_turns_503_while_requests_are_served(self, serve):
        gateway = serve(delay="600ms")
        began = time.monotonic()
        gateway.signal(signal.SIGTERM)
        wait_for(lambda: not is_ready(gateway))
        assert gateway.get("/healthz", place="admin").status == 200
        assert gateway.get("/one/x").status == 200, "accepting goes on during the delay"
        wait_for(lambda: refuses(gateway.address))
        assert time.monotonic() - began >= 0.6 - GRAIN
        assert gateway.ended() == 0

    def test_a_second_signal_shortens_it(self, serve):
        gateway = serve(delay="30s")
        gateway.signal(signal.SIGTERM)
        wait_for(lambda: not is_ready(gateway))
        gateway.signal(signal.SIGTERM)
        assert gateway.ended(5) == 0


def test_readyz_is_503_while_answers_are_under_way(serve):
    gateway, go = serve(), threading.Event()
    client = under_way(gateway, when(go, answer({})))
    gateway.signal(signal.SIGTERM)
    wait_for(lambda: refuses(gateway.address))
    assert not is_ready(gateway)
    go.set()
    assert client.answer().is_complete()


def test_a_pipelined_request_is_answered_or_refused_but_not_half(serve):
    gateway, go = serve(), threading.Event()
    client = under_way(gateway, when(go, answer({})))
    client.ask("/one/next")
    gateway.signal(signal.SIGTERM)
    wait_for(lambda: refuses(gateway.address))
    go.set()
    first = client.answer()
    assert first.is_complete()
    if first.closes():
        assert client.is_closed()
    else:
        assert client.answer().closes()


@table("behaviour", ("a silent one", silent()), ("a good one", answer({})))
def test_a_client_that_leaves_meanwhile_ends_the_wait(serve, behaviour):
    gateway = serve(grace="30s")
    client = under_way(gateway, behaviour)
    gateway.signal(signal.SIGTERM)
    client.close()
    assert gateway.ended(5) == 0


@pytest.mark.parametrize("is_gone", [False, True], ids=["with its request", "behind its request"])
def test_an_unsafe_call_is_cut_and_logged_behind_the_grace(serve, is_gone):
    gateway, key = serve(grace="300ms"), fresh()
    gateway["alpha"].on(f"/{key}", silent())
    client = gateway.client().ask(f"/long/{key}", "POST", body=b"")
    gateway["alpha"].wait_requests(f"/{key}")
    if is_gone:
        client.close()
    began = time.monotonic()
    gateway.signal(signal.SIGTERM)
    assert gateway.ended() == 0
    assert 0.3 - GRAIN <= time.monotonic() - began < 1.25, "and not a second more"
    lines = [line for line in gateway.log() if line["path"] == "/long/{key}"]
    assert [line["sources"]["one"]["kind"] for line in lines] == ["cancelled"]
    assert lines[0]["sources"]["one"]["attempts"] == 1 and lines[0]["ms"] > 0
    client.close()


def test_an_unsafe_call_may_end_within_its_own_timeout(serve):
    gateway, key = serve(grace="5s"), fresh()
    gateway["alpha"].on(f"/{key}", silent())
    began = time.monotonic()
    client = gateway.client().ask(f"/post/{key}", "POST", body=b"")
    gateway["alpha"].wait_requests(f"/{key}")
    client.close()
    gateway.signal(signal.SIGTERM)
    assert gateway.ended() == 0
    assert 0.95 < time.monotonic() - began < 4.9, "its own second, and not the grace"
