"""test_claims.py - who a token says its owner is, in calls, conditions and caches (CONTRACT 3.1)"""

import base64
import hashlib
import hmac
import json
import time

import pytest

from cases import fresh, table
from gateway import Gateway, run

SECRET = b"a secret of thirty-two bytes ok!"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


KEYS = json.dumps({"keys": [{"kty": "oct", "alg": "HS256", "k": encoded(SECRET)}]})

CONFIG = """
listen: @listen@
auth:
  customer: {jwt: {jwks: jwks.json, algorithms: [HS256]}}
  partner: {api_keys: {file: keys.yaml}}
services:
  s: {targets: ["http://@s@"], breaker: off}
defaults:
  endpoint: {auth: customer}
endpoints:
  - path: /me
    sources:
      me:
        get: s:/users/{claims.id}{?claims.tenant}
        set_headers: {x-plan: "{claims.plan.name}"}
  - path: /either
    auth: [partner, customer]
    sources: {me: {get: "s:/either{?claims.sub}"}}
  - path: /post
    method: POST
    sources:
      me:
        post: s:/post
        body:
          {who: "{claims.sub}", plan: "{claims.plan}", gone: "{claims.gone}", text: "for {claims.level}"}
  - path: /when
    sources:
      admin: {get: "s:/admin", when: claims.role == "admin" and not has(claims.banned)}
      any: {get: "s:/any"}
  - path: /groups
    sources: {groups: {each: claims.groups, get: "s:/groups/{item}"}}
  - path: /cached/{name}
    cache: 60s
    sources: {me: {get: "s:/cached/{name}", set_headers: {x-who: "{claims.sub}"}}}
  - path: /chosen/{name}
    cache: 60s
    sources:
      admin: {get: "s:/chosen-admin/{name}", when: claims.role == "admin"}
      any: {get: "s:/chosen/{name}"}
  - path: /keyed/{name}
    sources:
      me: {get: "s:/keyed/{name}/{claims.sub}", cache: {ttl: 60s, key: "{name}"}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    files = {"jwks.json": KEYS, "keys.yaml": "acme: a-key\n"}
    with Gateway(CONFIG, tmp_path_factory.mktemp("claims"), files) as gateway:
        yield gateway


def by(**claims):
    """The field that shows a token with these claims."""
    return by_text(json.dumps({"exp": int(time.time()) + 600, **claims}))


def by_text(claims):
    text = encoded(b'{"alg":"HS256"}') + "." + encoded(claims.encode())
    signature = hmac.new(SECRET, text.encode(), hashlib.sha256).digest()
    return [("Authorization", f"Bearer {text}.{encoded(signature)}")]


@pytest.mark.essential
def test_claims_are_values_of_calls(gateway):
    name = fresh("u")
    got = gateway.get("/me", fields=by(id=name, tenant="a b", plan={"name": "gold"}))
    assert got.is_complete()
    sent = gateway["s"].wait_requests(f"/users/{name}?claims.tenant=a%20b")[-1]
    assert sent["x-plan"] == "gold" and sent["authorization"] is None


@table(
    "claims, target",
    ("with a slash in it", {"id": "a/../b"}, "/users/a%2F..%2Fb"),
    ("that is a number", {"id": 12345678901234567890}, "/users/12345678901234567890"),
    ("that is a list", {"id": ["a", "b"]}, "/users/a,b"),
    ("and without an optional one", {"id": "only"}, "/users/only"),
    ("and with a null", {"id": "nulled", "tenant": None}, "/users/nulled"),
)
def test_a_claim_in_a_path(gateway, claims, target):
    assert gateway.get("/me", fields=by(**claims)).is_complete()
    assert gateway["s"].wait_requests(target)[-1]["x-plan"] is None


@table(
    "claims",
    ("that is absent", {}),
    ("that is empty", {"id": ""}),
    ("that is dots", {"id": ".."}),
    ("that is an object", {"id": {"a": 1}}),
)
def test_a_claim_that_no_path_takes_is_400(gateway, claims):
    problem = gateway.get("/me", fields=by(**claims)).problem(400)
    assert [v["parameter"] for v in problem["violations"]] == ["claims.id"]


def test_a_client_without_a_token_has_no_claims(gateway):
    assert gateway.get("/either", fields=[("X-Api-Key", "a-key")]).is_complete()
    assert gateway["s"].wait_requests("/either")
    sub = fresh("u")
    assert gateway.get("/either", fields=by(sub=sub)).is_complete()
    assert gateway["s"].wait_requests(f"/either?claims.sub={sub}")


@table(
    "claims, why",
    ("a claim twice", '"id": "a", "tenant": "t", "id": "b"', "repeat a member"),
    ("a claim twice, by an escape", r'"id": "a", "\u0069d": "b"', "repeat a member"),
    ("a sub of null", '"id": "a", "sub": null', "sub is not a string"),
    ("an exp of more than 64 bits", '"id": "a", "exp": 18446744073709551616', "exp is not a date"),
)
def test_claims_that_say_two_things_or_none_are_no_claims(gateway, claims, why):
    exp = "" if '"exp"' in claims else f', "exp": {int(time.time()) + 600}'
    got = gateway.get("/me", fields=by_text("{" + claims + exp + "}"))
    assert got.problem(401) and why in got["www-authenticate"]


def test_claims_in_a_body_keep_their_type(gateway):
    fields = by(sub="u", plan={"n": 1.50}, level=3)
    assert gateway.get("/post", method="POST", fields=fields).is_complete()
    body = json.loads(gateway["s"].wait_requests("/post")[-1].body)
    assert body == {"who": "u", "plan": {"n": 1.5}, "gone": None, "text": "for 3"}


@table(
    "claims, is_called",
    ("that holds", {"role": "admin"}, True),
    ("that does not", {"role": "user"}, False),
    ("of a claim that is absent", {}, False),
    ("of a claim that is there, null", {"role": "admin", "banned": None}, False),
)
def test_a_condition_on_claims(gateway, claims, is_called):
    got = gateway.get("/when", fields=by(**claims))
    assert got.is_complete() and ("admin" in got.json()) == is_called


def test_a_list_of_claims_is_called_one_by_one(gateway):
    got = gateway.get("/groups", fields=by(groups=["a", "b"])).json()["groups"]
    assert [one["target"] for one in got] == ["/groups/a", "/groups/b"]


# Caches


@pytest.mark.essential
def test_the_endpoints_cache_gives_nobody_anothers_answer(gateway):
    path = "/cached/" + fresh()
    first, second = by(sub="first"), by(sub="second")
    for fields in (first, second, first):
        assert gateway.get(path, fields=fields).is_complete()
    seen = [r["x-who"] for r in gateway["s"].requests(path)]
    assert seen == ["first", "second"]
    got = gateway.get(path, fields=second)
    assert "hit" in got["cache-status"] and "private" in got["cache-control"]


def test_a_condition_on_claims_is_part_of_the_endpoints_key(gateway):
    path = "/chosen/" + fresh()
    assert "admin" in gateway.get(path, fields=by(role="admin")).json()
    assert "admin" not in gateway.get(path, fields=by(role="user")).json()


def test_a_sources_own_key_does_not_mix_clients(gateway):
    path = "/keyed/" + fresh()
    for sub in ("one", "two", "one"):
        got = gateway.get(path, fields=by(sub=sub))
        assert got.json()["me"]["target"] == f"{path}/{sub}"
        assert "private" in got["cache-control"]
    assert len(gateway["s"].requests(f"{path}/one")) == 1


def test_claims_that_nobody_can_have_are_refused_at_load(tmp_path):
    (tmp_path / "sheaf.yaml").write_text("""\
services: {s: http://127.0.0.1:1}
endpoints:
  - {path: /, sources: {one: {get: "s:/{claims.sub}"}}}
""")
    got = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert got.returncode == 2 and got.stderr.startswith("sheaf.yaml:3:41: error: ")
