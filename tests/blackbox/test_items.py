"""test_items.py - a call for each element of a list (CONTRACT 3.2)"""

import threading
import time

import pytest

from behaviour import after, answer, closing, raw, resetting, silent, then, when
from cases import GRAIN, fresh, table
from gateway import wait_for

CONFIG = """
listen: @listen@
workers: 1
bounds: {calls: 40}
services:
  lists: http://@lists@
  items: {targets: ["http://@items@"], timeout: 5s, breaker: off}
  other: http://@other@
endpoints:
  - path: /each/{key}
    timeout: 5s
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", max: 6}
  - path: /braces/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: "{list.ids}", get: "items:/{key}/{item}"}
  - path: /objects/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.of, get: "items:/{key}/{item.id}{?item.size}"}
  - path: /through/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: "list.variants[].sku", get: "items:/{key}/{item}"}
  - path: /deep/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: "list.shelves[].books[].id", get: "items:/{key}/{item}"}
  - path: /rows/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: "list.rows[][].id", get: "items:/{key}/{item}"}
  - path: /cells/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: "list.rows[][]", get: "items:/{key}/{item}"}
  - path: /behind/{key}
    query: {ids: {list: true}}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: ids, get: "items:/{key}/{list.at}/{item}", max: 3}
      all: {each: ids, batch: wanted, get: "items:/{key}/{list.at}/{wanted}", by: id, max: 3}
  - path: /whole/{key}
    sources:
      list: {get: "lists:/{key}", unwrap: data, hide: true}
      related: {each: list, get: "items:/{key}/{item}"}
  - path: /parameter/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "items:/{key}/{item}"}
  - path: /body/{key}
    method: POST
    sources:
      related: {each: body.ids, get: "items:/{key}/{item}"}
  - path: /two/{key}
    timeout: 5s
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", parallel: 2}
  - path: /required/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", required: true, max: 3}
  - path: /fallback/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", fallback: [0], max: 3}
  - path: /late/{key}
    timeout: 400ms
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", parallel: 2}
  - path: /attempt/{key}
    timeout: 5s
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", timeout: 200ms, parallel: 1}
  - path: /shaped/{key}
    sources:
      list: {get: "lists:/{key}"}
      related:
        each: list.ids
        get: items:/{key}/{item}
        unwrap: data
        pick: [id, price.amount]
        rename: {price: cost}
  - path: /read/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", unwrap: data, pick: [name], hide: true}
      second: {get: "other:/{key}/{related[1].id}"}
      more: {each: "related[].id", get: "other:/{key}/{item}"}
  - path: /post/{key}
    method: POST
    timeout: 300ms
    sources:
      list: {get: "lists:/{key}"}
      made: {each: list.ids, post: "items:/{key}/{item}", timeout: 3s}
  - path: /header/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}", return_headers: [x-one, set-cookie]}
  - path: /set/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}", set_headers: {x-item: "{item}"}}
  - path: /calls/{key}
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}"}
  - path: /text/{key}
    errors: text
    sources:
      list: {get: "lists:/{key}"}
      related: {each: list.ids, get: "items:/{key}/{item}"}
"""


def ask(gateway, endpoint, document, items=None, **options):
    """The answer, and what the items were asked for, in order."""
    key = fresh()
    gateway["lists"].on(f"/{key}", document if callable(document) else answer(document))
    for item, behaviour in (items or {}).items():
        gateway["items"].on(f"/{key}/{item}", behaviour)
    got = gateway.get(f"/{endpoint}/{key}", **options)
    return got, asked(gateway, "items", key)


def asked(gateway, service, key):
    targets = [r.target for r in gateway[service].requests()]
    return [t[len(key) + 2 :] for t in targets if t.startswith(f"/{key}/")]


def named(got, name="related"):
    """Each element by the last segment of what it was asked for; None where it failed."""
    return [e and e["target"].split("/")[-1] for e in got.json()[name]]


