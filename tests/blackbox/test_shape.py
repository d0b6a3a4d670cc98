"""test_shape.py - what of a service's answer stands in the document (CONTRACT 3.3)"""

import threading
import time

import pytest

from behaviour import answer, closing, in_turn
from cases import fresh, table

SHAPES = {
    "plain": "",
    "unwrap": "unwrap: data",
    "deep": "unwrap: data.item",
    "pick": "pick: [id, price.amount]",
    "fields": "pick: 'id,price/amount'",
    "omit": "omit: [internal, price.tax]",
    "rename": "rename: {price.amount: value, id: key}",
    "all": "unwrap: data, pick: [id, price, old], omit: [price.tax], rename: {old: new}",
    "picked-omitted": "pick: [a, b], omit: [b]",
    "picked-below-omitted": "pick: [price.cur, id], omit: [price]",
    "omitted-below-picked": "pick: [price, id], omit: [price.cur]",
    "omitted-renamed": "omit: [a], rename: {a: c, d.a: e}",
    "picked-not-renamed": "pick: [a], rename: {b: c, a.x: y}",
    "renamed-to-picked": "pick: [a, b], rename: {b: a}",
    "renamed-to-omitted": "omit: [c], rename: {a: c}",
    "renamed-to-itself": "rename: {a: a}",
    "all-omitted": "omit: '*'",
    "program-behind-all": "unwrap: d, pick: [a, b], omit: [b], rename: {b: c, a: e}, jq: ., jq_time: 2s",
    "jq": "jq: '.items | map(.id)', jq_time: 2s",
    "jq-or": "jq: '. // []', jq_time: 2s",
    "unwrap-jq-or": "unwrap: data, jq: '. // []', jq_time: 2s",
    "after": "unwrap: data, pick: [items.id], rename: {items: list}, jq: .list, jq_time: 2s",
    "several": "jq: '.[]'",
    "none": "jq: empty",
    "wrong": "jq: .a + 1",
    "long": "jq: 'def f: f; f', jq_time: 50ms",
    "text": "format: text",
    "xml": "format: xml",
    "base64": "format: base64",
    "joined": "into: .",
    "reached": "jq: .n, into: .",
    "fallback": "pick: [id], fallback: {id: 1, x: 2}",
    "required": "unwrap: data, required: true",
}

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: http://@beta@
endpoints:
  - path: /read/{key}
    sources:
      first: {get: "alpha:/{key}", unwrap: data, pick: [name], rename: {name: title}}
      second: {get: "beta:/{key}/{first.id}"}
  - path: /program/{key}
    timeout: 3s
    sources:
      first: {get: "alpha:/{key}", unwrap: data, jq: "{n: .name}", jq_time: 2s}
      second: {get: "beta:/{key}/{first.id}"}
  - path: /late/{key}
    timeout: 300ms
    sources:
      first: {get: "alpha:/{key}", jq: "def f: f; f", jq_time: 600ms}
      second: {get: "beta:/{key}"}
  - path: /each/{key}
    query: {ids: {list: true}}
    timeout: 5s
    sources:
      one: {each: ids, get: "alpha:/{key}/{item}", jq: .id, jq_time: 2s}
