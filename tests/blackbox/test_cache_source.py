"""test_cache_source.py - what sources remember: keys, freshness, validation, whose it is (CONTRACT 3.7)"""

import time
from email.utils import formatdate

import pytest

from behaviour import after, answer, closing, in_turn, raw, head, silent
from cases import fresh, table

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
services:
  alpha: {targets: ["http://@alpha@"], breaker: off, timeout: 1s}
  shaky: {targets: ["http://@alpha@"], timeout: 1s,
          breaker: {failures: 1%, window: 10s, min_calls: 1, open: 60s, probes: 1}}
endpoints:
  - path: /plain/{id}
    query: {lang: {}}
    sources:
      one: {get: "alpha:/{id}{?lang}", cache: 60s, forward: [accept-language]}
  - path: /told/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 0s}}
  - path: /short/{id}
    sources:
      one: {get: "alpha:/{id}", cache: 1s}
  - path: /whole/{id}
    timeout: 3s
    sources:
      one:
        get: alpha:/{id}
        unwrap: data
        pick: [a]
        required: true
        cache: {ttl: 1s, stale_if_error: 60s}
        fallback: {a: fallback}
      two: {get: "alpha:/second/{one.a}"}
  - path: /required/{id}
    sources:
      one: {get: "alpha:/{id}", required: true, cache: {ttl: 1s, stale_if_error: 60s}, pass: [409]}
  - path: /late/{id}
    timeout: 500ms
    sources:
      one: {get: "alpha:/{id}", timeout: 5s, cache: {ttl: 1s, stale_if_error: 60s}}
  - path: /open/{id}
    sources:
      one: {get: "shaky:/{id}", cache: {ttl: 1s, stale_if_error: 60s}}
  - path: /open-break/{id}
    sources: {one: {get: "shaky:/{id}"}}
  - path: /soon/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 1s, stale_while_revalidate: 60s}}
  - path: /missing/{id}
    sources:
      one: {get: "alpha:/{id}", required: true, cache: {ttl: 60s, negative: 2s}}
  - path: /overruled/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 60s, respect_origin: false}}
  - path: /keyed-overruled/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 60s, respect_origin: false, key: "item:{id}:"}}
  - path: /credentials/{id}
    sources:
      one: {get: "alpha:/{id}", cache: 60s, forward: [authorization]}
  - path: /elsewhere/{id}
    sources:
      one:
        get: alpha:/{id}
        forward: [authorization]
        set_headers: {x-token: "{headers.authorization}"}
        cache: 60s
  - path: /keyed/{id}
    query: {currency: {}}
    sources:
      one:
        get: alpha:/{id}{?currency}
        forward: [authorization, accept-language, x-colour]
        cache: {ttl: 60s, key: "item:{id}:{currency}", vary: [x-varied]}
  - path: /ours/a/{id}
    sources:
      one: {get: "alpha:/{id}", forward: [cookie], set_headers: {authorization: a}, cache: 60s}
  - path: /ours/b/{id}
    sources:
      one: {get: "alpha:/{id}", forward: [cookie], set_headers: {authorization: b}, cache: 60s}
  - path: /keyed-error/{id}
    sources:
      one:
        get: alpha:/{id}
        forward: [authorization]
        cache: {ttl: 1s, key: "error:{id}", stale_if_error: 60s}
  - path: /keyed-elsewhere/{number}
    sources:
      one: {get: "alpha:/{number}", cache: {ttl: 60s, key: "item:{number}:"}}
  - path: /text/{id}
    sources:
      one: {get: "alpha:/{id}", format: text, cache: {ttl: 60s, key: "body:{id}"}}
  - path: /json/{id}
    sources:
      one: {get: "alpha:/{id}", format: json, pick: [a], cache: {ttl: 60s, key: "body:{id}"}}
  - path: /asked/{id}
    sources:
      one: {get: "alpha:/{id}", required: true, cache: {ttl: 60s, respect_client: true}}
  - path: /asked-own/{id}
    sources:
      one: {get: "alpha:/{id}", forward: [authorization], cache: {ttl: 60s, respect_client: true}}
  - path: /asked-long/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 1s, stale_if_error: 60s, respect_client: true}}
  - path: /asked-soon/{id}
    sources:
      one: {get: "alpha:/{id}", cache: {ttl: 1s, stale_while_revalidate: 60s, respect_client: true}}
  - path: /unasked/{id}
    sources:
      one: {get: "alpha:/{id}", cache: 60s}
  - path: /change/{id}
    method: POST
    sources: {one: {post: "alpha:/{id}", required: true}}
  - path: /remove/{id}
    method: DELETE
    sources: {one: {delete: "alpha:/{id}", required: true}}
  - path: /returned/{id}
    sources:
      one: {get: "alpha:/{id}", cache: 60s, return_headers: [x-made, set-cookie]}
  - path: /each/{id}
    query: {ids: {list: true}}
    sources:
      many: {each: ids, get: "alpha:/{item}", cache: {ttl: 1s, stale_if_error: 60s}}
  - path: /batch/{id}
    query: {ids: {list: true}}
    sources:
      many: {each: ids, batch: all, get: "alpha:/{id}{?all}", by: id, cache: 60s}
  - path: /renamed/{id}
    sources:
      one:
        get: alpha:/{id}
        set_headers: {x-token: "{headers.authorization}"}
        cache: {ttl: 60s, key: "item:{id}"}
  - path: /listed/{id}
    headers: {x-api-key: {list: true}}
    sources:
      one:
        each: headers.x-api-key
        get: alpha:/{id}
        forward: [authorization]
        set_headers: {x-internal: "{item}"}
        cache: {ttl: 60s, key: "item:{id}:{item}"}
  - path: /element-sent/{id}
    query: {as: {list: true}}
    sources:
      one: {each: as, get: "alpha:/{id}", set_headers: {authorization: "{item}"}, cache: {ttl: 60s, key: "sent:{id}"}}
  - path: /session-sent/{id}
    sources:
      session: {get: "alpha:/session/{id}", forward: [cookie], hide: true}
      one:
        get: alpha:/{id}
        set_headers: {authorization: "Bearer {session.token}"}
        cache: {ttl: 60s, key: "sent:{id}"}
  - path: /session-unkeyed/{id}
    sources:
      session: {get: "alpha:/session/{id}", forward: [cookie], hide: true}
      one: {get: "alpha:/{id}", set_headers: {authorization: "Bearer {session.token}"}, cache: 60s}
  - path: /declared/{id}
    headers: {x-api-key: {}}
    sources:
      one:
        get: alpha:/{id}
        set_headers: {x-internal: "{headers.x-api-key}"}
        cache: {ttl: 60s, key: "item:{id}"}
  - path: /program/{id}
    timeout: 500ms
    query: {ids: {list: true}}
    sources:
      one: {get: "alpha:/{id}", jq: "[range(1e9)] | length", jq_time: 5s, cache: {ttl: 1s, stale_if_error: 60s}}
  - path: /programs/{id}
    timeout: 500ms
    query: {ids: {list: true}}
    sources:
      one:
        each: ids
        get: alpha:/{item}
        jq: "[range(1e9)] | length"
        jq_time: 5s
        cache: {ttl: 1s, stale_if_error: 60s}
  - path: /large/{id}
    sources:
      one: {get: "alpha:/{id}", cache: 60s}
