"""test_progressive.py - answers part by part, as their sources become known (CONTRACT 3.6)"""

import threading
import time

import pytest

from behaviour import after, answer, chunked, closing, silent, then, when
from cases import fresh, table
from stream import KINDS, MULTIPART, NDJSON, SSE, TYPES, V02, Stream, compose

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off, timeout: 9s}
  beta: {targets: ["http://@beta@"], breaker: off, timeout: 9s}
  gamma: {targets: ["http://@gamma@"], breaker: off, timeout: 9s}
defaults: {endpoint: {timeout: 9s}}
endpoints:
  - path: /shop/{key}
    response_headers: {x-frame-options: DENY}
    sources:
      product: {get: "alpha:/{key}", required: true, return_headers: [x-mark]}
      reviews: {get: "beta:/{key}", fallback: {items: []}}
      stock: {get: "gamma:/{key}"}
  - path: /quick/{key}
    timeout: 300ms
    sources:
      product: {get: "alpha:/{key}", required: true}
      reviews: {get: "beta:/{key}"}
      stock: {get: "gamma:/{key}"}
  - path: /free/{key}
    timeout: 20s
    sources:
      product: {get: "alpha:/{key}", timeout: 20s}
      reviews: {get: "beta:/{key}", timeout: 20s}
  - path: /first/{key}
    first: [product, stock]
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", required: true}
      stock: {get: "gamma:/{key}"}
  - path: /texts/{key}
    errors: text
    query: {ids: {list: true}}
    sources:
      product: {get: "alpha:/{key}"}
      related: {each: ids, get: "beta:/{key}/{item}"}
  - path: /elements/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}"}
  - path: /nested/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", into: product.reviews}
      offers: {get: "gamma:/{key}", into: extra.offers}
  - path: /joined/{key}
    sources:
      a: {get: "alpha:/{key}", into: .}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}", into: .}
  - path: /joined-first/{key}
    first: [b]
    sources:
      a: {get: "alpha:/{key}", into: .}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}", into: .}
  - path: /taken/{key}
    sources:
      a: {get: "alpha:/{key}", into: .}
      x: {get: "beta:/{key}"}
      y: {get: "gamma:/{key}", into: x.y}
  - path: /hidden/{key}
    query: {with: {type: boolean}}
    sources:
      token: {get: "alpha:/{key}", hide: true}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}", when: with == true}
  - path: /post/{key}
    method: POST
    status: 201
    sources:
      a: {post: "alpha:/{key}"}
  - path: /forwards/{key}
    sources:
      a: {get: "alpha:/{key}", forward: [accept]}
  - path: /cached/{key}
    cache: 60s
    sources:
      a: {get: "alpha:/{key}"}
  - path: /remembered/{key}
    sources:
      a: {get: "alpha:/{key}", cache: 60s}
  - path: /returns/{key}
    sources:
      a: {get: "alpha:/{key}", required: true, return_headers: [cache-control, x-mark]}
  - path: /coded/{key}
    compress: [zstd, br, gzip]
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}"}
      stock: {get: "gamma:/{key}"}
