"""test_into.py - where values stand in the answer, and what stays out of it (CONTRACT 3.3)"""

import itertools
import json
import random
import threading

import pytest

from behaviour import answer, closing, then, when
from cases import fresh, seeds, table
from gateway import run

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
  beta: http://@beta@
  gamma: http://@gamma@
endpoints:
  - path: /nested/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", into: product.reviews}
      offers: {get: "gamma:/{key}", into: product.more.offers}
  - path: /before/{key}
    sources:
      reviews: {get: "beta:/{key}", into: product.reviews}
      stock: {get: "gamma:/{key}"}
      product: {get: "alpha:/{key}"}
  - path: /must/{key}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", into: product.reviews, required: true}
  - path: /fallback/{key}
    sources:
      product: {get: "alpha:/{key}", fallback: {id: none}}
      reviews: {get: "beta:/{key}", into: product.reviews, fallback: []}
  - path: /named/{key}
    sources:
      a: {get: "alpha:/{key}", into: first}
      b: {get: "beta:/{key}", into: meta.b}
      c: {get: "gamma:/{key}", into: meta.c}
  - path: /joined/{key}
    sources:
      a: {get: "alpha:/{key}", into: .}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}", into: .}
  - path: /picked/{key}
    sources:
      a: {get: "alpha:/{key}", into: ., pick: [left.id]}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}", into: ., pick: [right.id]}
  - path: /first/{key}
    first: [a, c]
    sources:
      a: {get: "alpha:/{key}", into: .}
      b: {get: "beta:/{key}"}
      c: {get: "gamma:/{key}", into: .}
  - path: /joined-must/{key}
    sources:
      a: {get: "alpha:/{key}", into: ., required: true}
  - path: /joined-fallback/{key}
    sources:
      a: {get: "alpha:/{key}", into: ., fallback: {x: 1}}
      b: {get: "beta:/{key}"}
  - path: /hidden/{key}
    sources:
      token: {get: "alpha:/{key}", hide: true}
      b: {get: "beta:/{key}/{token.id}"}
  - path: /hidden-must/{key}
    sources:
      token: {get: "alpha:/{key}", hide: true, required: true}
      b: {get: "beta:/{key}"}
  - path: /elements/{key}
    query: {ids: {list: true}}
    sources:
      product: {get: "alpha:/{key}"}
      related: {each: ids, get: "beta:/{key}/{item}", into: product.related}
  - path: /texts/{key}
    errors: text
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "beta:/{key}/{item}"}
  - path: /host-skipped/{key}
    query: {with: {type: boolean}}
    sources:
      product: {get: "alpha:/{key}", when: with == true}
      reviews: {get: "beta:/{key}", into: product.reviews}
  - path: /skipped/{key}
    query: {with: {type: boolean}}
    sources:
      product: {get: "alpha:/{key}"}
      reviews: {get: "beta:/{key}", into: product.reviews, when: with == true}
      offers: {get: "gamma:/{key}", into: more.offers, when: with == true}
