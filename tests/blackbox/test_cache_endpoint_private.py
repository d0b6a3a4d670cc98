"""test_cache_endpoint_private.py - whole answers that are made of a client's address (CONTRACT 3.7)

A source that varies by x-forwarded-for answers each client its own. An endpoint's key has no address.
"""

import threading
import time

from behaviour import answer
from cases import fresh
from gateway import wait_for

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
trusted_proxies: [127.0.0.0/8]
services:
  alpha: {targets: ["http://@alpha@"], breaker: off, timeout: 5s}
  beta: {targets: ["http://@beta@"], breaker: off}
endpoints:
  - path: /own/{id}
    timeout: 5s
    cache: 60s
    sources: {one: {get: "alpha:/{id}", required: true, cache: 60s}}
  - path: /part/{id}
    timeout: 5s
    cache: 60s
    sources:
      one: {get: "alpha:/{id}", required: true, cache: 60s}
      two: {get: "beta:/{id}"}
  - path: /list/{id}
    timeout: 5s
    cache: 60s
    query: {ids: {list: true}}
    sources: {one: {each: ids, get: "alpha:/{id}", cache: 60s}}
  - path: /soon/{id}
    timeout: 5s
    cache: {ttl: 1s, stale_while_revalidate: 60s}
    sources: {one: {get: "alpha:/{id}", required: true, cache: 1s}}
  - path: /keyed/{id}
    timeout: 5s
    cache: 60s
    sources: {one: {get: "alpha:/{id}", required: true, forward: [x-api-key], cache: 60s}}
  - path: /session/{id}
    cache: {ttl: 60s, key: "session:{id}"}
    headers: {x-session: {}}
    sources:
      session: {get: "beta:/{id}/session/{headers.x-session}", hide: true}
      one: {get: "alpha:/{id}", set_headers: {authorization: "Bearer {session.token}"}, cache: 60s}
  - path: /machine/{id}
    timeout: 5s
    cache: 60s
    sources:
      session: {get: "beta:/{id}/session", required: true, hide: true}
      one:
        get: "alpha:/{id}"
        required: true
        set_headers: {authorization: "Bearer {session.token}"}
        cache: 60s
"""


def who(address):
    return [("X-Forwarded-For", address)]


def addresses(n):
    return [f"192.0.2.{i + 1}" for i in range(n)]


class Whose:
    """Tells each client its address, once it may."""

    def __init__(self, is_held=False, is_own=True):
        self.may = threading.Event()
        self.is_own = is_own
        if not is_held:
            self.may.set()

    def __call__(self, connection, request):
        connection.wait(self.may)
        vary = [("Vary", "X-Forwarded-For")] if self.is_own else []
        return answer({"you": request["x-forwarded-for"].split(",")[0]}, fields=vary)(connection, request)


def metric(gateway, result):
    text = gateway.get("/metrics", place="admin").body.decode()
    name = 'sheaf_cache_lookups_total{cache="endpoint",result="%s"} ' % result
    return int(text.split(name)[1].split()[0])


def asked(gateway, key):
    return len(gateway["alpha"].requests(f"/{key}"))


def ask_all(gateway, target, them):
    """All ask at once, and wait for one run; the connections."""
    before = metric(gateway, "coalesced")
    clients = [gateway.client() for _ in them]
    for client, address in zip(clients, them):
        client.ask(target, fields=who(address))
    wait_for(lambda: metric(gateway, "coalesced") == before + len(them) - 1)
    return clients


def expect_own(whose, clients, them, shown=lambda own: own):
    """From now on; each is answered what was made for its address."""
    whose.may.set()
    for client, address in zip(clients, them):
        assert client.answer().json() == {"one": shown({"you": address})}
        client.close()


def test_each_address_has_its_own_one_after_the_other(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", Whose())
    for address in addresses(3) * 2:
        got = gateway.get(f"/own/{key}", fields=who(address))
        assert got.json() == {"one": {"you": address}}
        assert "max-age" not in got["cache-control"] or got["cache-control"].startswith("private, ")
        assert not got["cache-status"].startswith("sheaf; hit; ttl=")
    assert asked(gateway, key) == 3


def test_each_address_has_its_own_whatever_credentials_it_has(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", Whose())
    for address in addresses(3) * 2:
        got = gateway.get(f"/keyed/{key}", fields=[*who(address), ("X-Api-Key", "one and the same")])
        assert got.json() == {"one": {"you": address}}
        assert not got["cache-status"].startswith("sheaf; hit; ttl=")
    assert asked(gateway, key) == 3


def test_what_is_made_with_a_machines_token_is_everybodys(gateway):
    """The token is another source's answer, so that the whole is of what its key has; yet it is told as
    private, as its part is."""
    key = fresh()
    gateway["alpha"].on(f"/{key}", Whose(is_own=False))
    gateway["beta"].on(f"/{key}/session", answer({"token": "t1"}))
    misses = metric(gateway, "miss")
    them = addresses(3)
    for address in them:
        got = gateway.get(f"/machine/{key}", fields=who(address))
        assert got.json() == {"one": {"you": them[0]}}
        assert got["cache-control"].startswith("private, max-age=")
    assert got["cache-status"].startswith("sheaf; hit; ttl=")
    assert metric(gateway, "miss") == misses + 1
    assert asked(gateway, key) == len(gateway["beta"].requests(f"/{key}/session")) == 1


def test_what_is_made_with_ones_session_is_nobody_elses_under_a_key_that_does_not_name_it(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", lambda connection, request: answer({"by": request["authorization"]})(connection, request))
    for who_asks in ("a", "b", "a"):
        gateway["beta"].on(f"/{key}/session/{who_asks}", answer({"token": who_asks}))
        got = gateway.get(f"/session/{key}", fields=[("X-Session", who_asks)])
        assert got.json() == {"one": {"by": f"Bearer {who_asks}"}}
        assert not got["cache-status"].startswith("sheaf; hit; ttl=")


def test_each_address_has_its_own_at_one_time(gateway):
    key, whose, them = fresh(), Whose(is_held=True), addresses(8)
    gateway["alpha"].on(f"/{key}", whose)
    clients = ask_all(gateway, f"/own/{key}", them)
    expect_own(whose, clients, them)
    assert asked(gateway, key) == len(them)


def test_those_of_one_address_ask_once(gateway):
    key, whose = fresh(), Whose(is_held=True)
    them = ["192.0.2.1"] + ["192.0.2.2"] * 7
    gateway["alpha"].on(f"/{key}", whose)
    clients = ask_all(gateway, f"/own/{key}", them)
    expect_own(whose, clients, them)
    assert asked(gateway, key) == 2, gateway.stderr()


def test_then_nobody_waits_for_another_for_a_while(gateway):
    key, whose = fresh(), Whose()
    gateway["alpha"].on(f"/{key}", whose)
    gateway.get(f"/own/{key}", fields=who("192.0.2.9"))
    whose.may.clear()
    before = metric(gateway, "coalesced")
    clients = [gateway.client() for _ in range(4)]
    for client, address in zip(clients, addresses(4)):
        client.ask(f"/own/{key}", fields=who(address))
    wait_for(lambda: asked(gateway, key) == 5)
    assert metric(gateway, "coalesced") == before
    expect_own(whose, clients, addresses(4))


def test_nor_is_a_partial_answer_another_ones(gateway):
    key, whose, them = fresh(), Whose(is_held=True), addresses(3)
    gateway["alpha"].on(f"/{key}", whose)
    gateway["beta"].on(f"/{key}", answer({}, 500))
    clients = ask_all(gateway, f"/part/{key}", them)
    whose.may.set()
    for client, address in zip(clients, them):
        got = client.answer()
        assert got.json()["one"] == {"you": address} and not got.is_complete()
        client.close()


def test_nor_is_what_an_element_made_ones_own(gateway):
    key, whose, them = fresh(), Whose(is_held=True), addresses(3)
    gateway["alpha"].on(f"/{key}", whose)
    clients = ask_all(gateway, f"/list/{key}?ids=1", them)
    expect_own(whose, clients, them, lambda own: [own])


def test_what_was_everybodys_and_is_not_any_more_is_forgotten(gateway):
    key, whose = fresh(), Whose(is_own=False)
    gateway["alpha"].on(f"/{key}", whose)
    gateway.get(f"/soon/{key}", fields=who("192.0.2.1"))
    whose.is_own = True
    time.sleep(1.1)
    gateway.get(f"/soon/{key}", fields=who("192.0.2.1"))
    wait_for(lambda: asked(gateway, key) == 2)
    wait_for(lambda: gateway.get(f"/soon/{key}", fields=who("192.0.2.2")).json() == {"one": {"you": "192.0.2.2"}})
    for address in addresses(3):
        assert gateway.get(f"/soon/{key}", fields=who(address)).json() == {"one": {"you": address}}


def test_a_hurried_clients_answer_is_its_own_too(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", Whose())
    hurried = [("X-Request-Timeout-Ms", "4000")]
    assert gateway.get(f"/own/{key}", fields=who("192.0.2.1") + hurried).json() == {"one": {"you": "192.0.2.1"}}
    assert gateway.get(f"/own/{key}", fields=who("192.0.2.2")).json() == {"one": {"you": "192.0.2.2"}}


def test_nor_is_what_memory_does_not_take_another_ones(start):
    gateway = start(CONFIG.replace("services:", "cache: {memory: 0B}\nservices:"))
    key, whose, them = fresh(), Whose(is_held=True), addresses(4)
    gateway["alpha"].on(f"/{key}", whose)
    clients = ask_all(gateway, f"/own/{key}", them)
    expect_own(whose, clients, them)


def test_nor_is_what_was_purged_on_its_way(gateway):
    key, whose, them = fresh(), Whose(is_held=True), addresses(4)
    gateway["alpha"].on(f"/{key}", whose)
    clients = ask_all(gateway, f"/own/{key}", them[:3])
    before = metric(gateway, "coalesced")
    body = b'{"key":"alpha:/%s"}' % key.encode()
    assert gateway.get("/cache/purge", "POST", body=body, place="admin").status == 200
    clients.append(gateway.client().ask(f"/own/{key}", fields=who(them[3])))
    wait_for(lambda: metric(gateway, "coalesced") == before + 1)
    misses = metric(gateway, "miss")
    expect_own(whose, clients, them)
    assert asked(gateway, key) == len(them)
    assert metric(gateway, "miss") == misses + 3
