"""test_store.py - a store that instances share, and purging (CONTRACT 3.7)

What is shared runs for each server that this machine has, redis-server and valkey-server; with
neither it is skipped with a notice.
"""

import json
import re
import socket
import threading
import time

import pytest

from behaviour import answer, in_turn
from cases import fresh, table
from gateway import wait_for
from places import free_port
from record import Record, changed, text
from store import Store

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
cache:
  STORE
services:
  alpha: {targets: ["http://@alpha@"], timeout: 5s}
  forgotten: {targets: ["http://@alpha@"], timeout: 5s}
endpoints:
  - path: /part/{id}
    timeout: 6s
    sources:
      part:
        get: alpha:/part/{id}
        cache: {ttl: 60s, key: "part:{id}", tags: ["parts", "one:{id}"]}
  - path: /part/{id}
    method: POST
    sources: {part: {post: "alpha:/part/{id}", required: true}}
  - path: /plain/{id}
    sources: {part: {get: "alpha:/part/{id}", cache: 60s}}
  - path: /whose/{id}
    sources: {part: {get: "alpha:/part/{id}", forward: [authorization], cache: 60s}}
  - path: /session/{id}
    sources:
      session: {get: "alpha:/session/{id}", forward: [cookie], hide: true}
      part: {get: "alpha:/part/{id}", set_headers: {authorization: "Bearer {session.token}"}, cache: 60s}
  - path: /stale/{id}
    sources: {part: {get: "alpha:/part/{id}", cache: {ttl: 1s, stale_if_error: 60s}}}
  - path: /whole/{id}
    cache: {ttl: 1s, stale_if_error: 60s}
    sources: {part: {get: "alpha:/part/{id}", required: true}}
  - path: /lasting/{id}
    cache: 60s
    sources: {part: {get: "alpha:/part/{id}", required: true}}
  - path: /whole/{id}
    method: PUT
    sources: {part: {put: "forgotten:/change/{id}", required: true}}
  - path: /change/{id}
    method: POST
    sources: {part: {post: "forgotten:/change/{id}", required: true}}
"""


def with_store(text):
    return CONFIG.replace("STORE", text)


SHARED = with_store("store: redis://@store@/0")
ALONE = CONFIG.replace("cache:\n  STORE\n", "")


def metric(gateway, name):
    text = gateway.get("/metrics", place="admin").body.decode()
    found = re.search("^" + re.escape(name) + r" (\S+)$", text, re.M)
    return int(found[1]) if found else None


def reads(gateway, result):
    return metric(gateway, 'sheaf_store_reads_total{result="%s"}' % result)


def writes(gateway, result="written"):
    return metric(gateway, 'sheaf_store_writes_total{result="%s"}' % result)


def is_up(gateway, store):
    """By the control thread's word; the workers connect at the same time."""
    return metric(gateway, 'sheaf_store_up{store="%s/0"}' % store.address) == 1


def await_store(gateway, store):
    """Until every worker can read: what is not asked for is passed over."""
    wait_for(lambda: is_up(gateway, store))

    def all_ask():
        before = reads(gateway, "passed_over")
        for _ in range(8):
            gateway.get(f"/part/{fresh()}")
        return reads(gateway, "passed_over") == before

    wait_for(all_ask)


def purge(gateway, what, status=200):
    got = gateway.get("/cache/purge", "POST", body=json.dumps(what).encode(), place="admin")
    assert got.status == status, got.body
    return got


def part(gateway, key):
    """Asks for a part; what the service once said of it."""
    got = gateway.get(f"/part/{key}")
    assert got.status == 200 and got.is_complete(), got.body
    return got.json()["part"]


def asked(service, key):
    return len(service.requests(f"/part/{key}"))


@pytest.fixture
def pair(start, store, alpha):
    """Two instances that share a store."""
    both = [start(SHARED, alpha=alpha, store=store) for _ in range(2)]
    for one in both:
        await_store(one, store)
    return both


def keep(gateway, service, key):
    """Has an entry made, and written to the store."""
    before = writes(gateway)
    part(gateway, key)
    assert asked(service, key) == 1
    wait_for(lambda: writes(gateway) > before)


