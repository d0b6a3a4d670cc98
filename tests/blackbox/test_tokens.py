"""test_tokens.py - who may ask by a signed token: keys, claims, scopes (CONTRACT 3.9)"""

import json
import signal
import threading
import time

import pytest

from behaviour import answer, chunked, closing, raw, silent
from cases import table
from certificates import Authority
from gateway import Gateway, run, wait_for
from issuer import AUDIENCE, ISSUER, Key, Secret, bearer, claims, keys_of, serves, token, url64
from service import Service

CONFIG = f"""
listen: @listen@
admin: @admin@
workers: 2
auth:
  customer:
    jwt: {{issuer: "{ISSUER}", audience: [{AUDIENCE}, other], jwks: "http://@issuer@/jwks",
          algorithms: [RS256, PS256, ES256, EdDSA]}}
  partner: {{api_keys: {{file: keys.yaml}}}}
  insider: {{jwt: {{jwks: secret.json, algorithms: [HS256]}}}}
services:
  s: "http://@s@"
endpoints:
  - {{path: /customer, auth: customer, sources: {{one: {{get: "s:/customer"}}}}}}
  - {{path: /either, auth: [customer, partner], sources: {{one: {{get: "s:/either"}}}}}}
  - {{path: /insider, auth: insider, sources: {{one: {{get: "s:/insider"}}}}}}
  - path: /scoped
    auth: [customer, partner]
    scopes: [orders.read, orders.write]
    sources: {{one: {{get: "s:/scoped"}}}}
  - path: /forwarded
    auth: customer
    sources: {{one: {{get: "s:/forwarded", forward: [authorization]}}}}
  - path: /post
    method: POST
    auth: customer
    sources: {{one: {{post: "s:/post", body: "{{body.a}}"}}}}
"""


class Issuer:
    """The keys of the module's issuer, one of each kind, and its server."""

    def __init__(self, folder):
        self.keys = {a: Key(folder, a.lower(), a) for a in ["ES256", "RS256", "PS256", "EdDSA"]}
        self.service = Service("issuer")
        self.service.behaviours["/jwks"] = serves(*self.keys.values())

    def __getitem__(self, algorithm):
        return self.keys[algorithm]


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    one = Issuer(tmp_path_factory.mktemp("issuer"))
    yield one
    one.service.close()


SECRET = Secret("inside")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory, issuer):
    keys = ("acme: partner-key\n"
            "reader: {key: reader-key, scopes: [orders.list, orders.read]}\n"
            "lister: {key: lister-key, scopes: [orders.list, orders.reader, read]}\n")
    files = {"keys.yaml": keys, "secret.json": json.dumps(keys_of(SECRET))}
    with Gateway(CONFIG, tmp_path_factory.mktemp("tokens"), files, issuer=issuer.service) as made:
        yield made


def is_refused(got, error=None):
    assert got.status == 401
    assert got["content-type"] == "application/problem+json"
    challenge = got.all("www-authenticate")[0]
    assert challenge.startswith('Bearer realm="sheaf"')
    assert (f'error="{error}"' in challenge) if error else ("error" not in challenge)


# Good tokens


@pytest.mark.essential
@table("algorithm", *[(f"signed by {a}", a) for a in ["ES256", "RS256", "PS256", "EdDSA"]])
def test_a_token_of_the_issuer_lets_its_client_in(gateway, issuer, algorithm):
    one = token(issuer[algorithm])
    assert gateway.get("/customer", fields=bearer(one)).status == 200
    assert gateway.get("/customer", fields=bearer(one)).status == 200  # verified before


def test_the_scheme_is_of_any_case_and_spaces_may_follow_it(gateway, issuer):
    field = ("authorization", "bEARER   " + token(issuer["ES256"]))
    assert gateway.get("/customer", fields=[field]).status == 200


@table(
    "more",
    ("for us among others", {"aud": ["x", AUDIENCE]}),
    ("for our other name", {"aud": "other"}),
    ("over for less than a minute", {"exp": -50}),
    ("good in less than a minute", {"nbf": 50}),
    ("without a kid", {"header": {"kid": None}}),
    ("with a key of its own that nobody looks at", {"header": {"jwk": {"kty": "oct", "k": "AA"}}}),
)
def test_a_token_is_good(gateway, issuer, more):
    more = _in_time(more)
    assert gateway.get("/customer", fields=bearer(token(issuer["ES256"], **more))).status == 200