"""


def serve(gateway, *behaviours):
    key = fresh()
    gateway["alpha"].on(f"/{key}", in_turn(*behaviours))
    return key


def calls(gateway, key):
    return len(gateway["alpha"].requests(f"/{key}"))


def numbered(fields=(), status=200, n=4):
    return [answer({"n": i + 1}, status, fields) for i in range(n)]


def got(gateway, place, key, fields=()):
    return gateway.get(f"/{place}/{key}", fields=fields).json()["one"]


def with_fields(n, *fields):
    return answer({"n": n}, fields=fields)


PUBLIC = ("Cache-Control", "public, max-age=60")
NOT_MODIFIED = raw(head(304, [("ETag", '"v"')], None))


@table(
    "overruling, respecting, fields",
    ("not to be kept", "overruled", "unasked", [("Cache-Control", "no-store")]),
    ("somebody's own", "overruled", "unasked", [("Cache-Control", "private")]),
    ("it varies", "overruled", "unasked", [("Vary", "Accept")]),
    ("under a key of its own", "keyed-overruled", "keyed-elsewhere", [("Cache-Control", "no-store")]),
)
def test_what_one_keeps_against_its_origin_is_not_for_who_respects_it(gateway, overruling, respecting, fields):
    key = serve(gateway, *numbered(fields))
    assert got(gateway, overruling, key)["n"] == got(gateway, overruling, key)["n"] == 1
    told = gateway.get(f"/{respecting}/{key}")
    assert told.json()["one"]["n"] == 2 and told["cache-status"] == 'sheaf; fwd=miss; detail="one=miss"'
    assert got(gateway, overruling, key)["n"] == 1


# What is fresh

@pytest.mark.essential
def test_a_fresh_answer_is_had_without_a_call(gateway):
    key = serve(gateway, *numbered())
    first, second = gateway.get(f"/plain/{key}"), gateway.get(f"/plain/{key}")
    assert first.body == second.body
    assert calls(gateway, key) == 1
    assert first["cache-status"] == 'sheaf; fwd=miss; detail="one=miss"'
    assert second["cache-status"] == 'sheaf; hit; detail="one=hit"'


@pytest.mark.threads
def test_it_is_over_with_its_time(gateway):
    key = serve(gateway, *numbered())
    assert [got(gateway, "short", key)["n"] for _ in range(2)] == [1, 1]
    time.sleep(1.1)
    assert got(gateway, "short", key)["n"] == 2


@table(
    "place, fields, n_calls",
    ("max-age", "told", [("Cache-Control", "max-age=60")], 1),
    ("s-maxage before max-age", "told", [("Cache-Control", "max-age=0, s-maxage=60")], 1),
    ("s-maxage 0", "plain", [("Cache-Control", "max-age=60, s-maxage=0")], 2),
    ("Expires", "told", [("Date", formatdate(usegmt=True)), ("Expires", formatdate(time.time() + 99, usegmt=True))], 1),
    ("an Expires that is past", "plain", [("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")], 2),
    ("an Age that is the whole of max-age", "plain", [("Cache-Control", "max-age=60"), ("Age", "60")], 2),
    ("an Age below it", "told", [("Cache-Control", "max-age=60"), ("Age", "10")], 1),
    ("no-store", "plain", [("Cache-Control", "no-store")], 2),
    ("no-cache", "plain", [("Cache-Control", "no-cache")], 2),
    ("private", "plain", [("Cache-Control", "private, max-age=60")], 2),
    ("nothing: the ttl", "plain", [], 1),
    ("nothing, and no ttl", "told", [], 2),
    ("Vary: *", "plain", [("Vary", "*")], 2),
    ("no-store, overruled", "overruled", [("Cache-Control", "no-store")], 1),
    ("max-age=0, overruled", "overruled", [("Cache-Control", "max-age=0, must-revalidate")], 1),
    ("Vary: *, overruled", "overruled", [("Vary", "*")], 1),
)
def test_the_origin_says_how_long(gateway, place, fields, n_calls):
    key = serve(gateway, *numbered(fields))
    assert [got(gateway, place, key)["n"] for _ in range(2)] == [1, n_calls]
    assert calls(gateway, key) == n_calls


@table(
    "behaviour",
    ("a failure of the service", answer({}, 500)),
    ("a missing thing", answer({}, 404)),
    ("a redirect", answer({}, 301)),
    ("a part", answer({}, 206)),
    ("what is no JSON", answer(b"{")),
    ("an answer that breaks off", closing(raw(head(length=10) + b"{"))),
)
def test_what_is_not_kept(gateway, behaviour):
    key = serve(gateway, behaviour)
    for n in (1, 2):
        gateway.get(f"/plain/{key}")
        assert calls(gateway, key) == n


def test_missing_things_are_remembered_for_a_while_where_that_is_asked_for(gateway):
    key = serve(gateway, answer({}, 404), answer({"n": 2}))
    for _ in range(2):
        gateway.get(f"/missing/{key}").problem(404)
    assert calls(gateway, key) == 1
    time.sleep(2.1)
    assert got(gateway, "missing", key)["n"] == 2


# Keys

def test_the_default_key_is_all_that_would_be_sent(gateway):
    key = serve(gateway, *numbered())
    german = [("Accept-Language", "de")]
    assert got(gateway, "plain", key)["n"] == 1
    assert got(gateway, "plain", f"{key}?lang=x")["n"] == 2
    assert got(gateway, "plain", key, german)["n"] == 3
    assert got(gateway, "plain", key, german)["n"] == 3
    assert got(gateway, "plain", key, [("X-Request-Id", "another"), ("Cookie", "a=1")])["n"] == 1


@table("place, n", ("the default key", "plain", 2), ("a key of its own", "keyed", 1))
def test_the_host_that_was_asked_for_is_part_of_the_default_key(gateway, place, n):
    key = serve(gateway, *numbered())
    by_host = lambda host: gateway.get(f"/{place}/{key}", host=host).json()["one"]["n"]
    assert by_host("evil.example") == 1
    assert by_host("good.example") == n
    assert by_host("evil.example") == 1
    assert by_host("good.example") == n


def test_of_the_ports_only_ours_is_none(gateway):
    key = serve(gateway, *numbered())
    port = gateway.address.rpartition(":")[2]
    by_host = lambda host: gateway.get(f"/plain/{key}", host=host).json()["one"]["n"]
    assert by_host("shop.example") == by_host(f"shop.example:{port}") == 1
    assert by_host("shop.example:666") == 2
    assert by_host("[::1]") == by_host(f"[::1]:{port}") == 3


@table(
    "name, evil, good",
    ("the host", "X-Forwarded-Host", "evil.example", "good.example"),
    ("the scheme", "X-Forwarded-Proto", "http", "https"),
)
def test_what_a_trusted_proxy_says_of_it_is_part_of_it_too(start, name, evil, good):
    gateway = start(CONFIG.replace("workers: 2", "workers: 1\ntrusted_proxies: [127.0.0.0/8]"))
    key = serve(gateway, *numbered())
    assert got(gateway, "plain", key, [(name, evil)])["n"] == 1
    assert got(gateway, "plain", key, [(name, good)])["n"] == 2
    assert got(gateway, "plain", key, [(name, evil)])["n"] == 1
    assert got(gateway, "plain", key, [(name, evil), ("X-Forwarded-For", "192.0.2.1")])["n"] == 1


def test_a_word_of_anybody_else_is_no_part_of_it(gateway):
    key = serve(gateway, *numbered())
    assert got(gateway, "plain", key, [("X-Forwarded-Host", "evil.example")])["n"] == 1
    assert got(gateway, "plain", key)["n"] == 1


def test_a_key_of_its_own_stands_in_place_of_all_that(gateway):
    key = serve(gateway, *numbered())
    assert got(gateway, "keyed", key)["n"] == 1
    assert got(gateway, "keyed", key, [("Accept-Language", "de")])["n"] == 1
    assert got(gateway, "keyed", f"{key}?currency=EUR")["n"] == 2
    assert got(gateway, "keyed", key, [("X-Varied", "1")])["n"] == 3
    assert got(gateway, "keyed", key, [("X-Varied", "1")])["n"] == 3


def test_no_value_reaches_into_its_neighbour(gateway):
    one = fresh()
    gateway["alpha"].on(f"/{one}", answer({"from": "short"}))
    gateway["alpha"].on(f"/{one}%3Aa", answer({"from": "long"}))
    assert got(gateway, "keyed", f"{one}?currency=a:b")["from"] == "short"
    assert got(gateway, "keyed", f"{one}:a?currency=b")["from"] == "long"


def test_formats_and_shapes_are_those_of_who_reads(gateway):
    key = serve(gateway, answer(b' {"a": 1.0, "b": 2} '))
    assert got(gateway, "text", key) == ' {"a": 1.0, "b": 2} '
    assert gateway.get(f"/json/{key}").body == b'{"one":{"a": 1.0}}'
    assert calls(gateway, key) == 1


def test_large_answers_are_the_same_bytes(gateway):
    body = b"[" + b",".join(b"%d" % i for i in range(100000)) + b"]"
    key = serve(gateway, answer(body))
    bodies = {gateway.get(f"/large/{key}").body for _ in range(3)}
    assert bodies == {b'{"one":' + body + b"}"}
    assert calls(gateway, key) == 1


def test_fields_that_connection_names_are_neither_returned_nor_kept(gateway):
    fields = [("X-Made", "1"), ("Set-Cookie", "a=1"), ("Connection", "X-Made, set-cookie")]
    key = serve(gateway, answer({}, fields=fields))
    for _ in range(2):
        again = gateway.get(f"/returned/{key}")
        assert again.is_complete() and again["x-made"] is again["set-cookie"] is None
    assert calls(gateway, key) == 1


def test_returned_fields_are_kept_but_never_a_cookie(gateway):
    key = serve(gateway, answer({}, fields=[("X-Made", "1"), ("Set-Cookie", "a=1")]))
    first, second = gateway.get(f"/returned/{key}"), gateway.get(f"/returned/{key}")
    assert calls(gateway, key) == 1
    assert (first["x-made"], second["x-made"]) == ("1", "1")
    assert first["set-cookie"] == "a=1"
    assert first["cache-control"].startswith("private, max-age=")  # a cache on the way keeps no cookie
    assert second["set-cookie"] is None
    assert second["cache-control"].startswith("max-age=")


# Vary

def test_the_origin_says_what_it_varies_by(gateway):
    key = serve(gateway, *numbered([("Vary", "X-Colour, Accept-Language")]))
    assert got(gateway, "keyed", key, [("X-Colour", "red")])["n"] == 1
    assert got(gateway, "keyed", key, [("X-Colour", "blue")])["n"] == 2
    assert got(gateway, "keyed", key, [("X-Colour", "red")])["n"] == 1
    assert got(gateway, "keyed", key, [("X-Colour", "blue")])["n"] == 2
    assert got(gateway, "keyed", key)["n"] == 3
    assert got(gateway, "keyed", key)["n"] == 3


def test_it_may_vary_by_what_every_call_carries(gateway):
    key = serve(gateway, *numbered([("Vary", "X-Request-Id")]))
    assert got(gateway, "plain", key, [("X-Request-Id", "a")])["n"] == 1
    assert got(gateway, "plain", key, [("X-Request-Id", "b")])["n"] == 2
    assert got(gateway, "plain", key, [("X-Request-Id", "a")])["n"] == 1


# Credentials

@table(
    "place, fields, shared",
    ("the default key", "credentials", [("Cache-Control", "max-age=60")], False),
    ("the default key, and public", "credentials", [("Cache-Control", "max-age=60, public")], True),
    ("public, and it varies by them", "credentials",
     [("Cache-Control", "max-age=60, public"), ("Vary", "Authorization")], False),
    ("public, and they are sent elsewhere as well", "elsewhere",
     [("Cache-Control", "max-age=60, public")], False),
    ("a key of its own", "keyed", [("Cache-Control", "max-age=60")], False),
    ("a key of its own, and public", "keyed", [("Cache-Control", "max-age=60, public")], True),
)
def test_what_was_asked_with_credentials_is_for_these_alone(gateway, place, fields, shared):
    key = serve(gateway, *numbered(fields))
    ann, bob = [("Authorization", "ann")], [("Authorization", "bob")]
    assert got(gateway, place, key, ann)["n"] == 1
    assert got(gateway, place, key, bob)["n"] == (1 if shared else 2)
    assert got(gateway, place, key, ann)["n"] == 1
    assert got(gateway, place, key)["n"] == (1 if shared else 3)


@table("place", ("the default key", "credentials"), ("sent elsewhere as well", "elsewhere"),
       ("a key of its own", "keyed"))
def test_what_the_origin_calls_public_is_not_private(gateway, place):
    key = serve(gateway, *numbered([("Cache-Control", "public, max-age=60")]))
    for name in ["ann", "ann", "bob"]:
        told = gateway.get(f"/{place}/{key}", fields=[("Authorization", name)])
        assert told["cache-control"].startswith("max-age=")


def test_headers_of_ours_are_no_clients_credentials(gateway):
    key = serve(gateway, *numbered([("Cache-Control", "public, max-age=60")]))
    assert got(gateway, "ours/a", key, [("Cookie", "ann")])["n"] == 1
    assert got(gateway, "ours/b", key, [("Cookie", "ann")])["n"] == 2
    assert got(gateway, "ours/a", key, [("Cookie", "bob")])["n"] == 1


@table(
    "place, name",
    ("in a header of another name", "renamed", "Authorization"),
    ("a header that is declared", "declared", "X-Api-Key"),
)
def test_credentials_are_so_wherever_they_are_sent(gateway, place, name):
    key = serve(gateway, *numbered())
    assert got(gateway, place, key, [(name, "ann")])["n"] == 1
    assert got(gateway, place, key, [(name, "bob")])["n"] == 2
    ann = gateway.get(f"/{place}/{key}", fields=[(name, "ann")])
    assert ann.json()["one"]["n"] == 1 and "private" in ann["cache-control"]


def test_credentials_that_are_elements_are_so_too(gateway):
    key = serve(gateway, *numbered())
    assert got(gateway, "element-sent", f"{key}?as=ann") == [{"n": 1}]
    assert got(gateway, "element-sent", f"{key}?as=bob") == [{"n": 2}]
    ann = gateway.get(f"/element-sent/{key}?as=ann")
    assert ann.json()["one"] == [{"n": 1}] and "private" in ann["cache-control"]


def say_token(connection, request):
    """A session: the token of whoever's cookie it is."""
    answer({"token": "of-" + request["cookie"]})(connection, request)