@pytest.mark.threads
class TestSharing:
    def test_who_asks_each_by_its_own_port_shares_too(self, pair, alpha):
        key = fresh()
        before = writes(pair[0])
        for one in pair:
            assert one.get(f"/plain/{key}", host=one.address).status == 200
            wait_for(lambda: writes(pair[0]) > before)
        assert asked(alpha, key) == 1

    def test_what_one_instance_asked_for_another_need_not(self, pair, alpha):
        key = fresh()
        keep(pair[0], alpha, key)
        hits = reads(pair[1], "hit")
        assert part(pair[1], key) == part(pair[0], key)
        assert asked(alpha, key) == 1
        assert reads(pair[1], "hit") == hits + 1

    @table(
        "fields, is_shared",
        ("public", [("Cache-Control", "public, max-age=60")], True),
        ("public, and it varies by them", [("Cache-Control", "public, max-age=60"), ("Vary", "Authorization")], False),
        ("not public", [("Cache-Control", "max-age=60")], False),
    )
    def test_what_credentials_were_answered_is_there_where_it_is_public(self, pair, alpha, store, fields, is_shared):
        key, before = fresh(), writes(pair[0])
        alpha.on(f"/part/{key}", answer({}, fields=fields))
        ask = lambda gateway, name: gateway.get(f"/whose/{key}", fields=[("Authorization", name)])
        ask(pair[0], "secret-of-ann")
        if is_shared:
            wait_for(lambda: writes(pair[0]) > before)
        ask(pair[1], "secret-of-bob")
        assert asked(alpha, key) == (1 if is_shared else 2)
        entries = [store.ask("GET", name) for name in store.ask("KEYS", "sheaf:r:*")]
        assert not any(b"secret" in entry for entry in entries)

    def test_credentials_that_another_source_gave_are_never_there(self, pair, alpha, store):
        key = fresh()
        alpha.on(f"/session/{key}", answer({"token": "secret-of-ann"}))
        for n, one in enumerate(pair, 1):
            assert one.get(f"/session/{key}", fields=[("Cookie", "ann")]).is_complete()
            assert asked(alpha, key) == n
            keep(pair[0], alpha, fresh())  # what there was to be written is so by now
        entries = [store.ask("GET", name) for name in store.ask("KEYS", "sheaf:r:*")]
        assert not any(b"secret" in entry for entry in entries)

    def test_what_credentials_are_answered_takes_nothing_from_who_has_none(self, pair, alpha, store):
        key, before = fresh(), writes(pair[0])
        alpha.on(f"/part/{key}", in_turn(answer({}), answer({}, fields=[("Cache-Control", "private")]), answer({}, 500)))
        pair[0].get(f"/whose/{key}")
        wait_for(lambda: writes(pair[0]) > before)
        pair[0].get(f"/whose/{key}", fields=[("Authorization", "ann")])
        assert pair[1].get(f"/whose/{key}").is_complete()
        assert asked(alpha, key) == 2

    def test_what_was_public_and_is_not_there_any_more_leaves_the_store(self, pair, alpha, store):
        key, before = fresh(), writes(pair[0])
        public = answer({}, fields=[("Cache-Control", "public, max-age=0, stale-if-error=60")])
        alpha.on(f"/part/{key}", in_turn(public, answer({}, 404)))
        store.ask("FLUSHALL")
        pair[0].get(f"/whose/{key}", fields=[("Authorization", "ann")])
        wait_for(lambda: writes(pair[0]) > before)
        assert len(store.ask("KEYS", "sheaf:r:*")) == 1
        pair[1].get(f"/whose/{key}", fields=[("Authorization", "bob")])
        wait_for(lambda: store.ask("KEYS", "sheaf:r:*") == [])

    def test_what_was_had_from_the_store_is_kept_in_memory(self, pair, alpha, store):
        key = fresh()
        keep(pair[0], alpha, key)
        part(pair[1], key)
        store.ask("FLUSHALL")
        part(pair[1], key)
        assert asked(alpha, key) == 1

    def test_entries_lie_under_names_of_ours_and_end_by_themselves(self, pair, alpha, store):
        key = fresh()
        keep(pair[0], alpha, key)
        names = store.ask("KEYS", "*")
        assert names and all(name.startswith(b"sheaf:") for name in names)
        assert all(store.ask("PTTL", name) > 0 for name in names if name != b"sheaf:purges")
        assert f"sheaf:t:k:part:{key}".encode() in names
        assert f"sheaf:t:t:one:{key}".encode() in names

    def test_a_body_of_a_megabyte_is_shared(self, pair, alpha):
        key = fresh()
        alpha.on(f"/part/{key}", answer({"much": "x" * 1000000}))
        keep(pair[0], alpha, key)
        hits = reads(pair[1], "hit") + reads(pair[1], "late")
        assert len(part(pair[1], key)["much"]) == 1000000
        assert reads(pair[1], "hit") + reads(pair[1], "late") == hits + 1