def _in_time(more):
    """Small numbers are seconds from now."""
    now = int(time.time())
    return {k: v + now if isinstance(v, int) and abs(v) < 10**6 else v for k, v in more.items()}


def test_a_secret_of_a_file_signs_tokens(gateway):
    assert gateway.get("/insider", fields=bearer(token(SECRET))).status == 200
    other = Secret("inside", b"x" * 32)
    is_refused(gateway.get("/insider", fields=bearer(token(other))), "invalid_token")


def test_credentials_are_not_forwarded_unless_named(gateway, issuer):
    one = token(issuer["ES256"])
    assert gateway.get("/customer", fields=bearer(one)).status == 200
    assert gateway.get("/forwarded", fields=bearer(one)).status == 200
    asked = {r.target: r for r in gateway["s"].recorded}
    assert asked["/customer"]["authorization"] is None
    assert asked["/forwarded"]["authorization"] == f"Bearer {one}"


# Bad ones


def test_without_a_token_nobody_gets_in(gateway):
    before = len(gateway["s"].recorded)
    is_refused(gateway.get("/customer"))
    is_refused(gateway.get("/customer", fields=[("Authorization", "Basic YTpi")]))
    is_refused(gateway.get("/customer?access_token=x", fields=[("Cookie", "token=x")]))
    assert len(gateway["s"].recorded) == before


@pytest.mark.essential
@table(
    "more",
    ("over for more than a minute", {"exp": -70}),
    ("without exp", {"exp": None}),
    ("whose exp is a text", {"exp": "9999999999"}),
    ("not good yet", {"nbf": 90}),
    ("of another issuer", {"iss": ISSUER + "/"}),
    ("of no issuer", {"iss": None}),
    ("for somebody else", {"aud": "shops"}),
    ("for nobody", {"aud": None}),
    ("with crit", {"header": {"crit": ["exp"]}}),
    ("with b64", {"header": {"b64": False}}),
    ("of algorithm none", {"header": {"alg": "none"}}),
    ("of an algorithm that is not the key's", {"header": {"alg": "RS256"}}),
    ("of an algorithm that is not the policy's", {"header": {"alg": "HS256"}}),
    ("of a kid that is no text", {"header": {"kid": ["es256"]}}),
)
def test_a_token_is_refused(gateway, issuer, more):
    one = token(issuer["ES256"], **_in_time(more))
    got = gateway.get("/customer", fields=bearer(one))
    is_refused(got, "invalid_token")
    assert one not in got.body.decode() and one not in str(got.fields)


def _unsigned(head):
    return f"{url64(json.dumps(head).encode())}.{url64(json.dumps(claims()).encode())}"


def _by_public_key(issuer):
    """The public key taken for a secret."""
    key = issuer["RS256"]
    data = _unsigned({"alg": "HS256", "kid": "rs256"})
    return f"{data}.{url64(Secret('x', key.public['n'].encode()).sign(data.encode()))}"


@table(
    "make",
    ("nothing at all", lambda i: ""),
    ("no token", lambda i: "abc"),
    ("of two parts", lambda i: _unsigned({"alg": "none"})),
    ("not signed", lambda i: _unsigned({"alg": "none"}) + "."),
    ("signed with a public key", _by_public_key),
    ("of four parts", lambda i: token(i["ES256"]) + ".AAAA"),
    ("padded", lambda i: token(i["ES256"]) + "=="),
    ("with a space", lambda i: token(i["ES256"]).replace(".", ". ", 1)),
    ("cut short", lambda i: token(i["ES256"])[:-2]),
    ("of 9 KiB", lambda i: token(i["ES256"], more="x" * 9000)),
)
def test_what_is_no_token_is_refused(gateway, issuer, make):
    is_refused(gateway.get("/customer", fields=bearer(make(issuer))), "invalid_token")