@table("place, fields, shared",
       ("a key of its own", "session-sent", [], False),
       ("the default key", "session-unkeyed", [], False),
       ("a key of its own, and public", "session-sent", [PUBLIC], True),
       ("the default key, and public", "session-unkeyed", [PUBLIC], True))
def test_credentials_that_another_source_gave_are_so_too(gateway, place, fields, shared):
    key = serve(gateway, *numbered(fields))
    gateway["alpha"].on(f"/session/{key}", say_token)
    told = {name: gateway.get(f"/{place}/{key}", fields=[("Cookie", name)]) for name in ("ann", "bob")}
    assert told["ann"].json()["one"]["n"] == 1
    assert told["bob"].json()["one"]["n"] == (1 if shared else 2)
    assert got(gateway, place, key, [("Cookie", "ann")])["n"] == 1


def test_what_is_public_has_no_credentials_in_its_key_as_elements_either(gateway):
    key = serve(gateway, *numbered([PUBLIC]))
    for n, name in enumerate(("ann", "bob"), 1):
        assert got(gateway, "listed", key, [("X-Api-Key", "k"), ("Authorization", name)]) == [{"n": n}]


def test_what_was_asked_without_credentials_is_not_for_who_has_some(gateway):
    key = serve(gateway, *numbered())
    assert got(gateway, "keyed", key)["n"] == 1
    assert got(gateway, "keyed", key, [("Authorization", "ann")])["n"] == 2
    assert got(gateway, "keyed", key)["n"] == 1