@pytest.mark.threads
class TestPurge:
    @table(
        "what, is_gone",
        ("by its key", lambda key: {"key": f"part:{key}"}, True),
        ("by a tag", lambda key: {"tag": f"one:{key}"}, True),
        ("by a tag that many have", lambda key: {"tag": "parts"}, True),
        ("by the beginning of its key", lambda key: {"prefix": f"part:{key[:2]}"}, True),
        ("with all", lambda key: {"all": True}, True),
        ("not by another's key", lambda key: {"key": f"part:{key}x"}, False),
        ("not by a tag in place of the key", lambda key: {"tag": f"part:{key}"}, False),
        ("not by what stands within it", lambda key: {"prefix": key}, False),
        ("not by a pattern", lambda key: {"prefix": "part:*"}, False),
    )
    def test_everywhere(self, pair, alpha, what, is_gone):
        key = fresh()
        keep(pair[0], alpha, key)
        part(pair[1], key)
        before = writes(pair[1])
        got = purge(pair[0], what(key)).json()
        assert got == {"purged": what(key), "stores": "done"}
        if is_gone:
            wait_for(lambda: part(pair[1], key) and asked(alpha, key) == 2)
            wait_for(lambda: writes(pair[1]) > before)
        part(pair[0], key)
        part(pair[1], key)
        # What the other one had in the very moment of the purge is not trusted to be younger.
        assert asked(alpha, key) in ((2, 3) if is_gone else (1,))

    def test_what_lies_in_the_store_alone(self, pair, alpha, store):
        key = fresh()
        keep(pair[0], alpha, key)
        assert len(store.ask("KEYS", "sheaf:r:*")) > 0
        purge(pair[1], {"all": True})
        assert store.ask("KEYS", "sheaf:[rt]:*") == []
        part(pair[1], key)
        assert asked(alpha, key) == 2

    def test_what_is_not_ours_stays(self, pair, store):
        store.ask("SET", "theirs", 1)
        purge(pair[0], {"all": True})
        assert store.ask("GET", "theirs") == b"1"

    def test_what_an_unsafe_call_cannot_have_changed_is_not_purged(self, pair):
        purges = lambda: metric(pair[0], 'sheaf_store_purges_total{result="done"}')
        before = purges()
        for _ in range(3):
            assert pair[0].post(f"/change/{fresh()}").status == 200
        assert pair[0].post(f"/part/{fresh()}").status == 200  # a service that a source remembers
        assert pair[0].get(f"/whole/{fresh()}", "PUT").status == 200  # a path that is
        wait_for(lambda: purges() == before + 2)

    def test_a_change_through_one_instance_is_seen_by_the_other(self, pair, alpha):
        key = fresh()
        before = writes(pair[0])
        for one in pair:
            one.get(f"/plain/{key}")
        wait_for(lambda: writes(pair[0]) > before)
        assert asked(alpha, key) == 1
        assert pair[0].post(f"/part/{key}").status == 200
        wait_for(lambda: pair[1].get(f"/plain/{key}") and asked(alpha, key) == 3)


