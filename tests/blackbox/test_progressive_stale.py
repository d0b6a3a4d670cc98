"""test_progressive_stale.py - a progressive answer tells what the cache had stale, as Cache-Status does"""

import re

import pytest

from behaviour import answer, in_turn, silent
from cases import fresh, table
from stream import KINDS, MULTIPART, NDJSON, SSE, V02, Stream, compose, in_order
from talk import Talk, events

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
  gamma: {targets: ["http://@gamma@"], breaker: off}
defaults: {source: {timeout: 9s}, endpoint: {timeout: 9s}}
endpoints:
  - path: /shop/{key}
    sources:
      product: {get: "alpha:/{key}", required: true, cache: 60s}
      reviews: {get: "beta:/{key}", cache: 60s, fallback: {items: []}}
      stock: {get: "gamma:/{key}", cache: 60s}
  - path: /first/{key}
    first: [product, reviews]
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s}
  - path: /hidden/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s, hide: true}
  - path: /inside/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s, into: product.reviews}
  - path: /joined/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s, into: .}
  - path: /texts/{key}
    errors: text
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s}
  - path: /quick/{key}
    timeout: 1s
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s}
  - path: /unwrapped/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s, unwrap: data, fallback: 0}
  - path: /programmed/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", cache: 60s, jq: .data.x, fallback: 0}
  - path: /fresh/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "gamma:/{key}", cache: 60s}
  - path: /list/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}", cache: 60s}
  - path: /items/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}", cache: 60s, stream: items}
  - path: /batch/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, batch: ids, get: "gamma:/{key}{?ids}", by: id, cache: 60s, stream: items}
"""

BAD = answer({}, 500)
MEANWHILE = [("Cache-Control", "max-age=0, stale-while-revalidate=60")]
ON_ERROR = [("Cache-Control", "max-age=0, stale-if-error=60")]
WEBSOCKET = "websocket"


def meanwhile(value):
    """Stale from the second ask on, and served while the service is asked anew."""
    return answer(value, fields=MEANWHILE)


def on_error(value, then=BAD):
    """Fails from the second ask on: what is stale stands in."""
    return in_turn(answer(value, fields=ON_ERROR), then)


def late(value):
    """The same where the service says nothing."""
    return on_error(value, silent())


def serve(gateway, says):
    """All that beta says is kept by now."""
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"id": 1}))
    gateway["gamma"].on(f"/{key}", answer(3))
    gateway["beta"].on(f"/{key}", says)
    return key


def whole(gateway, target, kind):
    if kind == WEBSOCKET:
        with Talk(gateway.address, target) as talk:
            return events(talk.answer())
    with Stream(gateway.address, target, kind) as stream:
        return stream.events()


def told(done):
    """What the last event says of it."""
    return done.data.get("extensions", done.data).get("stale")


def told_plainly(got):
    return re.findall(r'[",](\w+)=stale', got["cache-status"] or "") or None


def failed(source, **more):
    return {"source": source, "kind": "status", "message": f"{source}: answered 500", "status": 500, **more}


def mixed(gateway):
    """A key of a shop: the product is served while it is asked for anew, the reviews as they fail."""
    key = serve(gateway, on_error([2]))
    gateway["alpha"].on(f"/{key}", meanwhile({"id": 1}))
    gateway.get(f"/shop/{key}")
    return key


FAILED = b'{"source":"reviews","kind":"status","message":"reviews: answered 500","status":500}'


@pytest.mark.essential
def test_the_bytes_of_an_event_stream(gateway):
    got = gateway.get(f"/shop/{mixed(gateway)}", fields=[("Accept", SSE)])
    assert got.body == (
        b'event: initial\ndata: {"product":{"id":1}}\n\n'
        b'event: part\nid: 1\ndata: {"source":"stock","path":["stock"],"value":3}\n\n'
        b'event: part\nid: 2\ndata: {"source":"reviews","path":["reviews"],"value":[2],"stale":true,'
        b'"error":' + FAILED + b"}\n\n"
        b'event: done\nid: done\ndata: {"complete":false,"errors":[' + FAILED
        + b'],"stale":["product","reviews"]}\n\n'
    )


def test_the_bytes_of_lines(gateway):
    got = gateway.get(f"/shop/{mixed(gateway)}?fields=product,reviews", fields=[("Accept", NDJSON)])
    assert got.body == (
        b'{"event":"initial","data":{"product":{"id":1}}}\n'
        b'{"event":"part","source":"reviews","path":["reviews"],"value":[2],"stale":true,"error":'
        + FAILED + b"}\n"
        b'{"event":"done","complete":false,"errors":[' + FAILED + b'],"stale":["product","reviews"]}\n'
    )


def test_the_bytes_of_messages(gateway):
    key = serve(gateway, meanwhile([2]))
    gateway.get(f"/first/{key}")
    with Talk(gateway.address, f"/quick/{key}?fields=reviews") as talk:
        assert [talk.frame()[1] for _ in range(3)] == [
            b'{"event":"initial","data":{}}',
            b'{"event":"part","source":"reviews","path":["reviews"],"value":[2],"stale":true}',
            b'{"event":"done","complete":true,"stale":["reviews"]}',
        ]


PART = b"Content-Type: application/json; charset=utf-8\r\n\r\n"
NEXT = b"\r\n---\r\n"


def parts(*texts):
    return NEXT + NEXT.join(PART + text for text in texts) + b"\r\n-----\r\n"


def test_the_bytes_of_multipart(gateway):
    """Beside the data, what GraphQL's incremental delivery leaves to servers are its extensions."""
    got = gateway.get(f"/shop/{mixed(gateway)}?fields=product,reviews", fields=[("Accept", MULTIPART)])
    assert got.body == parts(
        b'{"data":{"product":{"id":1}},"hasNext":true}',
        b'{"incremental":[{"path":[],"data":{"reviews":[2]},"extensions":{"stale":true},"errors":['
        + FAILED + b']}],"hasNext":true}',
        b'{"hasNext":false,"extensions":{"complete":false,"stale":["product","reviews"]}}',
    )


