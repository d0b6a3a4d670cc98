"""test_cache_tags.py - the tags by which entries of sources are purged: the reader's, the origin's (CONTRACT 3.7)"""

import json
import time

import pytest

from behaviour import answer, head, in_turn, raw
from cases import fresh, table
from gateway import wait_for

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
endpoints:
  - path: /plain/{id}
    sources: {one: {get: "alpha:/{id}", cache: 60s}}
  - path: /tagged/{id}
    sources: {one: {get: "alpha:/{id}", cache: {ttl: 60s, tags: ["one:{id}"]}}}
  - path: /other/{id}
    sources: {one: {get: "alpha:/{id}", cache: {ttl: 60s, tags: ["other:{id}"]}}}
  - path: /whole/{id}
    cache: 60s
    sources: {one: {get: "alpha:/{id}", required: true, cache: {ttl: 60s, tags: ["one:{id}"]}}}
  - path: /keyed/{id}
    query: {lang: {}}
    sources: {one: {get: "alpha:/{id}{?lang}", cache: {ttl: 60s, key: "keyed:{id}"}}}
  - path: /change/{id}
    method: POST
    query: {lang: {}}
    sources: {one: {post: "alpha:/{id}{?lang}", required: true}}
  - path: /origin/{id}
    sources: {one: {get: "alpha:/{id}", cache: {ttl: 60s, tags: ["one:{id}"], origin_tags: true}}}
  - path: /whole-origin/{id}
    cache: 60s
    sources: {one: {get: "alpha:/{id}", required: true, cache: {ttl: 60s, origin_tags: true}}}
"""

SHORT = """
listen: @listen@
admin: @admin@
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
endpoints:
  - path: /short/{id}
    sources: {one: {get: "alpha:/{id}", cache: {ttl: 1s, origin_tags: true, TAGS}}}