"""

BAD = answer({}, 500)


def serve(gateway, a=None, b=None, c=None):
    key = fresh()
    for name, says in (("alpha", a), ("beta", b), ("gamma", c)):
        if says is not None:
            gateway[name].on(f"/{key}", says if callable(says) else answer(says))
    return key


@pytest.fixture(params=[SSE, NDJSON], ids=["sse", "ndjson"])
def kind(request):
    return request.param


def whole(gateway, target, kind=SSE, **options):
    with Stream(gateway.address, target, kind, **options) as stream:
        return stream.begin(), stream.events()


def error(source, kind, message, **more):
    return {"source": source, "kind": kind, "message": f"{source}: {message}", **more}


def test_the_bytes_of_an_event_stream(gateway):
    go = threading.Event()
    key = serve(gateway, then(answer(b'{"id":1.0}'), go), when(go, after(0.1, BAD)),
                when(go, answer(b"[1.50]")))
    got = gateway.get(f"/shop/{key}", fields=[("Accept", SSE)])
    failed = (b'{"source":"reviews","kind":"status","message":"reviews: answered 500","status":500}')
    assert got.body == (
        b'event: initial\ndata: {"product":{"id":1.0}}\n\n'
        b'event: part\nid: 1\ndata: {"source":"stock","path":["stock"],"value":[1.50]}\n\n'
        b'event: part\nid: 2\ndata: {"source":"reviews","path":["reviews"],"value":{"items":[]},'
        b'"error":' + failed + b"}\n\n"
        b'event: done\nid: done\ndata: {"complete":false,"errors":[' + failed + b"]}\n\n"
    )


def test_the_bytes_of_lines(gateway):
    late = threading.Event()
    key = serve(gateway, then(answer(b'{"id":1.0}'), late), when(late, answer(b"[1.50]")), 3)
    with gateway.client() as client:
        client.ask(f"/shop/{key}?fields=product,reviews", fields=[("Accept", NDJSON)])
        got = client.answer()
    assert got["content-type"] == NDJSON
    assert got.body == (
        b'{"event":"initial","data":{"product":{"id":1.0}}}\n'
        b'{"event":"part","source":"reviews","path":["reviews"],"value":[1.50]}\n'
        b'{"event":"done","complete":true}\n'
    )


@pytest.mark.essential
def test_each_part_leaves_when_it_is_known(gateway, kind):
    go = [threading.Event() for _ in range(3)]
    key = serve(gateway, when(go[0], answer({"id": 1})), when(go[1], answer([2])),
                when(go[2], answer(3)))
    with Stream(gateway.address, f"/shop/{key}", kind) as stream:
        go[0].set()
        assert stream.event().data == {"product": {"id": 1}}
        go[2].set()
        assert stream.event().data == {"source": "stock", "path": ["stock"], "value": 3}
        go[1].set()
        assert stream.event().data == {"source": "reviews", "path": ["reviews"], "value": [2]}
        done = stream.event()
        assert (done.name, done.data) == ("done", {"complete": True})
        assert stream.event() is None


def test_the_head(gateway, kind):
    key = serve(gateway, answer({}, fields=[("X-Mark", "7")]), 2, 3)
    head, _ = whole(gateway, f"/shop/{key}", kind)
    assert (head.status, head["content-type"]) == (200, kind)
    assert head["cache-control"] == "no-store, no-transform"
    assert head["x-accel-buffering"] == "no" and head["vary"] == "Accept"
    assert head["sheaf-complete"] is None and head["content-length"] is None
    assert (head["x-frame-options"], head["x-mark"]) == ("DENY", "7")
    assert head["x-request-id"]


def test_what_a_service_says_of_caching_is_not_the_streams(gateway, kind):
    key = serve(gateway, answer({}, fields=[("Cache-Control", "max-age=60"), ("X-Mark", "7")]))
    head, _ = whole(gateway, f"/returns/{key}", kind)
    assert head["cache-control"] == "no-store, no-transform" and head["x-mark"] == "7"
    assert gateway.get(f"/returns/{key}")["cache-control"] == "max-age=60"


def test_what_the_cache_had_to_do_with_it_is_not_known_yet(gateway, kind):
    """At the head's time nobody can say it, so nothing is said; plain answers say it."""
    key = serve(gateway, {"id": 1})
    for _ in range(2):
        head, events = whole(gateway, f"/remembered/{key}", kind)
        assert head["cache-status"] is None and head["etag"] is None
        assert compose(events) == {"a": {"id": 1}}
    assert gateway.get(f"/remembered/{key}")["cache-status"] == 'sheaf; hit; detail="a=hit"'
    assert len(gateway["alpha"].requests(f"/{key}")) == 1


