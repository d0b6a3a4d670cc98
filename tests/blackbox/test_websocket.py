"""test_websocket.py - an endpoint asked again and again over one WebSocket (CONTRACT 3.6)"""

import asyncio
import json
import signal
import threading
import time

import pytest
import websockets

from behaviour import after, answer, silent, then, when
from cases import fresh, table
from client import HOST
from gateway import wait_for
from stream import compose
from talk import BINARY, CLOSE, KEY, PING, PONG, TEXT, Talk, events, frame, opening

CONFIG = """
listen: @listen@
admin: @admin@
workers: 1
bounds: {request_body: 64KiB}
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
  gamma: {targets: ["http://@gamma@"], breaker: off}
auth:
  key: {api_keys: {header: x-api-key, file: keys.yaml}}
endpoints:
  - path: /shop/{key}
    timeout: 20s
    query: {with: {pattern: "[a-z,]*"}, ids: {list: true}, n: {type: integer}}
    sources:
      product: {get: "alpha:/{key}{?with,ids*,n}", required: true, timeout: 20s}
      reviews: {get: "beta:/{key}", fallback: {items: []}, timeout: 20s}
      stock: {get: "gamma:/{key}", timeout: 20s}
  - path: /quick/{key}
    timeout: 300ms
    sources:
      product: {get: "alpha:/{key}"}
  - path: /free/{key}
    sources:
      product: {get: "alpha:/{key}"}
  - path: /passes/{key}
    sources:
      product: {get: "alpha:/{key}", required: true, pass: [409]}
  - path: /texts/{key}
    errors: text
    sources:
      product: {get: "alpha:/{key}"}
  - path: /things/{key}
    sources:
      a: {get: "alpha:/{key}"}
  - path: /things/special
    sources:
      b: {get: "beta:/special"}
  - path: /known/{key}
    auth: key
    sources:
      a: {get: "alpha:/{key}", forward: [x-api-key, accept-language], set_headers: {x-who: "{headers.x-who}"}}
    headers: {x-who: {default: nobody}}
  - path: /limited/{key}
    rate_limit: {rate: 1/m, burst: 3, by: ip}
    sources:
      a: {get: "alpha:/{key}"}
  - path: /one/{key}
    rate_limit: {rate: 1000/s, burst: 1000, concurrent: 1}
    timeout: 20s
    sources:
      a: {get: "alpha:/{key}", timeout: 20s}
  - path: /open/{key}
    cors: {origins: ["https://friend.test"]}
    sources:
      a: {get: "alpha:/{key}"}
  - path: /fixed/{key}
    select: off
    sources:
      a: {get: "alpha:/{key}"}
  - path: /post/{key}
    method: POST
    sources:
      a: {post: "alpha:/{key}"}
  - path: /coded/{key}
    compress: [gzip]
    sources:
      a: {get: "alpha:/{key}", required: true, pass: [422]}
"""
FILES = {"keys.yaml": "anna: secret\n"}
BAD = answer({}, 500)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    from gateway import Gateway

    with Gateway(CONFIG, tmp_path_factory.mktemp("gateway"), files=FILES) as shared:
        yield shared


def serve(gateway, a=None, b=None, c=None, key=None):
    key = key or fresh()
    for name, says in (("alpha", a), ("beta", b), ("gamma", c)):
        if says is not None:
            gateway[name].on(f"/{key}", says if callable(says) else answer(says))
    return key


def talk(gateway, target, **options):
    return Talk(gateway.address, target, **options)


def count(gateway, metric):
    text = gateway.get("/metrics", place="admin").body.decode()
    (line,) = [line for line in text.split("\n") if line.startswith(metric + " ")]
    return int(line.split(" ")[1])


# The answer of the URL


@pytest.mark.essential
def test_the_bytes_of_messages(gateway):
    late = threading.Event()
    key = serve(gateway, then(answer(b'{"id":1.0}'), late), when(late, answer(b"[1.50\n]")))
    with talk(gateway, f"/shop/{key}?fields=product,reviews") as t:
        assert [t.frame() for _ in range(3)] == [
            (TEXT, b'{"event":"initial","data":{"product":{"id":1.0}}}'),
            (TEXT, b'{"event":"part","source":"reviews","path":["reviews"],"value":[1.50 ]}'),
            (TEXT, b'{"event":"done","complete":true}'),
        ]
        assert t.close() == 1000


def test_the_bytes_of_an_ask(gateway):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/free/{key}") as t:
        t.answer()
        t.send('{"id":"x\\u00e9"}')
        got = {t.frame()[1] for _ in range(3)}
    assert got == {
        b'{"event":"initial","id":"x\\u00e9","data":{}}',
        b'{"event":"part","id":"x\\u00e9","source":"product","path":["product"],"value":{"id":1}}',
        b'{"event":"done","id":"x\\u00e9","complete":true}',
    }


@pytest.mark.essential
def test_each_part_leaves_when_it_is_known(gateway):
    go = [threading.Event() for _ in range(3)]
    key = serve(gateway, when(go[0], answer({"id": 1})), when(go[1], answer([2])),
                when(go[2], answer(3)))
    with talk(gateway, f"/shop/{key}") as t:
        go[0].set()
        assert t.message() == {"event": "initial", "data": {"product": {"id": 1}}}
        go[2].set()
        assert t.message() == {"event": "part", "source": "stock", "path": ["stock"], "value": 3}
        go[1].set()
        assert t.message()["value"] == [2]
        assert t.message() == {"event": "done", "complete": True}


