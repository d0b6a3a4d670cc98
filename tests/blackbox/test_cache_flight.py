"""test_cache_flight.py - one call for all that miss the same at once, over all workers (CONTRACT 3.7)"""

import json
import re
import threading
import time

import pytest

from behaviour import after, answer, in_turn, silent, when
from cases import GRAIN, fresh, table
from gateway import wait_for

CONFIG = """
listen: @listen@
admin: @admin@
workers: 4
services:
  alpha: {targets: ["http://@alpha@"], breaker: off, timeout: 5s}
  again: {targets: ["http://@alpha@"], breaker: off, retry: {attempts: 2}}
  told: {targets: ["http://@alpha@"], breaker: off, timeout: 500ms, retry: {attempts: 2, causes: [503]}}
  both: {targets: ["http://@alpha@", "http://@beta@"], breaker: off, timeout: 1s, hedge: {after: 500ms}}
endpoints:
  - path: /again-brief/{id}
    timeout: 5s
    sources:
      one: {get: "again:/{id}", cache: {ttl: 60s, key: "again:{id}"}, timeout: 200ms}
  - path: /again-patient/{id}
    timeout: 10s
    sources:
      one: {get: "again:/{id}", cache: {ttl: 60s, key: "again:{id}"}, timeout: 9s}
  - path: /again-hurried/{id}
    timeout: 800ms
    sources:
      one: {get: "again:/{id}", cache: {ttl: 100ms, stale_if_error: 60s, key: "late:{id}"}, timeout: 500ms}
  - path: /again-later/{id}
    timeout: 5s
    sources:
      one: {get: "again:/{id}", cache: {ttl: 100ms, stale_if_error: 60s, key: "late:{id}"}, timeout: 500ms}
  - path: /again-told/{id}
    timeout: 10s
    sources:
      one: {get: "told:/{id}", cache: {ttl: 60s, key: "told:{id}"}}
  - path: /again-told-brief/{id}
    timeout: 10s
    sources:
      one: {get: "told:/{id}", cache: {ttl: 60s, key: "told:{id}"}, timeout: 200ms}
  - path: /again-told-uncached/{id}
    timeout: 10s
    sources:
      one: {get: "told:/{id}"}
  - path: /hedged/{id}
    timeout: 5s
    sources:
      one: {get: "both:/{id}", cache: 60s}
  - path: /hedged-uncached/{id}
    timeout: 5s
    sources:
      one: {get: "both:/{id}"}
  - path: /plain/{id}
    timeout: 30s
    sources:
      one: {get: "alpha:/{id}", cache: 60s, timeout: 30s}
  - path: /brief/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 60s, key: "brief:{id}"}, timeout: 300ms}
  - path: /patient/{id}
    timeout: 5s
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 60s, key: "brief:{id}"}, timeout: 4s}
  - path: /hurried/{id}
    timeout: 300ms
    sources:
      one: {get: "alpha:/{id}", cache: 60s, timeout: 5s}
  - path: /credentials/{id}
    timeout: 5s
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 60s, key: "of:{id}"}, forward: [authorization, x-colour]}
  - path: /conditional/{id}
    timeout: 5s
    sources:
      one:
        get: alpha:/{id}
        forward: [if-none-match, range]
        cache: {ttl: 60s, key: "conditional:{id}"}
  - path: /tagged/{id}
    timeout: 5s
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 60s, key: "of:{id}:t", tags: ["tag:{id}"], origin_tags: true}}
  - path: /change/{id}
    method: POST
    sources: {one: {post: "alpha:/{id}", required: true}}
  - path: /soon/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 1s, stale_while_revalidate: 60s}}
  - path: /error/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 1s, stale_if_error: 60s}}
"""


def serve(gateway, *behaviours):
    key = fresh()
    gateway["alpha"].on(f"/{key}", in_turn(*behaviours))
    return key


def calls(gateway, key):
    return len(gateway["alpha"].requests(f"/{key}"))


def coalesced(gateway):
    text = gateway.get("/metrics", place="admin").body.decode()
    name = 'sheaf_cache_lookups_total{cache="source",result="coalesced"}'
    return int(re.search(f"^{re.escape(name)} (\\d+)$", text, re.MULTILINE)[1])


