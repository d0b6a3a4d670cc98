"""test_progressive_items.py - `stream: items`: elements of a list as parts of their own"""

import threading
import time

import pytest

from behaviour import after, answer, silent, then, when
from cases import fresh, table
from stream import KINDS, MULTIPART, NDJSON, SSE, V02, Stream, apply, compose, in_order

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
  gamma: {targets: ["http://@gamma@"], breaker: off}
defaults: {source: {stream: items, timeout: 9s}, endpoint: {timeout: 9s}}
endpoints:
  - path: /list/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}"}
  - path: /one/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}", parallel: 1}
  - path: /texts/{key}
    errors: text
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}"}
  - path: /off/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}", stream: off}
  - path: /after/{key}
    sources:
      list: {get: "alpha:/{key}", hide: true}
      related: {each: list.ids, get: "beta:/{key}/{item}", fallback: [none], max: 3}
  - path: /shown/{key}
    sources:
      list: {get: "alpha:/{key}", required: true}
      related: {each: list.ids, get: "beta:/{key}/{item}", required: true}
  - path: /waits/{key}
    first: []
    sources:
      list: {get: "alpha:/{key}", required: true}
      related: {each: list.ids, get: "beta:/{key}/{item}", required: true}
  - path: /quick/{key}
    timeout: 400ms
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}"}
  - path: /batch/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, batch: ids, max: 5000, get: "beta:/{key}{?ids}", by: id}
  - path: /program/{key}
    query: {ids: {list: true}}
    sources:
      one: {each: ids, get: "beta:/{key}/{item}", jq: .a}
      all: {each: ids, batch: ids, get: "gamma:/{key}{?ids}", by: id, jq: .a, parallel: 2}
  - path: /inside/{key}
    query: {ids: {list: true}}
    sources:
      product: {get: "alpha:/{key}"}
      related: {each: ids, get: "beta:/{key}/{item}", into: product.more.related}
  - path: /gated/{key}
    first: []
    query: {ids: {list: true}}
    sources:
      gate: {get: "alpha:/{key}", required: true}
      related: {each: ids, get: "beta:/{key}/{item}"}
  - path: /hidden/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}", hide: true}
      last: {get: "gamma:/{key}/{related[1]}"}
  - path: /read/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}", pick: b}
      last: {get: "gamma:/{key}/{related[1].a}"}
  - path: /joined/{key}
    query: {ids: {list: true}}
    sources:
      a: {get: "alpha:/{key}", into: .}
      related: {each: ids, get: "beta:/{key}/{item}"}
      c: {get: "gamma:/{key}", into: .}
  - path: /stale/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}", cache: {ttl: 50ms, stale_if_error: 1h}}
      batch: {each: ids, batch: ids, get: "gamma:/{key}{?ids}", by: id, cache: {ttl: 50ms, stale_if_error: 1h}}