def test_two_fields_of_credentials_are_refused(gateway, issuer):
    one = bearer(token(issuer["ES256"]))
    is_refused(gateway.get("/customer", fields=one + one))


def test_a_body_without_a_token_is_not_awaited(gateway):
    got = gateway.get("/post", method="POST", fields=[("Content-Length", "1000000")])
    is_refused(got)


# Several policies, and scopes


def test_any_of_several_policies_will_do(gateway, issuer):
    assert gateway.get("/either", fields=bearer(token(issuer["ES256"]))).status == 200
    assert gateway.get("/either", fields=[("X-Api-Key", "partner-key")]).status == 200
    bad = bearer("x") + [("X-Api-Key", "partner-key")]
    assert gateway.get("/either", fields=bad).status == 200
    got = gateway.get("/either")
    assert [c.split()[0] for c in got.all("www-authenticate")] == ["Bearer", "ApiKey"]


@table(
    "more",
    ("scope", {"scope": "a orders.read"}),
    ("scp as a list", {"scp": ["orders.write"]}),
    ("scp as a text", {"scp": "orders.write b"}),
    ("roles", {"roles": ["orders.read"]}),
)
def test_a_token_of_one_of_the_scopes_is_enough(gateway, issuer, more):
    assert gateway.get("/scoped", fields=bearer(token(issuer["ES256"], **more))).status == 200


@pytest.mark.essential
@table(
    "more",
    ("of none", {}),
    ("of another", {"scope": "orders.reader orders"}),
    ("whose roles are a text", {"roles": "orders.read"}),
    ("whose scope is a list", {"scope": ["orders.read"]}),
)
def test_a_token_of_no_such_scope_is_403(gateway, issuer, more):
    got = gateway.get("/scoped", fields=bearer(token(issuer["ES256"], **more)))
    assert (got.status, got["content-type"]) == (403, "application/problem+json")
    challenge = got.all("www-authenticate")[0]
    assert 'error="insufficient_scope"' in challenge
    assert 'scope="orders.read orders.write"' in challenge


@table(
    "key,status",
    ("that has one of them", "reader-key", 200),
    ("that has others", "lister-key", 403),
    ("that has none", "partner-key", 403),
    ("that nobody has", "no-key", 401),
)
def test_keys_have_the_scopes_of_their_file(gateway, key, status):
    assert gateway.get("/scoped", fields=[("X-Api-Key", key)]).status == status
    assert gateway.get("/either", fields=[("X-Api-Key", key)]).status == (401 if status == 401 else 200)


# Keys


KEYS = f"""
listen: @listen@
admin: @admin@
workers: 2
auth: {{customer: {{jwt: {{issuer: "{ISSUER}", jwks: "http://@issuer@/jwks"}}}}}}
services:
  s: "http://@s@"
endpoints:
  - {{path: /customer, auth: customer, sources: {{one: {{get: "s:/customer"}}}}}}
  - {{path: /open, sources: {{one: {{get: "s:/open"}}}}}}
"""


@pytest.fixture
def start(tmp_path):
    made = []

    def begin(config=KEYS, files=None, **places):
        made.append(Gateway(config, tmp_path, files, **places))
        return made[-1]

    yield begin
    for gateway in made:
        gateway.stop()


@pytest.fixture
def source():
    """Where keys are served."""
    one = Service("issuer")
    yield one
    one.close()


FILE_CONFIG = """
listen: @listen@
workers: 2
auth: {insider: {jwt: {jwks: secret.json, algorithms: [HS256]}}}
services: {s: "http://@s@"}
endpoints: [{path: /insider, auth: insider, sources: {one: {get: "s:/insider"}}}]
"""


def begun(start, source, issuer):
    """A gateway that has had its keys."""
    source.behaviours["/jwks"] = serves(issuer["ES256"])
    gateway = start(issuer=source)
    assert gateway.get("/customer", fields=bearer(token(issuer["ES256"]))).status == 200
    return gateway