def test_the_head_waits_for_required_sources(gateway, kind):
    go = threading.Event()
    key = serve(gateway, when(go, answer({})), 2, 3)
    with Stream(gateway.address, f"/shop/{key}", kind) as stream:
        gateway["beta"].wait_requests(f"/{key}")
        with pytest.raises(TimeoutError):
            stream.begin(0.15)
        go.set()
        assert stream.event().data["product"] == {}


def test_without_required_sources_it_begins_at_once(gateway, kind):
    go = threading.Event()
    key = serve(gateway, when(go, answer({})), when(go, answer(2)))
    with Stream(gateway.address, f"/free/{key}", kind) as stream:
        assert stream.event().data == {}
        go.set()
        assert [e.name for e in stream.events()] == ["part", "part", "done"]


def test_first_says_what_the_first_part_has(gateway, kind):
    go = threading.Event()
    key = serve(gateway, BAD, 2, when(go, answer(3)))
    with Stream(gateway.address, f"/first/{key}", kind) as stream:
        assert stream.begin().status == 200  # none of these is required
        gateway["beta"].wait_requests(f"/{key}")
        go.set()
        first, part, done = stream.events()
    errors = [error("product", "status", "answered 500", status=500)]
    assert first.data == {"product": None, "stock": 3, "errors": errors}
    assert list(first.data)[-1] == "errors"
    assert part.data == {"source": "reviews", "path": ["reviews"], "value": 2}
    assert done.data == {"complete": False, "errors": errors}


class TestFailures:
    @table("says, status", ("a status", BAD, 502), ("nothing there", answer({}, 404), 404))
    def test_a_required_one_before_the_first_part_is_answered_plainly(
            self, gateway, kind, says, status):
        key = serve(gateway, says, silent(), silent())
        got = gateway.get(f"/shop/{key}", fields=[("Accept", kind)])
        assert got.problem(status)["errors"][0]["source"] == "product"
        assert "Accept" in got["vary"]

    def test_a_required_one_that_is_late_is_504(self, gateway, kind):
        key = serve(gateway, silent(), 2, 3)
        assert gateway.get(f"/quick/{key}", fields=[("Accept", kind)]).problem(504)

    def test_a_required_one_later_is_told_in_its_part(self, gateway, kind):
        go = threading.Event()
        key = serve(gateway, silent(), when(go, BAD), 3)
        with Stream(gateway.address, f"/first/{key}", kind) as stream:
            assert stream.begin().status == 200
            gateway["alpha"].wait_requests(f"/{key}")
            gateway["gamma"].wait_requests(f"/{key}")
            time.sleep(0.05)
            go.set()
            first, part, done = stream.events()
        assert first.data == {"stock": 3}
        failed = error("reviews", "status", "answered 500", status=500)
        assert part.data == {"source": "reviews", "path": ["reviews"], "value": None, "error": failed}
        assert done.data == {"complete": False, "errors": [failed]}
        assert gateway["alpha"].only(f"/{key}").connection.closed.wait(5)

    def test_at_the_deadline_the_others_are_told(self, gateway, kind):
        key = serve(gateway, {}, silent(), silent())
        with Stream(gateway.address, f"/quick/{key}", kind) as stream:
            first, *parts, done = stream.events()
        assert first.data == {"product": {}}
        assert [p.data["error"]["kind"] for p in parts] == ["timeout", "timeout"]
        assert [p.data["value"] for p in parts] == [None, None]
        assert [e["source"] for e in done.data["errors"]] == ["reviews", "stock"]
        assert 0.25 < done.at - stream.asked_at < 1

    def test_texts(self, gateway, kind):
        key = serve(gateway, BAD)
        gateway["beta"].on(f"/{key}/2", BAD)
        _, events = whole(gateway, f"/texts/{key}?ids=1,2,2", kind)
        parts = {e.data["source"]: e.data for e in events[1:-1]}
        assert parts["product"]["error"] == "product: answered 500"
        assert parts["related"]["errors"] == ["related: answered 500"] * 2
        assert events[-1].data["errors"] == ["product: answered 500"] + ["related: answered 500"] * 2

    def test_elements_that_failed(self, gateway, kind):
        key = serve(gateway)
        gateway["beta"].on(f"/{key}/2", BAD).on(f"/{key}/1", answer(b"[\r\n1,\n2]"))
        _, events = whole(gateway, f"/elements/{key}?ids=1,2", kind)
        failed = error("related", "status", "answered 500", status=500, path=["related", 1])
        assert events[1].data == {"source": "related", "path": ["related"],
                                  "value": [[1, 2], None], "errors": [failed]}