""" + "".join(
    f"""
  - path: /{name}/{{key}}
    sources:
      one: {{get: "alpha:/{{key}}"{", " if shape else ""}{shape}}}
  - path: /cached/{name}/{{key}}
    sources:
      one: {{get: "alpha:/{{key}}", cache: {{ttl: 60s, stale_if_error: 60s}}{", " if shape else ""}{shape}}}"""
    for name, shape in SHAPES.items()
)


def ask(gateway, endpoint, document, query=""):
    key = fresh()
    gateway["alpha"].on(f"/{key}", document if callable(document) else answer(document))
    return gateway.get(f"/{endpoint}/{key}{query}")


def shown(got):
    """The bytes of the one member."""
    body = got.body
    assert body.startswith(b'{"one":') and body.endswith(b"}") and got.is_complete(), body
    return body[len(b'{"one":') : -1]


SHAPED = table(
    "endpoint, document, wanted",
    ("nothing is done, not even to white space", "plain", b'{ "a" : 1.0 }', b'{ "a" : 1.0 }'),
    ("a member is unwrapped", "unwrap", b'{"data":[1,2],"x":1}', b"[1,2]"),
    ("of repeated members the last", "unwrap", b'{"data":1,"data":2}', b"2"),
    ("a member below a member", "deep", b'{"data":{"item":{"a":1}}}', b'{"a":1}'),
    ("unwrap goes through arrays", "deep", b'{"data":[{"item":1},{"item":2}]}', b"[1,2]"),
    ("members are picked", "pick", b'{"id":1,"price":{"amount":2,"tax":3},"x":4}',
     b'{"id":1,"price":{"amount":2}}'),
    ("in the grammar of fields", "fields", b'{"id":1,"price":{"amount":2,"tax":3},"x":4}',
     b'{"id":1,"price":{"amount":2}}'),
    ("of each element", "pick", b'[{"id":1,"x":2},{"x":3,"id":4}]', b'[{"id":1},{"id":4}]'),
    ("in arrays within arrays", "pick", b'[[{"id":1,"x":2}]]', b'[[{"id":1}]]'),
    ("members are left out", "omit", b'{"internal":1,"price":{"tax":1,"amount":2},"id":3}',
     b'{"price":{"amount":2},"id":3}'),
    ("names change", "rename", b'{"price":{"amount":2,"tax":3},"id":1}',
     b'{"price":{"value":2,"tax":3},"key":1}'),
    ("names change in each element", "rename", b'[{"id":1},{"id":2}]', b'[{"key":1},{"key":2}]'),
    ("all of it in its order", "all", b'{"data":{"x":0,"id":1,"price":{"tax":1,"n":2},"old":3}}',
     b'{"id":1,"price":{"n":2},"new":3}'),
    ("what is picked and omitted is left out", "picked-omitted", b'{"a":1,"b":2,"c":3}', b'{"a":1}'),
    ("also where only a part of it was picked", "picked-below-omitted",
     b'{"price":{"cur":"EUR","n":1},"id":2}', b'{"id":2}'),
    ("and the picked rest of it stays", "omitted-below-picked",
     b'{"price":{"cur":"EUR","n":1},"id":2}', b'{"price":{"n":1},"id":2}'),
    ("what is omitted is not there to be renamed", "omitted-renamed",
     b'{"a":1,"b":2,"d":{"a":3}}', b'{"b":2,"d":{"e":3}}'),
    ("nor what is not picked", "picked-not-renamed", b'{"a":{"x":1},"b":2,"c":3}', b'{"a":{"y":1}}'),
    ("a new name beside that of another", "renamed-to-picked", b'{"b":1}', b'{"a":1}'),
    ("omit goes by the names from before", "renamed-to-omitted", b'{"a":1,"c":2}', b'{"c":1}'),
    ("the same name changes nothing", "renamed-to-itself", b'{"a":1}', b'{"a":1}'),
    ("everything may be omitted", "all-omitted", b'{"a":1,"b":{}}', b"{}"),
    ("all five in their order", "program-behind-all", b'{"d":{"a":1,"b":2,"c":3}}', b'{"e":1}'),
    ("what is no object is passed over", "pick", b'"text"', b'"text"'),
    ("a null passes through", "pick", b"null", b"null"),
    ("no body is a null, even where a member would be unwrapped", "unwrap", b"", b"null"),
    ("digits pass through", "pick", b'{"id":12345678901234567890.10,"x":1}',
     b'{"id":12345678901234567890.10}'),
    ("escapes and order pass through", "pick", b'{"price":{"amount":"\\u0041\\/"},"id":1}',
     b'{"price":{"amount":"\\u0041\\/"},"id":1}'),
    ("repeated names pass through", "pick", b'{"id":1,"x":0,"id":2}', b'{"id":1,"id":2}'),
    ("a program makes another value", "jq", b'{"items":[{"id":1},{"id":"b"}]}', b'[1,"b"]'),
    ("a program comes last", "after", b'{"data":{"items":[{"id":1,"x":2}],"y":3}}', b'[{"id":1}]'),
    ("no body passes by a program, too", "wrong", b"", b"null"),
    ("and is null as text", "text", b"", b"null"),
    ("as XML", "xml", b"", b"null"),
    ("and as base64", "base64", b"", b"null"),
    ("a null is the program's to judge", "jq-or", b"null", b"[]"),
    ("so is one that is unwrapped", "unwrap-jq-or", b'{"data":null}', b"[]"),
)


@SHAPED
def test_the_answer_is_shaped(gateway, endpoint, document, wanted):
    assert shown(ask(gateway, endpoint, document)) == wanted


@SHAPED
def test_it_is_shaped_alike_in_the_cache_and_from_it(gateway, endpoint, document, wanted):
    key = fresh()
    gateway["alpha"].on(f"/{key}", in_turn(answer(document), answer(status=500)))
    for _ in range(2):
        assert shown(gateway.get(f"/cached/{endpoint}/{key}")) == wanted


def test_no_body_is_a_null_where_it_stands_in_as_a_stale_one(gateway):
    short = answer(b"", fields=[("Cache-Control", "max-age=1")])
    targets = [(f"/cached/{endpoint}/{key}", key) for endpoint in ("unwrap", "wrong", "text", "xml", "base64")
               for key in [fresh()]]
    for target, key in targets:
        gateway["alpha"].on(f"/{key}", in_turn(short, answer(status=500)))
        assert shown(gateway.get(target)) == b"null"
    time.sleep(1.1)
    for target, _ in targets:
        got = gateway.get(target)
        assert got.json()["one"] is None and got.failures() == [("one", "status")]


def test_unwrap_through_arrays_has_room_for_what_fits_the_bound(gateway):
    items = [b'{"item":"%s"}' % (b"x" * 700_000)] * 10
    got = ask(gateway, "deep", b'{"data":[%s]}' % b",".join(items))
    assert len(shown(got)) > 7_000_000


@table(
    "endpoint, document, message",
    ("absent", "unwrap", {}, "the answer has no member data"),
    ("absent, a level down", "deep", {"data": {}}, "the answer has no member data.item"),
    ("in what is no object", "deep", {"data": 1}, "the answer has no member data.item"),
    ("in a null", "unwrap", b"null", "the answer has no member data"),
    ("absent in an element", "deep", {"data": [{"item": 1}, {}]}, None),
)
def test_unwrap_is_invalid_where_the_member_is(gateway, endpoint, document, message):
    got = ask(gateway, endpoint, document)
    assert got.failures() == [("one", "invalid")] and got.json()["one"] is None
    if message:
        assert got.json()["errors"][0]["message"] == f"one: {message}"


@table(
    "endpoint, document",
    ("gives several values", "several", [1, 2]),
    ("gives none", "none", [1]),
    ("raises an error", "wrong", {"a": {}}),
    ("takes too long", "long", {}),
)
def test_a_source_is_invalid_whose_program(gateway, endpoint, document):
    got = ask(gateway, endpoint, document)
    assert got.failures() == [("one", "invalid")] and got.json()["one"] is None
    assert got.json()["errors"][0]["message"].startswith("one: jq ")
    got = ask(gateway, "jq", b'{"items":[{"id":1}]}')
    assert shown(got) == b"[1]", "the next program is none the worse"


def test_a_program_that_waits_for_the_deadline_is_a_timeout(gateway):
    got = ask(gateway, "late", {})
    assert got.failures() == [("first", "timeout")]
    assert got.json()["second"]["service"] == "beta" and got.seconds < 0.5


def test_a_client_that_leaves_takes_its_program_with_it(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({}))
    with gateway.client() as client:
        client.ask(f"/late/{key}", fields=[("X-Request-Id", key)])
        gateway["alpha"].wait_requests(f"/{key}")
    line = gateway.log_line(key)
    assert line["status"] in (499, 200)
    assert shown(ask(gateway, "plain", b"1")) == b"1"


@table(
    "endpoint, document",
    ("an array", "joined", [1]),
    ("a text", "joined", "a"),
    ("a number that jq made", "reached", {"n": 1}),
)
def test_what_joins_the_top_level_must_not_be(gateway, endpoint, document):
    got = ask(gateway, endpoint, document)
    assert got.failures() == [("one", "invalid")] and list(got.json()) == ["errors"]


@table("document", ("an object", {"a": 1}), ("null", None))
def test_what_joins_the_top_level_may_be(gateway, document):
    assert ask(gateway, "joined", document).json() == (document or {})


def test_a_required_source_fails_by_its_shape(gateway):
    ask(gateway, "required", {"x": 1}).problem(502)


def test_a_fallback_is_not_shaped(gateway):
    assert ask(gateway, "fallback", closing()).json()["one"] == {"id": 1, "x": 2}
    assert ask(gateway, "fallback", {"id": 3, "x": 4}).json()["one"] == {"id": 3}


def test_the_selection_goes_by_the_names_after_the_shape(gateway):
    got = ask(gateway, "rename", {"price": {"amount": 2, "tax": 3}, "id": 1},
              "?fields=one(key,price/value)")
    assert got.json() == {"one": {"price": {"value": 2}, "key": 1}}
    got = ask(gateway, "after", {"data": {"items": [{"id": {"a": 1, "b": 2}}]}}, "?fields=one/id/b")
    assert got.json() == {"one": [{"id": {"b": 2}}]}
    got = ask(gateway, "fallback", closing(), "?fields=one/x")
    assert got.json()["one"] == {"x": 2}


@pytest.mark.parametrize("endpoint, member", [("read", "title"), ("program", "n")])
def test_others_refer_to_what_is_not_shown(gateway, endpoint, member):
    key, size = fresh(), 100_000
    gateway["alpha"].on(f"/{key}", answer({"data": {"name": "n" * size, "id": 7}}))
    got = gateway.get(f"/{endpoint}/{key}")
    assert got.json()["first"] == {member: "n" * size}
    assert got.json()["second"]["target"] == f"/{key}/7"


def test_shapes_of_large_answers(gateway):
    document = {"x": "x" * 300_000, "id": "i" * 300_000, "price": {"tax": [0] * 10_000, "amount": 1}}
    got = ask(gateway, "pick", document)
    assert got.json()["one"] == {"id": "i" * 300_000, "price": {"amount": 1}}
    items = [{"id": "i" * 1000, "x": n} for n in range(300)]
    assert ask(gateway, "jq", {"items": items}).json()["one"] == ["i" * 1000] * 300


def test_a_program_for_each_element(gateway):
    key, ids = fresh(), [str(n) for n in range(20)]
    for item in ids:
        gateway["alpha"].on(f"/{key}/{item}", answer({"id": item * 2000}))
    gateway["alpha"].on(f"/{key}/3", answer(b"[]"))
    got = gateway.get(f"/each/{key}?ids=" + ",".join(ids))
    assert got.json()["one"] == [None if i == "3" else i * 2000 for i in ids]
    assert got.json()["errors"][0]["path"] == ["one", 3]


def test_many_ask_for_programs_at_once(gateway):
    wrong = []

    def client(n):
        for _ in range(5):
            got = ask(gateway, "jq", {"items": [{"id": n}] * 50})
            if got.json()["one"] != [n] * 50:
                wrong.append(got.body)

    threads = [threading.Thread(target=client, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
