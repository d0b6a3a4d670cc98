"""test_demo.py - sheaf demo: eight services, the gateway over them, a page to look at (CONTRACT 2)

The demo's ports are fixed, so that what it prints can be typed: where one is taken, this is
skipped with a notice.
"""

import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cases import table
from client import Client
from gateway import ROOT, SHEAF, run, wait_for

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


def get(address, target):
    with Client(address) as client:
        return client.get(target)


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
    found = Path(f"/proc/{pid}/fd").iterdir()
    return [fd for fd in found if "memfd:sheaf.yaml" in str(fd.readlink())]


class TestPage:
    def test_is_html_that_loads_nothing_from_elsewhere(self):
        got = get(PAGE, "/")
        assert got.status == 200 and got["content-type"].startswith("text/html")
        assert b"src=" not in got.body and b"http-equiv" not in got.body
        assert got.body == (ROOT / "web" / "demo" / "index.html").read_bytes()

    def test_a_try_gives_the_answer_and_the_calls(self):
        tried = get(PAGE, "/try?id=1042").json()
        assert tried["status"] == 200 and list(tried["answer"]) == list(SERVICES)
        calls = {call["service"]: call for call in tried["calls"]}
        assert calls.keys() == SERVICES.keys() and len(tried["calls"]) == 8
        product, seller = calls.pop("product"), calls["seller"]
        assert seller["start_ms"] >= product["start_ms"] + product["ms"] - 1
        assert max(c["start_ms"] + c["ms"] for c in calls.values()) <= tried["ms"]

    def test_a_broken_call_has_its_status(self):
        tried = get(PAGE, "/try?id=1042&break=media").json()
        assert [c["status"] for c in tried["calls"] if c["service"] == "media"] == [503]
        assert [e["source"] for e in tried["answer"]["errors"]] == ["media"]

    def test_a_call_that_was_given_up_has_none(self):
        began = time.monotonic()
        tried = get(PAGE, "/try?id=1042&slow=reviews").json()
        assert time.monotonic() - began < 1.2
        assert tried["answer"]["errors"][0]["kind"] == "timeout"
        assert [c["status"] for c in tried["calls"] if c["service"] == "reviews"] == [0]

    def test_another_path_is_not_found(self):
        assert get(PAGE, "/favicon.ico").status == 404


def test_it_prints_what_to_try(demo):
    text = demo.out.read_text()
    for word in (f"http://{PAGE}/", PRODUCT, "&break=reviews", "&slow=shipping"):
        assert word in text


def test_a_second_demo_says_which_address_is_taken():
    done = run("demo")
    assert done.returncode == 1
    assert "127.0.0.1:9001" in done.stderr and "in use" in done.stderr
    assert "ports 8080, 8081, 9090 and 9001 to 9008" in done.stderr and done.stdout == ""
