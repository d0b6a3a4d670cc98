"""test_discovery.py - names become targets, again at their TTL (CONTRACT 3.8)"""

import re
import struct
import threading
import time

import pytest

import name_server
from behaviour import after, answer, closing
from gateway import wait_for
from name_server import A, SRV, NameServer, address, message, target
from service import Service

pytestmark = [
    pytest.mark.threads,
    pytest.mark.skipif(
        not name_server.is_possible(), reason="a name server of one's own needs rights"
    ),
]

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
log: {access: off}
services:
  shop:
    targets: "dns+srv://_http._tcp.shop.test"
    breaker: off
    balance: round-robin
endpoints:
  - path: /one
    timeout: 8s
    sources: {one: {get: "shop:/one", timeout: 8s}}
  - path: /slow
    timeout: 8s
    sources: {one: {get: "shop:/slow", timeout: 8s}}
"""
NAME = "_http._tcp.shop.test"


@pytest.fixture
def names():
    hosts = {f"{name}.shop.test": [address("127.0.0.1")] for name in ("left", "right", "third")}
    with NameServer(hosts) as server:
        yield server


@pytest.fixture
def services():
    with Service("left") as left, Service("right") as right, Service("third") as third:
        yield {"left": left, "right": right, "third": third}


@pytest.fixture
def say(names, services):
    """Says which services the name stands for from now on."""

    def begin(*which, ttl=1, **weights):
        names.records[NAME] = [
            target(f"{one}.shop.test", services[one].port, weight=weights.get(one, 1), ttl=ttl)
            for one in which
        ]

    return begin


def answering(gateway, n=24):
    """Who answers n requests, with how many of them each; all must succeed."""
    found = {}
    for _ in range(n):
        got = gateway.get("/one")
        assert got.status == 200, got.body
        one = got.json()["one"]["service"]
        found[one] = found.get(one, 0) + 1
    return found


def await_answering(gateway, *which):
    wait_for(lambda: set(answering(gateway)) == set(which))


def test_records_are_targets_from_the_first_request_on(start, names, say):
    say("left", "right")
    gateway = start(CONFIG, asks=names)
    assert gateway.get("/one").status == 200
    await_answering(gateway, "left", "right")


def test_the_host_is_the_name_behind_the_labels(start, names, services, say):
    say("left")
    gateway = start(CONFIG, asks=names)
    gateway.get("/one")
    assert services["left"].only("/one")["host"] == "shop.test"


def test_targets_come_and_go_with_their_records(start, names, say):
    say("left")
    gateway = start(CONFIG, asks=names)
    assert set(answering(gateway)) == {"left"}
    say("left", "right", "third")
    await_answering(gateway, "left", "right", "third")
    say("third")
    await_answering(gateway, "third")
    say("right", "third")
    await_answering(gateway, "right", "third")


def test_all_targets_may_be_others_at_once(start, names, say):
    say("left")
    gateway = start(CONFIG, asks=names)
    assert set(answering(gateway)) == {"left"}
    say("right")
    await_answering(gateway, "right")


@pytest.mark.parametrize("reloads", [False, True], ids=["", "over a reload"])
def test_old_targets_stay_until_a_new_one_is_found(start, names, say, reloads):
    """The new record's host has no address at first."""
    hosts = names.records.pop("right.shop.test")
    say("left")
    gateway = start(CONFIG, asks=names)
    assert set(answering(gateway)) == {"left"}
    asked = len(names.asked)
    say("right")
    wait_for(lambda: ("right.shop.test", name_server.A) in names.asked[asked:])
    assert set(answering(gateway)) == {"left"}
    if reloads:
        gateway.reload(CONFIG + '  - {path: /new, sources: {one: {get: "shop:/x"}}}\n')
        wait_for(lambda: gateway.get("/new").status != 404)
        assert set(answering(gateway)) == {"left"}
    names.records["right.shop.test"] = hosts
    await_answering(gateway, "right")