@table(
    "asker, second, n",
    ("by an answer to the same one", "ann", with_fields(2, PUBLIC), 2),
    ("by an answer to another one", "bob", with_fields(2, PUBLIC), 2),
    ("as it is the same", "ann", raw(head(304, [("ETag", '"v"'), PUBLIC], None)), 1),
)
def test_what_was_kept_for_one_does_not_hide_what_has_become_public(gateway, asker, second, n):
    key = serve(gateway, with_fields(1, ("ETag", '"v"'), ("Cache-Control", "max-age=0")), second, answer({}, 500))
    assert got(gateway, "credentials", key, [("Authorization", "ann")])["n"] == 1
    assert got(gateway, "credentials", key, [("Authorization", asker)])["n"] == n
    for name in ("ann", "bob", "ann"):
        assert got(gateway, "credentials", key, [("Authorization", name)])["n"] == n
    assert calls(gateway, key) == 2


def test_what_is_public_now_stands_before_what_was_ones_own(gateway):
    key = serve(gateway, with_fields(1), with_fields(2, ("Cache-Control", "public, max-age=60")), answer({}, 500))
    ann = [("Authorization", "ann")]
    assert got(gateway, "asked-own", key, ann)["n"] == 1
    assert got(gateway, "asked-own", key, ann + [("Cache-Control", "no-cache")])["n"] == 2
    assert got(gateway, "asked-own", key, ann)["n"] == 2
    assert calls(gateway, key) == 2


