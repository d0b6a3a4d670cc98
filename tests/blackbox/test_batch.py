"""test_batch.py - one call for all elements of a list (CONTRACT 3.2)"""

import json

from behaviour import answer, closing, silent
from cases import fresh, table

CONFIG = """
listen: @listen@
workers: 1
services:
  lists: http://@lists@
  items: {targets: ["http://@items@"], breaker: off}
  other: http://@other@
endpoints:
  - path: /batch/{key}
    timeout: 500ms
    sources:
      list: {get: "lists:/{key}", hide: true}
      found: {each: list.ids, batch: ids, get: "items:/{key}{?ids}", by: id, max: 8}
  - path: /star/{key}
    sources:
      list: {get: "lists:/{key}", hide: true}
      found: {each: list.ids, batch: ids, get: "items:/{key}{?ids*}", by: id}
  - path: /post/{key}
    method: POST
    sources:
      list: {get: "lists:/{key}", hide: true}
      found:
        each: list.ids
        batch: ids
        post: items:/{key}
        body: {wanted: "{ids}"}
        by: id
  - path: /long/{key}
    method: POST
    sources:
      list: {get: "lists:/{key}", hide: true}
      found:
        each: list.ids
        batch: ids
        post: items:/{key}
        body: "{ids}"
        by: id
        pick: [id, name]
        max: 10000
  - path: /unwrap/{key}
    sources:
      list: {get: "lists:/{key}", hide: true}
      found:
        each: list.ids
        batch: ids
        get: items:/{key}{?ids}
        by: product.id
        unwrap: data.items
        pick: [name]
        rename: {name: title}
  - path: /required/{key}
    sources:
      list: {get: "lists:/{key}", hide: true}
      found: {each: list.ids, batch: ids, get: "items:/{key}{?ids}", by: id, required: true}
  - path: /fallback/{key}
    sources:
      list: {get: "lists:/{key}", hide: true}
      found: {each: list.ids, batch: ids, get: "items:/{key}{?ids}", by: id, fallback: []}
  - path: /parameter/{key}
    query: {ids: {list: true}}
    sources:
      found: {each: ids, batch: wanted, get: "items:/{key}{?wanted}", by: id}
  - path: /same/{key}
    query: {ids: {list: true, type: integer}}
    sources:
      found: {each: ids, batch: ids, get: "items:/{key}{?ids}", by: id, when: has(ids)}
  - path: /segment/{key}
    query: {ids: {list: true}}
    sources:
      found: {each: ids, batch: wanted, get: "items:/{key}/{wanted}", by: id}
  - path: /told/{key}
    query: {ids: {list: true}}
    sources:
      found: {each: ids, batch: wanted, get: "items:/{key}", set_headers: {x-wanted: "{wanted}"}, by: id}
  - path: /read/{key}
    sources:
      list: {get: "lists:/{key}", hide: true}
      found: {each: list.ids, batch: ids, get: "items:/{key}{?ids}", by: id}
      second: {get: "other:/{key}/{found[1].name}"}
  - path: /header/{key}
    sources:
      list: {get: "lists:/{key}", hide: true}
      found:
        each: list.ids
        batch: ids
        get: items:/{key}{?ids}
        by: id
        return_headers: [x-one]
"""


def ask(gateway, endpoint, ids, behaviour, method="GET", query="", fields=()):
    """The answer, and the requests for the items."""
    key = fresh()
    gateway["lists"].on(f"/{key}", answer(ids if isinstance(ids, bytes) else {"ids": ids}))
    gateway["items"].on(f"/{key}", behaviour if callable(behaviour) else answer(behaviour))
    got = gateway.get(f"/{endpoint}/{key}{query}", method, fields)
    return got, gateway["items"].requests(f"/{key}")


def named(got):
    return [e and e["name"] for e in got.json()["found"]]


def paths(got):
    return [(e["path"], e["kind"]) for e in got.json().get("errors", [])]


def items(*ids):
    return [{"id": i, "name": f"n{i}"} for i in ids]


def test_one_call_is_made_for_all(gateway):
    got, requests = ask(gateway, "batch", ["a", "b", 3], items("a", "b", 3))
    assert [r.target.split("?")[1] for r in requests] == ["ids=a,b,3"]
    assert named(got) == ["na", "nb", "n3"] and got.is_complete()


def test_the_list_may_be_exploded(gateway):
    _, requests = ask(gateway, "star", ["a&b", 2], items("a&b", 2))
    assert [r.target.split("?")[1] for r in requests] == ["ids=a%26b&ids=2"]


