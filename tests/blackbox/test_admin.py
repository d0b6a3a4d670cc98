"""test_admin.py - the admin address: health, readiness, metrics (CONTRACT 3)"""

import re
import shutil
import subprocess

import pytest

from behaviour import answer, silent
from cases import fresh, table
from gateway import wait_for

CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
services:
  alpha: {targets: ["http://@alpha@"], timeout: 300ms}
  beta: http://@beta@
endpoints:
  - path: /one/{key}
    sources:
      one: {get: "alpha:/{key}"}
      two: {get: "beta:/{key}"}
  - path: /gate/{key}
    sources: {one: {get: "alpha:/{key}", required: true}}
"""


def admin(gateway, target, method="GET"):
    return gateway.get(target, method, place="admin")


def metrics(gateway):
    """Each sample by its name with labels, as a number."""
    text = admin(gateway, "/metrics").body.decode()
    samples = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in samples}


def total(gateway, name, *labels):
    return sum(value for key, value in metrics(gateway).items()
               if key.split("{")[0] == name and all(label in key for label in labels))


@table(
    "target, status",
    ("the process lives", "/healthz", 200), ("it tells its metrics", "/metrics", 200),
    ("it has nothing else", "/debug", 404),
    ("nor at the root", "/", 404), ("nor of the gateway's", "/one/x", 404),
    ("nor by dots", "/metrics/../healthz", 400),
)
def test_get(gateway, target, status):
    assert admin(gateway, target).status == status


def test_it_is_ready_as_soon_as_it_serves(gateway):
    wait_for(lambda: admin(gateway, "/readyz").status == 200)


def test_head_and_other_methods(gateway):
    assert admin(gateway, "/healthz", "HEAD").status == 200
    for target, method, allow in [("/metrics", "POST", "GET, HEAD"), ("/breaker", "GET", "POST"),
                                  ("/cache/purge", "PUT", "POST")]:
        refused = admin(gateway, target, method)
        assert refused.status == 405 and refused["Allow"] == allow


@pytest.mark.parametrize("target", ["/breaker", "/cache/purge"])
def test_a_web_page_changes_nothing(gateway, target):
    said = gateway.get(target, "POST", [("Origin", "http://evil.example")], b'{"all": true}',
                       place="admin")
    said.problem(403)


@pytest.mark.parametrize("target", ["/metrics", "/healthz", "/readyz", "/__debug/x", "/admin"])
def test_the_gateways_own_address_has_none_of_it(gateway, target):
    gateway.get(target).problem(404)
    gateway.get(target, host=gateway.places["admin"]).problem(404)


def test_without_an_admin_address_there_is_none(start):
    gateway = start(CONFIG.replace("admin: @admin@\n", ""))
    assert gateway.get("/metrics").status == 404


class TestMetrics:
    def test_they_are_prometheus_text(self, gateway):
        got = admin(gateway, "/metrics")
        assert got["content-type"].startswith("text/plain")
        sample = re.compile(r'[a-z_]+(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? [-+0-9.eInfNa]+')
        for line in got.body.decode().splitlines():
            assert line.startswith(("# HELP ", "# TYPE ")) or sample.fullmatch(line), line

    @pytest.mark.skipif(not shutil.which("promtool"), reason="promtool is not installed")
    def test_promtool_has_nothing_to_say(self, gateway):
        gateway.get("/one/x")
        done = subprocess.run(["promtool", "check", "metrics"], capture_output=True, check=False,
                              input=admin(gateway, "/metrics").body)
        assert (done.returncode, done.stdout + done.stderr) == (0, b"")

    def test_they_count_requests(self, gateway):
        before = total(gateway, "sheaf_requests_total")
        for target in ("/one/x", "/nowhere", "/one/y"):
            gateway.get(target)
        wait_for(lambda: total(gateway, "sheaf_requests_total") == before + 3)

    @table(
        "endpoint, behaviour, completeness",
        ("complete", "one", answer({}), "complete"), ("partial", "one", answer({}, 500), "partial"),
        ("failed", "gate", answer({}, 500), "failed"),
    )
    def test_they_count_answers_that_are(self, gateway, endpoint, behaviour, completeness):
        label = f'completeness="{completeness}"'
        before = total(gateway, "sheaf_answers_total", label)
        key = fresh()
        gateway["alpha"].on(f"/{key}", behaviour)
        gateway.get(f"/{endpoint}/{key}")
        wait_for(lambda: total(gateway, "sheaf_answers_total", label) == before + 1)

    def test_they_tell_each_sources_outcomes_and_latency(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", silent())
        gateway.get(f"/one/{key}")
        told = metrics(gateway)
        assert any("timeout" in name and "one" in name and value for name, value in told.items())
        buckets = [n for n in told if "_bucket{" in n and 'le="+Inf"' in n and '"two"' in n]
        assert buckets and all(told[name] > 0 for name in buckets)

    def test_histograms_grow_from_bucket_to_bucket(self, gateway):
        gateway.get("/one/x")
        series = {}
        for name, value in metrics(gateway).items():
            if "_bucket{" in name:
                series.setdefault(re.sub(r'le="[^"]*"', "", name), []).append(value)
        assert series and all(counts == sorted(counts) for counts in series.values())

    def test_open_connections_come_and_go(self, gateway):
        wait_for(lambda: total(gateway, "sheaf_connections_open") == 0)
        with gateway.client() as client:
            client.get("/one/x")
            assert total(gateway, "sheaf_connections_open") == 1
        wait_for(lambda: total(gateway, "sheaf_connections_open") == 0)

    def test_nothing_is_in_flight_when_nothing_is(self, gateway):
        gateway.get("/one/x")
        for name in ("sheaf_requests_in_flight", "sheaf_calls_in_flight"):
            wait_for(lambda name=name: total(gateway, name) == 0)

    def test_they_tell_of_memory(self, gateway):
        assert any("bytes" in name for name in metrics(gateway))

    def test_they_do_not_grow_with_paths(self, gateway):
        gateway.get("/one/x")
        before = len(metrics(gateway))
        for n in range(100):
            gateway.get(f"/one/path{n}?q={n}")
            gateway.get(f"/nowhere{n}")
        assert len(metrics(gateway)) == before


def test_the_admin_address_may_be_asked_many_times(gateway):
    with gateway.client("admin") as client:
        for _ in range(20):
            assert client.get("/healthz").status == 200
            assert client.get("/metrics").status == 200


def test_malformed_http_is_refused_there_too(gateway):
    with gateway.client("admin") as client:
        assert client.send(b"GET /metrics\r\n\r\n").answer().status == 400
        assert client.is_closed()