def paths(got):
    return [(e["path"], e["kind"]) for e in got.json().get("errors", [])]


# The list


@table(
    "endpoint, document, wanted",
    ("an array of another source", "each", {"ids": ["a", "b"]}, ["a", "b"]),
    ("in braces", "braces", {"ids": ["a", "b"]}, ["a", "b"]),
    ("numbers and booleans as their text", "each", b'{"ids":[1.50,true,"x"]}', ["1.50", "true", "x"]),
    ("members of objects", "objects", {"of": [{"id": 1, "size": 3}, {"id": "z", "size": "l"}]},
     ["1?item.size=3", "z?item.size=l"]),
    ("through an array", "through", {"variants": [{"sku": "s1"}, {"sku": "s2"}]}, ["s1", "s2"]),
    ("through two", "deep",
     {"shelves": [{"books": [{"id": 1}, {"id": 2}]}, {"books": []}, {"books": [{"id": 3}]}]},
     ["1", "2", "3"]),
    ("arrays in arrays", "cells", {"rows": [["a", "b"], [], ["c"]]}, ["a", "b", "c"]),
    ("and members of what is in them", "rows", {"rows": [[{"id": 1}], [{"id": 2}]]}, ["1", "2"]),
    ("a whole answer, unwrapped", "whole", {"data": ["a", "b"]}, ["a", "b"]),
    ("escaped strings as they are meant", "each", b'{"ids":["\\u0061\\/b"]}', ["a%2Fb"]),
)
def test_elements_are(gateway, endpoint, document, wanted):
    got, targets = ask(gateway, endpoint, document)
    assert sorted(targets) == sorted(wanted)
    assert named(got) == [w.split("?")[0] for w in wanted] or endpoint == "objects"
    assert got.is_complete()


def test_a_list_parameter_is_a_list(gateway):
    key = fresh()
    got = gateway.get(f"/parameter/{key}?ids=b,a&ids=c%2Cd")
    assert named(got) == ["b", "a", "c%2Cd"]


@table("ids", ("two dots", "a,.."), ("alone, which spoils the batch too", ".."))
def test_a_list_of_the_client_is_refused_before_anything_is_called(gateway, ids):
    key = fresh()
    got = gateway.get(f"/behind/{key}?ids={ids}")
    assert {v["parameter"] for v in got.problem(400)["violations"]} == {"ids"}
    assert not gateway["lists"].requests(f"/{key}")


