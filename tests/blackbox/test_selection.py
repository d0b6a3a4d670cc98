"""test_selection.py - clients select what they need, and only that is called (CONTRACT 3.4)"""

import random
import urllib.parse

import pytest

from behaviour import answer
from cases import fresh, seeds, table

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
  beta: http://@beta@
  gamma: http://@gamma@
  delta: http://@delta@
endpoints:
  - path: /page/{key}
    query: {n: {type: integer}}
    sources:
      product: {get: "alpha:/{key}", required: true}
      stock: {get: "beta:/{key}/{product.sku}"}
      reviews: {get: "gamma:/{key}", required: true}
      account: {get: "delta:/{key}", hide: true}
  - path: /kept/{key}
    sources:
      audit: {get: "alpha:/{key}", keep: true, required: true}
      page: {get: "beta:/{key}"}
      other: {get: "gamma:/{key}"}
  - path: /hidden/{key}
    sources:
      token: {get: "alpha:/{key}", hide: true, required: true}
      page: {get: "beta:/{key}/{token.id}"}
      other: {get: "gamma:/{key}"}
  - path: /placed/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", into: product.reviews}
      x: {get: "gamma:/{key}", into: meta.x}
  - path: /joined/{key}
    sources:
      all: {get: "alpha:/{key}", into: .}
      stock: {get: "beta:/{key}"}
  - path: /picked/{key}
    sources:
      all: {get: "alpha:/{key}", into: ., pick: [id, price], rename: {price: cost}}
      stock: {get: "beta:/{key}"}
  - path: /between/{key}
    sources:
      b: {get: "alpha:/{key}"}
      all: {get: "beta:/{key}", into: .}
      c: {get: "gamma:/{key}"}
      more: {get: "delta:/{key}", into: .}
      e: {get: "alpha:/{key}"}
  - path: /skipped/{key}
    sources:
      b: {get: "alpha:/{key}", when: key == "nobody"}
      c: {get: "gamma:/{key}/{b.id}"}
      all: {get: "beta:/{key}", into: .}
      d: {get: "delta:/{key}"}
  - path: /known/{key}
    sources:
      all: {get: "alpha:/{key}", into: ., pick: [id, price, old], omit: [old], rename: {price: stock}}
      stock: {get: "beta:/{key}"}
      old: {get: "gamma:/{key}"}
  - path: /instead/{key}
    sources:
      all: {get: "alpha:/{key}", into: ., pick: [id], fallback: {stock: none}}
      stock: {get: "beta:/{key}"}
  - path: /fallback/{key}
    sources:
      page: {get: "alpha:/{key}", fallback: {id: 0, name: none}}
      other: {get: "beta:/{key}"}
  - path: /elements/{key}
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}"}
      other: {get: "gamma:/{key}"}
  - path: /posted/{key}
    method: POST
    sources:
      a: {post: "alpha:/{key}"}
      b: {post: "beta:/{key}"}
  - path: /named/{key}
    select: show
    sources: {a: {get: "alpha:/{key}"}, b: {get: "beta:/{key}"}}
  - path: /off/{key}
    select: off
    sources: {a: {get: "alpha:/{key}"}, b: {get: "beta:/{key}"}}
