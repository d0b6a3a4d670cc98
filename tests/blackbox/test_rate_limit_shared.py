"""test_rate_limit_shared.py - limits that instances share in a store (CONTRACT 3.9)

What is shared runs for each server that this machine has, redis-server and valkey-server; with
neither it is skipped with a notice.
"""

import re
import socket
import threading
import time

import pytest

from behaviour import answer, when
from cases import fresh, table
from gateway import wait_for
from service import Service
from store import Store
from talk import Talk
from test_claims import KEYS, by

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
cache: {store: STORES}
auth: {customer: {jwt: {jwks: jwks.json, algorithms: [HS256]}}}
services:
  alpha: {targets: ["http://@alpha@"], timeout: 5s}
defaults:
  endpoint: {rate_limit: {rate: 1/h, by: headers.x-caller}}
endpoints:
  - {path: /few, rate_limit: {burst: 10}, sources: {one: {get: "alpha:/one"}}}
  - {path: /many, rate_limit: {burst: 200}, sources: {one: {get: "alpha:/one"}}}
  - {path: /quick, rate_limit: {rate: 20/s, burst: 300}, sources: {one: {get: "alpha:/one"}}}
  - path: /claim
    auth: customer
    rate_limit: {burst: 4, by: claims.sub}
    sources: {one: {get: "alpha:/one"}}
  - path: /calls
    query: {ids: {list: true}, more: {}}
    rate_limit: {burst: 20, cost: calls}
    sources:
      one: {get: "alpha:/one"}
      two: {get: "alpha:/one"}
      three: {get: "alpha:/one", when: has(more)}
      list: {each: ids, get: "alpha:/item/{item}"}
  - path: /kept/{id}
    cache: 60s
    query: {ids: {list: true}}
    rate_limit: {burst: 20, cost: calls}
    sources:
      list: {each: ids, get: "alpha:/item/{item}"}
  - path: /had/{id}
    rate_limit: {burst: 200, cost: calls}
    sources: {one: {get: "alpha:/one{?id}", cache: 60s}}
  - path: /short/{id}
    rate_limit: {burst: 1, cost: calls}
    sources: {one: {get: "alpha:/one{?id}", cache: 60s}}
  - path: /post
    method: POST
    rate_limit: {burst: 4}
    sources: {one: {post: "alpha:/one", body: "{body.a}"}}
  - path: /busy
    rate_limit: {rate: 1000/s, burst: 1000, concurrent: 2}
    sources: {slow: {get: "alpha:/slow"}}
"""
SHARED = CONFIG.replace("STORES", "redis://@store@/0")
UNLIMITED = """
listen: @listen@
admin: @admin@
workers: 2
cache: {store: STORES}
services: {alpha: {targets: ["http://@alpha@"], timeout: 5s}}
endpoints:
  - {path: /few, sources: {one: {get: "alpha:/one"}}}
  - {path: /calls, sources: {one: {get: "alpha:/one"}}}
"""
FILES = {"jwks.json": KEYS}
PASSES = b"*3\r\n:1\r\n$1\r\n0\r\n:0\r\n"


@pytest.fixture
def alpha():
    with Service("alpha") as service:
        service.on("/one", answer({"a": 1}))
        for i in range(20):
            service.on(f"/item/{i}", answer(i))
        yield service


def charges(gateway, result):
    text = gateway.get("/metrics", place="admin").body.decode()
    return int(re.search(r'sheaf_limits_shared_total\{result="%s"\} (\d+)' % result, text)[1])


def await_store(gateway):
    """Until both workers ask it."""
    def all_ask():
        before = charges(gateway, "passed_over")
        for _ in range(8):
            gateway.get("/few", fields=caller(fresh()))
        return charges(gateway, "passed_over") == before

    wait_for(all_ask)


def caller(name):
    return [("X-Caller", name)]


def passed(gateway, target, name, n):
    """How many of so many requests are not refused."""
    got = [gateway.get(target, fields=caller(name)).status for _ in range(n)]
    assert set(got) <= {200, 429}, got
    return got.count(200)


def permits_left(gateway, target, name):
    """As the gateway tells."""
    got = gateway.get(target, fields=caller(name))
    assert got.status == 200
    return int(re.search(r";r=(\d+)", got["ratelimit"])[1])


def most_owed(store):
    """By one caller, in permits that come back one an hour: a limit is kept for a second longer."""
    lives = [store.ask("PTTL", key) for key in store.ask("KEYS", "sheaf:l:*")]
    return round(max(lives, default=0) / 3_600_000)


@pytest.fixture
def one(start, store, alpha):
    gateway = start(SHARED, files=FILES, alpha=alpha, store=store)
    await_store(gateway)
    return gateway


@pytest.fixture
def pair(one, start, store, alpha):
    other = start(SHARED, files=FILES, alpha=alpha, store=store)
    await_store(other)
    return one, other


@pytest.mark.essential
def test_two_instances_have_one_allowance(pair):
    me = fresh()
    got = [gateway.get("/few", fields=caller(me)) for _ in range(6) for gateway in pair]
    assert [g.status for g in got] == [200] * 10 + [429] * 2
    assert [g["ratelimit"].split(";")[1] for g in got[:10]] == [f"r={9 - i}" for i in range(10)]
    assert {g["ratelimit-policy"] for g in got} == {'"default";q=10;w=36000'}
    assert got[0]["ratelimit"] == '"default";r=9;t=3600'
    assert 3590 <= int(got[11]["retry-after"]) <= 3600


def test_what_one_instance_has_used_up_the_other_refuses(pair):
    me = fresh()
    assert passed(pair[0], "/few", me, 10) == 10
    assert passed(pair[1], "/few", me, 3) == 0
    assert passed(pair[1], "/few", fresh(), 3) == 3


@pytest.mark.threads
def test_a_counted_load_on_both_at_once_passes_within_two_in_a_hundred(pair):
    """More than the burst, from many clients of both at once; no permit comes back meanwhile."""
    me, got = fresh(), []

    def ask(gateway):
        with gateway.client() as client:
            for _ in range(50):
                client.ask("/many", fields=caller(me))
                got.append(client.answer().status)

    threads = [threading.Thread(target=ask, args=(pair[i % 2],)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 400 and set(got) == {200, 429}
    assert 196 <= got.count(200) <= 204


@pytest.mark.threads
def test_a_load_over_time_passes_within_two_in_a_hundred(pair):
    """Burst and rate, asked for more than they are, however slow that is: the bounds follow from
    the time that was measured around the load."""
    me, n, began = fresh(), 0, time.monotonic()
    asked = took = 0
    while took < 3 or asked < 1.5 * (300 + 20 * took):
        n += passed(pair[asked % 2], "/quick", me, 1)
        asked += 1
        took = time.monotonic() - began
    assert (300 + 20 * took) * 0.98 - 2 <= n <= (300 + 20 * took) * 1.02 + 1


def test_not_every_request_asks_the_store(one):
    before = charges(one, "answered")
    assert passed(one, "/many", fresh(), 100) == 100
    assert charges(one, "answered") - before < 70
    me = fresh()
    assert passed(one, "/few", me, 10) == 10
    before = charges(one, "answered")
    assert passed(one, "/few", me, 20) == 0
    assert charges(one, "answered") == before


@pytest.mark.essential
def test_calls_cost_wherever_they_are_made(pair):
    me = caller(fresh())
    left = []
    for target in ("/calls?fields=one", "/calls?fields=one,two", "/calls?fields=list&ids=1,2,3", "/calls?fields=three&more=1"):
        got = pair[len(left) % 2].get(target, fields=me)
        assert got.status == 200 and got.is_complete()
        left.append(int(got["ratelimit"].split("r=")[1].split(";")[0]))
    assert left == [19, 17, 14, 13]
    got = pair[0].get("/calls?fields=list&ids=" + ",".join(map(str, range(14))), fields=me)
    assert got.failures() == [("list", "denied")]
    assert pair[1].get("/calls?fields=list&ids=" + ",".join(map(str, range(13))), fields=me).is_complete()
    assert pair[0].get("/calls?fields=one", fields=me).status == 429


def test_what_the_cache_had_is_held_for_the_next(one):
    me, key = fresh(), fresh()
    for _ in range(50):
        n_left = permits_left(one, f"/had/{key}", me)
    assert n_left >= 195


def test_calls_of_a_shared_answer_are_owed_everywhere(pair, store):
    me = caller(fresh())
    for ids in (range(20), [1]):  # one more than the burst
        target = f"/kept/{fresh()}?ids=" + ",".join(map(str, ids))
        assert pair[0].get(target, fields=me).is_complete()
    wait_for(lambda: most_owed(store) == 21)
    pair[1].get("/kept/other?ids=1", fields=me).problem(429)


def test_who_has_no_permits_anywhere_may_have_what_the_cache_has(one):
    me, kept = caller(fresh()), f"/short/{fresh()}"
    assert [one.get(kept, fields=me).status for _ in range(3)] == [200] * 3
    one.get(f"/short/{fresh()}", fields=me).problem(429)


def test_claims_are_shared(pair):
    sub = by(sub=fresh("u"))
    got = [pair[i % 2].get("/claim", fields=sub).status for i in range(6)]
    assert got == [200] * 4 + [429] * 2


def test_a_request_with_a_body_waits_for_the_store_alike(pair):
    me = caller(fresh()) + [("Content-Type", "application/json")]
    got = [pair[i % 2].get("/post", "POST", me, body=b'{"a": 1}').status for i in range(6)]
    assert got == [200] * 4 + [429] * 2


def test_requests_at_once_are_bounded_on_each_instance(pair, alpha):
    me, goes_on = caller(fresh()), threading.Event()
    alpha.on("/slow", when(goes_on, answer({"a": 1})))
    clients = [pair[i // 2].client() for i in range(4)]
    for client in clients:
        client.ask("/busy", fields=me)
    alpha.wait_requests("/slow", 4)
    assert [gateway.get("/busy", fields=me).status for gateway in pair] == [429, 429]
    goes_on.set()
    assert [client.answer().status for client in clients] == [200] * 4
    for client in clients:
        client.close()


def test_callers_lie_under_names_of_ours_that_tell_nothing_and_end(one, store):
    me = "tenant-" + fresh()
    passed(one, "/few", me, 1)
    names = store.ask("KEYS", "sheaf:l:*")
    assert names and all(re.fullmatch(rb"sheaf:l:[0-9a-f]{32}", name) for name in names)
    assert all(0 < store.ask("PTTL", name) <= 2 * 3600 * 1000 for name in names)
    assert not any(me.encode() in name for name in store.ask("KEYS", "*"))


def test_a_store_that_has_lost_the_script_is_given_it_again(pair, store):
    me = fresh()
    assert passed(pair[0], "/few", me, 3) == 3
    store.ask("SCRIPT", "FLUSH")
    failed = charges(pair[0], "failed"), charges(pair[1], "failed")
    assert passed(pair[0], "/few", me, 3) + passed(pair[1], "/few", me, 10) == 7
    assert (charges(pair[0], "failed"), charges(pair[1], "failed")) == failed


# Without the store

@pytest.mark.essential
def test_without_its_store_each_instance_goes_on_from_what_it_knows(pair, store):
    me = fresh()
    assert passed(pair[0], "/few", me, 4) == 4
    assert passed(pair[1], "/few", me, 1) == 1
    store.kill()
    wait_for(lambda: "cannot be used" in pair[1].stderr())
    # the first heard of 4, the second of 5
    assert passed(pair[0], "/few", me, 20) == 6
    assert passed(pair[1], "/few", me, 20) == 5
    assert passed(pair[0], "/few", fresh(), 20) == 10


def test_a_store_that_is_back_hears_what_was_used(pair, store):
    me = fresh()
    assert passed(pair[0], "/few", me, 4) == 4
    store.kill()
    wait_for(lambda: "cannot be used" in pair[0].stderr())
    assert passed(pair[0], "/few", me, 4) == 4
    store.start()
    for gateway in pair:
        await_store(gateway)
    assert passed(pair[0], "/few", me, 1) == 1
    assert passed(pair[1], "/few", me, 3) == 1


def test_a_store_that_hangs_makes_nobody_wait_for_long(one, store):
    me = fresh()
    assert passed(one, "/few", me, 1) == 1
    store.stop()
    began = time.monotonic()
    assert passed(one, "/few", me, 20) == 9
    assert time.monotonic() - began < 2
    assert charges(one, "late") > 0
    store.go_on()
    await_store(one)
    assert passed(one, "/few", me, 1) == 0


@table(
    "said",
    ("what is no Redis", b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ("a word", b"+OK\r\n"),
    ("numbers that are none", b"*3\r\n:7\r\n$1\r\nx\r\n:0\r\n"),
    ("a lease that was not asked for", b"*3\r\n:1\r\n$1\r\n0\r\n:100000\r\n"),
    ("a time beyond any limit", b"*3\r\n:1\r\n$18\r\n999999999999999999\r\n:0\r\n"),
    ("an error", b"-ERR no\r\n"),
)
def test_a_store_that_answers_nonsense_is_no_store(start, alpha, said):
    with _Liar(said) as liar:
        gateway = start(SHARED, files=FILES, alpha=alpha, store=liar.address)
        wait_for(lambda: passed(gateway, "/few", fresh(), 1) and liar.n_asked > 0)
        assert passed(gateway, "/few", fresh(), 20) == 10


# A reload while the store is silent

TAKEN = table(
    "config, has_store",
    ("the store is taken away", CONFIG.replace("cache: {store: STORES}\n", ""), False),
    ("the limits are", UNLIMITED, True),
    ("both are", UNLIMITED.replace("cache: {store: STORES}\n", ""), False),
)


def reload(gateway, config, stores):
    """And nobody has to wait, nor is limited by more than the new configuration says."""
    gateway.reload(config.replace("STORES", stores))
    wait_for(lambda: "reloaded" in gateway.stderr())
    n = 10 if "rate_limit" in config else 20
    wait_for(lambda: passed(gateway, "/few", fresh(), 20) == n)


@TAKEN
@pytest.mark.parametrize("stores", ["rediss://@store@/0", "redis://:password@@store@/0", "redis://@store@/1"],
                         ids=["TLS", "a password", "a database"])
def test_a_store_that_accepts_and_is_silent_may_be_taken_away(start, alpha, stores, config, has_store):
    with _Liar(PASSES, greets=False) as liar:
        gateway = start(CONFIG.replace("STORES", stores), files=FILES, alpha=alpha, store=liar.address)
        wait_for(lambda: liar.n_open >= 2)
        assert passed(gateway, "/few", fresh(), 20) == 10
        reload(gateway, config, stores)
        if not has_store:
            wait_for(lambda: liar.n_left == liar.n_open)


@TAKEN
def test_who_waits_for_a_store_that_is_taken_away_is_answered(start, alpha, config, has_store):
    stores = "redis://@store@/0, store_timeout: 10s"
    targets, talks = ["/few", "/calls?fields=one"], []
    with _Liar(PASSES) as liar:
        gateway = start(CONFIG.replace("STORES", stores), files=FILES, alpha=alpha, store=liar.address)
        await_store(gateway)
        liar.said, n = b"", liar.n_asked
        clients = [gateway.client() for _ in targets]
        for client, target in zip(clients, targets):
            client.ask(target, fields=caller(fresh()))
        threads = [threading.Thread(target=lambda to: talks.append(Talk(
            gateway.address, to, fields=caller(fresh()))), args=(target,)) for target in targets]
        for thread in threads:
            thread.start()
        wait_for(lambda: liar.n_asked == n + 4)
        reload(gateway, config, stores)
        assert [client.answer().status for client in clients] == [200, 200]
        for thread in threads:
            thread.join()
        assert [talk.answer()[-1]["event"] for talk in talks] == ["done", "done"]
        for one in [*clients, *[talk.client for talk in talks]]:
            one.close()
        if not has_store:
            wait_for(lambda: liar.n_left == liar.n_open)


def test_callers_are_spread_over_several_stores(start, store, alpha, tmp_path):
    (tmp_path / "second").mkdir()
    second = Store(store.program, tmp_path / "second")
    try:
        config = CONFIG.replace("STORES", "[redis://@store@/0, redis://@second@/0]")
        pair = [start(config, files=FILES, alpha=alpha, store=store, second=second) for _ in range(2)]
        for gateway in pair:
            await_store(gateway)
        for _ in range(12):
            me = fresh()
            assert passed(pair[0], "/few", me, 8) + passed(pair[1], "/few", me, 8) == 10
        assert store.ask("KEYS", "sheaf:l:*") and second.ask("KEYS", "sheaf:l:*")
    finally:
        second.kill()


class _Liar:
    """A store that takes scripts, and answers to whatever is asked of them with the same words; or
    that accepts, and says nothing at all."""

    def __init__(self, said, greets=True):
        self.said, self.greets = said, greets
        self.n_asked = self.n_open = self.n_left = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _serve(self):
        while True:
            try:
                stream, _ = self.socket.accept()
            except OSError:
                return
            self.n_open += 1
            threading.Thread(target=self._talk, args=(stream,), daemon=True).start()

    def _talk(self, stream):
        try:
            if self.greets:
                self._lie(stream)
            while stream.recv(4096):
                pass
        except OSError:
            pass
        self.n_left += 1
        stream.close()

    def _lie(self, stream):
        said = stream.makefile("rb")
        while words := _command(said):
            if words[0] == b"EVALSHA":
                self.n_asked += 1
                stream.sendall(self.said)
            elif words[0] == b"SCRIPT":
                stream.sendall(b"$40\r\n" + b"a" * 40 + b"\r\n")
            else:
                stream.sendall(b"*-1\r\n")


def _command(said):
    line = said.readline()
    if not line.startswith(b"*"):
        return None
    words = []
    for _ in range(int(line[1:])):
        n = int(said.readline()[1:])
        words.append(said.read(n + 2)[:-2])
    return words
