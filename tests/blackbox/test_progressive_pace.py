"""test_progressive_pace.py - when parts are written, to whom, and who is left behind (CONTRACT 3.6)"""

import threading
import time

import pytest

from behaviour import answer, silent, when
from cases import fresh
from gateway import wait_for
from stream import KINDS, MULTIPART, NDJSON, SSE, V02, Stream, compose
from test_admin import total

CONFIG = """
listen: @listen@
admin: @admin@
workers: 1
bounds: {send_timeout: 800ms}
services:
  alpha: {targets: ["http://@alpha@"], breaker: off, timeout: 9s}
  beta: {targets: ["http://@beta@"], breaker: off, timeout: 9s}
  gamma: {targets: ["http://@gamma@"], breaker: off, timeout: 9s}
endpoints:
  - path: /shop/{key}
    timeout: 9s
    sources:
      a: {get: "alpha:/{key}"}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}"}
  - path: /quick/{key}
    timeout: 200ms
    sources:
      a: {get: "alpha:/{key}", required: true}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}"}
  - path: /items/{key}
    timeout: 9s
    query: {ids: {list: true}}
    sources:
      gate: {get: "alpha:/{key}", required: true}
      list: {each: ids, batch: ids, max: 1000, get: "beta:/{key}{?ids}", by: id, stream: items}
      each: {each: ids, max: 1000, get: "gamma:/{key}/{item}", stream: items}
"""


def serve(gateway, *answers):
    key = fresh()
    for name, says in zip(("alpha", "beta", "gamma"), answers):
        gateway[name].on(f"/{key}", says if callable(says) else answer(says))
    return key


@pytest.fixture(params=KINDS, ids=["sse", "ndjson", "multipart", "v02"])
def kind(request):
    return request.param


END = {SSE: b"event: done", NDJSON: b'{"event":"done"', MULTIPART: b'"hasNext":false', V02: b'"hasNext":false'}


def is_one_write(gateway, target, kind):
    """Does what comes behind the first part come at once, as a reader that waits for it sees it?"""
    with Stream(gateway.address, target, kind) as stream:
        stream.event()
        assert stream.raw == stream.client.kept == b""
        got = stream.client.socket.recv(1 << 20)
    return END[kind] in got and got.endswith(b"0\r\n\r\n")


def test_parts_of_one_turn_are_one_write(gateway, kind):
    """At the deadline all that is missing is known in one turn."""
    key = serve(gateway, {}, silent(), silent())
    assert all([is_one_write(gateway, f"/quick/{key}", kind) for _ in range(5)])


def test_elements_of_one_turn_are_one_write(gateway, kind):
    """Of a batch all are known in one turn."""
    key = serve(gateway, 1)
    ids = ",".join(map(str, range(40)))
    target = f"/items/{key}?ids={ids}&fields=gate,list"
    found = []
    for _ in range(5):
        go = threading.Event()
        gateway["beta"].on(f"/{key}", when(go, answer([{"id": i} for i in range(40)])))
        with Stream(gateway.address, target, kind) as stream:
            stream.event()
            gateway["beta"].wait_requests(f"/{key}")
            assert stream.raw == stream.client.kept == b""
            go.set()
            got = stream.client.socket.recv(1 << 20)
            found.append(END[kind] in got and got.endswith(b"0\r\n\r\n"))
    assert all(found)


class TestSlowReaders:
    LARGE = ["x" * 6_000_000]

    def test_one_that_does_not_read_is_dropped_and_delays_nobody(self, gateway, kind):
        large = serve(gateway, self.LARGE, self.LARGE, self.LARGE)
        small = serve(gateway, 1, 2, 3)
        open_before = total(gateway, "sheaf_connections_open")
        with Stream(gateway.address, f"/shop/{large}", kind, receive_buffer=4096) as slow:
            slow.begin()
            wait_for(lambda: total(gateway, "sheaf_requests_in_flight") == 1)
            until, longest = time.monotonic() + 0.4, 0
            while time.monotonic() < until:
                with Stream(gateway.address, f"/shop/{small}", kind) as other:
                    assert compose(other.events()) == {"a": 1, "b": 2, "c": 3}
                    longest = max(longest, time.monotonic() - other.asked_at)
            assert longest < 2
            wait_for(lambda: total(gateway, "sheaf_requests_in_flight") == 0)
            wait_for(lambda: total(gateway, "sheaf_connections_open") <= open_before)

    def test_one_that_reads_slowly_gets_all(self, gateway, kind):
        key = serve(gateway, self.LARGE, 2, 3)
        with Stream(gateway.address, f"/shop/{key}", kind, receive_buffer=65536) as slow:
            slow.begin()
            until = time.monotonic() + 2
            while time.monotonic() < until:  # longer than send_timeout
                slow.client.kept += slow.client.socket.recv(65536)
                time.sleep(0.05)
            assert compose(slow.events(30)) == {"a": self.LARGE, "b": 2, "c": 3}


@pytest.mark.essential
def test_a_client_that_leaves_leaves_no_calls(gateway, kind):
    key = serve(gateway, 1, silent())
    gateway["gamma"].on(f"/{key}/1", answer(1)).on(f"/{key}/2", silent()).on(f"/{key}/3", silent())
    with Stream(gateway.address, f"/items/{key}?ids=1,2,3,2", kind) as stream:
        stream.event()
        gateway["beta"].wait_requests(f"/{key}")
        for i in (2, 3):
            gateway["gamma"].wait_requests(f"/{key}/{i}")
        wait_for(lambda: total(gateway, "sheaf_calls_in_flight") == 3)
    wait_for(lambda: total(gateway, "sheaf_calls_in_flight") == 0)
    wait_for(lambda: total(gateway, "sheaf_requests_in_flight") == 0)
    for name, target in [("beta", f"/{key}"), ("gamma", f"/{key}/2"), ("gamma", f"/{key}/3")]:
        assert gateway[name].only(target).connection.closed.wait(5)


def test_a_part_does_not_wait_for_the_next(gateway, kind):
    """However small it is: nothing is held back until more comes."""
    go = threading.Event()
    key = serve(gateway, when(go, answer(1)), silent(), silent())
    with Stream(gateway.address, f"/shop/{key}", kind) as stream:
        stream.event()
        go.set()
        assert stream.event(5).name == "part"
        assert stream.raw == b""
