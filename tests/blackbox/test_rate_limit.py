"""test_rate_limit.py - how much each caller may ask: rates, bursts, costs, callers (CONTRACT 3.9)"""

import re
import threading
import time

import pytest

from behaviour import answer, in_turn, when
from cases import fresh, table
from gateway import Gateway, wait_for
from talk import opening

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
trusted_proxies: [127.0.0.1]
rate_limit: {rate: 10/h, burst: 2, by: headers.x-top}
services:
  alpha: http://@alpha@
endpoints:
  - {path: /top/one, sources: {one: {get: "alpha:/one"}}}
  - {path: /top/two, sources: {one: {get: "alpha:/one"}}}
  - {path: /off, rate_limit: off, sources: {one: {get: "alpha:/one"}}}
  - {path: /ip, rate_limit: {rate: 2/h, burst: 2}, sources: {one: {get: "alpha:/one"}}}
  - {path: /short, rate_limit: 3/s, sources: {one: {get: "alpha:/one"}}}
  - path: /parameter
    query: {id: {required: true}}
    rate_limit: {rate: 1/h, burst: 2, by: headers.x-caller}
    sources: {one: {get: "alpha:/one"}}
  - path: /header
    rate_limit: {rate: 36/h, burst: 2, by: headers.X-Caller}
    sources: {one: {get: "alpha:/one", required: true}}
  - path: /quick
    rate_limit: {rate: 5/s, burst: 1, by: headers.x-caller}
    sources: {one: {get: "alpha:/one"}}
  - path: /calls
    query: {more: {}, ids: {list: true}}
    rate_limit: {rate: 1/h, burst: 5, by: headers.x-caller, cost: calls}
    sources:
      one: {get: "alpha:/one"}
      two: {get: "alpha:/two"}
      three: {get: "alpha:/three", when: has(more)}
      list: {each: ids, get: "alpha:/item/{item}"}
  - path: /doubtful
    query: {ids: {list: true}}
    rate_limit: {rate: 1/h, burst: 5, by: headers.x-caller, cost: calls}
    sources:
      one: {get: "alpha:/one"}
      list: {each: ids, get: "alpha:/item/{item}", when: one.a == 1}
  - path: /needed
    query: {ids: {list: true}}
    rate_limit: {rate: 1/h, burst: 2, by: headers.x-caller, cost: calls}
    sources: {list: {each: ids, get: "alpha:/item/{item}", required: true}}
  - path: /cached
    cache: 60s
    rate_limit: {rate: 1/h, burst: 2, by: headers.x-caller}
    sources: {one: {get: "alpha:/one"}}
  - path: /calls-cached/{id}
    query: {ids: {list: true}}
    rate_limit: {rate: 1/h, burst: 3, by: headers.x-caller, cost: calls}
    sources:
      one: {get: "alpha:/one{?id}", cache: 60s}
      list: {each: ids, get: "alpha:/item/{item}{?id}", cache: 60s}
  - path: /calls-kept/{id}
    cache: 60s
    rate_limit: {rate: 1/h, burst: 4, by: headers.x-caller, cost: calls}
    sources: {one: {get: "alpha:/one"}, two: {get: "alpha:/two"}}
  - path: /calls-wish/{id}
    cache: {ttl: 60s, respect_client: true}
    rate_limit: {rate: 1/h, burst: 3, by: headers.x-caller, cost: calls}
    sources: {one: {get: "alpha:/one"}, two: {get: "alpha:/two"}}
  - path: /calls-stale/{id}
    cache: {ttl: 1s, stale_if_error: 60s}
    rate_limit: {rate: 1/h, burst: 4, by: headers.x-caller, cost: calls}
    sources: {one: {get: "alpha:/{id}", required: true}}
  - path: /short/{id}
    rate_limit: {rate: 1/h, burst: 3, by: headers.x-caller, cost: calls}
    sources: {one: {get: "alpha:/one{?id}", cache: 60s}, two: {get: "alpha:/two"}}
  - path: /short-whole/{id}
    rate_limit: {rate: 1/h, burst: 1, by: headers.x-caller, cost: calls}
    sources: {one: {get: "alpha:/one{?id}", cache: 60s}}
  - path: /short-when/{id}
    query: {more: {}}
    rate_limit: {rate: 1/h, burst: 1, by: headers.x-caller, cost: calls}
    sources: {one: {get: "alpha:/one{?id}", when: has(more), cache: 60s}}
  - path: /short-kept/{id}
    cache: 60s
    rate_limit: {rate: 1/h, burst: 2, by: headers.x-caller, cost: calls}
    sources: {one: {get: "alpha:/one"}, two: {get: "alpha:/two"}}
  - path: /calls-failed
    rate_limit: {rate: 1/h, burst: 3, by: headers.x-caller, cost: calls}
    sources:
      broken: {get: "alpha:/broken"}
      two: {get: "alpha:/two/{broken.a}"}
      three: {get: "alpha:/three/{broken.a}"}
  - path: /concurrent
    rate_limit: {concurrent: 2, by: headers.x-caller}
    sources: {slow: {get: "alpha:/slow"}}
  - path: /post
    method: POST
    rate_limit: {rate: 1/h, burst: 1, by: headers.x-caller}
    sources: {one: {post: "alpha:/one"}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with Gateway(CONFIG, tmp_path_factory.mktemp("rate")) as gateway:
        gateway["alpha"].on("/one", answer({"a": 1}))
        gateway["alpha"].on("/two", answer({"b": 2}))
        gateway["alpha"].on("/three", answer({"c": 3}))
        gateway["alpha"].on("/broken", answer({}, 500))
        for i in range(9):
            gateway["alpha"].on(f"/item/{i}", answer(i))
        yield gateway


def statuses(gateway, n, target, **options):
    return [gateway.get(target, **options).status for _ in range(n)]


def caller(name):
    return {"fields": [("X-Caller", name)]}


def forwarded(address):
    return {"fields": [("X-Forwarded-For", address)]}


@pytest.mark.essential
def test_a_burst_passes_and_what_follows_is_429(gateway):
    me = caller(fresh())
    first, second, third = (gateway.get("/header", **me) for _ in range(3))
    assert [first.status, second.status] == [200, 200]
    assert first["ratelimit-policy"] == '"default";q=2;w=200'
    assert first["ratelimit"] == '"default";r=1;t=100'
    assert second["ratelimit"] in ('"default";r=0;t=200', '"default";r=0;t=199')
    third.problem(429)
    assert 98 <= int(third["retry-after"]) <= 100
    assert re.fullmatch(r'"default";r=0;t=(200|19\d)', third["ratelimit"])
    assert third["ratelimit-policy"] == first["ratelimit-policy"]
    assert third["cache-control"] == "no-store"


def test_nothing_is_called_for_a_refused_request(gateway):
    me = caller(fresh())
    statuses(gateway, 2, "/header", **me)
    before = len(gateway["alpha"].requests("/one"))
    assert statuses(gateway, 3, "/header", **me) == [429] * 3
    assert len(gateway["alpha"].requests("/one")) == before


def test_callers_are_kept_apart_and_those_without_the_header_are_one(gateway):
    for _ in range(3):
        assert statuses(gateway, 3, "/header", **caller(fresh())) == [200, 200, 429]
    assert statuses(gateway, 3, "/header") == [200, 200, 429]


def test_a_permit_comes_back_with_time(gateway):
    me = caller(fresh())
    assert gateway.get("/quick", **me).status == 200
    wait_for(lambda: gateway.get("/quick", **me).status == 200)


def test_a_rate_alone_is_enough_and_its_burst_is_a_second_of_it(gateway):
    assert gateway.get("/short")["ratelimit-policy"] == '"default";q=3;w=1'


@table(
    "addresses, expected",
    ("one address", ["192.0.2.1"] * 3, [200, 200, 429]),
    ("several", ["192.0.2.2", "192.0.2.3", "192.0.2.4"], [200] * 3),
    ("one client behind proxies", ["192.0.2.5", "9.9.9.9, 192.0.2.5", "192.0.2.5:1"], [200, 200, 429]),
    ("one network of IPv6", ["2001:db8:0:1::1", "2001:db8:0:1::2", "[2001:db8:0:1:f::]:1"], [200, 200, 429]),
    ("networks of IPv6", ["2001:db8:0:2::1", "2001:db8:0:3::1", "2001:db8:0:4::1"], [200] * 3),
    ("IPv4 in IPv6", ["192.0.2.6", "::ffff:192.0.2.6", "192.0.2.6"], [200, 200, 429]),
    ("no address", ["fe80::1%eth0"] * 3, [200, 200, 429]),
)
def test_by_ip(gateway, addresses, expected):
    assert [gateway.get("/ip", **forwarded(a)).status for a in addresses] == expected


def test_who_is_no_trusted_proxy_is_counted_by_its_own_address(tmp_path):
    config = CONFIG.replace("trusted_proxies: [127.0.0.1]", "trusted_proxies: [192.0.2.0/24]")
    with Gateway(config, tmp_path) as gateway:
        got = [gateway.get("/ip", **forwarded(f"192.0.2.{i}")).status for i in range(3)]
        assert got == [200, 200, 429]


def test_the_limit_of_the_top_is_one_for_all_that_have_it(gateway):
    me = {"fields": [("X-Top", fresh())]}
    got = [gateway.get(target, **me).status for target in ("/top/one", "/top/two", "/top/one")]
    assert got == [200, 200, 429]


def test_off_turns_off_that_of_the_top(gateway):
    assert statuses(gateway, 5, "/off") == [200] * 5
    assert gateway.get("/off")["ratelimit"] is None


def test_bad_requests_count(gateway):
    assert statuses(gateway, 3, "/parameter", **caller(fresh())) == [400, 400, 429]


def test_answers_of_the_cache_count(gateway):
    me, other = caller(fresh()), caller(fresh())
    gateway.get("/cached", **other)
    first, second, third = (gateway.get("/cached", **me) for _ in range(3))
    assert [first.status, second.status, third.status] == [200, 200, 429]
    assert second["cache-status"].startswith("sheaf; hit")
    assert second["ratelimit"].startswith('"default";r=0')


def test_unsafe_requests_count(gateway):
    me = fresh()
    got = [gateway.get("/post", "POST", **caller(me)).status for _ in range(2)]
    assert got == [200, 429]


@pytest.mark.essential
@table(
    "target, left",
    ("all that are certain", "/calls", 3),
    ("those that are selected", "/calls?fields=one", 4),
    ("one whose condition holds", "/calls?more=1&fields=one,three", 3),
    ("one whose condition does not", "/calls?fields=one,three", 4),
    ("elements of a list", "/calls?fields=list&ids=1,2,3", 2),
    ("equal elements once", "/calls?fields=list&ids=1,1,2", 3),
    ("elements of a list that was in doubt", "/doubtful?ids=1,2", 2),
)
def test_each_call_costs(gateway, target, left):
    got = gateway.get(target, **caller(fresh()))
    assert got.status == 200 and got.is_complete()
    assert got["ratelimit"].startswith(f'"default";r={left};'), got["ratelimit"]


def test_elements_cost_beside_one_that_cannot_be_asked_for(gateway):
    got = gateway.get("/doubtful?ids=1,..", **caller(fresh()))
    assert got.json()["list"] == [1, None]
    assert got["ratelimit"].startswith('"default";r=3;'), got["ratelimit"]


@table(
    "target, left",
    ("a source's", "/calls-cached/{}", [2, 2, 2, 2]),
    ("elements'", "/calls-cached/{}?fields=list&ids=1,2", [1, 1, 1]),
    ("the endpoint's own", "/calls-kept/{}", [2, 2, 2, 2]),
)
def test_what_the_cache_has_costs_no_call(gateway, target, left):
    me, target = caller(fresh()), target.format(fresh())
    for n in left:
        got = gateway.get(target, **me)
        assert got.status == 200 and got["ratelimit"].startswith(f'"default";r={n};'), got["ratelimit"]


@table(
    "target, left, last",
    ("one of two sources", "/short/{}", [1, 0], 429),
    ("the only source", "/short-whole/{}", [0, 0, 0], 200),
    ("one behind a condition", "/short-when/{}?more=1", [0, 0, 0], 200),
    ("the whole answer", "/short-kept/{}", [0, 0, 0], 200),
)
def test_who_has_no_permits_for_all_calls_may_have_what_the_cache_has(gateway, target, left, last):
    me, target = caller(fresh()), target.format(fresh())
    for n in left:
        got = gateway.get(target, **me)
        assert got.status == 200 and got.is_complete()
        assert got["ratelimit"].startswith(f'"default";r={n};'), got["ratelimit"]
    assert gateway.get(target, **me).status == last


@table("target", ("one source", "/short-whole/{}"), ("the whole answer", "/short-kept/{}"))
def test_and_nothing_else(gateway, target):
    me = caller(fresh())
    assert gateway.get(target.format(fresh()), **me).status == 200
    got = gateway.get(target.format(fresh()), **me)
    got.problem(429)
    assert int(got["retry-after"]) > 0


@table("place", ("the answer is kept", "/short-whole/"), ("it is not", "/short/"))
def test_a_handshake_has_to_pay_whatever_is_kept(gateway, place):
    me, target = fresh(), place + fresh()
    while gateway.get(target, **caller(me))["ratelimit"].startswith('"default";r=1;'):
        pass
    got = gateway.get(target, fields=[("X-Caller", me), *opening()])
    got.problem(429)
    assert int(got["retry-after"]) > 0


def test_a_callers_first_answer_from_the_cache_costs_nothing(gateway):
    target = f"/calls-cached/{fresh()}"
    gateway.get(target, **caller(fresh()))
    got = gateway.get(target, **caller(fresh()))
    assert got["ratelimit"].startswith('"default";r=3;')


@table(
    "field, status",
    ("what is not in the cache", ("Cache-Control", "only-if-cached"), 504),
    ("what nobody takes", ("Accept", "application/json;q=0"), 406),
)
def test_a_request_that_calls_nothing_costs_nothing(gateway, field, status):
    target, me = f"/calls-wish/{fresh()}", fresh()
    for _ in range(3):
        assert gateway.get(target, fields=[("X-Caller", me), field]).status == status
    got = gateway.get(target, **caller(me))
    assert got.status == 200 and got["ratelimit"].startswith('"default";r=1;')


def test_calls_that_failed_cost_though_an_old_answer_stands_in(gateway):
    key, me = fresh(), fresh()
    gateway["alpha"].on(f"/{key}", in_turn(answer({"a": 1}), answer({}, 500)))
    assert gateway.get(f"/calls-stale/{key}", **caller(me)).status == 200
    time.sleep(1.1)
    for left in (2, 1, 0):
        got = gateway.get(f"/calls-stale/{key}", **caller(me))
        assert got.status == 200 and got["ratelimit"].startswith(f'"default";r={left};')
    gateway.get(f"/calls-stale/{key}", **caller(me)).problem(429)


def test_what_was_not_called_for_anothers_failure_costs_nothing(gateway):
    got = gateway.get("/calls-failed", **caller(fresh()))
    assert [kind for _, kind in got.failures()] == ["status", "dependency", "dependency"]
    assert got["ratelimit"].startswith('"default";r=2;')


def test_calls_that_are_certain_are_all_paid_or_the_request_is_refused(gateway):
    me = caller(fresh())
    assert statuses(gateway, 3, "/calls", **me) == [200, 200, 429]
    assert gateway.get("/calls?fields=one", **me).status == 200


def test_a_list_without_permits_is_denied_and_the_rest_is_answered(gateway):
    got = gateway.get("/calls?ids=1,2,3,4", **caller(fresh()))
    assert got.status == 200
    assert got.json()["list"] is None and got.json()["one"] == {"a": 1}
    assert got.failures() == [("list", "denied")]


def test_a_condition_without_permits_is_denied(gateway):
    me = caller(fresh())
    gateway.get("/calls?ids=1,2,3", **me)
    got = gateway.get("/calls?fields=three&more=1", **me)
    assert got.failures() == [("three", "denied")]


def test_a_required_list_without_permits_is_429(gateway):
    got = gateway.get("/needed?ids=1,2,3", **caller(fresh()))
    got.problem(429)
    assert got["retry-after"] is not None


def test_requests_at_once_are_bounded(gateway):
    me, goes_on = caller(fresh()), threading.Event()
    gateway["alpha"].on("/slow", when(goes_on, answer({"a": 1})))
    with gateway.client() as one, gateway.client() as two:
        one.ask("/concurrent", **me)
        two.ask("/concurrent", **me)
        gateway["alpha"].wait_requests("/slow", 2)
        refused = gateway.get("/concurrent", **me)
        refused.problem(429)
        assert refused["retry-after"] == "1" and refused["ratelimit"] is None
        goes_on.set()
        assert one.answer().status == two.answer().status == 200
    wait_for(lambda: gateway.get("/concurrent", **me).status == 200)


def test_a_client_that_leaves_is_no_longer_under_way(gateway):
    me, goes_on = caller(fresh()), threading.Event()
    gateway["alpha"].on("/slow", when(goes_on, answer({"a": 1})))
    for _ in range(2):
        with gateway.client() as client:
            client.ask("/concurrent", **me)
    goes_on.set()
    wait_for(lambda: gateway.get("/concurrent", **me).status == 200)


def test_what_was_refused_is_counted(gateway):
    statuses(gateway, 3, "/header", **caller(fresh()))
    text = gateway.get("/metrics", place="admin").body.decode()
    found = re.findall(r'sheaf_rate_limited_total\{what="request",reason="rate"\} (\d+)', text)
    assert int(found[0]) > 0


def test_what_was_used_outlives_a_reload(tmp_path):
    with Gateway(CONFIG, tmp_path) as gateway:
        me = caller(fresh())
        assert statuses(gateway, 3, "/header", **me) == [200, 200, 429]
        gateway.reload(CONFIG.replace("/off", "/still"))
        wait_for(lambda: gateway.get("/still").status == 200)
        assert gateway.get("/header", **me).status == 429


def test_a_reload_may_bring_the_first_limit(tmp_path):
    plain = re.sub(r"rate_limit: (\{.*?\}|off|3/s),? ?", "", CONFIG)
    with Gateway(plain, tmp_path) as gateway:
        assert statuses(gateway, 4, "/ip") == [200] * 4
        gateway.reload(CONFIG)
        wait_for(lambda: gateway.get("/ip").status == 429)


@pytest.mark.threads
def test_many_at_once_never_get_more_than_the_burst(gateway):
    me, got = caller(fresh()), []

    def ask():
        got.extend(statuses(gateway, 5, "/header", **me))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [200] * 2 + [429] * 38