@table(
    "second",
    ("what is not there any more", answer({}, 404)),
    ("what is nobody else's", answer({"n": 2}, fields=[("Cache-Control", "no-store")])),
)
def test_what_is_withdrawn_is_so_for_who_has_other_credentials(gateway, second):
    public = answer({"n": 1}, fields=[("Cache-Control", "max-age=1, public")])
    key = serve(gateway, public, second, answer({}, 500))
    ann, bob = [("Authorization", "ann")], [("Authorization", "bob")]
    assert got(gateway, "keyed-error", key, ann)["n"] == 1
    assert got(gateway, "keyed-error", key, bob)["n"] == 1
    time.sleep(1.1)
    got(gateway, "keyed-error", key, ann)
    assert got(gateway, "keyed-error", key, bob) is None


def test_what_is_withdrawn_is_so_too_where_it_varies_and_the_one_that_asks_has_an_own_answer(gateway):
    own = answer({"n": 1}, fields=[("Cache-Control", "max-age=1")])
    public = answer({"n": 2}, fields=[("Cache-Control", "max-age=1, public"), ("Vary", "Accept-Language")])
    key = serve(gateway, own, public, answer({}, 404), answer({}, 500))
    ann, bob = [("Authorization", "ann")], [("Authorization", "bob")]
    assert got(gateway, "keyed-error", key, ann)["n"] == 1
    assert got(gateway, "keyed-error", key, bob)["n"] == 2
    time.sleep(1.1)
    got(gateway, "keyed-error", key, ann)
    assert got(gateway, "keyed-error", key, bob) is None


@table(
    "without, with_some",
    ("private", with_fields(1, ("Cache-Control", "max-age=60")), with_fields(2, ("Cache-Control", "private"))),
    ("not kept", with_fields(1), with_fields(2, ("Cache-Control", "no-store"))),
    ("not there", with_fields(1), answer({}, 404)),
    ("not there, in words for all", with_fields(1), answer({}, 404, [("Cache-Control", "public")])),
    ("private, and it varies by them",
     with_fields(1, ("Cache-Control", "public, max-age=60"), ("Vary", "Authorization")),
     with_fields(2, ("Cache-Control", "private"), ("Vary", "Authorization"))),
    ("private, and it varies by something else",
     with_fields(1, ("Cache-Control", "max-age=60"), ("Vary", "Accept-Language")),
     with_fields(2, ("Cache-Control", "private"), ("Vary", "Accept-Language"))),
)
def test_what_credentials_are_answered_takes_nothing_from_who_has_none(gateway, without, with_some):
    key = serve(gateway, without, with_some, answer({}, 500))
    assert got(gateway, "credentials", key)["n"] == 1
    got(gateway, "credentials", key, [("Authorization", "ann")])
    assert got(gateway, "credentials", key)["n"] == 1
    assert calls(gateway, key) == 2


