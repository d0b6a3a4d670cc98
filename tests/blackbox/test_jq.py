"""test_jq.py - programs of jq over a source's answer, outside the serving process (CONTRACT 3.3)"""

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest

from behaviour import after, answer
from cases import GRAIN, fresh, table
from gateway import Gateway, run, wait_for

CONFIG = """
listen: @listen@
workers: 1
bounds: {response_body: 100KiB, json_depth: 8}
defaults: {source: {jq_time: 5s, timeout: 8s}, endpoint: {timeout: 9s}}
services:
  alpha: http://@alpha@
endpoints:
  - path: /ids/{key}
    sources: {one: {get: "alpha:/{key}", jq: ".items | map(.id)"}}
  - path: /twice/{key}
    sources: {one: {get: "alpha:/{key}", jq: ". + ."}}
  - path: /each/{key}
    sources: {one: {get: "alpha:/{key}", jq: ".[]"}}
  - path: /none/{key}
    sources: {one: {get: "alpha:/{key}", jq: "empty"}}
  - path: /shaped/{key}
    sources: {one: {get: "alpha:/{key}", unwrap: data, pick: [a, b], rename: {a: x}, jq: "keys"}}
  - path: /env/{key}
    sources: {one: {get: "alpha:/{key}", jq: "[env, $ENV, ([inputs] | length)]"}}
  - path: /endless/{key}
    sources:
      one: {get: "alpha:/{key}", jq: "def f: f; f", jq_time: 50ms}
      two: {get: "alpha:/{key}", jq: ".a"}
  - path: /default/{key}
    sources: {one: {get: "alpha:/{key}", jq: "def f: f; if .loop then f else 1 end", jq_time: 50ms}}
  - path: /deadline/{key}
    timeout: 300ms
    sources: {one: {get: "alpha:/{key}", jq: "def f: f; f", jq_time: 2s}}
  - path: /memory/{key}
    sources: {one: {get: "alpha:/{key}", jq: "reduce range(40) as $i (\\"01234567\\"; . + .)"}}
  - path: /large/{key}
    sources: {one: {get: "alpha:/{key}", jq: "[range(100000)]"}}
  - path: /deep/{key}
    sources: {one: {get: "alpha:/{key}", jq: "reduce range(20) as $i (1; [.])"}}
  - path: /fallback/{key}
    sources: {one: {get: "alpha:/{key}", jq: "error(\\"secret\\")", fallback: {b: 1}}}
  - path: /required/{key}
    sources: {one: {get: "alpha:/{key}", jq: "error(\\"secret\\")", required: true}}
  - path: /said/{key}
    sources: {one: {get: "alpha:/{key}", jq: "error(.why)"}}
  - path: /xml/{key}
    sources: {one: {get: "alpha:/{key}", format: xml, jq: ".order.item | map(tonumber) | add"}}
"""


def ask(gateway, endpoint, value=None, **options):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"a": 1} if value is None else value, **options))
    return gateway.get(f"/{endpoint}/{key}")


GOOD = table(
    "endpoint, value, result",
    ("a program gives the value", "ids", {"items": [{"id": 1}, {"id": "b"}]}, b'[1,"b"]'),
    ("one value of a stream of one", "each", [{"b": 1, "a": 2}], b'{"b":1,"a":2}'),
    ("it comes after the rest of the shape", "shaped", {"data": {"a": 1, "b": 2, "c": 3}},
     b'["b","x"]'),
    ("it knows nothing of the system", "env", {}, b"[{},{},0]"),
)


@GOOD
@pytest.mark.essential
def test_a_program(gateway, endpoint, value, result):
    got = ask(gateway, endpoint, value)
    assert got.body == b'{"one":' + result + b"}" and got.is_complete()


HALVES = table(
    "body, result",
    ("the first half of a pair", r'{"items": [{"id": 1, "t": "\ud83d"}]}', b"[1]"),
    ("the second half of a pair", r'{"items": [{"id": 1, "t": "\udc5f"}]}', b"[1]"),
    ("a half that the program gives", r'{"items": [{"id": "<\ud83d>"}, {"id": "\udc5f"}]}',
     '["<\ufffd>","\ufffd"]'.encode()),
    ("a whole pair", r'{"items": [{"id": "\ud83d\udc5f"}]}', '["\U0001f45f"]'.encode()),
    ("a backslash before a u", r'{"items": [{"id": "\\ud83d"}]}', rb'["\\ud83d"]'),
)


@HALVES
def test_half_an_emoji_costs_no_answer(gateway, body, result):
    got = ask(gateway, "ids", body.encode())
    assert got.body == b'{"one":' + result + b"}" and got.is_complete()