class TestPlaces:
    def test_a_part_waits_for_the_one_that_it_lies_in(self, gateway, kind):
        go = threading.Event()
        key = serve(gateway, when(go, answer({"id": 1})), 2, 3)
        with Stream(gateway.address, f"/nested/{key}", kind) as stream:
            assert stream.event().data == {}
            assert stream.event().data == {"source": "offers", "path": ["extra", "offers"], "value": 3}
            gateway["beta"].wait_requests(f"/{key}")
            go.set()
            rest = stream.events()
        assert [e.data.get("path") for e in rest] == [["product"], ["product", "reviews"], None]

    def test_what_is_left_without_a_place_has_no_part(self, gateway, kind):
        key = serve(gateway, [1], 2, 3)
        _, events = whole(gateway, f"/nested/{key}", kind)
        assert {e.data["source"] for e in events[1:-1]} == {"product", "offers"}
        assert events[-1].data["errors"][0]["kind"] == "missing"

    def test_members_join_the_top_level(self, gateway, kind):
        late = threading.Event()
        key = serve(gateway, when(late, answer({"x": "a", "b": 1})), 2,
                    then(answer({"x": "c", "y": "c"}), late))
        _, events = whole(gateway, f"/joined/{key}", kind)
        parts = {e.data["source"]: e.data for e in events[1:-1]}
        assert parts["a"]["path"] == [] and parts["c"]["value"] == {"x": "c", "y": "c"}
        assert compose(events) == {"x": "a", "b": 1, "y": "c"}

    @pytest.mark.parametrize("framing", KINDS)
    @pytest.mark.parametrize("endpoint", ["joined", "joined-first"])
    def test_what_may_lose_its_name_to_nothing_waits(self, gateway, endpoint, framing):
        """Of a's members nothing is left by the selection, and they are still a's: what the others
        have by these names could not be taken back."""
        go = threading.Event()
        key = serve(gateway, when(go, answer({"b": "A", "x": "A"})), {"id": 1}, {"x": {"id": 2}, "y": 3})
        target = f"/{endpoint}/{key}?fields=b/id,x/id,y"
        with Stream(gateway.address, target, framing) as stream:
            for service in ("beta", "gamma"):
                gateway[service].wait_requests(f"/{key}")
            time.sleep(0.05)
            go.set()
            assert compose(stream.events()) == {"y": 3} == gateway.get(target).json()

    @pytest.mark.parametrize("framing", KINDS)
    def test_what_loses_its_name_later_is_not_missed(self, gateway, framing):
        go = threading.Event()
        key = serve(gateway, when(go, answer({"x": 1})), [2], 3)
        with Stream(gateway.address, f"/taken/{key}", framing) as stream:
            events = [stream.event(), stream.event()]
            gateway["gamma"].wait_requests(f"/{key}")
            time.sleep(0.05)
            go.set()
            events += stream.events()
        plain = gateway.get(f"/taken/{key}").json()
        assert compose(events) == plain == {"x": 1}

    def test_hidden_and_skipped_ones_give_no_part(self, gateway, kind):
        key = serve(gateway, BAD, 2, 3)
        _, events = whole(gateway, f"/hidden/{key}?with=false", kind)
        assert [e.data.get("source") for e in events] == [None, "b", None]
        assert [e["source"] for e in events[-1].data["errors"]] == ["token"]


