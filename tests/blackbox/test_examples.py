"""test_examples.py - each file of examples/ is good, and does what its page says when run"""

import re

import pytest

from behaviour import answer, silent
from gateway import ROOT, run

EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/sheaf.yaml"))
CURL = re.compile(r"curl (?:-i )?((?:-H '[^']*' )*)'http://127\.0\.0\.1:8080([^']*)'")


def marked(folder):
    """The configuration with marks in place of its addresses."""
    text = (folder / "sheaf.yaml").read_text()
    text = text.replace("127.0.0.1:8080", "@listen@").replace("127.0.0.1:9090", "@admin@")
    return re.sub(r"127\.0\.0\.1:(90\d\d)", r"@s\1@", text)


def commands(folder):
    """(target, fields) of each request that its page or its comments tell."""
    pages = [page.read_text() for page in sorted(folder.iterdir()) if page.is_file()]
    found = [match.groups() for page in pages for match in CURL.finditer(page)]
    return [
        (target, [tuple(field.split(": ")) for field in re.findall(r"-H '([^']*)'", fields)])
        for fields, target in found
    ]


def test_there_are_examples():
    assert {"product-page", "fallbacks", "headers"} <= {path.name for path in EXAMPLES}


@pytest.mark.parametrize("folder", EXAMPLES, ids=lambda path: path.name)
class TestEach:
    def test_is_good(self, folder):
        done = run("check", "-c", folder / "sheaf.yaml")
        assert (done.returncode, done.stderr) == (0, "")

    def test_what_its_page_tells_to_type_is_answered_whole(self, folder, start):
        gateway = start(marked(folder))
        for service in gateway.services.values():
            service.otherwise = answer({"id": "1", "seller": {"id": "2"}})
        assert commands(folder)
        for target, fields in commands(folder):
            got = gateway.get(target, fields=fields)
            assert got.status == 200 and got.is_complete(), target


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
