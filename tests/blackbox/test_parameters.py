"""test_parameters.py - parameters of path, query and headers, good and bad (CONTRACT 3)

Each endpoint sends its parameter on, so that what came of it is seen in the call.
"""

import pytest

from cases import table

# name: (declaration, template)
KINDS = {
    "string": ("{}", "{?v}"),
    "integer": ("{type: integer}", "{?v}"),
    "number": ("{type: number}", "{?v}"),
    "boolean": ("{type: boolean}", "{?v}"),
    "range": ("{type: integer, min: 1, max: 10}", "{?v}"),
    "fraction": ("{type: number, min: -0.5, max: 0.5}", "{?v}"),
    "precise": ("{type: number, min: -1.5, max: 9223372036854775807}", "{?v}"),
    "enum": ("{enum: [red, green]}", "{?v}"),
    "worth": ("{type: number, enum: [1, 2.5, 1e3]}", "{?v}"),
    "numbers_enum": ("{type: integer, enum: [1, 2]}", "{?v}"),
    "pattern": ('{pattern: "[a-z]+"}', "{?v}"),
    "dollar": ('{pattern: "^[a-z]+$"}', "{?v}"),
    "either": ('{pattern: "a|ab"}', "{?v}"),
    "unicode": ('{pattern: "\\\\p{L}{2}"}', "{?v}"),
    "required": ("{required: true}", "{?v}"),
    "default": ("{default: EUR}", "{?v}"),
    "no_default": ("{default: no}", "{?v}"),
    "list": ("{list: true}", "{?v}"),
    "exploded": ("{list: true}", "{?v*}"),
    "integers": ("{list: true, type: integer, max: 10}", "{?v}"),
    "list_default": ("{list: true, default: [a, b]}", "{?v}"),
    "list_required": ("{list: true, required: true}", "{?v}"),
    "list_enum": ("{list: true, enum: [a, b]}", "{?v}"),
}

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
endpoints:
  - path: /typed/{id}
    params: {id: {type: integer, min: 1}}
    sources: {it: {get: "alpha:/typed/{id}"}}
  - path: /patterned/{id}
    params: {id: {pattern: "[A-Za-z0-9_-]{1,64}"}}
    sources: {it: {get: "alpha:/patterned/{id}"}}
  - path: /header
    headers: {x-tenant: {required: true, pattern: "[a-z]{1,8}"}, x-level: {type: integer}}
    sources: {it: {get: "alpha:/header/{headers.x-tenant}"}}
  - path: /many/{id}
    params: {id: {type: integer}}
    query:
      need: {required: true}
      color: {enum: [red, green]}
      n: {type: integer, max: 10}
      ok: {}
    headers: {x-tenant: {required: true}}
    sources: {it: {get: "alpha:/many/{id}"}}
  - path: /product
    query: {id: {required: true, pattern: "[A-Za-z0-9_-]{1,64}"}, currency: {default: EUR}}
    sources: {it: {get: "alpha:/prices/{id}{?currency}"}}
  - path: /slow
    query: {v: {pattern: "(a+)+b"}}
    sources: {it: {get: "alpha:/slow"}}
