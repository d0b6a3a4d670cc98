"""test_cache_telling.py - what an answer says of caching: for clients, caches and logs (CONTRACT 3.7)"""

import re
import time

from behaviour import after, answer, closing, in_turn
from cases import fresh, table
from gateway import Gateway

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
  gamma: {targets: ["http://@gamma@"], breaker: off}
endpoints:
  - path: /three/{id}
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
      reviews: {get: "beta:/{id}", cache: {ttl: 1s, stale_while_revalidate: 60s, stale_if_error: 60s}}
      pricing: {get: "gamma:/{id}", cache: 30s}
  - path: /two/{id}
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
      pricing: {get: "gamma:/{id}"}
  - path: /brief/{id}
    timeout: 300ms
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
      pricing: {get: "gamma:/{id}"}
      reviews: {get: "beta:/{id}", cache: 60s}
  - path: /brief-list/{id}
    timeout: 300ms
    query: {ids: {list: true}}
    sources:
      related: {each: ids, parallel: 2, get: "alpha:/{id}-{item}", cache: 60s}
  - path: /must/{id}
    sources:
      product: {get: "alpha:/{id}", cache: {ttl: 60s, negative: 60s}, required: true}
  - path: /error/{id}
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
      reviews: {get: "beta:/{id}", cache: {ttl: 1s, stale_if_error: 60s}, fallback: {r: 0}}
  - path: /vary/{id}
    headers: {x-declared: {}}
    views: {phone: {match: {headers: {user-agent: Phone}}, fields: product}}
    sources:
      product:
        get: "alpha:/{id}"
        forward: [accept-language]
        set_headers: {x-tenant: "{headers.x-tenant}"}
        cache: {ttl: 60s, vary: [x-varied]}
      other: {get: "beta:/{id}", when: headers.x-when != "no", cache: 60s}
  - path: /tagged/{id}
    sources: {product: {get: "alpha:/{id}", return_headers: [etag], cache: 60s}}
  - path: /tagged-whole/{id}
    cache: 60s
    sources: {product: {get: "alpha:/{id}", return_headers: [etag]}}
  - path: /tagged-not/{id}
    sources: {product: {get: "alpha:/{id}", return_headers: [etag]}}
  - path: /private/{id}
    sources:
      product: {get: "alpha:/{id}", forward: [authorization], cache: 60s}
      pricing: {get: "gamma:/{id}", cache: 60s}
  - path: /both/{id}
    cache: 60s
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
      pricing: {get: "gamma:/{id}"}
  - path: /both-lists/{id}
    query: {ids: {list: true}}
    cache: 60s
    sources:
      related: {each: ids, get: "alpha:/{item}", cache: 60s}
  - path: /fixed/{id}
    response_headers: {cache-control: "public, max-age=5"}
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
  - path: /list/{id}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "alpha:/{id}-{item}", cache: 60s}
  - path: /inside/{id}
    query: {ids: {list: true}}
    sources:
      product: {get: "alpha:/{id}"}
      related: {each: ids, get: "alpha:/{item}", cache: 60s, into: product.related, required: true}
  - path: /post/{id}
    method: POST
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
  - path: /hidden/{id}
    sources:
      product: {get: "alpha:/{id}", cache: 60s}
      extra: {get: "beta:/{id}", hide: true}