class TestBytes:
    def test_line_breaks_become_spaces(self, gateway, kind):
        key = serve(gateway, answer(b'{\r\n "id" :\n1.0, "t": "a\\r\\nb"\r}\n'),
                    answer(b"[\n1,\r2 ]" + b"\n" * 9000), answer(b"\n3\n"))
        head, events = whole(gateway, f"/shop/{key}", kind)
        assert compose(events) == {"product": {"id": 1, "t": "a\r\nb"}, "reviews": [1, 2], "stock": 3}

    def test_large_values(self, gateway, kind):
        large = ["x" * 100, {"y": "z" * 3_000_000}]
        key = serve(gateway, large, chunked([b"[", b"1 , " * 200_000, b"2]"]), large)
        _, events = whole(gateway, f"/shop/{key}", kind)
        got = compose(events)
        assert got["product"] == large and got["stock"] == large
        assert got["reviews"] == [1] * 200_000 + [2]

    def test_a_slow_reader_gets_all_and_delays_nobody(self, gateway, kind):
        large = ["x" * 4_000_000]
        key = serve(gateway, large, large, large)
        with Stream(gateway.address, f"/shop/{key}", kind, receive_buffer=4096) as slow:
            slow.begin()
            other = serve(gateway, 1, 2, 3)
            assert len(whole(gateway, f"/shop/{other}", kind)[1]) == 4
            assert compose(slow.events(30)) == {"product": large, "reviews": large, "stock": large}


class TestCompressed:
    """Bytes of each event can be read as soon as they are sent, whatever they are coded in."""

    @pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
    @pytest.mark.parametrize("framing", KINDS)
    def test_each_event_can_be_read_at_once(self, gateway, framing, coding):
        go = [threading.Event() for _ in range(3)]
        large = ["x" * 100, list(range(60_000))]
        key = serve(gateway, when(go[0], answer({"id": 1})), when(go[1], answer(large)),
                    when(go[2], answer(3)))
        fields = [("Accept-Encoding", coding)]
        with Stream(gateway.address, f"/coded/{key}", framing, fields=fields) as stream:
            events = [stream.event()]
            assert stream.head["content-encoding"] == coding
            assert stream.head["vary"] == "Accept-Encoding, Accept"
            assert stream.head["cache-control"] == "no-store, no-transform"
            for event in go:
                event.set()
                events.append(stream.event())
                assert events[-1].name == "part" and stream.raw == b""
            events.append(stream.event())
            assert events[-1].name == "done" and stream.event() is None
        assert compose(events) == {"product": {"id": 1}, "reviews": large, "stock": 3}

    def test_a_slow_reader(self, gateway, kind):
        large = [[n * 7919 % 10_000_019 for n in range(start, start + 300_000)] for start in (0, 9, 99)]
        key = serve(gateway, *large)
        fields = [("Accept-Encoding", "gzip")]
        with Stream(gateway.address, f"/coded/{key}", kind, fields=fields, receive_buffer=4096) as slow:
            slow.begin()
            time.sleep(0.3)
            assert len(whole(gateway, f"/shop/{serve(gateway, 1, 2, 3)}", kind)[1]) == 4
            got = compose(slow.events(30))
        assert got == {"product": large[0], "reviews": large[1], "stock": large[2]}

    @table("field", ("none", None), ("a foreign one", "compress"), ("an unwanted one", "gzip;q=0"))
    def test_what_the_client_does_not_read_is_not_coded(self, gateway, field):
        key = serve(gateway, 1, 2, 3)
        fields = [("Accept-Encoding", field)] if field else []
        head, events = whole(gateway, f"/coded/{key}", fields=fields)
        assert head["content-encoding"] is None and len(events) == 5
        assert "Accept-Encoding" in head["vary"]

    def test_a_client_that_leaves(self, gateway, kind):
        key = serve(gateway, {}, silent(), silent())
        fields = [("Accept-Encoding", "br")]
        with Stream(gateway.address, f"/coded/{key}", kind, fields=fields) as stream:
            stream.event()
            gateway["beta"].wait_requests(f"/{key}")
        assert gateway["beta"].only(f"/{key}").connection.closed.wait(5)

    def test_head(self, gateway):
        key = serve(gateway, 1, 2, 3)
        fields = [("Accept", SSE), ("Accept-Encoding", "gzip")]
        got = gateway.get(f"/coded/{key}", "HEAD", fields=fields)
        assert (got.status, got["content-encoding"], got.body) == (200, "gzip", b"")