def test_errors_stand_in_parts_and_done(gateway):
    key = serve(gateway, {"id": 1}, after(0.1, BAD), 3)
    failed = {"source": "reviews", "kind": "status", "message": "reviews: answered 500",
              "status": 500}
    with talk(gateway, f"/shop/{key}") as t:
        got = t.answer()
    assert [m for m in got if m.get("source") == "reviews"] == [
        {"event": "part", "source": "reviews", "path": ["reviews"], "value": {"items": []},
         "error": failed}]
    assert got[-1] == {"event": "done", "complete": False, "errors": [failed]}


def test_errors_may_be_texts(gateway):
    key = serve(gateway, BAD)
    with talk(gateway, f"/texts/{key}") as t:
        assert t.answer()[-1]["errors"] == ["product: answered 500"]


def test_a_large_part_is_one_message(gateway):
    large = {"text": "x" * 3_000_000}
    key = serve(gateway, large, 2, 3)
    with talk(gateway, f"/shop/{key}") as t:
        assert t.message()["data"] == {"product": large}
        assert len(t.answer()) == 3


def test_the_first_answer_may_fail_and_the_socket_stays(gateway):
    key, good = serve(gateway, BAD, 2, 3), serve(gateway, {"id": 1}, 2, 3)
    with talk(gateway, f"/shop/{key}") as t:
        (got,) = t.answer()
        assert got["event"] == "error" and "id" not in got and got["problem"]["status"] == 502
        assert got["problem"]["errors"][0]["source"] == "product"
        assert compose(events(t.send({"id": 1, "params": {"key": good}}).answer()))


# Asking again


@pytest.mark.essential
def test_messages_ask_again(gateway):
    one, two = serve(gateway, {"id": 1}, 2, 3), serve(gateway, {"id": 10}, 20, 30)
    with talk(gateway, f"/shop/{one}") as t:
        assert compose(events(t.answer())) == {"product": {"id": 1}, "reviews": 2, "stock": 3}
        got = t.send({"id": 7, "params": {"key": two}}).answer()
        assert {m["id"] for m in got} == {7}
        assert compose(events(got)) == {"product": {"id": 10}, "reviews": 20, "stock": 30}
        got = t.send({"id": 8}).answer()  # the URL's own key again
        assert compose(events(got))["product"] == {"id": 1}


def test_an_ask_needs_no_id(gateway):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/free/{key}") as t:
        t.answer()
        for said in ({}, {"id": None}):
            got = t.send(said).answer()
            assert compose(events(got)) == {"product": {"id": 1}}
            assert not any("id" in m for m in got)


def test_fields_of_an_ask_replace_those_of_the_url(gateway):
    key = serve(gateway, {"id": 1, "name": "x"}, 2, 3)
    with talk(gateway, f"/shop/{key}?fields=stock,product(id)") as t:
        assert compose(events(t.answer())) == {"product": {"id": 1}, "stock": 3}
        got = t.send({"id": 1, "fields": "reviews,product(name)"}).answer()
        assert compose(events(got)) == {"product": {"name": "x"}, "reviews": 2}
        got = t.send({"id": 2}).answer()  # those of the URL again
        assert compose(events(got)) == {"product": {"id": 1}, "stock": 3}
        got = t.send({"id": 3, "fields": ""}).answer()
        assert set(compose(events(got))) == {"product", "reviews", "stock"}


@table(
    "params,target",
    ("a value replaces the URL's", {"with": "b"}, "with=b&n=5"),
    ("null takes it away", {"with": None}, "n=5"),
    ("numbers go as their text", {"n": 7}, "with=a&n=7"),
    ("a text may divide a list", {"ids": "1,2"}, "with=a&ids=1&ids=2&n=5"),
    ("an array is a list, whose commas divide nothing", {"ids": ["1,2", 3, True]},
     "with=a&ids=1%2C2&ids=3&ids=true&n=5"),
    ("what may not stand in a query is encoded", {"ids": ["a&b=c#é"]},
     "with=a&ids=a%26b%3Dc%23%C3%A9&n=5"),
    ("what nobody declared is passed over", {"other": "x", "key2": [1]}, "with=a&n=5"),
)
def test_params_replace_those_of_the_url_by_name(gateway, params, target):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"id": 1}))
    with talk(gateway, f"/shop/{key}?with=a&n=5&fields=product") as t:
        t.answer()
        assert compose(events(t.send({"id": 1, "params": params}).answer()))
    asked = [r.target for r in gateway["alpha"].requests() if r.target.startswith(f"/{key}?")]
    assert asked == [f"/{key}?with=a&n=5", f"/{key}?{target}"]


def test_names_in_the_url_may_be_encoded(gateway):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/shop/{key}?%77ith=a&fields=product") as t:
        t.answer()
        t.send({"params": {"with": "b"}}).answer()
    assert [r.target for r in gateway["alpha"].requests()][-1] == f"/{key}?with=b"


def test_a_param_of_the_path_is_encoded(gateway):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/free/{key}") as t:
        t.answer()
        t.send({"params": {"key": "a/b?c"}}).answer()
    assert gateway["alpha"].requests()[-1].target == "/a%2Fb%3Fc"


def problem_of(messages, status):
    (got,) = messages
    assert got["event"] == "error" and got["problem"]["status"] == status, got
    assert got["problem"]["title"] and got["problem"]["type"] == "about:blank"
    return got


