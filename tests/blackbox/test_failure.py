"""test_failure.py - what failures do to an answer: errors, gating, statuses (CONTRACT 3.5)"""

import json
import re
import threading

import pytest

from behaviour import after, answer, closing, drip, in_turn, raw, silent, then, when
from cases import fresh, table
from gateway import Gateway

pytestmark = pytest.mark.essential

CONFIG = """
listen: @listen@
workers: 1
bounds: {response_body: 4KiB}
defaults: {service: {breaker: off}}
services:
  alpha: http://@alpha@
  beta: http://@beta@
  gamma: {targets: ["http://@gamma@"], timeout: 5s}
endpoints:
  - path: /all/{key}
    sources:
      one: {get: "alpha:/{key}", timeout: 300ms}
      two: {get: "beta:/{key}"}
  - path: /text/{key}
    errors: text
    sources:
      one: {get: "alpha:/{key}", timeout: 300ms}
      two: {get: "beta:/{key}", timeout: 300ms}
  - path: /required/{key}
    timeout: 3s
    sources:
      other: {get: "gamma:/{key}"}
      one: {get: "alpha:/{key}", timeout: 300ms, required: true}
  - path: /endpoint/{key}
    timeout: 250ms
    sources:
      one: {get: "alpha:/{key}", required: true}
  - path: /credentials/{key}
    sources:
      one: {get: "alpha:/{key}", required: true, forward: [authorization]}
  - path: /rescued/{key}
    sources:
      one: {get: "alpha:/{key}", required: true, fallback: {items: []}}
      two: {get: "beta:/{key}"}
  - path: /unsafe/{key}
    method: POST
    timeout: 3s
    sources:
      one: {get: "alpha:/{key}", required: true}
      read: {get: "beta:/{key}"}
      write: {post: "gamma:/{key}"}
  - path: /two/{key}
    sources:
      one: {get: "alpha:/{key}", required: true}
      two: {get: "beta:/{key}", required: true}
  - path: /order/{key}
    sources:
      zeta: {get: "alpha:/{key}"}
      alpha: {get: "beta:/{key}"}
      mid: {get: "gamma:/{key}"}
"""

LONG = b'"' + b"a" * 5000 + b'"'


def ask(gateway, endpoint, one=None, two=None, fields=()):
    key = fresh()
    gateway["alpha"].on(f"/{key}", one or answer({}))
    gateway["beta"].on(f"/{key}", two or answer({}))
    return gateway.get(f"/{endpoint}/{key}", fields=fields)


KINDS = table(
    "behaviour, kind, status",
    ("no answer in time", silent(), "timeout", None),
    ("half an answer in time", silent(raw(b"HTTP/1.1 200 OK\r\n")), "timeout", None),
    ("no connection that lasts", closing(), "unreachable", None),
    ("half an answer", closing(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}")),
     "unreachable", 200),
    ("a status that is no success", answer({"secret": "x"}, 503), "status", 503),
    ("a redirect", answer({}, 302, [("Location", "http://127.0.0.1:22/secret")]), "status", 302),
    ("another format", answer(b"<secret/>"), "invalid", 200),
    ("no HTTP", raw(b"secret\r\n\r\n"), "invalid", None),
    ("too much", answer(LONG), "too_large", 200),
)


@KINDS
def test_a_failed_source_is_null_and_an_entry_in_errors(gateway, behaviour, kind, status):
    got = ask(gateway, "all", behaviour)
    assert got.status == 200
    document = got.json()
    assert list(document) == ["one", "two", "errors"], "errors is the last member"
    assert document["one"] is None and document["two"] == {}
    (entry,) = document["errors"]
    assert (entry["source"], entry["kind"]) == ("one", kind)
    assert entry.get("status") == status, "it is told where the service answered one"
    assert set(entry) <= {"source", "kind", "message", "status"}
    assert entry["message"].startswith("one: ") and len(entry["message"]) > len("one: ")
    assert not got.is_complete()


@KINDS
def test_a_message_names_no_address_path_or_header(gateway, behaviour, kind, status):
    del kind, status
    for endpoint in ("all", "text", "required"):
        got = ask(gateway, endpoint, behaviour)
        told = (got.head + got.body).replace(got["x-request-id"].encode(), b"")
        for secret in (b"secret", b"127.0.0.1", b"localhost", b"HTTP/1.1 200 OK\r\nContent-Length",
                       str(gateway["alpha"].port).encode(), b"Location", b"openssl", b".c:"):
            assert secret not in told


def test_the_message_of_a_timeout_is_this(gateway):
    got = ask(gateway, "all", silent())
    assert got.json()["errors"] == [
        {"source": "one", "kind": "timeout", "message": "one: no answer within 300 ms"}
    ]


def test_errors_may_be_text(gateway):
    got = ask(gateway, "text", silent(), answer({}, 500))
    first, second = got.json()["errors"]
    assert first == "one: no answer within 300 ms"
    assert isinstance(second, str) and second.startswith("two: ")
    assert "500" in second