def test_the_list_in_a_body_keeps_its_types(gateway):
    got, (request,) = ask(gateway, "post", b'{"ids":["a",2.50,true]}', items("a"), method="POST")
    assert json.loads(request.body) == {"wanted": ["a", 2.5, True]}
    assert b"2.50" in request.body
    assert named(got) == ["na", None, None]


def test_results_stand_in_the_order_of_the_list(gateway):
    got, _ = ask(gateway, "batch", [3, 1, 2], items(1, 2, 3))
    assert named(got) == ["n3", "n1", "n2"]


@table(
    "element, by",
    ("a number and a string", 7, "7"),
    ("a string and a number", "7", 7),
    ("two strings", "x", "x"),
    ("true and a string", True, "true"),
    ("a number as it was written", "1.50", b"1.50"),
    ("however escaped", "a/b", b'"a\\/\\u0062"'),
)
def test_elements_match_as_text(gateway, element, by):
    by = by if isinstance(by, bytes) else json.dumps(by).encode()
    got, _ = ask(gateway, "batch", [element], b'[{"id":%s,"name":"found"}]' % by)
    assert named(got) == ["found"] and got.is_complete()


@table("element, by", ("other digits", 7, 7.0), ("another case", "a", "A"), ("null", "null", None))
def test_elements_do_not_match_with(gateway, element, by):
    got, _ = ask(gateway, "batch", [element], [{"id": by, "name": "found"}])
    assert paths(got) == [(["found", 0], "missing")]


def test_an_element_not_answered_is_missing(gateway):
    got, _ = ask(gateway, "batch", ["a", "b", "c"], items("c", "a"))
    assert named(got) == ["na", None, "nc"]
    assert got.json()["errors"][0]["path"] == ["found", 1]
    assert got.json()["errors"][0]["kind"] == "missing" and not got.is_complete()


@table(
    "answered",
    ("what nobody asked for", [{"id": "z", "name": "nz"}, *items("a")]),
    ("what has no such member", [{"name": "n"}, *items("a")]),
    ("what is no object", [1, None, "a", [1], *items("a")]),
    ("one twice, and the first is taken", [*items("a"), {"id": "a", "name": "second"}]),
)
def test_the_answer_may_have(gateway, answered):
    got, _ = ask(gateway, "batch", ["a"], answered)
    assert named(got) == ["na"] and got.is_complete()


def test_equal_elements_are_asked_for_once(gateway):
    got, (request,) = ask(gateway, "batch", ["a", "b", "a", "b"], items("b", "a"))
    assert request.target.endswith("?ids=a,b")
    assert named(got) == ["na", "nb", "na", "nb"]


def test_an_empty_list_makes_no_call(gateway):
    got, requests = ask(gateway, "batch", [], items())
    assert got.json() == {"found": []} and not requests and got.is_complete()


def test_a_null_element_fails_alone(gateway):
    got, (request,) = ask(gateway, "batch", ["a", None], items("a"))
    assert request.target.endswith("?ids=a")
    assert named(got) == ["na", None] and paths(got) == [(["found", 1], "dependency")]
    got, requests = ask(gateway, "batch", [None], items())
    assert not requests and paths(got) == [(["found", 0], "dependency")]


def test_too_many_elements_are_too_large(gateway):
    got, requests = ask(gateway, "batch", list(range(9)), items())
    assert got.failures() == [("found", "too_large")] and not requests


@table(
    "behaviour, kind",
    ("an object", answer({"items": []}), "invalid"),
    ("null", answer(b"null"), "invalid"),
    ("nothing", answer(b""), "invalid"),
    ("no JSON", answer(b"["), "invalid"),
    ("a status", answer([], 500), "status"),
    ("nothing but its end", closing(), "unreachable"),
    ("nothing in time", silent(), "timeout"),
)
def test_the_source_fails_where_the_answer_is(gateway, behaviour, kind):
    got, _ = ask(gateway, "batch", ["a", "b"], behaviour)
    assert got.failures() == [("found", kind)] and got.json()["found"] is None
    assert "path" not in got.json()["errors"][0]


def test_the_array_may_be_wrapped_and_its_elements_are_shaped(gateway):
    wrapped = {"data": {"items": [{"product": {"id": "b"}, "name": "B", "x": 1},
                                  {"product": {"id": "a"}, "name": "A"}]}}
    got, _ = ask(gateway, "unwrap", ["a", "b"], wrapped)
    assert got.json()["found"] == [{"title": "A"}, {"title": "B"}]
    got, _ = ask(gateway, "unwrap", ["a"], {"data": {}})
    assert got.failures() == [("found", "invalid")]


