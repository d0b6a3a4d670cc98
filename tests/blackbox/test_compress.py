"""test_compress.py - answers go out compressed, as the client takes them (CONTRACT 3.9)"""

import json
import time

import pytest

import codings
from behaviour import answer
from cases import fresh, table

CONFIG = """
listen: @listen@
workers: 1
compress: [zstd, br, gzip]
cors: {origins: [https://shop.example]}
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
endpoints:
  - path: /all/{id}
    sources: {one: {get: "alpha:/{id}", required: true, pass: [409]}}
  - path: /gzip/{id}
    compress: {codings: [gzip], min_size: 100B}
    sources: {one: {get: "alpha:/{id}"}}
  - path: /off/{id}
    compress: off
    sources: {one: {get: "alpha:/{id}"}}
  - path: /kept/{id}
    cache: 60s
    sources: {one: {get: "alpha:/{id}"}}
  - path: /parts/{id}
    sources: {one: {get: "alpha:/{id}", cache: 60s}}
  - path: /untouched/{id}
    response_headers: {cache-control: "no-store, no-transform"}
    sources: {one: {get: "alpha:/{id}"}}
"""
BODY = json.dumps([{"n": n, "name": f"the name of number {n}"} for n in range(200)],
                  separators=(",", ":")).encode()
LARGE = b"[" + b",".join(b'{"n":%d,"x":%d}' % (n, n * n * 7919 % 104729) for n in range(200000)) + b"]"


def serve(gateway, body=BODY, **options):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(body, **options))
    return key


def get(gateway, path, accept, fields=(), method="GET"):
    asked = [("Accept-Encoding", accept)] if accept is not None else []
    return gateway.get(path, method, [*asked, *fields])


def meant(got):
    return codings.plain(got["content-encoding"], got.body)


@pytest.mark.essential
@table("coding", ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"))
def test_a_client_gets_the_coding_that_it_takes(gateway, coding):
    got = get(gateway, f"/all/{serve(gateway)}", coding)
    assert got["content-encoding"] == coding and len(got.body) < len(BODY) / 3
    assert meant(got) == b'{"one":' + BODY + b"}"
    assert got["content-type"] == "application/json" and got.is_complete()


@table(
    "accept, coding",
    ("nothing said", None, None),
    ("an empty list", "", None),
    ("unknown ones", "deflate, compress", None),
    ("all alike: ours first", "gzip, br, zstd", "zstd"),
    ("any", "*", "zstd"),
    ("by weight", "zstd;q=0.2, br;q=0.9, gzip;q=0.5", "br"),
    ("refused by name", "*, zstd;q=0", "br"),
    ("all refused but one", "gzip;q=0.001, *;q=0", "gzip"),
    ("identity wanted more", "identity, gzip;q=0.5", None),
    ("identity wanted less", "identity;q=0.5, gzip", "gzip"),
    ("all refused", "*;q=0", None),
    ("a weight that is none", "gzip;q=2", None),
    ("other letters and spaces", " GZIP ; Q=0.5 ", "gzip"),
)
def test_weights_decide(gateway, accept, coding):
    got = get(gateway, f"/all/{serve(gateway)}", accept)
    assert got["content-encoding"] == coding
    assert meant(got) == b'{"one":' + BODY + b"}"
    assert got["vary"] == "Origin, Accept-Encoding, Accept"


def test_small_answers_stay_as_they_are(gateway):
    key = serve(gateway, b'"small"')
    assert get(gateway, f"/all/{key}", "gzip")["content-encoding"] is None
    assert get(gateway, f"/all/{key}", "gzip, identity;q=0")["content-encoding"] == "gzip"
    longer = serve(gateway, b'"' + b"x" * 200 + b'"')
    assert get(gateway, f"/gzip/{longer}", "gzip")["content-encoding"] == "gzip"


@table(
    "path, vary",
    ("off", "/off/", "Origin, Accept"),
    ("no-transform", "/untouched/", "Origin, Accept-Encoding, Accept"),
)
def test_some_stay_as_they_are(gateway, path, vary):
    got = get(gateway, path + serve(gateway), "gzip, br, zstd")
    assert got["content-encoding"] is None and got["vary"] == vary
    assert got.json() == {"one": json.loads(BODY)}


def test_every_answer_of_it_varies_by_the_codings(gateway):
    got = get(gateway, f"/all/{serve(gateway, status=500)}", "gzip")
    got.problem(502)
    assert got["vary"] == "Origin, Accept-Encoding, Accept"


def test_a_status_that_is_passed_is_compressed_too(gateway):
    got = get(gateway, f"/all/{serve(gateway, status=409)}", "br")
    assert got.status == 409 and meant(got) == BODY


def test_head_has_the_same_fields_and_no_body(gateway):
    key = serve(gateway)
    one, other = (get(gateway, f"/all/{key}", "gzip", method=m) for m in ("GET", "HEAD"))
    ignored = ("x-request-id", "date")
    assert [f for f in one.fields if f[0] not in ignored] == [f for f in other.fields if f[0] not in ignored]
    assert other.body == b""


@pytest.mark.essential
@table("path", ("an endpoint's cache", "/kept/"), ("a source's cache", "/parts/"))
def test_what_is_remembered_serves_all_codings(gateway, path):
    target = path + serve(gateway)
    got = {c: get(gateway, target, c) for c in ("gzip", "br", "zstd", None, "gzip")}
    assert {c: answer["content-encoding"] for c, answer in got.items()} == {c: c for c in got}
    assert len({meant(answer) for answer in got.values()}) == 1
    assert len({answer["etag"] for answer in got.values()}) == 4
    assert len(gateway["alpha"].requests(target.replace(path, "/"))) == 1


@table("path", ("an endpoint's cache", "/kept/"), ("a source's cache", "/parts/"))
def test_a_name_is_of_one_coding(gateway, path):
    target = path + serve(gateway)
    get(gateway, target, None)
    etag = get(gateway, target, "gzip")["etag"]
    had = get(gateway, target, "gzip", [("If-None-Match", etag)])
    assert had.status == 304 and had["etag"] == etag and had["content-encoding"] is None
    assert "Accept-Encoding" in had["vary"]
    assert get(gateway, target, "br", [("If-None-Match", etag)]).status == 200
    assert get(gateway, target, None, [("If-None-Match", etag)]).status == 200


@pytest.mark.essential
@table("coding", ("gzip", "gzip"), ("br", "br"), ("zstd", "zstd"))
def test_a_large_answer_is_whole(gateway, coding):
    got = get(gateway, f"/all/{serve(gateway, LARGE)}", coding)
    assert meant(got) == b'{"one":' + LARGE + b"}"


def test_a_client_that_reads_slowly_gets_all_of_it(gateway):
    key = serve(gateway, LARGE)
    with gateway.client(receive_buffer=4096) as client:
        client.ask(f"/all/{key}", fields=[("Accept-Encoding", "gzip")])
        time.sleep(0.2)
        assert meant(client.answer()) == b'{"one":' + LARGE + b"}"


def test_a_client_that_leaves_in_the_middle_is_forgotten(gateway):
    key = serve(gateway, LARGE)
    for _ in range(5):
        client = gateway.client(receive_buffer=4096)
        client.ask(f"/all/{key}", fields=[("Accept-Encoding", "gzip")])
        client.socket.recv(100)
        client.reset()
    assert get(gateway, f"/all/{serve(gateway)}", "gzip").status == 200
