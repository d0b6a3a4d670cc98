"""test_cache_endpoint.py - whole answers that an endpoint remembers (CONTRACT 3.7)"""

import json
import re
import threading
import time

import pytest

from behaviour import after, answer, in_turn, silent, when
from cases import fresh, table
from gateway import wait_for
from service import Service
from store import SERVERS, Store

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
endpoints:
  - path: /plain/{id}
    query: {currency: {default: EUR}, size: {type: integer}, tag: {list: true}}
    headers: {x-shop: {}}
    timeout: 3s
    cache: 60s
    sources:
      one: {get: "alpha:/{id}{?currency,size,tag*}", required: true}
      two: {get: "beta:/{id}", timeout: 300ms}
  - path: /patient/{id}
    timeout: 20s
    cache: 60s
    sources:
      one: {get: "alpha:/{id}", required: true, timeout: 20s}
      two: {get: "beta:/{id}", timeout: 20s}
  - path: /heads/{id}
    cache: {ttl: 60s, vary: [x-varied]}
    sources:
      one: {get: "alpha:/{id}", forward: [accept-language]}
      two: {get: "beta:/{id}", set_headers: {x-tenant: "{headers.x-tenant}"}}
  - path: /own/{id}
    query: {lang: {}, extra: {}}
    cache: {ttl: 60s, key: "own:{id}:{lang}"}
    views: {short: "one(a)"}
    sources:
      one: {get: "alpha:/{id}{?extra}", forward: [authorization, accept-language]}
  - path: /private/{id}
    cache: 60s
    sources:
      one: {get: "alpha:/{id}", forward: [authorization]}
  - path: /tokens/{id}
    query: {tokens: {list: true}}
    cache: {ttl: 60s, key: "tokens:{id}"}
    sources:
      each: {each: tokens, get: "alpha:/{id}", set_headers: {authorization: "{item}"}}
  - path: /soon/{id}
    cache: {ttl: 1s, stale_while_revalidate: 60s}
    sources:
      one: {get: "alpha:/{id}", required: true}
  - path: /error/{id}
    timeout: 700ms
    cache: {ttl: 1s, stale_if_error: 60s}
    sources:
      one: {get: "alpha:/{id}", required: true, timeout: 300ms}
      two: {get: "beta:/{id}", timeout: 300ms}
  - path: /short/{id}
    cache: 1s
    sources:
      one: {get: "alpha:/{id}", required: true}
  - path: /asked/{id}
    cache: {ttl: 60s, respect_client: true}
    sources:
      one: {get: "alpha:/{id}"}
  - path: /off/{id}
    sources:
      one: {get: "alpha:/{id}"}
  - path: /tagged/{id}
    cache: {ttl: 60s, tags: ["page:{id}", pages]}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 1s, tags: ["item:{id}"], origin_tags: true}}
      two: {get: "beta:/{id}"}
  - path: /made/{id}
    cache: {ttl: 60s, tags: ["page:{id}"]}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 60s, tags: ["item:{id}"], origin_tags: true}}
      two: {get: "beta:/{id}", when: one.n > 0}
  - path: /tagged/{other}
    method: POST
    sources: {one: {post: "beta:/change/{other}", required: true}}
  - path: /late/{id}
    cache: 60s
    sources: {one: {get: "alpha:/{id}"}}
  - path: /late/{other}
    method: POST
    timeout: 300ms
    sources: {one: {post: "beta:/change/{other}", required: true, timeout: 5s}}
  - path: /cookie/{id}
    cache: 60s
    response_headers: {set-cookie: seen=1}
    sources: {one: {get: "alpha:/{id}"}}
  - path: /fixed/{id}
    cache: 60s
    response_headers: {cache-control: "public, max-age=5", x-frame-options: DENY}
    sources:
      one: {get: "alpha:/{id}", return_headers: [set-cookie, x-made]}
"""


MANY = """
listen: @listen@
admin: @admin@
workers: 2
services: {alpha: {targets: ["http://@alpha@"], timeout: 30s}}
endpoints:
  - path: /many
    timeout: 30s
    cache: 60s
    sources: {one: {get: "alpha:/x"}}
