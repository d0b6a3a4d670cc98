"""test_services.py - answers of services: good ones in every framing, bad ones, kept connections

(CONTRACT 3.1, 3.5.) Whatever a service does is its source's value or failure, and nothing else.
"""

import threading

import pytest

from behaviour import (
    after, answer, chunked, closing, drip, head, in_turn, raw, resetting, reused, silent, then,
)
from cases import GRAIN, fresh, table
from gateway import WAIT, wait_for
from places import has_ipv6, never_accepting, refusing
from service import Service

pytestmark = pytest.mark.essential

CONFIG = """
listen: @listen@
workers: 1
bounds: {idle_timeout: 20s}
services:
  alpha: {targets: ["http://@alpha@"], timeout: 500ms}
  beta: http://@beta@
  posts: http://@posts@
  solo: http://@solo@
endpoints:
  - path: /one/{key}
    sources: {one: {get: "alpha:/{key}"}}
  - path: /beside/{key}
    sources: {one: {get: "alpha:/{key}"}, two: {get: "beta:/{key}"}}
  - path: /solo/{key}
    sources: {one: {get: "solo:/{key}"}}
  - {path: "/post/{key}", method: POST, sources: {one: {post: "posts:/{key}"}}}
  - {path: "/put/{key}", method: PUT, sources: {one: {put: "posts:/{key}"}}}
  - {path: "/delete/{key}", method: DELETE, sources: {one: {delete: "posts:/{key}"}}}
  - {path: "/patch/{key}", method: PATCH, sources: {one: {patch: "posts:/{key}"}}}
"""

BODY = b'{"a":[1,2,3],"b":"x"}'
OK = b"HTTP/1.1 200 OK\r\n"
TYPE = b"Content-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
CHUNKED = b"Transfer-Encoding: chunked\r\n"
WHOLE = OK + TYPE + LENGTH + b"\r\n" + BODY


def ask(gateway, behaviour, endpoint="one", method="GET", service="alpha"):
    key = fresh()
    gateway[service].on(f"/{key}", behaviour)
    return gateway.get(f"/{endpoint}/{key}", method)


def in_chunks(*sizes, end=b"0\r\n\r\n"):
    pieces, at = [], 0
    for size in sizes:
        pieces.append(BODY[at : at + size])
        at += size
    return chunked([piece for piece in pieces + [BODY[at:]] if piece], end=end)