@table(
    "said,status,id,word",
    ("a bad parameter", {"id": 1, "params": {"n": "x"}}, 400, 1, "parameters"),
    ("a bad selection", {"id": 2, "fields": "nothing"}, 400, 2, "parameters"),
    ("an empty path parameter", {"id": 3, "params": {"key": ""}}, 404, 3, "path"),
    ("a dot segment", {"id": 4, "params": {"key": ".."}}, 400, 4, "dot segment"),
    ("a null in the path", {"id": 5, "params": {"key": None}}, 404, 5, "path"),
    ("a list in the path", {"id": 6, "params": {"key": ["a"]}}, 400, 6, "parameter"),
    ("an object as a parameter", {"id": 7, "params": {"with": {}}}, 400, 7, "parameter"),
    ("a list of lists", {"id": 8, "params": {"ids": [[]]}}, 400, 8, "parameter"),
    ("no object", [1], 400, None, "object"),
    ("a text", "hello", 400, None, "object"),
    ("nothing at all", "", 400, None, "object"),
    ("half of an object", '{"id":1', 400, None, "object"),
    ("too deep", "[" * 100, 400, None, "object"),
    ("an unknown member", {"id": 9, "param": {}}, 400, 9, "nothing else"),
    ("an id that is an object", {"id": {}}, 400, None, "id"),
    ("an id that is too long", {"id": "x" * 300}, 400, None, "id"),
    ("params that are a list", {"params": [], "id": 10}, 400, 10, "params"),
    ("fields that are no text", {"id": 11, "fields": 1}, 400, 11, "fields"),
    ("a member twice", '{"id":12,"fields":"product","fields":"stock"}', 400, 12, "twice"),
    ("a cancel that is more", {"id": 13, "cancel": 1}, 400, 13, "cancel"),
    ("a cancel of nothing", {"cancel": None}, 400, None, "cancel"),
    ("too many params", {"id": 14, "params": {f"p{i}": 1 for i in range(65)}}, 400, 14, "64"),
    ("a target that is too long", {"id": 15, "params": {"with": "a" * 20000}}, 414, 15, "long"),
)
def test_a_bad_ask_is_told_and_the_socket_stays(gateway, said, status, id, word):
    key = serve(gateway, {"id": 1}, 2, 3)
    with talk(gateway, f"/shop/{key}") as t:
        t.answer()
        got = problem_of(t.send(said).answer(), status)
        assert got.get("id") == id and word in got["problem"]["detail"]
        assert compose(events(t.send({"id": 99}).answer()))


def test_violations_are_told_all(gateway):
    key = serve(gateway, {"id": 1}, 2, 3)
    with talk(gateway, f"/shop/{key}") as t:
        t.answer()
        got = problem_of(t.send({"params": {"n": "x", "with": "0"}}).answer(), 400)
    assert [v["parameter"] for v in got["problem"]["violations"]] == ["with", "n"]


def test_a_required_source_that_fails_later_is_an_error(gateway):
    good, bad, absent = serve(gateway, 1, 2, 3), serve(gateway, BAD, 2, 3), fresh()
    gateway["alpha"].on(f"/{absent}", answer({}, 404))
    with talk(gateway, f"/shop/{good}") as t:
        t.answer()
        t.send({"id": 1, "params": {"key": bad}}, {"id": 2, "params": {"key": absent}})
        got = t.answers(2)
        assert problem_of(got[1], 502)["problem"]["errors"][0]["kind"] == "status"
        problem_of(got[2], 404)
        assert compose(events(t.send({"id": 3}).answer()))


def test_a_passed_status_carries_the_service_s_body(gateway):
    good = serve(gateway, 1)
    bad = serve(gateway, answer(b'{\n "why": "taken"\n}', 409))
    with talk(gateway, f"/passes/{good}") as t:
        t.answer()
        (got,) = t.send({"id": 1, "params": {"key": bad}}).answer()
    assert got == {"event": "error", "id": 1, "problem": {"why": "taken"}}


def test_nothing_is_compressed(gateway):
    bad = serve(gateway, answer({"why": "x" * 5000}, 422))
    with talk(gateway, f"/coded/{bad}", fields=[("Accept-Encoding", "gzip")]) as t:
        assert t.head["content-encoding"] is None
        assert t.answer()[0]["problem"] == {"why": "x" * 5000}


def test_an_ask_stays_with_its_endpoint(gateway):
    key = serve(gateway, 1)
    with talk(gateway, f"/things/{key}") as t:
        t.answer()
        got = problem_of(t.send({"id": 1, "params": {"key": "special"}}).answer(), 404)
        assert "another endpoint" in got["problem"]["detail"]


def test_where_nothing_can_be_selected_fields_are_refused(gateway):
    key = serve(gateway, 1)
    with talk(gateway, f"/fixed/{key}") as t:
        t.answer()
        problem_of(t.send({"fields": "a"}).answer(), 400)


def test_the_endpoint_s_time_holds_for_each_ask(gateway):
    slow, fast = serve(gateway, after(5, answer(1))), serve(gateway, 1)
    with talk(gateway, f"/quick/{fast}") as t:
        t.answer()
        began = time.monotonic()
        got = t.send({"id": 1, "params": {"key": slow}}).answer()
        assert time.monotonic() - began < 3
    assert got[-1]["errors"][0]["kind"] == "timeout"


# Several at once


def test_asks_run_at_once_and_keep_apart(gateway):
    keys = [serve(gateway, after(0.05 * (i % 3), answer({"id": i})), i, i) for i in range(8)]
    with talk(gateway, f"/shop/{keys[0]}") as t:
        t.answer()
        t.send(*({"id": i, "params": {"key": key}} for i, key in enumerate(keys)))
        got = t.answers(8)
    for i in range(8):
        assert compose(events(got[i])) == {"product": {"id": i}, "reviews": i, "stock": i}


@pytest.mark.essential
def test_at_most_8_at_once(gateway):
    go = threading.Event()
    fast, slow = serve(gateway, {"id": 1}), serve(gateway, when(go, answer({"id": 2})))
    with talk(gateway, f"/shop/{fast}?fields=product") as t:
        t.answer()
        t.send(*({"id": i, "params": {"key": slow}} for i in range(9)))
        got = problem_of(t.answer(), 429)
        assert got["id"] == 8
        go.set()
        assert set(t.answers(8)) == set(range(8))
        assert compose(events(t.send({"id": 8}).answer()))  # there is room again


def test_asks_without_an_id_count_too(gateway):
    go = threading.Event()
    slow = serve(gateway, when(go, answer({"id": 2})))
    with talk(gateway, f"/shop/{slow}?fields=product") as t:
        t.send(*[{}] * 12)
        for _ in range(4):
            problem_of(t.answer(), 429)
        go.set()
        assert set(t.answers(9)) == {None}


def test_the_url_s_own_answer_is_not_one_of_the_8(gateway):
    go = threading.Event()
    slow = serve(gateway, when(go, answer({"id": 2})))
    with talk(gateway, f"/shop/{slow}?fields=product") as t:
        t.send(*({"id": i} for i in range(8)))
        wait_for(lambda: len([r for r in gateway["alpha"].requests() if r.target == f"/{slow}"]) == 9)
        go.set()
        assert set(t.answers(9)) == {None, *range(8)}


def test_who_asks_and_cancels_at_once_is_bounded_too(gateway):
    fast, slow = serve(gateway, {"id": 1}), serve(gateway, silent())
    with talk(gateway, f"/shop/{fast}?fields=product") as t:
        t.answer()
        pair = frame(json.dumps({"id": 1, "params": {"key": slow}})) + frame('{"cancel":1}')
        t.client.send(pair * 200)
        t.send({"id": 2, "params": {"key": fast}})
        n_refused, said = 0, t.answer()
        while said[-1].get("id") != 2:
            problem_of(said, 429)
            n_refused, said = n_refused + 1, t.answer()
        assert n_refused > 100  # 183, if one read brings them all


def test_an_id_is_used_once_at_a_time(gateway):
    go = threading.Event()
    slow = serve(gateway, when(go, answer({"id": 2})), 1, 2)
    with talk(gateway, f"/shop/{slow}?fields=product") as t:
        t.send({"id": 1}, {"id": 1})
        problem_of(t.answer(), 409)
        go.set()
        t.answers(2)
        assert compose(events(t.send({"id": 1}).answer()))


def connections(gateway, name, key):
    return [r.connection for r in gateway[name].requests(f"/{key}")]


@pytest.mark.essential
def test_a_cancelled_ask_says_no_more(gateway):
    key, slow = serve(gateway, {"id": 1}), serve(gateway, {"id": 2}, silent(), 3)
    with talk(gateway, f"/shop/{key}?fields=product") as t:
        t.answer()
        t.send({"id": 1, "params": {"key": slow}, "fields": "product,reviews"})
        assert t.message()["event"] == "initial"
        (call,) = wait_for(lambda: connections(gateway, "beta", slow))
        t.send({"cancel": 1}, {"id": 2})
        got = t.answer()
        assert {m["id"] for m in got} == {2}
        assert call.closed.wait(5)  # its call is cancelled
        assert {m["id"] for m in t.send({"id": 1}).answer()} == {1}  # the id is free again


def test_a_cancel_of_what_is_not_there_is_nothing(gateway):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/free/{key}") as t:
        t.answer()
        got = t.send({"cancel": 1}, {"cancel": "x"}, {"id": 1}).answer()
    assert {m["id"] for m in got} == {1}


def test_a_text_id_is_no_number(gateway):
    slow = serve(gateway, silent())
    with talk(gateway, f"/shop/{slow}?fields=product") as t:
        key = serve(gateway, {"id": 1})
        t.send({"id": "1", "params": {"key": slow}}, {"cancel": 1})
        t.send({"id": "1", "params": {"key": key}})
        problem_of(t.answer(), 409)
        t.send({"cancel": "1"}, {"id": "1", "params": {"key": key}})
        assert compose(events(t.answer()))


@table("leave", ("closes in order", lambda t: t.close()), ("resets", lambda t: t.client.reset()),
       ("ends its side", lambda t: t.client.finish()), ("breaks the protocol",
        lambda t: t.send(frame(b"x", 3))))
def test_who_leaves_cancels_its_calls(gateway, leave):
    key, slow = serve(gateway, silent(), 2, 3), serve(gateway, silent(), 2, 3)
    with talk(gateway, f"/shop/{key}") as t:
        t.send({"id": 1, "params": {"key": slow}})
        assert wait_for(lambda: connections(gateway, "alpha", slow))
        leave(t)
        for each in (key, slow):
            (call,) = connections(gateway, "alpha", each)
            assert call.closed.wait(5)
    assert wait_for(lambda: count(gateway, "sheaf_requests_in_flight") == 0)
    assert wait_for(lambda: count(gateway, "sheaf_calls_in_flight") == 0)