"""


def serve(gateway, alpha=None, beta=None, gamma=None):
    key = fresh()
    gateway["alpha"].on(f"/{key}", alpha or answer({"a": 1}))
    gateway["beta"].on(f"/{key}", beta or answer({"r": 1}))
    gateway["gamma"].on(f"/{key}", gamma or answer({"p": 1}))
    return key


def max_age(got):
    return int(re.fullmatch(r"(?:private, )?max-age=(\d+)", got["cache-control"])[1])


# Cache-Status

def test_it_names_each_source_in_declared_order(gateway):
    key = serve(gateway, gamma=answer({"p": 1}, fields=[("Cache-Control", "no-store")]))
    first = gateway.get(f"/three/{key}")
    assert first["cache-status"] == (
        'sheaf; fwd=miss; detail="product=miss,reviews=miss,pricing=miss"')
    time.sleep(1.2)
    second = gateway.get(f"/three/{key}")
    assert second["cache-status"] == (
        'sheaf; fwd=miss; detail="product=hit,reviews=stale,pricing=miss"')


def test_it_is_a_hit_where_every_source_was_had_from_the_cache(gateway):
    key = serve(gateway)
    gateway.get(f"/three/{key}")
    assert gateway.get(f"/three/{key}")["cache-status"] == (
        'sheaf; hit; detail="product=hit,reviews=hit,pricing=hit"')
    time.sleep(1.2)
    assert gateway.get(f"/three/{key}")["cache-status"] == (
        'sheaf; hit; detail="product=hit,reviews=stale,pricing=hit"')


def test_only_sources_that_cache_are_named(gateway):
    key = serve(gateway)
    gateway.get(f"/two/{key}")
    assert gateway.get(f"/two/{key}")["cache-status"] == 'sheaf; fwd=miss; detail="product=hit"'


@table(
    "target, told",
    ("a source", "/brief/{}", "product=miss,reviews=miss"),
    ("elements, of which two had no turn", "/brief-list/{}?ids=1,2,3,4", "related=miss"),
)
def test_a_source_that_the_deadline_cuts_has_missed(gateway, target, told):
    key = serve(gateway, after(1, answer({"a": 1})))
    for i in range(1, 5):
        gateway["alpha"].on(f"/{key}-{i}", after(1, answer({"a": i})))
    got = gateway.get(target.format(key))
    assert not got.is_complete()
    assert got["cache-status"] == f'sheaf; fwd=miss; detail="{told}"'


def test_sources_that_were_not_called_are_not_named(gateway):
    key = serve(gateway)
    gateway.get(f"/three/{key}")
    got = gateway.get(f"/three/{key}?fields=product")
    assert got["cache-status"] == 'sheaf; hit; detail="product=hit"'
    assert gateway.get(f"/two/{key}?fields=pricing")["cache-status"] is None


def test_an_answer_that_was_asked_for_again_is_told(gateway):
    once = answer({"a": 1}, fields=[("Cache-Control", "max-age=0"), ("ETag", '"x"')])
    key = serve(gateway, in_turn(once, answer(b"", 304, [("ETag", '"x"')], kind=None)))
    gateway.get(f"/two/{key}")
    got = gateway.get(f"/two/{key}")
    assert got.json()["product"] == {"a": 1}
    assert got["cache-status"] == 'sheaf; fwd=miss; detail="product=revalidated"'


def test_of_a_list_the_worst_counts(gateway):
    key = fresh()
    for n in (1, 2):
        gateway["alpha"].on(f"/{key}-{n}", answer({"n": n}))
    gateway.get(f"/list/{key}?ids=1")
    got = gateway.get(f"/list/{key}?ids=1,2")
    assert got["cache-status"] == 'sheaf; fwd=miss; detail="related=miss"'
    got = gateway.get(f"/list/{key}?ids=1,2")
    assert got["cache-status"] == 'sheaf; hit; detail="related=hit"'
    assert 0 < max_age(got) <= 60


def test_a_list_without_a_place_was_asked_for_though_nobody_answered(gateway):
    key, dead = serve(gateway, answer(7)), fresh()
    gateway["alpha"].on(f"/{dead}", closing())
    got = gateway.get(f"/inside/{key}?ids={dead}")
    got.problem(502)
    assert got["cache-status"] == 'sheaf; fwd=miss; detail="related=miss"'


def test_an_endpoints_miss_tells_of_its_sources(gateway):
    key = serve(gateway)
    gateway.get(f"/two/{key}")
    assert gateway.get(f"/both/{key}")["cache-status"] == 'sheaf; fwd=miss; detail="product=hit"'
    assert re.fullmatch(r"sheaf; hit; ttl=\d+", gateway.get(f"/both/{key}")["cache-status"])


def test_a_problem_tells_too(gateway):
    key = serve(gateway, answer(b"", 404))
    first, second = gateway.get(f"/must/{key}"), gateway.get(f"/must/{key}")
    first.problem(404)
    second.problem(404)
    assert first["cache-status"] == 'sheaf; fwd=miss; detail="product=miss"'
    assert second["cache-status"] == 'sheaf; hit; detail="product=hit"'
    assert first["cache-control"] == second["cache-control"] == "no-store"


# Cache-Control

def test_the_smallest_time_that_is_left_counts(gateway):
    key = serve(gateway)
    got = gateway.get(f"/three/{key}?fields=product,pricing")
    assert got["cache-control"] == "max-age=30"
    time.sleep(1.1)
    assert 20 <= max_age(gateway.get(f"/three/{key}?fields=product,pricing")) <= 28
    assert 50 <= max_age(gateway.get(f"/three/{key}?fields=product")) <= 58


def test_what_the_origin_says_counts(gateway):
    key = serve(gateway, answer({}, fields=[("Cache-Control", "max-age=20"), ("Age", "5")]))
    assert max_age(gateway.get(f"/three/{key}?fields=product")) in (14, 15)


def test_a_stale_part_leaves_nothing(gateway):
    key = serve(gateway)
    gateway.get(f"/three/{key}")
    time.sleep(1.2)
    assert gateway.get(f"/three/{key}")["cache-control"] == "max-age=0"


def test_what_is_private_makes_the_whole_private(gateway):
    key = serve(gateway)
    for _ in range(2):
        got = gateway.get(f"/private/{key}", fields=[("Authorization", "mine")])
        assert got["cache-control"].startswith("private, max-age=")
    assert gateway.get(f"/private/{key}")["cache-control"] == "max-age=60"


@table(
    "path, query",
    ("one source does not cache", "two", ""),
    ("a hidden one does not", "hidden", ""),
    ("nothing was called", "two", "?fields=nothing"),
)
def test_any_other_is_no_store(gateway, path, query):
    key = serve(gateway)
    for _ in range(2):
        got = gateway.get(f"/{path}/{key}{query}")
        assert got["cache-control"] == "no-store"
        assert got["etag"] is None and got["vary"] == "Accept"


def test_an_answer_that_the_origin_forbids_to_keep_is_no_store(gateway):
    key = serve(gateway, answer({}, fields=[("Cache-Control", "no-store")]))
    assert gateway.get(f"/three/{key}")["cache-control"] == "no-store"


def test_a_partial_answer_is_no_store(gateway):
    key = serve(gateway, beta=answer(b"", 500))
    got = gateway.get(f"/three/{key}")
    assert not got.is_complete()
    assert got["cache-control"] == "no-store" and got["etag"] is None


def test_a_stale_entry_stands_before_the_fallback_and_the_error_is_told(gateway):
    key = serve(gateway, beta=in_turn(answer({"r": 1}), answer(b"", 500)))
    gateway.get(f"/error/{key}")
    time.sleep(1.2)
    got = gateway.get(f"/error/{key}")
    assert got.json()["reviews"] == {"r": 1}
    assert got.failures() == [("reviews", "status")]
    assert got["cache-status"] == 'sheaf; hit; detail="product=hit,reviews=stale"'
    assert got["cache-control"] == "no-store"


def test_a_fixed_cache_control_wins(gateway):
    key = serve(gateway)
    for _ in range(2):
        got = gateway.get(f"/fixed/{key}")
        assert got["cache-control"] == "public, max-age=5"
        assert got["etag"]


def test_an_unsafe_method_is_no_store(gateway):
    key = serve(gateway)
    got = gateway.post(f"/post/{key}")
    assert got["cache-control"] == "no-store" and got["etag"] is None
    assert got["cache-status"] == 'sheaf; fwd=miss; detail="product=miss"'


# Vary

def test_vary_names_every_header_that_can_change_the_answer(gateway):
    key = serve(gateway, answer({}, fields=[("Vary", "Accept-Encoding, Accept-Language")]))
    for _ in range(2):
        got = gateway.get(f"/vary/{key}")
        names = [name.strip() for name in got["vary"].split(",")]
        assert sorted(names) == ["Accept", "accept-encoding", "accept-language", "user-agent", "x-declared",
                                 "x-tenant", "x-varied", "x-when"]


@table(
    "names, vary, control",
    ("the host that was asked for", "X-Forwarded-Host, Host", "Accept", "max-age="),
    ("how it was asked", "X-Forwarded-Proto, Accept-Language", "Accept, accept-language", "max-age="),
    ("who asks", "X-Forwarded-For", "Accept", "private, max-age="),
)
def test_vary_names_nothing_that_a_client_does_not_send(gateway, names, vary, control):
    key = serve(gateway, answer({}, fields=[("Vary", names)]))
    for _ in range(2):
        got = gateway.get(f"/three/{key}?fields=product")
        assert got["vary"] == vary
        assert got["cache-control"].startswith(control)


@table(
    "path, control",
    ("a source, beside one that is not cached", "both", "no-store"),
    ("each element", "both-lists", "private, max-age="),
)
def test_what_varies_by_who_asks_is_private_where_the_endpoint_caches(gateway, path, control):
    """And none of the endpoint's: it has no address in its key."""
    key = serve(gateway, answer({}, fields=[("Vary", "X-Forwarded-For")]))
    assert gateway.get(f"/{path}/{key}?ids={key}")["cache-control"] == "no-store"
    for _ in range(2):
        got = gateway.get(f"/{path}/{key}?ids={key}")
        assert got["cache-control"].startswith(control)
        assert "; detail=" in got["cache-status"]


