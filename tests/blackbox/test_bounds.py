"""test_bounds.py - every size, count, depth and time has an end (CONTRACT 3.10, 3.5)"""

import json
import re
import time

import pytest

from behaviour import answer, chunked, closing, head, in_turn, raw
from cases import GRAIN, any_of, fresh, table
from client import TIMEOUT
from client import chunked as in_chunks
from gateway import wait_for

ROOM = 0.6

CONFIG = """
listen: @listen@
workers: 1
bounds:
  request_header: 2KiB
  request_body: 1KiB
  response_body: 4KiB
  json_depth: 8
  header_timeout: 400ms
  idle_timeout: 500ms
services:
  alpha: http://@alpha@
endpoints:
  - path: /one/{key}
    sources: {one: {get: "alpha:/{key}"}}
  - {path: /post, method: POST, sources: {it: {post: "alpha:/post"}}}
"""

GET = b"GET /one/x HTTP/1.1\r\nHost: a\r\n\r\n"


def padded(n):
    return [("X-Pad", "a" * n)]


@table(
    "target, fields, status",
    ("a head below the bound", "/one/x", padded(1500), 200),
    ("one field above it", "/one/x", padded(2500), 431),
    ("many small fields above it", "/one/x", [(f"X-{n}", "a" * 30) for n in range(80)], 431),
    ("a name above it", "/one/x", [("X" * 2500, "a")], 431),
    ("a target below the bound", "/one/" + "a" * 1500, [], 200),
    ("a target above it", "/one/" + "a" * 2500, [], 414),
    ("a query above it", "/one/x?" + "a" * 2500, [], 414),
    ("a head far above it", "/one/x", padded(200000), 431),
    ("a target far above it", "/one/" + "a" * 200000, [], 414),
)
def test_heads(gateway, target, fields, status):
    with gateway.client() as client:
        got = client.get(target, fields=fields)
        assert got.status == status
        if status != 200:
            got.problem()
            assert client.rest() == b""


@pytest.mark.parametrize("n", [2000, 20000])
def test_more_fields_than_any_head_has_are_431(start, n):
    gateway = start(CONFIG.replace("2KiB", "1MiB"))
    with gateway.client() as client:
        got = client.get("/one/x", fields=[(f"X-{i}", "1") for i in range(n)])
        assert got.status in any_of(200, 431)
        assert got.seconds < 2


POST = "POST /post HTTP/1.1\r\nHost: a\r\n"


@table(
    "rest, status",
    ("a body at the bound", b"Content-Length: 1024\r\n\r\n" + b"a" * 1024, 200),
    ("a body above it", b"Content-Length: 1025\r\n\r\n" + b"a" * 1025, 413),
    ("one that is announced only", b"Content-Length: 1000000000\r\n\r\n", 413),
    ("chunks at the bound",
     b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(b"a" * 1000, b"b" * 24), 200),
    ("chunks above it",
     b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(b"a" * 1000, b"b" * 25), 413),
    ("a chunk that has only begun",
     b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + b"a" * 1025, 413),
    ("many small chunks", b"Transfer-Encoding: chunked\r\n\r\n" + in_chunks(*[b"a"] * 1025), 413),
)
def test_bodies(gateway, rest, status):
    before = len(gateway["alpha"].requests("/post"))
    with gateway.client() as client:
        got = client.send(POST.encode() + rest).answer("POST")
        assert got.status == status
        if status == 413:
            got.problem()
            assert len(gateway["alpha"].requests("/post")) == before


def test_a_body_that_is_too_large_is_not_asked_for(gateway):
    with gateway.client() as client:
        client.send(POST + "Content-Length: 1025\r\nExpect: 100-continue\r\n\r\n")
        got = client.answer("POST")
        assert (got.status, got.interim) == (413, [])


