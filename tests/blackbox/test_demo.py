"""test_demo.py - sheaf demo: eight services, the gateway over them, a page to look at (CONTRACT 2)

The demo's ports are fixed, so that what it prints can be typed: where one is taken, this is
skipped with a notice.
"""

import contextlib
import gzip
import json
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cases import table
from client import Client
from gateway import ROOT, SHEAF, run, wait_for
from stream import SSE, Stream
from typed import curl

GATEWAY, PAGE, ADMIN = (f"127.0.0.1:{port}" for port in (8080, 8081, 9090))
FIRST = 9001
SERVICES = {
    "product": "/products/", "inventory": "/inventory/", "pricing": "/prices/",
    "reviews": "/reviews/", "shipping": "/shipping/", "media": "/media/",
    "related": "/related/", "seller": "/sellers/",
}
CONFIG = ROOT / "examples" / "product-page" / "sheaf.yaml"
PRODUCT = "/api/aggregated/product?id=1042"


def taken_ports():
    taken = []
    for port in (8080, 8081, 9090, *range(FIRST, FIRST + len(SERVICES))):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                taken.append(port)
    return taken


def accepts(address):
    try:
        Client(address).close()
        return True
    except OSError:
        return False


class Demo:
    def __init__(self, folder):
        self.out, self.err = folder / "stdout", folder / "stderr"
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [SHEAF, "demo"], stdin=subprocess.DEVNULL, stdout=out, stderr=err, cwd=folder
            )
        wait_for(lambda: self.process.poll() is not None or accepts(GATEWAY) and accepts(PAGE))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(10)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module", autouse=True)
def demo(folder):
    if taken := taken_ports():
        pytest.skip(f"the demo's ports are taken: {taken}")
    one = Demo(folder)
    yield one
    try:
        code = one.stop()
    finally:
        one.kill()
    assert code == 0, f"exit code {code}: {one.err.read_text()}"
    assert one.err.read_text() == ""


def get(address, target, **more):
    with Client(address) as client:
        return client.get(target, **more)


@pytest.mark.parametrize("name", SERVICES)
class TestService:
    def ask(self, name, query=""):
        port = FIRST + list(SERVICES).index(name)
        return get(f"127.0.0.1:{port}", SERVICES[name] + "1042" + query)

    def test_can_be_asked_alone(self, name):
        got = self.ask(name)
        assert got.status == 200 and "1042" in got.json().values()
        assert 0.004 < got.seconds < 0.5, "a believable time"

    def test_breaks_by_its_own_name_only(self, name):
        assert self.ask(name, f"?break={name}").status == 503
        others = "&".join(f"break={other}" for other in SERVICES if other != name)
        assert self.ask(name, "?" + others).status == 200


def test_a_slow_service_is_late_by_two_seconds():
    assert get(f"127.0.0.1:{FIRST}", "/products/1?slow=product").seconds >= 2


class TestGateway:
    def test_one_answer_is_made_of_eight(self):
        got = get(GATEWAY, PRODUCT)
        assert got.status == 200 and got.is_complete() and list(got.json()) == list(SERVICES)
        assert got.json()["seller"]["id"] == got.json()["product"]["seller"]["id"]

    @table(
        "query, status, failures",
        ("a broken one is told", "break=reviews", 200, [("reviews", "status")]),
        ("two are told in their order", "break=media&break=pricing", 200,
         [("pricing", "status"), ("media", "status")]),
        ("a slow one is told", "slow=shipping", 200, [("shipping", "timeout")]),
        ("without the product there is no answer", "break=product", 502, [("product", "status")]),
    )
    def test_failures(self, query, status, failures):
        got = get(GATEWAY, f"{PRODUCT}&{query}")
        assert (got.status, got.failures()) == (status, failures)
        assert got.seconds < 0.8 + 0.4

    def test_a_fallback_stands_in(self):
        assert get(GATEWAY, PRODUCT + "&break=reviews").json()["reviews"]["items"] == []

    def test_it_serves_the_example_byte_for_byte(self, demo):
        assert [fd.read_bytes() for fd in open_files(demo.process.pid)] == [CONFIG.read_bytes()]

    def test_the_admin_address_answers(self):
        assert get(ADMIN, "/readyz").status == 200