# The handshake


@table(
    "fields,status,word",
    ("without a key", opening(without=["Sec-WebSocket-Key"]), 400, "Sec-WebSocket-Key"),
    ("a short key", opening(key="dGhl"), 400, "Sec-WebSocket-Key"),
    ("a key that is no base64", opening(key="!" * 22 + "=="), 400, "Sec-WebSocket-Key"),
    ("two keys", opening() + [("Sec-WebSocket-Key", KEY)], 400, "Sec-WebSocket-Key"),
    ("without Connection: Upgrade", opening(without=["Connection"]), 400, "Connection"),
    ("an old version", opening(Sec_WebSocket_Version="8"), 426, "13"),
    ("no version", opening(without=["Sec-WebSocket-Version"]), 426, "13"),
)
def test_a_bad_handshake_is_refused(gateway, fields, status, word):
    key = serve(gateway, silent())
    got = gateway.get(f"/shop/{key}", fields=fields)
    assert word in got.problem(status)["detail"]
    if status == 426:
        assert got["sec-websocket-version"] == "13" and got["upgrade"] == "websocket"
    assert not connections(gateway, "alpha", key)


def test_a_handshake_may_name_more_options(gateway):
    """Upgrade is for us, whatever else Connection names (RFC 9110 7.6.1)."""
    key = serve(gateway, silent())
    with gateway.client() as client:
        client.ask(f"/shop/{key}", fields=opening(Connection="Upgrade, X-Other, HTTP2-Settings"))
        assert client._through(b"\r\n\r\n", time.monotonic() + 5).startswith(b"HTTP/1.1 101 ")


def test_a_handshake_has_no_body_and_is_a_get(gateway):
    assert gateway.get("/free/x", fields=opening(), body=b"{}").problem(400)
    assert gateway.get("/free/x", "HEAD", fields=opening()).status == 400
    assert gateway.get("/post/x", "POST", fields=opening(), body=b"{}").problem(400)


def test_http_1_0_and_other_upgrades_get_the_plain_answer(gateway):
    key = serve(gateway, {"id": 1}, 2, 3)
    plain = {"product": {"id": 1}, "reviews": 2, "stock": 3}
    lines = [f"GET /shop/{key} HTTP/1.0", "Host: a", *(f"{n}: {v}" for n, v in opening()), "", ""]
    assert gateway.send("\r\n".join(lines)).json() == plain
    got = gateway.get(f"/shop/{key}", fields=opening(Upgrade="h2c"))
    assert got.status == 200 and got.json() == plain


def test_names_of_the_handshake_are_of_any_case(gateway):
    key = serve(gateway, {"id": 1})
    fields = [("connection", "keep-alive, UPGRADE"), ("upgrade", "WebSocket"),
              ("sec-websocket-version", "13"), ("sec-websocket-key", KEY)]
    with gateway.client() as client:
        client.ask(f"/free/{key}", fields=fields)
        assert client._through(b"\r\n\r\n", time.monotonic() + 5).startswith(
            b"HTTP/1.1 101 Switching Protocols\r\n")


def test_no_extension_and_no_subprotocol_is_agreed_on(gateway):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/free/{key}", fields=[
            ("Sec-WebSocket-Extensions", "permessage-deflate"),
            ("Sec-WebSocket-Protocol", "graphql-ws")]) as t:
        assert t.head["sec-websocket-protocol"] is None
        t.answer()


@table(
    "target,status",
    ("a bad parameter", "/shop/x?n=y", 400),
    ("an unknown path", "/nowhere", 404),
    ("a bad selection", "/shop/x?fields=nothing", 400),
    ("a path that is only posted to", "/post/x", 405),
    ("no credentials", "/known/x", 401),
)
def test_what_refuses_a_plain_request_refuses_a_handshake(gateway, target, status):
    with talk(gateway, target) as t:
        t.head.problem(status)


def test_a_value_that_no_path_takes_refuses_the_handshake(start):
    gateway = start("""
listen: @listen@
services: {alpha: "http://@alpha@"}
endpoints:
  - path: /q
    query: {key: {}}
    sources: {a: {get: "alpha:/{key}"}}
""")
    for value in ("..", ".", ""):
        assert gateway.get(f"/q?key={value}").status == 400
        with Talk(gateway.address, f"/q?key={value}") as t:
            t.head.problem(400)


@table(
    "path,origin,status",
    ("no page", "/free/", None, 101),
    ("a page of the same host", "/free/", f"https://{HOST}", 101),
    ("the same host by another scheme", "/free/", f"http://{HOST}", 101),
    ("a foreign page", "/free/", "https://evil.test", 403),
    ("a host that ends alike", "/free/", f"https://evil{HOST}", 403),
    ("a host that begins alike", "/free/", f"https://{HOST}.evil.test", 403),
    ("another port", "/free/", f"https://{HOST}:81", 403),
    ("a page of nowhere", "/free/", "null", 403),
    ("one that cors allows", "/open/", "https://friend.test", 101),
    ("one that cors does not", "/open/", "https://evil.test", 403),
)
def test_a_foreign_origin_is_refused_unless_cors_allows_it(gateway, path, origin, status):
    key = serve(gateway, {"id": 1})
    with talk(gateway, path + key, fields=[("Origin", origin)] if origin else []) as t:
        assert t.head.status == status
        if status == 403:
            t.head.problem(403)
        else:
            t.answer()
    assert len(connections(gateway, "alpha", key)) == (status == 101)


