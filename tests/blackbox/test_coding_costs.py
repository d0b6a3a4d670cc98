"""test_coding_costs.py - coded bodies that stand for much: nobody waits for them, their memory counts"""

import re
import threading

import pytest

import codings
from behaviour import answer, chunked, head, raw, silent
from cases import fresh, table
from gateway import wait_for
from stream import SSE, Stream

BOUND = 8 << 20  # as it is where nobody says
CONFIG = """
listen: @listen@
admin: @admin@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
endpoints:
  - path: /plain/{id}
    sources: {one: {get: "alpha:/{id}"}}
  - path: /pair/{id}
    compress: [zstd, br, gzip]
    sources:
      one: {get: "alpha:/{id}"}
      two: {get: "alpha:/late/{id}"}
"""
CODINGS = table("field, encode", ("gzip", "gzip", codings.gzip), ("br", "br", codings.br),
                ("zstd", "zstd", codings.zstd), ("deflate", "deflate", codings.deflate),
                ("two", "br, gzip", lambda data: codings.gzip(codings.br(data))))


def text_of(size):
    return b'"' + b"x" * (size - 2) + b'"'


def serve(gateway, body, field):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(body, fields=[("Content-Encoding", field)]))
    return key


def held(gateway):
    told = gateway.get("/metrics", place="admin").body.decode()
    return int(re.search(r"^sheaf_body_bytes_held (\d+)$", told, re.M)[1])


@CODINGS
def test_a_bomb_within_the_bound_is_whole_and_others_are_answered_beside_it(gateway, field, encode):
    large, small = text_of(BOUND), fresh()
    key = serve(gateway, encode(large), field)
    gateway["alpha"].on(f"/{small}", answer({"small": True}))
    got = []
    asking = threading.Thread(target=lambda: got.append(gateway.get(f"/plain/{key}")))
    asking.start()
    n_beside = 0
    while asking.is_alive():
        assert gateway.get(f"/plain/{small}").json() == {"one": {"small": True}}
        n_beside += 1
    assert got[0].body == b'{"one":' + large + b"}" and n_beside
    wait_for(lambda: held(gateway) == 0)


@CODINGS
def test_a_byte_more_is_too_large(gateway, field, encode):
    got = gateway.get(f"/plain/{serve(gateway, encode(text_of(BOUND + 1)), field)}")
    assert got.failures() == [("one", "too_large")]
    wait_for(lambda: held(gateway) == 0)


def test_many_at_once_are_all_whole(gateway):
    large = text_of(2 << 20)
    keys = [serve(gateway, codings.gzip(large), "gzip") for _ in range(6)]
    got = {}
    threads = [threading.Thread(target=lambda k=k: got.update({k: gateway.get(f"/plain/{k}")}))
               for k in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(got[k].body == b'{"one":' + large + b"}" for k in keys)


def test_chunks_behind_one_that_stands_for_much_are_not_lost(gateway):
    key, large = fresh(), text_of(2 << 20)
    coded = codings.gzip(large)
    pieces = [coded[:200], *(coded[i : i + 1] for i in range(200, 400)), coded[400:]]
    gateway["alpha"].on(f"/{key}", chunked(pieces, fields=[("Content-Encoding", "gzip")]))
    assert gateway.get(f"/plain/{key}").body == b'{"one":' + large + b"}"


@pytest.mark.parametrize("field", ["gzip", "br", "zstd"])
def test_a_client_that_leaves_in_the_middle_leaves_nothing(gateway, field):
    encode = getattr(codings, field)
    for _ in range(5):
        key = serve(gateway, encode(text_of(BOUND)), field)
        client = gateway.client()
        client.ask(f"/plain/{key}")
        wait_for(lambda: gateway["alpha"].requests(f"/{key}"))
        client.reset()
    wait_for(lambda: held(gateway) == 0)
    assert gateway.get(f"/plain/{serve(gateway, encode(b'7'), field)}").json() == {"one": 7}


@table("field, at_least", ("gzip", "gzip", 40 << 10), ("br", "br", 40 << 10), ("zstd", "zstd", 100 << 10))
def test_the_memory_of_a_decoder_is_held(gateway, field, at_least):
    key, coded = fresh(), getattr(codings, field)(text_of(1000))
    cut = head(200, [("Content-Encoding", field)], length=len(coded)) + coded[:-1]
    gateway["alpha"].on(f"/{key}", silent(raw(cut)))
    client = gateway.client()
    client.ask(f"/plain/{key}")
    wait_for(lambda: held(gateway) >= at_least)
    client.reset()
    wait_for(lambda: held(gateway) == 0)


@table("coding, at_least", ("gzip", "gzip", 64 << 10), ("br", "br", 100 << 10), ("zstd", "zstd", 100 << 10))
def test_the_memory_of_an_encoder_is_held(gateway, coding, at_least):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(text_of(1000)))
    gateway["alpha"].on(f"/late/{key}", silent())
    with Stream(gateway.address, f"/pair/{key}", SSE, fields=[("Accept-Encoding", coding)]) as stream:
        assert stream.event() and stream.head["content-encoding"] == coding
        wait_for(lambda: held(gateway) >= at_least)
    wait_for(lambda: held(gateway) == 0)