"""

BAD = answer({}, 500)


@pytest.fixture(params=[SSE, NDJSON], ids=["sse", "ndjson"])
def kind(request):
    return request.param


def serve(gateway, **elements):
    """Elements of beta by their names, n1 is /1."""
    key = fresh()
    for name, says in elements.items():
        gateway["beta"].on(f"/{key}/{name[1:]}", says if callable(says) else answer(says))
    return key


def whole(gateway, target, kind=SSE):
    with Stream(gateway.address, target, kind) as stream:
        return stream.events()


def part(path, value, **more):
    return {"source": "related", "path": ["related", *path], "value": value, **more}


def error(kind, message, **more):
    return {"source": "related", "kind": kind, "message": f"related: {message}", **more}


def failed(i):
    return error("status", "answered 500", status=500, path=["related", i])


def same(gateway, target):
    """Every framing gives the plain document."""
    plain = in_order(gateway.get(target).json())
    for each in KINDS:
        events = whole(gateway, target, each)
        assert in_order(compose(events)) == plain, (each, events)
    return plain


@pytest.mark.essential
def test_each_element_leaves_when_it_is_known(gateway, kind):
    go = {i: threading.Event() for i in (1, 2, 3)}
    key = serve(gateway, **{f"n{i}": when(go[i], answer({"id": i})) for i in go})
    with Stream(gateway.address, f"/list/{key}?ids=1,2,3", kind) as stream:
        assert stream.event().data == {}
        assert stream.event().data == part([], [None, None, None])
        for i in (3, 1, 2):
            go[i].set()
            assert stream.event().data == part([i - 1], {"id": i})
        done = stream.event()
        assert (done.name, done.data) == ("done", {"complete": True})


def test_the_bytes(gateway):
    key = serve(gateway, n1=b'{"n":1.0}', n2=after(0.05, BAD))
    got = gateway.get(f"/list/{key}?ids=1,2", fields=[("Accept", SSE)])
    told = (b'{"source":"related","kind":"status","message":"related: answered 500","status":500,'
            b'"path":["related",1]}')
    assert got.body == (
        b'event: initial\ndata: {}\n\n'
        b'event: part\nid: 1\ndata: {"source":"related","path":["related"],"value":[null,null]}\n\n'
        b'event: part\nid: 2\ndata: {"source":"related","path":["related",0],"value":{"n":1.0}}\n\n'
        b'event: part\nid: 3\ndata: {"source":"related","path":["related",1],"value":null,"error":'
        + told + b'}\n\nevent: done\nid: done\ndata: {"complete":false,"errors":[' + told + b"]}\n\n"
    )


def test_what_is_off_comes_whole(gateway, kind):
    key = serve(gateway, n1=1, n2=2)
    events = whole(gateway, f"/off/{key}?ids=1,2", kind)
    assert [e.data for e in events[1:-1]] == [part([], [1, 2])]


def test_plain_answers_are_whole(gateway):
    key = serve(gateway, n1=1, n2=BAD)
    assert same(gateway, f"/list/{key}?ids=1,2") == {"related": [1, None], "errors": [failed(1)]}


def test_errors_stand_in_the_parts_of_their_elements(gateway, kind):
    key = serve(gateway, n1=BAD, n2=after(0.05, answer(2)))
    events = whole(gateway, f"/list/{key}?ids=1,2", kind)
    assert [e.data for e in events[2:-1]] == [part([0], None, error=failed(0)), part([1], 2)]
    assert events[-1].data == {"complete": False, "errors": [failed(0)]}


def test_texts(gateway, kind):
    key = serve(gateway, n1=BAD)
    events = whole(gateway, f"/texts/{key}?ids=1", kind)
    assert events[2].data == part([0], None, error="related: answered 500")
    assert events[-1].data["errors"] == ["related: answered 500"]


def test_equal_elements_have_a_part_each(gateway, kind):
    key = serve(gateway, n1=1, n2=after(0.05, BAD))
    events = whole(gateway, f"/list/{key}?ids=2,1,2,1,2", kind)
    paths = [e.data["path"] for e in events[1:-1]]
    assert paths[0] == ["related"] and {p[1] for p in paths[1:3]} == {1, 3}
    assert [e.data["error"]["path"] for e in events[4:-1]] == paths[3:]
    assert len(gateway["beta"].requests(f"/{key}/1")) == 1
    assert same(gateway, f"/list/{key}?ids=2,1,2,1,2")["related"] == [None, 1, None, 1, None]


def test_an_element_that_cannot_be_called(gateway, kind):
    key = serve(gateway, n1=1, n3=3)
    gateway["alpha"].on(f"/{key}", answer({"ids": [1, None, 3]}))
    events = whole(gateway, f"/after/{key}", kind)
    parts = {e.data["path"][-1]: e.data for e in events[2:-1]}
    assert parts[1]["error"]["kind"] == "dependency" and parts[0] == part([0], 1)
    assert same(gateway, f"/after/{key}")["related"] == [1, None, 3]


@table("ids, value", ("empty", "", []), ("of one", "1", [1]))
def test_short_lists(gateway, ids, value):
    key = serve(gateway, n1=1)
    assert same(gateway, f"/list/{key}?ids={ids}") == {"related": value}


def test_an_empty_list_is_one_part(gateway, kind):
    events = whole(gateway, f"/list/{fresh()}", kind)
    assert [e.data for e in events[1:-1]] == [part([], [])]


@table("says, kind_of", ("no list", {"ids": 7}, "dependency"), ("no answer", BAD, "dependency"),
       ("too many", {"ids": [1, 2, 3, 4]}, "too_large"))
def test_a_list_that_cannot_be_had_is_one_part(gateway, says, kind_of):
    key = serve(gateway)
    gateway["alpha"].on(f"/{key}", says if callable(says) else answer(says))
    for each in (SSE, NDJSON):
        (only,) = whole(gateway, f"/after/{key}", each)[1:-1]
        assert only.data["value"] == ["none"] and only.data["error"]["kind"] == kind_of
    assert same(gateway, f"/after/{key}")["related"] == ["none"]


class TestFirst:
    def test_a_list_of_the_first_part_is_whole_there(self, gateway, kind):
        key = serve(gateway, n1=1, n2=after(0.1, answer(2)))
        gateway["alpha"].on(f"/{key}", answer({"ids": [1, 2]}))
        events = whole(gateway, f"/shown/{key}", kind)
        assert [e.name for e in events] == ["initial", "done"]
        assert events[0].data["related"] == [1, 2]

    def test_a_required_one_streams_where_first_lacks_it(self, gateway, kind):
        key = serve(gateway, n1=1, n2=2)
        gateway["alpha"].on(f"/{key}", answer({"ids": [1, 2]}))
        events = whole(gateway, f"/waits/{key}", kind)
        assert [e.data["path"] for e in events[1:3]] == [["list"], ["related"]]
        assert same(gateway, f"/waits/{key}")["related"] == [1, 2]

    def test_a_required_one_that_fails_interrupts_the_list(self, gateway, kind):
        go = threading.Event()
        key = serve(gateway, n1=1, n2=BAD, n3=silent())
        gateway["alpha"].on(f"/{key}", when(go, BAD))
        with Stream(gateway.address, f"/gated/{key}?ids=1,2,3", kind) as stream:
            events = [stream.event() for _ in range(4)]
            gateway["beta"].wait_requests(f"/{key}/3")
            go.set()
            events += stream.events()
        assert {e.data["path"][-1] for e in events[2:4]} == {0, 1}
        assert [e.data.get("source") for e in events[4:]] == ["gate", None]
        assert [e["source"] for e in events[-1].data["errors"]] == ["gate", "related"]
        assert compose(events)["related"] == [1, None, None]
        assert gateway["beta"].only(f"/{key}/3").connection.closed.wait(5)


def test_at_the_deadline_the_missing_elements_are_told(gateway, kind):
    key = serve(gateway, n1=1, n2=silent())
    events = whole(gateway, f"/quick/{key}?ids=1,2", kind)
    assert events[2].data == part([0], 1)
    late = error("timeout", "no answer within 400 ms", path=["related", 1])
    assert events[3].data == part([1], None, error=late)
    assert events[4].data == {"complete": False, "errors": [late]}


class TestBatch:
    def test_elements_of_one_answer(self, gateway, kind):
        key = fresh()
        gateway["beta"].on(f"/{key}", answer([{"id": 2, "n": 2}, {"id": 1, "n": 1}]))
        events = whole(gateway, f"/batch/{key}?ids=1,2,3", kind)
        missing = error("missing", "the answer has nothing for this element", path=["related", 2])
        assert [e.data for e in events[1:-1]] == [
            part([], [None] * 3), part([0], {"id": 1, "n": 1}), part([1], {"id": 2, "n": 2}),
            part([2], None, error=missing)]
        assert same(gateway, f"/batch/{key}?ids=1,2,3")["errors"] == [missing]

    @table("says", ("a failure", BAD), ("no array", answer({"a": 1})))
    def test_a_batch_that_fails_is_one_part(self, gateway, says):
        key = fresh()
        gateway["beta"].on(f"/{key}", says)
        (only,) = whole(gateway, f"/batch/{key}?ids=1,2")[1:-1]
        assert only.data["path"] == ["related"] and only.data["value"] is None
        assert only.data["error"]["kind"] in ("status", "invalid")
        assert same(gateway, f"/batch/{key}?ids=1,2")["related"] is None

    def test_a_long_list_to_a_slow_reader(self, gateway, kind):
        key, ids = fresh(), ",".join(map(str, range(1000)))
        gateway["beta"].on(f"/{key}", answer([{"id": i, "x": "y" * 2000} for i in range(1000)]))
        with Stream(gateway.address, f"/batch/{key}?ids={ids}", kind, receive_buffer=4096) as slow:
            slow.begin()
            time.sleep(0.2)
            events = slow.events(30)
        assert len(events) == 1003
        assert [e["id"] for e in compose(events)["related"]] == list(range(1000))


@pytest.mark.parametrize("kind", KINDS)
def test_stale_answers_stand_in(gateway, kind):
    """What stands in for an element is told with it, what stands in for all of a batch with its list."""
    key = serve(gateway, n1=1, n2=2)
    gateway["gamma"].on(f"/{key}", answer([{"id": 1}]))
    gateway.get(f"/stale/{key}?ids=1,2")
    time.sleep(0.15)
    gateway["beta"].on(f"/{key}/1", BAD)
    gateway["gamma"].on(f"/{key}", BAD)
    events = whole(gateway, f"/stale/{key}?ids=1,2", kind)
    plain = gateway.get(f"/stale/{key}?ids=1,2").json()
    assert plain["related"] == [1, 2] and plain["batch"] == [{"id": 1}, None]
    assert in_order(compose(events)) == in_order(plain)
    if kind in (SSE, NDJSON):
        told = {tuple(e.data["path"]): e.data["error"]["kind"] for e in events[1:-1] if "error" in e.data}
        assert told == {("batch",): "status", ("related", 0): "status"}


def test_programs_shape_elements(gateway):
    key = serve(gateway, n1={"a": [1]}, n2={"b": 2}, n3=[3])
    gateway["gamma"].on(f"/{key}", answer([{"id": i, "a": i * 10} for i in (1, 2, 3)]))
    got = same(gateway, f"/program/{key}?ids=1,2,3,1")
    assert got["one"] == [[1], None, None, [1]] and got["all"] == [10, 20, 30, 10]


class TestPlaces:
    def test_elements_wait_for_what_their_list_lies_in(self, gateway, kind):
        go = threading.Event()
        key = serve(gateway, n1=then(answer(1), go), n2=2)
        gateway["alpha"].on(f"/{key}", when(go, after(0.1, answer({"more": {"x": 1}}))))
        events = whole(gateway, f"/inside/{key}?ids=1,2", kind)
        paths = [e.data["path"] for e in events[1:-1]]
        assert paths[:2] == [["product"], ["product", "more", "related"]]
        assert paths[2:] in ([["product", "more", "related", i] for i in order]
                             for order in ((0, 1), (1, 0)))
        expected = {"product": {"more": {"x": 1, "related": [1, 2]}}}
        assert same(gateway, f"/inside/{key}?ids=1,2") == expected

    def test_without_its_place_none_of_it_is_told(self, gateway, kind):
        key = serve(gateway, n1=1)
        gateway["alpha"].on(f"/{key}", answer([]))
        events = whole(gateway, f"/inside/{key}?ids=1", kind)
        assert [e.data["path"] for e in events[1:-1]] == [["product"]]
        assert same(gateway, f"/inside/{key}?ids=1")["errors"][0]["kind"] == "missing"

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_name_that_an_earlier_source_joins_with_is_no_longer_the_lists(self, gateway, kind):
        go, late = threading.Event(), threading.Event()
        key = serve(gateway, n1=1, n2=when(late, answer(2)))
        gateway["alpha"].on(f"/{key}", when(go, answer({"related": {"0": "mine"}})))
        gateway["gamma"].on(f"/{key}", answer({"related": "no", "x": 1}))
        with Stream(gateway.address, f"/joined/{key}?ids=1,2", kind) as stream:
            events = [stream.event() for _ in range(4)]
            go.set()
            events.append(stream.event())
            late.set()
            events += stream.events()
        assert compose(events) == {"related": {"0": "mine"}, "x": 1}
        assert len(events) == 6

    def test_a_hidden_list_gives_no_part(self, gateway, kind):
        key = serve(gateway, n1=1, n2=2)
        gateway["gamma"].on(f"/{key}/2", answer("last"))
        events = whole(gateway, f"/hidden/{key}?ids=1,2", kind)
        assert [e.data.get("source") for e in events] == [None, "last", None]

    def test_what_others_read_of_it(self, gateway):
        key = serve(gateway, n1={"a": 5, "b": 6}, n2={"a": 7,"b": 8})
        gateway["gamma"].on(f"/{key}/7", answer("last"))
        assert same(gateway, f"/read/{key}?ids=1,2") == {"related": [{"b": 6}, {"b": 8}], "last": "last"}

    def test_selection(self, gateway):
        key = serve(gateway, n1={"a": 5, "b": 6}, n2=[{"a": 7}])
        assert same(gateway, f"/list/{key}?ids=1,2&fields=related/a") == {
            "related": [{"a": 5}, [{"a": 7}]]}


def test_line_breaks_become_spaces(gateway, kind):
    key = serve(gateway, n1=b'{\r\n"a":\n1}', n2=b"\n2\r")
    document = {}
    for event in whole(gateway, f"/list/{key}?ids=1,2,1", kind)[1:-1]:
        apply(document, event.data)
    assert document == {"related": [{"a": 1}, 2, {"a": 1}]}


def test_one_at_a_time(gateway):
    key = serve(gateway, n1=1, n2=BAD, n3=3)
    assert same(gateway, f"/one/{key}?ids=1,2,3,2")["related"] == [1, None, 3, None]


PART = b"Content-Type: application/json; charset=utf-8\r\n\r\n"
NEXT = b"\r\n---\r\n"
TOLD = (b'{"source":"related","kind":"status","message":"related: answered 500","status":500,'
        b'"path":["related",0]}')


def test_the_bytes_of_multipart(gateway):
    """Elements are items at a place in their list."""
    go = threading.Event()
    key = serve(gateway, n1=when(go, BAD), n2=then(answer(2), go))
    got = gateway.get(f"/list/{key}?ids=1,2", fields=[("Accept", MULTIPART)])
    parts = [
        b'{"data":{},"hasNext":true}',
        b'{"incremental":[{"path":[],"data":{"related":[null,null]}}],"hasNext":true}',
        b'{"incremental":[{"path":["related",1],"items":[2]}],"hasNext":true}',
        b'{"incremental":[{"path":["related",0],"items":[null],"errors":[' + TOLD
        + b']}],"hasNext":true}',
        b'{"hasNext":false,"extensions":{"complete":false}}',
    ]
    assert got.body == NEXT + NEXT.join(PART + part for part in parts) + b"\r\n-----\r\n"


def test_the_bytes_of_v02(gateway):
    """Elements are items at the end of their list, so they come in its order."""
    go = threading.Event()
    key = serve(gateway, n1=when(go, after(0.05, BAD)), n2=then(answer(2), go))
    got = gateway.get(f"/list/{key}?ids=1,2", fields=[("Accept", V02)])
    parts = [
        b'{"data":{},"pending":[{"id":"0","path":[],"label":"related"}],"hasNext":true}',
        b'{"pending":[{"id":"0-items","path":["related"],"label":"related"}],'
        b'"incremental":[{"id":"0","data":{"related":[]}}],"hasNext":true}',
        b'{"incremental":[{"id":"0-items","items":[null],"errors":[' + TOLD + b']}],"hasNext":true}',
        b'{"incremental":[{"id":"0-items","items":[2]}],"completed":[{"id":"0-items"},{"id":"0"}],'
        b'"hasNext":true}',
        b'{"hasNext":false,"extensions":{"complete":false}}',
    ]
    assert got.body == NEXT + NEXT.join(PART + part for part in parts) + b"\r\n-----\r\n"


def test_the_log_counts_its_calls(gateway, kind):
    key = serve(gateway, n1=1, n2=2)
    with Stream(gateway.address, f"/list/{key}?ids=1,2,1", kind) as stream:
        head = stream.begin()
        stream.events()
    (source,) = gateway.log_line(head["x-request-id"])["sources"].values()
    assert source["calls"] == 2
