"""test_examples.py - each file of examples/ is good, and does what its page says when run"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from behaviour import answer, silent
from client import Client
from gateway import ROOT, run
from places import free_port
from typed import Page, slower

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/sheaf.yaml"))
def marked(folder):
    """The configuration with marks in place of its addresses, and with more time."""
    text = slower((folder / "sheaf.yaml").read_text())
    text = re.sub(r"127\.0\.0\.1:8[01]8\d", "@listen@", text)
    text = re.sub(r"127\.0\.0\.1:9[01]9\d", "@admin@", text)
    return re.sub(r"127\.0\.0\.1:(90\d\d)", r"@s\1@", text)


# What every service of an example may answer.
ANYTHING = {
    "id": "1", "seller": {"id": "2"}, "price": {"amount": 1},
    "posts": [{"id": "1", "author": "2"}], "users": [{"id": "2"}],
}


def test_there_are_examples():
    found = {path.name for path in EXAMPLES}
    assert {"product-page", "fallbacks", "headers", "ha"} <= found
    assert {"checkout", "social-feed", "backend-for-frontend", "caching"} <= found


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
class TestEach:
    def test_is_good_and_nothing_in_it_is_unwise(self, folder):
        done = run("check", "--advice", "-c", folder / "sheaf.yaml")
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.count("\n") == 1 and ": good: " in done.stdout


PAGES = [path.name for path in EXAMPLES if (path / "README.md").exists()]


@pytest.mark.parametrize("name", PAGES)
def test_what_a_page_tells_to_type_is_answered_whole(name, tmp_path):
    if name == "ha" and not shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin"):
        pytest.skip("there is no haproxy here")
    with Page(name, tmp_path) as page:
        typed = page.type()
    told = [told for line, told in typed if line.startswith("curl ")]
    assert told
    for answered in told:
        head, _, body = answered.rpartition("\n\n")
        assert json.loads(body)
        assert not head or re.search(r"^sheaf-complete: \?1$", head, re.MULTILINE | re.IGNORECASE), answered


def test_the_services_to_try_with_answer_with_what_they_were_asked():
    ports = [str(free_port()), str(free_port())]
    with subprocess.Popen([sys.executable, ROOT / "examples" / "service.py", *ports],
                          stdout=subprocess.PIPE, text=True) as services:
        try:
            assert services.stdout.readline().split() == ["Services", "on", *(
                f"127.0.0.1:{port}{end}" for port, end in zip(ports, (",", ""), strict=True))]
            for port in ports:
                with Client(f"127.0.0.1:{port}") as client:
                    told = client.get("/a?b", "POST", [("x-one", "1")], b"text").json()
                    assert (told["id"], told["path"], told["body"]) == (port, "/a?b", "text")
                    assert told["headers"]["x-one"] == "1"
            services.send_signal(signal.SIGINT)
            assert services.wait(10) == 0
        finally:
            services.kill()


def test_the_services_of_a_file_answer_by_path(tmp_path):
    port = free_port()
    (tmp_path / "a.json").write_text(json.dumps({port: {"/a": [1]}}))
    with subprocess.Popen([sys.executable, ROOT / "examples" / "service.py", tmp_path / "a.json"],
                          stdout=subprocess.PIPE, text=True) as services:
        try:
            assert services.stdout.readline() == f"Services on 127.0.0.1:{port}\n"
            with Client(f"127.0.0.1:{port}") as client:
                assert client.get("/a?b").json() == [1]
                assert client.get("/b").status == 404
        finally:
            services.kill()


@pytest.fixture
def example(start):
    return lambda name: start(marked(ROOT / "examples" / name))


class TestFallbacks:
    def test_what_stands_in_while_a_service_is_silent(self, example):
        gateway = example("fallbacks")
        gateway["s9002"].otherwise = gateway["s9003"].otherwise = silent()
        got = gateway.get("/overview/u7")
        assert got.failures() == [("orders", "timeout"), ("offers", "timeout")]
        assert got.json()["orders"] is None
        assert got.json()["offers"] == {"items": [], "personal": False}

    def test_without_the_account_there_is_no_answer(self, example):
        gateway = example("fallbacks")
        gateway["s9001"].otherwise = answer({}, 500)
        assert gateway.get("/overview/u7").problem(502)


class TestCaching:
    def test_the_second_time_each_part_is_there(self, example):
        gateway = example("caching")
        gateway["s9001"].otherwise = gateway["s9002"].otherwise = answer(ANYTHING)
        first = gateway.get("/product/1")
        again = gateway.get("/product/1")
        assert 'detail="product=miss,stock=miss"' in first["cache-status"]
        assert again["cache-status"] == 'sheaf; hit; detail="product=hit,stock=hit"'
        assert again.body == first.body

    def test_a_product_outlives_its_service_and_its_purge_does_not(self, example):
        gateway = example("caching")
        gateway["s9001"].otherwise = gateway["s9002"].otherwise = answer(ANYTHING)
        gateway.get("/product/1")
        gateway["s9001"].otherwise = gateway["s9002"].otherwise = answer({}, 500)
        assert gateway.get("/product/1").json()["product"] == ANYTHING
        purge = gateway.get("/cache/purge", "POST", body=b'{"tag": "product:1"}', place="admin")
        assert purge.status == 200
        assert gateway.get("/product/1").problem(502)


class TestHeaders:
    SENT = [("x-tenant", "north"), ("authorization", "Bearer x"), ("accept-language", "de")]

    def test_only_what_is_named_passes(self, example):
        gateway = example("headers")
        cookie = [("Set-Cookie", "a=1"), ("X-Inner", "1")]
        gateway["s9001"].otherwise = answer({}, fields=cookie)
        got = gateway.get("/cart", fields=self.SENT)
        cart, labels = gateway["s9001"].only("/carts/mine"), gateway["s9002"].only("/labels")
        assert (cart["authorization"], cart["x-shop"]) == ("Bearer x", "north")
        assert (labels["authorization"], labels["accept-language"]) == (None, "de")
        assert cart["accept-language"] is None
        assert (got["set-cookie"], got["x-inner"], got["x-frame-options"]) == ("a=1", None, "DENY")

    def test_without_the_tenant_no_service_is_called(self, example):
        gateway = example("headers")
        assert gateway.get("/cart").problem(400)["violations"]
        assert not gateway["s9001"].requests() + gateway["s9002"].requests()


class TestCheckout:
    BODY = b'{"lines":[{"sku":"a","n":2.50}],"delivery":"home"}'
    TOKEN = [("authorization", "Bearer x")]

    def services(self, gateway, order=None):
        gateway["s9001"].otherwise = answer({"id": 7})
        gateway["s9002"].otherwise = order or answer({"id": "o1"}, 201)
        gateway["s9003"].otherwise = answer(["mon"])

    def test_the_order_is_made_of_body_and_customer(self, example):
        gateway = example("checkout")
        self.services(gateway)
        got = gateway.post("/checkout", self.BODY, self.TOKEN)
        assert (got.status, got.json()) == (201, {"order": {"id": "o1"}, "slots": ["mon"]})
        order = gateway["s9002"].only("/orders")
        assert order.method == "POST" and order["content-type"] == "application/json"
        assert order.body == (
            b'{"customer":7,"lines":[{"sku":"a","n":2.50}],"note":null,"channel":"web"}'
        )

    def test_what_is_not_brought_has_no_slots(self, example):
        gateway = example("checkout")
        self.services(gateway)
        got = gateway.post("/checkout", b'{"lines":[]}', self.TOKEN)
        assert got.json() == {"order": {"id": "o1"}} and not gateway["s9003"].requests()

    @pytest.mark.parametrize("status", [409, 422])
    def test_a_refusal_passes_with_its_words(self, example, status):
        gateway = example("checkout")
        self.services(gateway, answer({"sold_out": ["a"]}, status))
        got = gateway.post("/checkout", self.BODY, self.TOKEN)
        assert (got.status, got.json()) == (status, {"sold_out": ["a"]})

    @pytest.mark.parametrize(
        "behaviour, status",
        [(answer({}, 404), 404), (answer({}, 410), 410), (silent(), 504), (answer({}, 429), 503),
         (answer({}, 500), 502), (answer({}, 401), 502), (answer(b"no JSON"), 502)],
        ids=["404", "410", "late", "429", "500", "401", "no JSON"],
    )
    def test_any_other_failure_has_the_status_that_the_page_says(self, example, behaviour, status):
        gateway = example("checkout")
        self.services(gateway, behaviour)
        assert gateway.post("/checkout", self.BODY, self.TOKEN).problem(status)

    def test_an_open_breaker_is_503_and_says_when(self, example):
        gateway = example("checkout")
        self.services(gateway, answer({}, 500))
        got = [gateway.post("/checkout", self.BODY, self.TOKEN) for _ in range(21)][-1]
        assert got.problem(503) and int(got["retry-after"]) >= 1

    def test_nothing_is_ordered_for_nobody(self, example):
        gateway = example("checkout")
        self.services(gateway)
        gateway["s9001"].otherwise = answer({}, 401)
        assert gateway.post("/checkout", self.BODY, self.TOKEN).problem(401)
        assert not gateway["s9002"].requests()


class TestSocialFeed:
    POSTS = [{"id": n, "author": a} for n, a in [(1, "x"), (2, "y"), (3, "x")]]

    def services(self, gateway):
        gateway["s9001"].otherwise = answer({"posts": self.POSTS})
        users = [{"id": "y", "name": "Y", "mail": "m"}, {"id": "x", "name": "X"}]
        gateway["s9002"].otherwise = answer({"users": users})
        for post in self.POSTS:
            gateway["s9003"].on(f"/posts/{post['id']}/likes", answer({"count": post["id"]}))

    def test_lists_stand_in_the_order_of_the_feed(self, example):
        gateway = example("social-feed")
        self.services(gateway)
        got = gateway.get("/feed/u7")
        x, y = {"id": "x", "name": "X"}, {"id": "y", "name": "Y"}
        assert got.json()["authors"] == [x, y, x]
        assert got.json()["likes"] == [{"count": 1}, {"count": 2}, {"count": 3}]
        assert len(gateway["s9002"].requests()) == 1 and len(gateway["s9003"].requests()) == 3

    def test_an_element_that_fails_tells_its_place(self, example):
        gateway = example("social-feed")
        self.services(gateway)
        gateway["s9003"].on("/posts/2/likes", answer({}, 500))
        got = gateway.get("/feed/u7")
        assert got.json()["likes"] == [{"count": 1}, None, {"count": 3}]
        assert [e["path"] for e in got.json()["errors"]] == [["likes", 1]]

    def test_the_feed_alone_is_one_call(self, example):
        gateway = example("social-feed")
        self.services(gateway)
        assert gateway.get("/feed/u7?fields=feed/id").json() == {
            "feed": [{"id": 1}, {"id": 2}, {"id": 3}]
        }
        assert not gateway["s9002"].requests() + gateway["s9003"].requests()


class TestBackendForFrontend:
    @pytest.fixture
    def gateway(self, example):
        gateway = example("backend-for-frontend")
        product = {"id": 1, "name": "Lamp", "thumb": "t", "text": "x", "internal": {}}
        for name, value in [
            ("s9001", product), ("s9002", {"price": 9.50}), ("s9003", {"stars": 4}), ("s9004", [2]),
        ]:
            gateway[name].otherwise = answer(value)
        return gateway

    def test_a_browser_gets_everything(self, gateway):
        assert gateway.get("/product/1").json() == {
            "product": {"id": 1, "name": "Lamp", "thumb": "t", "text": "x",
                        "reviews": {"rating": 4}},
            "price": 9.50, "related": [2],
        }

    @pytest.mark.parametrize("ask", [("?view=mobile", []), ("", [("user-agent", "Android 1")])])
    def test_a_phone_gets_less_by_fewer_calls(self, gateway, ask):
        got = gateway.get("/product/1" + ask[0], fields=ask[1])
        product = {"id": 1, "name": "Lamp", "thumb": "t"}
        assert got.json() == {"product": product, "price": 9.50}
        assert not gateway["s9003"].requests() + gateway["s9004"].requests()

    def test_the_endpoint_has_a_view_of_its_own(self, gateway):
        got = gateway.get("/product/1?view=print&fields=product(text,thumb),related")
        assert got.json() == {"product": {"text": "x"}}
