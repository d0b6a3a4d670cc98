"""test_rate_limit_callers.py - limits by what callers prove: their key, a claim; what pages may read of them (CONTRACT 3.9)"""

import itertools

import pytest

from behaviour import answer
from cases import fresh, table
from gateway import Gateway
from issuer import Key, bearer, serves, token
from service import Service
from test_claims import KEYS, by

SHOP = "https://shop.example"
CONFIG = """
listen: @listen@
workers: 2
trusted_proxies: [127.0.0.1]
auth:
  customer: {jwt: {jwks: jwks.json, algorithms: [HS256]}}
  other: {jwt: {jwks: jwks.json, algorithms: [HS256], issuer: other}}
  partner: {api_keys: {file: keys.yaml}}
  friend: {api_keys: {file: keys.yaml, header: x-friend}}
rate_limit: {rate: 1/h, burst: 2, by: key}
cors: {origins: [https://shop.example]}
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
endpoints:
  - {path: /top/key, auth: partner, sources: {one: {get: "alpha:/one"}}}
  - {path: /top/open, sources: {one: {get: "alpha:/one"}}}
  - path: /key
    auth: [partner, friend, customer]
    rate_limit: {rate: 1/h, burst: 2, by: key}
    sources: {one: {get: "alpha:/one"}}
  - path: /claim
    auth: [other, customer, partner]
    rate_limit: {rate: 1/h, burst: 2, by: claims.sub}
    sources: {one: {get: "alpha:/one"}}
  - path: /nested
    auth: customer
    rate_limit: {rate: 1/h, burst: 2, by: "claims.groups[1].id"}
    sources: {one: {get: "alpha:/one"}}
  - path: /calls
    auth: customer
    rate_limit: {rate: 1/h, burst: 3, by: claims.sub, cost: calls}
    sources: {one: {get: "alpha:/one"}, two: {get: "alpha:/one"}}
  - path: /exposed
    cors: {origins: [https://shop.example], expose: [sheaf-complete]}
    rate_limit: {rate: 1/h, burst: 1, by: headers.x-caller}
    sources: {one: {get: "alpha:/one"}}
  - path: /busy
    rate_limit: {concurrent: 5}
    sources: {one: {get: "alpha:/one"}}
  - path: /kept/{id}
    auth: customer
    cache: 60s
    query: {ids: {list: true}, more: {}}
    rate_limit: {rate: 1/h, burst: 10, by: claims.sub, cost: calls}
    sources:
      one: {get: "alpha:/one"}
      list: {each: ids, get: "alpha:/item/{item}"}
      three: {get: "alpha:/one", when: has(more)}
"""
LAST_OCTET = itertools.count(1)
LIMITS = "ratelimit, ratelimit-policy, retry-after"


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    names = {f"k{i}": f"key-{i}" for i in range(20)}
    files = {"jwks.json": KEYS, "keys.yaml": "".join(f"{n}: {k}\n" for n, k in names.items())}
    with Gateway(CONFIG, tmp_path_factory.mktemp("callers"), files) as gateway:
        gateway["alpha"].on("/one", answer({"a": 1}))
        for i in range(30):
            gateway["alpha"].on(f"/item/{i}", answer(i))
        yield gateway


def key(n, header="X-Api-Key"):
    return [(header, f"key-{n}")]


def from_address(address):
    return [("X-Forwarded-For", address)]


def statuses(gateway, target, *requests):
    return [gateway.get(target, fields=fields).status for fields in requests]


@pytest.mark.essential
def test_each_key_has_its_own_allowance(gateway):
    assert statuses(gateway, "/key", *[key(0)] * 3) == [200, 200, 429]
    assert statuses(gateway, "/key", *[key(1)] * 3) == [200, 200, 429]


def test_where_a_key_is_used_from_does_not_matter(gateway):
    requests = [key(2) + from_address(f"198.51.100.{i}") for i in range(3)]
    assert statuses(gateway, "/key", *requests) == [200, 200, 429]


def test_keys_of_one_name_in_two_policies_are_two(gateway):
    requests = [key(3), key(3), key(3, "X-Friend"), key(3, "X-Friend"), key(3)]
    assert statuses(gateway, "/key", *requests) == [200] * 4 + [429]


def test_who_has_no_key_is_counted_by_address(gateway):
    one, other = from_address("198.51.100.40"), from_address("198.51.100.41")
    requests = [by(sub="a") + one, by(sub="b") + one, by(sub="c") + one, by(sub="a") + other, key(4) + one]
    assert statuses(gateway, "/key", *requests) == [200, 200, 429, 200, 200]


@pytest.mark.essential
def test_each_subject_has_its_own_allowance(gateway):
    one, other = fresh("u"), fresh("u")
    assert statuses(gateway, "/claim", *[by(sub=one)] * 3) == [200, 200, 429]
    assert statuses(gateway, "/claim", *[by(sub=other, more=i) for i in range(3)]) == [200, 200, 429]


def test_subjects_of_two_policies_are_two(gateway):
    sub = fresh("u")
    second = by(sub=sub, iss="other")
    requests = [by(sub=sub), by(sub=sub), second, second, by(sub=sub)]
    assert statuses(gateway, "/claim", *requests) == [200] * 4 + [429]


@table(
    "groups",
    ("absent", []),
    ("null", [0, {"id": None}]),
    ("empty", [0, {"id": ""}]),
    ("an object", [0, {"id": {"a": 1}}]),
    ("a list", [0, {"id": ["a"]}]),
)
def test_a_claim_that_tells_nobody_apart_counts_the_address(gateway, groups):
    here = from_address(f"203.0.113.{next(LAST_OCTET)}")
    requests = [by(groups=groups, jti=str(i)) + here for i in range(3)]
    assert statuses(gateway, "/nested", *requests) == [200, 200, 429]


