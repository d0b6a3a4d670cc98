"""test_server.py - HTTP/1.1 as the gateway serves it, and what it refuses (CONTRACT 3.5)"""

import threading

import pytest

from behaviour import answer, when
from cases import any_of, fresh, table
from client import chunked

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
endpoints:
  - path: /one
    sources: {it: {get: "alpha:/one"}}
  - path: /one/{key}
    timeout: 5s
    sources: {it: {get: "alpha:/{key}", timeout: 5s}}
  - {path: /post, method: POST, sources: {it: {post: "alpha:/post"}}}
"""

GET = b"GET /one HTTP/1.1\r\nHost: a\r\n\r\n"


def names(answers):
    return [got.json()["it"]["target"] for got in answers]


class TestConnections:
    def test_one_is_kept_over_many_requests(self, gateway):
        with gateway.client() as client:
            for _ in range(20):
                got = client.get("/one")
                assert got.status == 200 and not got.closes() and got.minor == 1

    def test_close_is_obeyed_and_announced(self, gateway):
        with gateway.client() as client:
            got = client.get("/one", fields=[("Connection", "close")])
            assert got.status == 200 and got.closes() and client.is_closed()

    def test_close_among_other_options(self, gateway):
        with gateway.client() as client:
            assert client.get("/one", fields=[("Connection", "x-a, Close")]).closes()
            assert client.is_closed()

    def test_http_1_0_ends_with_its_answer(self, gateway):
        with gateway.client() as client:
            got = client.send(b"GET /one HTTP/1.0\r\n\r\n").answer()
            assert got.status == 200 and got["transfer-encoding"] is None
            assert client.is_closed()

    def test_http_1_0_may_ask_to_keep_it(self, gateway):
        with gateway.client() as client:
            line = b"GET /one HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"
            got = client.send(line).answer()
            assert got.status == 200 and got["content-length"] is not None
            if "keep-alive" in (got["connection"] or "").lower():
                assert client.send(line).answer().status == 200
            else:
                assert client.is_closed()

    def test_an_error_does_not_end_it(self, gateway):
        with gateway.client() as client:
            for target, status in (("/nowhere", 404), ("/a/../b", 400), ("/one", 200)):
                assert client.get(target).status == status
            assert client.get("/one", "DELETE").status == 405
            assert client.get("/one").status == 200

    def test_a_date_is_told(self, gateway):
        assert gateway.get("/one")["date"].endswith(" GMT")


class TestOrder:
    def test_pipelined_requests_are_answered_in_order(self, gateway):
        first, second, go = fresh(), fresh(), threading.Event()
        gateway["alpha"].on(f"/{first}", when(go, answer({"n": 1})))
        gateway["alpha"].on(f"/{second}", answer({"n": 2}))
        with gateway.client() as client:
            client.ask(f"/one/{first}")
            client.ask(f"/one/{second}")
            gateway["alpha"].wait_requests(f"/{first}")
            go.set()
            assert [client.answer().json()["it"]["n"] for _ in range(2)] == [1, 2]

    @pytest.mark.parametrize("n", [2, 10, 100])
    def test_many_in_one_write(self, gateway, n):
        keys = [fresh() for _ in range(n)]
        with gateway.client() as client:
            client.send(b"".join(b"GET /one/%s HTTP/1.1\r\nHost: a\r\n\r\n" % key.encode()
                                 for key in keys))
            assert names(client.answer() for _ in keys) == [f"/{key}" for key in keys]

    def test_good_ones_before_a_bad_one_are_answered(self, gateway):
        with gateway.client() as client:
            client.send(GET + b"GET /one HTTP/1.1\r\nHost: a\r\nBad : x\r\n\r\n" + GET)
            assert client.answer().status == 200
            client.answer().problem(400)
            assert client.is_closed()

    def test_behind_a_close_nothing_is_answered(self, gateway):
        with gateway.client() as client:
            client.send(GET.replace(b"Host: a", b"Host: a\r\nConnection: close") + GET)
            assert client.answer().status == 200
            assert client.is_closed()

    def test_a_request_may_come_byte_by_byte(self, gateway):
        with gateway.client() as client:
            for byte in GET + GET:
                client.send(bytes([byte]))
            assert [client.answer().status for _ in range(2)] == [200, 200]

    @pytest.mark.parametrize("at", range(1, len(GET), 3))
    def test_a_request_may_come_in_two_parts(self, gateway, at):
        with gateway.client() as client:
            client.send(GET + GET[:at])
            assert client.answer().status == 200
            assert client.send(GET[at:]).answer().status == 200


POST = "POST /post HTTP/1.1\r\nHost: a\r\n"


class TestBodies:
    @table(
        "rest",
        ("none", b"\r\n"),
        ("of length 0", b"Content-Length: 0\r\n\r\n"),
        ("by its length", b"Content-Length: 5\r\n\r\nhello"),
        ("of a length with zeros before it", b"Content-Length: 005\r\n\r\nhello"),
        ("in chunks", b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"hel", b"lo")),
        ("in no chunk", b"Transfer-Encoding: chunked\r\n\r\n" + chunked()),
        ("in chunks by another case", b"tRANSFER-eNCODING: Chunked\r\n\r\n" + chunked(b"hello")),
        ("in chunks with extensions",
         b'Transfer-Encoding: chunked\r\n\r\n5;a=1;b="2"\r\nhello\r\n0;c\r\n\r\n'),
        ("in chunks with trailers",
         b"Transfer-Encoding: chunked\r\n\r\n" + chunked(b"hello", trailers=b"X-A: 1\r\n")),
        ("that looks like a request",
         b"Content-Length: %d\r\n\r\n" % len(GET) + GET),
    )
    def test_a_body(self, gateway, rest):
        """Read to its end, no further: the next request stands right behind it."""
        with gateway.client() as client:
            client.send(POST.encode() + rest + GET)
            assert names(client.answer() for _ in range(2)) == ["/post", "/one"]
            assert client.get("/one").status == 200

    @table(
        "target, status",
        ("no path", "/nowhere", 404), ("no method", "/one", 405),
    )
    def test_one_that_nobody_wants_is_passed_over(self, gateway, target, status):
        """Where it came with its head; else the connection ends, as the rest may never come."""
        with gateway.client() as client:
            client.send(f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello".encode() + GET)
            assert client.answer().status == status
            assert client.answer().status == 200

    def test_it_may_come_late_and_in_parts(self, gateway):
        with gateway.client() as client:
            client.send(POST + "Content-Length: 5\r\n\r\n")
            for byte in b"hello":
                client.send(bytes([byte]))
            assert client.answer().status == 200

    def test_a_get_may_have_one(self, gateway):
        with gateway.client() as client:
            assert client.get("/one", body=b"what for").status == 200
            assert client.get("/one").status == 200


class TestExpect:
    def test_100_continue_is_answered_before_the_body(self, gateway):
        with gateway.client() as client:
            client.send(POST + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            assert client._through(b"\r\n\r\n", client.sent_at + 5).startswith(b"HTTP/1.1 100 ")
            got = client.send(b"hello").answer()
            assert (got.status, got.interim) == (200, [])

    def test_it_is_not_needed_by_who_sends_at_once(self, gateway):
        with gateway.client() as client:
            client.send(POST + "Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello")
            assert client.answer().status == 200
            assert client.get("/one").status == 200

    def test_an_error_comes_instead_of_it(self, gateway):
        with gateway.client() as client:
            client.send("POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                        "Expect: 100-continue\r\n\r\n")
            got = client.answer()
            assert (got.status, got.interim) == (404, [])

    def test_http_1_0_is_not_told(self, gateway):
        with gateway.client() as client:
            client.send(b"POST /post HTTP/1.0\r\nHost: a\r\nContent-Length: 5\r\n"
                        b"Expect: 100-continue\r\n\r\nhello")
            got = client.answer()
            assert (got.status, got.interim) == (200, [])

    def test_another_expectation_is_refused_or_ignored(self, gateway):
        got = gateway.get("/one", fields=[("Expect", "the-unexpected")])
        assert got.status in any_of(200, 417)


SMUGGLED = b"GET /one/smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def get(line):
    return b"GET /one HTTP/1.1\r\nHost: a\r\n" + line + b"\r\n\r\n"


def post(fields, body=b""):
    return b"POST /post HTTP/1.1\r\nHost: a\r\n" + fields + b"\r\n\r\n" + body


TE = b"Transfer-Encoding: "
CL = b"Content-Length: "
ZERO = b"0\r\n\r\n"

MALFORMED = table(
    "data",
    ("a length and chunks", post(CL + b"5\r\n" + TE + b"chunked", ZERO)),
    ("chunks and a length", post(TE + b"chunked\r\n" + CL + b"5", ZERO)),
    ("two lengths that differ", post(CL + b"5\r\n" + CL + b"6", b"hello!")),
    ("two lengths in one field", post(CL + b"5, 6", b"hello!")),
    ("a length with a plus", post(CL + b"+5", b"hello")),
    ("a length with a minus", post(CL + b"-5", b"hello")),
    ("a hexadecimal length", post(CL + b"0x5", b"hello")),
    ("a length with a space in it", post(CL + b"1 0", b"hello")),
    ("a length with a fraction", post(CL + b"5.0", b"hello")),
    ("a length that is empty", post(CL, b"hello")),
    ("a length that is a word", post(CL + b"five", b"hello")),
    ("a length beyond 64 bits", post(CL + b"18446744073709551621", b"hello")),
    ("a length with an underscore in its name", post(b"Content_Length: 5\r\n" + CL + b"x", b"")),
    ("an unknown coding", post(TE + b"squeezed", ZERO)),
    ("a coding that only looks like chunked", post(TE + b"xchunked", ZERO)),
    ("chunked with a tail", post(TE + b"chunkedx", ZERO)),
    ("chunked in quotes", post(TE + b'"chunked"', ZERO)),
    ("chunked with a vertical tab", post(TE + b"\x0bchunked", ZERO)),
    ("chunked twice", post(TE + b"chunked\r\n" + TE + b"chunked", ZERO)),
    ("chunked, then another", post(TE + b"chunked, identity", ZERO)),
    ("another, then chunked", post(TE + b"gzip, chunked", ZERO)),
    ("identity", post(TE + b"identity", b"")),
    ("an empty coding", post(TE, ZERO)),
    ("chunks in HTTP/1.0", post(TE + b"chunked", ZERO).replace(b"HTTP/1.1", b"HTTP/1.0")),
    ("a space before the colon", get(b"X-Odd : 1")),
    ("a tab before the colon", get(b"X-Odd\t: 1")),
    ("a space before a coding's colon", post(b"Transfer-Encoding : chunked", ZERO)),
    ("a folded field", get(b"X-Odd: 1\r\n 2")),
    ("a folded coding", post(b"Transfer-Encoding:\r\n chunked", ZERO)),
    ("a space before the first field", b"GET /one HTTP/1.1\r\n X: 1\r\nHost: a\r\n\r\n"),
    ("a field without a colon", get(b"Odd")),
    ("a field without a name", get(b": 1")),
    ("a name with a space", get(b"X Odd: 1")),
    ("a name in brackets", get(b"X[Odd]: 1")),
    ("a name with a byte above ASCII", get(b"X-\xc3\xa9: 1")),
    ("a NUL in a name", get(b"X-\0: 1")),
    ("a NUL in a value", get(b"X-Odd: a\0b")),
    ("a bare CR in a value", get(b"X-Odd: a\rb")),
    ("a bare LF behind a value", b"GET /one HTTP/1.1\r\nHost: a\nX: 1\r\n\r\n"),
    ("bare LFs alone", GET.replace(b"\r\n", b"\n")),
    ("CRs alone", GET.replace(b"\r\n", b"\r")),
    ("an escape byte in a value", get(b"X-Odd: \x1b[2J")),
    ("a DEL in a value", get(b"X-Odd: a\x7fb")),
    ("no host", b"GET /one HTTP/1.1\r\n\r\n"),
    ("two hosts", get(b"Host: b")),
    ("two hosts alike", get(b"Host: a")),
    ("a host with a space", GET.replace(b"Host: a", b"Host: a b")),
    ("a host with a slash", GET.replace(b"Host: a", b"Host: a/b")),
    ("a host with an at sign", GET.replace(b"Host: a", b"Host: u@a")),
    ("a host with a query", GET.replace(b"Host: a", b"Host: a?b")),
    ("two hosts in one field", GET.replace(b"Host: a", b"Host: a, b")),
    ("a host with a port that is none", GET.replace(b"Host: a", b"Host: a:b")),
    ("a host with a port beyond all", GET.replace(b"Host: a", b"Host: a:99999")),
    ("a host with half an IPv6 address", GET.replace(b"Host: a", b"Host: [::1")),
    ("no version", b"GET /one\r\nHost: a\r\n\r\n"),
    ("no target", b"GET HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("nothing but a line break and garbage", b"\r\n\x00\x01\x02\r\n\r\n"),
    ("a version in lower case", GET.replace(b"HTTP/1.1", b"http/1.1")),
    ("a version of one digit", GET.replace(b"HTTP/1.1", b"HTTP/1")),
    ("a version with a sign", GET.replace(b"HTTP/1.1", b"HTTP/+1.1")),
    ("a version of tomorrow", GET.replace(b"HTTP/1.1", b"HTTP/3.0")),
    ("a version of yesterday", GET.replace(b"HTTP/1.1", b"HTTP/0.9")),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("another protocol", GET.replace(b"HTTP/1.1", b"RTSP/1.0")),
    ("two spaces before the target", GET.replace(b"GET ", b"GET  ")),
    ("a space behind the version", GET.replace(b"HTTP/1.1", b"HTTP/1.1 x")),
    ("a tab for a space", GET.replace(b"GET ", b"GET\t")),
    ("a space before the method", b" " + GET),
    ("a space in the target", GET.replace(b"/one", b"/o ne")),
    ("a control byte in the target", GET.replace(b"/one", b"/one\x01")),
    ("a NUL in the target", GET.replace(b"/one", b"/one\0")),
    ("a byte above ASCII in the target", GET.replace(b"/one", b"/\xc3\xa9")),
    ("a word", b"GARBAGE\r\n\r\n"),
    ("two words", b"HELLO WORLD\r\n\r\n"),
    ("three words", b"garbage garbage garbage\r\n\r\n"),
    ("an unknown method and a bad field", b"BREW /one HTTP/1.1\r\nHost : a\r\n\r\n"),
    ("a method with a slash", b"G/ET /one HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a tunnel that is asked for", b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    ("a target that is no path", b"GET a/one HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a target whose authority is none", b"GET http://[a/one HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a TLS handshake", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32)),
    ("a PROXY line", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + GET),
    ("a chunk size that is none", post(TE + b"chunked", b"zz\r\nhello\r\n0\r\n\r\n")),
    ("a chunk size with a sign", post(TE + b"chunked", b"+5\r\nhello\r\n0\r\n\r\n")),
    ("a chunk size with a minus", post(TE + b"chunked", b"-5\r\nhello\r\n0\r\n\r\n")),
    ("a chunk size with 0x", post(TE + b"chunked", b"0x5\r\nhello\r\n0\r\n\r\n")),
    ("a chunk size beyond 64 bits",
     post(TE + b"chunked", b"10000000000000005\r\nhello\r\n0\r\n\r\n")),
    ("an empty chunk size", post(TE + b"chunked", b"\r\nhello\r\n0\r\n\r\n")),
    ("a chunk longer than its size", post(TE + b"chunked", b"5\r\nhello!\r\n0\r\n\r\n")),
    ("a chunk size that ends with LF", post(TE + b"chunked", b"5\nhello\r\n0\r\n\r\n")),
    ("a chunk that ends with LF", post(TE + b"chunked", b"5\r\nhello\n0\r\n\r\n")),
    ("a chunk that ends with CR", post(TE + b"chunked", b"5\r\nhello\r0\r\n\r\n")),
    ("a bare CR in an extension", post(TE + b"chunked", b"5;a\rb\r\nhello\r\n0\r\n\r\n")),
    ("a bad trailer", post(TE + b"chunked", b"0\r\nBad : x\r\n\r\n")),
)


@MALFORMED
def test_malformed_http_is_refused_and_closed_and_reaches_no_service(gateway, data):
    before = len(gateway["alpha"].requests())
    with gateway.client() as client:
        client.send(data + SMUGGLED)
        got = client.answer()
        assert got.status in any_of(400, 413, 501, 505)
        got.problem()
        assert client.rest() == b"", "what stands behind it is not answered"
    assert len(gateway["alpha"].requests()) == before
    assert gateway.get("/one").status == 200


@table(
    "data",
    ("a port", GET.replace(b"Host: a", b"Host: a:8080")),
    ("an IPv6 address", GET.replace(b"Host: a", b"Host: [::1]:8080")),
    ("no case", GET.replace(b"Host: a", b"hOST:A.EXAMPLE")),
    ("spaces around it", GET.replace(b"Host: a", b"Host: \t a \t ")),
    ("no name, where the target has one",
     b"GET http://a/one HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an underscore", GET.replace(b"Host: a", b"Host: a_b")),
)
def test_a_host_may_have(gateway, data):
    assert gateway.send(data).status == 200


@table(
    "data",
    ("a field without a value", get(b"X-Empty:")),
    ("a value with bytes above ASCII", get(b"X-Name: J\xc3\xb6rg \xff")),
    ("a value with tabs", get(b"X-Tab: a\tb")),
    ("names of all token bytes", get(b"!#$%&'*+-.^_`|~09azAZ: 1")),
    ("many fields", get(b"\r\n".join(b"X-%d: %d" % (n, n) for n in range(80)))),
)
def test_a_head_may_have(gateway, data):
    assert gateway.send(data).status == 200


@table(
    "data",
    ("nothing", b""), ("a byte", b"G"), ("half a line", GET[:10]), ("half a head", GET[:-2]),
    ("half a field", POST.encode() + b"Content-Le"), ("half a body", post(CL + b"5", b"he")),
    ("half a chunk", post(TE + b"chunked", b"5\r\nhe")),
)
def test_a_client_that_ends_after_gets_no_success(gateway, data):
    before = len(gateway["alpha"].requests())
    with gateway.client() as client:
        client.send(data).finish()
        assert b" 200 " not in client.rest()
    assert len(gateway["alpha"].requests()) == before