"""

PRODUCT = {
    "id": 1, "sku": "s", "name": "Lamp", "brand": {"name": "B", "site": "b.test"},
    "images": [{"url": "1", "size": [1, 2]}, {"url": "2"}, 7],
}
SERVICES = ["alpha", "beta", "gamma", "delta"]


def ask(gateway, endpoint, fields=None, says=(), method="GET", name="fields"):
    """The answer, and the services that were called for it."""
    key = fresh()
    for service, value in zip(SERVICES, says):
        gateway[service].on(f"/{key}", value if callable(value) else answer(value))
    query = "" if fields is None else f"?{name}={urllib.parse.quote(fields)}"
    got = gateway.get(f"/{endpoint}/{key}{query}", method)
    called = [s for s in SERVICES if any(f"/{key}" in r.target for r in gateway[s].requests())]
    return got, called


@table(
    "fields, shown",
    ("a scalar", "product(id)", {"id": 1}),
    ("several", "product(id,name)", {"id": 1, "name": "Lamp"}),
    ("a path", "product/brand/name", {"brand": {"name": "B"}}),
    ("both ways to write it", "product(brand/name),product/id", {"id": 1, "brand": {"name": "B"}}),
    ("a whole object", "product/brand", {"brand": PRODUCT["brand"]}),
    ("arrays are transparent", "product/images/url", {"images": [{"url": "1"}, {"url": "2"}]}),
    ("everything below", "product(*)", PRODUCT),
    ("something of each member", "product/*/name", {"brand": {"name": "B"}, "images": [{}, {}]}),
    ("a field that is not there", "product(id,zzz,brand/zzz)", {"id": 1, "brand": {}}),
)
def test_of_a_value_only_what_is_asked_for_is_shown(gateway, fields, shown):
    got, called = ask(gateway, "page", fields, [PRODUCT])
    assert got.json() == {"product": shown}
    assert called == ["alpha"] and got.is_complete()


def test_what_is_shown_is_as_it_came(gateway):
    says = b'{ "id" : 1.50e0, "x":1, "n\\u0061me":"\\u00e9", "id":12345678901234567890 }'
    got, _ = ask(gateway, "page", "product(id,name)", [answer(says)])
    members = [b'"id":1.50e0', b'"n\\u0061me":"\\u00e9"', b'"id":12345678901234567890']
    assert got.body.replace(b" ", b"") == b'{"product":{' + b",".join(members) + b"}}"


@table(
    "endpoint, fields, shown, called",
    ("nothing selected calls all", "page", None, ["product", "stock", "reviews"], SERVICES),
    ("empty counts as absent", "page", "", ["product", "stock", "reviews"], SERVICES),
    ("a star is everything", "page", "*", ["product", "stock", "reviews"], SERVICES),
    ("one source alone", "page", "product", ["product"], ["alpha"]),
    ("a dependency is called and not shown", "page", "stock", ["stock"], ["alpha", "beta"]),
    ("members stand in declared order", "page", "stock,product", ["product", "stock"],
     ["alpha", "beta"]),
    ("a kept source is called", "kept", "page", ["page"], ["alpha", "beta"]),
    ("a hidden one where it is needed", "hidden", "page", ["page"], ["alpha", "beta"]),
    ("and not where it is not", "hidden", "other", ["other"], ["gamma"]),
    ("names go by places", "placed", "meta", ["meta"], ["gamma"]),
    ("an object of ours stands for a host", "placed", "product/reviews", ["product"], ["beta"]),
    ("a host with what lies in it", "placed", "product", ["product"], ["alpha", "beta"]),
    ("a host alone", "placed", "product(id)", ["product"], ["alpha"]),
    ("an unknown name is one that joins", "joined", "name", ["name"], ["alpha"]),
    ("a known one may be one of its own as well", "joined", "stock", ["stock"], ["alpha", "beta"]),
    ("which it is not where the place is declared before", "between", "b", ["b"], ["alpha"]),
    ("but it may be behind that", "between", "c", ["c"], ["beta", "gamma"]),
    ("nor where other names are picked", "known", "old", ["old"], ["gamma"]),
    ("but it may be the new name of one", "known", "stock", ["stock"], ["alpha", "beta"]),
    ("or one of the fallback", "instead", "stock", ["stock"], ["alpha", "beta"]),
    ("what is picked has known names", "picked", "cost", ["cost"], ["alpha"]),
    ("below a place any name is the service's", "picked", "stock(zzz)", ["stock"], ["beta"]),
    ("the parameter may have another name", "named", "zzz", ["a", "b"], ["alpha", "beta"]),
    ("selection may be off", "off", "zzz", ["a", "b"], ["alpha", "beta"]),
)
def test_only_what_is_needed_is_called(gateway, endpoint, fields, shown, called):
    says = [{**PRODUCT, "price": 3}, {"id": 2}, {"id": 3}, {}]
    got, found = ask(gateway, endpoint, fields, says)
    assert list(got.json()) == shown and found == called
    assert got.is_complete()


class TestNeeds:
    def test_a_required_source_that_is_not_needed_may_not_fail(self, gateway):
        got, _ = ask(gateway, "page", "product", [PRODUCT, {}, answer({}, 500)])
        assert got.status == 200
        got, _ = ask(gateway, "page", None, [PRODUCT, {}, answer({}, 500)])
        assert got.status == 502

    def test_a_required_dependency_is_still_required(self, gateway):
        got, _ = ask(gateway, "page", "stock", [answer({}, 500)])
        assert got.problem(502)

    def test_a_kept_one_is_still_required(self, gateway):
        got, _ = ask(gateway, "kept", "page", [answer({}, 500), 1])
        assert got.problem(502)

    def test_unsafe_calls_are_selected_alike(self, gateway):
        got, called = ask(gateway, "posted", "b", [{}, {"id": 2}], method="POST")
        assert (got.json(), called) == ({"b": {"id": 2}}, ["beta"])

    def test_a_host_that_is_not_needed_is_an_object(self, gateway):
        got, _ = ask(gateway, "placed", "product(reviews(author)),meta/x/id",
                     [{}, [{"author": "A", "text": "t"}], {"id": 3, "n": 4}])
        assert got.json() == {"product": {"reviews": [{"author": "A"}]}, "meta": {"x": {"id": 3}}}

    def test_each_element_is_selected_from(self, gateway):
        key = fresh()
        for i in range(3):
            gateway["beta"].on(f"/{key}/{i}", answer({"id": i, "n": 1}))
        got = gateway.get(f"/elements/{key}?ids=0,1,2&fields=related/id")
        assert got.json() == {"related": [{"id": 0}, {"id": 1}, {"id": 2}]}
        assert not gateway["gamma"].requests(f"/{key}")

    def test_a_fallback_is_selected_from(self, gateway):
        got, _ = ask(gateway, "fallback", "page(id)", [answer({}, 500)])
        assert got.json()["page"] == {"id": 0}

    def test_what_joins_is_selected_from(self, gateway):
        got, _ = ask(gateway, "joined", "brand/name,stock", [PRODUCT, 2])
        assert got.body == b'{"brand":{"name":"B"},"stock":2}'

    def test_a_member_that_joined_earlier_wins_where_it_is_selected(self, gateway):
        says = [{"x": 1, "stock": "A"}, {"id": 2}]
        for fields, wanted in (("x,stock", says[0]), ("stock", {"stock": "A"}), ("stock/id", {})):
            got, called = ask(gateway, "joined", fields, says)
            assert (got.json(), called) == (wanted, ["alpha", "beta"]), fields

    def test_and_where_a_fallback_has_it(self, gateway):
        got, _ = ask(gateway, "instead", "stock", [answer({}, 500), 2])
        assert got.json()["stock"] == "none" and got.failures() == [("all", "status")]

    def test_a_place_stands_where_its_joined_source_has_failed(self, gateway):
        got, _ = ask(gateway, "joined", "stock", [answer({}, 500), 2])
        assert got.json()["stock"] == 2 and got.failures() == [("all", "status")]

    def test_the_name_of_the_parameter_is_settable(self, gateway):
        got, called = ask(gateway, "named", "b", [1, 2], name="show")
        assert (got.json(), called) == ({"b": 2}, ["beta"])


@table(
    "fields, words",
    ("an unknown name", "zzz", ["zzz", "0"]),
    ("behind a known one", "product,zzz(a)", ["zzz", "8"]),
    ("what is hidden is unknown", "account", ["account", "0"]),
    ("an empty item", "product,,stock", [",", "8"]),
    ("a bracket too few", "product(id", ["10"]),
    ("a bracket too many", "product)", [")", "7"]),
    ("an empty list", "product()", [")", "8"]),
    ("a slash at the end", "product/", ["8"]),
    ("a space", "product, stock", [" ", "8"]),
    ("too deep", "product/a/b/c/d/e/f/g/h", ["h", "22", "8"]),
    ("too many", "product(" + ",".join(f"{i:x}" for i in range(256)) + ")", ["256"]),
    ("too long", "product(" + ",".join("x" * 500 for _ in range(5)) + ")", ["2048"]),
)
def test_what_is_wrong_is_told_with_its_place(gateway, fields, words):
    got, called = ask(gateway, "page", fields)
    (violation,) = got.problem(400)["violations"]
    assert violation["parameter"] == "fields" and not called
    for word in words:
        assert word in violation["message"], violation


def test_an_unknown_name_where_the_names_are_known(gateway):
    got, called = ask(gateway, "picked", "id,price")
    assert "price" in got.problem(400)["violations"][0]["message"] and not called


def test_all_that_is_wrong_is_told_at_once(gateway):
    key = fresh()
    got = gateway.get(f"/page/{key}?n=x&fields=yyy,zzz")
    violations = got.problem(400)["violations"]
    assert [v["parameter"] for v in violations] == ["n", "fields", "fields"]
    got = gateway.get(f"/page/{key}?fields=product&fields=stock")
    assert [v["parameter"] for v in got.problem(400)["violations"]] == ["fields"]
    got = gateway.get(f"/page/{key}?fields=%ff")
    assert [v["parameter"] for v in got.problem(400)["violations"]] == ["fields"]


@table(
    "fields",
    ("bounds that just hold: depth", "product/a/b/c/d/e/f/g"),
    ("names", "product(" + ",".join(f"{i:x}" for i in range(255)) + ")"),
    ("bytes", "product(" + "x" * (2048 - 9) + ")"),
    ("names of every script", "product(naïve,名前)"),
)
def test_up_to_the_bounds_all_is_well(gateway, fields):
    got, _ = ask(gateway, "page", fields, [PRODUCT])
    assert got.status == 200


# Random selections of random documents: the answer is what projecting the whole one gives.


def project(value, tree):
    """What the tree of names asks for; None: everything. Scalars below which something is asked
    for are left out."""
    if tree is None:
        return value
    if isinstance(value, list):
        return [project(v, tree) for v in value if isinstance(v, (list, dict))]
    kept = {}
    for name, member in value.items():
        below = tree.get(name, tree.get("*", ()))
        if below is None or (below and isinstance(member, (list, dict))):
            kept[name] = project(member, below)
    return kept


def document(rand, depth):
    kind = rand.choice("olsn") if depth else rand.choice("sn")
    if kind == "o":
        names = rand.sample("abcdef", rand.randint(0, 5))
        return {name: document(rand, depth - 1) for name in names}
    if kind == "l":
        return [document(rand, depth - 1) for _ in range(rand.randint(0, 3))]
    return rand.choice(["x", "é\"", ""]) if kind == "s" else rand.choice([0, 1.5, None, True])


def container(rand):
    made = document(rand, 4)
    return made if isinstance(made, (dict, list)) else {"a": made}


def tree(rand, names, depth):
    """Of names that documents have, a star may stand for all; alone, as it would be a part of what
    names beside it ask for, and not as the last: that is all there is."""
    if names in DOCUMENTS and depth and rand.random() < 0.2:
        return {"*": tree(rand, DOCUMENTS[0], depth - 1)}
    return {
        name: None if depth == 0 or rand.random() < 0.4 else tree(rand, BELOW.get(name, "abcdef"), depth - 1)
        for name in rand.sample(names, rand.randint(1, len(names)))
    }


def written(chosen):
    return ",".join(
        name if below is None else f"{name}({written(below)})" for name, below in chosen.items()
    )


DOCUMENTS = ["abcdef", "abcde", "abcd"]
BELOW = {"product": ["a", "b", "c", "reviews"], "meta": ["x"]}
TOP = {
    "fallback": ["page", "other"],
    "placed": ["product", "meta"],
    "joined": ["stock", "a", "b", "c", "d"],
    "between": "abcde",
    "skipped": "abcd",
}
# Services whose answers must be objects.
OBJECTS = {"placed": [0], "joined": [0], "between": [1, 3], "skipped": [1]}


@pytest.mark.parametrize("endpoint", TOP)
@seeds(20)
def test_selecting_gives_what_projecting_the_whole_gives(gateway, endpoint, seed):
    rand = random.Random(seed)
    says = [container(rand) for _ in SERVICES]
    for i in OBJECTS.get(endpoint, []):
        says[i] = {"d": 1, **says[i]} if isinstance(says[i], dict) else {"a": says[i]}
    whole, _ = ask(gateway, endpoint, None, says)
    assert whole.is_complete()
    for _ in range(5):
        chosen = tree(rand, TOP[endpoint], 3)
        got, _ = ask(gateway, endpoint, written(chosen), says)
        assert got.json() == project(whole.json(), chosen), (seed, written(chosen))
