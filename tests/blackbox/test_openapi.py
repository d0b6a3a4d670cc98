"""test_openapi.py - sheaf openapi: the document is valid, stays the same, and tells the truth"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from behaviour import answer
from cases import table
from gateway import ROOT, SHEAF, run
from validator import openapi_errors, same_as_golden, schema_errors

HERE = Path(__file__).parent / "described"
PROBLEM = "application/problem+json"


def describe(file, **options):
    done = run("openapi", "-c", file, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(scope="module")
def shop():
    return json.loads(describe(HERE / "shop.yaml"))


def references(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from references(each)


def follow(document, reference):
    assert reference.startswith("#/")
    for name in reference[2:].split("/"):
        document = document[name]
    return document


class TestTheDocument:
    def test_is_the_same_each_time(self):
        text = describe(HERE / "shop.yaml")
        assert same_as_golden(text, HERE / "shop.openapi.json")

    def test_a_public_validator_takes_it(self, tmp_path):
        (tmp_path / "shop.json").write_text(describe(HERE / "shop.yaml"))
        assert openapi_errors(tmp_path / "shop.json") == ""

    def test_the_validator_would_refuse_another(self, tmp_path, shop):
        del shop["paths"]["/orders/{id}"]["post"]["responses"]["201"]["description"]
        (tmp_path / "shop.json").write_text(json.dumps(shop))
        assert openapi_errors(tmp_path / "shop.json") != ""

    def test_so_it_does_those_of_the_examples(self, tmp_path):
        files = []
        for config in sorted((ROOT / "examples").glob("*/sheaf.yaml")):
            files.append(tmp_path / f"{config.parent.name}.json")
            files[-1].write_text(describe(config))
        assert len(files) > 3
        assert openapi_errors(*files) == ""

    def test_all_that_it_refers_to_is_there(self, shop):
        referred = set(references(shop))
        for reference in referred:
            follow(shop, reference)
        for part in ("schemas", "responses"):
            names = {f"#/components/{part}/{name}" for name in shop["components"][part]}
            assert names <= referred

    def test_a_schema_that_nothing_refers_to_is_left_out(self, shop):
        assert not [name for name in shop["components"]["schemas"] if name.endswith("Unused")]


POLICIES = """
listen: {address: 127.0.0.1:8443, tls: {cert: cert.pem, key: key.pem}}
auth:
  device: {client_cert: {ca: ca.pem}}
  partner: {api_keys: {header: X-Key, file: keys.yaml}}
  unused: {api_keys: {file: keys.yaml}}
services: {alpha: "http://127.0.0.1:1"}
endpoints:
  - {path: /one, auth: [device, partner], sources: {one: {get: "alpha:/"}}}
  - {path: /two, auth: [device, partner], scopes: [a, b], sources: {one: {get: "alpha:/"}}}