def test_a_required_batch_fails_by_its_call(gateway):
    ask(gateway, "required", ["a"], closing())[0].problem(502)
    ask(gateway, "required", ["a"], answer(b"", 404))[0].problem(404)
    got, _ = ask(gateway, "required", ["a"], [])
    assert got.status == 200 and got.json()["found"] == [None]


def test_a_fallback_is_for_the_whole(gateway):
    got, _ = ask(gateway, "fallback", ["a"], closing())
    assert got.json()["found"] == [] and got.failures() == [("found", "unreachable")]


def test_a_list_parameter_may_be_a_batch(gateway):
    got, (request,) = ask(gateway, "parameter", [], items("b", "a,c"), query="?ids=a%2Cc,b")
    assert request.target.endswith("?wanted=a%2Cc,b") and named(got) == ["na,c", "nb"]


def test_a_batch_may_have_the_name_of_its_list_parameter(gateway):
    got, (request,) = ask(gateway, "same", [], items(2, 1), query="?ids=1,2,1")
    assert request.target.endswith("?ids=1,2") and named(got) == ["n1", "n2", "n1"]
    got, requests = ask(gateway, "same", [], items())
    assert got.json() == {} and not requests


@table(
    "endpoint, ids",
    ("two dots in a path", "segment", ".."),
    ("a dot in a path", "segment", "."),
    ("a line break in a header", "told", "a%0D%0Ab,c"),
)
def test_a_list_parameter_that_spoils_the_call_is_refused(gateway, endpoint, ids):
    got, requests = ask(gateway, endpoint, [], items(), query=f"?ids={ids}")
    assert [v["parameter"] for v in got.problem(400)["violations"]] == ["ids"] and not requests


def test_the_list_may_be_told_in_a_header_alone(gateway):
    got, (request,) = ask(gateway, "told", [], items("b", "a"), query="?ids=a,b")
    assert request["x-wanted"] == "a,b" and named(got) == ["na", "nb"]


def test_elements_that_are_no_texts_fail_alone(gateway):
    got, (request,) = ask(gateway, "batch", ["a", {"id": "b"}, ["c"]], items("a", "b", "c"))
    assert request.target.endswith("?ids=a")
    assert named(got) == ["na", None, None]
    assert paths(got) == [(["found", 1], "dependency"), (["found", 2], "dependency")]
    told = [entry["message"] for entry in got.json()["errors"]]
    assert told == ["found: item is an object", "found: item is an array"]


def test_others_read_the_array_in_the_order_of_the_list(gateway):
    ask(gateway, "read", ["x", "y"], items("y", "x"))
    assert gateway["other"].requests()[-1].target.endswith("/ny")


def test_fields_are_selected_of_each(gateway):
    got, _ = ask(gateway, "batch", ["a", "b"], items("b"), query="?fields=found/name")
    assert got.json()["found"] == [None, {"name": "nb"}]


def test_headers_of_the_call_reach_the_client(gateway):
    got, _ = ask(gateway, "header", ["a"], answer(items("a"), fields=[("X-One", "1")]))
    assert got["x-one"] == "1"


def test_large_parts_pass_whole(gateway):
    large = [{"id": i, "name": str(i) * 200_000} for i in range(4)]
    got, _ = ask(gateway, "batch", [3, 0, 3], large)
    assert named(got) == ["3" * 200_000, "0" * 200_000, "3" * 200_000]


@table("n", ("answered", 10_000), ("missing", 0))
def test_long_lists_may_be(gateway, n):
    ids = list(range(10_000))
    got, _ = ask(gateway, "long", ids, [{"id": i, "x": 0, "name": f"n{i}"} for i in ids[:n]],
                 method="POST")
    assert named(got) == [f"n{i}" for i in ids[:n]] + [None] * (10_000 - n)
    assert paths(got) == [(["found", i], "missing") for i in ids[n:]]


def test_the_log_tells_of_one_call(gateway):
    name = fresh("log")
    ask(gateway, "batch", ["a", "b"], items("a"), fields=[("X-Request-Id", name)])
    told = gateway.log_line(name)["sources"]["found"]
    assert told["calls"] == 1 and told["kind"] == "missing" and told["attempts"] == 1