"""

MISSING = answer({}, 500)


def ask(gateway, endpoint, a=None, b=None, c=None):
    """The answer where the services alpha, beta and gamma say this."""
    key = fresh()
    for name, says in (("alpha", a), ("beta", b), ("gamma", c)):
        if says is not None:
            gateway[name].on(f"/{key}", says if callable(says) else answer(says))
    return gateway.get(f"/{endpoint}/{key}")


def missing(name, place):
    message = f"{name}: {place} is no object"
    return {"source": name, "kind": "missing", "message": message, "status": 200}


@table(
    "endpoint, says, body",
    ("a value lies in another's", "nested", (b'{"id":1.0}', b"[2]", b"3"),
     b'{"product":{"id":1.0,"reviews":[2],"more":{"offers":3}}}'),
    ("an empty object takes it", "nested", (b" { } ", b"2", b"3"),
     b'{"product":{"reviews":2,"more":{"offers":3}}}'),
    ("an object on the way goes on", "nested", (b'{"more":{"x":1},"id":1}', b"2", b"3"),
     b'{"product":{"more":{"x":1,"offers":3},"id":1,"reviews":2}}'),
    ("it replaces a member of its name", "nested", (b'{"reviews":0,"id":1}', b"2", b"3"),
     b'{"product":{"id":1,"reviews":2,"more":{"offers":3}}}'),
    ("a source stands where it is declared", "before", (b'{"id":1}', b"2", b"3"),
     b'{"stock":3,"product":{"id":1,"reviews":2}}'),
    ("a name of one's own choice", "named", (b"1", b"2", b"3"),
     b'{"first":1,"meta":{"b":2,"c":3}}'),
    ("members join the top level", "joined", (b'{"x":1,"y":[ ]}', b"2", b'{"z":3}'),
     b'{"x":1,"y":[ ],"b":2,"z":3}'),
    ("of equal names the earlier declared wins", "joined", (b'{"x":1}', b"2", b'{"x":3,"y":4,"b":5}'),
     b'{"x":1,"b":2,"y":4}'),
    ("also against a source's own name", "joined", (b'{"b":1}', b"2", b"{}"), b'{"b":1}'),
    ("repeated names of one source pass through", "joined", (b'{"x":1,"x":2}', b"2", b'{"x":3}'),
     b'{"x":1,"x":2,"b":2}'),
    ("null joins nothing", "joined", (b"null", b"2", b"null"), b'{"b":2}'),
    ("a member named errors is dropped", "joined", (b'{"errors":[1],"x":1}', b"2", b"{}"),
     b'{"x":1,"b":2}'),
)
def test_places(gateway, endpoint, says, body):
    got = ask(gateway, endpoint, *says)
    assert (got.status, got.body, got.is_complete()) == (200, body, True)


@table(
    "product, left, places",
    ("an array", [1], [1], ["product", "product"]),
    ("a string", "x", "x", ["product", "product"]),
    ("null", None, None, ["product", "product"]),
    ("on the way an array", {"more": []}, {"more": [], "reviews": 2}, [None, "product.more"]),
    ("on the way null", {"more": None}, {"more": None, "reviews": 2}, [None, "product.more"]),
)
def test_inside_what_is_no_object_it_is_missing(gateway, product, left, places):
    got = ask(gateway, "nested", answer(product), answer(2), answer(3))
    errors = [missing(n, p) for n, p in zip(["reviews", "offers"], places) if p]
    assert got.json() == {"product": left, "errors": errors}
    assert got.is_complete() is False


class TestFailures:
    def test_inside_a_failed_value_it_is_missing_too(self, gateway):
        got = ask(gateway, "nested", MISSING, answer(2), answer(3))
        assert got.json()["product"] is None
        assert got.failures() == [("product", "status"), ("reviews", "missing"), ("offers", "missing")]

    def test_a_failed_one_keeps_its_own_kind(self, gateway):
        got = ask(gateway, "nested", answer([]), MISSING, answer(3))
        assert got.failures() == [("reviews", "status"), ("offers", "missing")]

    def test_a_failed_value_is_null_in_its_place(self, gateway):
        got = ask(gateway, "nested", answer({"id": 1}), MISSING, answer(3))
        assert got.json()["product"] == {"id": 1, "reviews": None, "more": {"offers": 3}}

    def test_fallbacks_take_part(self, gateway):
        got = ask(gateway, "fallback", MISSING, answer(2))
        assert got.json()["product"] == {"id": "none", "reviews": 2}
        got = ask(gateway, "fallback", answer({}), MISSING)
        assert got.json()["product"] == {"reviews": []}

    def test_a_required_one_without_a_place_is_a_bad_gateway(self, gateway):
        got = ask(gateway, "must", answer([]), answer(2))
        assert got.problem(502)["errors"] == [missing("reviews", "product")]
        assert ask(gateway, "must", answer({}), answer(2)).status == 200

    @table("value", ("an array", []), ("a string", "x"), ("a number", 1), ("a boolean", False))
    def test_what_joins_is_an_object_or_null(self, gateway, value):
        got = ask(gateway, "joined", answer(value), answer(2), answer({"z": 3}))
        assert got.failures() == [("a", "invalid")]
        assert (got.json()["b"], got.json()["z"]) == (2, 3)
        assert ask(gateway, "joined-must", answer(value)).problem(502)["errors"]
        got = ask(gateway, "joined-fallback", answer(value), answer(2))
        assert list(got.json()) == ["x", "b", "errors"]

    def test_a_failed_one_joins_nothing(self, gateway):
        got = ask(gateway, "joined", MISSING, answer(2), answer({"z": 3}))
        assert list(got.json()) == ["b", "z", "errors"]


def test_what_came_first_makes_no_difference(gateway):
    late = threading.Event()
    slow = when(late, answer({"x": "a"}))
    got = ask(gateway, "joined", slow, answer(2), then(answer({"x": "c", "y": "c"}), late))
    assert got.json() == {"x": "a", "b": 2, "y": "c"}


def joined_in(got):
    """The whole document, however it came."""
    assert got.status == 200
    if got["content-type"] == "application/json":
        return got.json()
    events = [json.loads(line) for line in got.body.splitlines()]
    assert events[-1] == {"event": "done", "complete": True}
    data = events[0]["data"]
    for part in events[1:-1]:
        data.update(part["value"] if part["path"] == [] else {part["source"]: part["value"]})
    return data


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"


def short_names(n):
    """As short as so many can be."""
    names = ("".join(name) for k in range(1, 4) for name in itertools.product(LETTERS, repeat=k))
    return list(itertools.islice(names, n))


def members(names):
    return ("{" + ",".join(f'"{name}":1' for name in names) + "}").encode()


@table(
    "n, left, right",
    ("a few hundred", 200, slice(0, 100), slice(100, 200)),
    ("many, all of them different", 33000, slice(0, 16500), slice(16500, 33000)),
    ("very many", 200_000, slice(0, 100_000), slice(100_000, 200_000)),
    ("many, half of them known", 40_000, slice(0, 40_000, 2), slice(0, 40_000)),
    ("the same", 100_000, slice(0, 100_000), slice(0, 100_000)),
)
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_short_names_join_whatever_their_number(gateway, n, left, right, accept):
    names, key = short_names(n), fresh()
    gateway["alpha"].on(f"/{key}", answer(members(names[left])))
    gateway["beta"].on(f"/{key}", answer(2))
    gateway["gamma"].on(f"/{key}", answer(members(names[right])))
    data = joined_in(gateway.get(f"/joined/{key}", fields=[("accept", accept)]))
    assert data == {**dict.fromkeys(names, 1), "b": data["b"]}


def elements(name, n, id_size):
    """An array in which each element loses a member."""
    element = b'{"id":"%s","n":1}' % (b"x" * id_size)
    return b'{"%s":[%s],"n":1}' % (name, b",".join([element] * n))


LARGE = 15 << 19  # bytes, of the 8 MiB that an answer may have


@table(
    "path, id_size",
    ("many small pieces", "picked/{}", 8),
    ("pieces that are just small", "picked/{}", 54),
    ("large pieces", "picked/{}", 100_000),
    ("small ones that the client picks", "joined/{}?fields=left/id,b,right/id", 8),
    ("those that are just small", "joined/{}?fields=left/id,b,right/id", 54),
    ("those that are not copied", "joined/{}?fields=left/id,b,right/id", 70),
    ("those that come first", "first/{}?fields=left/id,b,right/id", 54),
    ("those that come first and are not copied", "first/{}?fields=left/id,b,right/id", 100_000),
)
@pytest.mark.parametrize("accept", ["application/json", "application/x-ndjson"])
def test_large_values_of_which_a_part_is_taken_join(gateway, path, id_size, accept):
    n, key = LARGE // (id_size + 16), fresh()
    gateway["alpha"].on(f"/{key}", answer(elements(b"left", n, id_size)))
    gateway["beta"].on(f"/{key}", answer(2))
    gateway["gamma"].on(f"/{key}", answer(elements(b"right", n, id_size)))
    data = joined_in(gateway.get(f"/{path.format(key)}", fields=[("accept", accept)]))
    kept = [{"id": "x" * id_size}] * n
    assert data == {"left": kept, "b": 2, "right": kept}


def test_each_may_stand_between_two_that_are_known(gateway):
    names = short_names(200_000)
    got = ask(gateway, "joined", answer(members(names[::2])), answer(2), answer(members(names)))
    assert got.status == 200 and len(got.json()) == 200_000


def test_names_with_escapes_join_whatever_their_number(gateway):
    names = [f"\\u0061{name}" for name in short_names(120_000)]
    got = ask(gateway, "joined", answer(members(names[:60_000])), answer(2),
              answer(members(names[60_000:])))
    assert got.status == 200 and len(got.json()) == 120_001


class TestElements:
    def test_an_error_tells_the_whole_path(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", answer({"id": 1}))
        gateway["beta"].on(f"/{key}/2", answer({}, 500)).on(f"/{key}/4", closing())
        got = gateway.get(f"/elements/{key}?ids=1,2,3,4")
        assert [v is None for v in got.json()["product"]["related"]] == [False, True, False, True]
        errors = got.json()["errors"]
        assert [e["path"] for e in errors] == [["product", "related", 1], ["product", "related", 3]]
        assert [e["kind"] for e in errors] == ["status", "unreachable"]

    def test_texts_tell_no_path(self, gateway):
        key = fresh()
        gateway["beta"].on(f"/{key}/2", answer({}, 500))
        got = gateway.get(f"/texts/{key}?ids=1,2,2")
        assert got.json()["errors"] == ["related: answered 500"] * 2

    def test_where_the_array_has_no_place_there_is_one_error(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", answer([]))
        gateway["beta"].on(f"/{key}/2", answer({}, 500))
        assert gateway.get(f"/elements/{key}?ids=1,2").failures() == [("related", "missing")]


class TestHidden:
    def test_it_is_used_and_not_shown(self, gateway):
        got = ask(gateway, "hidden", answer({"id": 7}))
        assert list(got.json()) == ["b"] and got.is_complete()

    def test_its_failure_is_told(self, gateway):
        got = ask(gateway, "hidden", MISSING)
        assert got.failures() == [("token", "status"), ("b", "dependency")]

    def test_it_may_be_required(self, gateway):
        assert ask(gateway, "hidden-must", MISSING, answer(2)).problem(502)
        assert ask(gateway, "hidden-must", answer(1), answer(2)).json() == {"b": 2}


def test_what_is_skipped_leaves_no_member_and_no_object_of_ours(gateway):
    got = ask(gateway, "skipped", answer({"id": 1}))
    assert got.json() == {"product": {"id": 1}} and got.is_complete()


def test_what_lies_in_a_skipped_one_lies_in_an_object_of_ours(gateway):
    got = ask(gateway, "host-skipped", answer({"id": 1}), answer(2))
    assert got.json() == {"product": {"reviews": 2}} and got.is_complete()


BROKEN = """\
listen: 127.0.0.1:1
services: {alpha: "http://127.0.0.1:1"}
endpoints:
  - path: /p
    sources:
      a: {get: "alpha:/"}
      b: {get: "alpha:/", into: %s}