def test_the_answer_can_be_read_while_the_client_still_sends(gateway):
    """Megabytes on their way must not turn the answer into a reset."""
    with gateway.client() as client:
        body = b"a" * 4_000_000
        client.send(POST + f"Content-Length: {len(body)}\r\n\r\n")
        try:
            client.send(body)
        except (BrokenPipeError, ConnectionResetError, TimeoutError):
            pass
        assert client.answer("POST").status == 413


class TestHeaderTimeout:
    @table(
        "data",
        ("a byte", b"G"), ("a line", b"GET /one/x HTTP/1.1\r\n"), ("all but the end", GET[:-2]),
        ("a good request and half of another", GET + GET[:-5]),
    )
    def test_half_a_head_is_408_and_closed(self, gateway, data):
        with gateway.client() as client:
            began = time.monotonic()
            client.send(data)
            if data.startswith(GET):
                assert client.answer().status == 200
            client.answer().problem(408)
            assert 0.4 - GRAIN <= time.monotonic() - began < 0.4 + ROOM
            assert client.is_closed()

    def test_a_trickle_does_not_lengthen_it(self, gateway):
        began = time.monotonic()
        with gateway.client() as client:
            client.socket.settimeout(0.02)
            data = b""
            for byte in b"GET /one/x HTTP/1.1\r\n" + b"X-A: aaaaaaaaaa\r\n" * 20:
                try:
                    client.socket.send(bytes([byte]))
                    data += client.socket.recv(4096)
                except TimeoutError:
                    continue
                except OSError:
                    break
                if data:
                    break
            assert 0.4 - GRAIN <= time.monotonic() - began < 0.4 + ROOM
            assert data.startswith(b"HTTP/1.1 408 ")

    def test_a_body_that_stops_is_ended(self, gateway):
        before = len(gateway["alpha"].requests("/post"))
        with gateway.client() as client:
            client.send(POST + "Content-Length: 5\r\n\r\nhe")
            told = client.rest(timeout=3)
            assert told == b"" or told.startswith(b"HTTP/1.1 408 ")
        assert len(gateway["alpha"].requests("/post")) == before

    def test_a_connection_that_says_nothing_is_closed(self, gateway):
        with gateway.client() as client:
            told = client.rest(timeout=3)
            assert told == b"" or told.startswith(b"HTTP/1.1 408 ")


def test_an_idle_connection_is_closed_after_its_time(gateway):
    with gateway.client() as client:
        began = time.monotonic()
        assert client.get("/one/x").status == 200
        assert client.is_closed()
        assert 0.5 - GRAIN <= time.monotonic() - began < 0.5 + ROOM


def test_a_request_ends_idleness(gateway):
    with gateway.client() as client:
        for _ in range(4):
            assert client.get("/one/x").status == 200
            time.sleep(0.2)


LIMIT = 4096
FITS = b'"' + b"a" * (LIMIT - 2) + b'"'
LONG = b'"' + b"a" * (LIMIT - 1) + b'"'


class TestResponseBody:
    def ask(self, gateway, behaviour):
        key = fresh()
        gateway["alpha"].on(f"/{key}", behaviour)
        return gateway.get(f"/one/{key}"), gateway["alpha"].requests(f"/{key}")[-1].connection

    @table(
        "behaviour",
        ("by its length", answer(FITS)), ("in chunks", chunked([FITS[:100], FITS[100:]])),
        ("to the end", closing(raw(head() + FITS))),
    )
    def test_one_at_the_bound_is_good(self, gateway, behaviour):
        got, _ = self.ask(gateway, behaviour)
        assert FITS in got.body and got.is_complete()

    @table(
        "behaviour",
        ("by its length", answer(LONG)), ("in chunks", chunked([LONG[:100], LONG[100:]])),
        ("to the end", closing(raw(head() + LONG))),
        ("announced only", raw(head(length=10**12))),
        ("without an end", raw(head(fields=[("Transfer-Encoding", "chunked")]),
                               *[b"400\r\n" + b"a" * 1024 + b"\r\n"] * 2000)),
    )
    def test_one_above_it_is_too_large_and_closed(self, gateway, behaviour):
        got, connection = self.ask(gateway, behaviour)
        assert got.failures() == [("one", "too_large")]
        wait_for(lambda: connection.closed.is_set() or connection.stream.fileno() < 0)
        assert self.ask(gateway, answer({}))[0].is_complete()