@pytest.mark.threads
class TestWithdrawn:
    @table(
        "place, second",
        ("a part that is not there any more", "stale", answer({}, 404)),
        ("a part that nobody may keep", "stale", answer({"n": 2}, fields=[("Cache-Control", "no-store")])),
        ("a whole answer that is not there any more", "whole", answer({}, 404)),
    )
    def test_what_was_withdrawn_does_not_come_back_from_the_store(self, pair, alpha, place, second):
        key, before = fresh(), writes(pair[0])
        alpha.on(f"/part/{key}", in_turn(answer({"n": 1}), second, answer({}, 500)))
        pair[0].get(f"/{place}/{key}")
        wait_for(lambda: writes(pair[0]) > before)
        time.sleep(1.1)
        pair[0].get(f"/{place}/{key}")
        wait_for(lambda: asked(alpha, key) == 2)
        time.sleep(5.1 if "nobody" in str(second) else 0)
        for one in pair:
            got = one.get(f"/{place}/{key}")
            assert got.status >= 400 or got.json()["part"] is None, got.body

    @table("ms, is_believed", ("a little ahead", 5000, True), ("far ahead", 60000, False))
    def test_a_record_from_the_future_is_over(self, pair, alpha, store, ms, is_believed):
        key = fresh()
        names = set(store.ask("KEYS", "sheaf:r:*"))
        keep(pair[0], alpha, key)
        made, = set(store.ask("KEYS", "sheaf:r:*")) - names
        lying = store.ask("GET", made)
        store.ask("SET", made, changed(lying, came=Record(lying).came + ms))
        part(pair[1], key)
        assert asked(alpha, key) == (1 if is_believed else 2)

    @table("place", ("a part", "part"), ("a whole answer", "lasting"))
    @table("n, is_believed", ("as many as are kept", 64, True), ("one more", 65, False))
    def test_a_record_with_more_tags_than_are_kept_is_none(self, pair, alpha, store, place, n, is_believed):
        key, before = fresh(), writes(pair[0])
        names = set(store.ask("KEYS", "sheaf:r:*"))
        pair[0].get(f"/{place}/{key}")
        wait_for(lambda: writes(pair[0]) > before)
        made, = set(store.ask("KEYS", "sheaf:r:*")) - names
        told = store.ask("GET", made)
        tags = ["parts", f"one:{key}", *(f"more:{i}" for i in range(n - 2))]
        store.ask("SET", made, changed(told, tags=b"".join(map(text, tags))))
        pair[1].get(f"/{place}/{key}")
        assert asked(alpha, key) == (1 if is_believed else 2)

    def test_what_a_store_could_not_purge_yet_is_not_believed(self, start, store, alpha):
        gateway = start(SHARED.replace("store: ", "store_timeout: 2s\n  store: "), alpha=alpha, store=store)
        await_store(gateway, store)
        key = fresh()
        keep(gateway, alpha, key)
        made = {name: store.ask("GET", name) for name in store.ask("KEYS", "sheaf:r:*")}
        purge(gateway, {"key": f"part:{key}"})
        for name, record in made.items():  # as if it had not been done
            store.ask("SET", name, record)
        hits = reads(gateway, "hit")
        part(gateway, key)
        assert reads(gateway, "hit") == hits + 1 and asked(alpha, key) == 2


class TestPurgeAnswers:
    BAD = [b"", b"{}", b"[]", b'{"key":""}', b'{"key":1}', b'{"all":false}', b'{"all":"true"}',
           b'{"other":"x"}', b'{"key":"a","tag":"b"}', b'{"key":"a"', b'"key"', b'{"tag":["a"]}',
           b'{"key":"a"} {"key":"b"}']

    @pytest.mark.parametrize("body", BAD)
    def test_what_means_nothing_is_refused(self, start, alpha, body):
        gateway = start(ALONE, alpha=alpha)
        got = gateway.get("/cache/purge", "POST", body=body, place="admin")
        got.problem(400)

    def test_only_by_post(self, start, alpha):
        gateway = start(ALONE, alpha=alpha)
        gateway.get("/cache/purge", place="admin").problem(405)
        gateway.get("/cache/purge", "DELETE", place="admin").problem(405)

    def test_not_on_the_gateways_own_address(self, start, alpha):
        start(ALONE, alpha=alpha).get("/cache/purge", "POST", body=b'{"all":true}').problem(404)

    def test_without_a_store_it_is_of_this_instance(self, start, alpha):
        gateway = start(ALONE, alpha=alpha)
        for what in {"tag": "one:ä\"\\"}, {"all": True}:
            assert purge(gateway, what).json() == {"purged": what}
        key = fresh()
        part(gateway, key)
        part(gateway, key)
        assert asked(alpha, key) == 1
        purge(gateway, {"tag": f"one:{key}"})
        part(gateway, key)
        assert asked(alpha, key) == 2