"""


@pytest.mark.parametrize("place", ["a", "errors", "errors.x", "a..b", ".a"])
def test_places_that_cannot_be_are_told_at_load(tmp_path, place):
    (tmp_path / "sheaf.yaml").write_text(BROKEN % place)
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert done.returncode == 2 and "sheaf.yaml:7:" in done.stderr


# Random documents, with repeated and escaped names, against the rules once more. An object is a
# tuple of its members here, so that none is lost.


def thing(rand, depth):
    kind = rand.choice("oooasn") if depth else rand.choice("sn")
    if kind == "o":
        names = rand.choices(["reviews", "more", "offers", "errors", "b", "x"], k=rand.randint(0, 4))
        return tuple((name, thing(rand, depth - 1)) for name in names)
    if kind == "a":
        return [thing(rand, depth - 1) for _ in range(rand.randint(0, 2))]
    return rand.choice(["{", "]\\", ""]) if kind == "s" else rand.choice([1.5, None, True])


def written(rand, value):
    """As JSON, with white space and escapes wherever they may be."""
    space = rand.choice(["", "", " ", "\n\t"])
    if isinstance(value, tuple):
        members = [
            space + _escaped(rand, name) + space + ":" + written(rand, below) for name, below in value
        ]
        return space + "{" + ",".join(members) + space + "}" + space
    if isinstance(value, list):
        return space + "[" + ",".join(written(rand, v) for v in value) + space + "]" + space
    return space + json.dumps(value) + space


def _escaped(rand, name):
    if rand.random() < 0.7:
        return json.dumps(name)
    at = rand.randrange(len(name))
    return f'"{name[:at]}\\u{ord(name[at]):04x}{name[at + 1:]}"'


def nested(product, reviews, offers):
    """The product as it is shown, and what has no place in it."""
    if not isinstance(product, tuple):
        return product, ["reviews", "offers"]
    members = [m for m in product if m[0] != "reviews"]
    found = [i for i, m in enumerate(members) if m[0] == "more"]
    missing = []
    if found and isinstance(members[found[-1]][1], tuple):
        kept = [m for m in members[found[-1]][1] if m[0] != "offers"]
        members[found[-1]] = ("more", (*kept, ("offers", offers)))
    elif found:
        missing = ["offers"]
    members.append(("reviews", reviews))
    if not found:
        members.append(("more", (("offers", offers),)))
    return tuple(members), missing


def joined(a, b, c):
    first = [m for m in a or () if m[0] != "errors"]
    taken = {name for name, _ in first}
    middle = [] if "b" in taken else [("b", b)]
    taken |= {"b", "errors"}
    return tuple(first + middle + [m for m in c or () if m[0] not in taken])


def read(body):
    return json.loads(body, object_pairs_hook=tuple)


@seeds(60)
def test_random_values_lie_in_each_other(gateway, seed):
    rand = random.Random(seed)
    things = [thing(rand, 3) for _ in range(3)]
    got = ask(gateway, "nested", *[written(rand, v).encode() for v in things])
    product, missing = nested(*things)
    assert read(got.body)[0] == ("product", product)
    assert got.failures() == [(name, "missing") for name in missing]


@seeds(60)
def test_random_members_join(gateway, seed):
    rand = random.Random(seed)
    a, c = [rand.choice([None, tuple((n, 1) for n in rand.choices("bxyz", k=3)),
                         (("errors", 1), ("x", 2), ("y", [])), ()]) for _ in range(2)]
    got = ask(gateway, "joined", *[written(rand, v).encode() for v in (a, 7, c)])
    assert read(got.body) == joined(a, 7, c)