@table(
    "body, good",
    ("eight arrays", b"[" * 8 + b"]" * 8, True),
    ("nine arrays", b"[" * 9 + b"]" * 9, False),
    ("eight objects", b'{"a":' * 8 + b"1" + b"}" * 8, True),
    ("nine objects", b'{"a":' * 9 + b"1" + b"}" * 9, False),
    ("four of each", b'[{"a":' * 4 + b"1" + b"}]" * 4, True),
    ("nine, and no end", b"[" * 9, False),
    ("many side by side", b"[" + b",".join([b"[[[[[[[]]]]]]]"] * 50) + b"]", True),
    ("brackets in a string", b'"' + b"[" * 50 + b'"', True),
)
def test_depth(gateway, body, good):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(body))
    got = gateway.get(f"/one/{key}")
    assert got.failures() == ([] if good else [("one", "invalid")])
    assert not good or body in got.body


@table(
    "fields",
    ("more fields than are held", [(f"X-{n}", "y") for n in range(200)]),
    ("more bytes than are held", [(f"X-{n}", "y" * 6000) for n in range(10)]),
)
def test_an_answer_whose_head_is_too_large_fails_its_source(gateway, fields):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({}, fields=fields))
    assert gateway.get(f"/one/{key}").failures() == [("one", "too_large")]


class TestSlowReader:
    CONFIG = """
listen: @listen@
workers: 1
bounds: {send_timeout: 600ms, response_body: 64MiB, memory: 256MiB}
services:
  alpha: {targets: ["http://@alpha@"], timeout: 10s}
endpoints:
  - path: /big
    timeout: 10s
    sources: {one: {get: "alpha:/big"}}
  - path: /small
    sources: {one: {get: "alpha:/small"}}
"""
    BIG = b'"' + b"a" * 24_000_000 + b'"'

    def big(self, start):
        gateway = start(self.CONFIG)
        gateway["alpha"].on("/big", answer(self.BIG))
        return gateway

    def test_one_that_does_not_read_is_cut(self, start):
        gateway = self.big(start)
        with gateway.client(receive_buffer=4096) as client:
            client.ask("/big")
            assert gateway["alpha"].wait_requests("/big")
            wait_for(lambda: not established(gateway, client), timeout=8)
            assert gateway.get("/small").status == 200

    def test_one_that_reads_slowly_but_steadily_is_served(self, start):
        gateway = self.big(start)
        with gateway.client(receive_buffer=65536) as client:
            client.ask("/big")
            until, read = time.monotonic() + TIMEOUT, b""
            for _ in range(10):
                read += client._receive(until)
                time.sleep(0.15)
            client.kept = read
            assert len(client.answer().body) > len(self.BIG)


def established(gateway, client):
    """Does the gateway still hold its end of this connection?"""
    port = "%04X" % client.socket.getsockname()[1]
    ours = "%04X" % int(gateway.address.split(":")[1])
    with open(f"/proc/{gateway.process.pid}/net/tcp", encoding="ascii") as table_:
        rows = [line.split() for line in table_.readlines()[1:]]
    return any(row[1].endswith(ours) and row[2].endswith(port) and row[3] == "01" for row in rows)


