"""test_faults.py - rehearsals: what goes wrong on purpose, and only where it is allowed"""

import re
import time

from cases import GRAIN
from gateway import run, wait_for

CONFIG = """
listen: @listen@
services:
  alpha: http://@alpha@
endpoints:
  - path: /one/{key}
    sources: {one: {get: "alpha:/{key}"}}
"""

FAULTS = CONFIG + """
faults:
  - {service: alpha, delay: 1ms, share: 0.1%}
"""


def written(folder, text):
    text = text.replace("@listen@", "127.0.0.1:0").replace("@alpha@", "127.0.0.1:1")
    (folder / "sheaf.yaml").write_text(text)
    return "sheaf.yaml"


def test_who_runs_must_allow_faults(tmp_path):
    done = run("run", "-c", written(tmp_path, FAULTS), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    told = done.stderr.splitlines()
    assert re.fullmatch(r"sheaf\.yaml:10:5: error: .+; run with --allow-faults, .+", told[0])
    assert told[1:] == ["  - {service: alpha, delay: 1ms, share: 0.1%}", "    ^"]


def test_who_checks_or_explains_need_not(tmp_path):
    file = written(tmp_path, FAULTS)
    for command in "check", "explain":
        done = run(command, "-c", file, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        assert run(command, "-c", file, "--allow-faults", cwd=tmp_path).returncode == 2


def test_who_has_none_may_allow_them(start):
    assert start(CONFIG, words=["--allow-faults"]).get("/one/x").status == 200


def test_allowed_ones_are_served(start):
    assert start(FAULTS, words=["--allow-faults"]).get("/one/x").status == 200


def test_a_reload_does_not_bring_them_in(start):
    gateway = start(CONFIG)
    gateway.reload(FAULTS)
    wait_for(lambda: "the configuration before it stays" in gateway.stderr())
    assert "--allow-faults" in gateway.stderr()
    assert gateway.get("/one/x").status == 200


def test_a_reload_keeps_what_was_allowed(start):
    gateway = start(CONFIG, words=["--allow-faults"])
    gateway.reload(FAULTS)
    wait_for(lambda: "reloaded" in gateway.stderr())
    assert gateway.get("/one/x").status == 200


def faulty(start, faults, service="http://@alpha@"):
    config = CONFIG.replace("alpha: http://@alpha@", f"alpha: {service}")
    return start(config + f"faults: [{faults}]\n", words=["--allow-faults"])


def test_a_delay_comes_before_the_call(start):
    gateway = faulty(start, "{service: alpha, delay: 150ms}")
    began = time.monotonic()
    assert gateway.get("/one/x").is_complete()
    assert time.monotonic() - began >= 0.15 - GRAIN
    assert len(gateway["alpha"].requests("/x")) == 1


def test_a_failure_stands_in_for_the_service(start):
    gateway = faulty(start, "{service: alpha, fail: 503}")
    got = gateway.get("/one/x")
    assert got.json()["errors"] == [{"source": "one", "kind": "status",
                                     "message": "one: answered 503", "status": 503}]
    assert not gateway["alpha"].requests()


def test_a_share_of_the_calls_suffers(start):
    gateway = faulty(start, "{service: alpha, fail: 500, share: 30%}",
                     "{targets: [http://@alpha@], breaker: off}")
    failed = sum(not gateway.get("/one/x").is_complete() for _ in range(300))
    assert 50 < failed < 135


def test_a_delay_past_the_time_is_a_timeout(start):
    gateway = faulty(start, "{service: alpha, delay: 5s}",
                     "{targets: [http://@alpha@], timeout: 50ms}")
    assert gateway.get("/one/x").failures() == [("one", "timeout")]
    assert not gateway["alpha"].requests()