def test_the_bytes_of_v02(gateway):
    got = gateway.get(f"/shop/{mixed(gateway)}?fields=product,reviews", fields=[("Accept", V02)])
    assert got.body == parts(
        b'{"data":{"product":{"id":1}},"pending":[{"id":"1","path":[],"label":"reviews"}],"hasNext":true}',
        b'{"incremental":[{"id":"1","data":{"reviews":[2]},"extensions":{"stale":true},"errors":['
        + FAILED + b']}],"completed":[{"id":"1"}],"hasNext":true}',
        b'{"hasNext":false,"extensions":{"complete":false,"stale":["product","reviews"]}}',
    )


@pytest.mark.parametrize("kind", [*KINDS, WEBSOCKET])
@table(
    "endpoint, how, value, stale",
    ("in the first part", "first", meanwhile, 2, True),
    ("hidden", "hidden", meanwhile, 2, True),
    ("in the object of another", "inside", on_error, 2, True),
    ("at the top level", "joined", meanwhile, {"more": 2}, True),
    ("with an error that is a text", "texts", on_error, 2, True),
    ("at the deadline", "quick", late, 2, True),
    ("what is fresh is not", "fresh", meanwhile, 2, False),
    ("nor is a fallback", "unwrapped", meanwhile, {"other": 2}, False),
    ("nor is one for a failure", "unwrapped", on_error, {"other": 2}, False),
    ("nor is what no program takes", "programmed", meanwhile, {"data": [2]}, False),
)
def test_plain_answers_say_the_same(gateway, kind, endpoint, how, value, stale):
    key = serve(gateway, how(value))
    target = f"/{endpoint}/{key}"
    gateway.get(target)
    plain = gateway.get(target)
    came = whole(gateway, target, kind)
    assert told_plainly(plain) == told(came[-1]) == (["reviews"] if stale else None)
    assert in_order(compose(came)) == in_order(plain.json())