class TestMemory:
    """bounds.memory: bodies and output held, of the whole process."""

    CONFIG = """
listen: @listen@
workers: 1
bounds: {memory: 16MiB, send_timeout: 20s}
services:
  alpha: {targets: ["http://@alpha@"], timeout: 5s}
endpoints:
  - path: /big
    timeout: 5s
    sources: {one: {get: "alpha:/big"}}
  - path: /small
    sources: {one: {get: "alpha:/small"}}
"""
    BIG = b'"' + b"a" * 6_000_000 + b'"'

    def test_beyond_it_answers_fail_and_come_back_when_it_is_free(self, start):
        gateway = start(self.CONFIG)
        gateway["alpha"].on("/big", answer(self.BIG))
        slow = [gateway.client(receive_buffer=4096).ask("/big") for _ in range(12)]
        gateway["alpha"].wait_requests("/big", 12)
        wait_for(lambda: not whole(gateway.get("/big")))
        for client in slow:
            client.close()
        wait_for(lambda: whole(gateway.get("/big")))
        assert gateway.get("/small").is_complete()


class TestMemoryOfCached:
    """Answers of a cache count once they are in it no more, or before they are."""

    CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
bounds: {memory: 24MiB, send_timeout: 20s}
cache: {memory: CACHE}
services:
  alpha: {targets: ["http://@alpha@"], timeout: 5s}
endpoints:
  - path: /whole/{id}
    timeout: 5s
    cache: 60s
    sources: {one: {get: "alpha:/big"}}
  - path: /part/{id}
    timeout: 5s
    sources: {one: {get: "alpha:/big", cache: {ttl: 60s, key: "{id}"}}}
"""
    BIG = b'"' + b"a" * 6_000_000 + b'"'

    def begin(self, start, memory):
        gateway = start(self.CONFIG.replace("CACHE", memory))
        gateway["alpha"].on("/big", answer(self.BIG))
        return gateway

    @staticmethod
    def slow(gateway, path):
        """A client that has the beginning of its answer and reads no further."""
        client = gateway.client(receive_buffer=4096).ask(path)
        client._receive(time.monotonic() + TIMEOUT)
        return client

    @staticmethod
    def is_full(gateway):
        return not whole(gateway.get("/part/full"))

    def test_what_is_not_kept_counts(self, start):
        gateway = self.begin(start, "1MiB")
        slow = [self.slow(gateway, f"/whole/{i}") for i in range(3)]
        assert held(gateway) > 3 * len(self.BIG)
        assert self.is_full(gateway)
        for client in slow:
            client.close()
        wait_for(lambda: held(gateway) == 0)
        assert not self.is_full(gateway)

    @pytest.mark.threads
    @pytest.mark.parametrize("place", ["whole", "part"])
    def test_what_was_purged_counts_while_it_is_sent(self, start, place):
        gateway = self.begin(start, "256MiB")
        for i in range(3):
            assert whole(gateway.get(f"/{place}/{i}"))
        slow = [self.slow(gateway, f"/{place}/{i}") for i in (0, 1, 1, 2)]
        wait_for(lambda: held(gateway) < 1_000_000)
        assert gateway.get("/cache/purge", "POST", body=b'{"all": true}', place="admin").status == 200
        assert held(gateway) > 3 * len(self.BIG)
        assert self.is_full(gateway)
        for client in slow:
            client.close()
        wait_for(lambda: held(gateway) == 0)
        assert not self.is_full(gateway)


def held(gateway):
    text = gateway.get("/metrics", place="admin").body.decode()
    return int(re.search(r"^sheaf_body_bytes_held (\d+)$", text, re.MULTILINE)[1])


class TestShapes:
    """What is cut out of large answers is bounded by the answers, and by nothing else."""

    N = 12
    CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], timeout: 8s}
defaults: {endpoint: {timeout: 8s}}
endpoints:
  - path: /many
    sources:
""" + "".join(f"      s{i}: {{get: alpha:/rows, omit: [x]}}\n" for i in range(N)) + """
  - path: /host
    sources:
      one: {get: alpha:/rows, omit: [x]}
      two: {get: alpha:/small, into: one.two}
  - path: /joined
    sources:
      one: {get: alpha:/names, into: .}
      two: {get: alpha:/others, into: .}
"""

    @staticmethod
    def rows(n):
        return b"[" + b",".join(b'{"id":%d,"x":1,"y":"yyyyyyyyyyyyyyyy"}' % i for i in range(n)) + b"]"

    def test_many_large_ones(self, start):
        gateway = start(self.CONFIG)
        gateway["alpha"].on("/rows", answer(self.rows(12_000)))
        got = gateway.get("/many")
        wanted = self.rows(12_000).replace(b'"x":1,', b"")
        assert whole(got) and got.body.count(wanted) == self.N

    def test_one_of_nearly_the_bound(self, start):
        gateway = start(self.CONFIG)
        rows = self.rows(180_000)
        assert 7_000_000 < len(rows) < 8 << 20
        gateway["alpha"].on("/rows", answer(b'{"rows":' + rows + b',"x":1}'))
        gateway["alpha"].on("/small", answer(2))
        got = gateway.get("/host?fields=one(rows(id,y),two)")
        assert whole(got) and got.body.endswith(b',"two":2}}')
        assert got.body.count(b'"y"') == 180_000 and b'"x"' not in got.body

    def test_many_names_that_join(self, start):
        gateway = start(self.CONFIG)
        gateway["alpha"].on("/names", answer({f"k{i}": 1 for i in range(50_000)}))
        gateway["alpha"].on("/others", answer({f"k{i}": 2 for i in range(0, 100_000, 2)}))
        got = gateway.get("/joined")
        assert whole(got) and sum(got.json().values()) == 50_000 + 2 * 25_000