def test_what_varies_by_credentials_takes_nothing_from_who_has_others(gateway):
    key = serve(gateway, with_fields(1, ("Cache-Control", "public, max-age=0, stale-if-error=60")),
                with_fields(2, ("Cache-Control", "no-store"), ("Vary", "Authorization")), answer({}, 500))
    assert got(gateway, "credentials", key, [("Authorization", "ann")])["n"] == 1
    assert got(gateway, "credentials", key, [("Authorization", "bob")])["n"] == 2
    assert got(gateway, "credentials", key, [("Authorization", "ann")])["n"] == 1
    assert calls(gateway, key) == 3


REFUSALS = table(
    "status, fields",
    ("a bad token", 401, []),
    ("one that is not enough", 403, []),
    ("a bad token, and nothing to keep", 401, [("Cache-Control", "no-store")]),
    ("one that is not enough, and nothing to keep", 403, [("Cache-Control", "private")]),
    ("a bad token, in words for all", 401, [("Cache-Control", "public, max-age=60")]),
    ("one that is not enough, in words for all", 403, [("Cache-Control", "public, max-age=60")]),
)


@REFUSALS
def test_a_refusal_is_about_who_asks_and_leaves_what_others_have(gateway, status, fields):
    public = answer({"n": 1}, fields=[("Cache-Control", "max-age=0, public")])
    key = serve(gateway, public, answer({}, status, fields), answer({}, 500))
    ann, bob = [("Authorization", "ann")], [("Authorization", "bob")]
    assert got(gateway, "keyed-error", key, ann)["n"] == 1
    assert got(gateway, "keyed-error", key, bob) is None
    assert got(gateway, "keyed-error", key, ann)["n"] == 1
    assert calls(gateway, key) == 3


@REFUSALS
def test_who_is_refused_has_no_more_what_was_kept_for_it(gateway, status, fields):
    """Nor what was kept for nobody in particular, where nobody in particular is refused."""
    stale = answer({"n": 1}, fields=[("Cache-Control", "max-age=0")])
    for mine in ([("Authorization", "ann")], []):
        key = serve(gateway, stale, answer({}, status, fields), answer({}, 500))
        assert got(gateway, "keyed-error", key, mine)["n"] == 1
        assert got(gateway, "keyed-error", key, mine) is None
        assert got(gateway, "keyed-error", key, mine) is None
        assert calls(gateway, key) == 3


# Validation

def test_a_stale_answer_is_validated_and_renewed(gateway):
    key = serve(gateway, answer({"n": 1}, fields=[("ETag", '"v"'), ("X-Made", "1"), ("Cache-Control", "max-age=0")]),
                raw(head(304, [("ETag", '"v"'), ("Cache-Control", "max-age=60")], None)))
    first, second, third = (gateway.get(f"/plain/{key}") for _ in range(3))
    assert first.body == second.body == third.body
    came = gateway["alpha"].requests(f"/{key}")
    assert [r["if-none-match"] for r in came] == [None, '"v"']
    assert second["cache-status"] == 'sheaf; fwd=miss; detail="one=revalidated"'
    assert third["cache-status"] == 'sheaf; hit; detail="one=hit"'


def test_a_304_that_forbids_keeping_ends_what_was_kept(gateway):
    key = serve(gateway, answer({"n": 1}, fields=[("ETag", '"v"'), ("Cache-Control", "max-age=0")]),
                raw(head(304, [("ETag", '"v"'), ("Cache-Control", "no-store")], None)), answer({"n": 3}))
    assert [got(gateway, "plain", key)["n"] for _ in range(3)] == [1, 1, 3]
    assert [r["if-none-match"] for r in gateway["alpha"].requests(f"/{key}")] == [None, '"v"', None]


def test_a_date_is_a_validator_as_well(gateway):
    date = "Thu, 01 Jan 2026 00:00:00 GMT"
    key = serve(gateway, answer({"n": 1}, fields=[("Last-Modified", date), ("Cache-Control", "no-cache")]),
                raw(head(304, [], None)), answer({"n": 3}))
    assert [got(gateway, "plain", key)["n"] for _ in range(3)] == [1, 1, 3]
    assert [r["if-modified-since"] for r in gateway["alpha"].requests(f"/{key}")] == [None, date, date]


def test_a_new_answer_takes_the_place_of_the_old(gateway):
    key = serve(gateway, answer({"n": 1}, fields=[("ETag", '"v"'), ("Cache-Control", "max-age=0")]), answer({"n": 2}))
    assert [got(gateway, "plain", key)["n"] for _ in range(3)] == [1, 2, 2]


def test_a_304_about_another_answer_is_not_believed(gateway):
    key = serve(gateway, answer({"n": 1}, fields=[("ETag", '"v"'), ("Cache-Control", "max-age=0")]),
                raw(head(304, [("ETag", '"w"')], None)), answer({"n": 3}))
    assert [got(gateway, "plain", key)["n"] for _ in range(2)] == [1, 3]
    assert gateway["alpha"].requests(f"/{key}")[2]["if-none-match"] is None


# Stale while it is asked for anew

