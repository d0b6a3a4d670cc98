"""test_auth.py - who may ask: named policies, and what an endpoint makes of them (CONTRACT 3.9)"""

import hashlib

import pytest

from cases import fresh, table
from gateway import Gateway, run, wait_for

KEY, OTHER, STAFF = "partner-key-1", "partner key two", "staff-key"
KEYS = f"""
acme: {KEY}
other: "{OTHER}"
digest: sha256:{hashlib.sha256(b"hashed").hexdigest()}
upper: sha256:{hashlib.sha256(b"upper").hexdigest().upper()}
number: 12345
"""
FILES = {"keys.yaml": KEYS, "staff.yaml": f"boss: {STAFF}\n"}

CONFIG = """
listen: @listen@
workers: 2
auth:
  partner: {api_keys: {header: x-api-key, file: keys.yaml}}
  staff: {api_keys: {header: X-Staff, file: staff.yaml}}
defaults:
  endpoint: {auth: partner}
services:
  s: "http://@s@"
endpoints:
  - path: /partner
    query: {n: {type: integer, required: true}}
    sources: {one: {get: "s:/partner/{n}"}}
  - path: /either
    auth: [partner, staff]
    sources: {one: {get: "s:/either"}}
  - path: /open
    auth: off
    sources: {one: {get: "s:/open"}}
  - path: /post
    method: POST
    sources: {one: {post: "s:/post", body: "{body.a}"}}
  - path: /forwarded
    sources: {one: {get: "s:/forwarded", forward: [x-api-key]}}
  - path: /cached/{name}
    cache: 60s
    sources: {one: {get: "s:/cached/{name}"}}
  - path: /remembered/{name}
    sources: {one: {get: "s:/remembered/{name}", cache: 60s}}
  - path: /own/{name}
    auth: staff
    sources: {one: {get: "s:/own/{name}", forward: [x-staff], cache: {ttl: 60s, key: "{name}"}}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with Gateway(CONFIG, tmp_path_factory.mktemp("auth"), FILES) as gateway:
        yield gateway


def by(key, name="X-Api-Key"):
    return [(name, key)]


PARTNER = 'ApiKey realm="sheaf", header="x-api-key"'
STAFFS = 'ApiKey realm="sheaf", header="x-staff"'


# What lets a client in


@pytest.mark.essential
@table(
    "key",
    ("as the file has it", KEY),
    ("with spaces in it", OTHER),
    ("of which the file has the digest", "hashed"),
    ("of a digest in upper case", "upper"),
    ("of digits alone", "12345"),
)
def test_a_key_of_the_file_lets_in(gateway, key):
    assert gateway.get("/partner?n=1", fields=by(key)).is_complete()


@pytest.mark.essential
@table(
    "fields",
    ("no key", []),
    ("a key of nobody", by("nobody")),
    ("an empty key", by("")),
    ("a part of a key", by(KEY[:-1])),
    ("more than a key", by(KEY + "1")),
    ("a key in another case", by(KEY.upper())),
    ("the digest instead of the key", by("sha256:" + hashlib.sha256(b"hashed").hexdigest())),
    ("a name instead of a key", by("acme")),
    ("two keys, of which one is good", by(KEY) + by("nobody")),
    ("the same key twice", by(KEY) + by(KEY)),
    ("two keys in one field", by(f"{KEY}, {OTHER}")),
    ("a key of another policy", by(STAFF)),
    ("a key under another policy's header", by(KEY, "X-Staff")),
    ("a key longer than any", by("k" * 5000)),
    ("a key that is for the connection alone", [*by(KEY), ("Connection", "x-api-key")]),
)
def test_without_a_good_key_the_answer_is_401_and_nothing_is_called(gateway, fields):
    before = len(gateway["s"].requests())
    got = gateway.get("/partner?n=1", fields=fields)
    got.problem(401)
    assert got.all("www-authenticate") == [PARTNER]
    assert got["cache-control"] == "no-store"
    assert len(gateway["s"].requests()) == before


def test_a_401_says_nothing_of_keys(gateway):
    for fields in ([], by("nobody"), by(STAFF)):
        text = gateway.get("/partner?n=1", fields=fields).body.decode()
        assert not any(word in text for word in ["acme", KEY, "nobody", "keys.yaml", STAFF])


def test_who_may_ask_is_looked_at_before_the_parameters(gateway):
    assert gateway.get("/partner").problem(401).get("violations") is None
    assert gateway.get("/partner", fields=by(KEY)).problem(400)["violations"]


def test_a_body_is_not_waited_for_without_a_key(gateway):
    with gateway.client() as client:
        client.send(b"POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
        client.answer("POST").problem(401)


def test_an_unknown_path_is_404_and_a_wrong_method_405_without_a_key(gateway):
    assert gateway.get("/nowhere").status == 404
    assert gateway.get("/partner", method="DELETE").status == 405


def test_head_asks_for_the_key_as_get_does(gateway):
    assert gateway.get("/partner?n=1", method="HEAD").status == 401
    assert gateway.get("/partner?n=1", method="HEAD", fields=by(KEY)).status == 200


# Several policies, and none


@table(
    "fields",
    ("the first", by(KEY)),
    ("the second", by(STAFF, "X-Staff")),
    ("both", by(KEY) + by(STAFF, "X-Staff")),
    ("a bad first and a good second", by("nobody") + by(STAFF, "X-Staff")),
)
def test_any_of_the_policies_will_do(gateway, fields):
    assert gateway.get("/either", fields=fields).is_complete()


def test_where_none_is_satisfied_each_has_its_challenge(gateway):
    got = gateway.get("/either", fields=by(STAFF))
    got.problem(401)
    assert got.all("www-authenticate") == [PARTNER, STAFFS]


def test_an_endpoint_that_says_off_is_open_where_the_defaults_ask(gateway):
    assert gateway.get("/open").is_complete()
    assert gateway.get("/open", fields=by("nobody")).is_complete()


# Credentials stay here


def test_credentials_are_not_forwarded_unless_forward_names_them(gateway):
    n = fresh("")
    assert gateway.get(f"/partner?n={n}", fields=by(KEY)).is_complete()
    sent = gateway["s"].wait_requests(f"/partner/{n}")[-1]
    assert sent["x-api-key"] is None and KEY.encode() not in b"".join(
        value.encode() for _, value in sent.fields)
    assert gateway.get("/forwarded", fields=by(KEY)).is_complete()
    assert gateway["s"].wait_requests("/forwarded")[-1]["x-api-key"] == KEY


@table(
    "policy, identity, target, fields",
    ("the first", "partner", "acme", "/either", by(KEY)),
    ("the second", "staff", "boss", "/either", by(STAFF, "X-Staff")),
    ("a digest", "partner", "digest", "/partner?n=1", by("hashed")),
    ("nobody is asked", None, None, "/open", by(KEY)),
    ("a bad key", None, None, "/partner?n=1", by("nobody")),
)
def test_the_access_log_tells_who_asked_and_never_by_which_key(gateway, policy, identity, target,
                                                              fields):
    name = fresh("log")
    gateway.get(target, fields=fields + [("X-Request-Id", name)])
    line = gateway.log_line(name)
    assert (line.get("policy"), line.get("identity")) == (policy, identity)
    assert not any(key in gateway.log_text() for key in [KEY.encode(), STAFF.encode()])


# Caches


@pytest.mark.essential
def test_the_endpoints_cache_answers_only_who_may_ask(gateway):
    path = "/cached/" + fresh()
    assert gateway.get(path, fields=by(KEY)).is_complete()
    assert "hit" in gateway.get(path, fields=by("hashed"))["cache-status"]
    gateway.get(path).problem(401)
    gateway.get(path, fields=by("nobody")).problem(401)
    assert len(gateway["s"].requests(path)) == 1


@table("path", ("the endpoint's", "/cached/"), ("the source's", "/remembered/"))
def test_no_cache_on_the_way_answers_everybody(gateway, path):
    path += fresh()
    for _ in range(2):
        got = gateway.get(path, fields=by(KEY))
        assert "private" in got["cache-control"] and "max-age" in got["cache-control"]
        assert "x-api-key" in got["vary"]


def test_what_a_policys_header_was_forwarded_for_is_its_clients_alone(gateway):
    path = "/own/" + fresh()
    assert gateway.get(path, fields=by(STAFF, "X-Staff")).is_complete()
    got = gateway.get(path, fields=by(STAFF, "X-Staff"))
    assert "hit" in got["cache-status"] and "private" in got["cache-control"]


# Keys that change


def status_of(gateway, key):
    return gateway.get("/either", fields=by(key)).status


@pytest.fixture
def changing(tmp_path):
    with Gateway(CONFIG, tmp_path, FILES) as gateway:
        yield gateway


@pytest.mark.threads
def test_keys_are_read_again_when_their_file_changes(changing):
    changing.write("keys.yaml", "acme: fresh-key\n")
    wait_for(lambda: status_of(changing, "fresh-key") == 200)
    wait_for(lambda: all(status_of(changing, KEY) == 401 for _ in range(8)))


def test_a_file_that_is_wrong_or_gone_changes_nothing(changing):
    changing.write("keys.yaml", "acme: [SECRET]\n")
    wait_for(lambda: "keys.yaml:1:7: a key is a text" in changing.stderr())
    assert status_of(changing, KEY) == 200
    (changing.folder / "keys.yaml").unlink()
    wait_for(lambda: "cannot be read" in changing.stderr())
    assert status_of(changing, KEY) == 200
    assert "SECRET" not in changing.stderr()
    changing.write("keys.yaml", "acme: back-again\n")
    wait_for(lambda: status_of(changing, "back-again") == 200)


def test_a_reload_takes_other_policies(changing):
    changing.reload(CONFIG.replace("[partner, staff]", "staff"))
    wait_for(lambda: status_of(changing, KEY) == 401)
    assert changing.get("/either", fields=by(STAFF, "X-Staff")).status == 200


@table(
    "keys, place",
    ("that is missing", None, "cannot be read"),
    ("that is empty", "", "cannot be read"),
    ("that is a list", "- SECRET\n", "keys.yaml:1:1: this is no map of names and keys"),
    ("with half a digest", "a: sha256:5EC7E7\n", "keys.yaml:1:1: a digest is sha256:"),
    ("of two names with one key", "a: SECRET\nb: SECRET\n", "two names have the same key"),
    ("that is no YAML", "a: \"SECRET\n", "keys.yaml:"),
)
def test_a_file_of_keys_is_refused_at_load(tmp_path, keys, place):
    (tmp_path / "sheaf.yaml").write_text("""\
listen: 127.0.0.1:0
auth:
  partner: {api_keys: {file: keys.yaml}}
services: {s: http://127.0.0.1:1}
endpoints:
  - {path: /, auth: partner, sources: {one: {get: "s:/"}}}
""")
    if keys is not None:
        (tmp_path / "keys.yaml").write_text(keys)
    got = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert got.returncode == 2
    assert got.stderr.startswith("sheaf.yaml:3:30: error: ") and place in got.stderr
    assert got.stderr.endswith("\n  partner: {api_keys: {file: keys.yaml}}\n%s^\n" % (29 * " "))
    assert "SECRET" not in got.stderr