def ask_all(gateway, key, place, n, fields=lambda i: ()):
    """n clients whose requests have joined the flight; the first one leads it."""
    before = coalesced(gateway)
    clients = [gateway.client()]
    clients[0].ask(f"/{place}/{key}", fields=fields(0))
    gateway["alpha"].wait_requests(f"/{key}")
    for i in range(1, n):
        clients.append(gateway.client())
        clients[i].ask(f"/{place}/{key}", fields=fields(i))
    wait_for(lambda: coalesced(gateway) == before + n - 1, timeout=20)
    return clients


def test_nine_thousand_misses_at_once_make_one_call(start, many_descriptors):
    n = min(9000, (many_descriptors - 1000) // 2)
    roomy = CONFIG + "bounds: {connections: 20000}\n"  # at four fifths of it sources would be left out
    gateway, go = start(roomy), threading.Event()
    key = serve(gateway, when(go, answer({"a": 1})))
    clients = ask_all(gateway, key, "plain", n)
    go.set()
    assert all(client.answer().json() == {"one": {"a": 1}} for client in clients)
    assert calls(gateway, key) == 1
    for client in clients:
        client.close()


@pytest.mark.threads
def test_some_misses_at_once_make_one_call(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, answer({"a": 1})))
    clients = ask_all(gateway, key, "plain", 40)
    go.set()
    assert all(client.answer().json() == {"one": {"a": 1}} for client in clients)
    assert calls(gateway, key) == 1


@pytest.mark.threads
def test_it_goes_on_when_the_client_that_began_it_leaves(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, answer({"a": 1})))
    clients = ask_all(gateway, key, "plain", 8)
    clients[0].close()
    time.sleep(0.2)
    go.set()
    assert all(client.answer().json() == {"one": {"a": 1}} for client in clients[1:])
    assert calls(gateway, key) == 1


@pytest.mark.threads
def test_a_flight_that_everybody_has_left_is_cancelled(gateway):
    key = serve(gateway, silent(), answer({"n": 2}))
    clients = ask_all(gateway, key, "plain", 8)
    request = gateway["alpha"].requests(f"/{key}")[0]
    for client in clients:
        client.close()
    assert request.connection.closed.wait(2)
    assert gateway.get(f"/plain/{key}").json()["one"] == {"n": 2}


@pytest.mark.threads
def test_a_failure_is_everybodys_and_no_storm(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, answer({}, 500)), answer({"n": 2}))
    clients = ask_all(gateway, key, "plain", 20)
    go.set()
    for client in clients:
        assert client.answer().json()["errors"][0]["status"] == 500
    assert calls(gateway, key) == 1
    assert gateway.get(f"/plain/{key}").json()["one"] == {"n": 2}