class TestTrouble:
    def test_a_dead_store_costs_nothing_but_hits(self, pair, alpha, store):
        key, other = fresh(), fresh()
        keep(pair[0], alpha, key)
        store.kill()
        part(pair[0], key)
        assert asked(alpha, key) == 1
        part(pair[0], other)
        part(pair[0], other)
        assert asked(alpha, other) == 1
        wait_for(lambda: not is_up(pair[0], store))
        assert purge(pair[0], {"key": f"part:{key}"}).json()["stores"] == "pending"
        part(pair[0], key)
        assert asked(alpha, key) == 2
        wait_for(lambda: "cannot be used" in pair[0].stderr())

    def test_it_is_used_again_when_it_comes_back(self, pair, alpha, store):
        key = fresh()
        store.kill()
        wait_for(lambda: not is_up(pair[0], store) and not is_up(pair[1], store))
        store.start()
        for one in pair:
            await_store(one, store)
        keep(pair[0], alpha, key)
        part(pair[1], key)
        assert asked(alpha, key) == 1
        assert "can be used again" in pair[0].stderr()

    def test_a_purge_that_it_missed_is_made_up_for(self, pair, alpha, store):
        key = fresh()
        keep(pair[0], alpha, key)
        store.stop()
        assert purge(pair[0], {"key": f"part:{key}"}).json()["stores"] == "pending"
        store.go_on()
        wait_for(lambda: store.ask("EXISTS", f"sheaf:t:k:part:{key}") == 0)
        wait_for(lambda: part(pair[1], key) and asked(alpha, key) == 2)

    def test_one_that_hangs_is_waited_for_once(self, pair, alpha, store):
        late, keys = reads(pair[0], "late"), [fresh() for _ in range(30)]
        store.stop()
        for key in keys:
            part(pair[0], key)
        store.go_on()
        # Once a connection; of each of the two workers one may be asked.
        assert late < reads(pair[0], "late") <= late + 2
        assert all(asked(alpha, key) == 1 for key in keys)
        await_store(pair[0], store)

    def test_garbage_is_no_answer(self, start, alpha):
        with Babbler() as babbler:
            gateway = start(SHARED, alpha=alpha, store=babbler.address)
            wait_for(lambda: babbler.n_connections > 4)
            for _ in range(10):
                part(gateway, fresh())
            assert reads(gateway, "hit") == 0

    def test_nobody_there(self, start, alpha):
        gateway = start(SHARED, alpha=alpha, store=f"127.0.0.1:{free_port()}")
        key = fresh()
        part(gateway, key)
        part(gateway, key)
        assert asked(alpha, key) == 1

    def test_a_name_that_nobody_knows(self, start, alpha):
        gateway = start(with_store("store: redis://store.invalid"), alpha=alpha)
        part(gateway, fresh())


