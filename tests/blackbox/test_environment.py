"""test_environment.py - values of the environment are text, and are shown to nobody (CONTRACT 3)"""

import json

import pytest

from cases import fresh
from gateway import Gateway, run
from service import Service

CONFIG = """
listen: "@listen@"
services:
  alpha: http://@alpha@
endpoints:
  - path: /call/{id}
    method: POST
    sources:
      one:
        post: "alpha:/{id}?key=${BOTH}"
        set_headers: {x-key: "${DOUBLE}", x-own: "${BOTH}-{id}", x-default: "${UNSET:-p{{id}}}"}
        body: {key: "${BOTH}", id: "{id}"}
        when: id != "${QUOTES}"
"""
VALUES = {"DOUBLE": "p{{w}}x", "BOTH": "s{id}t", "QUOTES": 'no" or id == "'}

MARK = "MARKED"
SECRETS = """
listen: 127.0.0.1:1
services:
  alpha:
    targets: ["http://127.0.0.1:1", "http://127.0.0.1:2"]
    balance: {hash: "{id}${S}"}
    credentials: {bearer: "${S}"}
    retry: {attempts: 3}
views: {small: {fields: one, match: {headers: {x-view: "${S}"}}}}
endpoints:
  - path: /one/{id}
    cache: {key: "{id}${S}", ttl: 1m, tags: ["${S}"]}
    response_headers: {x-more: "${S}"}
    sources:
      one:
        get: "alpha:/:${S}/{id}?key=${S}"
        set_headers: {x-key: "${S}"}
        when: id != "${S}"
        jq: '.a + "${S}"'
        cache: {key: "{id}${S}", ttl: 1m, tags: ["${S}"]}
      many: {get: "alpha:/${S}/{item}", each: "one.list", required: true}
  - path: /two/{id}
    method: POST
    sources:
      one: {post: "alpha:/", form: {a: "${S}"}, fallback: {a: "${S}"}}
      two: {post: "alpha:/", body: {a: "${S}"}, set_headers: {x-key: "${S}{id}"}}
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    with Service("alpha") as alpha:
        with Gateway(CONFIG, tmp_path_factory.mktemp("environment"), env=VALUES, alpha=alpha) as g:
            yield g


def test_a_service_gets_the_text_itself(gateway):
    key = fresh()
    gateway.post(f"/call/{key}")
    asked = gateway["alpha"].only(f"/{key}?key=s%7Bid%7Dt")
    assert asked["x-key"] == "p{{w}}x"
    assert asked["x-own"] == "s{id}t-" + key
    assert asked["x-default"] == "p{id}", "a default is the file's own text"
    assert json.loads(asked.body) == {"key": "s{id}t", "id": key}


@pytest.mark.parametrize("value", [MARK, MARK + "{id}", "{%s}{{%s}}" % (MARK, MARK)])
@pytest.mark.parametrize("words", [
    "explain", "explain --mermaid", "check", "check --advice", "openapi", "types"])
def test_no_command_shows_a_value(tmp_path, words, value):
    (tmp_path / "sheaf.yaml").write_text(SECRETS)
    command, *options = words.split()
    done = run(command, "-c", "sheaf.yaml", *options, cwd=tmp_path, env={"S": value})
    assert done.returncode == 0, done.stderr
    assert MARK not in done.stdout + done.stderr
    if words == "explain":
        assert "GET alpha:/:${S}/{id}?key=${S}" in done.stdout
        assert 'when id != "${S}"' in done.stdout


@pytest.mark.parametrize("text", [None, "- a"])
@pytest.mark.parametrize("policy", [
    'api_keys: {file: "%s"}', 'jwt: {issuer: a, audience: b, jwks: "%s"}'])
@pytest.mark.parametrize("name", ["${S}.x", "a-${S}"])
def test_no_message_shows_the_name_of_a_file_of_keys(tmp_path, name, policy, text):
    (tmp_path / "sheaf.yaml").write_text("auth: {p: {%s}}\n%s" % (policy % name, SECRETS))
    if text is not None:
        (tmp_path / name.replace("${S}", MARK)).write_text(text)
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path, env={"S": MARK})
    assert done.returncode == 2
    assert f"error: {name}" in done.stderr
    assert MARK not in done.stdout + done.stderr