def test_who_waits_has_a_time_of_its_own(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, answer({"a": 1})))
    patient = gateway.client()
    patient.ask(f"/patient/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    began = time.monotonic()
    brief = gateway.get(f"/brief/{key}")
    assert 0.25 < time.monotonic() - began < 2
    assert brief.json()["errors"] == [
        {"source": "one", "kind": "timeout", "message": "one: no answer within 300 ms"}]
    go.set()
    assert patient.answer().json() == {"one": {"a": 1}}
    assert calls(gateway, key) == 1


def test_it_tells_how_long_it_has_waited(gateway):
    key = serve(gateway, silent())
    patient = gateway.client()
    patient.ask(f"/again-patient/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    brief = gateway.get(f"/again-brief/{key}")
    assert brief.seconds > 0.41 - GRAIN
    assert brief.json()["errors"][0]["message"] == "one: no answer within 410 ms"
    patient.close()


COME_LATER = answer(b"", 503, [("Retry-After", "1")])


def test_nobody_waits_beyond_his_deadline_for_another_attempt(gateway):
    key = serve(gateway, COME_LATER, answer({"n": 2}))
    got = gateway.get(f"/again-hurried/{key}")
    assert got.failures() == [("one", "status")]
    assert calls(gateway, key) == 1


def test_what_is_stale_does_not_wait_for_it_either(gateway):
    key = serve(gateway, answer({"n": 1}), COME_LATER, answer({"n": 2}))
    gateway.get(f"/again-hurried/{key}")
    time.sleep(0.2)
    got = gateway.get(f"/again-hurried/{key}")
    assert got.failures() == [("one", "status")]
    assert got.json()["one"] == {"n": 1}


def test_who_has_the_time_waits_for_it_whoever_asked_first(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, COME_LATER), answer({"n": 2}))
    hurried, patient = gateway.client(), gateway.client()
    hurried.ask(f"/again-hurried/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    before = coalesced(gateway)
    patient.ask(f"/again-later/{key}")
    wait_for(lambda: coalesced(gateway) == before + 1)
    go.set()
    assert hurried.answer().failures() == [("one", "timeout")]
    assert patient.answer().json() == {"one": {"n": 2}}


@table("place", ("without a cache", "again-told-uncached"), ("cached", "again-told"))
def test_where_the_time_is_there_what_the_service_asks_for_is_waited(gateway, place):
    key = serve(gateway, answer(b"", 503, [("Retry-After", "2")]), answer({"n": 2}))
    got = gateway.get(f"/{place}/{key}")
    assert got.json() == {"one": {"n": 2}}
    assert got.seconds > 2 - GRAIN


def test_who_joins_waits_for_it_beside_its_own_time(gateway):
    key = serve(gateway, answer(b"", 503, [("Retry-After", "2")]), answer({"n": 2}))
    first, second = gateway.client(), gateway.client()
    first.ask(f"/again-told/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    second.ask(f"/again-told-brief/{key}")
    assert first.answer().json() == second.answer().json() == {"one": {"n": 2}}
    assert calls(gateway, key) == 2


@table("place", ("without a cache", "hedged-uncached"), ("cached", "hedged"))
def test_a_hedge_has_the_time_that_it_has_without_a_cache(gateway, place):
    key, behaviour = fresh(), in_turn(silent(), after(0.75, answer({"n": 2})))
    for name in ("alpha", "beta"):
        gateway[name].on(f"/{key}", behaviour)
    got = gateway.get(f"/{place}/{key}")
    assert got.json() == {"one": {"n": 2}}
    assert got.seconds > 1 - GRAIN


def test_a_call_that_had_less_time_says_nothing_to_who_has_more(gateway):
    key = serve(gateway, silent(), answer({"n": 2}))
    brief, patient = gateway.client(), gateway.client()
    brief.ask(f"/brief/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    patient.ask(f"/patient/{key}")
    assert brief.answer().json()["errors"][0]["kind"] == "timeout"
    assert patient.answer().json() == {"one": {"n": 2}}


def test_the_deadline_of_an_answer_is_no_deadline_of_the_flight(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, answer({"a": 1})))
    hurried, plain = gateway.client(), gateway.client()
    hurried.ask(f"/hurried/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    plain.ask(f"/plain/{key}")
    assert hurried.answer().json()["errors"][0]["kind"] == "timeout"
    go.set()
    assert plain.answer().json() == {"one": {"a": 1}}
    assert calls(gateway, key) == 1


@table(
    "fields",
    ("no-store", [("Cache-Control", "no-store")]),
    ("private", [("Cache-Control", "private")]),
    ("Vary: *", [("Vary", "*")]),
)
def test_what_is_for_one_alone_is_not_shared(gateway, fields):
    go = threading.Event()
    key = serve(gateway, when(go, answer({"n": 1}, fields=fields)),
                *[answer({"n": n}, fields=fields) for n in range(2, 9)])
    clients = ask_all(gateway, key, "plain", 5)
    go.set()
    assert sorted(client.answer().json()["one"]["n"] for client in clients) == [1, 2, 3, 4, 5]
    before = coalesced(gateway)
    assert gateway.get(f"/plain/{key}").json()["one"] == {"n": 6}
    assert coalesced(gateway) == before


@table(
    "condition, said",
    ("a tag that it has", ("If-None-Match", '"a"'), answer(b"", 304, [("ETag", '"a"')], kind=None)),
    ("a range", ("Range", "bytes=0-0"), answer({"part": 1}, 206, [("Content-Range", "bytes 0-0/9")])),
)
def test_what_is_said_to_a_clients_own_condition_is_not_for_others(gateway, condition, said):
    go = threading.Event()
    key = serve(gateway, when(go, said), answer({"n": 2}))
    one, other = gateway.client(), gateway.client()
    one.ask(f"/conditional/{key}", fields=[condition])
    gateway["alpha"].wait_requests(f"/{key}")
    other.ask(f"/conditional/{key}")
    assert other.answer().json()["one"] == {"n": 2}
    go.set()
    one.answer()
    assert calls(gateway, key) == 2
    assert gateway.get(f"/conditional/{key}").json()["one"] == {"n": 2}
    assert calls(gateway, key) == 2


def purge(gateway, key):
    def by(what):
        got = gateway.get("/cache/purge", "POST", body=json.dumps(what).encode(), place="admin")
        assert got.status == 200
    return by


@table(
    "what",
    ("its key", {"key": "of:{}:t"}),
    ("its tag", {"tag": "tag:{}"}),
    ("a tag that the answer alone tells of", {"tag": "origin:{}"}),
    ("the beginning of its key", {"prefix": "of:{}"}),
    ("all", {"all": True}),
)
def test_who_asks_after_a_purge_does_not_have_what_began_before(gateway, what):
    go = threading.Event()
    key = fresh()
    gateway["alpha"].on(f"/{key}", in_turn(
        when(go, answer({"n": 1}, fields=[("Cache-Tag", f"origin:{key}")])), answer({"n": 2})))
    early, late = gateway.client(), gateway.client()
    early.ask(f"/tagged/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    purge(gateway, key)({k: v if v is True else v.format(key) for k, v in what.items()})
    before = coalesced(gateway)
    late.ask(f"/tagged/{key}")
    if "origin" not in str(what):  # it is not known before the answer: then it is asked again
        assert late.answer().json()["one"] == {"n": 2}
    else:
        wait_for(lambda: coalesced(gateway) == before + 1)
    go.set()
    assert early.answer().json()["one"] == {"n": 1}
    if "origin" in str(what):
        assert late.answer().json()["one"] == {"n": 2}
    assert gateway.get(f"/tagged/{key}").json()["one"] == {"n": 2}
    assert calls(gateway, key) == 2


def test_who_asks_after_an_unsafe_call_does_not_have_what_began_before(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, answer({"n": 1})), answer({}), answer({"n": 2}))
    early, late = gateway.client(), gateway.client()
    early.ask(f"/plain/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    assert gateway.post(f"/change/{key}").status == 200
    late.ask(f"/plain/{key}")
    assert late.answer().json()["one"] == {"n": 2}
    go.set()
    assert early.answer().json()["one"] == {"n": 1}
    assert gateway.get(f"/plain/{key}").json()["one"] == {"n": 2}


def test_a_purge_of_something_else_parts_nobody(gateway):
    go = threading.Event()
    key = serve(gateway, when(go, answer({"n": 1})))
    early, late = gateway.client(), gateway.client()
    early.ask(f"/tagged/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    before = coalesced(gateway)
    purge(gateway, key)({"tag": f"other:{key}"})
    late.ask(f"/tagged/{key}")
    wait_for(lambda: coalesced(gateway) == before + 1)
    go.set()
    assert early.answer().json() == late.answer().json()
    assert calls(gateway, key) == 1


def test_credentials_are_apart(gateway):
    go = threading.Event()
    key = serve(gateway, *[when(go, answer({"n": n})) for n in (1, 2)])
    first, second = gateway.client(), gateway.client()
    first.ask(f"/credentials/{key}", fields=[("Authorization", "ann")])
    gateway["alpha"].wait_requests(f"/{key}", 1)
    second.ask(f"/credentials/{key}", fields=[("Authorization", "bob")])
    gateway["alpha"].wait_requests(f"/{key}", 2)
    go.set()
    assert first.answer().json()["one"] == {"n": 1}
    assert second.answer().json()["one"] == {"n": 2}


@pytest.mark.threads
def test_who_varies_asks_for_itself(gateway):
    go = threading.Event()
    fields = [("Vary", "X-Colour")]

    def behave(connection, request):
        when(go, answer({"colour": request["x-colour"]}, fields=fields))(connection, request)

    key = serve(gateway, behave)
    colours = ["red", "red", "blue", "blue", "blue", "red"]
    clients = ask_all(gateway, key, "credentials", 6, lambda i: [("X-Colour", colours[i])])
    go.set()
    assert [client.answer().json()["one"]["colour"] for client in clients] == colours
    assert calls(gateway, key) == 2


@pytest.mark.threads
def test_one_background_call_for_all_workers(gateway):
    go = threading.Event()
    key = serve(gateway, answer({"n": 1}), when(go, answer({"n": 2})))
    gateway.get(f"/soon/{key}")
    time.sleep(1.1)
    for _ in range(12):
        assert gateway.get(f"/soon/{key}").json()["one"] == {"n": 1}
    wait_for(lambda: calls(gateway, key) == 2)
    go.set()
    wait_for(lambda: gateway.get(f"/soon/{key}").json()["one"] == {"n": 2})
    assert calls(gateway, key) == 2


@pytest.mark.threads
@table("failure", ("an error", answer({}, 500)), ("too many requests", answer({}, 429)),
       ("what is no JSON", answer(b"{")))
def test_a_background_call_that_fails_rests(gateway, failure):
    key = serve(gateway, answer({"n": 1}), failure)
    gateway.get(f"/soon/{key}")
    time.sleep(1.1)
    for _ in range(10):
        assert gateway.get(f"/soon/{key}").json()["one"] == {"n": 1}
        time.sleep(0.03)
    assert calls(gateway, key) == 2


def test_all_that_wait_are_served_what_is_stale(gateway):
    go = threading.Event()
    key = serve(gateway, answer({"n": 1}), when(go, answer({}, 500)))
    gateway.get(f"/error/{key}")
    time.sleep(1.1)
    before = coalesced(gateway)
    clients = [gateway.client() for _ in range(8)]
    for client in clients:
        client.ask(f"/error/{key}")
    wait_for(lambda: coalesced(gateway) == before + 7)
    go.set()
    for client in clients:
        assert client.answer().json()["one"] == {"n": 1}
    assert calls(gateway, key) == 2


def test_the_log_tells_who_made_the_call(gateway):
    key = serve(gateway, answer({"n": 1}))
    gateway.get(f"/plain/{key}", fields=[("X-Request-Id", f"{key}a")])
    gateway.get(f"/plain/{key}", fields=[("X-Request-Id", f"{key}b")])
    made, had = (gateway.log_line(f"{key}{c}")["sources"]["one"] for c in "ab")
    assert (made["attempts"], made["cache"]) == (1, "miss")
    assert (had["attempts"], had["cache"]) == (0, "hit")


def test_the_log_tells_of_the_call_that_the_deadline_cut_off(gateway):
    key = serve(gateway, silent())
    led = gateway.client()
    led.ask(f"/hurried/{key}", fields=[("X-Request-Id", f"{key}a")])
    gateway["alpha"].wait_requests(f"/{key}")
    waited = gateway.get(f"/hurried/{key}", fields=[("X-Request-Id", f"{key}b")])
    assert led.answer().failures() == waited.failures() == [("one", "timeout")]
    assert [gateway.log_line(f"{key}{c}")["sources"]["one"]["attempts"] for c in "ab"] == [1, 0]


@pytest.mark.threads
def test_a_flight_outlives_its_configuration(start):
    gateway, go = start(CONFIG), threading.Event()
    key = serve(gateway, when(go, answer({"n": 1})))
    clients = ask_all(gateway, key, "plain", 6)
    gateway.reload(CONFIG)
    late = gateway.client()
    late.ask(f"/plain/{key}")
    time.sleep(0.2)
    clients[0].close()
    go.set()
    for client in [*clients[1:], late]:
        assert client.answer().json()["one"] == {"n": 1}
    assert calls(gateway, key) == 1


@pytest.mark.threads
def test_a_drain_waits_for_flights_and_not_for_background_calls(start):
    gateway, go = start(CONFIG), threading.Event()
    key = serve(gateway, when(go, answer({"n": 1})))
    soon = serve(gateway, answer({"n": 1}), silent())
    gateway.get(f"/soon/{soon}")
    time.sleep(1.1)
    gateway.get(f"/soon/{soon}")
    gateway["alpha"].wait_requests(f"/{soon}", 2)
    clients = ask_all(gateway, key, "plain", 6)
    gateway.signal(15)
    time.sleep(0.2)
    go.set()
    assert all(client.answer().json()["one"] == {"n": 1} for client in clients)
    gateway.ended(3)
