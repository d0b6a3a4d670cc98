"""test_cache_endpoint_store.py - whole answers in a store that instances share (CONTRACT 3.7)"""

import threading
import time

import pytest

from behaviour import answer, in_turn, silent, when
from cases import fresh, table
from gateway import wait_for
from record import Record, changed, field
from store import Late
from test_store import Babbler, await_store, metric, purge, reads, writes

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
cache:
  store: redis://@store@/0
  store_timeout: 5s
services:
  alpha: {targets: ["http://@alpha@"], breaker: off, timeout: 5s}
  beta: {targets: ["http://@beta@"], breaker: {failures: 50%, min_calls: 5, open: 60s}}
  gamma: {targets: ["http://@gamma@"], breaker: {failures: 50%, min_calls: 5, open: 60s}}
endpoints:
  - path: /part/{id}
    sources: {part: {get: "alpha:/part/{id}", cache: 60s}}
  - path: /whole/{id}
    timeout: 6s
    cache: 60s
    sources: {one: {get: "alpha:/{id}", required: true}}
  - path: /asked/{id}
    timeout: 6s
    cache: {ttl: 60s, respect_client: true}
    sources: {one: {get: "alpha:/{id}", forward: [authorization]}}
  - path: /limited/{id}
    timeout: 6s
    cache: 60s
    rate_limit: {rate: 100/s, burst: 100, by: headers.x-me}
    sources: {one: {get: "alpha:/{id}", required: true}}
  - path: /late/{id}
    timeout: 300ms
    cache: 60s
    sources: {one: {get: "beta:/{id}"}}
  - path: /late_permit/{id}
    timeout: 300ms
    rate_limit: {rate: 100/s, burst: 100, by: headers.x-me}
    sources: {one: {get: "gamma:/{id}"}}
  - path: /shows/{id}
    cache: 60s
    sources: {one: {get: "alpha:/{id}", cache: {ttl: 60s, key: "part:{id}"}}}
  - path: /lists
    query: {ids: {list: true}}
    cache: 60s
    sources: {one: {each: ids, max: 200, get: "alpha:/{item}", cache: {ttl: 60s, key: "part:{item}"}}}
  - path: /missing/{id}
    cache: {ttl: 60s, negative: 60s}
    sources: {one: {get: "alpha:/{id}", required: true}}