def test_only_the_lowest_priority_is_used(start, names, services, say):
    say("left")
    names.records[NAME].append(target("right.shop.test", services["right"].port, priority=2))
    gateway = start(CONFIG, asks=names)
    assert answering(gateway, 40) == {"left": 40}
    names.records[NAME] = names.records[NAME][1:]
    await_answering(gateway, "right")


def test_weights_are_heeded(start, names, say):
    config = CONFIG.replace("workers: 2", "workers: 1")
    say("left", "right", left=1, right=4)
    gateway = start(config, asks=names)
    await_answering(gateway, "left", "right")
    assert answering(gateway, 100) == {"left": 20, "right": 80}
    say("left", "right", left=4, right=1)
    wait_for(lambda: answering(gateway, 100) == {"left": 80, "right": 20})


def test_a_name_that_stops_resolving_keeps_its_targets(start, names, say):
    say("left", "right")
    gateway = start(CONFIG, asks=names)
    await_answering(gateway, "left", "right")
    for gone in ([], None):
        names.records[NAME] = gone
        asked = len(names.asked)
        wait_for(lambda: len(names.asked) >= asked + 4)
        assert set(answering(gateway)) == {"left", "right"}
        if gone is not None:
            say("left", "right")
            wait_for(lambda: names.asked.count((NAME, name_server.SRV)) > 3)
    names.is_silent = True
    time.sleep(1.5)
    assert set(answering(gateway)) == {"left", "right"}


def test_a_reload_keeps_targets_whose_name_has_stopped_resolving(start, names, say):
    say("left", "right")
    gateway = start(CONFIG, asks=names)
    await_answering(gateway, "left", "right")
    names.records.clear()
    gateway.reload(CONFIG + "  - {path: /two, sources: {one: {get: 'shop:/one'}}}\n")
    wait_for(lambda: all(gateway.get("/two").status == 200 for _ in range(10)))
    assert set(answering(gateway)) == {"left", "right"}


def test_calls_in_flight_are_not_touched(start, names, services, say):
    services["left"].on("/slow", after(4, answer({"service": "left"})))
    say("left")
    gateway = start(CONFIG, asks=names)
    got = []
    asking = threading.Thread(target=lambda: got.append(gateway.get("/slow")))
    asking.start()
    connection = services["left"].wait_requests("/slow")[0].connection
    say("right")
    await_answering(gateway, "right")
    assert not got, "the call is still under way"
    asking.join()
    assert got[0].status == 200 and got[0].json()["one"] == {"service": "left"}
    assert connection.closed.wait(5), "and its connection is not kept"


def test_no_request_fails_while_targets_come_and_go(start, names, say):
    say("left")
    gateway = start(CONFIG, asks=names)
    stop, failed, n = threading.Event(), [], [0]

    def ask():
        with gateway.client() as client:
            while not stop.is_set():
                got = client.get("/one")
                n[0] += 1
                if got.status != 200 or not got.is_complete():
                    failed.append(got.body)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for which in (["right"], ["left", "right"], ["third"], ["left", "right", "third"], ["left"]):
        say(*which)
        await_answering(gateway, *which)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed and n[0] > 100


def test_targets_of_records_are_checked_like_others(start, names, services, say):
    config = CONFIG.replace("breaker: off", "health: {every: 50ms, fall: 2, rise: 2}")
    services["left"].on("/health", answer({}, 503))
    say("left", "right")
    gateway = start(config, asks=names)
    await_answering(gateway, "right")
    text = gateway.get("/metrics", place="admin").body.decode()
    for name, value in (("left", 0), ("right", 1)):
        label = re.escape('service="shop",target="%s.shop.test:%d"' % (name, services[name].port))
        assert re.search(r"sheaf_target_healthy\{%s\} %d" % (label, value), text), text
    say("left", "third")
    await_answering(gateway, "third")
    services["left"].on("/health", answer({}))
    await_answering(gateway, "left", "third")


def test_names_and_records_may_stand_side_by_side(start, names, services, say):
    say("left")
    config = CONFIG.replace(
        '"dns+srv://_http._tcp.shop.test"',
        '["dns+srv://_http._tcp.shop.test", "http://right.shop.test:%d"]' % services["right"].port)
    gateway = start(config, asks=names)
    await_answering(gateway, "left", "right")
    say("third")
    await_answering(gateway, "right", "third")


