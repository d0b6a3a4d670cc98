"""test_security_headers.py - what answers tell browsers of how careful to be (docs/edge.md)"""

import json

import pytest

from behaviour import answer
from cases import fresh, table
from client import Client
from gateway import ROOT, Gateway, run
from places import free_port
from validator import schema_errors

CONFIG = """
listen:
  - @listen@
  - address: @listen_tls@
    tls: {cert: @cert@, key: @key@}
workers: 1
security_headers: on
cors: {origins: ["https://shop.test"]}
trusted_proxies: [127.0.0.0/8]
services: {s: "http://@s@", t: "http://@t@"}
endpoints:
  - {path: "/plain/{n}", query: {q: {type: integer}}, sources: {one: {get: "s:/plain/{n}"}}}
  - {path: "/required/{n}", sources: {one: {get: "s:/required/{n}", required: true}}}
  - {path: "/off/{n}", security_headers: off, sources: {one: {get: "s:/off/{n}"}}}
  - path: /own/{n}
    security_headers:
      x-frame-options: SAMEORIGIN
      permissions-policy: "camera=()"
      strict-transport-security: "max-age=1; includeSubDomains"
      referrer-policy: off
    sources: {one: {get: "s:/own/{n}"}}
  - path: /fixed/{n}
    response_headers: {X-FRAME-OPTIONS: "ALLOW", strict-transport-security: max-age=0}
    sources: {one: {get: "s:/fixed/{n}"}}
  - path: /returned/{n}
    sources:
      one: {get: "s:/returned/{n}", return_headers: [content-security-policy, x-frame-options]}
      two: {get: "t:/returned/{n}", return_headers: [content-security-policy, referrer-policy]}
  - path: /kept/{n}
    cache: {ttl: 60s, key: "kept:{n}"}
    sources: {one: {get: "s:/kept/{n}", return_headers: [x-frame-options]}}
"""

USUAL = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
OVER_TLS = {**USUAL, "strict-transport-security": "max-age=31536000"}
NAMES = [*OVER_TLS, "permissions-policy"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, authority):
    cert, key = authority.issue("front-security", "DNS:front.test")
    with Gateway(CONFIG, tmp_path_factory.mktemp("security"), cert=cert, key=key,
                 listen_tls=f"127.0.0.1:{free_port()}") as shared:
        yield shared


def told(got):
    """Each of them that stands there, which must be once."""
    return {name: got[name] for name in NAMES if got[name] is not None}


def secure(gateway, authority, target, **options):
    with Client(gateway.places["listen_tls"], authority.client(), "front.test") as client:
        return client.get(target, **options)


@pytest.mark.essential
def test_answers_tell_the_usual(gateway, authority):
    assert told(gateway.get(f"/plain/{fresh()}")) == USUAL
    assert told(secure(gateway, authority, f"/plain/{fresh()}")) == OVER_TLS


def test_a_trusted_proxy_tells_of_tls(gateway, authority):
    for proto, expected in (("https", OVER_TLS), ("http", USUAL)):
        got = gateway.get(f"/plain/{fresh()}", fields=[("X-Forwarded-Proto", proto)])
        assert told(got) == expected
    got = secure(gateway, authority, f"/plain/{fresh()}", fields=[("X-Forwarded-Proto", "http")])
    assert told(got) == USUAL


@table(
    "target,fields,status",
    ("a path that is not there", "/nowhere", [], 404),
    ("a parameter that is wrong", "/plain/a?q=x", [], 400),
    ("a target that is malformed", "/plain/%zz", [], 400),
    ("a type that is refused", "/plain/a", [("Accept", "application/json;q=0")], 406),
    ("a head that is too large", "/plain/a", [("X-Large", "x" * 20000)], 431),
)
def test_errors_tell_it_too(gateway, authority, target, fields, status):
    got = secure(gateway, authority, target, fields=fields)
    got.problem(status)
    assert told(got) == OVER_TLS


def test_a_source_that_fails_tells_it_too(gateway):
    name = fresh()
    gateway["s"].on(f"/required/{name}", answer({}, status=500))
    got = gateway.get(f"/required/{name}")
    got.problem(502)
    assert told(got) == USUAL


def test_a_preflight_tells_it_too(gateway):
    got = gateway.get("/plain/a", "OPTIONS", [("Origin", "https://shop.test"),
                                              ("Access-Control-Request-Method", "GET")])
    assert got.status == 204 and told(got) == USUAL


@pytest.mark.parametrize("accept", ["text/event-stream", "application/x-ndjson"])
def test_streams_tell_it_too(gateway, accept):
    got = gateway.get(f"/plain/{fresh()}", fields=[("Accept", accept)])
    assert got.status == 200 and told(got) == USUAL


def test_off_tells_nothing(gateway):
    assert told(gateway.get(f"/off/{fresh()}")) == {}


def test_a_map_says_what_differs(gateway, authority):
    expected = {**OVER_TLS, "x-frame-options": "SAMEORIGIN", "permissions-policy": "camera=()",
                "strict-transport-security": "max-age=1; includeSubDomains"}
    del expected["referrer-policy"]
    assert told(secure(gateway, authority, f"/own/{fresh()}")) == expected


def test_fixed_ones_of_the_endpoint_win(gateway, authority):
    assert told(gateway.get(f"/fixed/{fresh()}")) == {
        **USUAL, "x-frame-options": "ALLOW", "strict-transport-security": "max-age=0"}


def test_what_a_service_says_wins(gateway):
    name = fresh()
    gateway["s"].on(f"/returned/{name}",
                    answer({}, fields=[("Content-Security-Policy", "first")]))
    gateway["t"].on(f"/returned/{name}", answer({}, fields=[
        ("content-security-policy", "second"), ("Referrer-Policy", "origin")]))
    assert told(gateway.get(f"/returned/{name}")) == {
        **USUAL, "content-security-policy": "first", "referrer-policy": "origin"}


def test_of_a_kept_answer_each_client_is_told_its_own(gateway, authority):
    """The one for whom it was made asked by TLS, the other does not."""
    name = fresh()
    gateway["s"].on(f"/kept/{name}", answer({}, fields=[("X-Frame-Options", "SAMEORIGIN")]))
    expected = {"x-frame-options": "SAMEORIGIN"}
    for _ in range(2):
        assert told(secure(gateway, authority, f"/kept/{name}")) == {**OVER_TLS, **expected}
        got = gateway.get(f"/kept/{name}")
        assert "hit" in got["cache-status"]
        assert told(got) == {**USUAL, **expected}
    again = gateway.get(f"/kept/{name}", fields=[("If-None-Match", got["etag"])])
    assert again.status == 304 and told(again) == {**USUAL, **expected}


def test_without_it_nothing_is_told(start):
    gateway = start(CONFIG[:CONFIG.index("  - address")].replace("- @listen@", "- @listen@")
                    + "workers: 1\nservices: {s: \"http://@s@\"}\nendpoints:\n"
                    "  - {path: /a, sources: {one: {get: \"s:/a\"}}}\n")
    assert told(gateway.get("/a")) == {} and told(gateway.get("/b")) == {}


@pytest.mark.parametrize("value, is_good", [
    *[(word, False) for word in ("on", "On", "ON", "yes", "YES", "true", "True", "TRUE")],
    *[(word, True) for word in ("off", "Off", "NO", "False", "one", "on-", "DENY", "1")],
])
def test_the_schema_takes_the_values_that_the_reader_takes(tmp_path, value, is_good):
    (tmp_path / "sheaf.yaml").write_text(f"""
services: {{s: "http://127.0.0.1:1"}}
security_headers: {{x-frame-options: "{value}"}}
endpoints: [{{path: /a, sources: {{one: {{get: "s:/"}}}}}}]
""")
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert (done.returncode == 0) == is_good, done.stderr
    schema = json.loads((ROOT / "docs" / "sheaf.schema.json").read_text())
    option = schema["$defs"]["security_headers"]["properties"]["x-frame-options"]
    assert (not schema_errors(option, value)) == is_good