def test_it_is_given_what_the_format_makes(gateway):
    got = ask(gateway, "xml", b"<order><item>1</item><item>2.5</item></order>", kind="text/xml")
    assert got.json() == {"one": 3.5}


BAD = table(
    "endpoint, value, kind",
    ("no value", "none", {}, "invalid"),
    ("two values", "each", [1, 2], "invalid"),
    ("an error of jq", "ids", {"items": 7}, "invalid"),
    ("a result that is nested too deep", "deep", {}, "invalid"),
    ("a result that is too large", "large", {}, "too_large"),
    ("a program without measure", "memory", {}, "invalid"),
)


@BAD
def test_exactly_one_value_within_bounds(gateway, endpoint, value, kind):
    got = ask(gateway, endpoint, value)
    assert got.failures() == [("one", kind)] and got.json()["one"] is None
    assert ask(gateway, "ids", {"items": []}).is_complete(), "the next one is not disturbed"


def test_its_failure_is_the_sources_and_tells_nobody_what_jq_said(gateway):
    got = ask(gateway, "fallback")
    assert got.json()["one"] == {"b": 1} and got.failures() == [("one", "invalid")]
    assert b"secret" not in got.body
    assert b"secret" not in ask(gateway, "required").body
    assert ask(gateway, "required").problem(502)


def test_an_operator_hears_why_once_a_program(start):
    gateway = start(CONFIG)
    for _ in range(3):
        ask(gateway, "required")
        ask(gateway, "said", {"why": "a\u001b[2J" + "x" * 600})
    wait_for(lambda: gateway.stderr().count("makes no value of an answer") == 2)
    lines = [line for line in gateway.stderr().split("\n") if "makes no value" in line]
    assert any(re.fullmatch(r'sheaf: the jq of one at /required/.* makes no value of an answer: ".*secret.*"', line)
               for line in lines), lines
    said = next(line for line in lines if "/said/" in line)
    assert '"a\\u001b[2Jxxx' in said and "\x1b" not in said and len(said) < 700


@pytest.mark.essential
def test_an_endless_program_ends_at_its_time_and_costs_only_its_source(gateway):
    ask(gateway, "ids", {"items": []})
    began = time.monotonic()
    got = ask(gateway, "endless")
    assert got.failures() == [("one", "invalid")] and got.json()["two"] == 1
    assert 0.05 - GRAIN <= time.monotonic() - began < 5
    assert ask(gateway, "ids", {"items": []}).is_complete()


@table(
    "bound, other, failures",
    ("a raised bound", "64KiB", "1MiB", []),
    ("a lowered bound", "1MiB", "64KiB", [("one", "too_large")]),
)
def test_a_reload_changes_what_a_program_may_give(start, bound, other, failures):
    config = CONFIG.replace("response_body: 100KiB", f"response_body: {bound}")
    gateway = start(config)
    assert ask(gateway, "ids", {"items": []}).is_complete()
    gateway.reload(config.replace(bound, other))
    wait_for(lambda: ask(gateway, "twice", "a" * 40_000).failures() == failures)
    assert ask(gateway, "ids", {"items": []}).is_complete()


def test_its_time_counts_for_each_program_anew(gateway):
    assert ask(gateway, "default").json() == {"one": 1}
    assert ask(gateway, "default", {"loop": True}).failures() == [("one", "invalid")]
    assert ask(gateway, "default").json() == {"one": 1}


def test_the_deadline_does_not_wait_for_it(gateway):
    began = time.monotonic()
    got = ask(gateway, "deadline")
    assert got.failures() == [("one", "timeout")]
    assert 0.3 - GRAIN <= time.monotonic() - began < 1.5
    assert ask(gateway, "ids", {"items": []}).is_complete(), "though it may have to wait for its end"


def helpers(gateway):
    """Processes of the gateway's, by number."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == gateway.process.pid:
            found.append(int(status.parent.name))
    return found


def test_a_helper_that_is_killed_is_replaced(gateway):
    ask(gateway, "ids", {"items": []})
    (first,) = helpers(gateway)
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: first not in helpers(gateway))
    assert ask(gateway, "ids", {"items": [{"id": 1}]}).json() == {"one": [1]}


def test_a_helper_has_no_environment_no_files_and_no_privileges_to_gain(gateway):
    ask(gateway, "ids", {"items": []})
    (helper,) = helpers(gateway)
    home = Path(f"/proc/{helper}")
    assert (home / "environ").read_bytes() == b""
    assert sorted(os.readlink(f) if "socket" not in os.readlink(f) else "socket"
                  for f in (home / "fd").iterdir()) == ["/dev/null", "/dev/null", "socket"]
    status = (home / "status").read_text()
    assert "NoNewPrivs:\t1" in status
    limits = (home / "limits").read_text()
    for line in ["Max core file size        0 ", "Max open files            3 ",
                 "Max file size             0 ", "Max processes             0 "]:
        assert line in limits
    assert "Max address space         unlimited" not in limits


def test_clients_that_leave_do_not_disturb_it(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({"items": [{"id": 1}]}))
    for _ in range(20):
        with gateway.client() as client:
            client.ask(f"/ids/{key}")
    assert gateway.get(f"/ids/{key}").json() == {"one": [1]}


def test_many_at_once_have_each_its_own(gateway):
    keys = [fresh() for _ in range(40)]
    got = {}
    for n, key in enumerate(keys):
        gateway["alpha"].on(f"/{key}", after(0.05, answer({"items": [{"id": n}]})))

    def get(key):
        got[key] = gateway.get(f"/ids/{key}").json()

    threads = [threading.Thread(target=get, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {key: {"one": [n]} for n, key in enumerate(keys)}


@pytest.mark.threads
def test_it_survives_a_reload_and_ends_with_the_gateway(start):
    gateway = start(CONFIG.replace("workers: 1", "workers: 2"))
    assert ask(gateway, "ids", {"items": []}).is_complete()
    gateway.reload(CONFIG.replace("workers: 1", "workers: 2").replace("map(.id)", "map(.name)"))
    wait_for(lambda: ask(gateway, "ids", {"items": [{"name": 7}]}).json() == {"one": [7]})
    gateway.reload(CONFIG.replace("workers: 1", "workers: 2").replace("map(.id)", "map("))
    wait_for(lambda: "error: jq: " in gateway.stderr())
    assert ask(gateway, "ids", {"items": [{"name": 7}]}).is_complete()
    left = helpers(gateway)
    assert left
    gateway.stop()
    wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in left))


def test_it_ends_with_a_gateway_that_is_killed(tmp_path):
    gateway = Gateway(CONFIG, tmp_path)
    ask(gateway, "ids", {"items": []})
    (helper,) = helpers(gateway)
    gateway.kill()
    wait_for(lambda: not Path(f"/proc/{helper}").exists())


def test_no_helper_runs_where_no_program_is(start):
    gateway = start(
        "listen: @listen@\nservices: {alpha: 'http://@alpha@'}\n"
        "endpoints: [{path: '/{key}', sources: {one: {get: 'alpha:/{key}'}}}]\n"
    )
    assert gateway.get("/x").status == 200
    assert helpers(gateway) == []


REFUSED = table(
    "program, why",
    ("a program that is none", ".items | map(", "syntax error"),
    ("a function that nobody defines", "nobody", "nobody/0 is not defined"),
    ("a module", 'import "x" as x; .', ""),
    ("a file", 'include "x"; .', ""),
    ("data of a file", 'import "passwd" as $p {search: "/etc"}; $p', ""),
)


@REFUSED
def test_what_does_not_compile_is_an_error_at_load(tmp_path, program, why):
    file = tmp_path / "sheaf.yaml"
    file.write_text(
        "services: {alpha: 'http://127.0.0.1:1'}\n"
        "endpoints:\n"
        "  - path: /\n"
        "    sources:\n"
        "      one:\n"
        "        get: alpha:/\n"
        f"        jq: '{program}'\n"
    )
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert done.returncode == 2
    first, line, caret = done.stderr.splitlines()
    assert first.startswith("sheaf.yaml:7:13: error: jq: " + why)
    assert line == f"        jq: '{program}'" and caret == " " * 12 + "^"


def test_the_helper_is_not_for_people():
    assert "jq-worker" not in run("--help").stdout
    done = run("jq-worker")
    assert done.returncode == 2 and "started by sheaf itself" in done.stderr


@table("by", ("by its relative name", ""), ("by its absolute name", "@folder@/"))
def test_what_is_wrong_in_an_included_file_is_shown_there(tmp_path, by):
    folder = by.replace("@folder@", str(tmp_path))
    line = "  - {path: /é, sources: {one: {get: 'alpha:/', jq: nobody}}}"
    column = line.index("nobody")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "a.yaml").write_text(f"endpoints:\n{line}\n", encoding="utf-8")
    (tmp_path / "sheaf.yaml").write_text(
        f"include: ['{folder}conf.d/*.yaml']\nservices: {{alpha: 'http://127.0.0.1:1'}}\n"
    )
    done = run("check", "-c", str(tmp_path / "sheaf.yaml"))
    assert done.returncode == 2
    first, shown, caret = done.stderr.splitlines()
    assert first.startswith(f"{folder}conf.d/a.yaml:2:{column + 1}: error: jq: nobody/0 is not defined; ")
    assert shown == line and caret == " " * column + "^"
