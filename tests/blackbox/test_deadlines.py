"""test_deadlines.py - time: timeouts, deadlines, clients that leave (CONTRACT 3.5)

Lower bounds are exact, less the clock's grain; upper ones leave room for a busy machine.
"""

import threading
import time

import pytest

from behaviour import after, answer, drip, silent, then
from cases import GRAIN, fresh, table

ROOM = 0.4

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], timeout: 10s}
  beta: {targets: ["http://@beta@"], timeout: 150ms}
  gamma: http://@gamma@
  again: {targets: ["http://@alpha@"], timeout: 500ms, retry: {attempts: 3, causes: [timeout]}}
endpoints:
  - path: /again/{key}
    timeout: 900ms
    sources: {one: {get: "again:/{key}"}}
  - path: /deadline/{key}
    timeout: 300ms
    sources:
      one: {get: "alpha:/{key}"}
      two: {get: "gamma:/{key}"}
  - path: /shorter/{key}
    sources: {one: {get: "alpha:/{key}", timeout: 200ms}}
  - path: /longer/{key}
    sources: {one: {get: "beta:/{key}", timeout: 400ms}}
  - path: /service/{key}
    sources: {one: {get: "beta:/{key}"}}
  - path: /default/{key}
    sources: {one: {get: "gamma:/{key}"}}
  - path: /long/{key}
    timeout: 5s
    sources: {one: {get: "alpha:/{key}"}}
  - path: /post/{key}
    method: POST
    timeout: 300ms
    sources:
      one: {post: "alpha:/{key}", timeout: 900ms}
      two: {get: "gamma:/{key}"}
  - path: /chain/{key}
    timeout: 400ms
    sources:
      one: {get: "gamma:/{key}"}
      two: {get: "alpha:/{key}/{one.v}"}
  - path: /chain_long/{key}
    timeout: 5s
    sources:
      one: {get: "alpha:/{key}"}
      two: {get: "gamma:/{key}/{one.v}"}