@pytest.mark.essential
def test_new_keys_are_had_when_a_token_names_one(start, source, issuer, tmp_path):
    gateway = begun(start, source, issuer)
    new = Key(tmp_path, "new")
    source.behaviours["/jwks"] = serves(new)
    assert gateway.get("/customer", fields=bearer(token(new))).status == 200
    is_refused(gateway.get("/customer", fields=bearer(token(issuer["ES256"]))), "invalid_token")
    assert len(source.recorded) == 2


@pytest.mark.threads
def test_unknown_keys_ask_once_in_a_while_however_many_there_are(start, source, issuer):
    gateway = begun(start, source, issuer)
    tokens = [token(issuer["ES256"], {"kid": f"k{n}"}) for n in range(20)]
    got = []

    def ask(one):
        got.append(gateway.get("/customer", fields=bearer(one)).status)

    threads = [threading.Thread(target=ask, args=(one,)) for one in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [401] * 20
    assert gateway.get("/customer", fields=bearer(token(issuer["ES256"]))).status == 200
    assert len(source.recorded) == 2


def test_a_client_that_waits_for_keys_may_leave(start, source, issuer):
    gateway = begun(start, source, issuer)
    source.behaviours["/jwks"] = silent()
    client = gateway.client()
    head = f"GET /customer HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token(issuer['ES256'], {'kid': 'x'})}\r\n\r\n"
    client.send(head.encode())
    wait_for(lambda: len(source.recorded) == 2)
    client.close()
    assert gateway.get("/customer", fields=bearer(token(issuer["ES256"]))).status == 200


def test_who_waits_for_keys_while_they_change_hands_is_to_come_again(start, source, issuer):
    """A reload in the meantime: what comes is for the new configuration, not for those before it."""
    gateway = begun(start, source, issuer)
    source.behaviours["/jwks"] = silent()
    with gateway.client() as client:
        client.ask("/customer", fields=bearer(token(issuer["ES256"], {"kid": "x"})))
        wait_for(lambda: len(source.recorded) == 2)
        gateway.signal(signal.SIGHUP)
        got = client.answer()
        got.problem(503)
        assert int(got["retry-after"]) > 0 and got.all("www-authenticate") == []
        assert got.seconds < 1.9
    assert gateway.get("/customer", fields=bearer(token(issuer["ES256"]))).status == 200


@pytest.mark.threads
def test_keys_change_while_many_ask(start, source, issuer, tmp_path):
    """Two workers verify while the file of a secret is another again and again."""
    secrets = [Secret(f"s{n}", b"%032d" % n) for n in range(8)]
    gateway = start(FILE_CONFIG, files={"secret.json": json.dumps(keys_of(*secrets[:2]))})
    over, wrong = threading.Event(), []

    def ask(n):
        with gateway.client() as client:
            while not over.is_set():
                secret = secrets[n % len(secrets)]
                got = client.get("/insider", fields=bearer(token(secret)))
                if got.status not in (200, 401):
                    wrong.append(got.status)
                n += 1

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    try:
        for n in range(1, 7):
            gateway.write("secret.json", json.dumps(keys_of(*secrets[n:n + 2])))
            new, old = bearer(token(secrets[n + 1])), bearer(token(secrets[n - 1]))
            wait_for(lambda: gateway.get("/insider", fields=new).status == 200)
            wait_for(lambda: gateway.get("/insider", fields=old).status == 401)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_keys_that_do_not_come_make_nobody_wait_for_long(start, source, issuer):
    gateway = begun(start, source, issuer)
    source.behaviours["/jwks"] = silent()
    is_refused(
        gateway.get("/customer", fields=bearer(token(issuer["ES256"], {"kid": "x"}))), "invalid_token"
    )


@table(
    "behaviour",
    ("fails", answer({"a": 1}, status=500)),
    ("leads elsewhere", answer(b"", status=302, fields=[("Location", "/elsewhere")])),
    ("serves a page", answer(b"<html></html>", kind="text/html")),
    ("serves no key", answer({"keys": []})),
    ("serves a secret", answer(keys_of(Secret("es256")))),
    ("serves too much", chunked([b" " * 65536] * 5)),
    ("serves what is deep", answer(b"[" * 100000)),
    ("breaks off", closing(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"))),
    ("is no HTTP", closing(raw(b"hello\r\n\r\n"))),
)
def test_good_keys_stay_whatever_the_issuer_does(start, source, issuer, behaviour):
    gateway = begun(start, source, issuer)
    source.behaviours["/jwks"] = behaviour
    unknown = bearer(token(issuer["ES256"], {"kid": "x"}))
    is_refused(gateway.get("/customer", fields=unknown), "invalid_token")
    assert len(source.recorded) == 2
    assert gateway.get("/customer", fields=bearer(token(issuer["ES256"]))).status == 200
    assert "no new keys for the policy customer" in gateway.stderr()


def test_without_keys_the_fault_is_ours_and_is_told_so(start, source, issuer):
    source.behaviours["/jwks"] = answer({}, status=503)
    gateway = start(issuer=source)
    got = gateway.get("/customer", fields=bearer(token(issuer["ES256"])))
    assert (got.status, got["content-type"]) == (503, "application/problem+json")
    assert int(got["retry-after"]) > 0
    is_refused(gateway.get("/customer"))
    assert gateway.get("/open").status == 200
    source.behaviours["/jwks"] = serves(issuer["ES256"])
    good = bearer(token(issuer["ES256"]))
    wait_for(lambda: gateway.get("/customer", fields=good).status == 200)


def test_keys_of_a_file_are_read_again_when_it_changes(start, issuer, tmp_path):
    config = KEYS.replace('"http://@issuer@/jwks"', "jwks.json")
    gateway = start(config, {"jwks.json": json.dumps(keys_of(issuer["ES256"]))})
    good = bearer(token(issuer["ES256"]))
    assert gateway.get("/customer", fields=good).status == 200
    gateway.write("jwks.json", "{}")
    wait_for(lambda: "not a JSON Web Key Set" in gateway.stderr())
    assert gateway.get("/customer", fields=good).status == 200
    new = Key(tmp_path, "new")
    gateway.write("jwks.json", json.dumps(keys_of(new)))
    wait_for(lambda: gateway.get("/customer", fields=bearer(token(new))).status == 200)
    is_refused(gateway.get("/customer", fields=good), "invalid_token")


def test_a_reload_keeps_the_keys(start, source, issuer):
    gateway = begun(start, source, issuer)
    source.behaviours["/jwks"] = answer({}, status=500)
    gateway.reload(KEYS + "  - {path: /new, auth: customer, sources: {one: {get: \"s:/new\"}}}\n")
    good = bearer(token(issuer["ES256"]))
    wait_for(lambda: gateway.get("/new", fields=good).status == 200)
    assert len(source.recorded) == 1


def test_keys_come_by_tls_from_who_is_trusted(start, issuer, tmp_path):
    authority = Authority(tmp_path)
    tls = authority.server("issuer", "IP:127.0.0.1")
    with Service("issuer", tls=tls) as source:
        source.behaviours["/jwks"] = serves(issuer["ES256"])
        config = KEYS.replace('"http://@issuer@/jwks"', '"https://@issuer@/jwks", ca: ca.pem')
        gateway = start(config, issuer=source)
        assert gateway.get("/customer", fields=bearer(token(issuer["ES256"]))).status == 200


def test_what_an_operator_may_know_of_keys(gateway):
    got = gateway.get("/metrics", place="admin").body.decode()
    assert 'sheaf_issuer_keys{policy="customer"} 4' in got


@table(
    "keys, said",
    ("are no set", "{}", "it is not a JSON Web Key Set"),
    ("are secrets beside public keys", None, "it has secrets beside public keys"),
    ("are not there", "", "cannot be read"),
)
def test_a_file_of_bad_keys_is_told_at_load(issuer, tmp_path, keys, said):
    text = json.dumps(keys_of(SECRET, issuer["ES256"])) if keys is None else keys
    (tmp_path / "jwks.json").write_text(text)
    config = KEYS.replace('"http://@issuer@/jwks"', "jwks.json")
    for port, name in enumerate(["listen", "admin", "s"], 1):
        config = config.replace(f"@{name}@", f"127.0.0.1:{port}")
    (tmp_path / "sheaf.yaml").write_text(config)
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr
