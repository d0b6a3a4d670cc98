"""test_cors.py - pages of other origins: who may read an answer (CONTRACT 3.9)"""

import pytest

from behaviour import answer
from cases import fresh, table

SHOP, EVIL = "https://shop.example", "https://evil.example"
CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
cors: {origins: [https://shop.example, "http://localhost:3000"]}
defaults:
  endpoint:
    cors: {origins: [https://shop.example], max_age: 10m}
endpoints:
  - path: /plain/{id}
    sources: {one: {get: "alpha:/{id}", required: true}}
  - path: /plain/{id}
    method: POST
    cors: {headers: [content-type, x-tenant]}
    sources: {one: {post: "alpha:/{id}", required: true}}
  - path: /own/{id}
    cors:
      origins: [https://shop.example, "HTTPS://Other.example:8443", "null"]
      methods: [get, PUT]
      headers: [authorization]
      expose: [sheaf-complete, x-request-id]
      credentials: true
    sources: {one: {get: "alpha:/{id}"}}
  - path: /all/{id}
    cors: {origins: "*", headers: "*"}
    sources: {one: {get: "alpha:/{id}"}}
  - path: /off/{id}
    cors: off
    sources: {one: {get: "alpha:/{id}"}}
  - path: /kept/{id}
    cache: 60s
    sources: {one: {get: "alpha:/{id}"}}
  - path: /parts/{id}
    sources: {one: {get: "alpha:/{id}", cache: {ttl: 60s, vary: [accept-language]}}}
  - path: /fixed/{id}
    response_headers: {access-control-allow-origin: "https://fixed.example", vary: x-fixed}
    sources: {one: {get: "alpha:/{id}", return_headers: [vary]}}
  - path: /number/{id}
    params: {id: {type: integer}}
    sources: {one: {get: "alpha:/{id}"}}
"""
FIELDS = ("access-control-allow-origin", "access-control-allow-credentials",
          "access-control-expose-headers", "access-control-allow-methods",
          "access-control-allow-headers", "access-control-max-age")
PREFLIGHT_VARY = "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"


def serve(gateway, behaviour=None):
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour or answer({"a": 1}))
    return key


def told(got):
    """The fields of cross-origin sharing that an answer has."""
    return {name: got[name] for name in FIELDS if got[name] is not None}


def preflight(gateway, path, origin=SHOP, method="GET", headers=None):
    fields = [("Origin", origin), ("Access-Control-Request-Method", method)]
    if headers:
        fields.append(("Access-Control-Request-Headers", headers))
    return gateway.get(path, "OPTIONS", fields)


# Requests

@table(
    "ask",
    ("OPTIONS", lambda gateway, path: gateway.get(path, "OPTIONS", [("Origin", SHOP)])),
    ("a preflight", preflight),
    ("a preflight for another method", lambda gateway, path: preflight(gateway, path, method="PUT")),
    ("another method", lambda gateway, path: gateway.get(path, "DELETE", [("Origin", SHOP)])),
)
def test_what_is_off_is_so_for_methods_that_the_path_does_not_take(gateway, ask):
    got = ask(gateway, f"/off/{fresh()}")
    assert got.status == 405 and not told(got)
    assert "origin" not in (got["vary"] or "").lower()


@table("path, origin", ("its own", "own", "https://other.example:8443"), ("the default", "plain", SHOP))
def test_a_method_that_the_path_does_not_take_is_told_to_whom_its_endpoints_are(gateway, path, origin):
    got = gateway.get(f"/{path}/{fresh()}", "DELETE", [("Origin", origin)])
    assert got.status == 405
    assert got["access-control-allow-origin"] == origin


@pytest.mark.essential
def test_a_named_origin_may_read_and_the_answer_varies_by_it(gateway):
    key = serve(gateway)
    got = gateway.get(f"/plain/{key}", fields=[("Origin", SHOP)])
    assert got.status == 200 and got.json() == {"one": {"a": 1}}
    assert told(got) == {"access-control-allow-origin": SHOP}
    assert got["vary"] == "Origin, Accept"


@table(
    "fields",
    ("no origin", []),
    ("a foreign origin", [("Origin", EVIL)]),
    ("a name that ends alike", [("Origin", "https://evilshop.example")]),
    ("a name that begins alike", [("Origin", "https://shop.example.evil.example")]),
    ("another scheme", [("Origin", "http://shop.example")]),
    ("another port", [("Origin", "https://shop.example:8443")]),
    ("other letters", [("Origin", "https://SHOP.example")]),
    ("a path", [("Origin", "https://shop.example/")]),
    ("null", [("Origin", "null")]),
    ("nothing", [("Origin", "")]),
    ("two of them", [("Origin", SHOP), ("Origin", EVIL)]),
    ("the same twice", [("Origin", SHOP), ("Origin", SHOP)]),
    ("a list", [("Origin", f"{SHOP} {EVIL}")]),
)
def test_any_other_is_answered_and_may_not_read(gateway, fields):
    key = serve(gateway)
    got = gateway.get(f"/plain/{key}", fields=fields)
    assert got.status == 200 and got.json() == {"one": {"a": 1}}
    assert not told(got) and got["vary"] == "Origin, Accept"


def test_credentials_and_exposed_headers_are_told(gateway):
    key = serve(gateway)
    for origin in (SHOP, "https://other.example:8443", "null"):
        got = gateway.get(f"/own/{key}", fields=[("Origin", origin)])
        assert told(got) == {
            "access-control-allow-origin": origin,
            "access-control-allow-credentials": "true",
            "access-control-expose-headers": "sheaf-complete, x-request-id",
        }


def test_a_star_is_every_origin_but_null(gateway):
    key = serve(gateway)
    got = gateway.get(f"/all/{key}", fields=[("Origin", EVIL)])
    assert told(got) == {"access-control-allow-origin": "*"}
    assert not told(gateway.get(f"/all/{key}", fields=[("Origin", "null")]))


def test_off_says_nothing(gateway):
    key = serve(gateway)
    got = gateway.get(f"/off/{key}", fields=[("Origin", SHOP)])
    assert got.status == 200 and not told(got) and got["vary"] == "Accept"


@table(
    "path, method, status",
    ("a service's failure", "/plain/gone", "GET", 404),
    ("a bad parameter", "/number/x", "GET", 400),
    ("an unknown path", "/nowhere", "GET", 404),
    ("an unknown method", "/plain/x", "DELETE", 405),
)
def test_a_page_can_read_problems(gateway, path, method, status):
    gateway["alpha"].on("/gone", answer({}, status=404))
    got = gateway.get(path, method, [("Origin", SHOP)])
    got.problem(status)
    assert told(got) == {"access-control-allow-origin": SHOP}
    assert not told(gateway.get(path, method, [("Origin", EVIL)]))


def test_a_fixed_header_of_the_endpoint_wins(gateway):
    key = serve(gateway, answer({}, fields=[("Vary", "x-service")]))
    got = gateway.get(f"/fixed/{key}", fields=[("Origin", SHOP)])
    assert told(got) == {"access-control-allow-origin": "https://fixed.example"}
    assert got.all("vary") == ["x-fixed", "Origin, Accept", "x-service"]


# Caching

@pytest.mark.essential
def test_what_is_remembered_is_told_to_each_origin_anew(gateway):
    key = serve(gateway)
    first = gateway.get(f"/kept/{key}", fields=[("Origin", SHOP)])
    second = gateway.get(f"/kept/{key}", fields=[("Origin", EVIL)])
    third = gateway.get(f"/kept/{key}", fields=[("Origin", SHOP)])
    assert len(gateway["alpha"].requests(f"/{key}")) == 1
    assert told(first) == told(third) == {"access-control-allow-origin": SHOP}
    assert not told(second)
    assert [got["vary"] for got in (first, second, third)] == ["Origin, Accept"] * 3


def test_a_304_is_told_too(gateway):
    key = serve(gateway)
    etag = gateway.get(f"/kept/{key}")["etag"]
    got = gateway.get(f"/kept/{key}", fields=[("Origin", SHOP), ("If-None-Match", etag)])
    assert got.status == 304 and told(got) == {"access-control-allow-origin": SHOP}


def test_one_vary_names_all(gateway):
    key = serve(gateway)
    got = gateway.get(f"/parts/{key}", fields=[("Origin", SHOP)])
    assert got["vary"] == "Origin, Accept, accept-language"


# Preflights

@pytest.mark.essential
def test_a_preflight_is_answered_without_a_call(gateway):
    key = serve(gateway)
    got = preflight(gateway, f"/plain/{key}", method="POST", headers="x-tenant,content-type")
    assert got.status == 204 and got.body == b""
    assert told(got) == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "content-type, x-tenant",
        "access-control-max-age": "600",
    }
    assert got["vary"] == PREFLIGHT_VARY
    assert not gateway["alpha"].requests(f"/{key}")


def test_methods_are_the_endpoint_s_or_those_that_are_named(gateway):
    assert preflight(gateway, "/plain/x")["access-control-allow-methods"] == "GET, HEAD"
    got = preflight(gateway, "/own/x", headers="authorization")
    assert told(got) == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-headers": "authorization",
        "access-control-max-age": "600",
    }


def test_a_method_that_the_path_lacks_is_not_among_them(gateway):
    got = preflight(gateway, "/plain/x", method="DELETE")
    assert got.status == 204
    assert "DELETE" not in got["access-control-allow-methods"]


def test_a_star_of_headers_is_what_is_asked_for(gateway):
    got = preflight(gateway, "/all/x", EVIL, headers="x-one,x-two")
    assert got["access-control-allow-headers"] == "x-one,x-two"
    assert preflight(gateway, "/all/x", headers="x one;")["access-control-allow-headers"] is None


@table("origin", ("foreign", EVIL), ("null", "null"), ("alike", "https://shop.example.evil.example"))
def test_a_foreign_preflight_is_told_nothing(gateway, origin):
    got = preflight(gateway, "/plain/x", origin)
    assert got.status == 204 and not told(got) and got["vary"] == PREFLIGHT_VARY


@table(
    "path, fields, status",
    ("no origin", "/plain/x", [("Access-Control-Request-Method", "GET")], 405),
    ("no method", "/plain/x", [("Origin", SHOP)], 405),
    ("a path without cors", "/off/x",
     [("Origin", SHOP), ("Access-Control-Request-Method", "GET")], 405),
    ("no path", "/nowhere", [("Origin", SHOP), ("Access-Control-Request-Method", "GET")], 404),
)
def test_any_other_question_is_no_preflight(gateway, path, fields, status):
    got = gateway.get(path, "OPTIONS", fields)
    got.problem(status)
    assert status == 404 or "GET" in got["allow"]


def test_preflights_are_in_the_log(gateway):
    got = preflight(gateway, "/plain/x")
    line = gateway.log_line(got["x-request-id"])
    assert (line["method"], line["path"], line["status"]) == ("OPTIONS", "/plain/x", 204)