"""


@pytest.fixture
def pair(start, store, alpha):
    """Two instances that share a store."""
    both = [start(CONFIG, alpha=alpha, store=store) for _ in range(2)]
    for one in both:
        await_store(one, store)
    return both


@pytest.fixture
def late(store):
    """The same store, behind something that can hold its answers."""
    before_it = Late(store)
    yield before_it
    before_it.close()


@pytest.fixture
def behind(start, alpha, store, late):
    """An instance whose store is that one."""
    one = start(CONFIG, alpha=alpha, store=late)
    await_store(one, late)
    return one


def asked(service, key):
    return len(service.requests(f"/{key}"))


def keep(gateway, store, target):
    """Has an answer made, and written to the store; where it lies there."""
    before, names = writes(gateway), set(store.ask("KEYS", "sheaf:r:*"))
    assert gateway.get(target).status in (200, 404)
    wait_for(lambda: writes(gateway) > before)
    made, = set(store.ask("KEYS", "sheaf:r:*")) - names
    return made


def count(gateway, result):
    return metric(gateway, 'sheaf_cache_lookups_total{cache="endpoint",result="%s"}' % result)


def change(store, made, **to):
    """The entry as somebody else might have written it."""
    store.ask("SET", made, changed(store.ask("GET", made), **to))


@pytest.mark.threads
class TestBelieved:
    @table(
        "place, status, change_to, is_believed",
        ("as it was", "whole", 200, {}, True),
        ("no status", "whole", 200, {"status": 0}, False),
        ("one that nothing ends with", "whole", 200, {"status": 101}, False),
        ("another success than the endpoint's", "whole", 200, {"status": 201}, False),
        ("a failure", "whole", 200, {"status": 500}, False),
        ("what is not there, where that is not kept", "whole", 200, {"status": 404}, False),
        ("what is not there", "missing", 404, {}, True),
        ("what is gone", "missing", 404, {"status": 410}, True),
        ("no JSON", "whole", 200, {"body": b'{"one":{}'}, False),
        ("nothing", "whole", 200, {"body": b""}, False),
        ("nested deeper than anything is", "whole", 200, {"body": b"[" * 2000 + b"]" * 2000}, False),
        ("a field of a connection", "whole", 200, {"fields": field("Transfer-Encoding", "chunked")}, False),
        ("a cookie", "whole", 200, {"fields": field("Set-Cookie", "a=1")}, False),
    )
    def test_what_a_store_has_is_a_strangers(self, pair, alpha, store, place, status, change_to, is_believed):
        key = fresh()
        alpha.on(f"/{key}", answer({"n": 1}, status))
        made, hits = keep(pair[0], store, f"/{place}/{key}"), reads(pair[1], "hit")
        change(store, made, **change_to)
        got = pair[1].get(f"/{place}/{key}")
        assert reads(pair[1], "hit") == hits + 1
        assert got.status == (change_to.get("status", status) if is_believed else status)
        assert asked(alpha, key) == (1 if is_believed else 2)


def wish(words):
    return [("Cache-Control", words)]


def is_hit(got):
    return (got["cache-status"] or "").startswith("sheaf; hit; ttl=")


@pytest.mark.threads
class TestWishes:
    @table(
        "words, is_had",
        ("no-cache", "no-cache", False),
        ("max-age=0", "max-age=0", False),
        ("an age that it is above", "max-age=1", False),
        ("an age that it is not above", "max-age=50", True),
        ("min-fresh of more than there is", "min-fresh=100", False),
        ("min-fresh of less", "min-fresh=10", True),
        ("the cache alone", "only-if-cached", True),
        ("no word of it", "x", True),
    )
    def test_a_client_has_of_the_store_what_it_wants(self, pair, alpha, store, words, is_had):
        key = fresh()
        made = keep(pair[0], store, f"/asked/{key}")
        change(store, made, came=Record(store.ask("GET", made)).came - 2000)
        got = pair[1].get(f"/asked/{key}", fields=wish(words))
        assert got.status == 200
        assert (is_hit(got), asked(alpha, key)) == ((True, 1) if is_had else (False, 2))

    @pytest.mark.parametrize("words", ["no-cache", "max-age=0", "min-fresh=100"])
    def test_what_it_does_not_want_of_memory_does_not_come_back_from_the_store(self, pair, alpha, store, words):
        key = fresh()
        keep(pair[0], store, f"/asked/{key}")
        time.sleep(0.01)
        got = pair[0].get(f"/asked/{key}", fields=wish(words))
        assert got.is_complete() and not is_hit(got)
        assert asked(alpha, key) == 2

    @table(
        "words, fields",
        ("nothing is there", "only-if-cached", []),
        ("it is for credentials", "only-if-cached", [("Authorization", "ann")]),
        ("and not that", "only-if-cached, no-cache", []),
        ("and fresher", "only-if-cached, min-fresh=100", []),
    )
    def test_the_cache_alone_makes_no_call(self, pair, alpha, store, words, fields):
        key = fresh()
        if words != "only-if-cached" or fields:
            keep(pair[0], store, f"/asked/{key}")
        before = asked(alpha, key)
        got = pair[1].get(f"/asked/{key}", fields=wish(words) + fields)
        assert got.problem(504)["detail"] == "it is not in the cache"
        assert got["cache-status"] is None
        assert asked(alpha, key) == before

    def test_who_waits_for_what_another_found_has_its_own_wish(self, start, alpha, store, late, behind):
        one, other, key = start(CONFIG, alpha=alpha, store=store), behind, fresh()
        await_store(one, store)
        keep(one, store, f"/asked/{key}")
        late.hold()
        with other.client() as plain, other.client() as strict, other.client() as alone:
            misses = count(other, "miss")
            plain.ask(f"/asked/{key}")
            wait_for(lambda: count(other, "miss") == misses + 1)
            strict.ask(f"/asked/{key}", fields=wish("no-cache"))
            wait_for(lambda: count(other, "coalesced") == 1)
            alone.ask(f"/asked/{key}", fields=wish("only-if-cached"))
            late.let_go()
            assert is_hit(plain.answer()) and not is_hit(strict.answer()) and is_hit(alone.answer())
        assert asked(alpha, key) == 2


@pytest.mark.threads
class TestWaiting:
    """What is waited for a store is no word of the client's about its time."""

    def test_who_waited_for_a_permit_shares_the_run(self, behind, alpha, late):
        key, go, n = fresh(), threading.Event(), 8
        alpha.on(f"/{key}", when(go, answer({"n": 1})))
        late.seconds = 0.02
        clients = [behind.client() for _ in range(n)]
        for client in clients:
            client.ask(f"/limited/{key}", fields=[("X-Me", fresh())])
        wait_for(lambda: asked(alpha, key) and count(behind, "miss") + count(behind, "coalesced") == n)
        go.set()
        for client in clients:
            assert client.answer().json() == {"one": {"n": 1}}
            client.close()
        assert asked(alpha, key) == 1

    @table(
        "place, name",
        ("an answer", "late", "beta"),
        ("a permit", "late_permit", "gamma"),
    )
    def test_a_service_that_hangs_behind_it_is_late(self, behind, late, place, name):
        behind[name].otherwise = silent()
        late.seconds = 0.01
        ask = lambda: behind.get(f"/{place}/{fresh()}", fields=[("X-Me", fresh())])
        wait_for(lambda: ask().failures() == [("one", "open")])

    def test_a_client_is_told_the_time_that_it_gave(self, behind, late):
        late.hold()
        got = behind.get(f"/whole/{fresh()}", fields=[("X-Request-Timeout-Ms", "10")])
        late.let_go()
        assert got.problem(504)["detail"] == "no answer within 10 ms"