def open_files(pid):
    """What the demo holds in memory under the name of a configuration."""
    found = []
    for fd in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # of a connection that has ended meanwhile
            if "memfd:sheaf.yaml" in str(fd.readlink()):
                found.append(fd)
    return found


FOLDER = ROOT / "web" / "demo" / "dist"
FILES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}


def path_of(name):
    return "/" if name == "index.html" else f"/{name}"


@pytest.mark.parametrize("name", FILES)
class TestFile:
    def ask(self, name, *fields):
        return get(PAGE, path_of(name), fields=fields)

    def test_is_served_as_it_was_built(self, name):
        got = self.ask(name)
        assert got.status == 200 and got.body == (FOLDER / name).read_bytes()
        assert got["content-type"].split(";")[0] == TYPES[Path(name).suffix]
        assert got["content-encoding"] is None and got["vary"] == "Accept-Encoding"

    def test_is_gzipped_for_who_takes_that(self, name):
        got = self.ask(name, ("Accept-Encoding", "gzip, br"))
        assert got["content-encoding"] == "gzip"
        assert gzip.decompress(got.body) == (FOLDER / name).read_bytes()
        assert got["etag"] != self.ask(name)["etag"], "another representation"

    def test_is_not_sent_again_to_who_has_it(self, name):
        had = self.ask(name)["etag"]
        got = self.ask(name, ("If-None-Match", had))
        assert (got.status, got.body, got["etag"]) == (304, b"", had)
        assert self.ask(name, ("If-None-Match", '"another"')).status == 200


class TestPage:
    def test_loads_nothing_from_elsewhere_and_says_so(self):
        got = get(PAGE, "/")
        policy = dict(rule.split(" ", 1) for rule in got["content-security-policy"].split("; "))
        assert policy["default-src"] == "'none'" and policy["script-src"] == "'self'"
        addresses = re.findall(rb'(?:src|href)="([^"]*)"', got.body)
        assert {path.decode() for path in addresses} <= {path_of(name) for name in FILES}

    def test_weighs_at_most_100_kb(self):
        assert sum(len(gzip.compress((FOLDER / name).read_bytes())) for name in FILES) <= 100_000

    def test_shows_what_the_gateway_runs(self):
        assert get(PAGE, "/sheaf.yaml").body == CONFIG.read_bytes()

    @pytest.mark.parametrize("path", ["/favicon.ico", "/svc/product", "/svc/nobody/x", "/api"])
    def test_another_path_is_not_found(self, path):
        assert get(PAGE, path).status == 404