def test_two_origins_are_refused(gateway):
    with talk(gateway, "/free/x", fields=[("Origin", f"https://{HOST}")] * 2) as t:
        t.head.problem(403)


def test_frames_may_come_with_the_handshake(gateway):
    key = serve(gateway, {"id": 1})
    said = frame(json.dumps({"id": 1})) + frame(b"hi", PING)
    with talk(gateway, f"/free/{key}", then=said) as t:
        got = [t.frame() for _ in range(7)]
    assert (PONG, b"hi") in got


def test_fixed_fields_and_ids_come_with_the_head(gateway):
    with talk(gateway, "/free/x", fields=[("X-Request-Id", "abc")]) as t:
        assert t.head["x-request-id"] == "abc" and t.head["date"]


# Who asks, and how often


def test_asks_have_the_handshake_s_credentials_and_headers(gateway):
    key = serve(gateway, {"id": 1})
    fields = [("X-Api-Key", "secret"), ("Accept-Language", "de"), ("X-Who", "me")]
    with talk(gateway, f"/known/{key}", fields=fields) as t:
        t.answer()
        t.send({"id": 1, "params": {"x-who": "you"}}).answer()
    calls = [r for r in gateway["alpha"].requests() if r.target == f"/{key}"]
    assert [(r["x-api-key"], r["accept-language"], r["x-who"]) for r in calls] == [
        ("secret", "de", "me")] * 2
    assert all(r["sec-websocket-key"] is None and r["upgrade"] is None for r in calls)

    def lines():
        return [line for line in gateway.log() if key in line["path"]]

    assert wait_for(lambda: len(lines()) == 3)
    assert {line.get("identity") for line in lines()} == {"anna"}


def test_each_ask_is_charged(gateway):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/limited/{key}") as t:  # the handshake and its answer cost one
        assert t.head["ratelimit"]
        t.answer()
        for i in (1, 2):
            assert compose(events(t.send({"id": i}).answer()))
        assert problem_of(t.send({"id": 3}).answer(), 429)["id"] == 3
        assert t.close() == 1000
    with talk(gateway, f"/limited/{key}") as t:
        t.head.problem(429)


def test_an_idle_socket_is_no_request_under_way(gateway):
    key, slow = serve(gateway, {"id": 1}), serve(gateway, silent())
    with talk(gateway, f"/one/{key}") as t:
        t.answer()
        assert wait_for(lambda: gateway.get(f"/one/{key}").status == 200)
        t.send({"id": 1, "params": {"key": slow}})
        assert t.message()["event"] == "initial"
        assert gateway.get(f"/one/{key}").status == 429
        problem_of(t.send({"id": 2}).answer(), 429)
        t.send({"cancel": 1})
        assert wait_for(lambda: gateway.get(f"/one/{key}").status == 200)


def test_the_log_has_the_handshake_and_each_ask(start):
    gateway = start(CONFIG, files=FILES)
    key, other, id = serve(gateway, {"id": 1}, 2, 3), serve(gateway, BAD), fresh("log")
    before = count(gateway, "sheaf_requests_total")
    with talk(gateway, f"/shop/{key}", fields=[("X-Request-Id", id)]) as t:
        first = sum(len(json.dumps(m, separators=(",", ":"))) for m in t.answer())
        t.send({"id": 1, "params": {"key": other}}).answer()
        lines = gateway.log_lines(id, 3)
        assert count(gateway, "sheaf_websockets_open") >= 1
    assert [(line["status"], line["path"], len(line["sources"])) for line in lines] == [
        (101, f"/shop/{key}", 0), (200, f"/shop/{key}", 3), (502, f"/shop/{other}", 3)]
    assert lines[1]["bytes"] == first
    assert count(gateway, "sheaf_requests_total") - before == 3
    assert wait_for(lambda: count(gateway, "sheaf_websockets_open") == 0)


# The protocol (RFC 6455 5 to 7)

LONG = b"x" * 126