class Babbler:
    """Accepts connections and talks nonsense."""

    def __init__(self):
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.listening.getsockname()[1]
        self.n_connections = 0
        self.is_open = True
        self.thread = threading.Thread(target=self._babble, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_open = False
        socket.create_connection(self.listening.getsockname()).close()
        self.thread.join()
        self.listening.close()

    def _babble(self):
        nonsense = [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"*1000000000\r\n", b"$9\r\nabc", b"+OK\r\n" * 9,
                    b"*2\r\n$-1\r\n"]
        while self.is_open:
            stream, _ = self.listening.accept()
            with stream:
                stream.sendall(nonsense[self.n_connections % len(nonsense)])
                self.n_connections += 1
                time.sleep(0.01)


class TestAccess:
    def test_with_a_password(self, start, store, alpha, tmp_path):
        folder = tmp_path / "guarded"
        folder.mkdir()
        guarded = Store(store.program, folder, password="p@ss:word")
        url = "store: redis://:p%40ss%3Aword@@store@/2"
        try:
            pair = [start(with_store(url), alpha=alpha, store=guarded) for _ in range(2)]
            for one in pair:
                wait_for(lambda one=one: metric(
                    one, 'sheaf_store_up{store="%s/2"}' % guarded.address) == 1)
            key = fresh()
            wait_for(lambda: part(pair[0], fresh()) and writes(pair[0]))
            keep(pair[0], alpha, key)
            wait_for(lambda: part(pair[1], key) and reads(pair[1], "hit"))
            wrong = start(with_store("store: redis://:guess@@store@"), alpha=alpha, store=guarded)
            wait_for(lambda: "it refuses the password" in wrong.stderr())
            none = start(with_store("store: redis://@store@"), alpha=alpha, store=guarded)
            wait_for(lambda: "it wants a password" in none.stderr())
            part(wrong, fresh())
            for one in (*pair, wrong):
                assert "p@ss" not in one.stderr() and "guess" not in one.stderr()
        finally:
            guarded.kill()

    def test_by_tls_whoever_signs_it_is_verified(self, start, store, alpha, authority, stranger,
                                                 tmp_path):
        folder = tmp_path / "tls"
        folder.mkdir()
        cert = authority.issue(fresh("store"), "IP:127.0.0.1")
        guarded = Store(store.program, folder, tls=(*cert, authority.ca))
        config = with_store("store: rediss://@store@/0\n  store_tls: {ca: %s}")
        try:
            pair = [start(config % authority.ca, alpha=alpha, store=guarded) for _ in range(2)]
            for one in pair:
                await_store(one, guarded)
            key = fresh()
            keep(pair[0], alpha, key)
            part(pair[1], key)
            assert asked(alpha, key) == 1
            purge(pair[1], {"all": True})
            wrong = start(config % stranger.ca, alpha=alpha, store=guarded)
            wait_for(lambda: "cannot be used" in wrong.stderr())
            part(wrong, fresh())
            assert not is_up(wrong, guarded)
        finally:
            guarded.kill()


class TestSeveral:
    def test_they_share_the_keys_and_each_hears_of_purges(self, start, store, alpha, tmp_path):
        folder = tmp_path / "second"
        folder.mkdir()
        second = Store(store.program, folder)
        lists = ["store: [redis://@store@/0, redis://@second@/0]",
                 "store: [redis://@second@/0, redis://@store@/0]"]
        try:
            pair = [start(with_store(one), alpha=alpha, store=store, second=second) for one in lists]
            for one in pair:
                await_store(one, store)
                await_store(one, second)
            keys = [fresh() for _ in range(20)]
            for key in keys:
                keep(pair[0], alpha, key)
            for key in keys:
                part(pair[1], key)
            assert all(asked(alpha, key) == 1 for key in keys)
            assert store.ask("KEYS", "sheaf:r:*") and second.ask("KEYS", "sheaf:r:*")
            assert purge(pair[1], {"tag": "parts"}).json()["stores"] == "done"
            assert not store.ask("KEYS", "sheaf:r:*") and not second.ask("KEYS", "sheaf:r:*")
            second.kill()
            wait_for(lambda: not is_up(pair[0], second))
            for key in keys[:5]:
                part(pair[0], key)
            assert purge(pair[0], {"all": True}).json()["stores"] == "pending"
        finally:
            second.kill()


@pytest.mark.threads
class TestReload:
    def test_stores_come_and_go(self, start, store, alpha):
        gateway = start(ALONE, alpha=alpha, store=store)
        part(gateway, fresh())
        gateway.reload(SHARED)
        wait_for(lambda: is_up(gateway, store))
        await_store(gateway, store)
        key = fresh()
        keep(gateway, alpha, key)
        gateway.reload(SHARED.replace("60s", "61s"))
        wait_for(lambda: gateway.stderr().count("reloaded") == 2)
        part(gateway, key)
        assert asked(alpha, key) == 1
        gateway.reload(ALONE)
        wait_for(lambda: metric(gateway, 'sheaf_store_up{store="%s/0"}' % store.address) is None)
        part(gateway, fresh())
