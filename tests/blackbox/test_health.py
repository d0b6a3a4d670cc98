"""test_health.py - active health checks: who fails them is not called (CONTRACT 3.8)"""

import re
import threading
import time

import pytest

from behaviour import after, answer, closing, raw
from cases import table
from gateway import wait_for
from places import refusing
from service import Service

pytestmark = pytest.mark.threads

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
log: {access: off}
services:
  alpha:
    targets: ["http://@left@", "http://@right@"]
    balance: round-robin
    host: alpha.test
    health: {path: "/health?deep=1", every: 50ms, timeout: 300ms, fall: 3, rise: 2}
endpoints:
  - path: /one
    timeout: 5s
    sources: {one: {get: "alpha:/one", timeout: 4s}}
"""

FINE = answer({"status": "ok"})
ILL = answer({"status": "ill"}, 503)


def healthy(gateway, place):
    """What /metrics says of the health of a target; None where it says nothing."""
    text = gateway.get("/metrics", place="admin").body.decode()
    found = re.search(
        r'^sheaf_target_healthy\{service="alpha",target="%s"\} (\d)$' % re.escape(place), text, re.M
    )
    return int(found[1]) if found else None


def checks(gateway, place, result):
    text = gateway.get("/metrics", place="admin").body.decode()
    return int(re.search(
        r'^sheaf_health_checks_total\{service="alpha",target="%s",result="%s"\} (\d+)$'
        % (re.escape(place), result), text, re.M,
    )[1])


def await_health(gateway, service, is_healthy):
    place = getattr(service, "address", service)
    wait_for(lambda: healthy(gateway, place) == is_healthy)


def shares(gateway, n=24):
    """How many of n requests each service answered; all must succeed."""
    before = {name: len(gateway[name].requests("/one")) for name in ("left", "right")}
    for _ in range(n):
        got = gateway.get("/one")
        assert got.status == 200 and got.is_complete(), got.body
    return tuple(len(gateway[name].requests("/one")) - before[name] for name in ("left", "right"))


@pytest.fixture
def both(start):
    """A gateway whose two targets begin well."""
    with Service("left") as left, Service("right") as right:
        for service in (left, right):
            service.on("/health", FINE)
        yield start(CONFIG, left=left, right=right)


def test_a_check_is_a_plain_get_with_the_host_that_calls_have(both):
    request = both["left"].wait_requests("/health?deep=1", 2)[0]
    assert (request.method, request.target) == ("GET", "/health?deep=1")
    assert request["host"] == "alpha.test"
    assert request["user-agent"] == "sheaf"
    assert request.body == b""


def test_checks_come_at_their_interval(both):
    came = both["left"].wait_requests("/health?deep=1", 12)
    gaps = [b.arrived - a.arrived for a, b in zip(came, came[1:])]
    assert 0.04 < sum(gaps) / len(gaps) < 0.1


def test_targets_begin_healthy(both):
    assert healthy(both, both["left"].address) == healthy(both, both["right"].address) == 1
    assert min(shares(both)) >= 4
    assert checks(both, both["left"].address, "bad") == 0


def test_who_fails_its_checks_is_not_called_until_it_is_well_again(both):
    both["left"].on("/health", ILL)
    await_health(both, both["left"], 0)
    assert "fails its health checks" in both.stderr()
    wait_for(lambda: shares(both) == (0, 24))
    assert checks(both, both["left"].address, "bad") >= 3
    both["left"].on("/health", FINE)
    await_health(both, both["left"], 1)
    assert "is well again" in both.stderr()
    left, right = shares(both)
    assert left and right


def test_one_bad_check_is_not_enough(both):
    state = {"n": 0}

    def two_of_three_bad(connection, request):
        state["n"] += 1
        (FINE if state["n"] % 3 == 0 else ILL)(connection, request)

    both["left"].on("/health", two_of_three_bad)
    wait_for(lambda: state["n"] >= 12)
    assert healthy(both, both["left"].address) == 1
    assert checks(both, both["left"].address, "bad") >= 6


def test_where_all_fail_all_are_used(both):
    for service in ("left", "right"):
        both[service].on("/health", ILL)
    for service in ("left", "right"):
        await_health(both, both[service], 0)
    assert min(shares(both)) >= 4


@table(
    "behaviour",
    ("a redirect", answer({}, 302, [("Location", "/fine")])),
    ("a client's error", answer({}, 404)),
    ("no answer in time", after(1, FINE)),
    ("an end without an answer", closing()),
    ("an answer that breaks off", closing(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"))),
    ("what is not HTTP", closing(raw(b"SSH-2.0-OpenSSH\r\n"))),
)
def test_what_is_a_bad_check(both, behaviour):
    both["left"].on("/health", behaviour)
    await_health(both, both["left"], 0)
    assert shares(both, 4) == (0, 4)


@table(
    "behaviour",
    ("no content", answer(status=204)),
    ("an answer to the end of the connection", closing(raw(b"HTTP/1.1 200 OK\r\n\r\nfine"))),
    ("a very long answer", answer(b"x" * 1000000, kind="text/plain")),
    ("a connection that is closed each time", closing(FINE)),
)
def test_what_is_a_good_check(both, behaviour):
    for service in ("left", "right"):
        both[service].on("/health", behaviour)
    place = both["left"].address
    before = checks(both, place, "good")
    wait_for(lambda: checks(both, place, "good") >= before + 4)
    assert healthy(both, place) == 1 and checks(both, place, "bad") == 0


def test_a_refused_connection_is_a_bad_check(start):
    with refusing() as place, Service("right") as right:
        right.on("/health", FINE)
        gateway = start(CONFIG, left=place, right=right)
        await_health(gateway, place, 0)
        for _ in range(8):
            assert gateway.get("/one").is_complete()


def test_a_reload_keeps_what_is_known(both):
    """Neither a moment in which the ill target is called, nor checks begun anew."""
    both["left"].on("/health", ILL)
    await_health(both, both["left"], 0)
    known = checks(both, both["left"].address, "bad")
    assert known >= 3
    both.reload(CONFIG + "  - {path: /two, sources: {one: {get: 'alpha:/one'}}}\n")
    wait_for(lambda: all(both.get("/two").status == 200 for _ in range(10)))
    before = len(both["left"].requests("/one"))
    for _ in range(10):
        assert both.get("/two").is_complete()
    assert len(both["left"].requests("/one")) == before
    assert checks(both, both["left"].address, "bad") >= known
    assert both.stderr().count("fails its health checks") == 1


def test_other_checks_begin_anew(both):
    both["left"].on("/health", ILL).on("/live", FINE)
    both["right"].on("/live", FINE)
    await_health(both, both["left"], 0)
    both.reload(CONFIG.replace("/health?deep=1", "/live"))
    await_health(both, both["left"], 1)


def test_without_health_nobody_is_checked(start):
    config = re.sub(r"\n    health: .*", "", CONFIG)
    gateway = start(config)
    assert gateway.get("/one").is_complete()
    time.sleep(0.2)
    assert not gateway["left"].requests("/health?deep=1")
    assert healthy(gateway, gateway["left"].address) is None


def test_tls_targets_are_checked_by_tls(start, authority):
    config = CONFIG.replace("http://@left@", "https://@left@").replace(
        "    balance:", f"    tls: {{ca: {authority.ca}, server_name: service.test}}\n    balance:"
    )
    tls = authority.server("checked")
    with Service("left", tls=tls) as left, Service("right") as right:
        for service in (left, right):
            service.on("/health", FINE)
        gateway = start(config, left=left, right=right)
        left.wait_requests("/health?deep=1", 3)
        assert healthy(gateway, left.address) == 1
        left.on("/health", ILL)
        await_health(gateway, left, 0)
        assert gateway.get("/one").is_complete()


def test_no_request_fails_while_targets_fall_and_rise(both):
    """The targets answer all the time; only their checks come and go."""
    stop = threading.Event()
    failed = []

    def ask():
        with both.client() as client:
            while not stop.is_set():
                got = client.get("/one")
                if not got.is_complete():
                    failed.append(got.body)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for service in ("left", "right", "left"):
        both[service].on("/health", ILL)
        await_health(both, both[service], 0)
        both[service].on("/health", FINE)
        await_health(both, both[service], 1)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failed
