"""test_conditions.py - the language of `when` (CONTRACT 3.1)

Each row is an endpoint whose second source is called only where the row's condition holds; what
follows a source that was skipped is test_when.py's business.
"""

import pytest
from behaviour import answer
from cases import table

PRODUCT = {
    "inStock": True, "sold": False, "price": 9.5, "name": "Größe", "none": None, "zero": 0,
    "empty": "", "list": [1, 2], "seller": {"id": "s1", "score": 12345678901234567890},
}

# The condition, and whether it holds with ?flag=yes&n=7&on=true&ids=a,b and the header x-tenant: t1.
ROWS = [
    ('flag == "yes"', True), ('flag == "no"', False), ('flag != "no"', True),
    ('params.flag == "yes"', True), ("n == 7", True), ("n == 7.0", True), ('n == "7"', False),
    ("n < 8", True), ("n <= 7", True), ("n > 7", False), ("n >= 7", True), ("n > -1e3", True),
    ("on", True), ("on == true", True), ("not on", False), ('on == "true"', False),
    ("absent", False), ("absent == null", True), ("not absent", True), ("has(absent)", False),
    ("has(flag)", True), ('ids == ["a","b"]', True), ('ids == ["b","a"]', False),
    ('headers.x-tenant == "t1"', True), ("has(headers.x-none)", False),
    ('headers.x-tenant matches "^t[0-9]$"', True), ('headers.x-tenant matches "[0-9]"', True),
    ("product.inStock", True), ("product.sold", False), ("not product.sold", True),
    ("product.none", False), ("has(product.none)", True), ("product.none == null", True),
    ("has(product.nowhere)", False), ("product.nowhere == null", True),
    ("product.nowhere != null", False), ("product.nowhere", False),
    ("product.zero", True), ("product.empty", True), ("product.list", True), ("product", True),
    ("product.price > 9", True), ("product.price < 9.50", False), ("product.price == 9.50", True),
    ('product.price < "a"', False), ('product.price > "a"', False),
    ("product.seller.score > 12345678901234567889", True),
    ("product.seller.score == 12345678901234567891", False),
    ("product.list[1] == 2", True), ("has(product.list[2])", False),
    ('product.seller == {"score": 12345678901234567890, "id": "s1"}', True),
    ('product.name == "Gr\\u00f6\\u00dfe"', True), ('product.name matches "(?i)grö"', True),
    ('product.name < "H"', True), ('product.name matches "^ö"', False),
    ('product.price matches "9"', False), ('product.nowhere matches "."', False),
    ("product.none < 1", False), ("product.none == false", False), ("null == null", True),
    ("true", True), ("false", False), ("null", False), ("0", True),
    ('flag == "yes" and product.inStock', True), ('flag == "no" or product.inStock', True),
    ('flag == "no" and product.inStock or on', True), ('on or flag == "no" and product.sold', True),
    ("(on or product.inStock) and product.sold", False), ("not (on and product.sold)", True),
    ("not on or not product.sold", True), ("not not on", True),
    ("not product.sold and not product.none and on", True),
    ("on and product.sold and product.nowhere", False), ("product.sold or product.none or on", True),
]


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


CONFIG = """
listen: @listen@
workers: 1
services: {alpha: "http://@alpha@", beta: "http://@beta@"}
endpoints:
""" + "".join(f"""
  - path: /c{n}
    query: {{flag: {{}}, n: {{type: integer}}, on: {{type: boolean}}, absent: {{}}, ids: {{list: true}}}}
    sources:
      product: {{get: "alpha:/product"}}
      second: {{get: "beta:/c{n}", when: {quoted(row[0])}}}""" for n, row in enumerate(ROWS)) + """
  - path: /failed
    sources:
      product: {get: "alpha:/broken"}
      nothing: {get: "beta:/nothing", when: product.inStock}
      something: {get: "beta:/something", when: "product == null and not has(product.inStock)"}
  - path: /fallback
    sources:
      product: {get: "alpha:/broken", fallback: {inStock: true}}
      second: {get: "beta:/second", when: product.inStock}
  - path: /late
    query: {q: {}}
    sources:
      product: {get: "alpha:/product"}
      second: {get: "beta:/late/{q}", when: product.inStock, required: true}
  - path: /late-optional
    query: {q: {}}
    sources:
      product: {get: "alpha:/product"}
      second: {get: "beta:/late/{q}", when: product.inStock}
  - path: /body
    method: POST
    sources:
      second: {post: "beta:/second", when: "body.kind == \\"gift\\" and body.lines[0].n > 1"}
"""


@pytest.fixture(scope="module", autouse=True)
def services(gateway):
    gateway["alpha"].on("/product", answer(PRODUCT)).on("/broken", answer(b"", 500))


@pytest.mark.parametrize("n", range(len(ROWS)), ids=[row[0] for row in ROWS])
def test_the_source_is_called_where_this_holds(gateway, n):
    got = gateway.get(f"/c{n}?flag=yes&n=7&on=true&ids=a,b", fields=[("x-tenant", "t1")])
    assert got.status == 200 and got.is_complete()
    assert ("second" in got.json()) == ROWS[n][1]
    assert len(gateway["beta"].requests(f"/c{n}")) == ROWS[n][1]


def test_a_failed_source_is_null_here_and_no_failed_dependency(gateway):
    got = gateway.get("/failed")
    assert list(got.json()) == ["product", "something", "errors"]
    assert got.failures() == [("product", "status")]
    assert not gateway["beta"].requests("/nothing")


def test_a_failed_source_is_its_fallback_here(gateway):
    assert "second" in gateway.get("/fallback").json()


@table(
    "body, is_called",
    ("it holds", b'{"kind":"gift","lines":[{"n":2}]}', True),
    ("it does not", b'{"kind":"gift","lines":[{"n":1}]}', False),
    ("there is nothing of it", b"{}", False),
    ("there is no body", b"", False),
)
def test_a_condition_on_the_request_body_where(gateway, body, is_called):
    got = gateway.post("/body", body)
    assert got.status == 200
    assert ("second" in got.json()) == is_called


# A value that cannot stand in a call is found only when the condition is known.

@table("target", ("a segment that leads away", "/late?q=.."), ("a missing one", "/late"))
def test_it_is_the_clients_fault_that_a_required_source_cannot_be_called(gateway, target):
    problem = gateway.get(target).problem(400)
    assert [v["parameter"] for v in problem["violations"]] == ["q"]
    assert [(e["source"], e["kind"]) for e in problem["errors"]] == [("second", "dependency")]
    assert not gateway["beta"].requests("/late/..")


def test_an_optional_source_that_cannot_be_called_is_told(gateway):
    assert gateway.get("/late-optional?q=..").failures() == [("second", "dependency")]
