"""test_server_timing.py - `server_timing: true` names each source with its time (CONTRACT 3.9)"""

import re

from behaviour import after, answer, silent
from cases import fresh, table
from told import ENDPOINTS

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
defaults: {endpoint: {server_timing: true}}
endpoints:""" + ENDPOINTS + """\
  - path: /off/{key}
    server_timing: false
    sources:
      one: {get: "alpha:/{key}"}
"""

TOP = """
listen: @listen@
server_timing: true
services: {alpha: "http://@alpha@"}
endpoints:
  - path: /on/{key}
    sources: {one: {get: "alpha:/{key}"}}
  - path: /off/{key}
    server_timing: off
    sources: {one: {get: "alpha:/{key}"}}
"""

ENTRY = re.compile(r'([!#$%&\'*+.^_`|~0-9A-Za-z-]+);dur=(\d+(?:\.\d+)?)(?:;desc="([^"\\]*)")?')


def times(got):
    """What is told, in order: name, milliseconds, description or None."""
    entries = got["server-timing"].split(", ")
    found = [ENTRY.fullmatch(entry) for entry in entries]
    assert all(found), got["server-timing"]
    return [(m[1], float(m[2]), m[3]) for m in found]


def test_each_source_is_named_with_its_time(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", after(0.1, answer({})))
    got = gateway.get(f"/both/{key}")
    told = times(got)
    assert [(name, what) for name, _, what in told] == [("one", None), ("two", None),
                                                        ("total", None)]
    assert 95 <= told[0][1] <= told[2][1]
    assert told[1][1] < told[0][1]


@table(
    "behaviour, kind",
    ("late", silent(), "timeout"), ("with a status", answer({}, 503), "status"),
    ("not JSON", answer(b"{"), "invalid"),
)
def test_a_failed_one_has_its_kind(gateway, behaviour, kind):
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour)
    name, ms, what = times(gateway.get(f"/both/{key}"))[0]
    assert (name, what) == ("one", kind)
    assert (ms >= 299) == (kind == "timeout")


def test_a_skipped_source_is_not_named(gateway):
    key = fresh()
    assert "three" not in [name for name, *_ in times(gateway.get(f"/both/{key}"))]
    assert "three" in [name for name, *_ in times(gateway.get(f"/both/{key}?flag=yes"))]


def test_a_problem_tells_it_too(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({}, 500))
    gateway["beta"].on(f"/{key}", silent())
    got = gateway.get(f"/gate/{key}")
    assert got.status == 502
    told = {name: what for name, _, what in times(got)}
    assert told == {"one": "status", "two": "cancelled", "total": None}


def test_a_cached_source_says_so(gateway):
    key = fresh()
    assert times(gateway.get(f"/kept/{key}"))[0][2] == "miss"
    assert times(gateway.get(f"/kept/{key}"))[0][2] == "hit"


def test_what_the_endpoint_has_kept_tells_its_own_total_alone(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", after(0.1, answer({})))
    first, second = times(gateway.get(f"/whole/{key}")), times(gateway.get(f"/whole/{key}"))
    assert [name for name, *_ in first] == ["one", "total"] and first[1][1] >= 95
    assert [name for name, *_ in second] == ["total"] and second[0][1] < 95


def test_an_endpoint_may_turn_it_off(gateway):
    assert gateway.get(f"/off/{fresh()}")["server-timing"] is None


def test_it_is_said_at_the_top_for_all(start):
    gateway = start(TOP)
    assert [name for name, *_ in times(gateway.get("/on/x"))] == ["one", "total"]
    assert gateway.get("/off/x")["server-timing"] is None


def test_without_a_word_nothing_is_told(start):
    gateway = start(TOP.replace("server_timing: true\n", ""))
    assert gateway.get("/on/x")["server-timing"] is None