@table(
    "claims, passes",
    ("one text", [{"id": "a\u00e9/"}] * 3, False),
    ("one number", [{"id": 7}] * 3, False),
    ("a number and its text", [{"id": 8}, {"id": "8"}, {"id": 8}], False),
    ("others", [{"id": "x1"}, {"id": "x2"}, {"id": "x3"}], True),
)
def test_a_claim_within_others(gateway, claims, passes):
    got = statuses(gateway, "/nested", *[by(groups=[{}, one]) for one in claims])
    assert got == [200, 200, 200 if passes else 429]


def test_calls_are_charged_to_the_claim(gateway):
    me = by(sub=fresh("u"))
    first = gateway.get("/calls", fields=me)
    assert first["ratelimit"].startswith('"default";r=1;')
    assert statuses(gateway, "/calls", me) == [429]
    assert gateway.get("/calls?fields=one", fields=me).status == 200


def test_who_proves_nothing_is_401_and_charged_to_nobody(gateway):
    here = from_address("198.51.100.60")
    refused = gateway.get("/claim", fields=here)
    refused.problem(401)
    assert refused["ratelimit"] is None
    assert statuses(gateway, "/claim", *[here] * 4) == [401] * 4
    assert statuses(gateway, "/claim", by() + here, by() + here) == [200, 200]


def test_the_limit_of_the_top_is_by_key_where_there_is_one(gateway):
    assert statuses(gateway, "/top/key", *[key(5)] * 3) == [200, 200, 429]
    assert statuses(gateway, "/top/open", *[from_address("198.51.100.70")] * 3) == [200, 200, 429]


WAITING = """
listen: @listen@
workers: 1
auth: {customer: {jwt: {jwks: "http://@keys@/jwks", algorithms: [ES256]}}}
services: {alpha: "http://@alpha@"}
endpoints:
  - path: /claim
    auth: customer
    rate_limit: {rate: 1/h, burst: 5, by: claims.sub}
    sources: {one: {get: "alpha:/one"}}
  - path: /ip
    auth: customer
    rate_limit: {rate: 1/h, burst: 5}
    sources: {one: {get: "alpha:/one"}}
"""


@table("path", ("before it is known who asks", "/ip"), ("once it is known who asks", "/claim"))
def test_a_request_that_waited_for_a_key_is_charged_once(tmp_path, path):
    old, new = Key(tmp_path, "old"), Key(tmp_path, "new")
    with Service("keys") as keys:
        keys.behaviours["/jwks"] = serves(old)
        with Gateway(WAITING, tmp_path, keys=keys) as gateway:
            gateway["alpha"].on("/one", answer({"a": 1}))
            assert left(gateway, path, bearer(token(old))) == 4
            keys.behaviours["/jwks"] = serves(old, new)
            assert left(gateway, path, bearer(token(new))) == 3
            assert len(keys.recorded) == 2


@pytest.mark.essential
@table(
    "target, requests, status",
    ("without credentials", "/key", [[]], 401),
    ("past the limit of a key", "/key", [key(6)] * 3, 429),
    ("past the limit of an address", "/top/open", [from_address("198.51.100.80")] * 3, 429),
)
def test_a_page_can_read_that_it_is_refused(gateway, target, requests, status):
    for fields in requests:
        got = gateway.get(target, fields=fields + [("Origin", SHOP)])
    got.problem(status)
    assert got["access-control-allow-origin"] == SHOP
    assert got["access-control-expose-headers"] == LIMITS
    assert "Origin" in got["vary"]
    if status == 429:
        assert got["retry-after"] and got["ratelimit"] and got["ratelimit-policy"]
    else:
        assert len(got.all("www-authenticate")) == 3


def test_a_page_can_read_what_is_left(gateway):
    me = [("X-Caller", fresh()), ("Origin", SHOP)]
    for status in (200, 429):
        got = gateway.get("/exposed", fields=me)
        assert got.status == status
        assert got["access-control-expose-headers"] == "sheaf-complete, " + LIMITS
    got = gateway.get("/busy", fields=[("Origin", SHOP)])
    assert got["access-control-expose-headers"] == "retry-after"


def test_a_preflight_costs_nothing(gateway):
    ask = [("Origin", SHOP), ("Access-Control-Request-Method", "GET")]
    for _ in range(3):
        assert gateway.get("/top/open", "OPTIONS", ask + from_address("198.51.100.90")).status == 204
    assert statuses(gateway, "/top/open", *[from_address("198.51.100.90")] * 2) == [200, 200]


# Answers that several share

def left(gateway, target, fields):
    got = gateway.get(target, fields=fields)
    assert got.status == 200 and got.is_complete(), got.body
    return int(got["ratelimit"].split("r=")[1].split(";")[0])


def test_the_calls_of_a_shared_answer_are_owed_by_the_client_that_began_it(gateway):
    path, me, other = f"/kept/{fresh()}?ids=1,2,3&more=1", by(sub=fresh("u")), by(sub=fresh("u"))
    assert left(gateway, path, me) == 9
    assert left(gateway, path, me) == 10 - 1 - 4  # the cache has it by now
    assert left(gateway, path, other) == 10


def test_a_shared_answer_is_made_whole_and_the_rest_is_owed(gateway):
    ids = "?ids=" + ",".join(map(str, range(14)))
    path, me, other = f"/kept/{fresh()}{ids}", by(sub=fresh("u")), by(sub=fresh("u"))
    assert left(gateway, path, me) == 9
    assert left(gateway, path, me) == 0, "it is kept, and calls nothing"
    got = gateway.get(f"/kept/{fresh()}{ids}", fields=me)
    got.problem(429)
    assert int(got["retry-after"]) > 4 * 3600
    assert left(gateway, path, other) == 10