"""


def serve(gateway, key, alpha=None, beta=None):
    """What the two services say to this key."""
    gateway["alpha"].on(f"/{key}", alpha or answer({"a": 1, "b": 2}))
    gateway["beta"].on(f"/{key}", beta or answer({"c": 3}))
    return key


def calls(gateway, key, name="alpha"):
    return len(gateway[name].requests(f"/{key}"))


def all_at_once(n, ask):
    """What n threads get that ask at the same time."""
    got = [None] * n

    def run(i):
        got[i] = ask(i)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def metric(gateway, name):
    text = gateway.get("/metrics", place="admin").body.decode()
    return int(re.search(f"^{re.escape(name)} (\\d+)$", text, re.MULTILINE)[1])


def count(gateway, result):
    return metric(gateway, f'sheaf_cache_lookups_total{{cache="endpoint",result="{result}"}}')


# A hit

@pytest.mark.essential
def test_a_second_request_makes_no_call_and_gets_the_same_bytes(gateway):
    key = serve(gateway, fresh())
    first, second = gateway.get(f"/plain/{key}"), gateway.get(f"/plain/{key}")
    assert (first.status, second.status) == (200, 200)
    assert second.body == first.body
    assert second.is_complete()
    assert (calls(gateway, key), calls(gateway, key, "beta")) == (1, 1)


def test_its_age_and_what_is_left_are_told(gateway):
    key = serve(gateway, fresh())
    first = gateway.get(f"/plain/{key}")
    assert first["cache-status"] == "sheaf; fwd=miss"
    assert first["cache-control"] == "max-age=60"
    assert first["age"] is None
    time.sleep(1.1)
    second = gateway.get(f"/plain/{key}")
    left = int(re.fullmatch(r"sheaf; hit; ttl=(\d+)", second["cache-status"])[1])
    assert 50 <= left <= 58
    assert second["cache-control"] == f"max-age={left}"
    assert 1 <= int(second["age"]) <= 60 - left


def test_what_is_left_is_told_the_same_twice(gateway):
    key = serve(gateway, fresh())
    gateway.get(f"/plain/{key}")
    for _ in range(20):
        got = gateway.get(f"/plain/{key}")
        assert got["cache-status"].rpartition("=")[2] == got["cache-control"].rpartition("=")[2]


def test_each_client_has_its_own_request_id(gateway):
    key = serve(gateway, fresh())
    first = gateway.get(f"/plain/{key}", fields=[("X-Request-Id", "mine")])
    second = gateway.get(f"/plain/{key}", fields=[("X-Request-Id", "yours")])
    assert (first["x-request-id"], second["x-request-id"]) == ("mine", "yours")
    assert gateway["alpha"].only(f"/{key}")["x-request-id"] == "mine"


def test_head_has_the_same_fields_and_shares_the_entry(gateway):
    key = serve(gateway, fresh())
    first = gateway.get(f"/plain/{key}", "HEAD")
    second = gateway.get(f"/plain/{key}")
    again = gateway.get(f"/plain/{key}", "HEAD")
    assert calls(gateway, key) == 1
    assert first.body == b"" and second.body
    assert first["content-length"] == again["content-length"] == str(len(second.body))
    assert first["etag"] == second["etag"] == again["etag"]
    assert gateway["alpha"].only(f"/{key}").method == "GET"


def test_an_endpoint_that_does_not_cache_is_no_store_and_says_nothing_of_it(gateway):
    key = serve(gateway, fresh())
    got = [gateway.get(f"/off/{key}") for _ in range(2)]
    assert calls(gateway, key) == 2
    for one in got:
        assert one["cache-control"] == "no-store"
        assert one["cache-status"] is None and one["etag"] is None and one["vary"] == "Accept"


def test_an_answer_ends_with_its_time(gateway):
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), answer({"n": 2})))
    assert gateway.get(f"/short/{key}").json()["one"] == {"n": 1}
    assert gateway.get(f"/short/{key}").json()["one"] == {"n": 1}
    time.sleep(1.1)
    got = gateway.get(f"/short/{key}")
    assert got.json()["one"] == {"n": 2}
    assert got["cache-status"] == "sheaf; fwd=miss"


# ETags

def test_the_etag_is_strong_and_of_the_bytes_alone(gateway):
    one, two = serve(gateway, fresh()), serve(gateway, fresh())
    first, second = gateway.get(f"/plain/{one}"), gateway.get(f"/plain/{two}")
    assert re.fullmatch(r'"[0-9a-f]{32}"', first["etag"])
    assert first["etag"] == second["etag"]
    assert gateway.get(f"/plain/{one}")["etag"] == first["etag"]
    other = serve(gateway, fresh(), answer({"a": 2}))
    assert gateway.get(f"/plain/{other}")["etag"] != first["etag"]


@table(
    "condition, status",
    ("the tag itself", "{}", 304),
    ("the tag as a weak one", "W/{}", 304),
    ("one of a list", '"x", W/"a,b", {}', 304),
    ("any", "*", 304),
    ("another tag", '"x"', 200),
    ("a list that is broken off", '"x, {}', 200),
    ("a tag without quotes", "x", 200),
)
@pytest.mark.parametrize("is_hit", [False, True], ids=["miss", "hit"])
def test_what_the_client_has_is_not_sent_again(gateway, condition, status, is_hit):
    key = serve(gateway, fresh())
    tag = gateway.get(f"/plain/{serve(gateway, fresh())}")["etag"]
    if is_hit:
        gateway.get(f"/plain/{key}")
    got = gateway.get(f"/plain/{key}", fields=[("If-None-Match", condition.format(tag))])
    assert got.status == status
    assert got["etag"] == tag
    assert got["cache-control"].startswith("max-age=")
    assert got["vary"] == "Accept, x-shop"
    if status == 304:
        assert got.body == b"" and got["content-length"] is None and got["content-type"] is None


def test_tags_may_stand_in_several_fields(gateway):
    key = serve(gateway, fresh())
    tag = gateway.get(f"/plain/{key}")["etag"]
    got = gateway.get(f"/plain/{key}", fields=[("If-None-Match", '"x"'), ("If-None-Match", tag)])
    assert got.status == 304


def test_a_head_may_be_conditional_too(gateway):
    key = serve(gateway, fresh())
    tag = gateway.get(f"/plain/{key}")["etag"]
    assert gateway.get(f"/plain/{key}", "HEAD", [("If-None-Match", tag)]).status == 304


# The key

@table(
    "first, second, is_same",
    ("a parameter at its default", "", "?currency=EUR", True),
    ("another order of the query", "?currency=USD&size=1", "?size=1&currency=USD", True),
    ("another encoding", "?currency=%55SD", "?currency=USD", True),
    ("names that nobody declared", "", "?utm_source=x&_=1", True),
    ("a list as one or repeated", "?tag=a,b", "?tag=a&tag=b", True),
    ("fields in another order", "?fields=two,one(b,a)", "?fields=one(a),two,one(b)", True),
    ("another value", "?currency=USD", "?currency=CHF", False),
    ("a value that was absent", "", "?size=1", False),
    ("another list", "?tag=a,b", "?tag=ab", False),
    ("another order of a list", "?tag=a,b", "?tag=b,a", False),
    ("other fields", "?fields=one", "?fields=two,one", False),
    ("fields, or all", "", "?fields=one,two", False),
)
def test_the_key_is_what_the_parameters_say(gateway, first, second, is_same):
    key = serve(gateway, fresh())
    gateway.get(f"/plain/{key}{first}")
    got = gateway.get(f"/plain/{key}{second}")
    assert got.status == 200
    assert got["cache-status"].startswith("sheaf; hit") == is_same


@table(
    "first, second, is_same",
    ("a forwarded header", [("Accept-Language", "en")], [("Accept-Language", "fr")], False),
    ("one that is absent", [("Accept-Language", "en")], [], False),
    ("given twice", [("Accept-Language", "en")], [("Accept-Language", "en")] * 2, False),
    ("a header in a template", [("X-Tenant", "a")], [("X-Tenant", "b")], False),
    ("one of vary", [("X-Varied", "a")], [("X-Varied", "b")], False),
    ("the same", [("Accept-Language", "en")], [("accept-language", "en")], True),
    ("one that goes nowhere", [("User-Agent", "a")], [("User-Agent", "b")], True),
    ("credentials that go nowhere", [("Authorization", "a")], [("Authorization", "b")], True),
)
def test_the_key_has_the_headers_that_calls_are_made_of(gateway, first, second, is_same):
    key = serve(gateway, fresh())
    gateway.get(f"/heads/{key}", fields=first)
    got = gateway.get(f"/heads/{key}", fields=second)
    assert got["cache-status"].startswith("sheaf; hit") == is_same
    assert got["vary"] == "Accept, accept-language, x-tenant, x-varied"
    assert got["cache-control"].startswith("max-age=")


@table("place, is_same", ("the default key", "plain", False), ("a key of ones own", "own", True))
def test_the_default_key_has_the_host_that_was_asked_for(gateway, place, is_same):
    key = serve(gateway, fresh())
    gateway.get(f"/{place}/{key}", host="evil.example")
    got = gateway.get(f"/{place}/{key}", host="good.example")
    again = gateway.get(f"/{place}/{key}", host="evil.example")
    assert got["cache-status"].startswith("sheaf; hit") == is_same
    assert again["cache-status"].startswith("sheaf; hit")
    assert got["etag"] == again["etag"]


def test_parameters_in_headers_are_in_the_key_and_in_vary(gateway):
    key = serve(gateway, fresh())
    gateway.get(f"/plain/{key}", fields=[("X-Shop", "north")])
    got = gateway.get(f"/plain/{key}", fields=[("X-Shop", "south")])
    assert got["cache-status"] == "sheaf; fwd=miss"
    assert got["vary"] == "Accept, x-shop"


@table(
    "first, second, is_same",
    ("what it does not name", "?extra=1", "?extra=2", True),
    ("what it names", "?lang=en", "?lang=fr", False),
    ("parts that make one text", "", "", True),
    ("fields", "?fields=one(a)", "?fields=one(b)", False),
    ("a view", "", "?view=short", False),
)
def test_a_key_of_ones_own_replaces_path_and_parameters(gateway, first, second, is_same):
    key = serve(gateway, fresh())
    gateway.get(f"/own/{key}{first}")
    got = gateway.get(f"/own/{key}{second}")
    assert got["cache-status"].startswith("sheaf; hit") == is_same


def test_values_of_a_key_do_not_run_into_each_other(gateway):
    key = fresh()
    gateway["alpha"].otherwise = answer({})
    gateway.get(f"/own/{key}%3Aa?lang=b")
    got = gateway.get(f"/own/{key}?lang=a%3Ab")
    gateway["alpha"].otherwise = None
    assert got["cache-status"] == "sheaf; fwd=miss"


def test_a_key_of_ones_own_leaves_credentials_apart(gateway):
    key = serve(gateway, fresh())
    gateway.get(f"/own/{key}", fields=[("Authorization", "a"), ("Accept-Language", "en")])
    same = gateway.get(f"/own/{key}", fields=[("Authorization", "a"), ("Accept-Language", "fr")])
    other = gateway.get(f"/own/{key}", fields=[("Authorization", "b")])
    assert same["cache-status"].startswith("sheaf; hit")
    assert other["cache-status"] == "sheaf; fwd=miss"


def test_what_depends_on_credentials_is_private(gateway):
    key = serve(gateway, fresh())
    mine = gateway.get(f"/private/{key}", fields=[("Authorization", "mine")])
    again = gateway.get(f"/private/{key}", fields=[("Authorization", "mine")])
    yours = gateway.get(f"/private/{key}", fields=[("Authorization", "yours")])
    nobodys = gateway.get(f"/private/{key}")
    assert mine["cache-control"] == "private, max-age=60"
    assert again["cache-status"].startswith("sheaf; hit")
    assert again["cache-control"].startswith("private, max-age=")
    assert yours["cache-status"] == nobodys["cache-status"] == "sheaf; fwd=miss"
    assert nobodys["cache-control"] == "max-age=60"
    assert mine["vary"] == "Accept, authorization"


# What is not kept

def test_elements_that_are_sent_as_credentials_are_so(gateway):
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), answer({"n": 2})))
    ann = gateway.get(f"/tokens/{key}?tokens=ann")
    assert ann.json()["each"] == [{"n": 1}] and ann["cache-control"].startswith("private")
    assert gateway.get(f"/tokens/{key}?tokens=bob").json()["each"] == [{"n": 2}]
    assert gateway.get(f"/tokens/{key}?tokens=ann").json() == ann.json()


def test_a_partial_answer_is_not_kept(gateway):
    key = serve(gateway, fresh(), beta=in_turn(answer(b"", 500), answer({"c": 3})))
    first, second = gateway.get(f"/plain/{key}"), gateway.get(f"/plain/{key}")
    assert not first.is_complete() and first["cache-control"] == "no-store"
    assert first["etag"] is None
    assert second.is_complete() and second["cache-status"] == "sheaf; fwd=miss"
    assert calls(gateway, key) == 2


@table("status", ("gone wrong", 500), ("not there", 404))
def test_a_problem_is_not_kept(gateway, status):
    key = serve(gateway, fresh(), in_turn(answer(b"", status), answer({})))
    first, second = gateway.get(f"/plain/{key}"), gateway.get(f"/plain/{key}")
    first.problem(404 if status == 404 else 502)
    assert first["cache-control"] == "no-store"
    assert second.status == 200


def test_fixed_headers_win_and_cookies_are_for_nobody(gateway):
    key = serve(gateway, fresh(), answer({}, fields=[("Set-Cookie", "a=b"), ("X-Made", "here")]))
    for _ in range(2):
        got = gateway.get(f"/fixed/{key}")
        assert got["cache-control"] == "public, max-age=5"
        assert got["x-frame-options"] == "DENY"
        assert got["x-made"] == "here"
        assert got["set-cookie"] is None
        assert got["etag"]
    assert calls(gateway, key) == 1


def test_an_answer_that_sets_a_cookie_is_private(gateway):
    key = serve(gateway, fresh())
    for _ in range(2):
        got = gateway.get(f"/cookie/{key}")
        assert got["set-cookie"] == "seen=1"
        assert got["cache-control"].startswith("private, max-age=")
    assert got["cache-status"].startswith("sheaf; hit")


# Stale

@pytest.mark.threads
def test_a_stale_answer_comes_at_once_while_one_run_makes_a_new_one(gateway):
    go = threading.Event()
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), when(go, answer({"n": 2}))))
    gateway.get(f"/soon/{key}")
    time.sleep(1.2)
    for got in all_at_once(8, lambda _: gateway.get(f"/soon/{key}")):
        assert got.json()["one"] == {"n": 1}
        assert re.fullmatch(r"sheaf; hit; ttl=-\d+", got["cache-status"])
        assert got["cache-control"] == "max-age=0"
    wait_for(lambda: calls(gateway, key) == 2)
    go.set()
    wait_for(lambda: gateway.get(f"/soon/{key}").json()["one"] == {"n": 2})
    assert calls(gateway, key) == 2


def test_a_failed_background_run_leaves_the_stale_answer(gateway):
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), answer(b"", 500)))
    gateway.get(f"/soon/{key}")
    time.sleep(1.2)
    assert gateway.get(f"/soon/{key}").json()["one"] == {"n": 1}
    gateway["alpha"].wait_requests(f"/{key}", 2)
    assert gateway.get(f"/soon/{key}").json()["one"] == {"n": 1}


@table(
    "alpha, beta",
    ("a required source fails", answer(b"", 500), None),
    ("it breaks off", lambda connection, _: False, None),
    ("it is late", silent(), None),
    ("an optional one fails", None, answer(b"", 500)),
)
def test_a_stale_answer_stands_in_for_a_failure(gateway, alpha, beta):
    good, fine = answer({"n": 1}), answer({"c": 3})
    key = serve(gateway, fresh(), in_turn(good, alpha or good), in_turn(fine, beta or fine))
    first = gateway.get(f"/error/{key}")
    time.sleep(1.2)
    got = gateway.get(f"/error/{key}")
    assert (got.status, got.body) == (200, first.body)
    assert got.is_complete()
    assert re.fullmatch(r"sheaf; hit; ttl=-\d+", got["cache-status"])


def test_a_client_error_is_no_failure_to_stand_in_for(gateway):
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), answer(b"", 404)))
    gateway.get(f"/error/{key}")
    time.sleep(1.2)
    gateway.get(f"/error/{key}").problem(404)


def test_without_stale_if_error_a_failure_is_told(gateway):
    key = serve(gateway, fresh(), in_turn(answer({}), answer(b"", 500)))
    gateway.get(f"/short/{key}")
    time.sleep(1.2)
    gateway.get(f"/short/{key}").problem(502)


# One flight

@pytest.mark.threads
@pytest.mark.essential
def test_concurrent_misses_make_one_run(gateway):
    go = threading.Event()
    key = serve(gateway, fresh(), when(go, answer({"a": 1})))
    threading.Timer(0.3, go.set).start()
    got = all_at_once(24, lambda i: gateway.get(
        f"/plain/{key}", fields=[("X-Request-Id", f"{key}-{i}")]))
    assert {one.status for one in got} == {200}
    assert len({one.body for one in got}) == 1
    assert [one["x-request-id"] for one in got] == [f"{key}-{i}" for i in range(24)]
    assert (calls(gateway, key), calls(gateway, key, "beta")) == (1, 1)


def test_nine_thousand_misses_at_once_make_one_run(start, many_descriptors):
    n = min(9000, (many_descriptors - 1000) // 2)
    gateway, go = start(MANY), threading.Event()
    gateway["alpha"].on("/x", when(go, answer({"a": 1})))
    clients = [gateway.client() for _ in range(n)]
    for client in clients:
        client.ask("/many")
    wait_for(lambda: count(gateway, "coalesced") == n - 1, timeout=20)
    go.set()
    first = clients[0].answer()
    assert first.json() == {"one": {"a": 1}}
    assert all(client.answer().body == first.body for client in clients[1:])
    assert len(gateway["alpha"].requests()) == 1
    for client in clients:
        client.close()


@pytest.mark.threads
def test_a_run_goes_on_when_the_client_that_began_it_leaves(gateway):
    go = threading.Event()
    key = serve(gateway, fresh(), when(go, answer({"a": 1})))
    first = gateway.client()
    first.ask(f"/plain/{key}")
    gateway["alpha"].wait_requests(f"/{key}")
    got = []
    waiting = threading.Thread(target=lambda: got.append(gateway.get(f"/plain/{key}")))
    waiting.start()
    time.sleep(0.2)
    first.close()
    time.sleep(0.2)
    go.set()
    waiting.join()
    assert got[0].json()["one"] == {"a": 1}
    assert calls(gateway, key) == 1


@pytest.mark.threads
def test_a_run_that_everybody_has_left_is_cancelled(gateway):
    key = serve(gateway, fresh(), silent())
    with gateway.client() as client:
        client.ask(f"/patient/{key}")
        request = gateway["alpha"].wait_requests(f"/{key}")[0]
    assert request.connection.closed.wait(5)
    gateway["alpha"].on(f"/{key}", answer({"n": 2}))
    assert gateway.get(f"/patient/{key}").json()["one"] == {"n": 2}


@pytest.mark.threads
def test_a_failed_run_is_no_storm(gateway):
    go = threading.Event()
    key = serve(gateway, fresh(), when(go, answer(b"", 500)))
    threading.Timer(0.3, go.set).start()
    for got in all_at_once(12, lambda _: gateway.get(f"/plain/{key}")):
        problem = got.problem(502)
        assert [e["source"] for e in problem["errors"]] == ["one"]
    assert calls(gateway, key) == 1


def test_the_endpoints_time_ends_a_run_for_all(gateway):
    key = serve(gateway, fresh(), silent())
    for got in all_at_once(4, lambda _: gateway.get(f"/error/{key}")):
        got.problem(504)
        assert got.seconds < 2
    assert calls(gateway, key) == 1


def test_a_hurried_client_does_not_lead_for_others(gateway):
    key = serve(gateway, fresh(), after(0.6, answer({"a": 1})))
    got = all_at_once(2, lambda i: gateway.get(
        f"/plain/{key}", fields=[("X-Request-Timeout-Ms", "200")] if i else []))
    assert got[0].json()["one"] == {"a": 1}
    got[1].problem(504)
    assert got[1].seconds < 0.55
    hit = gateway.get(f"/plain/{key}", fields=[("X-Request-Timeout-Ms", "200")])
    assert hit["cache-status"].startswith("sheaf; hit")


HURRIED = [("X-Request-Timeout-Ms", "400")]


def test_what_a_hurried_client_was_answered_whole_is_kept_for_others(gateway):
    key = serve(gateway, fresh())
    first = gateway.get(f"/plain/{key}", fields=HURRIED)
    assert first["cache-status"] == "sheaf; fwd=miss" and first.is_complete()
    assert gateway.get(f"/plain/{key}")["cache-status"].startswith("sheaf; hit; ttl")
    assert calls(gateway, key) == 1


def test_what_a_hurried_client_was_answered_in_part_is_not_kept(gateway):
    key = serve(gateway, fresh(), beta=in_turn(silent(), answer({"c": 3})))
    first = gateway.get(f"/patient/{key}", fields=[("X-Request-Timeout-Ms", "1000")])
    assert first.json()["one"] == {"a": 1, "b": 2} and not first.is_complete()
    assert first["cache-control"] == "no-store" and first.seconds < 5
    assert gateway.get(f"/patient/{key}").is_complete()
    assert gateway.get(f"/patient/{key}")["cache-status"].startswith("sheaf; hit; ttl")


def test_a_hurried_client_is_served_what_is_stale(gateway):
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), after(0.6, answer({"n": 2}))))
    gateway.get(f"/error/{key}")
    time.sleep(1.1)
    got = gateway.get(f"/error/{key}", fields=[("X-Request-Timeout-Ms", "150")])
    assert got.json()["one"] == {"n": 1} and got.is_complete() and got.seconds < 0.5
    assert re.fullmatch(r"sheaf; hit; ttl=-\d+", got["cache-status"])


def test_a_hurried_client_that_leaves_cancels_its_run(gateway):
    key = serve(gateway, fresh(), silent())
    with gateway.client() as client:
        client.ask(f"/patient/{key}", fields=[("X-Request-Timeout-Ms", "15000")])
        request = gateway["alpha"].wait_requests(f"/{key}")[0]
    assert request.connection.closed.wait(5)


def test_a_background_run_that_fails_rests(gateway):
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), answer({}, 500)))
    gateway.get(f"/soon/{key}")
    time.sleep(1.1)
    for _ in range(10):
        assert gateway.get(f"/soon/{key}").json()["one"] == {"n": 1}
        time.sleep(0.03)
    assert calls(gateway, key) == 2
    time.sleep(1)
    gateway.get(f"/soon/{key}")
    wait_for(lambda: calls(gateway, key) == 3)


# Purges

def purge(gateway, what, key):
    """What is said of {} is said of the key."""
    body = json.dumps({k: v if v is True else v.format(key) for k, v in what.items()}).encode()
    got = gateway.get("/cache/purge", "POST", [("Content-Type", "application/json")], body,
                      place="admin")
    assert got.status == 200, got.body


@table(
    "asked, what, is_purged",
    ("by path and query", "/plain/{}?size=1&currency=USD",
     {"key": "/plain/{}?currency=USD&size=1"}, True),
    ("without what is at its default", "/plain/{}?currency=EUR", {"key": "/plain/{}"}, True),
    ("another query", "/plain/{}?size=1", {"key": "/plain/{}"}, False),
    ("encoded as it need be", "/plain/{}?tag=a%2Fb,%63", {"key": "/plain/{}?tag=a%2Fb,c"}, True),
    ("a key of its own", "/own/{}?lang=en", {"key": "own:{}:en"}, True),
    ("its beginning", "/plain/{}?size=1", {"prefix": "/plain/{}"}, True),
    ("a tag of the endpoint", "/tagged/{}", {"tag": "page:{}"}, True),
    ("another one", "/tagged/{}", {"tag": "pages"}, True),
    ("a tag of a source", "/tagged/{}", {"tag": "item:{}"}, True),
    ("a tag of the origin", "/tagged/{}", {"tag": "origin-{}"}, True),
    ("a tag that it has not", "/tagged/{}", {"tag": "item"}, False),
    ("all", "/plain/{}", {"all": True}, True),
)
def test_an_answer_is_purged_by_what_it_is_about(gateway, asked, what, is_purged):
    key = fresh()
    serve(gateway, key, answer({"a": 1}, fields=[("Cache-Tag", f"x, origin-{key}")]))
    asked = asked.format(key)
    gateway.get(asked)
    assert gateway.get(asked)["cache-status"].startswith("sheaf; hit; ttl")
    purge(gateway, what, key)
    assert gateway.get(asked)["cache-status"].startswith("sheaf; hit; ttl") != is_purged


@table("status, is_purged", ("it goes well", 200, True), ("it fails", 500, False))
def test_an_unsafe_method_purges_the_same_path(gateway, status, is_purged):
    key = serve(gateway, fresh())
    gateway["beta"].on(f"/change/{key}", answer({}, status))
    gateway.get(f"/tagged/{key}")
    gateway.post(f"/tagged/{fresh()}")
    assert gateway.get(f"/tagged/{key}")["cache-status"].startswith("sheaf; hit; ttl")
    assert gateway.post(f"/tagged/{key}").status == (200 if status == 200 else 502)
    got = gateway.get(f"/tagged/{key}")
    assert got["cache-status"].startswith("sheaf; hit; ttl") != is_purged


def test_an_unsafe_call_that_outlives_its_request_purges_the_same_path(gateway):
    key, go = serve(gateway, fresh()), threading.Event()
    gateway["beta"].on(f"/change/{key}", when(go, answer({})))
    gateway.get(f"/late/{key}")
    gateway.post(f"/late/{key}")
    assert gateway.get(f"/late/{key}")["cache-status"].startswith("sheaf; hit; ttl")
    go.set()
    wait_for(lambda: not gateway.get(f"/late/{key}")["cache-status"].startswith("sheaf; hit; ttl"))


@table(
    "what, n",
    ("by its path", {"key": "/made/{}"}, 1),
    ("a tag of the endpoint", {"tag": "page:{}"}, 1),
    ("a tag of a part", {"tag": "item:{}"}, 2),
    ("a tag that the part's origin tells", {"tag": "origin-{}"}, 2),
    ("all", {"all": True}, 2),
)
@pytest.mark.parametrize("is_there", [False, True], ids=["a part to come", "a part that is there"])
def test_an_answer_that_is_purged_while_it_is_made_is_not_kept(gateway, what, n, is_there):
    """Nor is the part, where that is purged: then the next answer has the second."""
    go, key = threading.Event(), fresh()
    tags = [("Cache-Tag", f"origin-{key}")]
    first, second = answer({"n": 1}, fields=tags), answer({"c": 3})
    if is_there:
        second = when(go, second)  # is asked for once the part is known
    else:
        first = when(go, first)
    serve(gateway, key, in_turn(first, answer({"n": 2})), in_turn(second, answer({"c": 4})))
    with gateway.client() as client:
        client.ask(f"/made/{key}")
        gateway["beta" if is_there else "alpha"].wait_requests(f"/{key}")
        purge(gateway, what, key)
        go.set()
        got = client.answer()
    assert got.is_complete() and got["cache-control"] == "no-store"
    assert got.json() == {"one": {"n": 1}, "two": {"c": 3}}
    again = gateway.get(f"/made/{key}")
    assert again.json() == {"one": {"n": n}, "two": {"c": 4}}
    assert not again["cache-status"].startswith("sheaf; hit; ttl")


def purge_between(gateway, asked, key, what, go, hears="alpha", joins=False):
    """What two get who ask for the same, one before a purge and one behind it: the first waits for
    `go` at the service that hears of it; the second joins it, or is answered while it waits."""
    early, late = gateway.client(), gateway.client()
    early.ask(asked.format(key))
    gateway[hears].wait_requests(f"/{key}")
    purge(gateway, what, key)
    before = count(gateway, "coalesced")
    late.ask(asked.format(key))
    if joins:
        wait_for(lambda: count(gateway, "coalesced") == before + 1)
        go.set()
    second = late.answer()
    go.set()
    return early.answer(), second


@table(
    "asked, what, joins",
    ("by path and query", "/private/{}", {"key": "/private/{}"}, False),
    ("a key of its own", "/own/{}?lang=en", {"key": "own:{}:en"}, False),
    ("all", "/own/{}", {"all": True}, False),
    ("a tag that only the answer tells of", "/tagged/{}", {"tag": "item:{}"}, True),
)
def test_who_asks_after_a_purge_does_not_have_what_began_before(gateway, asked, what, joins):
    go = threading.Event()
    key = serve(gateway, fresh(), in_turn(when(go, answer({"n": 1})), answer({"n": 2})))
    early, late = purge_between(gateway, asked, key, what, go, joins=joins)
    assert (early.json()["one"], late.json()["one"]) == ({"n": 1}, {"n": 2})
    assert gateway.get(asked.format(key)).json()["one"] == {"n": 2}
    assert calls(gateway, key) == 2


def test_an_answer_that_is_not_whole_has_its_tags_too(gateway):
    go = threading.Event()
    key = serve(gateway, fresh(), in_turn(answer({"n": 1}), answer({"n": 2})),
                in_turn(when(go, answer({}, 500)), answer({"m": 1})))
    early, late = purge_between(gateway, "/made/{}", key, {"tag": "item:{}"}, go, "beta", True)
    assert early.json()["one"] == {"n": 1} and not early.is_complete()
    assert late.json() == {"one": {"n": 2}, "two": {"m": 1}}


# A store that instances share

SHARED = """
listen: @listen@
admin: @admin@
workers: 2
cache: {store: "redis://@store@/0"}
services: {alpha: http://@alpha@}
endpoints:
  - path: /shared/{id}
    cache: 60s
    sources: {one: {get: "alpha:/{id}", forward: [authorization]}}
"""


@pytest.fixture
def pair(start, tmp_path):
    """Two instances with one store, which answers to both by now."""
    if not SERVERS:
        pytest.skip("there is neither redis-server nor valkey-server here")
    store, alpha = Store(SERVERS[0], tmp_path), Service("alpha")
    both = [start(SHARED, store=store, alpha=alpha) for _ in range(2)]
    wait_for(lambda: all(is_shared(one, other) for one, other in (both, both[::-1])))
    yield both
    store.kill()
    alpha.close()


def is_shared(one, other, fields=()):
    """Has the other what the one was asked for?"""
    key = fresh()
    one["alpha"].on(f"/{key}", answer({"a": 1}))
    first = one.get(f"/shared/{key}", fields=fields)
    time.sleep(0.05)
    second = other.get(f"/shared/{key}", fields=fields)
    assert first.body == second.body and first["etag"] == second["etag"]
    return second["cache-status"].startswith("sheaf; hit; ttl=") and calls(one, key) == 1


def test_instances_share_whole_answers_but_those_of_credentials(pair):
    assert wait_for(lambda: is_shared(*pair))
    for _ in range(5):
        assert not is_shared(*pair, fields=[("Authorization", "mine")])


def test_what_connection_names_is_in_no_key(gateway):
    """It is as though it had not come: not the answer of who sends it."""
    key = serve(gateway, fresh())
    sent = ("X-Tenant", "acme")
    assert gateway.get(f"/heads/{key}", fields=[sent, ("Connection", "x-tenant")]).is_complete()
    assert gateway.get(f"/heads/{key}")["cache-status"].startswith("sheaf; hit; ttl")
    assert gateway.get(f"/heads/{key}", fields=[sent])["cache-status"] == "sheaf; fwd=miss"
    assert calls(gateway, key) == 2


# Reloads

RELOADED = """
listen: @listen@
services: {alpha: http://@alpha@}
endpoints:
  - path: /kept
    cache: 60s
    sources: {one: {get: "alpha:/kept"}}
  - path: /changed
    cache: 60s
    sources: {one: {get: "alpha:/changed"%s}}
"""


def test_what_is_kept_outlives_a_reload_and_an_endpoint_that_changes_starts_anew(start):
    gateway = start(RELOADED % "")
    gateway["alpha"].on("/kept", answer({"a": 1, "b": 2}))
    gateway["alpha"].on("/changed", answer({"a": 1, "b": 2}))
    for path in ("/kept", "/changed"):
        gateway.get(path)
    gateway.reload(RELOADED % ", pick: [a]")
    wait_for(lambda: gateway.get("/changed").json()["one"] == {"a": 1})
    assert gateway.get("/kept")["cache-status"].startswith("sheaf; hit")
    assert len(gateway["alpha"].requests("/kept")) == 1
    assert len(gateway["alpha"].requests("/changed")) == 2


SOMETIMES = """
listen: @listen@
services: {alpha: {targets: ["http://@alpha@"], breaker: off}}
endpoints:
  - path: /kept/{id}
    cache: %s
    sources: {one: {get: "alpha:/{id}"}}
  - path: /kept/{id}
    method: POST
    sources: {one: {post: "alpha:/{id}/change", required: true}}
  - path: /turns
    sources: {one: {get: "alpha:/%s"}}
"""


def turn(gateway, cache):
    """By then every worker has it."""
    key = fresh()
    gateway.reload(SOMETIMES % (cache, key))
    for _ in range(20):
        wait_for(lambda: gateway.get("/turns").json()["one"]["target"] == f"/{key}")


def test_a_change_counts_while_a_reload_has_the_path_not_remembered(start):
    gateway, key = start(SOMETIMES % ("60s", "none")), fresh()
    gateway["alpha"].on(f"/{key}", in_turn(answer(1), answer(2)))
    assert gateway.get(f"/kept/{key}").json()["one"] == 1
    turn(gateway, "off")
    assert gateway.post(f"/kept/{key}").status == 200
    turn(gateway, "60s")
    assert gateway.get(f"/kept/{key}").json()["one"] == 2


def test_so_does_one_that_was_under_way_before_the_path_was_remembered(start):
    gateway, key, go = start(SOMETIMES % ("off", "none")), fresh(), threading.Event()
    gateway["alpha"].on(f"/{key}", in_turn(answer(1), answer(2))).on(f"/{key}/change", when(go, answer(0)))
    with gateway.client() as client:
        client.ask(f"/kept/{key}", "POST")
        gateway["alpha"].wait_requests(f"/{key}/change")
        turn(gateway, "60s")
        assert gateway.get(f"/kept/{key}").json()["one"] == 1
        go.set()
        assert client.answer("POST").status == 200
    assert gateway.get(f"/kept/{key}").json()["one"] == 2


DEEP = """
listen: @listen@
admin: @admin@
workers: 2
bounds: {json_depth: %d}
services: {alpha: http://@alpha@}
endpoints:
  - path: /deep
    sources: {one: {get: "alpha:/deep", cache: 60s}}
  - path: /late
    sources:
      first: {get: "alpha:/first"}
      one: {get: "alpha:/deep", when: first.go, cache: 60s}
"""


def test_what_is_nested_deeper_than_a_new_bound_is_not_had_from_memory(start):
    gateway = start(DEEP % 20)
    gateway["alpha"].on("/deep", answer({"a": [[[[[1]]]]]}))
    assert gateway.get("/deep").is_complete()
    gateway.reload(DEEP % 4)
    wait_for(lambda: not gateway.get("/deep").is_complete())
    assert gateway.get("/deep").failures() == [("one", "invalid")]


def test_nor_what_a_request_from_before_the_bound_has_kept(start):
    gateway, go = start(DEEP % 20), threading.Event()
    gateway["alpha"].on("/first", when(go, answer({"go": True})))
    gateway["alpha"].on("/deep", answer({"a": [[[[[1]]]]]}))
    with gateway.client() as client:
        client.ask("/late")
        gateway["alpha"].wait_requests("/first")
        gateway.reload(DEEP % 4)
        wait_for(lambda: "reloaded" in gateway.stderr())
        go.set()
        assert client.answer().is_complete()
    wait_for(lambda: not gateway.get("/deep").is_complete())
    assert gateway.get("/deep").failures() == [("one", "invalid")]


# The client's wishes

@table(
    "wish, is_hit",
    ("no word of it", None, True),
    ("no-cache", "no-cache", False),
    ("no-store", "no-store", False),
    ("max-age=0", "max-age=0", False),
    ("max-age=100", "max-age=100", True),
    ("min-fresh of more than there is", "min-fresh=100", False),
)
def test_a_client_may_wish(gateway, wish, is_hit):
    key = serve(gateway, fresh())
    gateway.get(f"/asked/{key}")
    time.sleep(0.01)
    got = gateway.get(f"/asked/{key}", fields=[("Cache-Control", wish)] if wish else [])
    assert got.status == 200
    assert got["cache-status"].startswith("sheaf; hit") == is_hit


def test_a_client_may_ask_the_cache_alone(gateway):
    key = serve(gateway, fresh())
    gateway.get(f"/asked/{key}", fields=[("Cache-Control", "only-if-cached")]).problem(504)
    assert calls(gateway, key) == 0
    gateway.get(f"/asked/{key}")
    got = gateway.get(f"/asked/{key}", fields=[("Cache-Control", "only-if-cached")])
    assert got["cache-status"].startswith("sheaf; hit")


def test_wishes_count_only_where_they_are_respected(gateway):
    key = serve(gateway, fresh())
    gateway.get(f"/plain/{key}")
    got = gateway.get(f"/plain/{key}", fields=[("Cache-Control", "no-cache")])
    assert got["cache-status"].startswith("sheaf; hit")


# The log and the counters

def test_the_log_tells_what_the_cache_had_to_do_with_it(gateway):
    key, ids = serve(gateway, fresh()), [fresh("id"), fresh("id")]
    for name in ids:
        gateway.get(f"/plain/{key}", fields=[("X-Request-Id", name)])
    miss, hit = (gateway.log_line(name) for name in ids)
    assert miss["cache"] == "miss"
    assert miss["sources"]["one"]["status"] == 200 and miss["sources"]["two"]["attempts"] == 1
    assert hit["cache"] == "hit" and hit["sources"] == {}
    assert hit["status"] == 200


def test_hits_and_misses_are_counted(gateway):
    key = serve(gateway, fresh())
    before = count(gateway, "hit"), count(gateway, "miss")
    for _ in range(3):
        gateway.get(f"/plain/{key}")
    assert (count(gateway, "hit") - before[0], count(gateway, "miss") - before[1]) == (2, 1)


def test_what_is_kept_is_counted(gateway):
    key = serve(gateway, fresh())
    before = [metric(gateway, f"sheaf_cache_{what}") for what in ("entries", "bytes")]
    gateway.get(f"/plain/{key}")
    after_it = [metric(gateway, f"sheaf_cache_{what}") for what in ("entries", "bytes")]
    assert after_it[0] == before[0] + 1 and after_it[1] > before[1]
    assert metric(gateway, "sheaf_cache_evicted_total") == 0