""" + "".join(
    f'  - {{path: "/{name}", query: {{v: {declaration}}}, sources: '
    f'{{it: {{get: "alpha:/{name}{template}"}}}}}}\n'
    for name, (declaration, template) in KINDS.items()
)


def sent(answer):
    return answer.json()["it"]["target"]


@table(
    "target, call",
    ("a string goes as it is", "/string?v=abc", "/string?v=abc"),
    ("an absent one is undefined", "/string", "/string"),
    ("an empty value counts as absent", "/string?v=", "/string"),
    ("so does one without a sign", "/string?v", "/string"),
    ("undeclared names are ignored", "/string?w=1&v=a&x=2", "/string?v=a"),
    ("also repeated ones", "/string?w=1&w=2&v=a", "/string?v=a"),
    ("plus is a space", "/string?v=a+b", "/string?v=a%20b"),
    ("an encoded plus is a plus", "/string?v=a%2Bb", "/string?v=a%2Bb"),
    ("an encoded ampersand separates nothing", "/string?v=a%26w%3D1", "/string?v=a%26w%3D1"),
    ("a value may hold an equals sign", "/string?v=a=b", "/string?v=a%3Db"),
    ("a semicolon separates nothing", "/string?v=1;w=2", "/string?v=1%3Bw%3D2"),
    ("a slash and a question mark are letters", "/string?v=/?", "/string?v=%2F%3F"),
    ("a comma is a letter in what is no list", "/string?v=a,b", "/string?v=a%2Cb"),
    ("names are decoded too", "/string?%76=a", "/string?v=a"),
    ("UTF-8 goes through", "/string?v=%E6%97%A5", "/string?v=%E6%97%A5"),
    ("empty pairs are passed over", "/string?&&v=a&", "/string?v=a"),
    ("a NUL stays encoded", "/string?v=a%00b", "/string?v=a%00b"),
    ("an integer", "/integer?v=42", "/integer?v=42"),
    ("a negative integer", "/integer?v=-42", "/integer?v=-42"),
    ("zero", "/integer?v=0", "/integer?v=0"),
    ("a number", "/number?v=1.50", "/number?v=1.50"),
    ("a number with an exponent", "/number?v=1e3", "/number?v=1e3"),
    ("an integer is a number", "/number?v=-7", "/number?v=-7"),
    ("true", "/boolean?v=true", "/boolean?v=true"),
    ("false", "/boolean?v=false", "/boolean?v=false"),
    ("the least", "/range?v=1", "/range?v=1"),
    ("the greatest", "/range?v=10", "/range?v=10"),
    ("the least of a fraction", "/fraction?v=-0.5", "/fraction?v=-0.5"),
    ("one whose digits a double has not", "/precise?v=9223372036854775807", "/precise?v=9223372036854775807"),
    ("one of an enum of numbers, written differently", "/worth?v=2.50", "/worth?v=2.50"),
    ("with an exponent, too", "/worth?v=10E2", "/worth?v=10E2"),
    ("one of an enum", "/enum?v=green", "/enum?v=green"),
    ("one of an enum of integers", "/numbers_enum?v=2", "/numbers_enum?v=2"),
    ("a value that the pattern matches", "/pattern?v=abc", "/pattern?v=abc"),
    ("an alternative that matches the whole", "/either?v=ab", "/either?v=ab"),
    ("a pattern counts characters", "/unicode?v=%C3%A9%C3%B1", "/unicode?v=%C3%A9%C3%B1"),
    ("a required one that is there", "/required?v=a", "/required?v=a"),
    ("a default", "/default", "/default?v=EUR"),
    ("a default for an empty value", "/default?v=", "/default?v=EUR"),
    ("a value beats the default", "/default?v=USD", "/default?v=USD"),
    ("no is a string where no boolean is due", "/no_default", "/no_default?v=no"),
    ("a list is split at commas", "/list?v=1,2", "/list?v=1,2"),
    ("a list may be repeated", "/list?v=1&v=2", "/list?v=1,2"),
    ("or both", "/list?v=1,2&v=3", "/list?v=1,2,3"),
    ("an encoded comma splits nothing", "/list?v=a%2Cb,c", "/list?v=a%2Cb,c"),
    ("a list may be exploded", "/exploded?v=1,2", "/exploded?v=1&v=2"),
    ("with its commas encoded", "/exploded?v=a%2Cb,c", "/exploded?v=a%2Cb&v=c"),
    ("an absent list is undefined", "/list", "/list"),
    ("a list of integers", "/integers?v=1,2", "/integers?v=1,2"),
    ("a list with a default", "/list_default", "/list_default?v=a,b"),
    ("a list of an enum", "/list_enum?v=b,a", "/list_enum?v=b,a"),
    ("a path parameter with a type", "/typed/7", "/typed/7"),
    ("a path parameter with a pattern", "/patterned/a_B-9", "/patterned/a_B-9"),
    ("the page's own example", "/product?id=42", "/prices/42?currency=EUR"),
)
def test_a_good_parameter_goes_on(gateway, target, call):
    answer = gateway.get(target)
    assert answer.status == 200, answer.body
    assert sent(answer) == call


@table(
    "target, parameter",
    ("an integer that is a word", "/integer?v=abc", "v"),
    ("an integer with a fraction", "/integer?v=7.5", "v"),
    ("an integer with a tail", "/integer?v=7x", "v"),
    ("an integer with a space", "/integer?v=+7", "v"),
    ("a hexadecimal integer", "/integer?v=0x10", "v"),
    ("a number that is a word", "/number?v=abc", "v"),
    ("not a number", "/number?v=NaN", "v"),
    ("infinity", "/number?v=Infinity", "v"),
    ("a hexadecimal number", "/number?v=0x1p3", "v"),
    ("a number with a tail", "/number?v=1.5.2", "v"),
    ("a boolean that is a word", "/boolean?v=maybe", "v"),
    ("a boolean in another case", "/boolean?v=TRUE", "v"),
    ("below the least", "/range?v=0", "v"),
    ("above the greatest", "/range?v=11", "v"),
    ("far above it", "/range?v=99999999999999999999999", "v"),
    ("above a fraction", "/fraction?v=0.51", "v"),
    ("above it by less than a double tells", "/precise?v=9223372036854775808", "v"),
    ("below it by as little", "/precise?v=-1.50000000000000000001", "v"),
    ("none of an enum of numbers", "/worth?v=2.51", "v"),
    ("none of an enum", "/enum?v=blue", "v"),
    ("an enum in another case", "/enum?v=Red", "v"),
    ("a part of an enum", "/enum?v=re", "v"),
    ("a value that the pattern does not match", "/pattern?v=ABC", "v"),
    ("a value of which it matches a part", "/pattern?v=abc1", "v"),
    ("a line break behind the match", "/pattern?v=abc%0A", "v"),
    ("also where the pattern ends with a dollar", "/dollar?v=abc%0A", "v"),
    ("a pattern counts characters", "/unicode?v=%C3%A9", "v"),
    ("a required one that is missing", "/required", "v"),
    ("a required one that is empty", "/required?v=", "v"),
    ("one that is repeated", "/string?v=1&v=2", "v"),
    ("one that is repeated alike", "/string?v=1&v=1", "v"),
    ("one that is repeated by an encoded name", "/string?v=1&%76=2", "v"),
    ("bad percent-encoding", "/string?v=%zz", "v"),
    ("cut percent-encoding", "/string?v=a%2", "v"),
    ("bytes that are not UTF-8", "/string?v=%ff", "v"),
    ("overlong UTF-8", "/string?v=%c0%af", "v"),
    ("a surrogate", "/string?v=%ed%a0%80", "v"),
    ("a bad element of a list", "/integers?v=1,x", "v"),
    ("an element above the greatest", "/integers?v=1,11", "v"),
    ("an element that is none of an enum", "/list_enum?v=a,c", "v"),
    ("a required list that is missing", "/list_required", "v"),
    ("a path parameter of another type", "/typed/x", "id"),
    ("a path parameter below the least", "/typed/0", "id"),
    ("a path parameter that the pattern does not match", "/patterned/a.b", "id"),
    ("one that is too long for the pattern", "/patterned/" + "a" * 65, "id"),
    ("a pattern that would take for ever", "/slow?v=" + "a" * 60, "v"),
)
def test_a_bad_parameter_is_400_and_no_service_is_called(gateway, target, parameter):
    before = len(gateway["alpha"].requests())
    answer = gateway.get(target)
    violations = answer.problem(400)["violations"]
    assert [v["parameter"] for v in violations] == [parameter]
    assert violations[0]["message"]
    assert len(gateway["alpha"].requests()) == before
    assert answer.seconds < 1


def test_a_missing_one_is_told_in_these_words(gateway):
    violations = gateway.get("/product").problem(400)["violations"]
    assert violations == [{"parameter": "id", "message": "required"}]


@table(
    "fields, code",
    ("a header that is good", [("X-Tenant", "acme")], 200),
    ("names of headers have no case", [("x-tEnAnT", "acme")], 200),
    ("a header that is missing", [], 400),
    ("one that is empty", [("X-Tenant", "")], 400),
    ("one that the pattern does not match", [("X-Tenant", "ACME")], 400),
    ("one that is repeated", [("X-Tenant", "acme"), ("X-Tenant", "acme")], 400),
    ("one of another type", [("X-Tenant", "acme"), ("X-Level", "high")], 400),
    ("one with bytes that are not UTF-8", [("X-Tenant", "\xff")], 400),
)
def test_headers_are_parameters(gateway, fields, code):
    answer = gateway.get("/header", fields=fields)
    assert answer.status == code, answer.body
    if code == 200:
        assert sent(answer) == "/header/acme"
    else:
        assert all("x-" in v["parameter"].lower() for v in answer.problem()["violations"])


def test_all_violations_are_told_at_once(gateway):
    before = len(gateway["alpha"].requests())
    document = gateway.get("/many/x?color=blue&n=11&ok=1&ok=2").problem(400)
    told = [violation["parameter"] for violation in document["violations"]]
    assert sorted(name.split(".")[-1] for name in told) == [
        "color", "id", "n", "need", "ok", "x-tenant"
    ]
    assert len(gateway["alpha"].requests()) == before


@pytest.mark.parametrize("n", [1, 100, 2000])
def test_many_undeclared_names_are_ignored(gateway, n):
    query = "&".join(f"a{i}" for i in range(n))
    assert sent(gateway.get(f"/string?{query}&v=a")) == "/string?v=a"


def test_all_values_that_templates_refuse_are_told_once(start):
    gateway = start("""
listen: @listen@
services: {alpha: "http://@alpha@"}
endpoints:
  - path: /x
    query: {a: {}, b: {}, c: {}, d: {list: true}}
    sources:
      one: {get: "alpha:/{a}/{b}/{c}", set_headers: {x-c: "{c}"}}
      two: {get: "alpha:/{c}"}
      three: {get: "alpha:/", set_headers: {x-c: "{c}", x-b: "{b}"}}
      four: {each: d, get: "alpha:/{item}/{c}"}
""")
    got = gateway.get("/x?a=..&b=fine&c=.&d=..,.,e")
    assert [v["parameter"] for v in got.problem(400)["violations"]] == ["a", "c", "d"]
    got = gateway.get("/x?a=1&b=%0a&c=2")
    assert [v["parameter"] for v in got.problem(400)["violations"]] == ["b"]
    assert not gateway["alpha"].requests()