def test_an_answer_too_long_for_udp_is_asked_for_by_tcp(start, names, services, say):
    say("left", "right")
    for n in range(40):
        host = f"copy-{n:02}.left.shop.test"
        names.records[host] = [address("127.0.0.1", ttl=30)]
        names.records[NAME].append(target(host, services["left"].port))
    gateway = start(CONFIG.replace("workers: 2", "workers: 1"), asks=names)
    await_answering(gateway, "left", "right")
    wait_for(lambda: answering(gateway, 42) == {"left": 41, "right": 1})
    assert names.n_by_tcp
    say("right")
    await_answering(gateway, "right")


class TestAddresses:
    CONFIG = CONFIG.replace("dns+srv://_http._tcp.shop.test", "http://host.test:@port@")

    def test_a_name_is_asked_for_again_at_its_time_to_live(self, start, names):
        with Service("first", host="127.0.0.2") as first, \
                Service("second", host="127.0.0.3", port=first.port):
            names.records["host.test"] = [address("127.0.0.2", ttl=1)]
            gateway = start(self.CONFIG, asks=names, port=first.port)
            assert set(answering(gateway)) == {"first"}
            names.records["host.test"] = [address("127.0.0.3", ttl=1)]
            await_answering(gateway, "second")
            names.records["host.test"] = None
            asked = len(names.asked)
            wait_for(lambda: len(names.asked) >= asked + 4)
            assert set(answering(gateway)) == {"second"}

    def test_a_long_time_to_live_is_heeded(self, start, names):
        with Service("first", host="127.0.0.2") as first:
            names.records["host.test"] = [address("127.0.0.2", ttl=30)]
            gateway = start(self.CONFIG, asks=names, port=first.port)
            assert set(answering(gateway)) == {"first"}
            asked = len(names.asked)
            time.sleep(2)
            assert len(names.asked) == asked

    def test_a_reload_keeps_the_addresses_of_a_name_that_has_stopped_resolving(self, start, names):
        with Service("first", host="127.0.0.2") as first:
            names.records["host.test"] = [address("127.0.0.2", ttl=30)]
            gateway = start(self.CONFIG, asks=names, port=first.port)
            assert set(answering(gateway)) == {"first"}
            names.records.clear()
            gateway.reload(
                self.CONFIG + "  - {path: /two, sources: {one: {get: 'shop:/one'}}}\n")
            wait_for(lambda: all(gateway.get("/two").status == 200 for _ in range(10)))

    def test_an_address_that_refuses_costs_no_call(self, start, names):
        """One target, tried once: its next address is."""
        with Service("second", host="127.0.0.3") as second:
            names.records["host.test"] = [address(f"127.0.0.{n}", ttl=30) for n in (2, 3, 4)]
            gateway = start(self.CONFIG, asks=names, port=second.port)
            for _ in range(9):
                second.on("/one", closing(answer({"service": "second"})))  # each connects anew
                assert answering(gateway, 1) == {"second": 1}


SOME = 256  # targets that a name may have


