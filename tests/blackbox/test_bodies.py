"""test_bodies.py - requests with bodies: the client's, and those that sources are called with
(CONTRACT 3.1)"""

import json
from urllib.parse import parse_qsl

from behaviour import answer
from cases import fresh, table

CONFIG = """
listen: @listen@
workers: 1
services: {alpha: "http://@alpha@", beta: "http://@beta@"}
endpoints:
  - path: /order/{key}
    method: POST
    status: 201
    query:
      n: {type: integer}
      flag: {type: boolean}
      tag: {list: true}
      note: {}
    sources:
      first: {get: "alpha:/{key}"}
      second:
        post: beta:/{key}
        body:
          id: "{key}"
          n: "{n}"
          flag: "{flag}"
          tags: "{tag}"
          note: "{note}"
          items: "{body.items}"
          name: "{body.customer.name}"
          text: 'for "{body.customer.name}", {{really}}'
          tenant: "{headers.x-tenant}"
          price: "{first.price}"
          seller: "{first.seller}"
          fixed: [1, 1.50, yes, null, true, {a: "b"}]
  - path: /form/{key}
    method: POST
    query: {tag: {list: true}, note: {}}
    sources:
      second:
        post: beta:/{key}
        form: {grant type: a & b, name: "{body.name}", tag: "{tag}", note: "{note}", text: "<{key}>", n: 7}
  - path: /whole/{key}
    method: PUT
    sources:
      second: {put: "beta:/{key}", body: "{body}"}
  - path: /path/{key}
    method: PATCH
    sources:
      second: {patch: "beta:/{key}/{body.id}{?body.tags*}", set_headers: {x-id: "{body.id}"}, body: {}}
  - path: /later/{key}
    method: DELETE
    sources:
      first: {get: "alpha:/{key}"}
      second: {delete: "beta:/{key}/{first.id}/{body.id}"}
  - path: /typed/{key}
    method: POST
    sources:
      second: {post: "beta:/{key}", body: "plain", set_headers: {content-type: application/vnd.x+json}}
  - path: /unread/{key}
    method: POST
    sources:
      second: {post: "beta:/{key}"}
  - path: /plain/{key}
    sources:
      second: {post: "beta:/{key}", body: {key: "{key}"}, required: true}
"""

BODY = {"items": [{"sku": "a", "n": 2}, 7, None], "customer": {"name": 'Ann "É"\n'}}


def sent(gateway, key):
    return gateway["beta"].only(f"/{key}")


def test_a_body_keeps_json_types_and_texts(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(b'{"price":1.50,"seller":{"id":12345678901234567890}}'))
    body = json.dumps(BODY, ensure_ascii=False).encode()
    got = gateway.post(f"/order/{key}?n=7&flag=true&tag=a,b", body, [("x-tenant", "t1")])
    assert got.status == 201 and got.is_complete()
    came = sent(gateway, key)
    assert came["content-type"] == "application/json"
    assert came["content-length"] == str(len(came.body))
    assert json.loads(came.body) == {
        "id": key, "n": 7, "flag": True, "tags": ["a", "b"], "note": None, "items": BODY["items"],
        "name": BODY["customer"]["name"], "text": 'for "Ann "É"\n", {really}', "tenant": "t1",
        "price": 1.5, "seller": {"id": 12345678901234567890},
        "fixed": [1, 1.5, "yes", None, True, {"a": "b"}],
    }
    for text in (b'"price":1.50', b'{"id":12345678901234567890}', b"1.50,"):
        assert text in came.body, "numbers keep their digits"
    assert list(json.loads(came.body))[:3] == ["id", "n", "flag"], "members keep their order"


def test_what_the_client_leaves_out_is_null(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"price": 1, "seller": "s"}))
    assert gateway.post(f"/order/{key}", b"{}").is_complete()
    made = json.loads(sent(gateway, key).body)
    for name in ("n", "flag", "tags", "note", "items", "name", "tenant"):
        assert made[name] is None, name
    assert made["text"] == 'for "", {really}'


@table("first", ("missing", {"price": 1}), ("null", {"price": 1, "seller": None}))
def test_a_dependency_in_a_body_on_what_is(gateway, first):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(first))
    got = gateway.post(f"/order/{key}", b"{}")
    assert got.failures() == [("second", "dependency")]
    assert not gateway["beta"].requests(f"/{key}"), "nothing is sent"


