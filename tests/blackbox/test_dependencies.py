"""test_dependencies.py - a source that needs another's answer (CONTRACT 3.1, 3.5)"""

import threading

from behaviour import answer, closing, silent, when
from cases import fresh, table

PATHS = ["first.v", "first.seller.id", "first.images[0].url", "first.list[1]", "first.a[1][0].b",
         "first.x-y"]

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
  beta: http://@beta@
  gamma: http://@gamma@
endpoints:
  - path: /required/{key}
    timeout: 600ms
    sources:
      first: {get: "alpha:/{key}", timeout: 300ms}
      second: {get: "beta:/{key}/{first.v}", required: true}
  - path: /header/{key}
    sources:
      first: {get: "alpha:/{key}"}
      second: {get: "beta:/{key}", set_headers: {x-v: "{first.v}"}}
  - path: /chain/{key}
    sources:
      third: {get: "gamma:/{key}/{second.v}/{first.v}"}
      second: {get: "beta:/{key}/{first.v}"}
      first: {get: "alpha:/{key}"}
  - path: /early/{key}
    timeout: 5s
    sources:
      first: {get: "alpha:/{key}"}
      slow: {get: "gamma:/{key}", timeout: 5s}
      second: {get: "beta:/{key}/{first.v}"}
  - path: /two/{key}
    sources:
      left: {get: "alpha:/{key}"}
      right: {get: "gamma:/{key}"}
      both: {get: "beta:/{key}/{left.v}/{right.v}"}