GOOD = table(
    "behaviour",
    ("a body by its length", raw(WHOLE)),
    ("byte by byte", drip(WHOLE)),
    ("a head, then a body", raw(WHOLE[:-len(BODY)], BODY, pause=0.02)),
    ("one chunk", in_chunks()),
    ("many chunks", in_chunks(1, 1, 2, 3, 5)),
    ("chunks byte by byte",
     drip(OK + TYPE + CHUNKED + b"\r\n" + b"5\r\n" + BODY[:5] + b"\r\n"
          + b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY) - 5, BODY[5:]))),
    ("chunks with extensions",
     raw(OK + CHUNKED + b'\r\n%x;a=b;c="d"\r\n%s\r\n0;e\r\n\r\n' % (len(BODY), BODY))),
    ("chunks with leading zeros", raw(OK + CHUNKED + b"\r\n000%x\r\n%s\r\n00\r\n\r\n"
                                      % (len(BODY), BODY))),
    ("chunks with trailers", in_chunks(7, end=b"0\r\nX-Sum: 1\r\nX-More: 2\r\n\r\n")),
    ("a body to the end of the connection", closing(raw(OK + TYPE + b"\r\n" + BODY))),
    ("the same with its close announced",
     closing(raw(OK + TYPE + b"Connection: close\r\n\r\n" + BODY))),
    ("HTTP/1.0 with a length", closing(raw(WHOLE.replace(b"1.1", b"1.0")))),
    ("HTTP/1.0 to the end", closing(raw(b"HTTP/1.0 200 OK\r\n" + TYPE + b"\r\n" + BODY))),
    ("100 before it", raw(b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE)),
    ("103 with fields before it",
     raw(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", WHOLE, pause=0.02)),
    ("several 1xx before it",
     raw(b"HTTP/1.1 102 Processing\r\n\r\n" * 3 + b"HTTP/1.1 103 X\r\n\r\n" + WHOLE)),
    ("a status without a reason", raw(WHOLE.replace(b"200 OK", b"200 "))),
    ("names of fields in another case", raw(WHOLE.replace(b"Content-", b"cONTENT-"))),
    ("a field without a value", raw(WHOLE.replace(OK, OK + b"X-Empty:\r\n"))),
    ("bytes above ASCII in a field", raw(WHOLE.replace(OK, OK + b"X-Name: J\xc3\xb6rg \xff\r\n"))),
    ("no content type", raw(OK + LENGTH + b"\r\n" + BODY)),
    ("a content type with a charset", answer(BODY, kind="application/json; charset=utf-8")),
    ("a content type in another case", answer(BODY, kind="Application/JSON")),
    ("a content type of JSON's family", answer(BODY, kind="application/vnd.shop.v1+json")),
    ("201", answer(BODY, 201)), ("202", answer(BODY, 202)), ("203", answer(BODY, 203)),
    ("206", answer(BODY, 206)), ("299", answer(BODY, 299)),
    ("white space around it", answer(b" \r\n\t" + BODY + b"\n ")),
)


@GOOD
def test_a_good_answer_is_spliced(gateway, behaviour):
    got = ask(gateway, behaviour)
    assert BODY in got.body, got.body
    assert got.is_complete() and "errors" not in got.json()


@table(
    "behaviour",
    ("204", answer(status=204)),
    ("200 with a length of 0", answer(b"")),
    ("200 with no chunk", chunked([])),
    ("200 to an immediate end", closing(raw(head()))),
    ("200 without a type", raw(head(kind=None, length=0))),
    ("204 with a content type", raw(head(204))),
    ("205", raw(head(205, length=0))),
)
def test_a_success_without_body_bytes_is_null_without_an_error(gateway, behaviour):
    got = ask(gateway, behaviour)
    assert got.json() == {"one": None} and got.is_complete()


def field(line):
    return raw(OK + TYPE + LENGTH + line + b"\r\n\r\n" + BODY)


def head_of(line):
    return raw(line + b"\r\n" + TYPE + LENGTH + b"\r\n" + BODY)


def chunk(line):
    return closing(raw(OK + CHUNKED + b"\r\n" + line))


BAD = table(
    "behaviour, kinds",
    ("not JSON", answer(b"<html>"), "invalid"),
    ("half of JSON", answer(b'{"a":'), "invalid"),
    ("text behind JSON", answer(b"{}x"), "invalid"),
    ("two values", answer(b"{}{}"), "invalid"),
    ("white space alone", answer(b" \r\n"), "invalid"),
    ("a NUL alone", answer(b"\0"), "invalid"),
    ("a NUL behind JSON", answer(b"{}\0"), "invalid"),
    ("bytes that are not UTF-8", answer(b'{"a":"\xff\xfe\xc0\xaf"}'), "invalid"),
    ("UTF-16", answer('{"a":1}'.encode("utf-16")), "invalid"),
    ("HTML by its type", answer(BODY, kind="text/html"), "invalid"),
    ("bytes by their type", answer(BODY, kind="application/octet-stream"), "invalid"),
    ("301", answer(BODY, 301, [("Location", "/other")]), "status"),
    ("302 elsewhere", answer(b"", 302, [("Location", "http://127.0.0.1:22/")]), "status"),
    ("304", raw(head(304)), "status"),
    ("307", answer(BODY, 307, [("Location", "//evil.test/")]), "status"),
    ("400", answer(BODY, 400), "status"), ("404", answer(BODY, 404), "status"),
    ("500", answer(b"a stack trace", 500, kind="text/plain"), "status"),
    ("503", answer(b"", 503), "status"), ("599", answer(BODY, 599), "status"),
    ("nothing, and an end", closing(), "unreachable"),
    ("nothing, and a reset", resetting(), "unreachable"),
    ("1xx, and an end", closing(raw(b"HTTP/1.1 100 Continue\r\n\r\n")), "unreachable"),
    ("half a status line, and an end", closing(raw(b"HTTP/1.1 2")), "unreachable"),
    ("half a head, and an end", closing(raw(OK + TYPE)), "unreachable"),
    ("a head, and a reset", resetting(raw(OK + TYPE + LENGTH + b"\r\n")), "unreachable"),
    ("half a body, and an end", closing(raw(WHOLE[:-3])), "unreachable"),
    ("half a body, and a reset", resetting(raw(WHOLE[:-3])), "unreachable"),
    ("half a chunk, and an end", closing(raw(OK + CHUNKED + b"\r\n15\r\n{")), "unreachable"),
    ("chunks without the last, and an end",
     closing(raw(OK + CHUNKED + b"\r\n2\r\n{}\r\n")), "unreachable"),
    ("the last chunk without its end", closing(raw(OK + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n")),
     "unreachable"),
    ("nothing, for ever", silent(), "timeout"),
    ("half a head, for ever", silent(raw(OK + TYPE)), "timeout"),
    ("half a body, for ever", silent(raw(WHOLE[:-3])), "timeout"),
    ("half a chunk, for ever", silent(raw(OK + CHUNKED + b"\r\n15\r\n{")), "timeout"),
    ("a drip that lasts too long", drip(WHOLE, pause=0.02), "timeout"),
    ("1xx for ever", silent(raw(*[b"HTTP/1.1 102 Processing\r\n\r\n"] * 100, pause=0.01)),
     "timeout invalid"),
    ("garbage", raw(b"\x00\x01\x02\xff\r\n\r\n"), "invalid"),
    ("a greeting of another protocol", raw(b"220 mail.test ESMTP\r\n"), "invalid"),
    ("a TLS alert", raw(b"\x15\x03\x01\x00\x02\x02\x28"), "invalid"),
    ("an answer of HTTP/0.9", closing(raw(BODY)), "invalid"),
    ("a version that is none", head_of(b"HTTP/9.9 200 OK"), "invalid"),
    ("HTTP/2", head_of(b"HTTP/2 200 OK"), "invalid"),
    ("a status of two digits", head_of(b"HTTP/1.1 20 OK"), "invalid"),
    ("a status of four digits", head_of(b"HTTP/1.1 2000 OK"), "invalid"),
    ("a status that is a word", head_of(b"HTTP/1.1 OK"), "invalid"),
    ("a request", head_of(b"GET / HTTP/1.1"), "invalid"),
    ("a negative length", raw(OK + b"Content-Length: -1\r\n\r\n" + BODY), "invalid"),
    ("a signed length", raw(WHOLE.replace(b"Length: ", b"Length: +")), "invalid"),
    ("a length that is a word", raw(OK + b"Content-Length: ten\r\n\r\n" + BODY), "invalid"),
    ("a length that is empty", raw(OK + b"Content-Length:\r\n\r\n" + BODY), "invalid"),
    ("a length beyond 64 bits", raw(OK + b"Content-Length: 18446744073709551637\r\n\r\n" + BODY),
     "invalid too_large"),
    ("two lengths that differ", field(b"Content-Length: 5"), "invalid"),
    ("two lengths in one field", raw(OK + b"Content-Length: 21, 5\r\n\r\n" + BODY), "invalid"),
    ("a length and chunks",
     raw(OK + LENGTH + CHUNKED + b"\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)), "invalid"),
    ("an unknown coding", raw(OK + b"Transfer-Encoding: squeezed\r\n\r\n" + BODY), "invalid"),
    ("chunks inside another coding", raw(OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n" + BODY),
     "invalid"),
    ("a space before a colon", field(b"X-Odd : 1"), "invalid"),
    ("a field without a colon", field(b"Odd"), "invalid"),
    ("a field without a name", field(b": 1"), "invalid"),
    ("a folded field", field(b"X-Odd: 1\r\n 2"), "invalid"),
    ("a NUL in a field", field(b"X-Odd: a\0b"), "invalid"),
    ("a bare CR in a field", field(b"X-Odd: a\rb"), "invalid"),
    ("a chunk size that is none", chunk(b"zz\r\n" + BODY), "invalid"),
    ("a negative chunk size", chunk(b"-5\r\n" + BODY), "invalid"),
    ("a chunk size beyond 64 bits", chunk(b"FFFFFFFFFFFFFFFF5\r\n" + BODY), "invalid too_large"),
    ("an empty chunk size", chunk(b"\r\n" + BODY), "invalid"),
    ("a chunk longer than its size", chunk(b"2\r\n{}garbage\r\n0\r\n\r\n"), "invalid"),
    ("a switch of protocols that nobody asked for",
     raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nhello"),
     "invalid status"),
    ("a head without end", raw(*[OK] + [b"X-A: " + b"a" * 4000 + b"\r\n"] * 100),
     "invalid too_large"),
)


@BAD
def test_a_bad_answer_is_that_sources_failure(gateway, behaviour, kinds):
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour)
    got = gateway.get(f"/beside/{key}")
    assert got.status == 200
    (failure,) = got.failures()
    assert failure[0] == "one" and failure[1] in kinds.split(), got.body
    assert got.json()["one"] is None and not got.is_complete()
    assert got.json()["two"]["target"] == f"/{key}", "the other source is not disturbed"
    assert ask(gateway, answer({})).is_complete(), "nor is the next answer"


def test_the_connection_of_a_bad_answer_is_not_used_again(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", in_turn(raw(OK + b"Content-Length: 5, 6\r\n\r\n{}{}{}"),
                                           answer(BODY)))
    assert gateway.get(f"/one/{key}").failures() == [("one", "invalid")]
    assert BODY in gateway.get(f"/one/{key}").body
    first, second = gateway["alpha"].requests(f"/{key}")
    assert first.connection is not second.connection
    assert first.connection.closed.wait(2)


class TestKeptConnections:
    """One that the service closes before the first byte of an answer is no failure."""

    def prepare(self, gateway, behaviour, service="alpha", endpoint="one", method="GET"):
        """An answered request whose connection is kept; then the one that is the case."""
        key, before = fresh(), fresh()
        gateway[service].on(f"/{before}", answer({}))
        assert gateway.get(f"/{endpoint}/{before}", method).is_complete()
        gateway[service].on(f"/{key}", behaviour)
        return gateway.get(f"/{endpoint}/{key}", method), gateway[service].requests(f"/{key}")

    def test_one_connection_serves_many(self, gateway):
        keys = [fresh() for _ in range(10)]
        for key in keys:
            assert gateway.get(f"/one/{key}").is_complete()
        used = {gateway["alpha"].only(f"/{key}").connection.number for key in keys}
        assert len(used) == 1

    @table("behaviour", ("an end", closing()), ("a reset", resetting()),
           ("an end after a moment", after(0.05, closing())))
    def test_it_is_replaced_unseen_after(self, gateway, behaviour):
        got, requests = self.prepare(gateway, reused(answer(BODY), behaviour))
        assert BODY in got.body and got.is_complete()
        assert len(requests) == 2, "made again, once, on a fresh connection"
        assert requests[0].connection is not requests[1].connection
        assert requests[0].head.split(b"\r\n")[0] == requests[1].head.split(b"\r\n")[0]

    def test_it_is_replaced_once(self, gateway):
        got, requests = self.prepare(gateway, closing())
        assert got.failures() == [("one", "unreachable")]
        assert len(requests) == 2

    def test_it_is_not_replaced_behind_the_first_byte(self, gateway):
        got, requests = self.prepare(gateway, closing(raw(b"H")))
        assert got.failures() == [("one", "unreachable")]
        assert len(requests) == 1

    def test_a_fresh_one_is_not_replaced(self, gateway):
        gateway["solo"].on("/x", closing())
        assert gateway.get("/solo/x").failures() == [("one", "unreachable")]
        assert len(gateway["solo"].requests("/x")) == 1

    @pytest.mark.parametrize("method", ["PUT", "DELETE"])
    def test_an_idempotent_call_is_made_again(self, gateway, method):
        got, requests = self.prepare(gateway, reused(answer({}), closing()), "posts",
                                     method.lower(), method)
        assert got.is_complete() and len(requests) == 2

    @pytest.mark.parametrize("method", ["POST", "PATCH"])
    def test_another_is_not(self, gateway, method):
        got, requests = self.prepare(gateway, closing(), "posts", method.lower(), method)
        assert got.failures() == [("one", "unreachable")]
        assert len(requests) == 1

    def test_one_that_was_closed_while_idle_is_not_used(self, gateway):
        key, after_it = fresh(), fresh()
        gateway["posts"].on(f"/{key}", closing(answer({})))
        assert gateway.get(f"/post/{key}", "POST").is_complete()
        drain(gateway, "posts")
        assert gateway.get(f"/post/{after_it}", "POST").is_complete()

    def test_one_whose_close_is_announced_is_not_used(self, gateway):
        keys = fresh(), fresh()
        gateway["alpha"].on(f"/{keys[0]}", answer({}, fields=[("Connection", "close")]))
        for key in keys:
            assert gateway.get(f"/one/{key}").is_complete()
        first, second = (gateway["alpha"].only(f"/{key}") for key in keys)
        assert first.connection is not second.connection
        assert first.connection.closed.wait(2)

    def test_one_of_http_1_0_is_not_used(self, gateway):
        keys = fresh(), fresh()
        gateway["alpha"].on(f"/{keys[0]}", raw(WHOLE.replace(b"1.1", b"1.0")))
        for key in keys:
            assert gateway.get(f"/one/{key}").is_complete()
        first, second = (gateway["alpha"].only(f"/{key}") for key in keys)
        assert first.connection is not second.connection

    @table(
        "extra",
        ("an answer", WHOLE.replace(BODY, b'{"evil":"poisoned x"}')),
        ("a byte", b"x"), ("an empty line", b"\r\n"),
    )
    def test_bytes_behind_an_answer_are_never_the_next_one(self, gateway, extra):
        for behaviour in (raw(WHOLE + extra), raw(WHOLE, extra, pause=0.05)):
            done = threading.Event()
            assert BODY in ask(gateway, then(behaviour, done)).body
            done.wait(WAIT)
            turn(gateway)
            for _ in range(3):
                answered = ask(gateway, answer({"good": 1}))
                assert answered.json() == {"one": {"good": 1}}

    def test_a_late_answer_is_never_the_next_one(self, gateway):
        slow = fresh()
        gateway["alpha"].on(f"/{slow}", after(0.6, answer({"evil": 1})))
        assert gateway.get(f"/one/{slow}").failures() == [("one", "timeout")]
        assert gateway["alpha"].only(f"/{slow}").connection.closed.wait(2)
        assert ask(gateway, answer({"good": 1})).json() == {"one": {"good": 1}}


def turn(gateway):
    """What had come before this came, the gateway has seen after it: its loop has turned."""
    gateway.get("/nowhere").problem(404)


def drain(gateway, service):
    """Waits until the gateway has seen that the last connection of a service has ended."""
    last = gateway[service].connections[-1]
    wait_for(lambda: last.stream.fileno() < 0)
    turn(gateway)


PLACES = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@place@"], connect_timeout: 150ms}
endpoints:
  - path: /one
    timeout: 5s
    sources: {one: {get: "alpha:/one", timeout: 3s}}
  - path: /required
    sources: {one: {get: "alpha:/one", required: true}}
"""


class TestPlaces:
    def test_a_refused_connection_is_unreachable(self, start):
        with refusing() as place:
            gateway = start(PLACES, place=place)
            got = gateway.get("/one")
            assert got.failures() == [("one", "unreachable")] and got.seconds < 1
            gateway.get("/required").problem(502)

    def test_a_connect_that_hangs_is_unreachable_after_its_time(self, start):
        with never_accepting() as place:
            got = start(PLACES, place=place).get("/one")
            assert got.failures() == [("one", "unreachable")]
            assert 0.15 - GRAIN <= got.seconds < 1

    def test_a_service_that_comes_back_is_called_again(self, start):
        with refusing() as place:
            gateway = start(PLACES, place=place)
            assert gateway.get("/one").failures() == [("one", "unreachable")]
        with Service(port=int(place.split(":")[1])):
            assert gateway.get("/one").is_complete()

    def test_a_name_is_resolved(self, start):
        with Service() as service:
            gateway = start(PLACES, place=f"localhost:{service.port}")
            wait_for(lambda: gateway.get("/one").is_complete())
            assert service.only("/one")["host"] == f"localhost:{service.port}"

    @pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
    def test_an_ipv6_address_is_called(self, start):
        with Service(host="::1") as service:
            gateway = start(PLACES, place=service.address)
            assert gateway.get("/one").is_complete()
            assert service.only("/one")["host"] == service.address

    def test_several_targets_are_all_called(self, start):
        with Service() as left, Service() as right:
            both = PLACES.replace('["http://@place@"]', '["http://@left@", "http://@right@"]')
            gateway = start(both, left=left, right=right)
            for _ in range(40):
                assert gateway.get("/one").is_complete()
            assert left.requests() and right.requests()