def test_errors_may_be_text_everywhere(start):
    gateway = start("errors: text\n" + CONFIG)
    assert ask(gateway, "all", silent()).json()["errors"] == ["one: no answer within 300 ms"]


def test_a_complete_answer_says_so_and_has_no_errors(gateway):
    got = ask(gateway, "all")
    assert got.is_complete()
    assert got.json() == {"one": {}, "two": {}}
    assert got["content-type"].split(";")[0] == "application/json"


def test_all_sources_may_fail_and_the_answer_is_still_200(gateway):
    got = ask(gateway, "all", answer({}, 500), closing())
    assert got.status == 200 and not got.is_complete()
    assert got.json()["one"] is got.json()["two"] is None
    assert got.failures() == [("one", "status"), ("two", "unreachable")]


def test_members_and_errors_stand_in_declared_order_whatever_came_first(gateway):
    for first, last in ((0.0, 0.08), (0.08, 0.0)):
        key = fresh()
        gateway["alpha"].on(f"/{key}", after(first, answer({}, 500)))
        gateway["beta"].on(f"/{key}", after(0.04, answer({}, 404)))
        gateway["gamma"].on(f"/{key}", after(last, closing()))
        got = gateway.get(f"/order/{key}")
        assert list(got.json()) == ["zeta", "alpha", "mid", "errors"]
        assert [source for source, _ in got.failures()] == ["zeta", "alpha", "mid"]


FALLBACKS = {
    "a map": ("{items: [], total: 0}", {"items": [], "total": 0}),
    "a list": ("[1, two, null]", [1, "two", None]),
    "a string": ("none", "none"),
    "an empty string": ('""', ""),
    "a number": ("-1.5", -1.5),
    "a boolean": ("false", False),
    "null": ("null", None),
    "no, which is a string": ("no", "no"),
    "text with quotes and line breaks": (r'"a\"b\n\u00e9"', 'a"b\né'),
    "names that need escapes": (r'{"a\"b": 1}', {'a"b': 1}),
}


class TestFallback:
    CONFIG = """
listen: @listen@
workers: 1
defaults: {service: {breaker: off}}
services:
  alpha: http://@alpha@
endpoints:
""" + "".join(f"""
  - path: /f{n}
    sources: {{one: {{get: "alpha:/fail", fallback: {value}}}}}
""" for n, (value, _) in enumerate(FALLBACKS.values()))

    @pytest.fixture(scope="class")
    def failing(self, tmp_path_factory):
        with Gateway(self.CONFIG, tmp_path_factory.mktemp("fallback")) as gateway:
            gateway["alpha"].on("/fail", answer({}, 500))
            yield gateway

    @table("n, value", *[(name, n, FALLBACKS[name][1]) for n, name in enumerate(FALLBACKS)])
    def test_it_may_be(self, failing, n, value):
        got = failing.get(f"/f{n}")
        assert got.json()["one"] == value and type(got.json()["one"]) is type(value)
        assert got.failures() == [("one", "status")], "the failure is told all the same"
        assert not got.is_complete()

    def test_a_required_source_with_one_does_not_end_the_answer(self, gateway):
        got = ask(gateway, "rescued", answer({}, 404))
        assert got.status == 200
        assert got.json()["one"] == {"items": []} and got.json()["two"] == {}
        assert got.json()["errors"][0]["status"] == 404

    def test_it_is_not_used_where_the_source_answers(self, gateway):
        assert ask(gateway, "rescued", answer({"a": 1})).json()["one"] == {"a": 1}


STATUSES = table(
    "behaviour, endpoint, status",
    ("answered 404", answer({}, 404), "required", 404),
    ("answered 410", answer({}, 410), "required", 410),
    ("answered 401 without the client's credentials", answer({}, 401), "required", 502),
    ("answered 403 without the client's credentials", answer({}, 403), "required", 502),
    ("answered 401 to the client's own credentials", answer({}, 401), "credentials", 401),
    ("answered 403 to the client's own credentials", answer({}, 403), "credentials", 403),
    ("answered 400", answer({}, 400), "required", 502),
    ("answered 409", answer({}, 409), "required", 502),
    ("answered 500", answer({}, 500), "required", 502),
    ("answered 503", answer({}, 503), "required", 502),
    ("answered 504", answer({}, 504), "required", 502),
    ("answered a redirect", answer({}, 301, [("Location", "/")]), "required", 502),
    ("was invalid", answer(b"{"), "required", 502),
    ("spoke no HTTP", raw(b"nonsense\r\n\r\n"), "required", 502),
    ("was too large", answer(LONG), "required", 502),
    ("was unreachable", closing(), "required", 502),
    ("was late", silent(), "required", 504),
    ("was cut by the endpoint's deadline", silent(), "endpoint", 504),
    ("answered 429", answer({}, 429), "required", 503),
)