def test_a_list_of_the_client_that_waits_is_taken_when_it_is_called(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", answer({"at": "x"}))
    for item in "ab":
        gateway["items"].on(f"/{key}/x/{item}", answer(item))
    gateway["items"].on(f"/{key}/x/a,b", answer([{"id": "b"}]))
    got = gateway.get(f"/behind/{key}?ids=a,b,a")
    assert got.json()["related"] == ["a", "b", "a"]
    assert got.json()["all"] == [None, {"id": "b"}, None]
    got = gateway.get(f"/behind/{key}?ids=a,b,c,..")
    assert got.failures() == [("related", "too_large"), ("all", "too_large")]
    gateway["lists"].on(f"/{key}", answer({"at": ".."}))
    got = gateway.get(f"/behind/{key}?ids=a")
    assert got.failures() == [("related", "dependency"), ("all", "dependency")]


@table("query", ("absent", ""), ("empty", "?ids="))
def test_a_list_parameter_that_is(gateway, query):
    got = gateway.get(f"/parameter/{fresh()}{query}")
    assert got.json() == {"related": []} and got.is_complete()


@table(
    "query, parameter",
    ("two dots", "?ids=a,..", "ids"),
    ("a dot", "?ids=.,a", "ids"),
    ("two dots, encoded", "?ids=%2e%2E", "ids"),
)
def test_a_list_of_the_client_is_refused_with(gateway, query, parameter):
    """Before anything is called, as any parameter that would leave its segment."""
    key = fresh()
    document = gateway.get(f"/parameter/{key}{query}").problem(400)
    assert [v["parameter"] for v in document["violations"]] == [parameter]
    assert asked(gateway, "items", key) == []
    body = b'{"ids":["a",".."]}'
    gateway.get(f"/body/{key}", "POST", [("Content-Type", "application/json")], body).problem(400)
    assert asked(gateway, "items", key) == []


def test_an_array_of_the_request_is_a_list(gateway):
    key = fresh()
    got = gateway.get(f"/body/{key}", "POST", [("Content-Type", "application/json")],
                      b'{"ids":["a",2]}')
    assert named(got) == ["a", "2"]


def test_an_empty_list_makes_no_call(gateway):
    got, targets = ask(gateway, "each", {"ids": []})
    assert got.json()["related"] == [] and targets == [] and got.is_complete()


@table(
    "document",
    ("missing", {}),
    ("null", {"ids": None}),
    ("a string", {"ids": "a"}),
    ("an object", {"ids": {"a": 1}}),
    ("of a failed source", closing()),
)
def test_the_source_fails_where_its_list_is(gateway, document):
    got, targets = ask(gateway, "each", document)
    assert got.failures()[-1] == ("related", "dependency") and got.json()["related"] is None
    assert "path" not in got.json()["errors"][-1]
    assert targets == []


def test_more_elements_than_max_are_too_large_and_nothing_is_called(gateway):
    got, targets = ask(gateway, "each", {"ids": list(range(7))})
    assert got.failures() == [("related", "too_large")] and targets == []
    assert got.json()["related"] is None
    got, targets = ask(gateway, "each", {"ids": list(range(6))})
    assert got.is_complete() and len(targets) == 6


def test_equal_elements_count_towards_max(gateway):
    got, targets = ask(gateway, "each", {"ids": [1] * 7})
    assert got.failures() == [("related", "too_large")] and targets == []


def test_64_elements_are_the_default(gateway, start):
    one = start(CONFIG.replace("bounds: {calls: 40}\n", ""))
    assert len(ask(one, "calls", {"ids": list(range(64))})[1]) == 64
    assert ask(one, "calls", {"ids": list(range(65))})[0].failures() == [("related", "too_large")]


def test_all_calls_of_a_request_count_towards_the_bound(gateway):
    """One for the list itself."""
    got, targets = ask(gateway, "calls", {"ids": list(range(39))})
    assert got.is_complete() and len(targets) == 39
    got, targets = ask(gateway, "calls", {"ids": list(range(40))})
    assert got.failures() == [("related", "too_large")] and targets == []


def test_equal_elements_are_one_call(gateway):
    got, targets = ask(gateway, "calls", {"ids": [7, "7", "a", 7, "\x61"] * 8})
    assert sorted(targets) == ["7", "a"] and got.is_complete()
    assert named(got) == ["7", "7", "a", "7", "a"] * 8


def test_equal_objects_are_one_call(gateway):
    one, two = b'{"id":1,"size":0}', b'{"id":2,"size":0}'
    got, targets = ask(gateway, "objects", b'{"of":[%s,%s,%s]}' % (one, two, one))
    assert sorted(targets) == ["1?item.size=0", "2?item.size=0"]
    assert got.json()["related"][0] == got.json()["related"][2] and got.is_complete()


# The order


def test_results_stand_in_the_order_of_the_list(gateway):
    released = threading.Event()
    got, _ = ask(gateway, "each", {"ids": ["a", "b", "c"]},
                 {"a": when(released, answer("first")), "b": answer("second"),
                  "c": then(answer("third"), released)})
    assert got.json()["related"] == ["first", "second", "third"]


def test_all_are_called_at_once(gateway):
    """Each waits for the last."""
    released = threading.Event()
    items = {name: when(released, answer(name)) for name in "abcde"}
    items["f"] = then(answer("f"), released)
    got, _ = ask(gateway, "each", {"ids": list("abcdef")}, items)
    assert got.json()["related"] == list("abcdef")


def test_no_more_than_parallel_are_called_at_once(gateway):
    key, released = fresh(), threading.Event()
    gateway["lists"].on(f"/{key}", answer({"ids": list("abc")}))
    for item in "abc":
        gateway["items"].on(f"/{key}/{item}", when(released, answer(item)))
    with gateway.client() as client:
        client.ask(f"/two/{key}")
        wait_for(lambda: len(asked(gateway, "items", key)) == 2)
        time.sleep(0.1)
        assert sorted(asked(gateway, "items", key)) == ["a", "b"]
        released.set()
        assert client.answer().json()["related"] == ["a", "b", "c"]


def test_a_slow_element_does_not_hold_up_those_behind_it(gateway):
    released = threading.Event()
    got, targets = ask(gateway, "two", {"ids": list("abcd")},
                       {"a": when(released, answer(1)), "d": then(answer(4), released)})
    assert sorted(targets) == list("abcd") and got.is_complete()


# Elements that fail


@table(
    "behaviour, kind",
    ("a status", answer(b"", 500), "status"),
    ("404", answer({"no": 1}, 404), "status"),
    ("no JSON", answer(b"{"), "invalid"),
    ("no HTTP", raw(b"what?\r\n\r\n"), "invalid"),
    ("a connection that ends", closing(), "unreachable"),
    ("a connection that breaks off", closing(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
     "unreachable"),
    ("a reset", resetting(), "unreachable"),
    ("HTML", answer(b"<p>", kind="text/html"), "invalid"),
    ("silence", silent(), "timeout"),
)
def test_an_element_fails_alone_with(gateway, behaviour, kind):
    got, _ = ask(gateway, "attempt", {"ids": ["a", "b", "c"]}, {"b": behaviour})
    assert named(got) == ["a", None, "c"]
    (error,) = got.json()["errors"]
    assert (error["source"], error["path"], error["kind"]) == ("related", ["related", 1], kind)
    assert error["message"].startswith("related: ")
    assert not got.is_complete() and got.status == 200


def test_an_error_tells_the_status(gateway):
    got, _ = ask(gateway, "each", {"ids": ["a"]}, {"a": answer(b"", 503)})
    assert got.json()["errors"] == [{"source": "related", "kind": "status", "status": 503,
                                     "message": "related: answered 503", "path": ["related", 0]}]


def test_errors_of_elements_stand_in_their_order(gateway):
    released = threading.Event()
    got, _ = ask(gateway, "each", {"ids": list("abcd")},
                 {"a": when(released, answer(b"", 500)), "c": closing(),
                  "d": then(answer(b"?"), released)})
    assert paths(got) == [(["related", 0], "status"), (["related", 2], "unreachable"),
                          (["related", 3], "invalid")]


def test_equal_elements_fail_each_for_itself(gateway):
    got, targets = ask(gateway, "each", {"ids": ["a", "b", "a"]}, {"a": answer(b"", 500)})
    assert sorted(targets) == ["a", "b"]
    assert named(got) == [None, "b", None]
    assert paths(got) == [(["related", 0], "status"), (["related", 2], "status")]


@table(
    "endpoint, document, wanted, kinds",
    ("null", "each", {"ids": ["a", None]}, ["a", None], [1]),
    ("an object without the member", "objects", {"of": [{"id": 1, "size": 1}, {"size": 2}]}, None, [1]),
    ("an array", "each", {"ids": [[1], "b"]}, [None, "b"], [0]),
    ("missing on the way", "through", {"variants": [{}, {"sku": "b"}]}, [None, "b"], [0]),
    ("null on the way", "through", {"variants": [None, {"sku": None}, {"sku": "b"}]},
     [None, None, "b"], [0, 1]),
    ("missing two levels down", "deep", {"shelves": [{"books": [{}]}, {}, {"books": [{"id": 3}]}]},
     [None, None, "3"], [0, 1]),
    ("empty, and the segment of a path", "each", {"ids": ["", "b"]}, [None, "b"], [0]),
    ("two dots", "each", {"ids": ["..", "b"]}, [None, "b"], [0]),
)
def test_an_element_is_a_failed_dependency_where_it_is(gateway, endpoint, document, wanted, kinds):
    got, targets = ask(gateway, endpoint, document)
    assert paths(got) == [(["related", i], "dependency") for i in kinds]
    if wanted:
        assert named(got) == wanted
        assert sorted(targets) == sorted(w for w in wanted if w)


def test_all_elements_may_fail_and_the_source_has_not(gateway):
    got, _ = ask(gateway, "required", {"ids": ["a", "b"]}, {"a": closing(), "b": answer(b"", 404)})
    assert got.status == 200 and got.json()["related"] == [None, None]
    assert len(got.json()["errors"]) == 2


def test_a_required_source_fails_by_its_list(gateway):
    got, _ = ask(gateway, "required", {"ids": list(range(4))})
    got.problem(502)
    got, _ = ask(gateway, "required", answer({}, 404))
    got.problem(404)
    got, _ = ask(gateway, "required", {})
    got.problem(502)


def test_a_fallback_is_for_the_whole_source(gateway):
    got, _ = ask(gateway, "fallback", {"ids": ["a", "b"]}, {"a": closing()})
    assert named(got) == [None, "b"]
    got, targets = ask(gateway, "fallback", {"ids": list(range(4))})
    assert got.json()["related"] == [0] and targets == []
    assert got.failures() == [("related", "too_large")]


def test_errors_may_be_texts(gateway):
    got, _ = ask(gateway, "text", {"ids": ["a"]}, {"a": answer(b"", 503)})
    assert got.json()["errors"] == ["related: answered 503"]


# Time, and clients that leave


def test_at_the_deadline_elements_that_are_there_stay(gateway):
    got, targets = ask(gateway, "late", {"ids": list("abcd")}, {"b": silent(), "c": silent()})
    assert named(got) == ["a", None, None, None]
    assert paths(got) == [(["related", i], "timeout") for i in (1, 2, 3)]
    assert sorted(targets) == ["a", "b", "c"]
    assert 0.4 - GRAIN <= got.seconds < 0.6
    cut = [r for r in gateway["items"].requests() if r.target.endswith(("/b", "/c"))][-2:]
    assert {r.target[-1] for r in cut} == {"b", "c"}
    for request in cut:
        assert request.connection.closed.wait(2)


def test_a_list_that_is_late_is_a_late_source(gateway):
    got, targets = ask(gateway, "late", silent())
    assert got.failures() == [("list", "timeout"), ("related", "timeout")] and targets == []
    assert got.json()["related"] is None


def test_a_timeout_is_for_one_element(gateway):
    got, _ = ask(gateway, "attempt", {"ids": list("abc")},
                 {item: after(0.12, answer({"target": item})) for item in "abc"})
    assert got.is_complete() and got.seconds >= 0.36
    got, _ = ask(gateway, "attempt", {"ids": list("abc")}, {"b": silent()})
    assert named(got) == ["a", None, "c"] and paths(got) == [(["related", 1], "timeout")]
    assert got.json()["errors"][0]["message"] == "related: no answer within 200 ms"


def test_each_call_is_told_what_is_left_of_the_time(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", after(0.2, answer({"ids": ["a"]})))
    gateway.get(f"/late/{key}")
    request = gateway["items"].only(f"/{key}/a")
    assert 50 <= int(request["x-request-timeout-ms"]) <= 210


def test_a_client_that_leaves_cancels_them(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", answer({"ids": list("abc")}))
    for item in "abc":
        gateway["items"].on(f"/{key}/{item}", silent())
    with gateway.client() as client:
        client.ask(f"/two/{key}", fields=[("X-Request-Id", key)])
        wait_for(lambda: len(asked(gateway, "items", key)) == 2)
    for request in [r for r in gateway["items"].requests() if r.target.startswith(f"/{key}/")]:
        assert request.connection.closed.wait(2)
    assert "c" not in asked(gateway, "items", key)
    line = gateway.log_line(key)
    assert line["status"] == 499 and line["sources"]["related"]["kind"] == "cancelled"


def test_unsafe_calls_that_were_sent_go_on(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", answer({"ids": ["a", "b"]}))
    gateway["items"].on(f"/{key}/a", after(0.6, answer({"done": 1}, 201)))
    got = gateway.get(f"/post/{key}", "POST", [("X-Request-Id", key)])
    assert got.json()["made"][0] is None and got.json()["made"][1]
    assert paths(got) == [(["made", 0], "timeout")]
    assert not gateway["items"].only(f"/{key}/a").connection.closed.is_set()
    _, late = gateway.log_lines(key, 2)
    assert (late["method"], late["path"], late["status"]) == ("POST", "/post/{key}", 201)
    assert late["sources"]["made"]["status"] == 201


# What is done with the answers


def test_each_answer_is_shaped(gateway):
    got, _ = ask(gateway, "shaped", {"ids": list("abc")},
                 {"a": answer({"data": {"id": 1, "price": {"amount": 5, "tax": 1}, "x": 2}}),
                  "b": answer({"other": 1}), "c": answer(b"")})
    assert got.json()["related"] == [{"id": 1, "cost": {"amount": 5}}, None, None]
    assert paths(got) == [(["related", 1], "invalid")], "no body is a null, and no failure"


def test_fields_are_selected_of_each(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", answer({"ids": ["a", "b"]}))
    gateway["items"].on(f"/{key}/a", answer({"id": 1, "name": "n", "x": [{"y": 1, "z": 2}]}))
    gateway["items"].on(f"/{key}/b", closing())
    got = gateway.get(f"/each/{key}?fields=related(id,x/y)")
    assert got.json()["related"] == [{"id": 1, "x": [{"y": 1}]}, None]
    assert "list" not in got.json() and paths(got) == [(["related", 1], "unreachable")]


def test_others_read_the_unwrapped_array(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", answer({"ids": list("abc")}))
    for n, item in enumerate("abc"):
        gateway["items"].on(f"/{key}/{item}", answer({"data": {"id": f"{item}{n}", "name": item}}))
    gateway["items"].on(f"/{key}/c", closing())
    got = gateway.get(f"/read/{key}")
    assert sorted(asked(gateway, "other", key)) == ["a0", "b1", "b1"]
    assert "related" not in got.json() and len(got.json()["more"]) == 3
    assert got.json()["more"][2] is None


def test_large_elements_pass_whole(gateway):
    large = {item: {"v": item * 300_000} for item in "abc"}
    got, _ = ask(gateway, "calls", {"ids": ["a", "b", "c", "a", "b"]},
                 {item: answer(document) for item, document in large.items()})
    assert got.json()["related"] == [large[item] for item in "abcab"]


def test_headers_of_the_first_element_that_has_one_reach_the_client(gateway):
    got, _ = ask(gateway, "header", {"ids": list("abc")},
                 {"a": answer(1, fields=[("Set-Cookie", "a=1")]),
                  "b": answer(2, fields=[("X-One", "b"), ("Set-Cookie", "b=1")]),
                  "c": answer(3, fields=[("X-One", "c")])})
    assert got["x-one"] == "b" and got.all("set-cookie") == ["a=1", "b=1"]


def test_an_element_may_stand_in_a_header(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", answer({"ids": ["a", "b\r\nx-injected: 1", 7]}))
    got = gateway.get(f"/set/{key}")
    assert paths(got) == [(["related", 1], "dependency")]
    assert sorted(r["x-item"] for r in gateway["items"].requests(f"/{key}")) == ["7", "a"]


def test_the_log_tells_how_many_were_called(gateway):
    key = fresh("log")
    gateway["lists"].on(f"/{key}", answer({"ids": ["a", "b", "a", "c"]}))
    gateway["items"].on(f"/{key}/b", closing())
    gateway.get(f"/each/{key}", fields=[("X-Request-Id", key)])
    told = gateway.log_line(key)["sources"]["related"]
    assert told["calls"] == 3 and told["kind"] == "unreachable" and told["ms"] > 0
    gateway.get(f"/each/{key}", fields=[("X-Request-Id", key + "2")])
    gateway["items"].on(f"/{key}/b", answer(1))
    gateway.get(f"/each/{key}", fields=[("X-Request-Id", key + "3")])
    told = gateway.log_line(key + "3")["sources"]["related"]
    assert told["status"] == 200 and "kind" not in told


@pytest.mark.essential
def test_many_clients_at_once_get_their_own(gateway):
    key = fresh()
    gateway["lists"].on(f"/{key}", answer({"ids": list(range(6))}))
    wrong = []

    def client():
        for _ in range(5):
            got = gateway.get(f"/each/{key}")
            if named(got) != ["0", "1", "2", "3", "4", "5"]:
                wrong.append(got.body)

    threads = [threading.Thread(target=client) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


class TestBounds:
    """Calls and memory are bounded for the request, whatever its lists hold."""

    CONFIG = """
listen: @listen@
workers: 1
bounds: {calls: 15, memory: 16MiB}
services:
  lists: http://@lists@
  items: {targets: ["http://@items@"], breaker: off}
defaults: {endpoint: {timeout: 8s}}
endpoints:
  - path: /two
    sources:
      list: {get: "lists:/ids", hide: true}
      one: {each: list.ids, get: "items:/one/{item}"}
      two: {each: list.ids, get: "items:/two/{item}"}
  - path: /batches
    sources:
      list: {get: "lists:/ids", hide: true}
%s
  - path: /each
    sources:
      list: {get: "lists:/ids", hide: true}
      one: {each: list.ids, get: "items:/one/{item}", max: 10000}
  - path: /batch
    method: POST
    sources:
      list: {get: "lists:/ids", hide: true}
      one: {each: list.ids, batch: ids, post: "items:/all", body: "{ids}", by: id, max: 10000}
  - path: /unfit
    sources:
      list: {get: "lists:/ids", hide: true}
      one: {each: list.ids, batch: ids, get: "items:/{list.none}{?ids}", by: id}
""" % "\n".join(f"      b{n}: {{each: list.ids, batch: ids, get: 'items:/all{{?ids}}', by: id}}"
                for n in range(14))

    @pytest.fixture
    def ask(self, start):
        gateway = start(self.CONFIG)

        def ask_(endpoint, n, method="GET"):
            ids = list(range(n))
            gateway["lists"].on("/ids", answer({"ids": ids}))
            gateway["items"].on("/all", answer([{"id": i} for i in ids]))
            return gateway.get(endpoint, method)

        return ask_

    def test_the_calls_of_all_lists_count_together(self, ask):
        assert ask("/two", 7).is_complete()
        assert ask("/two", 8).failures() == [("two", "too_large")]
        assert ask("/two", 15).failures() == [("one", "too_large"), ("two", "too_large")]

    def test_a_batch_counts_as_one(self, ask):
        assert ask("/batches", 60).is_complete()

    def test_a_list_of_any_length_that_fits_brings_its_room(self, ask):
        assert ask("/batch", 1500, "POST").is_complete()

    def test_memory_bounds_a_list_before_anything_is_called(self, ask):
        assert ask("/each", 1500).failures() == [("one", "too_large")]
        assert ask("/each", 2500).failures() == [("one", "overloaded")]
        assert ask("/batch", 2500, "POST").is_complete()
        assert ask("/batch", 9500, "POST").failures() == [("one", "overloaded")]

    def test_a_batch_that_cannot_be_asked_for_fails_at_once(self, ask):
        got = ask("/unfit", 3)
        assert got.failures() == [("one", "dependency")] and got.seconds < 4