class TestLists:
    """A list is stale where one of its elements is."""

    def serve(self, gateway, *elements):
        key = fresh()
        for n, says in enumerate(elements):
            gateway["beta"].on(f"/{key}/{n}", says)
        return key, "?ids=" + ",".join(map(str, range(len(elements))))

    @pytest.mark.parametrize("kind", [*KINDS, WEBSOCKET])
    @pytest.mark.parametrize("endpoint", ["list", "items"])
    @table(
        "others, status",
        ("all are had", [], "sheaf; hit"),
        ("one was called", [answer(1, fields=[("Cache-Control", "no-store")])], "sheaf; fwd=miss"),
        ("one has failed", [BAD], "sheaf; fwd=miss"),
        ("one was fresh", [answer(1)], "sheaf; hit"),
    )
    def test_plain_answers_say_the_same(self, gateway, endpoint, kind, others, status):
        key, query = self.serve(gateway, meanwhile(0), *others)
        gateway.get(f"/{endpoint}/{key}{query}")
        plain = gateway.get(f"/{endpoint}/{key}{query}")
        assert plain["cache-status"] == f'{status}; detail="related=stale"'
        came = whole(gateway, f"/{endpoint}/{key}{query}", kind)
        assert told(came[-1]) == ["related"]
        assert in_order(compose(came)) == in_order(plain.json())

    @pytest.mark.parametrize("kind", [SSE, NDJSON])
    def test_a_whole_one_says_so_in_its_part(self, gateway, kind):
        key, query = self.serve(gateway, answer(0), on_error(1), BAD)
        gateway.get(f"/list/{key}{query}")
        (part,) = whole(gateway, f"/list/{key}{query}", kind)[1:-1]
        errors = [failed("related", path=["related", i]) for i in (1, 2)]
        assert part.data == {"source": "related", "path": ["related"], "value": [0, 1, None], "stale": True,
                             "errors": errors}

    @pytest.mark.parametrize("kind", [SSE, NDJSON])
    def test_each_element_says_so_for_itself(self, gateway, kind):
        key, query = self.serve(gateway, answer(0), meanwhile(1), on_error(2), BAD)
        gateway.get(f"/items/{key}{query}")
        whole_list, *elements = whole(gateway, f"/items/{key}{query}", kind)[1:-1]
        assert whole_list.data == {"source": "related", "path": ["related"], "value": [None] * 4}
        assert {e.data["path"][1]: (e.data["value"], e.data.get("stale"), "error" in e.data) for e in elements} == {
            0: (0, None, False), 1: (1, True, False), 2: (2, True, True), 3: (None, None, True)}

    @pytest.mark.parametrize("kind", [MULTIPART, V02])
    def test_each_item_says_so_for_itself(self, gateway, kind):
        key, query = self.serve(gateway, answer(0), meanwhile(1))
        gateway.get(f"/items/{key}{query}")
        came = [e.data["incremental"][0] for e in whole(gateway, f"/items/{key}{query}", kind)[2:-1]]
        assert {tuple(part["items"]): part.get("extensions") for part in came} == {
            (0,): None, (1,): {"stale": True}}

    @pytest.mark.parametrize("kind", [SSE, NDJSON])
    @table("says, has_error", ("asked for anew", meanwhile, False), ("that failed", on_error, True))
    def test_of_a_batch_all_is_stale_that_it_had(self, gateway, kind, says, has_error):
        key = fresh()
        gateway["gamma"].on(f"/{key}", says([{"id": 1}]))
        gateway.get(f"/batch/{key}?ids=1,2")
        came = [e.data for e in whole(gateway, f"/batch/{key}?ids=1,2", kind)[1:]]
        assert [(e["value"], e.get("stale"), "error" in e) for e in came[:-1]] == [
            ([None, None], True, has_error), ({"id": 1}, True, False), (None, None, not has_error)]
        assert came[-1]["stale"] == ["related"]