def test_http_1_0_ends_with_the_connection(gateway, kind):
    key = serve(gateway, 1, 2, 3)
    with gateway.client() as client:
        client.send(f"GET /shop/{key} HTTP/1.0\r\nAccept: {kind}\r\n\r\n")
        got = client.answer()
        assert got["transfer-encoding"] is None and got.closes()
        assert got.body.rstrip().endswith(b'"complete":true}') and b"initial" in got.body


def test_head_has_the_fields_alone(gateway, kind):
    key = serve(gateway, 1, 2, 3)
    with gateway.client() as client:
        got = client.get(f"/shop/{key}", "HEAD", fields=[("Accept", kind)])
        assert (got.status, got["content-type"], got.body) == (200, kind, b"")
        assert client.get(f"/shop/{key}").json()["product"] == 1


def test_the_connection_goes_on_behind_it(gateway, kind):
    key = serve(gateway, 1, 2, 3)
    with gateway.client() as client:
        for _ in range(3):
            client.get(f"/shop/{key}", fields=[("Accept", kind)])
        assert client.get(f"/shop/{key}").json() == {"product": 1, "reviews": 2, "stock": 3}


def test_a_client_that_leaves_cancels_its_calls(gateway, kind):
    key = serve(gateway, {}, silent(), silent())
    with Stream(gateway.address, f"/shop/{key}", kind) as stream:
        stream.event()
        for name in ("beta", "gamma"):
            gateway[name].wait_requests(f"/{key}")
    for name in ("beta", "gamma"):
        assert gateway[name].only(f"/{key}").connection.closed.wait(5)


class TestReconnect:
    def test_the_last_id_of_done_ends_it(self, gateway):
        key = serve(gateway, 1, 2, 3)
        _, events = whole(gateway, f"/shop/{key}")
        assert [e.id for e in events][1:-1] == ["1", "2"] and events[-1].id
        n = len(gateway["alpha"].requests(f"/{key}"))
        again = [("Accept", SSE), ("Last-Event-ID", events[-1].id)]
        got = gateway.get(f"/shop/{key}", fields=again)
        assert (got.status, got.body) == (204, b"")
        assert len(gateway["alpha"].requests(f"/{key}")) == n

    def test_any_other_id_asks_again(self, gateway):
        key = serve(gateway, 1, 2, 3)
        _, events = whole(gateway, f"/shop/{key}", fields=[("Last-Event-ID", "1")])
        assert compose(events) == {"product": 1, "reviews": 2, "stock": 3}

    def test_it_means_nothing_elsewhere(self, gateway):
        key = serve(gateway, 1, 2, 3)
        fields = [("Last-Event-ID", "done")]
        assert gateway.get(f"/shop/{key}", fields=fields).status == 200
        assert len(whole(gateway, f"/shop/{key}", NDJSON, fields=fields)[1]) == 4


PART = b"Content-Type: application/json; charset=utf-8\r\n\r\n"
NEXT = b"\r\n---\r\n"