class TestWayThroughThePage:
    """The gateway and the services behind the page's own listener."""

    @pytest.mark.parametrize("name", SERVICES)
    def test_a_service_answers_and_tells_its_time(self, name):
        got = get(PAGE, f"/svc/{name}{SERVICES[name]}1042")
        assert got.status == 200 and "1042" in got.json().values()
        assert float(re.fullmatch(rf"{name};dur=([\d.]+)", got["server-timing"])[1]) >= 4

    def test_the_gateway_answers_as_it_does_itself(self):
        got = get(PAGE, PRODUCT)
        assert got.json() == get(GATEWAY, PRODUCT).json()
        assert got.is_complete() and "total;dur=" in got["server-timing"]

    def test_a_problem_stays_one(self):
        got = get(PAGE, "/api/aggregated/product")
        assert got.status == 400 and got["content-type"] == "application/problem+json"

    def test_a_round_trip_is_added(self):
        assert get(PAGE, "/svc/inventory/inventory/1?round_trip=300").seconds >= 0.3
        assert get(PAGE, PRODUCT + "&round_trip=250").seconds >= 0.25

    @pytest.mark.parametrize("value", ["301", "-1", "x", "99999999999999999999"])
    def test_a_round_trip_has_bounds(self, value):
        assert get(PAGE, f"{PRODUCT}&round_trip={value}").status == 400

    def test_only_get_goes_on(self):
        assert get(PAGE, PRODUCT, method="POST", body=b"{}").status == 501

    def test_a_streamed_answer_stays_streamed(self):
        with Stream(PAGE, f"{PRODUCT}&slow=shipping", SSE) as stream:
            assert list(stream.event().data) == ["product"]
            began = time.monotonic()
            *parts, done = stream.events()
        assert parts[-1].data["source"] == "shipping" and done.name == "done"
        assert time.monotonic() - began > 0.3, "the first part did not wait for the last"

    def test_an_event_source_that_has_it_all_is_told_to_stop(self):
        fields = [("Accept", "text/event-stream"), ("Last-Event-ID", "done")]
        assert get(PAGE, PRODUCT, fields=fields).status == 204

    def test_who_leaves_during_the_round_trip_has_asked_for_nothing(self):
        wait_for(lambda: counted("requests_in_flight") == 0)
        before = counted("requests_total")
        with Client(PAGE) as client:
            client.ask(PRODUCT + "&round_trip=300")
            time.sleep(0.1)
        time.sleep(0.6)
        assert counted("requests_total") == before

    def test_who_leaves_while_a_service_is_slow_takes_its_calls_along(self):
        def leaves_amid_it():
            before = counted("clients_gone_total")
            with Client(PAGE) as client:
                client.ask(PRODUCT + "&slow=shipping")
                time.sleep(0.1)
            wait_for(lambda: counted("requests_in_flight") == counted("calls_in_flight") == 0)
            return counted("clients_gone_total") > before

        wait_for(leaves_amid_it)  # a slow machine may have had the answer before it left


def counted(what):
    """What the gateway counts of this, whatever the labels."""
    text = get(ADMIN, "/metrics").body.decode()
    found = re.findall(rf"^sheaf_{what}(?:{{.*}})? (\S+)$", text, re.M)
    assert found, f"sheaf_{what} is not told"
    return sum(map(float, found))


class TestWhatServicesSay:
    def test_nothing_is_kept_until_they_say_so(self):
        target = PRODUCT.replace("1042", "kept-0")
        for _ in range(2):
            assert "hit" not in get(GATEWAY, target)["cache-status"]

    def test_what_may_be_used_again_is(self):
        target = PRODUCT.replace("1042", "kept-1") + "&max_age=30"
        get(GATEWAY, target)
        got = get(GATEWAY, target)
        assert got["cache-status"].startswith("sheaf; hit") and got["cache-control"].startswith("max-age")

    def test_pages_of_any_origin_may_read_them(self):
        got = get(f"127.0.0.1:{FIRST}", "/products/1")
        assert got["access-control-allow-origin"] == got["timing-allow-origin"] == "*"

    def test_a_phone_gets_less(self):
        got = get(GATEWAY, PRODUCT + "&view=mobile").json()
        assert list(got) == ["product", "inventory", "pricing", "reviews", "media"]
        assert list(got["product"]) == ["id", "name", "brand"]


@pytest.mark.parametrize("line", re.findall(r"^# +(curl .*)$", CONFIG.read_text(), re.MULTILINE))
def test_what_the_example_tells_to_type_is_answered(line, tmp_path):
    told = curl(line, tmp_path)
    if "text/event-stream" in line:
        assert told.startswith("event: initial\n") and "\nevent: done\n" in told
    else:
        assert json.loads(told)["product"]["id"] == "1042"


def test_the_example_tells_how_to_have_it_by_parts():
    assert "#   curl -N -H 'Accept: text/event-stream' " in CONFIG.read_text()


def test_it_prints_what_to_try(demo):
    text = demo.out.read_text()
    for word in (f"http://{PAGE}/", PRODUCT, "&break=reviews", "&slow=shipping"):
        assert word in text


def test_a_second_demo_says_which_address_is_taken():
    done = run("demo")
    assert done.returncode == 1
    assert "127.0.0.1:9001" in done.stderr and "in use" in done.stderr
    assert "ports 8080, 8081, 9090 and 9001 to 9008" in done.stderr and done.stdout == ""