@table(
    "said,code",
    ("a frame without a mask", [frame(b"{}", mask=False)], 1002),
    ("an empty one without a mask", [frame(b"", mask=False)], 1002),
    ("a reserved bit", [frame(b"{}", rsv=4)], 1002),
    ("another reserved bit", [frame(b"{}", rsv=2)], 1002),
    ("the third reserved bit", [frame(b"{}", rsv=1)], 1002),
    ("a reserved opcode of data", [frame(b"{}", 3)], 1002),
    ("the last one", [frame(b"{}", 7)], 1002),
    ("a reserved opcode of control", [frame(b"", 11)], 1002),
    ("the last one of control", [frame(b"", 15)], 1002),
    ("a ping in fragments", [frame(b"", PING, fin=False)], 1002),
    ("a close in fragments", [frame(b"", CLOSE, fin=False)], 1002),
    ("a ping of 126 bytes", [frame(LONG, PING)], 1002),
    ("a close of 126 bytes", [frame(b"\x03\xe8" + LONG[2:], CLOSE)], 1002),
    ("a continuation of nothing", [frame(b"{}", 0)], 1002),
    ("a continuation after the end", [frame(b"{", fin=False), frame(b"}", 0), frame(b"", 0)], 1002),
    ("a text inside a message", [frame(b"{", fin=False), frame(b"}")], 1002),
    ("a length that is too long for its form", [b"\x81\xfe\x00\x02aaaa!!"], 1002),
    ("a length of 64 bits with the highest", [b"\x81\xff" + b"\xff" * 8], 1002),
    ("a close of one byte", [frame(b"\x03", CLOSE)], 1002),
    ("a close with code 999", [frame(b"\x03\xe7", CLOSE)], 1002),
    ("a close with code 1004", [frame(b"\x03\xec", CLOSE)], 1002),
    ("a close with code 1005", [frame(b"\x03\xed", CLOSE)], 1002),
    ("a close with code 1006", [frame(b"\x03\xee", CLOSE)], 1002),
    ("a close with code 1015", [frame(b"\x03\xf7", CLOSE)], 1002),
    ("a close with code 2999", [frame((2999).to_bytes(2, "big"), CLOSE)], 1002),
    ("a close with code 5000", [frame((5000).to_bytes(2, "big"), CLOSE)], 1002),
    ("a close whose reason is no UTF-8", [frame(b"\x03\xe8\xff", CLOSE)], 1007),
    ("a close with code 1000", [frame(b"\x03\xe8", CLOSE)], 1000),
    ("a close with code 1014", [frame(b"\x03\xf6", CLOSE)], 1014),
    ("a close with code 3000", [frame((3000).to_bytes(2, "big"), CLOSE)], 3000),
    ("a close with code 4999 and a reason", [frame((4999).to_bytes(2, "big") + b"bye", CLOSE)], 4999),
    ("a close without a code", [frame(b"", CLOSE)], 1005),
    ("a close inside a message", [frame(b"{", fin=False), frame(b"\x03\xe8", CLOSE)], 1000),
    ("text that is no UTF-8", [frame(b"\xff")], 1007),
    ("text that ends in half a character", [frame(b"\xc3")], 1007),
    ("a surrogate", [frame(b"\xed\xa0\x80")], 1007),
    ("half a character and another", [frame(b"\xc3", fin=False), frame(b"x", 0)], 1007),
    ("binary", [frame(b"{}", BINARY)], 1003),
    ("a message above request_body", [frame(b"x" * 65537)], 1009),
    ("fragments above request_body", [frame(b"x" * 65536, fin=False), frame(b"x", 0)], 1009),
    ("a length that nobody has", [frame(b"x", length=2**62)], 1009),
    ("the head alone of what is too long", [frame(b"", length=2**63 - 1)], 1009),
)
@pytest.mark.parametrize("step", [0, 1], ids=["whole", "byte by byte"])
def test_what_ends_a_socket(gateway, said, code, step):
    key = serve(gateway, {"id": 1})
    with talk(gateway, f"/free/{key}") as t:
        t.answer()
        data = b"".join(said)
        for i in range(0, len(data), step or len(data)) if len(data) < 300 else [0]:
            t.client.send(data[i : i + step] if step and len(data) < 300 else data)
        if code in (1003,):
            assert t.frame()[1][:2] == code.to_bytes(2, "big")
            t.client.send(frame(code.to_bytes(2, "big"), CLOSE))
            assert t.client.is_closed()
        else:
            assert t.closed() == code


def test_an_ask_may_come_in_fragments_with_pings_between(gateway):
    key = serve(gateway, {"id": 1})
    text = '{"id": "é"}'.encode()
    with talk(gateway, f"/free/{key}") as t:
        t.answer()
        cut = text.index(b"\xc3") + 1
        t.send(frame(text[:cut], fin=False), frame(b"1", PING), frame(b"", 0, fin=False))
        assert t.frame() == (PONG, b"1")
        t.send(frame(b"x", PONG), frame(text[cut:], 0))
        assert {m["id"] for m in t.answer()} == {"é"}


def test_an_ask_may_be_as_large_as_a_body(gateway):
    key = serve(gateway, {"id": 1})
    text = '{"id": 1}' + " " * (65536 - 9)
    with talk(gateway, f"/free/{key}") as t:
        t.answer()
        assert compose(events(t.send(text).answer())) == {"product": {"id": 1}}


def test_pings_are_answered_with_their_payload(gateway):
    with talk(gateway, f"/free/{serve(gateway, 1)}") as t:
        t.answer()
        for payload in (b"", b"x" * 125):
            t.client.send(frame(payload, PING))
            assert t.frame() == (PONG, payload)


def test_a_close_is_answered_though_the_client_ended_its_side(gateway):
    with talk(gateway, f"/free/{serve(gateway, 1)}") as t:
        t.answer()
        t.client.send(frame(b"\x03\xe8", CLOSE)).finish()
        assert t.closed() == 1000


def test_nothing_is_said_behind_a_close(gateway):
    slow = serve(gateway, after(0.2, answer(1)), 2, 3)
    with talk(gateway, f"/shop/{slow}") as t:
        t.client.send(frame(b"\x03\xe8", CLOSE) + frame('{"id":1}'))
        assert t.frame() == (CLOSE, b"\x03\xe8")
        assert t.client.is_closed()


def test_who_does_not_answer_a_close_is_not_waited_for(gateway):
    with talk(gateway, f"/free/{serve(gateway, 1)}") as t:
        t.answer()
        t.client.send(frame(b"x", BINARY))
        began = time.monotonic()
        assert t.closed() == 1003
        assert 1 < time.monotonic() - began < 8