class TestMultipart:
    def test_the_bytes(self, gateway):
        go = threading.Event()
        key = serve(gateway, then(answer(b'{"id":1.0}'), go), when(go, after(0.1, BAD)),
                    when(go, answer(b"[1.50]")))
        got = gateway.get(f"/shop/{key}", fields=[("Accept", MULTIPART)])
        assert got["content-type"] == TYPES[MULTIPART]
        failed = b'{"source":"reviews","kind":"status","message":"reviews: answered 500","status":500}'
        assert got.body == (
            NEXT + PART + b'{"data":{"product":{"id":1.0}},"hasNext":true}' + NEXT
            + PART + b'{"incremental":[{"path":[],"data":{"stock":[1.50]}}],"hasNext":true}' + NEXT
            + PART + b'{"incremental":[{"path":[],"data":{"reviews":{"items":[]}},"errors":[' + failed
            + b']}],"hasNext":true}' + NEXT
            + PART + b'{"hasNext":false,"extensions":{"complete":false}}\r\n-----\r\n'
        )

    def test_the_bytes_of_v02(self, gateway):
        go = threading.Event()
        key = serve(gateway, then(answer(b'{"id":1.0}'), go), when(go, answer(b"2")))
        accept = [("Accept", V02)]
        got = gateway.get(f"/shop/{key}?fields=product,reviews", fields=accept)
        assert got["content-type"] == TYPES[V02]
        assert got.body == (
            NEXT + PART + b'{"data":{"product":{"id":1.0}},'
            b'"pending":[{"id":"1","path":[],"label":"reviews"}],"hasNext":true}' + NEXT
            + PART + b'{"incremental":[{"id":"1","data":{"reviews":2}}],"completed":[{"id":"1"}],'
            b'"hasNext":true}' + NEXT
            + PART + b'{"hasNext":false,"extensions":{"complete":true}}\r\n-----\r\n'
        )

    @pytest.mark.parametrize("kind", [MULTIPART, V02])
    def test_each_part_comes_with_the_delimiter_that_closes_it(self, gateway, kind):
        go = [threading.Event() for _ in range(3)]
        key = serve(gateway, *[when(go[i], answer(i)) for i in range(3)])
        with Stream(gateway.address, f"/shop/{key}", kind) as stream:
            for i in range(3):
                go[i].set()
                assert stream.event() and stream.raw == b""
            assert stream.event().name == "done" and stream.event() is None

    @pytest.mark.parametrize("kind", [MULTIPART, V02])
    def test_errors_of_the_first_part_stand_beside_data(self, gateway, kind):
        key = serve(gateway, BAD, 2, 3)
        _, events = whole(gateway, f"/first/{key}", kind)
        failed = error("product", "status", "answered 500", status=500)
        assert events[0].data["errors"] == [failed]
        assert events[0].data["data"] == {"product": None, "stock": 3}
        assert compose(events) == {"product": None, "stock": 3, "reviews": 2, "errors": [failed]}

    @pytest.mark.parametrize("kind", [MULTIPART, V02])
    def test_a_place_is_merged_into_the_object_that_is_there(self, gateway, kind):
        go = threading.Event()
        key = serve(gateway, when(go, answer({"id": 1})), when(go, answer(2)), 3)
        with Stream(gateway.address, f"/nested/{key}", kind) as stream:
            events = [stream.event(), stream.event()]
            go.set()
            events += stream.events()
        parts = [e.data["incremental"][0] for e in events[1:-1]]
        assert [p.get("path", p.get("subPath", [])) for p in parts] == [[], [], ["product"]]
        assert parts[0]["data"] == {"extra": {"offers": 3}}
        assert compose(events) == {"product": {"id": 1, "reviews": 2}, "extra": {"offers": 3}}

    @pytest.mark.parametrize("kind", [MULTIPART, V02])
    def test_what_has_no_part_is_told_last(self, gateway, kind):
        key = serve(gateway, BAD, 2, 3)
        _, events = whole(gateway, f"/hidden/{key}?with=false", kind)
        assert [e["source"] for e in events[-1].data["errors"]] == ["token"]
        assert compose(events)["b"] == 2

    @pytest.mark.parametrize("accept", ["multipart/mixed;deferSpec=7", "multipart/mixed;incrementalSpec=v9"])
    def test_other_dialects_are_none_of_ours(self, gateway, accept):
        assert gateway.get(f"/shop/{serve(gateway, 1, 2, 3)}", fields=[("Accept", accept)])["content-type"] == PLAIN


PLAIN = "application/json"