"""
BEFORE = SHORT.replace("TAGS", 'tags: ["before:{id}"]')
SINCE = SHORT.replace("TAGS", 'tags: ["since:{id}"]')


def serve(gateway, *behaviours):
    key = fresh()
    gateway["alpha"].on(f"/{key}", in_turn(*behaviours))
    return key


def numbered(fields=()):
    return [answer({"n": i + 1}, fields=fields) for i in range(4)]


def n_of(gateway, place, key):
    return gateway.get(f"/{place}/{key}").json()["one"]["n"]


def purge(gateway, **what):
    got = gateway.get("/cache/purge", "POST", body=json.dumps(what).encode(), place="admin")
    assert got.status == 200, got.body


# Of who reads

def test_an_entry_is_purged_by_the_tag_of_who_reads_it(gateway):
    key = serve(gateway, *numbered())
    assert n_of(gateway, "plain", key) == n_of(gateway, "tagged", key) == 1
    purge(gateway, tag=f"one:{key}")
    assert n_of(gateway, "tagged", key) == 2
    assert n_of(gateway, "plain", key) == n_of(gateway, "tagged", key) == 2


def test_for_who_has_not_that_tag_it_stays(gateway):
    key = serve(gateway, *numbered())
    assert n_of(gateway, "plain", key) == n_of(gateway, "tagged", key) == 1
    purge(gateway, tag=f"one:{key}")
    assert n_of(gateway, "other", key) == n_of(gateway, "plain", key) == 1


@table("what, is_gone",
       ("of others", lambda key: {"prefix": f"another:{key}"}, False),
       ("within its key", lambda key: {"prefix": key}, False),
       ("of its key", lambda key: {"prefix": f"keyed:{key[:2]}"}, True),
       ("of its key, whole", lambda key: {"prefix": f"keyed:{key}"}, True))
def test_a_prefix_purges_what_begins_so_and_nothing_else(gateway, what, is_gone):
    key = serve(gateway, *numbered())
    assert n_of(gateway, "keyed", key) == 1
    purge(gateway, **what(key))
    assert n_of(gateway, "keyed", key) == (2 if is_gone else 1)


def test_an_entry_of_a_key_is_purged_by_the_url_of_who_reads_it(gateway):
    key = serve(gateway, *numbered())
    assert n_of(gateway, "keyed", key) == n_of(gateway, "keyed", f"{key}?lang=de") == 1
    assert gateway.post(f"/change/{key}?lang=de").status == 200
    assert n_of(gateway, "keyed", f"{key}?lang=de") == 3


@table("stored_by", ("its own source", "whole"), ("another's", "plain"), ("another's with other tags", "other"))
def test_a_whole_answer_has_the_tags_of_its_sources_whoever_stored_their_entries(gateway, stored_by):
    key = serve(gateway, *numbered())
    assert n_of(gateway, stored_by, key) == n_of(gateway, "whole", key) == 1
    purge(gateway, tag=f"one:{key}")
    assert n_of(gateway, "whole", key) == 2


@table("fields, tag",
       ("what the entry had", [], "before:{}"),
       ("what the reader has by now", [], "since:{}"),
       ("what the origin said", [], "origin-{}"),
       ("what the reader has, beside what the 304 says", [("Cache-Tag", "another")], "since:{}"),
       ("what the 304 says", [("Cache-Tag", "another")], "another"))
def test_a_304_leaves_tags_and_brings_those_of_who_asks_by_now(start, fields, tag):
    gateway = start(BEFORE)
    key = fresh()
    good = answer({"n": 1}, fields=[("ETag", '"v"'), ("Cache-Tag", f"origin-{key}")])
    renewed = raw(head(304, [("ETag", '"v"'), ("Cache-Control", "max-age=60"), *fields], None))
    gateway["alpha"].on(f"/{key}", in_turn(good, renewed, answer({"n": 2})))
    assert n_of(gateway, "short", key) == 1
    gateway.reload(SINCE)
    time.sleep(1.1)
    assert n_of(gateway, "short", key) == n_of(gateway, "short", key) == 1
    purge(gateway, tag=tag.format(key))
    assert n_of(gateway, "short", key) == 2


# In a store

@pytest.fixture
def pair(start, store):
    """Two instances with a store, and the store."""
    shared = CONFIG.replace("services:", f"cache: {{store: redis://{store.address}/0}}\nservices:", 1)
    one = start(shared)
    two = start(shared, alpha=one["alpha"])
    return one, two, store


def await_record(gateway, store):
    """Asks for new things until one is written."""
    before = len(store.ask("KEYS", "sheaf:r:*"))
    wait_for(lambda: gateway.get(f"/plain/{fresh()}") and len(store.ask("KEYS", "sheaf:r:*")) > before)


@pytest.mark.threads
class TestInAStore:
    def test_an_entry_without_the_tag_of_who_reads_it_is_not_believed(self, pair):
        one, two, store = pair
        await_record(one, store)
        key = serve(one, *numbered())
        assert n_of(one, "plain", key) == 1
        wait_for(lambda: any(key.encode() in store.ask("GET", n) for n in store.ask("KEYS", "sheaf:r:*")))
        await_record(two, store)
        purge(one, tag=f"one:{key}")
        assert n_of(two, "plain", key) == 1
        assert n_of(two, "tagged", key) == 2
        assert n_of(one, "tagged", key) == 2


# Of the origin

FORMS = table(
    "name, form",
    ("Cache-Groups", "Cache-Groups", '"first", "{}";p=1'),
    ("Surrogate-Key", "Surrogate-Key", "first {} last"),
    ("Cache-Tag", "Cache-Tag", "first,{}, last"),
)


@FORMS
@pytest.mark.parametrize("place", ["origin", "whole-origin"])
def test_an_origin_has_three_ways_to_give_tags(gateway, place, name, form):
    tag = fresh("tag-")
    key = serve(gateway, *numbered([(name, form.format(tag))]))
    assert n_of(gateway, place, key) == n_of(gateway, place, key) == 1
    purge(gateway, tag=f"{tag}x")
    assert n_of(gateway, place, key) == 1
    purge(gateway, tag=tag)
    assert n_of(gateway, place, key) == 2


@FORMS
def test_they_are_none_where_nobody_asked_for_them(gateway, name, form):
    tag = fresh("tag-")
    key = serve(gateway, *numbered([(name, form.format(tag))]))
    assert n_of(gateway, "plain", key) == 1
    purge(gateway, tag=tag)
    assert n_of(gateway, "plain", key) == 1


def test_a_list_of_groups_that_is_broken_has_none(gateway):
    tag = fresh("tag-")
    key = serve(gateway, *numbered([("Cache-Groups", f'"{tag}", "unclosed')]))
    assert n_of(gateway, "origin", key) == 1
    purge(gateway, tag=tag)
    assert n_of(gateway, "origin", key) == 1