"""


ANSWERS = """
auth: {partner: {api_keys: {header: x-partner, file: keys.yaml}}}
services: {alpha: "http://127.0.0.1:1"}
endpoints:
""" + "".join(f"  - {{path: /{name}, {options}}}\n" for name, options in {
    "plain": "sources: {one: {get: 'alpha:/'}}",
    "cached": "sources: {one: {get: 'alpha:/', cache: 1s}, two: {get: 'alpha:/', cache: 1s}}",
    "posted": "method: POST, sources: {one: {get: 'alpha:/', cache: 1s}}",
    "mixed": "select: off, sources: {one: {get: 'alpha:/', cache: 1s}, two: {get: 'alpha:/'}}",
    "maybe": "select: off, query: {a: {}}, sources: {one: {get: 'alpha:/', cache: 1s},"
             " two: {get: 'alpha:/', when: has(a)}}",
    "empty": "select: off, query: {a: {list: true}}, sources: {one: {get: 'alpha:/', cache: 1s},"
             " two: {each: a, get: 'alpha:/{item}'}}",
    "selected": "sources: {one: {get: 'alpha:/', cache: 1s}, two: {get: 'alpha:/'}}",
    "needed": "sources: {one: {get: 'alpha:/{two.a}', cache: 1s}, two: {get: 'alpha:/'}}",
    "kept": "sources: {one: {get: 'alpha:/', cache: 1s}, two: {get: 'alpha:/', keep: true}}",
    "hidden": "sources: {one: {get: 'alpha:/', cache: 1s, hide: true}, two: {get: 'alpha:/'}}",
    "key": "sources: {one: {get: 'alpha:/', required: true, forward: [x-api-key]}}",
    "policy": "auth: partner, sources: {one: {get: 'alpha:/', required: true, forward: [x-partner]}}",
    "foreign": "sources: {one: {get: 'alpha:/', required: true, forward: [x-partner]}}",
    "moved": "sources: {one: {get: 'alpha:/', required: true,"
             " set_headers: {x-token: '{headers.authorization}'}}}",
    "made": "query: {token: {}}, sources: {one: {get: 'alpha:/', required: true,"
            " set_headers: {authorization: 'Bearer {token}'}}}",
    "own": "sources: {one: {get: 'alpha:/', required: true, set_headers: {authorization: 'Bearer x'}}}",
    "below": "sources: {one: {get: 'alpha:/{two.a}', required: true},"
             " two: {get: 'alpha:/', forward: [cookie], pass: [409]}}",
    "optional": "sources: {one: {get: 'alpha:/', forward: [cookie], pass: [409]}}",
    "forwarding": "sources: {one: {get: 'alpha:/'}, two: {get: 'alpha:/', forward: [Accept]}}",
    "overridden": "sources: {one: {get: 'alpha:/', forward: [accept], set_headers: {Accept: text/xml}}}",
    "replaced": "sources: {one: {get: 'alpha:/{two.a}', required: true},"
                " two: {get: 'alpha:/{three.a}', pass: [409], fallback: {a: 1}},"
                " three: {get: 'alpha:/', forward: [cookie], pass: [410, 411]}}",
    "lacking": "sources: {one: {get: 'alpha:/{two.b}', required: true},"
               " two: {get: 'alpha:/{three.a}', pass: [409], fallback: {a: 1, b: {}}},"
               " three: {get: 'alpha:/', pass: [411]}}",
    "listed": "sources: {one: {each: two.a, get: 'alpha:/{item}', required: true},"
              " two: {get: 'alpha:/', pass: [409], fallback: {a: []}}}",
    "unlisted": "sources: {one: {each: two.a, get: 'alpha:/{item}', required: true},"
                " two: {get: 'alpha:/', pass: [409], fallback: {a: 1}}}",
    "by_element": "query: {ids: {list: true}}, sources: {two: {get: 'alpha:/', pass: [409]},"
                  " one: {each: ids, get: 'alpha:/{two.a}/{item}', required: true}}",
    "at_once": "query: {list: {list: true}}, sources: {two: {get: 'alpha:/', pass: [409]},"
               " one: {each: list, batch: ids, get: 'alpha:/{two.a}{?ids}', by: id, required: true}}",
    "sent": "method: POST, sources: {one: {post: 'alpha:/', required: true, body: {x: '{two}'}},"
            " two: {get: 'alpha:/', pass: [409], fallback: {a: 1}}}",
    "asked": "sources: {one: {get: 'alpha:/', required: true, when: two.a == 1},"
             " two: {get: 'alpha:/', pass: [409]}}",
}.items())


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    file = tmp_path_factory.mktemp("answers") / "sheaf.yaml"
    file.write_text(ANSWERS)
    return json.loads(describe(file))


@table(
    "path, statuses",
    ("nothing is cached", "plain", "200 400 406 503"),
    ("each source is", "cached", "200 304 400 406 503"),
    ("each source is, but nobody remembers a POST", "posted", "200 400 406 503"),
    ("not each source is", "mixed", "200 400 406 503"),
    ("the other one may be skipped", "maybe", "200 304 400 406 503"),
    ("the other one may have nothing to call for", "empty", "200 304 400 406 503"),
    ("the other one may be left out", "selected", "200 304 400 406 503"),
    ("the other one is needed", "needed", "200 400 406 503"),
    ("the other one is kept", "kept", "200 400 406 503"),
    ("the cached one is never asked for", "hidden", "200 400 406 503"),
    ("a key goes along", "key", "200 400 401 403 404 406 410 502 503 504"),
    ("what a policy asks for goes along", "policy", "200 400 401 403 404 406 410 502 503 504"),
    ("which it is to this policy alone", "foreign", "200 400 404 406 410 502 503 504"),
    ("it has another name there", "moved", "200 400 401 403 404 406 410 502 503 504"),
    ("it is made of what the client says", "made", "200 400 401 403 404 406 410 502 503 504"),
    ("the gateway's own go along", "own", "200 400 404 406 410 502 503 504"),
    ("a required one needs the one that has them", "below",
     "200 400 401 403 404 406 409 410 502 503 504"),
    ("it is not required", "optional", "200 400 406 503"),
    ("a service answers by what the client takes", "forwarding", "200 400 503"),
    ("it is told another type", "overridden", "200 400 406 503"),
    ("a fallback has what is needed", "replaced", "200 400 404 406 410 502 503 504"),
    ("a fallback lacks what is needed", "lacking", "200 400 404 406 409 410 411 502 503 504"),
    ("a fallback has the list", "listed", "200 400 404 406 410 502 503 504"),
    ("a fallback has no list", "unlisted", "200 400 404 406 409 410 502 503 504"),
    ("an element lacks it", "by_element", "200 400 404 406 410 502 503 504"),
    ("each element lacks it", "at_once", "200 400 404 406 409 410 502 503 504"),
    ("a fallback is sent whole", "sent", "200 400 404 406 410 502 503 504"),
    ("a condition alone reads it", "asked", "200 400 404 406 410 502 503 504"),
)
def test_statuses_follow_from_what_is_called(answers, path, statuses):
    (only,) = answers["paths"][f"/{path}"].values()
    assert " ".join(only["responses"]) == statuses


def test_an_etag_comes_where_it_may_be_asked_by(answers):
    for path, methods in answers["paths"].items():
        (responses,) = [operation["responses"] for operation in methods.values()]
        told = [status for status in responses if "ETag" in responses[status].get("headers", {})]
        assert told == (["200", "304"] if "304" in responses else []), path


def operation(document, path, method="get"):
    return document["paths"][path][method]


def parameter(document, name, path="/api/aggregated/product"):
    found = [p for p in operation(document, path)["parameters"] if p["name"] == name]
    assert len(found) == 1
    return found[0]


@table(
    "name, wanted",
    ("a pattern holds for the whole value", "id",
     {"in": "query", "required": True,
      "schema": {"type": "string", "pattern": "^(?:[A-Za-z0-9_-]{1,64})$"}}),
    ("choices and a default", "currency",
     {"in": "query", "schema": {"type": "string", "enum": ["EUR", "USD"], "default": "EUR"}}),
    ("bounds of numbers", "limit",
     {"in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 100}}),
    ("a list, with commas between", "ids",
     {"in": "query", "style": "form", "explode": False,
      "schema": {"type": "array", "items": {"type": "integer"}, "default": [1, 2]}}),
    ("a pattern that only PCRE2 understands stands in words", "word",
     {"in": "query", "schema": {"type": "string", "description":
                                "Matches the PCRE2 expression (?i)[a-z]+ as a whole."}}),
    ("a header", "x-tenant", {"in": "header", "required": True, "schema": {"type": "string"}}),
    ("views by name", "view", {"in": "query", "schema": {"type": "string", "enum": ["mobile"]}}),
)
def test_parameters(shop, name, wanted):
    found = dict(parameter(shop, name))
    del found["name"]
    assert found == wanted


class TestOperations:
    def test_a_selection_is_a_parameter_unless_it_is_off(self, shop):
        assert parameter(shop, "fields")["schema"] == {"type": "string", "maxLength": 2048}
        names = [p["name"] for p in operation(shop, "/orders/{id}")["parameters"]]
        assert names == ["id"]

    def test_paths_that_differ_in_names_alone_are_one(self, shop):
        assert set(shop["paths"]) == {"/api/aggregated/product", "/orders/{id}", "/files/{rest}"}
        assert set(shop["paths"]["/orders/{id}"]) == {"get", "post"}

    def test_a_body_is_told_where_one_is_read(self, shop):
        assert "requestBody" not in operation(shop, "/orders/{id}")
        body = operation(shop, "/orders/{id}", "post")["requestBody"]
        assert body == {"content": {"application/json": {"schema": {}}}}

    def test_the_answer_comes_in_each_media_type(self, shop):
        content = operation(shop, "/orders/{id}", "post")["responses"]["201"]["content"]
        assert list(content) == ["application/json", "text/event-stream", "application/x-ndjson",
                                 "multipart/mixed"]

    @table(
        "path, method, statuses",
        ("limited, with a required source", "/api/aggregated/product", "get",
         "200 400 404 406 410 429 502 503 504"),
        ("with credentials, a body, and a status that passes", "/orders/{id}", "post",
         "201 400 401 404 406 409 410 413 502 503 504"),
        ("with scopes, and nothing required", "/orders/{id}", "get", "200 400 401 403 406 503"),
        ("remembered", "/files/{rest}", "get", "200 304 400 406 503"),
    )
    def test_statuses(self, shop, path, method, statuses):
        assert " ".join(operation(shop, path, method)["responses"]) == statuses

    def test_problems_are_problem_json(self, shop):
        kinds = {name: list(r["content"]) for name, r in shop["components"]["responses"].items()}
        assert kinds and set(map(tuple, kinds.values())) == {(PROBLEM,)}, kinds

    def test_policies_are_security_schemes(self, shop):
        assert shop["components"]["securitySchemes"] == {
            "customer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
            "partner": {"type": "apiKey", "in": "header", "name": "x-api-key"},
        }
        ways = operation(shop, "/orders/{id}", "post")["security"]
        assert ways == [{"customer": []}, {"partner": []}]
        ways = operation(shop, "/orders/{id}")["security"]
        assert ways == [{"customer": ["orders.read"]}, {"customer": ["orders.write"]}]
        assert "security" not in operation(shop, "/api/aggregated/product")

    def test_so_are_certificates(self, tmp_path):
        (tmp_path / "sheaf.yaml").write_text(POLICIES)
        found = json.loads(describe(tmp_path / "sheaf.yaml"))
        assert found["components"]["securitySchemes"] == {
            "device": {"type": "mutualTLS"},
            "partner": {"type": "apiKey", "in": "header", "name": "x-key"},
        }
        assert operation(found, "/one")["security"] == [{"device": []}, {"partner": []}]
        assert operation(found, "/two")["security"] == [{"partner": ["a"]}, {"partner": ["b"]}]

    def test_servers_are_the_addresses_that_say_a_host(self, shop):
        assert shop["servers"] == [{"url": "http://127.0.0.1:8080"}]


THING = """{type: object, required: [id, tags, owner], properties: {
        id: {type: integer}, tags: {type: array, items: {$ref: "#/$defs/tag"}},
        owner: {$ref: "#/$defs/owner"}, note: {type: [string, "null"]}}, additionalProperties: false,
        $defs: {tag: {type: object, required: [word], properties: {word: {type: string}}},
          owner: {anyOf: [{type: object, required: [name], properties: {name: {type: string}}},
                          {type: "null"}, {type: string}]}}}"""
THINGS = (
    {"id": 1, "tags": [{"word": "a", "n": 1}, {"word": "b"}], "owner": {"name": "x"}, "note": None},
    {"id": 2, "tags": [], "owner": None},
    {"id": 3, "tags": [{"word": "c"}], "owner": "somebody", "note": "n"},
)
DESCRIBED = {
    "whole": "schema: @THING@",
    "required": "schema: @THING@, required: true",
    "picked": "schema: @THING@, pick: [id, tags.word, owner.name]",
    "omitted": "schema: @THING@, omit: [note, tags.word, owner.name]",
    "renamed": "schema: @THING@, rename: {id: key, tags: words, tags.word: text, owner: id}",
    "selected": "schema: @THING@, pick: [id, owner], rename: {owner: by}",
    "joined": "schema: @THING@, into: .",
    "joined_required": "schema: @THING@, into: ., required: true",
    "deep": "schema: @THING@, into: a.b.c",
    "program": "schema: {type: integer}, jq: .id, jq_time: 2s",
    "text": "format: text",
    "fallback": "schema: @THING@, fallback: {id: 0, tags: [], more: [1, a, null]}",
    "conditional": "schema: @THING@, when: missing",
}

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
views:
  ids: one/id,one/key
endpoints:
""" + "".join(f"""
  - path: /{name}/{{key}}
    query: {{missing: {{type: boolean}}}}
    sources:
      one: {{get: "alpha:/{{key}}", {options.replace("@THING@", THING)}}}""" for name, options in DESCRIBED.items()) + f"""
  - path: /each/{{key}}
    sources:
      list: {{get: "alpha:/list", schema: {{type: array, items: {{type: integer}}}}}}
      one: {{each: list, get: "alpha:/{{key}}", schema: {THING}, pick: [id]}}
  - path: /batch/{{key}}
    query: {{ids: {{list: true, default: [1, 2, 9]}}}}
    sources:
      one: {{each: ids, batch: ids, get: "alpha:/{{key}}/batch{{?ids}}", by: id, unwrap: all.things,
             schema: {{type: object, properties: {{all: {{type: object, properties: {{
               things: {{type: array, items: {{type: object, required: [id],
                 properties: {{id: {{type: integer}}}}}}}}}}}}}}}}}}
  - path: /host/{{key}}
    sources:
      one: {{get: "alpha:/{{key}}", schema: {{type: object, required: [name], properties: {{
             name: {{type: string}}, inner: {{type: [string, "null"]}}}}}}}}
      inner: {{get: "alpha:/list", into: one.inner, schema: {{type: array, items: {{type: integer}}}}}}
      below: {{get: "alpha:/list", into: one.made.below, schema: {{type: array}}}}
  - path: /taken/{{key}}
    views: {{ids: "id,owner/name,note/x"}}
    sources:
      one: {{get: "alpha:/{{key}}", schema: {THING}, into: .}}
      owner: {{get: "alpha:/list", schema: {{type: array, items: {{type: integer}}}}, required: true}}
      note: {{get: "alpha:/list", schema: {{type: array, items: {{type: integer}}}}, required: true}}
  - path: /unknown/{{key}}
    sources:
      one: {{get: "alpha:/{{key}}"}}
      inner: {{get: "alpha:/list", into: one.inner, schema: {{type: array, items: {{type: integer}}}}}}
"""