def test_vary_names_what_a_trusted_proxy_sends(start):
    gateway = start(CONFIG.replace("workers: 1", "workers: 1\ntrusted_proxies: [127.0.0.0/8]"))
    key = serve(gateway, answer({}, fields=[("Vary", "X-Forwarded-Host")]))
    assert gateway.get(f"/three/{key}?fields=product")["vary"] == "Accept, x-forwarded-host"


def test_what_may_be_asked_for_in_parts_varies_by_accept(gateway):
    assert gateway.get(f"/three/{serve(gateway)}")["vary"] == "Accept"


# ETag

def test_the_etag_is_of_the_document(gateway):
    key = serve(gateway)
    first, second = gateway.get(f"/three/{key}"), gateway.get(f"/three/{key}")
    assert re.fullmatch(r'"[0-9a-f]{32}"', first["etag"])
    assert first["etag"] == second["etag"]
    part = gateway.get(f"/three/{key}?fields=product")
    assert part["etag"] != first["etag"]


@table("place", ("of parts that are kept", "tagged"), ("of a whole that is", "tagged-whole"))
def test_a_parts_tag_gives_way_to_it(gateway, place):
    key = serve(gateway)
    gateway["alpha"].on(f"/{key}", answer({"a": 1}, fields=[("ETag", '"part"')]))
    for _ in range(2):
        got = gateway.get(f"/{place}/{key}")
        assert re.fullmatch(r'"[0-9a-f]{32}"', got["etag"])
    assert gateway.get(f"/{place}/{key}", fields=[("If-None-Match", got["etag"])]).status == 304
    assert gateway.get(f"/{place}/{key}", fields=[("If-None-Match", '"part"')]).status == 200


