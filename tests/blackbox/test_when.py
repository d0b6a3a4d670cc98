"""test_when.py - sources that are skipped, and those that depend on them (CONTRACT 3.1)"""

from behaviour import answer, closing
from cases import fresh, table

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: http://@beta@
  gamma: http://@gamma@
endpoints:
  - path: /one/{key}
    query: {flag: {}}
    sources:
      one: {get: "alpha:/{key}", when: flag == "yes"}
      two: {get: "beta:/{key}"}
  - path: /required/{key}
    query: {flag: {}}
    sources:
      one: {get: "alpha:/{key}", when: flag == "yes", required: true}
      two: {get: "beta:/{key}"}
  - path: /fallback/{key}
    query: {flag: {}}
    sources:
      one: {get: "alpha:/{key}", when: flag == "yes", fallback: {v: 1}}
      two: {get: "beta:/{key}/{one.v}"}
  - path: /chain/{key}
    query: {flag: {}}
    sources:
      one: {get: "alpha:/{key}", when: flag == "yes"}
      two: {get: "beta:/{key}/{one.v}"}
      three: {get: "gamma:/{key}/{two.target}", required: true}
      other: {get: "gamma:/{key}"}
  - path: /speaks/{key}
    query: {flag: {}}
    sources:
      one: {get: "alpha:/{key}", when: flag == "yes"}
      two: {get: "beta:/{key}", when: one.v == null}
  - path: /of/{key}
    sources:
      one: {get: "alpha:/{key}"}
      two: {get: "beta:/{key}", when: one.v}
      three: {get: "gamma:/{key}/{two.target}"}
  - path: /each/{key}
    query: {flag: {}, ids: {list: true}}
    sources:
      one: {get: "alpha:/{key}", when: flag == "yes"}
      two: {each: one.ids, get: "beta:/{key}/{item}"}
      three: {each: ids, get: "gamma:/{key}/{item}", when: flag == "yes"}
  - path: /spoilt/{key}
    query: {flag: {}, id: {}}
    sources:
      one: {get: "alpha:/{id}", when: flag == "yes"}
  - path: /behind/{key}
    query: {flag: {}, id: {}}
    sources:
      one: {get: "alpha:/{key}", when: flag == "yes"}
      two: {get: "beta:/{key}/{one.v}/{id}"}
      three: {get: "gamma:/{key}/{id}", when: two.target}
  - path: /later/{key}
    query: {id: {}}
    sources:
      one: {get: "alpha:/{key}"}
      two: {get: "beta:/{key}/{id}", when: has(id) and one.v}
      three: {get: "gamma:/{key}/{two.target}/{id}"}
"""


def ask(gateway, endpoint, document=None, query=""):
    """The answer, and how often each service was called."""
    key = fresh()
    gateway["alpha"].on(f"/{key}", document if callable(document) else answer(document))
    got = gateway.get(f"/{endpoint}/{key}{query}")
    calls = [len([r for r in gateway[name].requests() if f"/{key}" in r.target])
             for name in ("alpha", "beta", "gamma")]
    return got, calls


def test_a_skipped_source_is_absent_and_no_error(gateway):
    got, calls = ask(gateway, "one")
    assert list(got.json()) == ["two"] and got.is_complete() and calls == [0, 1, 0]
    got, calls = ask(gateway, "one", {"a": 1}, "?flag=yes")
    assert list(got.json()) == ["one", "two"] and calls == [1, 1, 0]


def test_a_skipped_required_source_is_no_failure(gateway):
    got, _ = ask(gateway, "required")
    assert got.status == 200 and list(got.json()) == ["two"] and got.is_complete()
    got, _ = ask(gateway, "required", closing(), "?flag=yes")
    got.problem(502)


def test_a_fallback_does_not_stand_in_for_a_skipped_source(gateway):
    got, calls = ask(gateway, "fallback")
    assert got.json() == {} and got.is_complete() and calls == [0, 0, 0]


def test_what_depends_on_a_skipped_source_is_skipped_too(gateway):
    got, calls = ask(gateway, "chain")
    assert list(got.json()) == ["other"] and got.is_complete() and calls == [0, 0, 1]
    got, calls = ask(gateway, "chain", {"v": 1}, "?flag=yes")
    assert list(got.json()) == ["one", "two", "three", "other"] and calls == [1, 1, 2]


def test_a_condition_on_a_skipped_source_skips_as_well(gateway):
    got, calls = ask(gateway, "speaks")
    assert got.json() == {} and calls == [0, 0, 0]
    assert ask(gateway, "speaks", {}, "?flag=yes")[1] == [1, 1, 0]


@table(
    "document, called",
    ("true", {"v": True}, 1),
    ("zero, which is not false", {"v": 0}, 1),
    ("false", {"v": False}, 0),
    ("null", {"v": None}, 0),
    ("missing", {}, 0),
    ("of a failed source", answer(b"", 500), 0),
)
def test_an_answer_decides_which_is(gateway, document, called):
    got, calls = ask(gateway, "of", document)
    assert calls == [1, called, called]
    assert ("two" in got.json()) == ("three" in got.json()) == bool(called)
    assert got.failures() == ([("one", "status")] if callable(document) else [])


def test_lists_are_skipped_as_well(gateway):
    got, calls = ask(gateway, "each", {"ids": [1]}, "?ids=1,2")
    assert got.json() == {} and got.is_complete() and calls == [0, 0, 0]
    got, calls = ask(gateway, "each", {"ids": [1]}, "?ids=1,2&flag=yes")
    assert list(got.json()) == ["one", "two", "three"] and calls == [1, 1, 2]


def test_nothing_is_wrong_with_a_request_that_nobody_writes(gateway):
    assert gateway.get("/spoilt/x?id=..").json() == {}
    gateway.get("/spoilt/x?id=..&flag=yes").problem(400)


def test_nor_with_one_that_waits_for_a_skipped_source(gateway):
    got, calls = ask(gateway, "behind", {"v": 1})
    assert got.json() == {} and got.is_complete() and calls == [0, 0, 0]
    got, calls = ask(gateway, "behind", {"v": 1}, "?flag=yes")
    assert got.problem(400)["violations"][0]["parameter"] == "id" and calls == [0, 0, 0]


def test_nor_before_answers_tell_whether_it_is_written(gateway):
    got, calls = ask(gateway, "later", {"v": 1})
    assert list(got.json()) == ["one"] and got.is_complete() and calls == [1, 0, 0]
    got, calls = ask(gateway, "later", {"v": 1}, "?id=7")
    assert list(got.json()) == ["one", "two", "three"] and calls == [1, 1, 1]
    got, calls = ask(gateway, "later", {"v": 1}, "?id=..")
    assert got.failures() == [("two", "dependency"), ("three", "dependency")]
    assert calls == [1, 0, 0]


def test_a_skipped_source_is_not_logged(gateway):
    name = fresh("log")
    gateway.get(f"/chain/{name}", fields=[("X-Request-Id", name)])
    assert list(gateway.log_line(name)["sources"]) == ["other"]


def test_a_skipped_source_may_be_selected(gateway):
    got, calls = ask(gateway, "one", query="?fields=one")
    assert got.json() == {} and got.is_complete() and calls == [0, 0, 0]
    got, calls = ask(gateway, "one", {"a": 1, "b": 2}, "?flag=yes&fields=one/b")
    assert got.json() == {"one": {"b": 2}} and calls == [1, 0, 0]
