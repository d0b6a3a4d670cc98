"""test_cache_endpoint_store.py - whole answers in a store that instances share (CONTRACT 3.7)"""

import pytest

from behaviour import answer
from cases import fresh, table
from gateway import wait_for
from record import changed, field
from service import Service
from store import SERVERS, Store
from test_store import await_store, reads, writes

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
cache:
  store: redis://@store@/0
  store_timeout: 5s
services:
  alpha: {targets: ["http://@alpha@"], breaker: off, timeout: 5s}
endpoints:
  - path: /part/{id}
    sources: {part: {get: "alpha:/part/{id}", cache: 60s}}
  - path: /whole/{id}
    timeout: 6s
    cache: 60s
    sources: {one: {get: "alpha:/{id}", required: true}}
  - path: /missing/{id}
    cache: {ttl: 60s, negative: 60s}
    sources: {one: {get: "alpha:/{id}", required: true}}
"""


@pytest.fixture(params=SERVERS or [pytest.param(
    None, marks=pytest.mark.skip(reason="there is neither redis-server nor valkey-server here"))])
def store(request, tmp_path):
    made = Store(request.param, tmp_path)
    yield made
    made.kill()


@pytest.fixture
def alpha():
    with Service("alpha") as service:
        yield service


@pytest.fixture
def pair(start, store, alpha):
    """Two instances that share a store."""
    both = [start(CONFIG, alpha=alpha, store=store) for _ in range(2)]
    for one in both:
        await_store(one, store)
    return both


def asked(service, key):
    return len(service.requests(f"/{key}"))


def keep(gateway, store, target):
    """Has an answer made, and written to the store; where it lies there."""
    before, names = writes(gateway), set(store.ask("KEYS", "sheaf:r:*"))
    assert gateway.get(target).status in (200, 404)
    wait_for(lambda: writes(gateway) > before)
    made, = set(store.ask("KEYS", "sheaf:r:*")) - names
    return made


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