def test_where_there_is_none_a_parts_tag_is_passed(gateway):
    key = serve(gateway)
    gateway["alpha"].on(f"/{key}", answer({"a": 1}, fields=[("ETag", '"part"')]))
    assert gateway.get(f"/tagged-not/{key}")["etag"] == '"part"'


def test_head_has_the_same_fields(gateway):
    key = serve(gateway)
    whole, head = gateway.get(f"/three/{key}"), gateway.get(f"/three/{key}", "HEAD")
    assert head["etag"] == whole["etag"]
    assert head["cache-control"].startswith("max-age=")
    assert head["content-length"] == str(len(whole.body))


@table(
    "condition, status",
    ("the tag", "{}", 304),
    ("a weak one in a list", '"x", W/{}', 304),
    ("any", "*", 304),
    ("another", '"x"', 200),
)
def test_what_the_client_has_is_not_sent_again(gateway, condition, status):
    key = serve(gateway)
    tag = gateway.get(f"/three/{key}")["etag"]
    got = gateway.get(f"/three/{key}", fields=[("If-None-Match", condition.format(tag))])
    assert (got.status, got["etag"]) == (status, tag)
    assert got["cache-status"].startswith("sheaf; hit")
    if status == 304:
        assert got.body == b"" and got["content-length"] is None and got["content-type"] is None
        assert got["cache-control"].startswith("max-age=")


def test_the_etag_is_the_same_on_another_instance(gateway, tmp_path):
    key = serve(gateway)
    here = gateway.get(f"/three/{key}")
    services = {name: gateway[name] for name in ("alpha", "beta", "gamma")}
    with Gateway(CONFIG, tmp_path, **services) as other:
        assert other.get(f"/three/{key}")["etag"] == here["etag"]


# The log

def test_the_log_tells_of_each_source(gateway):
    key, name = serve(gateway), fresh("id")
    gateway.get(f"/two/{key}")
    gateway.get(f"/two/{key}", fields=[("X-Request-Id", name)])
    line = gateway.log_line(name)
    assert line["sources"]["product"]["cache"] == "hit"
    assert line["sources"]["product"]["attempts"] == 0
    assert "cache" not in line["sources"]["pricing"]
    assert "cache" not in line


def test_a_fixed_vary_stands_beside_ours(start):
    gateway = start("""
listen: @listen@
services: {alpha: "http://@alpha@"}
endpoints:
  - path: /fixed
    response_headers: {vary: origin}
    cache: 60s
    sources: {one: {get: "alpha:/x", forward: [accept-language]}}
""")
    gateway["alpha"].on("/x", answer({}))
    for got in [gateway.get("/fixed"), gateway.get("/fixed")]:
        assert {"origin", "accept-language"} <= set(", ".join(got.all("vary")).split(", "))