class TestNegotiation:
    @table(
        "accept, kind",
        ("none", None, PLAIN),
        ("anything", "*/*", PLAIN),
        ("a browser's", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", PLAIN),
        ("any application", "application/*", PLAIN),
        ("a suffix", "application/vnd.shop+json", PLAIN),
        ("the highest", "application/json;q=0.5, text/event-stream;q=0.6", SSE),
        ("the first of equals", "application/x-ndjson, application/json", NDJSON),
        ("plain first", "application/json, text/event-stream", PLAIN),
        ("an unwanted one", "text/event-stream;q=0, */*", PLAIN),
        ("an image", "image/png", PLAIN),
        ("a page", "text/html, text/plain;q=0.3", PLAIN),
        ("no parts", "text/event-stream;q=0", PLAIN),
        ("the closest range", "*/*, application/json;q=0.1, text/event-stream;q=0.2", None),
    )
    def test_choice(self, gateway, accept, kind):
        key = serve(gateway, 1, 2, 3)
        got = gateway.get(f"/shop/{key}", fields=[("Accept", accept)] if accept else [])
        assert got.status == 200 and (kind is None or got["content-type"] == kind)
        assert "Accept" in got["vary"]

    @table("accept", ("nothing at all", "*/*;q=0"), ("no JSON", "application/json;q=0"),
           ("a page and nothing else", "text/html, */*;q=0"))
    def test_who_refuses_all_gets_406(self, gateway, accept):
        key = serve(gateway, 1, 2, 3)
        assert gateway.get(f"/shop/{key}", fields=[("Accept", accept)]).problem(406)
        assert not gateway["alpha"].requests(f"/{key}")

    def test_a_forwarded_accept_is_the_services_business(self, gateway):
        key = serve(gateway, 1)
        assert gateway.get(f"/forwards/{key}", fields=[("Accept", "image/png")]).json() == {"a": 1}

    def test_several_fields_are_one(self, gateway):
        key = serve(gateway, 1, 2, 3)
        fields = [("Accept", "application/json;q=0.2"), ("Accept", SSE)]
        assert gateway.get(f"/shop/{key}", fields=fields)["content-type"] == SSE

    def test_bad_parameters_are_told_plainly(self, gateway, kind):
        key = serve(gateway)
        got = gateway.get(f"/hidden/{key}?with=maybe", fields=[("Accept", kind)])
        assert got.problem(400)["violations"]

    def test_other_methods_too(self, gateway, kind):
        key = serve(gateway, {"id": 1})
        head, events = whole(gateway, f"/post/{key}", kind, method="POST", body=b"")
        assert head.status == 201 and compose(events) == {"a": {"id": 1}}


def test_the_endpoints_cache_is_for_whole_answers(gateway, kind):
    key = serve(gateway, {"id": 1})
    assert gateway.get(f"/cached/{key}").json() == {"a": {"id": 1}}
    assert compose(whole(gateway, f"/cached/{key}", kind)[1]) == {"a": {"id": 1}}
    assert gateway.get(f"/cached/{key}")["cache-status"].startswith("sheaf; hit")


def test_selection(gateway, kind):
    key = serve(gateway, {"id": 1, "x": 2}, {"items": [1], "n": 1}, 3)
    _, events = whole(gateway, f"/shop/{key}?fields=reviews/items", kind)
    assert compose(events) == {"reviews": {"items": [1]}}
    assert events[0].data == {} and not gateway["alpha"].requests(f"/{key}")


def test_the_log_has_one_line(gateway, kind):
    key = serve(gateway, 1, BAD, 3)
    head, _ = whole(gateway, f"/shop/{key}", kind)
    line = gateway.log_line(head["x-request-id"])
    assert line["status"] == 200 and line["bytes"] > 0 and len(line["sources"]) == 3


def test_idle_streams_carry_a_word_every_15_s(gateway):
    key = serve(gateway, after(16, answer(1)), after(16, answer(2)))
    streams = [Stream(gateway.address, f"/free/{key}", kind) for kind in KINDS]
    for stream in streams:
        with stream:
            assert compose(stream.events(20)) == {"product": 1, "reviews": 2}
            assert stream.comments == 1