def test_an_idle_socket_is_pinged_and_one_without_a_pong_dropped(gateway):
    key = serve(gateway, 1)
    began = time.monotonic()
    with talk(gateway, f"/free/{key}") as live, talk(gateway, f"/free/{key}") as dead:
        live.answer()
        dead.answer()
        assert live.frame(20) == (PING, b"")
        assert 13 < time.monotonic() - began < 19
        live.client.send(frame(b"", PONG))
        assert dead.frame(20) == (PING, b"")
        assert dead.closed(20) == 1002
        assert 28 < time.monotonic() - began < 36
        live.send({"id": 1}).answer()


def test_a_flood_of_pings_is_held_to_the_client_s_pace(gateway):
    with talk(gateway, f"/free/{serve(gateway, 1)}", receive_buffer=4096) as t:
        t.answer()
        flood, sent = frame(b"x" * 125, PING) * 2000, 0
        t.client.socket.settimeout(1)
        try:
            while sent < 200_000_000:
                sent += t.client.socket.send(flood)
        except TimeoutError:
            pass
        assert sent < 100_000_000  # it is not read any more
    key = serve(gateway, 1)
    with talk(gateway, f"/free/{key}") as t:
        assert compose(events(t.answer())) == {"product": 1}


def test_a_reader_that_stops_disturbs_nobody(gateway):
    large = {"text": "x" * 4_000_000}
    key = serve(gateway, large)
    with talk(gateway, f"/free/{key}", receive_buffer=4096) as t:
        for i in range(4):
            t.send({"id": i})
        time.sleep(0.3)
        with talk(gateway, f"/free/{serve(gateway, 1)}") as other:
            assert compose(events(other.answer())) == {"product": 1}
        got = t.answers(5)  # and it gets all when it goes on
    assert all(compose(events(said)) == {"product": large} for said in got.values())


# The life of the gateway

LIFE = """
listen: @listen@
workers: 1
services: {alpha: "http://@alpha@"}
endpoints:
  - path: /a/{key}
    timeout: %s
    sources: {%s: {get: "alpha:/{key}", timeout: 20s}}
"""


def test_a_draining_gateway_says_1001_once_its_asks_have_ended(start):
    go = threading.Event()
    gateway = start(LIFE % ("20s", "a"))
    key, slow = serve(gateway, 1), serve(gateway, when(go, answer(2)))
    with Talk(gateway.address, f"/a/{key}") as t, Talk(gateway.address, f"/a/{key}") as idle:
        t.answer()
        idle.answer()
        t.send({"id": 1, "params": {"key": slow}})
        assert t.message()["event"] == "initial"
        gateway.signal(signal.SIGTERM)
        assert idle.closed() == 1001
        problem_of(t.send({"id": 2}).answer(), 503)
        go.set()
        assert t.message()["value"] == 2
        assert t.message()["event"] == "done"
        assert t.frame() == (CLOSE, b"\x03\xe9")
        t.client.send(frame(b"\x03\xe9", CLOSE))
        assert t.client.is_closed()
    assert gateway.ended() == 0


def test_a_reload_holds_for_the_next_ask(start):
    gateway = start(LIFE % ("20s", "a"))
    key, slow = serve(gateway, 1), serve(gateway, after(5, answer(2)))
    with Talk(gateway.address, f"/a/{key}") as t:
        assert compose(events(t.answer())) == {"a": 1}
        gateway.reload(LIFE % ("200ms", "b"))
        assert wait_for(lambda: "b" in compose(events(t.send({"id": 1}).answer())))
        got = t.send({"id": 2, "params": {"key": slow}}).answer()
        assert got[-1]["errors"][0]["kind"] == "timeout"
        gateway.reload((LIFE % ("1s", "b")).replace("/a/{key}", "/b/{key}"))
        assert wait_for(lambda: t.send({"id": 3}).answer()[0]["event"] == "error")
        problem_of(t.send({"id": 4}).answer(), 404)


def test_sockets_over_tls(start, authority):
    cert, key = authority.issue("front-of-sockets", "DNS:front.test")
    config = (LIFE % ("5s", "a")).replace(
        "@listen@", '{address: "@listen@", tls: {cert: "@cert@", key: "@key@"}}')
    gateway = start(config, cert=cert, key=key)
    place = serve(gateway, {"text": "x" * 100_000})
    with Talk(gateway.address, f"/a/{place}", tls=authority.client(), server_name="front.test") as t:
        t.answer()
        assert compose(events(t.send({"id": 1}).answer())) == {"a": {"text": "x" * 100_000}}
        assert t.close() == 1000


# A client of others


def test_a_client_library_agrees(gateway):
    one, two = serve(gateway, {"id": 1}, 2, 3), serve(gateway, {"id": 2}, 20, 30)

    async def answer_of(socket):
        found = [json.loads(await socket.recv())]
        while found[-1]["event"] != "done":
            found.append(json.loads(await socket.recv()))
        return compose(events(found))

    async def converse():
        url = f"ws://{gateway.address}/shop/{one}"
        async with websockets.connect(url, max_size=None) as socket:
            assert await answer_of(socket) == {"product": {"id": 1}, "reviews": 2, "stock": 3}
            await socket.send(json.dumps({"id": 1, "params": {"key": two}}))
            assert (await answer_of(socket))["product"] == {"id": 2}
            await (await socket.ping(b"hello"))
        assert socket.close_code == 1000
        with pytest.raises(websockets.exceptions.InvalidHandshake):
            await websockets.connect(url + "?n=x")
        async with websockets.connect(url) as socket:
            await socket.send(b"binary")
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                while True:
                    await socket.recv()
        assert socket.close_code == 1003

    asyncio.run(asyncio.wait_for(converse(), 20))