@pytest.mark.threads
class TestParts:
    def keep(self, gateway, target, n):
        before = writes(gateway)
        gateway.get(target)
        wait_for(lambda: writes(gateway) == before + n)

    @pytest.mark.parametrize("what", [{"key": "part:%s"}, {"prefix": "part:%s"}], ids=["by key", "by prefix"])
    @pytest.mark.parametrize("by_whom", [0, 1], ids=["by who made it", "by another"])
    def test_what_lies_in_the_store_goes_with_a_part(self, pair, what, by_whom):
        key, other = fresh(), fresh()
        for each in key, other:
            self.keep(pair[0], f"/shows/{each}", 2)
        purge(pair[by_whom], {how: name % key for how, name in what.items()})
        assert not is_hit(pair[1].get(f"/shows/{key}"))
        if "key" in what:
            assert is_hit(pair[1].get(f"/shows/{other}"))

    def test_what_shows_too_many_is_shared_until_anything_is_purged(self, pair):
        lists = ["/lists?ids=" + ",".join(f"{key}_{i}" for i in range(100))
                 for key in (fresh(), fresh(), fresh())]
        for target in lists:
            self.keep(pair[0], target, 101)
        assert is_hit(pair[1].get(lists[0]))
        purge(pair[0], {"tag": "nothing's"})
        wait_for(lambda: not is_hit(pair[1].get(lists[0])))
        assert not is_hit(pair[1].get(lists[1]))
        assert not is_hit(pair[0].get(lists[2]))


@pytest.mark.threads
class TestWithoutMemory:
    @table(
        "memory, size",
        ("there is none", "0B", 10),
        ("the answer is too large for it", "100KiB", 80000),
    )
    def test_the_store_has_it_all_the_same(self, start, alpha, store, memory, size):
        gateway = start(CONFIG.replace("cache:\n  store:", f"cache:\n  memory: {memory}\n  store:"),
                        alpha=alpha, store=store)
        await_store(gateway, store)
        key = fresh()
        alpha.on(f"/{key}", answer({"x": "x" * size}))
        for n in range(3):
            got = gateway.get(f"/whole/{key}")
            assert got["cache-control"].startswith("max-age=") and got["etag"]
            assert is_hit(got) == (n > 0)
            wait_for(lambda: len(store.ask("KEYS", "sheaf:r:*")) > 0)
        assert asked(alpha, key) == 1

    def test_what_was_purged_on_its_way_is_not_written(self, pair, alpha, store):
        key, go, before = fresh(), threading.Event(), writes(pair[0])
        alpha.on(f"/{key}", when(go, answer({})))
        with pair[0].client() as client:
            client.ask(f"/whole/{key}")
            alpha.wait_requests(f"/{key}")
            purge(pair[0], {"key": f"/whole/{key}"})
            go.set()
            assert client.answer()["cache-control"] == "no-store"
        keep(pair[0], store, f"/whole/{fresh()}")
        assert writes(pair[0]) == before + 1


def with_timeout(seconds):
    return CONFIG.replace("store_timeout: 5s", f"store_timeout: {seconds}")