def data_name(path):
    return f"Get{path[0].upper()}{path[1:]}ByKey".replace("_r", "R")


@pytest.fixture(scope="module")
def document(gateway, tmp_path_factory):
    file = tmp_path_factory.mktemp("described") / "sheaf.yaml"
    text = CONFIG.replace("@listen@", "127.0.0.1:8080").replace("@alpha@", "127.0.0.1:1")
    file.write_text(text)
    return json.loads(describe(file))


def asked(gateway, path, value, query=""):
    """An answer to the path, where the service knows this one value; None: it knows nothing."""
    gateway["alpha"].on("/list", answer(b"[1,2]"))
    body = json.dumps(value).encode()
    fails = answer(b"", status=500) if value is None else answer(body)
    gateway["alpha"].on("/key", fails)
    gateway["alpha"].on("/key/batch", fails)
    got = gateway.get(f"/{path}/key{query}")
    return got.json() if got.status == 200 else None


def judged(document, name, value):
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    return schema_errors(schema, value)


VALUES = {
    "text": ["a text"],
    "batch": [{"all": {"things": [{"id": 1}, {"id": 2}]}}],
    "host": [{"name": "n"}, {"name": "n", "inner": "x"}],
    "unknown": [{"name": "n"}, [1], "text"],
}


@pytest.mark.parametrize("path", [*DESCRIBED, "each", "batch", "host", "taken", "unknown"])
def test_answers_are_as_described(gateway, document, path):
    values = VALUES.get(path, THINGS)
    answers = [asked(gateway, path, value) for value in (*values, None)]
    assert answers[0] is not None
    told = [judged(document, data_name(path) + "Data", a) for a in answers if a is not None]
    assert not any(told), (told, answers)