"""


def late(answer_, seconds):
    assert seconds - GRAIN <= answer_.seconds < seconds + ROOM


@table(
    "endpoint, service, seconds",
    ("the endpoint's deadline", "deadline", "alpha", 0.3),
    ("the source's timeout, which is shorter than its service's", "shorter", "alpha", 0.2),
    ("the source's timeout, which is longer than its service's", "longer", "beta", 0.4),
    ("the service's timeout", "service", "beta", 0.15),
    ("the default of a service", "default", "gamma", 1.0),
)
@pytest.mark.parametrize("behaviour", [silent(), drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 999,
                                                      pause=0.02)], ids=["silence", "a drip"])
def test_a_late_source_is_told_at(gateway, endpoint, service, seconds, behaviour):
    key = fresh()
    gateway[service].on(f"/{key}", behaviour)
    got = gateway.get(f"/{endpoint}/{key}")
    late(got, seconds)
    assert got.status == 200 and got.failures() == [("one", "timeout")]
    assert gateway[service].only(f"/{key}").connection.closed.wait(1), "and its call is closed"


def test_the_time_that_is_told_is_that_of_all_attempts(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", silent())
    got = gateway.get(f"/again/{key}")
    assert len(gateway["alpha"].requests(f"/{key}")) == 2
    assert got.json()["errors"][0]["message"] == "one: no answer within 900 ms"


def test_at_the_deadline_what_has_come_goes_out(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", silent())
    gateway["gamma"].on(f"/{key}", after(0.1, answer({"here": 1})))
    got = gateway.get(f"/deadline/{key}")
    late(got, 0.3)
    assert got.json()["two"] == {"here": 1}


def test_an_answer_that_is_whole_does_not_wait_for_the_deadline(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", after(0.1, answer({})))
    got = gateway.get(f"/deadline/{key}")
    assert got.is_complete() and 0.1 - GRAIN <= got.seconds < 0.3


def test_what_was_not_yet_called_is_told_as_timeout_too(gateway):
    key = fresh()
    gateway["gamma"].on(f"/{key}", silent())
    got = gateway.get(f"/chain/{key}")
    late(got, 0.4)
    assert got.failures()[0] == ("one", "timeout") and len(got.failures()) == 2


def test_a_later_call_has_what_is_left(gateway):
    key = fresh()
    gateway["gamma"].on(f"/{key}", after(0.25, answer({"v": 1})))
    gateway["alpha"].on(f"/{key}/1", silent())
    got = gateway.get(f"/chain/{key}")
    late(got, 0.4)
    assert got.failures() == [("two", "timeout")]
    left = int(gateway["alpha"].only(f"/{key}/1")["x-request-timeout-ms"])
    assert 0 < left <= 151


class TestTheClientsOwn:
    """Prefer: wait=N and x-request-timeout-ms shorten the deadline and never lengthen it."""

    @table(
        "fields, endpoint, seconds",
        ("x-request-timeout-ms", [("X-Request-Timeout-Ms", "150")], "long", 0.15),
        ("Prefer", [("Prefer", "wait=1")], "long", 1.0),
        ("Prefer among others", [("Prefer", "respond-async, wait=1")], "long", 1.0),
        ("both, of which the lesser holds",
         [("Prefer", "wait=1"), ("X-Request-Timeout-Ms", "150")], "long", 0.15),
        ("a longer one", [("X-Request-Timeout-Ms", "4000")], "deadline", 0.3),
        ("a longer wait", [("Prefer", "wait=60")], "deadline", 0.3),
        ("a word", [("X-Request-Timeout-Ms", "soon")], "deadline", 0.3),
        ("a negative one", [("X-Request-Timeout-Ms", "-5")], "deadline", 0.3),
        ("one beyond 64 bits", [("X-Request-Timeout-Ms", "18446744073709551716")], "deadline", 0.3),
        ("another preference", [("Prefer", "waiting=0, return=minimal")], "deadline", 0.3),
        ("a wait that is a word", [("Prefer", "wait=long")], "deadline", 0.3),
    )
    def test_it_is(self, gateway, fields, endpoint, seconds):
        key = fresh()
        gateway["alpha"].on(f"/{key}", silent())
        got = gateway.get(f"/{endpoint}/{key}", fields=fields)
        late(got, seconds)
        assert got.failures() == [("one", "timeout")]


class TestAClientThatLeaves:
    """It cancels its safe calls, and is logged as 499."""

    def leave(self, gateway, how, target, method="GET", service="alpha"):
        key, name = fresh(), fresh("left")
        client = gateway.client()
        client.ask(f"/{target}/{key}", method, [("X-Request-Id", name)])
        came = gateway[service].wait_requests(f"/{key}")[0]
        how(client)
        return client, key, name, came.connection

    @table(
        "how",
        ("it closes", lambda client: client.close()),
        ("it resets", lambda client: client.reset()),
        ("it ends its side of the stream", lambda client: client.finish()),
    )
    def test_its_call_is_closed_and_it_is_logged(self, gateway, how):
        with_silence(gateway, "alpha")
        client, _, name, connection = self.leave(gateway, how, "long")
        assert connection.closed.wait(1), "the call is cancelled at once"
        line = gateway.log_line(name)
        assert line["status"] == 499
        assert line["ms"] < 2000
        client.close()

    def test_it_disturbs_nobody_else(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", after(0.3, answer({"a": 1})))
        with gateway.client() as other:
            other.ask(f"/long/{key}")
            gateway["alpha"].wait_requests(f"/{key}")
            with_silence(gateway, "alpha")
            self.leave(gateway, lambda client: client.reset(), "long")
            assert other.answer().json()["one"] == {"a": 1}

    def test_later_calls_are_not_made(self, gateway):
        with_silence(gateway, "alpha")
        client, key, name, connection = self.leave(
            gateway, lambda client: client.close(), "chain_long")
        assert connection.closed.wait(1)
        assert gateway.log_line(name)["status"] == 499
        assert not [r for r in gateway["gamma"].requests() if key in r.target]
        client.close()

    def test_an_unsafe_call_ends_by_itself_and_is_logged(self, gateway):
        key, name, written = fresh(), fresh("left"), threading.Event()
        gateway["alpha"].on(f"/{key}", after(0.4, then(answer({}), written)))
        with gateway.client() as client:
            client.ask(f"/post/{key}", "POST", [("X-Request-Id", name)], b"")
            came = gateway["alpha"].wait_requests(f"/{key}")[0]
        assert written.wait(2) and not came.connection.closed.is_set()
        own, late = gateway.log_lines(name, 2)
        assert own["status"] == 499
        assert late["status"] == 200 and list(late["sources"]) == ["one"]

    def test_a_client_that_leaves_between_requests_is_no_event(self, gateway):
        key, name = fresh(), fresh("stays")
        with gateway.client() as client:
            client.get(f"/default/{key}", fields=[("X-Request-Id", name)])
        assert gateway.log_line(name)["status"] == 200


def with_silence(gateway, service):
    """From now on a path without a behaviour of its own is not answered."""
    gateway[service].otherwise = silent()


@pytest.fixture(autouse=True)
def ends_with_words(gateway):
    yield
    for service in gateway.services.values():
        service.otherwise = None


class TestAnUnsafeCall:
    """It is not cancelled by the deadline: its source is told as timeout, and it goes on."""

    def test_it_goes_on_behind_the_deadline(self, gateway):
        key, written = fresh(), threading.Event()
        gateway["alpha"].on(f"/{key}", after(0.6, then(answer({}), written)))
        got = gateway.post(f"/post/{key}")
        late(got, 0.3)
        assert got.failures() == [("one", "timeout")]
        assert written.wait(2)
        assert not gateway["alpha"].only(f"/{key}").connection.closed.is_set()

    def test_it_ends_within_its_own_timeout(self, gateway):
        key, began = fresh(), time.monotonic()
        gateway["alpha"].on(f"/{key}", silent())
        late(gateway.post(f"/post/{key}"), 0.3)
        connection = gateway["alpha"].only(f"/{key}").connection
        assert connection.closed.wait(3)
        assert 0.9 - GRAIN <= connection.closed_at - began < 0.9 + ROOM

    def test_the_next_answer_does_not_wait_for_it(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", after(0.6, answer({})))
        with gateway.client() as client:
            late(client.get(f"/post/{key}", "POST", body=b""), 0.3)
            assert client.get(f"/default/{fresh()}").seconds < 0.2
