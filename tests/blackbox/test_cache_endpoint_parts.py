"""test_cache_endpoint_parts.py - whole answers go with the cached parts that they show (CONTRACT 3.7)"""

import json
import threading

import pytest

from behaviour import answer, in_turn, when
from cases import fresh, table

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
  gamma: {targets: ["http://@gamma@"], breaker: off}
endpoints:
  - path: /shows/{id}
    timeout: 5s
    cache: 60s
    sources:
      one: {get: "alpha:/{id}", required: true, cache: {ttl: 60s, key: "part:{id}"}}
      two: {get: "beta:/{id}", required: true, cache: 60s}
      three: {get: "gamma:/{one.n}/{id}", timeout: 5s}
  - path: /lists
    query: {ids: {list: true}, name: {}}
    cache: 60s
    sources:
      one: {each: ids, max: 200, get: "alpha:/{item}{?name}", cache: {ttl: 60s, key: "part:{item}", tags: ["item:{item}"]}}
  - path: /alpha/{other}
    method: POST
    sources: {one: {post: "alpha:/{other}", required: true}}
  - path: /beta/{other}
    method: POST
    sources: {one: {post: "beta:/{other}", required: true}}
"""


def purge(gateway, what):
    body = json.dumps(what).encode()
    assert gateway.get("/cache/purge", "POST", body=body, place="admin").status == 200


def by(what):
    """Purges what is said of {} about a key."""
    return lambda gateway, key: purge(gateway, {k: v.format(key) for k, v in what.items()})


def by_post(place):
    def change(gateway, key):
        assert gateway.post(f"/{place}/{key}").status == 200

    return change


def is_hit(got):
    return got["cache-status"].startswith("sheaf; hit; ttl=")


CASES = table(
    "change, is_purged",
    ("the key of a part", by({"key": "part:{}"}), True),
    ("its beginning", by({"prefix": "part:{}"}), True),
    ("the URL of a part that has no key", by({"key": "beta:/{}"}), True),
    ("its beginning", by({"prefix": "beta:/{}"}), True),
    ("an unsafe call to a part", by_post("alpha"), True),
    ("an unsafe call to one that has no key", by_post("beta"), True),
    ("the URL of a part that has one", by({"key": "alpha:/{}"}), False),
    ("the URL of what is not cached", by({"key": "gamma:/1/{}"}), False),
    ("another's key", by({"key": "part:{}x"}), False),
)


@CASES
def test_what_is_kept_goes_with_a_part(gateway, change, is_purged):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"n": 1}))
    gateway.get(f"/shows/{key}")
    assert is_hit(gateway.get(f"/shows/{key}"))
    change(gateway, key)
    assert is_hit(gateway.get(f"/shows/{key}")) != is_purged


@CASES
def test_what_is_on_its_way_goes_with_a_part(gateway, change, is_purged):
    """Who asks behind the purge has the second of what the third source says."""
    key, go = fresh(), threading.Event()
    gateway["alpha"].on(f"/{key}", answer({"n": 1}))
    gateway["gamma"].on(f"/1/{key}", in_turn(when(go, answer({"m": 1})), answer({"m": 2})))
    with gateway.client() as early, gateway.client() as late:
        early.ask(f"/shows/{key}")
        gateway["gamma"].wait_requests(f"/1/{key}")
        change(gateway, key)
        late.ask(f"/shows/{key}")
        go.set()
        assert early.answer().json()["three"] == {"m": 1}
        assert late.answer().json()["three"] == {"m": 2 if is_purged else 1}
    assert gateway.get(f"/shows/{key}").json()["three"] == {"m": 2 if is_purged else 1}


def list_of(n, name):
    return "/lists?ids=" + ",".join(f"{name}_{i}" for i in range(n))


MANY = table(
    "change",
    ("a tag of the last part", by({"tag": "item:{}_99"})),
    ("its key", by({"key": "part:{}_99"})),
    ("its beginning", by({"prefix": "part:{}_9"})),
    ("an unsafe call to it", lambda gateway, key: by_post("alpha")(gateway, key + "_99")),
    ("anything else", by({"tag": "nothing's"})),
)


@MANY
def test_what_shows_more_parts_than_are_named_goes_with_anything(gateway, change):
    key = fresh()
    asked = list_of(100, key)
    gateway.get(asked)
    assert is_hit(gateway.get(asked))
    change(gateway, key)
    assert not is_hit(gateway.get(asked))


@pytest.mark.parametrize("n", [1, 64])
def test_what_shows_no_more_than_are_named_stays(gateway, n):
    def stays():
        key = fresh()
        asked = list_of(n, key)
        gateway.get(asked)
        purge(gateway, {"tag": fresh("nothing's")})
        purge(gateway, {"key": f"part:{key}_{n}"})
        has_stayed = is_hit(gateway.get(asked))
        purge(gateway, {"key": f"part:{key}_{n - 1}"})
        assert not is_hit(gateway.get(asked))
        return has_stayed

    # A few names in a thousand share a counter with one of the 64 parts' names and URLs, and are purged with it.
    assert any(stays() for _ in range(3))


def test_long_names_are_too_many_as_well(gateway):
    asked = list_of(60, fresh()) + "&name=" + "x" * 300
    gateway.get(asked)
    assert is_hit(gateway.get(asked))
    purge(gateway, {"tag": "nothing's"})
    assert not is_hit(gateway.get(asked))