@STATUSES
def test_a_required_source_decides_the_status(gateway, behaviour, endpoint, status):
    got = ask(gateway, endpoint, behaviour, fields=[("Authorization", "Bearer x")])
    document = got.problem(status)
    assert document["errors"][0]["source"] == "one"
    assert "other" not in document and "one" not in document


def test_a_required_source_that_answered_429_gives_retry_after(gateway):
    assert int(ask(gateway, "required", answer({}, 429))["retry-after"]) >= 0


def test_a_listed_status_passes_with_its_body(start):
    gateway = start(CONFIG.replace("forward: [authorization]", "pass: [409, 422]"))
    for status in (409, 422):
        body = b'{"taken":12345678901234567890}'
        got = ask(gateway, "credentials", answer(body, status))
        assert got.status == status and body in got.body
    ask(gateway, "credentials", answer({}, 418)).problem(502)
    ask(gateway, "credentials", answer(b"<html>", 409)).problem()


def test_an_endpoint_may_have_another_success_status(start):
    path = "- path: /unsafe/{key}\n"
    gateway = start(CONFIG.replace(path, path + "    status: 201\n"))
    key = fresh()
    assert gateway.post(f"/unsafe/{key}").status == 201


def test_the_problem_has_the_entry_of_the_required_source(gateway):
    (entry,) = ask(gateway, "required", answer({}, 404)).json()["errors"]
    assert (entry["source"], entry["kind"], entry["status"]) == ("one", "status", 404)


class TestGating:
    """A failed required source ends the answer at once; other safe calls are cancelled."""

    def test_the_answer_goes_out_at_once_and_other_calls_are_closed(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", after(0.1, answer({}, 404)))
        gateway["gamma"].on(f"/{key}", silent())
        got = gateway.get(f"/required/{key}")
        got.problem(404)
        assert 0.1 <= got.seconds < 1
        assert gateway["gamma"].only(f"/{key}").connection.closed.wait(1)

    def test_a_call_that_receives_its_body_is_closed_too(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", after(0.1, answer({}, 404)))
        gateway["gamma"].on(f"/{key}", drip(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n["
                                            + b" " * 499, pause=0.01))
        gateway.get(f"/required/{key}").problem(404)
        assert gateway["gamma"].only(f"/{key}").connection.closed.wait(1)

    def test_what_had_come_before_is_not_shown(self, gateway):
        key, came = fresh(), threading.Event()
        gateway["gamma"].on(f"/{key}", then(answer({"mark": 1}), came))
        gateway["alpha"].on(f"/{key}", when(came, answer({}, 500)))
        assert b"mark" not in gateway.get(f"/required/{key}").body

    def test_an_unsafe_call_goes_on(self, gateway):
        key, written = fresh(), threading.Event()
        gateway["alpha"].on(f"/{key}", after(0.1, answer({}, 404)))
        gateway["beta"].on(f"/{key}", silent())
        gateway["gamma"].on(f"/{key}", after(0.5, then(answer({}), written)))
        got = gateway.post(f"/unsafe/{key}")
        got.problem(404)
        assert got.seconds < 0.5
        assert gateway["beta"].only(f"/{key}").connection.closed.wait(1), "a safe one does not"
        assert written.wait(2), "the service could answer in its own time"

    def test_two_that_fail_give_one_answer(self, gateway):
        with gateway.client() as client:
            key = fresh()
            gateway["alpha"].on(f"/{key}", answer({}, 404))
            gateway["beta"].on(f"/{key}", answer({}, 404))
            client.get(f"/two/{key}").problem(404)
            assert client.get(f"/two/{fresh()}").is_complete()

    def test_the_first_to_fail_decides(self, gateway):
        got = ask(gateway, "two", after(0.2, answer({}, 404)), answer({}, 500))
        got.problem(502)
        assert got.seconds < 0.2

    def test_the_client_may_ask_again_on_its_connection(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", in_turn(answer({}, 404), answer({"a": 1})))
        with gateway.client() as client:
            client.get(f"/required/{key}").problem(404)
            assert client.get(f"/required/{key}").json()["one"] == {"a": 1}


def test_head_gives_the_status_and_fields_of_a_failure_too(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({}, 404))
    with gateway.client() as client:
        got = client.get(f"/required/{key}", "HEAD")
        assert (got.status, got.body) == (404, b"")
        assert got["content-type"].startswith("application/problem+json")
        assert client.get(f"/all/{fresh()}").is_complete()


@table(
    "target, method, status",
    ("404", "/nowhere", "GET", 404), ("405", "/all/x", "POST", 405), ("400", "/a/../b", "GET", 400),
)
def test_problem_answers_are_json_everywhere(gateway, target, method, status):
    got = gateway.get(target, method, fields=[("Accept", "text/html")])
    document = got.problem(status)
    assert re.fullmatch(r"\S+", document["type"]) and document["title"]
    assert json.dumps(document)