class TestManyTargets:
    """One service plays all of them: each is an address of its own."""

    CONFIG = CONFIG.replace("workers: 2", "workers: 1")

    @pytest.fixture
    def many(self):
        with Service("many", host="0.0.0.0") as service:
            service.otherwise = lambda connection, request: answer(
                {"at": connection.stream.getsockname()[0], "host": request["host"]}
            )(connection, request)
            yield service

    @staticmethod
    def at(n):
        return f"127.0.{4 + n // 250}.{1 + n % 250}"

    def say(self, names, many, numbers, name=NAME):
        """The name's targets are these, in an order that is not theirs."""
        for n in numbers:
            names.records[f"t{n:03}.shop.test"] = [address(self.at(n), ttl=60)]
        names.records[name] = [target(f"t{n:03}.shop.test", many.port) for n in reversed(numbers)]

    def expect(self, gateway, numbers):
        """These are called in turn, and no others."""
        def round_():
            with gateway.client() as client:
                return {client.get("/one").json()["one"]["at"] for _ in range(2 * SOME)}

        wait_for(lambda: round_() == {self.at(n) for n in numbers}, timeout=20)

    @staticmethod
    def told(gateway):
        return gateway.stderr().count("name more targets")

    def test_each_record_of_a_large_answer_is_a_target(self, start, names, many):
        self.say(names, many, range(SOME))
        gateway = start(self.CONFIG, asks=names)
        self.expect(gateway, range(SOME))
        assert names.n_by_tcp and not self.told(gateway)

    def test_all_of_them_may_be_others_at_once(self, start, names, many):
        self.say(names, many, range(SOME))
        gateway = start(self.CONFIG, asks=names)
        self.expect(gateway, range(SOME))
        self.say(names, many, range(SOME, 2 * SOME))
        self.expect(gateway, range(SOME, 2 * SOME))
        assert not self.told(gateway)

    def test_of_more_the_first_are_used_and_it_is_said_once(self, start, names, many):
        self.say(names, many, range(400))
        gateway = start(self.CONFIG, asks=names)
        self.expect(gateway, range(SOME))
        assert self.told(gateway) == 1
        self.say(names, many, range(10, 400))
        self.expect(gateway, range(10, 10 + SOME))
        gateway.reload(self.CONFIG + "  - {path: /two, sources: {one: {get: 'shop:/one'}}}\n")
        wait_for(lambda: gateway.get("/two").status == 200)
        self.say(names, many, range(20, 400))
        self.expect(gateway, range(20, 20 + SOME))
        assert self.told(gateway) == 1
        self.say(names, many, range(100))
        self.expect(gateway, range(100))
        self.say(names, many, range(400))
        self.expect(gateway, range(SOME))
        assert self.told(gateway) == 2

    def test_of_two_names_too(self, start, names, many):
        other = "_http._tcp.other.test"
        config = self.CONFIG.replace(
            '"dns+srv://_http._tcp.shop.test"', f'["dns+srv://{NAME}", "dns+srv://{other}"]')
        self.say(names, many, range(200))
        self.say(names, many, range(200, 400), other)
        gateway = start(config, asks=names)
        wait_for(lambda: self.told(gateway) == 1)
        self.say(names, many, range(50))
        self.expect(gateway, [*range(50), *range(200, 400)])
        assert self.told(gateway) == 1

    def test_as_many_may_be_configured(self, start, names, many):
        addresses = [f"{self.at(n)}:{many.port}" for n in range(SOME)]
        listed = ", ".join(f"http://{one}" for one in addresses)
        config = self.CONFIG.replace('"dns+srv://_http._tcp.shop.test"', f"[{listed}]")
        gateway = start(config)
        got = [gateway.get("/one").json()["one"] for _ in range(SOME)]
        assert sorted(one["host"] for one in got) == sorted(addresses), "each in its turn"


def looping(question):
    """host.test is other.test, which is host.test."""
    alias = 5
    there, back = ((alias, 1, b"\x05other\xc0\x11"), (alias, 1, b"\xc0\x0c"))
    first = message(question, [there])
    where = struct.pack(">H", 0xC000 | len(first) - len(there[2]))
    return first[:7] + b"\2" + first[8:] + message(question, [back], owner=where)[len(message(question, [])):]


def cut_in(question, kept):
    whole = message(question, [address("127.0.0.9")] * 4)
    return whole[: len(whole) - kept]


def named(host):
    """A record with these bytes for its host's first label."""
    return lambda question: message(
        question, [(SRV, 1, struct.pack(">HHH", 1, 1, 9) + bytes([len(host)]) + host + b"\4test\0")])