def whole(got):
    return got.status == 200 and got.is_complete()


class TestConnections:
    CONFIG = CONFIG.replace("bounds:", "bounds:\n  connections: 4").replace("500ms", "20s")

    @pytest.mark.parametrize("workers", [1, 2])
    def test_beyond_the_bound_none_is_served_and_none_is_disturbed(self, start, workers):
        gateway = start(self.CONFIG.replace("workers: 1", f"workers: {workers}"))
        clients = [wait_for(lambda: self.one_more(gateway)) for _ in range(4)]
        with gateway.client() as one_too_many:
            head, body = one_too_many.rest().split(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 503 ") and b"\r\nRetry-After: 1\r\n" in head
            assert b"\r\nContent-Length: %d\r\n" % len(body) in head
            assert json.loads(body)["status"] == 503
        assert [client.get("/one/x").status for client in clients] == [200] * 4
        clients.pop().close()
        clients.append(wait_for(lambda: self.one_more(gateway)))
        for client in clients:
            assert client.get("/one/x").status == 200
            client.close()

    @staticmethod
    def one_more(gateway):
        """A connection more, if it is served."""
        client = gateway.client()
        try:
            if client.send(GET).answer(timeout=2).status == 200:
                return client
        except (AssertionError, OSError):
            pass
        return client.close()


def test_bounds_are_the_defaults_where_nothing_is_said(start):
    gateway = start("listen: @listen@\n" + CONFIG[CONFIG.index("services:"):])
    assert gateway.get("/one/x", fields=padded(15000)).status == 200
    assert gateway.get("/one/x", fields=padded(17000)).status == 431
    for n, status in ((1 << 20, 200), ((1 << 20) + 1, 413)):
        assert gateway.get("/post", "POST", body=b"a" * n).status == status
    gateway["alpha"].on("/x", in_turn(answer(b"[" * 64 + b"]" * 64), answer(b"[" * 65 + b"]" * 65)))
    assert gateway.get("/one/x").is_complete()
    assert gateway.get("/one/x").failures() == [("one", "invalid")]


def test_one_that_sends_a_head_slowly_holds_up_nobody(gateway):
    slow = [gateway.client() for _ in range(50)]
    for client in slow:
        client.send(GET[:20])
    assert gateway.get("/one/x").seconds < 0.5
    for client in slow:
        client.close()


def test_a_connection_reset_while_it_waits_in_the_queue_is_no_event(gateway):
    for _ in range(20):
        gateway.client().reset()
    assert gateway.get("/one/x").status == 200
