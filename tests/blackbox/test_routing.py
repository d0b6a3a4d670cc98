"""test_routing.py - which endpoint a request is for (CONTRACT 3, 3.5)"""

import pytest

from cases import table

# Declared in an order that would be wrong if order mattered.
PATHS = [
    "/tail/*", "/tail/{one}", "/tail/known", "/items/{id}", "/items/special", "/items/{id}/parts",
    "/plain", "/slash/", "/both", "/both/", "/back/lit/z", "/back/{a}/y", "/deep/{a}/{b}/{c}",
    "/a.b", "/dots/...", "/tilde/~x", "/sub;v=1",
]

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
endpoints:
  - {path: /multi, sources: {it: {get: "alpha:/GET-multi"}}}
  - {path: /multi, method: POST, sources: {it: {post: "alpha:/POST-multi"}}}
  - {path: /multi, method: DELETE, sources: {it: {delete: "alpha:/DELETE-multi"}}}
  - {path: /write, method: POST, sources: {it: {post: "alpha:/POST-write"}}}
  - {path: "/value/{id}", sources: {it: {get: "alpha:/value/{id}"}}}
""" + "".join(
    f'  - {{path: "{path}", sources: {{it: {{get: "alpha:/at{n}"}}}}}}\n'
    for n, path in enumerate(PATHS)
)


def routed(answer):
    """The path of the endpoint that answered."""
    target = answer.json()["it"]["target"]
    return PATHS[int(target[len("/at"):])] if target.startswith("/at") else target


@table(
    "target, endpoint",
    ("a literal path matches itself", "/plain", "/plain"),
    ("a query is no part of the path", "/plain?x=1/2", "/plain"),
    ("nor is an empty one", "/plain?", "/plain"),
    ("a parameter takes one segment", "/items/7", "/items/{id}"),
    ("a literal beats a parameter", "/items/special", "/items/special"),
    ("a literal that goes on is another path", "/items/specials", "/items/{id}"),
    ("a parameter may stand between literals", "/items/7/parts", "/items/{id}/parts"),
    ("even where a literal began alike", "/items/special/parts", "/items/{id}/parts"),
    ("a tail takes several segments", "/tail/a/b/c", "/tail/*"),
    ("a parameter beats a tail", "/tail/a", "/tail/{one}"),
    ("a literal beats both", "/tail/known", "/tail/known"),
    ("what a literal led into the tail may take", "/tail/known/more", "/tail/*"),
    ("a trailing slash is a path", "/slash/", "/slash/"),
    ("with a trailing slash it is another", "/both/", "/both/"),
    ("than without", "/both", "/both"),
    ("a literal that leads nowhere gives way", "/back/lit/y", "/back/{a}/y"),
    ("several parameters", "/deep/1/2/3", "/deep/{a}/{b}/{c}"),
    ("a dot is a letter", "/a.b", "/a.b"),
    ("three dots are no dot segment", "/dots/...", "/dots/..."),
    ("a tilde is a letter", "/tilde/~x", "/tilde/~x"),
    ("a semicolon is a letter", "/sub;v=1", "/sub;v=1"),
    ("an absolute target is routed by its path", "http://else.test/plain", "/plain"),
)
def test_a_request_finds_its_endpoint(gateway, target, endpoint):
    answer = gateway.get(target)
    assert answer.status == 200
    assert routed(answer) == endpoint


@table(
    "target",
    ("an unknown path", "/nowhere"),
    ("the root", "/"),
    ("a prefix of a path", "/item"),
    ("a path without its trailing slash", "/slash"),
    ("a path with one too many", "/plain/"),
    ("another case", "/PLAIN"),
    ("a segment too many", "/items/7/parts/8"),
    ("a segment too few", "/deep/1/2"),
    ("an encoded slash is no slash", "/items%2Fspecial"),
    ("an encoded question mark begins no query", "/plain%3Fx=1"),
    ("a space behind it", "/plain%20"),
    ("a dot behind it", "/plain."),
    ("a parameter behind a semicolon is no dot segment, but another path", "/plain;x=1"),
)
def test_what_matches_nothing_is_404(gateway, target):
    before = len(gateway["alpha"].requests())
    gateway.get(target).problem(404)
    assert len(gateway["alpha"].requests()) == before


DOTS = [
    "/.", "/..", "/./plain", "/../plain", "/items/..", "/items/.", "/items/../plain",
    "/items/%2e", "/items/%2E%2e/plain", "/items/.%2e/plain", "/items/%2e./plain",
    "/items/..;/plain", "/items/..;x=1/plain", "/items/.;a/plain", "/items/%2e%2e;a=b/plain",
    "/items/..%3b/plain", "/items/%2e%2e%3Ba/plain", "/tail/a/../b", "/tail/a/..",
    "/nowhere/../plain",
]
EMPTY = ["//plain", "/items//parts", "/tail//a", "/tail/a//", "//", "/plain//", "/nowhere//x",
         "/tail/;x/b", "/tail/;/b"]


@pytest.mark.parametrize("target", DOTS)
def test_a_dot_segment_in_any_encoding_is_400(gateway, target):
    refused(gateway, target)


@pytest.mark.parametrize("target", EMPTY)
def test_an_empty_segment_is_400(gateway, target):
    refused(gateway, target)


@table(
    "target",
    ("a percent sign without digits", "/items/%"),
    ("with one digit", "/items/%4"),
    ("with what is none", "/items/%zz"),
    ("at the end of a longer one", "/items/a%2"),
    ("bytes that are not UTF-8", "/items/%ff"),
    ("UTF-8 that is overlong", "/items/%c0%ae%c0%ae"),
    ("UTF-8 that is cut", "/items/%e2%82"),
    ("a surrogate in UTF-8", "/items/%ed%a0%80"),
    ("a code point beyond Unicode", "/items/%f4%90%80%80"),
    ("a fragment", "/plain#top"),
    ("a target that is no path", "plain"),
    ("an asterisk where no OPTIONS is", "*"),
)
def test_a_malformed_target_is_400(gateway, target):
    refused(gateway, target)


def refused(gateway, target):
    before = len(gateway["alpha"].requests())
    gateway.get(target).problem(400)
    assert len(gateway["alpha"].requests()) == before, "no service is called"


@table(
    "value, sent",
    ("a slash stays encoded", "a%2Fb", "/value/a%2Fb"),
    ("a doubly encoded one is decoded once", "a%252Fb", "/value/a%252Fb"),
    ("an encoded question mark begins no query", "a%3Fadmin=1", "/value/a%3Fadmin%3D1"),
    ("an encoded hash no fragment", "a%23x", "/value/a%23x"),
    ("a semicolon no parameter", "a;b", "/value/a%3Bb"),
    ("plus is plus in a path", "a+b", "/value/a%2Bb"),
    ("a letter may have been encoded", "%61", "/value/a"),
    ("UTF-8 goes through", "%C3%A9", "/value/%C3%A9"),
    ("a backslash is no separator", "..%5cplain", "/value/..%5Cplain"),
)
def test_a_segment_is_decoded_once_behind_the_match(gateway, value, sent):
    assert gateway.get(f"/value/{value}").json()["it"]["target"] == sent


@table(
    "method, target, allowed",
    ("a path for GET", "POST", "/plain", {"GET", "HEAD"}),
    ("a path for GET asked by OPTIONS", "OPTIONS", "/plain", {"GET", "HEAD"}),
    ("a path for GET asked by TRACE", "TRACE", "/plain", {"GET", "HEAD"}),
    ("a path for POST", "GET", "/write", {"POST"}),
    ("HEAD goes with GET alone", "HEAD", "/write", {"POST"}),
    ("a path for three", "PUT", "/multi", {"GET", "HEAD", "POST", "DELETE"}),
    ("a path with a parameter", "PATCH", "/items/7", {"GET", "HEAD"}),
)
def test_another_method_is_405_with_allow(gateway, method, target, allowed):
    answer = gateway.get(target, method)
    assert answer.status == 405
    assert {word.strip() for word in answer["allow"].split(",")} == allowed
    if method != "HEAD":
        answer.problem(405)


@pytest.mark.parametrize("method", ["BREW", "get", "GETX", "DESCRIBE"])
def test_a_method_that_nobody_knows_is_another_one(gateway, method):
    with gateway.client() as client:
        got = client.get("/plain", method)
        assert got.problem(405) and got["allow"] == "GET, HEAD"
        client.get("/nowhere", method).problem(404)
        assert client.get("/plain").status == 200


@table(
    "method, target",
    ("GET", "GET", "/GET-multi"),
    ("POST", "POST", "/POST-multi"),
    ("DELETE", "DELETE", "/DELETE-multi"),
)
def test_the_method_chooses_among_endpoints(gateway, method, target):
    assert routed(gateway.get("/multi", method)) == target


def test_head_is_answered_as_get_without_the_body(gateway):
    with gateway.client() as client:
        whole = client.get("/plain")
        head = client.get("/plain", "HEAD")
        assert client.get("/plain").status == 200, "no byte of a body is left behind"
    assert (head.status, head.body) == (200, b"")
    assert head["content-length"] == str(len(whole.body))
    assert head["content-type"] == whole["content-type"]
    assert head["sheaf-complete"] == "?1"
