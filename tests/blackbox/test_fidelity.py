"""test_fidelity.py - what a service sent is what a client gets, byte for byte (CONTRACT 3.3)"""

import json
import random
import re
from urllib.parse import quote, unquote

import pytest

from behaviour import answer, chunked, drip, head
from cases import fresh, table
from gateway import SUITES

pytestmark = pytest.mark.essential

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
  beta: http://@beta@
endpoints:
  - path: /one/{key}
    sources: {one: {get: "alpha:/{key}"}}
  - path: /two/{key}
    sources: {one: {get: "alpha:/{key}"}, two: {get: "beta:/{key}"}}
"""

SPACE = b" \t\r\n"


def ask(gateway, behaviour):
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour)
    return gateway.get(f"/one/{key}")


def is_spliced(got, body):
    """Is the value these bytes, without the white space around them?"""
    begin, value = re.match(rb'\s*\{\s*"one"\s*:\s*', got.body), body.strip(SPACE)
    rest = got.body[begin.end() :]
    return got.is_complete() and rest.startswith(value) and rest[len(value) :].strip() == b"}"


@table(
    "body",
    ("an integer beyond 64 bits", b"12345678901234567890"),
    ("an integer at the edge", b"[9223372036854775807,9223372036854775808,18446744073709551616]"),
    ("minus zero", b"[-0,-0.0,0]"),
    ("a number beyond a double", b"[1E400,-1e400,1e-400]"),
    ("a number of more digits than a double has", b"0.1000000000000000055511151231257827021181583"),
    ("zeros at the end", b"[1.0,1.50,1e2,1E+2,1e-02]"),
    ("a huge exponent", b'{"a":1e1000000000,"b":1E-999999999,"c":0e99999999999999999999}'),
    ("a number of 100,000 digits", b"1" * 100_000),
    ("names given twice", b'{"role":"user","role":"admin"}'),
    ("names alike by escapes", b'{"a":1,"\\u0061":2}'),
    ("the order of members", b'{"z":1,"a":2,"m":3,"1":4}'),
    ("escapes as they were", b'"\\u00e9\\/\\b\\f\\n\\r\\t\\"\\\\\\u0000"'),
    ("an escape in another case", b'"\\u00E9\\u00e9"'),
    ("a lone surrogate by its escape", b'["\\ud800","\\udfff\\ud800"]'),
    ("bytes of UTF-8", '"é日😀\u2028\ufffe"'.encode()),
    ("a DEL", b'"\x7f"'),
    ("white space inside", b'{ "a" :\t[ 1 ,\r\n2 ] }'),
    ("hostile names", b'{"__proto__":{"x":1},"constructor":0,"a.b":1,"":2,"a/b":3}'),
    ("text of a page", b'"</script><script>alert(1)</script>"'),
    ("a template", b'"{key} {{.Resp0_id}} {one.id}"'),
    ("a member named as a source", b'{"one":1,"errors":[2]}'),
    ("a string", b'"a"'), ("an empty string", b'""'), ("true", b"true"), ("false", b"false"),
    ("null", b"null"), ("zero", b"0"), ("an empty array", b"[]"), ("an empty object", b"{}"),
    ("a long string", b'"' + b"a" * 1_000_000 + b'"'),
    ("a long name", b'{"' + b"a" * 1_000_000 + b'":1}'),
    ("many members", b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(100_000)) + b"}"),
    ("many elements", b"[" + b",".join([b"0"] * 1_000_000) + b"]"),
)
def test_it_passes_through_unchanged(gateway, body):
    got = ask(gateway, answer(body))
    assert is_spliced(got, body), got.body[:200]


# Around the widths of the scanner's steps, with an escape as the last bytes.
LENGTHS = sorted({2**n + d for n in range(3, 13) for d in (-2, -1, 0, 1)})


@pytest.mark.parametrize("end", [b"a", b"\\n", b"\\\\", b"\\u00e9", "é".encode()],
                         ids=["a letter", "an escape", "a backslash", "a long escape", "UTF-8"])
def test_strings_of_all_lengths(gateway, end):
    for n in LENGTHS:
        body = b'["' + b"x" * max(n - len(end) - 4, 0) + end + b'"]'
        assert is_spliced(ask(gateway, answer(body)), body), n


@pytest.mark.parametrize("size", [1, 2, 7, 64, 4096])
def test_a_body_in_chunks_of(gateway, size):
    body = json.dumps({"text": "é\"\\" * 100, "list": list(range(300))}).encode()
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    assert is_spliced(ask(gateway, chunked(pieces)), body)


def test_a_body_byte_by_byte(gateway):
    body = '{"é":"\\u00e9\\\\","n":[1.50,-0]}'.encode()
    assert is_spliced(ask(gateway, drip(head(length=len(body)) + body)), body)


def some_value(dice, depth=0):
    kind = dice.randrange(8 if depth < 5 else 5)
    if kind >= 6:
        return {some_text(dice): some_value(dice, depth + 1) for _ in range(dice.randrange(6))}
    if kind == 5:
        return [some_value(dice, depth + 1) for _ in range(dice.randrange(6))]
    number = dice.choice([dice.uniform(-1e9, 1e9), dice.randrange(-(10**20), 10**20)])
    return [None, True, False, some_text(dice), number][kind]


def some_text(dice):
    letters = "ab \"\\/\0\n\x1f\x7fé日😀\u2028{}[]:,</"
    return "".join(dice.choice(letters) for _ in range(dice.randrange(12)))


@pytest.mark.parametrize("seed", range(10))
def test_random_documents_pass_and_parse(gateway, seed):
    dice = random.Random(seed)
    for _ in range(15):
        value = some_value(dice)
        body = json.dumps(value, ensure_ascii=dice.random() < 0.5,
                          indent=dice.choice([None, 1])).encode()
        got = ask(gateway, answer(body))
        assert is_spliced(got, body) and got.json()["one"] == value


def test_two_bodies_stand_side_by_side(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(b' {"a":1.0} '))
    gateway["beta"].on(f"/{key}", answer(b"\n[-0]\n"))
    body = gateway.get(f"/two/{key}").body
    assert re.sub(rb"\s", b"", body) == b'{"one":{"a":1.0},"two":[-0]}'


FILES = sorted((SUITES / "JSONTestSuite" / "test_parsing").glob("*.json"))
ABSENT = pytest.mark.skipif(not FILES, reason=f"there is no JSONTestSuite in {SUITES}")


def of_kind(kind):
    files = [file for file in FILES if file.name.startswith(kind)]
    return pytest.mark.parametrize("file", files, ids=[file.stem for file in files])


@ABSENT
@of_kind("y_")
def test_json_is_spliced(gateway, file):
    body = file.read_bytes()
    assert is_spliced(ask(gateway, answer(body)), body)


@ABSENT
@of_kind("n_")
def test_what_is_no_json_is_invalid(gateway, file):
    body = file.read_bytes()
    got = ask(gateway, answer(body))
    if body:
        assert got.failures() == [("one", "invalid")]
    else:
        assert got.is_complete(), "no body bytes are null, without an error"
    assert got.json()["one"] is None


@ABSENT
@of_kind("i_")
def test_what_may_be_either_is_one_of_them(gateway, file):
    body = file.read_bytes()
    got = ask(gateway, answer(body))
    assert got.failures() == [("one", "invalid")] or is_spliced(got, body)
    got.body.decode("utf-8")


ROUNDTRIPS = sorted((SUITES / "json-roundtrip" / "roundtrip").glob("*.json"))


@pytest.mark.skipif(not ROUNDTRIPS, reason=f"there is no json-roundtrip in {SUITES}")
@pytest.mark.parametrize("file", ROUNDTRIPS, ids=[file.stem for file in ROUNDTRIPS])
def test_a_round_trip(gateway, file):
    body = file.read_bytes()
    assert is_spliced(ask(gateway, answer(body)), body)


@pytest.mark.skipif(not (SUITES / "blns" / "blns.json").exists(), reason="there is no blns")
def test_naughty_strings_go_through_bodies_and_calls(gateway):
    strings = json.loads((SUITES / "blns" / "blns.json").read_text(encoding="utf-8"))
    assert ask(gateway, answer(strings)).json()["one"] == strings
    for text in strings:
        got = gateway.get("/one/" + quote(text, safe=""))
        if got.status == 200:
            assert unquote(got.json()["one"]["target"][1:]) == text
        else:
            assert might_be_refused(text) and got.status in (400, 404)


def might_be_refused(segment):
    """Nothing, a dot segment, or what a service might decode to several segments."""
    return "/" in segment or segment.split(";")[0] in ("", ".", "..")