def test_what_is_stale_is_served_while_one_call_asks_anew(gateway):
    key = serve(gateway, answer({"n": 1}), after(0.2, answer({"n": 2})))
    assert got(gateway, "soon", key)["n"] == 1
    time.sleep(1.1)
    for _ in range(5):
        one = gateway.get(f"/soon/{key}")
        assert one.json()["one"]["n"] == 1
        assert one.is_complete()
        assert one["cache-status"] == 'sheaf; hit; detail="one=stale"'
    gateway["alpha"].wait_requests(f"/{key}", 2)
    time.sleep(0.4)
    assert got(gateway, "soon", key)["n"] == 2
    assert calls(gateway, key) == 2


def test_must_revalidate_forbids_it(gateway):
    key = serve(gateway, *numbered([("Cache-Control", "max-age=1, must-revalidate")]))
    assert got(gateway, "soon", key)["n"] == 1
    time.sleep(1.1)
    assert got(gateway, "soon", key)["n"] == 2


def test_the_origin_may_say_it_too(gateway):
    key = serve(gateway, *numbered([("Cache-Control", "max-age=1, stale-while-revalidate=60")]))
    assert got(gateway, "plain", key)["n"] == 1
    time.sleep(1.1)
    assert got(gateway, "plain", key)["n"] == 1
    gateway["alpha"].wait_requests(f"/{key}", 2)


# Stale rather than sorry

@table(
    "behaviour, kind",
    ("a failure of the service", answer({}, 503), "status"),
    ("no answer in time", silent(), "timeout"),
    ("a connection that breaks", closing(), "unreachable"),
    ("what is no JSON", answer(b"{"), "invalid"),
    ("what is none, and not to be kept", answer(b"{", fields=[("Cache-Control", "no-store")]), "invalid"),
)
def test_a_stale_answer_stands_before_the_fallback(gateway, behaviour, kind):
    one = fresh()
    key = serve(gateway, answer({"data": {"a": one, "b": 2}}), behaviour)
    gateway["alpha"].on(f"/second/{one}", answer({"of": one}))
    first = gateway.get(f"/whole/{key}")
    assert first.json() == {"one": {"a": one}, "two": {"of": one}}
    time.sleep(1.1)
    for _ in range(2):  # once does not use it up
        later = gateway.get(f"/whole/{key}")
        assert later.status == 200 and not later.is_complete()
        assert later.json()["one"] == {"a": one}
        assert later.json()["two"] == {"of": one}
        assert [e["kind"] for e in later.json()["errors"]] == [kind]
        assert "one=stale" in later["cache-status"]


def test_a_failure_that_is_nobody_elses_leaves_the_old_answer(gateway):
    key = serve(gateway, answer({"n": 1}), answer({}, 503, [("Cache-Control", "no-store")]))
    gateway.get(f"/required/{key}")
    time.sleep(1.1)
    for _ in range(3):
        assert got(gateway, "required", key) == {"n": 1}


@table("target", ("of a source", "/program/{}"), ("of an element", "/programs/{0}?ids={0}"))
def test_a_stale_answer_whose_program_is_late_is_not_shown(gateway, target):
    key = serve(gateway, answer({"n": 1}), answer({}, 500))
    target = target.format(key)
    gateway.get(target)
    time.sleep(1.1)
    second = gateway.get(target)
    assert second.status == 200 and not second.is_complete()
    assert second.json()["one"] in (None, [None])


def test_a_required_source_has_not_failed_then(gateway):
    key = serve(gateway, answer({"n": 1}), answer({}, 500))
    gateway.get(f"/required/{key}")
    time.sleep(1.1)
    second = gateway.get(f"/required/{key}")
    assert second.status == 200
    assert second.json()["one"] == {"n": 1}
    assert second.json()["errors"][0]["status"] == 500


@table("status", ("missing", 404), ("gone", 410), ("a conflict that is passed on", 409))
def test_what_the_service_has_decided_is_no_error_to_be_stale_for(gateway, status):
    key = serve(gateway, answer({"n": 1}), answer({"why": 1}, status), answer({}, 500))
    gateway.get(f"/required/{key}")
    time.sleep(1.1)
    assert gateway.get(f"/required/{key}").status == status
    assert gateway.get(f"/required/{key}").status == 502  # the old answer is forgotten


@table("status", ("too much to do", 429), ("a redirect", 302))
def test_what_decides_nothing_is_one(gateway, status):
    key = serve(gateway, answer({"n": 1}), answer({}, status), answer({}, 500))
    gateway.get(f"/required/{key}")
    time.sleep(1.1)
    for told in (status, 500):
        second = gateway.get(f"/required/{key}")
        assert second.status == 200 and second.json()["one"] == {"n": 1}
        assert second.json()["errors"][0]["status"] == told


def test_the_deadline_of_the_whole_serves_it_too(gateway):
    key = serve(gateway, answer({"n": 1}), silent())
    gateway.get(f"/late/{key}")
    time.sleep(1.1)
    second = gateway.get(f"/late/{key}")
    assert second.json()["one"] == {"n": 1}
    assert second.json()["errors"][0]["kind"] == "timeout"


def test_an_open_circuit_serves_it(gateway):
    key = serve(gateway, answer({"n": 1}))
    bad = serve(gateway, answer({}, 500))
    assert gateway.get(f"/open/{key}").is_complete()
    for _ in range(3):
        gateway.get(f"/open-break/{bad}")
    time.sleep(1.1)
    second = gateway.get(f"/open/{key}")
    assert second.json()["one"] == {"n": 1}
    assert second.json()["errors"][0]["kind"] == "open"
    assert calls(gateway, key) == 1