""" + "".join(
    f"""
  - path: /d{n}/{{key}}
    sources:
      first: {{get: "alpha:/{{key}}"}}
      second: {{get: "beta:/{{key}}/{{{path}}}"}}"""
    for n, path in enumerate(PATHS)
)


def ask(gateway, endpoint, first):
    """The answer, and the targets that the second service was asked for."""
    key = fresh()
    behaviour = first if callable(first) else answer(first)
    gateway["alpha"].on(f"/{key}", behaviour)
    got = gateway.get(f"/{endpoint}/{key}")
    targets = [r.target for r in gateway["beta"].requests()]
    return got, [t[len(key) + 2 :] for t in targets if t.startswith(f"/{key}/")]


@table(
    "n, first, sent",
    ("a string", 0, b'{"v":"abc"}', "abc"),
    ("a string with escapes", 0, b'{"v":"\\u00e9\\/\\n\\"\\\\"}', "%C3%A9%2F%0A%22%5C"),
    ("a string with a pair of surrogates", 0, b'{"v":"\\ud83d\\ude00"}', "%F0%9F%98%80"),
    ("a string of UTF-8", 0, '{"v":"日"}'.encode(), "%E6%97%A5"),
    ("an integer", 0, b'{"v":42}', "42"),
    ("an integer beyond any machine's", 0, b'{"v":12345678901234567890}', "12345678901234567890"),
    ("a number as it was written", 0, b'{"v":1.50}', "1.50"),
    ("an exponent as it was written", 0, b'{"v":-1E400}', "-1E400"),
    ("true", 0, b'{"v":true}', "true"),
    ("false", 0, b'{"v":false}', "false"),
    ("a member of a member", 1, b'{"seller":{"x":1,"id":"s1"}}', "s1"),
    ("a member of an element", 2, b'{"images":[{"url":"u1"},{"url":"u2"}]}', "u1"),
    ("an element", 3, b'{"list":["a","b"]}', "b"),
    ("an element of an element", 4, b'{"a":[0,[{"b":7}]]}', "7"),
    ("a name with a dash", 5, b'{"x-y":1}', "1"),
    ("white space between tokens", 0, b' { "w" : [ ] , "v" : "a" } ', "a"),
    ("of repeated names the last", 0, b'{"v":1,"v":2}', "2"),
    ("of repeated names however escaped the last", 0, b'{"v":1,"\\u0076":2}', "2"),
    ("of repeated outer names the last", 1, b'{"seller":{"id":1},"seller":{"id":2}}', "2"),
    ("a template is not expanded again", 0, b'{"v":"{key}"}', "%7Bkey%7D"),
    ("a hostile value is encoded", 0, b'{"v":"1/../../admin?x=#@evil"}',
     "1%2F..%2F..%2Fadmin%3Fx%3D%23%40evil"),
    ("line breaks are encoded", 0, b'{"v":"a\\r\\nX-Inj: 1"}', "a%0D%0AX-Inj%3A%201"),
    ("a NUL is encoded", 0, b'{"v":"a\\u0000b"}', "a%00b"),
)
def test_a_value_of_another_source_goes_into_the_call(gateway, n, first, sent):
    got, targets = ask(gateway, f"d{n}", first)
    assert targets == [sent]
    assert got.is_complete()


@table(
    "n, first",
    ("missing", 0, {}),
    ("null", 0, {"v": None}),
    ("an object", 0, {"v": {}}),
    ("an array", 0, {"v": []}),
    ("behind what is no object", 1, {"seller": "s1"}),
    ("behind null", 1, {"seller": None}),
    ("an element beyond the end", 3, {"list": ["a"]}),
    ("an element of what is no array", 3, {"list": {"1": "a"}}),
    ("a member of an array", 0, ["v"]),
    ("a member of a string", 0, "v"),
    ("a member of null", 0, None),
    ("a member of an answer without a body", 0, b""),
    ("empty, where it is the segment", 0, {"v": ""}),
    ("a dot, where it is the segment", 0, {"v": "."}),
    ("two dots, where they are the segment", 0, {"v": ".."}),
    ("of repeated names the last, which is null", 0, b'{"v":1,"v":null}'),
)
def test_a_dependency_on_what_is(gateway, n, first):
    got, targets = ask(gateway, f"d{n}", first)
    assert targets == [], "nothing is sent"
    assert got.failures() == [("second", "dependency")]
    assert got.json()["second"] is None and not got.is_complete()


def test_a_lone_surrogate_is_never_sent_as_broken_utf8(gateway):
    got, targets = ask(gateway, "d0", b'{"v":"\\ud800"}')
    assert got.status == 200
    for target in targets:
        assert "%ED%A0%80" not in target.upper()


@table(
    "value",
    ("CR and LF", "a\r\nX-Inj: 1"), ("LF", "a\nX-Inj: 1"), ("CR", "a\rX-Inj: 1"), ("NUL", "a\0b"),
)
def test_a_value_with_one_never_reaches_a_header(gateway, value):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"v": value}))
    assert gateway.get(f"/header/{key}").status == 200
    for request in gateway["beta"].requests(f"/{key}"):
        assert request["x-v"] is request["x-inj"] is None and b"\0" not in request.head


def test_a_value_goes_into_a_header(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"v": "a b/ä"}))
    gateway.get(f"/header/{key}")
    seen = gateway["beta"].only(f"/{key}")["x-v"]
    assert seen.encode("latin-1").decode() == "a b/ä"


@table(
    "first, status",
    ("answered 404", answer(status=404), 404),
    ("answered 410", answer(status=410), 410),
    ("answered 500", answer(status=500), 502),
    ("answered 429", answer(status=429), 503),
    ("was invalid", answer(b"{"), 502),
    ("was unreachable", closing(), 502),
    ("was late", silent(), 504),
    ("did not have the value", answer({}), 502),
)
def test_a_required_source_that_could_not_be_called_gives_its_causes_status(gateway, first, status):
    got, targets = ask(gateway, "required", first)
    assert targets == []
    document = got.problem(status)
    assert ("second", "dependency") in [(e["source"], e["kind"]) for e in document["errors"]]


def test_a_failed_source_fails_what_depends_on_it(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(status=500))
    got = gateway.get(f"/chain/{key}")
    assert got.failures() == [("third", "dependency"), ("second", "dependency"),
                              ("first", "status")]
    assert not [r for r in gateway["gamma"].requests() if key in r.target]


def test_a_chain_in_any_order_of_declaration(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"v": 1}))
    gateway["beta"].on(f"/{key}/1", answer({"v": 2}))
    got = gateway.get(f"/chain/{key}")
    assert list(got.json()) == ["third", "second", "first"]
    assert got.json()["third"]["target"] == f"/{key}/2/1"


def test_a_source_may_need_two(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"v": "l"}))
    gateway["gamma"].on(f"/{key}", answer({"v": "r"}))
    assert gateway.get(f"/two/{key}").json()["both"]["target"] == f"/{key}/l/r"


def test_a_source_starts_as_soon_as_its_own_dependencies_are_known(gateway):
    key, go = fresh(), threading.Event()
    gateway["alpha"].on(f"/{key}", answer({"v": 1}))
    gateway["gamma"].on(f"/{key}", when(go, answer({})))
    with gateway.client() as client:
        client.ask(f"/early/{key}")
        gateway["beta"].wait_requests(f"/{key}/1")
        go.set()
        assert client.answer().is_complete()


def test_independent_sources_are_called_at_once(gateway):
    """Each waits until all have been asked: one after another would never end."""
    key, asked = fresh(), threading.Barrier(2, timeout=3)

    def behave(connection, request):
        asked.wait()
        return answer({"v": 1})(connection, request)

    gateway["alpha"].on(f"/{key}", behave)
    gateway["gamma"].on(f"/{key}", behave)
    assert gateway.get(f"/two/{key}").is_complete()