def test_a_form_is_encoded(gateway):
    key = fresh()
    body = json.dumps({"name": "Ann & É+1=%"}).encode()
    assert gateway.post(f"/form/{key}?tag=a,b", body).is_complete()
    came = sent(gateway, key)
    assert came["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(came.body.decode(), strict_parsing=True) == [
        ("grant type", "a & b"), ("name", "Ann & É+1=%"), ("tag", "a"), ("tag", "b"),
        ("text", f"<{key}>"), ("n", "7"),
    ]


@table(
    "body",
    ("an object", b'{"a":[1.50,{"b":null}]}'), ("an array", b"[1]"), ("a string", b'"x"'),
    ("a number", b"12345678901234567890"), ("null", b"null"),
)
def test_a_body_passes_whole_that_is(gateway, body):
    key = fresh()
    assert gateway.get(f"/whole/{key}", "PUT", body=body).is_complete()
    assert sent(gateway, key).body == body


def test_values_of_the_body_go_into_paths_and_headers(gateway):
    key = fresh()
    body = b'{"id":"a/b","tags":["x",7,true]}'
    assert gateway.get(f"/path/{key}", "PATCH", body=body).is_complete()
    [came] = [r for r in gateway["beta"].requests() if r.target.startswith(f"/{key}/")]
    assert came.target == f"/{key}/a%2Fb?body.tags=x&body.tags=7&body.tags=true"
    assert came["x-id"] == "a/b" and came.body == b"{}"


@table(
    "body, name",
    ("an object in a path", b'{"id":{}}', "body.id"),
    ("an array of objects in a path", b'{"id":1,"tags":[{}]}', "body.tags"),
    ("dots in a path", b'{"id":".."}', "body.id"),
    ("nothing in a path", b"{}", "body.id"),
    ("a line break in a header", b'{"id":"a\\r\\nx: y"}', "body.id"),
)
def test_a_bad_value_in_the_body_is_a_violation(gateway, body, name):
    key = fresh()
    got = gateway.get(f"/path/{key}", "PATCH", body=body)
    assert [v["parameter"] for v in got.problem(400)["violations"]] == [name]
    assert not gateway["beta"].requests(f"/{key}")


@table("body", ("missing", b"{}"), ("null", b'{"id":null}'))
def test_a_value_of_the_body_that_a_path_needs_is_told_as_absent(gateway, body):
    [violation] = gateway.get(f"/path/{fresh()}", "PATCH", body=body).problem(400)["violations"]
    assert violation == {"parameter": "body.id",
                         "message": "is absent or null, and the path of a call needs it"}


def test_a_bad_value_in_the_body_is_told_before_any_call(gateway):
    key = fresh()
    got = gateway.get(f"/later/{key}", "DELETE", body=b'{"id":[]}')
    assert got.problem(400)["violations"][0]["parameter"] == "body.id"
    assert not gateway["alpha"].requests(f"/{key}")


@table(
    "body, where",
    ("cut short", b'{"items": [1, 2', "line 1"),
    ("a comma too many", b'{"items": [1,]}', "line 1, column 14"),
    ("wrong on a later line", b'{\n  "a": 1,\n  b: 2\n}', "line 3, column 3"),
    ("not UTF-8", b'{"a":"\xff"}', "line 1"),
    ("two values", b"{} {}", "line 1, column 3"),
    ("white space alone", b"  \n", "white space"),
    ("too deep", b"[" * 65 + b"]" * 65, "64 levels"),
)
def test_a_malformed_body_is_a_400_that_says_where(gateway, body, where):
    key = fresh()
    got = gateway.post(f"/order/{key}", body)
    [violation] = got.problem(400)["violations"]
    assert violation["parameter"] == "body" and where in violation["message"]
    assert not gateway["alpha"].requests(f"/{key}")


def test_a_body_that_nobody_reads_is_not_looked_at(gateway):
    key = fresh()
    assert gateway.post(f"/unread/{key}", b"no JSON").is_complete()
    assert sent(gateway, key)["content-length"] == "0"


def test_the_type_of_a_body_may_be_set(gateway):
    key = fresh()
    assert gateway.post(f"/typed/{key}", b"").is_complete()
    came = sent(gateway, key)
    assert came["content-type"] == "application/vnd.x+json" and came.body == b'"plain"'


def test_a_get_may_be_answered_by_a_post(gateway):
    key = fresh()
    assert gateway.get(f"/plain/{key}").is_complete()
    assert sent(gateway, key).body == b'{"key":"%s"}' % key.encode()


def test_a_body_of_many_kilobytes_goes_whole(gateway):
    key = fresh()
    body = json.dumps({"a": "x" * 300_000}).encode()
    assert gateway.get(f"/whole/{key}", "PUT", body=body).is_complete()
    assert sent(gateway, key).body == body