# What a name server may say: by it nobody is called, and who was called before still is.
BAD = {
    "no such name": None,
    "no records": [],
    "a failure": lambda question: message(question, [], code=2),
    "names in a circle": looping,
    "an answer that breaks off": lambda question: cut_in(question, 3),
    "one that is all but empty": lambda question: question[:2] + b"\x81\x80",
    "one that says it is cut, by TCP too": lambda question: NameServer.cut(question),
    "more records than there are": lambda question: message(question, [])[:6] + b"\xff\xff" + message(question, [])[8:],
}
BAD_RECORDS = {
    "a NUL in a name": named(b"a\0b"),
    "a line's end in a name": named(b"a\r\nx"),
    "a label that leads to itself": lambda question: message(
        question, [(SRV, 1, struct.pack(">HHH", 1, 1, 9) + b"\xc0" + bytes([len(message(question, [])) + 18]))]),
}


class TestBadAnswers:
    """Each name has a service of its own, all of which suffer at once."""

    NAMES = {f"a{n}.test": bad for n, bad in enumerate(BAD.values())}
    RECORDS = {f"_http._tcp.s{n}.test": bad for n, bad in enumerate([*BAD.values(), *BAD_RECORDS.values()])}

    def config(self, port):
        urls = [f"http://{name}:{port}" for name in self.NAMES] + [f"dns+srv://{name}" for name in self.RECORDS]
        return "\n".join([
            "listen: @listen@", "workers: 1", "log: {access: off}", "services:",
            *(f"  x{n}: {{targets: ['{url}'], breaker: off}}" for n, url in enumerate(urls)),
            "endpoints:",
            *(f"  - {{path: /{n}, sources: {{one: {{get: 'x{n}:/'}}}}}}" for n in range(len(urls))), ""])

    def all_at(self, names, port, who, host):
        names.records[f"{who}.test"] = [address(host)]
        for name in self.NAMES:
            names.records[name] = [address(host)]
        for name in self.RECORDS:
            names.records[name] = [target(f"{who}.test", port)]

    def others(self, gateway, who):
        """What is answered by somebody else, or nobody."""
        all_ = [*BAD, *(f"records: {what}" for what in [*BAD, *BAD_RECORDS])]
        got = [gateway.get(f"/{n}").json()["one"] for n in range(len(all_))]
        return [what for what, one in zip(all_, got, strict=True) if not one or one["service"] != who]

    def test_the_last_targets_stay(self, start, names):
        with Service("first", host="127.0.0.2") as first, \
                Service("second", host="127.0.0.3", port=first.port):
            self.all_at(names, first.port, "first", "127.0.0.2")
            gateway = start(self.config(first.port), asks=names)
            wait_for(lambda: not self.others(gateway, "first"))
            names.records.update({**self.NAMES, **self.RECORDS})
            asked = len(names.asked)
            wait_for(lambda: all(
                sum(name == one for one, _ in names.asked[asked:]) for name in [*self.NAMES, *self.RECORDS]))
            time.sleep(0.5)  # until what was said last has been read
            assert not self.others(gateway, "first")
            self.all_at(names, first.port, "second", "127.0.0.3")
            wait_for(lambda: not self.others(gateway, "second"), timeout=20, step=0.2)

    def test_a_name_of_500_addresses_is_called_at_few_of_them(self, start, names):
        config = CONFIG.replace("dns+srv://_http._tcp.shop.test", "http://host.test:@port@")
        with Service("many", host="0.0.0.0") as many:
            names.records["host.test"] = [address(f"127.0.{4 + n // 250}.{1 + n % 250}", ttl=30) for n in range(500)]
            many.otherwise = lambda connection, request: closing(answer(
                {"service": connection.stream.getsockname()[0]}))(connection, request)
            gateway = start(config, asks=names, port=many.port)
            assert 8 <= len(answering(gateway, 60)) <= 16
            assert names.n_by_tcp

    def test_a_time_to_live_of_none_is_a_second(self, start, names):
        config = CONFIG.replace("dns+srv://_http._tcp.shop.test", "http://host.test:@port@")
        with Service("one", host="127.0.0.2") as one:
            names.records["host.test"] = [address("127.0.0.2", ttl=0)]
            gateway = start(config, asks=names, port=one.port)
            assert answering(gateway, 1) == {"one": 1}
            time.sleep(2.5)
            assert 2 <= names.asked.count(("host.test", A)) <= 4