@pytest.mark.threads
class TestTrouble:
    """A store is a help, never a need: of a flight, too."""

    def test_a_dead_store_costs_nothing_but_hits(self, pair, alpha, store):
        kept, other = fresh(), fresh()
        keep(pair[0], store, f"/whole/{kept}")
        store.kill()
        for _ in range(2):
            for key in kept, other:
                assert pair[0].get(f"/whole/{key}").is_complete()
        assert (asked(alpha, kept), asked(alpha, other)) == (1, 1)
        assert is_hit(pair[0].get(f"/whole/{kept}"))

    def test_one_that_dies_while_it_is_asked_ends_the_wait(self, behind, alpha, late):
        key = fresh()
        late.hold()
        with behind.client() as client:
            misses = count(behind, "miss")
            client.ask(f"/whole/{key}")
            wait_for(lambda: count(behind, "miss") == misses + 1)
            late.close()
            got = client.answer()
        assert got.is_complete() and got.seconds < 4  # and not store_timeout
        assert asked(alpha, key) == 1

    def test_one_that_hangs_is_waited_for_once(self, start, alpha, store):
        gateway = start(with_timeout("1s"), alpha=alpha, store=store)
        await_store(gateway, store)
        late, keys = reads(gateway, "late"), [fresh() for _ in range(20)]
        store.stop()
        began = time.monotonic()
        for key in keys:
            assert gateway.get(f"/whole/{key}").is_complete()
        # Once a worker, of which there are two; each for each would be 20 s.
        assert time.monotonic() - began < 8
        assert late < reads(gateway, "late") <= late + 2
        assert all(asked(alpha, key) == 1 for key in keys)
        store.go_on()
        await_store(gateway, store)

    def test_all_who_wait_for_one_that_hangs_have_one_run(self, start, alpha, store):
        gateway = start(with_timeout("1s"), alpha=alpha, store=store)
        await_store(gateway, store)
        key, clients = fresh(), [gateway.client() for _ in range(8)]
        store.stop()
        for client in clients:
            client.ask(f"/whole/{key}")
        answers = [client.answer() for client in clients]
        assert all(got.is_complete() and got.seconds < 4 for got in answers)
        assert asked(alpha, key) == 1
        store.go_on()

    def test_the_endpoints_time_is_not_the_stores(self, behind, late):
        late.hold()
        got = behind.get(f"/late/{fresh()}")
        late.let_go()
        assert got.problem(504)["detail"] == "no answer within 300 ms"
        assert got.seconds < 4  # and not store_timeout

    def test_what_comes_too_late_is_nobodys(self, start, alpha, store, late):
        one = start(CONFIG, alpha=alpha, store=store)
        other = start(with_timeout("50ms"), alpha=alpha, store=late)
        await_store(one, store)
        await_store(other, late)
        key = fresh()
        alpha.on(f"/{key}", in_turn(answer({"n": 1}), answer({"n": 2})))
        keep(one, store, f"/whole/{key}")
        late.hold()
        assert other.get(f"/whole/{key}").json() == {"one": {"n": 2}}
        late.let_go()
        await_store(other, late)
        assert other.get(f"/whole/{key}").json() == {"one": {"n": 2}}
        assert asked(alpha, key) == 2

    def test_who_leaves_while_it_is_asked_has_no_run(self, behind, alpha, late):
        key = fresh()
        late.hold()
        misses = count(behind, "miss")
        with behind.client() as client:
            client.ask(f"/whole/{key}")
            wait_for(lambda: count(behind, "miss") == misses + 1)
        wait_for(lambda: metric(behind, "sheaf_requests_in_flight") == 0)
        late.let_go()
        await_store(behind, late)
        assert asked(alpha, key) == 0

    def test_garbage_is_no_answer(self, start, alpha):
        with Babbler() as babbler:
            gateway = start(CONFIG, alpha=alpha, store=babbler.address)
            wait_for(lambda: babbler.n_connections > 4)
            keys = [fresh() for _ in range(10)]
            for key in keys * 2:
                assert gateway.get(f"/whole/{key}").is_complete()
            assert all(asked(alpha, key) == 1 for key in keys)
            assert reads(gateway, "hit") == 0

    def test_another_keys_answer_is_none(self, pair, alpha, store):
        one, other = fresh(), fresh()
        made = [keep(pair[0], store, f"/whole/{key}") for key in (one, other)]
        store.ask("SET", made[0], store.ask("GET", made[1]))
        assert pair[1].get(f"/whole/{one}").json() == pair[0].get(f"/whole/{one}").json()
        assert asked(alpha, one) == 2
