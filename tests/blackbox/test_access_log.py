"""test_access_log.py - one JSON line a request, that nobody can forge (CONTRACT 3.9)"""

import os
import re
import signal
import subprocess
import time
from datetime import datetime, timedelta

import pytest

from behaviour import after, answer, closing, silent
from cases import GRAIN, fresh, table
from gateway import Gateway, wait_for


CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], timeout: 300ms}
  beta: http://@beta@
endpoints:
  - path: /one/{key}
    sources:
      one: {get: "alpha:/{key}"}
      two: {get: "beta:/{key}"}
  - path: /gate/{key}
    timeout: 3s
    sources:
      one: {get: "alpha:/{key}", required: true}
      two: {get: "beta:/{key}"}
"""


def ask(gateway, target, method="GET", fields=(), body=None):
    """An answer and its line."""
    name = fresh("log")
    got = gateway.get(target, method, [("X-Request-Id", name), *fields], body)
    return got, gateway.log_line(name)


def sources(line):
    """What the line says of each source, by name."""
    told = line["sources"]
    return told if isinstance(told, dict) else {entry["name"]: entry for entry in told}


def test_a_line_has_these_members(gateway):
    got, line = ask(gateway, "/one/x")
    assert {"time", "client", "method", "path", "status", "bytes", "ms", "request_id", "trace_id",
            "sources"} <= set(line)
    assert (line["client"], line["method"], line["status"]) == ("127.0.0.1", "GET", 200)
    assert line["path"] == "/one/x"
    assert line["bytes"] >= len(got.body)
    assert 0 <= line["ms"] < 1000
    assert re.fullmatch(r"[0-9a-f]{32}", line["trace_id"])


def test_the_time_is_that_of_the_answer_s_end_in_utc(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", after(0.2, answer({})))
    began = time.time()
    _, line = ask(gateway, f"/one/{key}")
    ended = time.time()
    told = datetime.fromisoformat(line["time"].replace("Z", "+00:00"))
    assert told.utcoffset() == timedelta(0)
    assert began + 0.2 - GRAIN <= told.timestamp() <= ended


def test_it_tells_the_trace_that_the_services_saw(gateway):
    key = fresh()
    _, line = ask(gateway, f"/one/{key}")
    assert line["trace_id"] in gateway["alpha"].only(f"/{key}")["traceparent"]


def test_it_tells_the_request_id_that_the_services_saw(gateway):
    key = fresh()
    gateway.get(f"/one/{key}")
    gateway.log_line(gateway["alpha"].only(f"/{key}")["x-request-id"])


@table(
    "behaviour, told",
    ("well", answer({}), {"status": 200}),
    ("late", silent(), {"kind": "timeout"}),
    ("with a status", answer({}, 503), {"status": 503}),
    ("invalid", answer(b"{"), {"kind": "invalid"}),
    ("unreachable", closing(), {"kind": "unreachable"}),
)
def test_it_tells_how_each_source_ended(gateway, behaviour, told):
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour)
    _, line = ask(gateway, f"/one/{key}")
    one, two = sources(line)["one"], sources(line)["two"]
    assert told.items() <= one.items()
    assert one["ms"] >= (299 if told.get("kind") == "timeout" else 0)
    assert two["status"] == 200 and "kind" not in two


def test_times_are_each_sources_own(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", after(0.2, answer({})))
    _, line = ask(gateway, f"/one/{key}")
    told = sources(line)
    assert 195 <= told["one"]["ms"] < 600 and told["two"]["ms"] < 195
    assert line["ms"] >= told["one"]["ms"] - 1


@table(
    "target, method, status",
    ("an unknown path", "/nowhere", "GET", 404), ("another method", "/one/x", "POST", 405),
    ("a bad target", "/a/../b", "GET", 400),
)
def test_refusals_are_logged_too(gateway, target, method, status):
    _, line = ask(gateway, target, method)
    assert (line["status"], line["method"], line["path"]) == (status, method, target)


def test_a_client_that_was_gone_before_it_was_accepted_is_known_all_the_same(start):
    gateway, name = start(CONFIG), fresh("log")
    gateway.signal(signal.SIGSTOP)
    gateway.client().ask("/one/x", fields=[("X-Request-Id", name)]).reset()
    gateway.signal(signal.SIGCONT)
    assert gateway.log_line(name)["client"] == "127.0.0.1"


def test_a_failed_answer_tells_its_status(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({}, 404))
    gateway["beta"].on(f"/{key}", silent())
    _, line = ask(gateway, f"/gate/{key}")
    assert line["status"] == 404
    assert sources(line)["one"]["status"] == 404


def test_each_request_of_a_connection_has_a_line(gateway):
    ids = [fresh("log") for _ in range(5)]
    with gateway.client() as client:
        for name in ids:
            client.get("/one/x", fields=[("X-Request-Id", name)])
    for name in ids:
        gateway.log_line(name)


HOSTILE = table(
    "target, method, fields",
    ("quotes in a path", '/one/"},{"status":200,"x":"', "GET", []),
    ("escapes in a path", "/one/\\u0000\\n", "GET", []),
    ("encoded line breaks in a path", "/nowhere%0d%0a{}%0a", "GET", []),
    ("encoded escape bytes in a path", "/nowhere/%1b[2J", "GET", []),
    ("brackets in a path", "/<script>", "GET", []),
    ("a long path", "/nowhere/" + "a" * 9000, "GET", []),
    ("quotes in a request id", "/one/x", "GET", [("X-Request-Id", '"},{"a":"')]),
    ("bytes above ASCII in a request id", "/one/x", "GET", [("X-Request-Id", "\xff\xfe")]),
    ("a long request id", "/one/x", "GET", [("X-Request-Id", "a" * 5000)]),
    ("a hostile user agent", "/one/x", "GET", [("User-Agent", '"}\t{"status":200}')]),
    ("a hostile referer", "/one/x", "GET", [("Referer", '\\"}{')]),
    ("a hostile trace", "/one/x", "GET", [("Traceparent", '"}{')]),
    ("a hostile host", "/one/x", "GET", [("X-Forwarded-Host", '"}{')]),
)


@HOSTILE
def test_no_request_forges_a_line(gateway, target, method, fields):
    """Whatever it holds, it makes one line more, and that is JSON of printable bytes."""
    ask(gateway, "/one/x")
    before = len(gateway.log())
    with gateway.client() as client:
        client.ask(target, method, fields)
        client.answer()
    last, _ = ask(gateway, "/one/x")
    assert last.status == 200
    lines = gateway.log_text().split(b"\n")[:-1]
    assert len(gateway.log()) == before + 2
    for line in lines:
        assert not re.search(rb"[\x00-\x1f\x7f]", line)


def test_secrets_are_not_logged(gateway):
    fields = [("Authorization", "Bearer markersecret"), ("Cookie", "sid=markersecret"),
              ("X-Api-Key", "markersecret"), ("Proxy-Authorization", "Basic markersecret")]
    ask(gateway, "/one/x", fields=fields)
    assert b"markersecret" not in gateway.log_text()


class TestWhere:
    def test_it_may_be_off(self, start):
        gateway = start("log: {access: off}\n" + CONFIG)
        assert gateway.get("/one/x").status == 200
        gateway.stop()
        assert gateway.log_text() == b""

    def test_it_may_be_a_file(self, start):
        gateway = start("log: {file: access.log}\n" + CONFIG)
        gateway.get("/one/x", fields=[("X-Request-Id", "here")])
        assert gateway.log_line("here", "access.log")["status"] == 200
        assert gateway.log_text() == b""

    def test_a_file_is_added_to(self, tmp_path):
        (tmp_path / "access.log").write_text('{"request_id": "older"}\n')
        with Gateway("log: {file: access.log}\n" + CONFIG, tmp_path) as gateway:
            gateway.get("/one/x")
            wait_for(lambda: len(gateway.log("access.log")) == 2)
        assert gateway.log("access.log")[0]["request_id"] == "older"

    def test_all_lines_are_there_when_it_has_ended(self, start):
        gateway = start(CONFIG)
        with gateway.client() as client:
            for _ in range(200):
                client.get("/one/x")
        gateway.stop()
        assert len(gateway.log()) == 200

    def test_a_full_disk_delays_nobody(self, start):
        gateway = start("log: {file: /dev/full}\n" + CONFIG)
        for _ in range(20):
            assert gateway.get("/one/x").seconds < 1

    def test_a_blocked_pipe_delays_nobody_nor_the_end(self, tmp_path):
        """Nobody reads: lines are lost, answers are not."""
        reading, writing = os.pipe()
        try:
            blocked = f"log: {{file: /proc/{os.getpid()}/fd/{writing}}}\n"
            with Gateway(blocked + CONFIG, tmp_path) as gateway:
                with gateway.client() as client:
                    for _ in range(300):
                        got = client.get("/one/" + "a" * 4000)
                        assert got.status == 200 and got.seconds < 1
        finally:
            os.close(reading)
            os.close(writing)


@pytest.mark.skipif(subprocess.call(["sh", "-c", "command -v jq"], stdout=-3) != 0,
                    reason="jq is not installed")
def test_jq_reads_the_log(gateway):
    ask(gateway, "/one/x")
    done = subprocess.run(["jq", "-e", ".status"], input=gateway.log_text(), capture_output=True,
                          check=False)
    assert done.returncode == 0, done.stderr
