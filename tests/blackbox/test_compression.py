"""test_compression.py - coded bodies: what services send is understood (CONTRACT 3.9)"""

import json

import pytest

import codings
from behaviour import answer, chunked, closing, head, raw
from cases import fresh, table

CONFIG = """
listen: @listen@
workers: 1
bounds: {response_body: 64KiB}
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
endpoints:
  - path: /plain/{id}
    sources: {one: {get: "alpha:/{id}"}}
  - path: /asks/{id}
    sources: {one: {get: "alpha:/{id}", set_headers: {accept-encoding: "br, gzip"}}}
  - path: /kept/{id}
    sources: {one: {get: "alpha:/{id}", cache: 60s}}
  - path: /passed/{id}
    sources: {one: {get: "alpha:/{id}", required: true, pass: [409]}}
  - path: /text/{id}
    sources: {one: {get: "alpha:/{id}", format: text}}
"""
VALUE = {"items": [{"n": n, "name": "a name of some length"} for n in range(200)]}
BODY = json.dumps(VALUE, separators=(",", ":")).encode()
BOMB = b'"' + b" " * 4_000_000 + b'"'

CODINGS = table(
    "field, encode",
    ("gzip", "gzip", codings.gzip),
    ("x-gzip in other letters", "X-GZip", codings.gzip),
    ("deflate", "deflate", codings.deflate),
    ("deflate without its frame", "deflate", codings.bare_deflate),
    ("br", "br", codings.br),
    ("zstd", "zstd", codings.zstd),
    ("two, one on the other", "br, gzip", lambda data: codings.gzip(codings.br(data))),
    ("identity", "identity", lambda data: data),
)


def serve(gateway, body, field, **options):
    return on(gateway, answer(body, fields=[("Content-Encoding", field)], **options))


def on(gateway, behaviour):
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour)
    return key


def failure(gateway, key):
    got = gateway.get(f"/plain/{key}")
    assert got.status == 200 and got.json()["one"] is None
    return got.failures()


@pytest.mark.essential
@CODINGS
def test_a_coded_answer_is_as_good_as_a_plain_one(gateway, field, encode):
    key = serve(gateway, encode(BODY), field)
    got = gateway.get(f"/plain/{key}")
    assert got.body == b'{"one":' + BODY + b"}" and got.is_complete()
    assert got["content-encoding"] is None


@CODINGS
def test_it_may_come_in_any_pieces(gateway, field, encode):
    coded = encode(BODY)
    pieces = [coded[i : i + 7] for i in range(0, len(coded), 7)]
    key = on(gateway, chunked(pieces, fields=[("Content-Encoding", field)]))
    assert gateway.get(f"/plain/{key}").json() == {"one": VALUE}


def test_codings_may_stand_in_two_fields(gateway):
    fields = [("Content-Encoding", "zstd"), ("Content-Encoding", "gzip")]
    key = on(gateway, answer(codings.gzip(codings.zstd(BODY)), fields=fields))
    assert gateway.get(f"/plain/{key}").json() == {"one": VALUE}


@pytest.mark.essential
@table(
    "field, body",
    ("gzip", "gzip", codings.gzip(BOMB)),
    ("br", "br", codings.br(BOMB)),
    ("zstd", "zstd", codings.zstd(BOMB)),
    ("deflate", "deflate", codings.deflate(BOMB)),
    ("inside of another", "gzip, gzip", codings.gzip(codings.gzip(BOMB))),
    ("that means nothing", "zstd", (b"\x50\x2a\x4d\x18\xf0\xff\x00\x00" + bytes(65520)) * 4),
)
def test_the_bound_counts_what_is_inside(gateway, field, body):
    assert failure(gateway, serve(gateway, body, field)) == [("one", "too_large")]


def test_what_is_inside_may_be_as_large_as_the_bound(gateway):
    body = b'"' + b"x" * (64 * 1024 - 2) + b'"'
    got = gateway.get(f"/plain/{serve(gateway, codings.gzip(body), 'gzip')}")
    assert got.is_complete() and len(got.json()["one"]) == 64 * 1024 - 2


@table(
    "field, body",
    ("an unknown coding", "compress", BODY),
    ("an unknown one on a known one", "gzip, lzma", codings.gzip(BODY)),
    ("three of them", "gzip, gzip, gzip", codings.gzip(codings.gzip(codings.gzip(BODY)))),
    ("a plain body", "gzip", BODY),
    ("another coding's body", "br", codings.gzip(BODY)),
    ("a body that is cut", "gzip", codings.gzip(BODY)[:-4]),
    ("a br body that is cut", "br", codings.br(BODY)[:-4]),
    ("a zstd body that is cut", "zstd", codings.zstd(BODY)[:-4]),
    ("a wrong checksum", "gzip", codings.gzip(BODY)[:-8] + bytes(8)),
    ("something behind it", "gzip", codings.gzip(BODY) + b"rest"),
    ("no JSON inside", "gzip", codings.gzip(b"{")),
)
def test_what_cannot_be_decoded_is_invalid(gateway, field, body):
    assert failure(gateway, serve(gateway, body, field)) == [("one", "invalid")]


def test_a_connection_that_breaks_off_is_unreachable(gateway):
    coded = codings.gzip(BODY)
    cut = head(200, [("Content-Encoding", "gzip")], length=len(coded)) + coded[:-10]
    assert failure(gateway, on(gateway, closing(raw(cut)))) == [("one", "unreachable")]


def test_no_bytes_are_null(gateway):
    got = gateway.get(f"/plain/{serve(gateway, b'', 'gzip')}")
    assert got.json() == {"one": None} and got.is_complete()


def test_a_text_is_decoded_first(gateway):
    key = serve(gateway, codings.br("grün".encode()), "br", kind="text/plain")
    assert gateway.get(f"/text/{key}").json() == {"one": "grün"}


def test_a_status_is_passed_with_what_is_inside(gateway):
    key = serve(gateway, codings.gzip(b'{"why":"taken"}'), "gzip", status=409)
    got = gateway.get(f"/passed/{key}")
    assert got.status == 409 and got.json() == {"why": "taken"}


def test_what_is_remembered_is_what_is_inside(gateway):
    key = serve(gateway, codings.zstd(BODY), "zstd")
    first, second = gateway.get(f"/kept/{key}"), gateway.get(f"/kept/{key}")
    assert first.json() == second.json() == {"one": VALUE}
    assert len(gateway["alpha"].requests(f"/{key}")) == 1


def test_nobody_is_asked_to_compress_but_by_set_headers(gateway):
    key = on(gateway, answer({}))
    gateway.get(f"/plain/{key}", fields=[("Accept-Encoding", "gzip")])
    gateway.get(f"/asks/{key}")
    plain, asked = gateway["alpha"].requests(f"/{key}")
    assert plain["accept-encoding"] is None and asked["accept-encoding"] == "br, gzip"