def test_an_element_may_be_stale_and_is_told_with_its_place(gateway):
    good, bad = serve(gateway, answer({"n": 1})), serve(gateway, answer({"n": 2}), answer({}, 500))
    target = f"/each/x?ids={good},{bad}"
    assert gateway.get(target).json() == {"many": [{"n": 1}, {"n": 2}]}
    time.sleep(1.1)
    second = gateway.get(target).json()
    assert second["many"] == [{"n": 1}, {"n": 2}]
    assert [(e["kind"], e["path"]) for e in second["errors"]] == [("status", ["many", 1])]


# Lists

def test_each_element_is_remembered_by_itself(gateway):
    keys = [serve(gateway, *numbered()) for _ in range(3)]
    gateway.get(f"/each/x?ids={keys[0]},{keys[1]}")
    second = gateway.get(f"/each/x?ids={keys[1]},{keys[2]}")
    assert [e["n"] for e in second.json()["many"]] == [1, 1]
    assert second["cache-status"] == 'sheaf; fwd=miss; detail="many=miss"'
    assert [calls(gateway, key) for key in keys] == [1, 1, 1]
    third = gateway.get(f"/each/x?ids={keys[2]},{keys[0]}")
    assert third["cache-status"] == 'sheaf; hit; detail="many=hit"'


def test_a_batch_is_remembered_as_one_call(gateway):
    key = serve(gateway, answer([{"id": 1}, {"id": 2}]))
    for _ in range(2):
        assert gateway.get(f"/batch/{key}?ids=2,1").json() == {"many": [{"id": 2}, {"id": 1}]}
    assert calls(gateway, key) == 1


# What the client wants

@table(
    "place, wish, n",
    ("no-cache asks anew", "asked", "no-cache", 2),
    ("max-age=0 as well", "asked", "max-age=0", 2),
    ("a max-age that is met", "asked", "max-age=60", 1),
    ("min-fresh that is not met", "asked", "min-fresh=600", 2),
    ("only-if-cached, and it is", "asked", "only-if-cached", 1),
    ("where clients are not asked", "unasked", "no-cache", 1),
)
def test_the_clients_wish(gateway, place, wish, n):
    key = serve(gateway, *numbered())
    gateway.get(f"/{place}/{key}")
    assert got(gateway, place, key, [("Cache-Control", wish)])["n"] == n


def test_only_if_cached_and_it_is_not(gateway):
    key = serve(gateway, *numbered())
    got = gateway.get(f"/asked/{key}", fields=[("Cache-Control", "only-if-cached")])
    got.problem(504)
    assert got["cache-status"] is None  # nothing was forwarded (RFC 9211 2)
    assert calls(gateway, key) == 0


@table(
    "first, second",
    ("the stricter one last", "max-age=60", "no-cache"),
    ("the stricter one first", "no-cache", "max-age=60"),
)
def test_lines_of_cache_control_are_one_list(gateway, first, second):
    key = serve(gateway, *numbered())
    got(gateway, "asked", key)
    assert got(gateway, "asked", key, [("Cache-Control", first), ("Cache-Control", second)])["n"] == 2


def test_max_stale_is_a_bound_to_what_is_stale_meanwhile(gateway):
    key = serve(gateway, *numbered())
    assert got(gateway, "asked-soon", key)["n"] == 1
    time.sleep(2.1)
    assert got(gateway, "asked-soon", key, [("Cache-Control", "max-stale=1")])["n"] == 2


def test_s_maxage_is_never_served_stale(gateway):
    once = answer({"n": 1}, fields=[("Cache-Control", "s-maxage=1, stale-while-revalidate=60")])
    key = serve(gateway, once, answer({"n": 2}))
    assert got(gateway, "asked-soon", key)["n"] == 1
    time.sleep(1.1)
    assert got(gateway, "asked-soon", key, [("Cache-Control", "max-stale")])["n"] == 2


def test_no_store_of_the_client_leaves_nothing(gateway):
    key = serve(gateway, *numbered())
    assert got(gateway, "asked", key, [("Cache-Control", "no-store")])["n"] == 1
    assert got(gateway, "asked", key)["n"] == 2
    assert got(gateway, "asked", key)["n"] == 2


def test_max_stale_takes_what_is_over(gateway):
    key = serve(gateway, *numbered())
    assert got(gateway, "asked-long", key)["n"] == 1
    time.sleep(1.1)
    assert got(gateway, "asked-long", key, [("Cache-Control", "max-stale")])["n"] == 1
    assert got(gateway, "asked-long", key)["n"] == 2


# Unsafe calls

@table(
    "method, place, status, n",
    ("POST", "POST", "change", 200, 2),
    ("DELETE", "DELETE", "remove", 200, 2),
    ("one that is answered by a redirect", "POST", "change", 303, 2),
    ("one that fails", "POST", "change", 500, 1),
    ("one that is refused", "POST", "change", 404, 1),
)
def test_an_unsafe_call_makes_what_is_kept_of_its_url_over(gateway, method, place, status, n):
    key = fresh()
    reads = in_turn(*numbered())

    def behave(connection, request):
        return (reads if request.method == "GET" else answer({}, status))(connection, request)

    gateway["alpha"].on(f"/{key}", behave)
    assert got(gateway, "unasked", key)["n"] == 1
    gateway.get(f"/{place}/{key}", method)
    assert got(gateway, "unasked", key)["n"] == n