@pytest.mark.parametrize("path", ["whole", "renamed", "fallback", "taken"])
def test_so_they_are_in_a_view(gateway, document, path):
    for value in (*THINGS, None):
        got = asked(gateway, path, value, "?view=ids")
        assert judged(document, data_name(path) + "Ids", got) == [], got


@table(
    "path, wrong",
    ("a member of another type", "whole", {"one": {"id": "1", "tags": [], "owner": None}}),
    ("a null for what is required", "required", {"one": None}),
    ("a member that is not there", "picked", {"one": {"id": 1}}),
    ("a member that was renamed", "renamed", {"one": {"id": 1, "tags": []}}),
    ("what was left out", "omitted",
     {"one": {"id": 1, "tags": [], "owner": None, "note": "still here"}}),
    ("elements of another kind", "each", {"list": [], "one": [1]}),
    ("a source that is not there", "whole", {}),
    ("what is joined, of another type", "joined_required", {"id": "x", "tags": [], "owner": None}),
    ("what stands in another's value", "host", {"one": {"name": "n", "inner": "x", "made": {}}}),
    ("what stands in a value that is not known", "unknown", {"one": {"inner": 7}}),
    ("errors that are none", "text", {"one": "x", "errors": [{"source": "one"}]}),
)
def test_another_answer_is_told_from_it(document, path, wrong):
    assert judged(document, data_name(path) + "Data", wrong) != []


class TestTheCommand:
    def test_needs_no_key_files_and_certificates(self, tmp_path):
        shutil.copy(HERE / "shop.yaml", tmp_path)
        shutil.copy(HERE / "product.schema.json", tmp_path)
        describe(tmp_path / "shop.yaml")

    def test_of_a_bad_file_tells_what_is_wrong(self, tmp_path):
        (tmp_path / "sheaf.yaml").write_text("services: 1\n")
        done = run("openapi", "-c", "sheaf.yaml", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "sheaf.yaml:1:11: error: " in done.stderr

    def test_tells_where_it_cannot_write(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([SHEAF, "openapi", "-c", HERE / "shop.yaml"], stdout=full,
                                  stderr=subprocess.PIPE, timeout=20, check=False)
        assert done.returncode == 1 and b"No space left" in done.stderr
