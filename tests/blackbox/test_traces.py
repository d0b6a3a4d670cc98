"""test_traces.py - spans of requests, sources and attempts at an OpenTelemetry collector"""

import json
import re
import threading
import time

import pytest

from behaviour import after, answer, closing, in_turn, silent, when
from cases import fresh, table
from client import request as bytes_of
from gateway import wait_for
from service import Service
from told import ENDPOINTS

TEMPLATE = """
listen: @listen@
admin: @admin@
workers: 2
traces: {otlp: "http://@collector@/v1/traces", SAMPLE headers: {x-key: secret}, service_name: shop}
services:
  alpha: {targets: ["http://@alpha@"], breaker: off}
  beta: {targets: ["http://@beta@"], breaker: off}
  hedged:
    targets: ["http://@alpha@", "http://@beta@"]
    breaker: off
    balance: round-robin
    hedge: {after: 50ms, budget: 50%}
  again: {targets: ["http://@alpha@"], breaker: off, retry: {attempts: 2, causes: [503]}}
endpoints:""" + ENDPOINTS + """\
  - path: /again/{key}
    sources:
      one: {get: "again:/{key}"}
  - path: /hedged/{key}
    sources:
      one: {get: "hedged:/{key}"}
  - path: /list/{key}
    query: {ids: {list: true}}
    sources:
      many: {each: ids, get: "alpha:/{key}/{item}"}
"""
CONFIG = TEMPLATE.replace("SAMPLE", "")

PARENT = "00f067aa0ba902b7"
SERVER, INTERNAL, CLIENT = 2, 1, 3


def attributes(span):
    return {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}


def spans(gateway, trace):
    """What the collector has of this trace so far."""
    found = []
    for request in gateway["collector"].requests("/v1/traces"):
        for resource in json.loads(request.body)["resourceSpans"]:
            for scope in resource["scopeSpans"]:
                found += [s for s in scope["spans"] if s["traceId"] == trace]
    return found


def fresh_trace():
    return f"{int(fresh('')) + 0xabc000000000:032x}"


def begin(gateway, target):
    """Asks in a trace of its own; the answer, and the trace."""
    trace = fresh_trace()
    return gateway.get(target, fields=[("traceparent", f"00-{trace}-{PARENT}-01")]), trace


def come(gateway, trace, n):
    """The n spans of the trace, once the batch has come that they are in."""
    wait_for(lambda: len(spans(gateway, trace)) >= n)
    found = spans(gateway, trace)
    assert len(found) == n, [s["name"] for s in found]
    return found


def ask(gateway, target, n):
    got, trace = begin(gateway, target)
    return got, come(gateway, trace, n)


def by_kind(found, kind):
    return [s for s in found if s["kind"] == kind]


@pytest.fixture(scope="module")
def both(gateway):
    """A key, and the spans of an answer to it: a batch goes out each second, so one serves many."""
    key = fresh()
    return key, ask(gateway, f"/both/{key}?secret=1", 5)[1]


@pytest.mark.essential
def test_a_request_its_sources_and_their_attempts_are_parents_and_children(both):
    _, found = both
    [request] = by_kind(found, SERVER)
    sources = {s["name"]: s for s in by_kind(found, INTERNAL)}
    attempts = {s["parentSpanId"]: s for s in by_kind(found, CLIENT)}
    assert request["parentSpanId"] == PARENT
    assert set(sources) == {"one", "two"}
    assert all(s["parentSpanId"] == request["spanId"] for s in sources.values())
    assert set(attempts) == {s["spanId"] for s in sources.values()}
    for s in found:
        assert re.fullmatch("[0-9a-f]{16}", s["spanId"])
        assert isinstance(s["startTimeUnixNano"], str)
        assert int(s["startTimeUnixNano"]) <= int(s["endTimeUnixNano"])


def test_a_service_goes_on_with_the_attempt_that_reached_it(gateway, both):
    key, found = both
    seen = {gateway[name].only(f"/{key}")["traceparent"] for name in ("alpha", "beta")}
    assert seen == {f"00-{s['traceId']}-{s['spanId']}-01" for s in by_kind(found, CLIENT)}


def test_spans_say_what_was_done_without_values(gateway, both):
    key, found = both
    [request] = by_kind(found, SERVER)
    assert request["name"] == "GET /both/{key}"
    assert attributes(request) == {"http.request.method": "GET", "http.route": "/both/{key}",
                                   "http.response.status_code": "200"}
    attempt = next(s for s in by_kind(found, CLIENT) if s["name"] == "GET alpha")
    said = attributes(attempt)
    assert said["http.response.status_code"] == "200" and said["server.address"] == "127.0.0.1"
    assert int(said["server.port"]) == gateway["alpha"].port
    assert key not in json.dumps(found)


def test_a_retry_is_an_attempt_of_its_own(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", in_turn(answer({}, 503), answer({})))
    _, found = ask(gateway, f"/again/{key}", 4)
    [source] = by_kind(found, INTERNAL)
    attempts = by_kind(found, CLIENT)
    assert [a["parentSpanId"] for a in attempts] == [source["spanId"]] * 2
    assert sorted(attributes(a)["http.response.status_code"] for a in attempts) == ["200", "503"]
    assert attributes(source)["sheaf.attempts"] == "2" and source["status"] == {}
    came = [r["traceparent"].split("-")[2] for r in gateway["alpha"].requests(f"/{key}")]
    assert sorted(came) == sorted(a["spanId"] for a in attempts)


def test_a_hedge_is_an_attempt_beside_the_first(gateway):
    """The budget is of calls made before: some plain ones come first."""
    for _ in range(10):
        gateway.get(f"/hedged/{fresh()}")
    key = fresh()
    for name in ("alpha", "beta"):
        gateway[name].on(f"/{key}", after(0.4, answer({})))
    got, found = ask(gateway, f"/hedged/{key}", 4)
    assert got.is_complete()
    source, = by_kind(found, INTERNAL)
    attempts = by_kind(found, CLIENT)
    assert [s["parentSpanId"] for s in attempts] == [source["spanId"]] * 2
    assert len({attributes(s)["server.port"] for s in attempts}) == 2
    assert sorted(attributes(s).get("sheaf.cancelled", False) for s in attempts) == [False, True]
    assert attributes(source)["sheaf.attempts"] == "2"


FAILURES = {
    "timeout": silent(), "status": answer({}, 500), "invalid": answer(b"{"),
    "unreachable": closing(),
}


@pytest.fixture(scope="module")
def failed(gateway):
    """By kind of failure, the trace of an answer whose first source failed so."""
    traces = {}
    for kind, behaviour in FAILURES.items():
        key = fresh()
        gateway["alpha"].on(f"/{key}", behaviour)
        traces[kind] = begin(gateway, f"/both/{key}")[1]
    return traces


@pytest.mark.parametrize("kind", FAILURES)
def test_what_failed_is_an_error(gateway, failed, kind):
    found = come(gateway, failed[kind], 5)
    source = next(s for s in by_kind(found, INTERNAL) if s["name"] == "one")
    attempt = next(s for s in by_kind(found, CLIENT) if s["name"] == "GET alpha")
    for s in (source, attempt):
        assert s["status"] == {"code": 2} and attributes(s)["error.type"] == kind
    assert by_kind(found, SERVER)[0]["status"] == {}


def test_a_failed_answer_is_an_error_and_what_is_given_up_is_none(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer({}, 500))
    gateway["beta"].on(f"/{key}", silent())
    got, found = ask(gateway, f"/gate/{key}", 5)
    [request] = by_kind(found, SERVER)
    assert got.status == 502 and request["status"] == {"code": 2}
    given_up = [s for s in found if attributes(s).get("sheaf.cancelled")]
    assert sorted(s["kind"] for s in given_up) == [INTERNAL, CLIENT]
    assert all(s["status"] == {} for s in given_up)


def test_each_element_has_its_attempt_under_the_one_source(gateway):
    _, found = ask(gateway, f"/list/{fresh()}?ids=1,2,3", 5)
    [source] = by_kind(found, INTERNAL)
    assert [a["parentSpanId"] for a in by_kind(found, CLIENT)] == [source["spanId"]] * 3


def test_a_hit_makes_no_attempt(gateway):
    key = fresh()
    begin(gateway, f"/kept/{key}")
    _, found = ask(gateway, f"/kept/{key}", 2)
    assert attributes(by_kind(found, INTERNAL)[0])["sheaf.cache"] == "hit"


def test_a_remembered_answer_is_its_request_alone(gateway):
    key = fresh()
    begin(gateway, f"/whole/{key}")
    _, found = ask(gateway, f"/whole/{key}", 1)
    assert attributes(found[0])["sheaf.cache"] == "hit"


def test_refusals_are_told_without_a_path(gateway):
    got, [request] = ask(gateway, "/nowhere", 1)
    assert got.status == 404 and request["name"] == "GET"


def test_a_client_that_records_nothing_is_heeded(gateway):
    key, other = fresh(), fresh()
    trace = fresh_trace()
    gateway.get(f"/both/{key}", fields=[("traceparent", f"00-{trace}-{PARENT}-00")])
    assert gateway["alpha"].only(f"/{key}")["traceparent"].endswith("-00")
    ask(gateway, f"/both/{other}", 5)
    assert spans(gateway, trace) == []


@pytest.mark.usefixtures("both")
def test_the_collector_gets_json_with_our_name_and_its_headers(gateway):
    request = gateway["collector"].requests("/v1/traces")[0]
    assert request.method == "POST" and request["content-type"] == "application/json"
    assert request["x-key"] == "secret"
    resource = json.loads(request.body)["resourceSpans"][0]["resource"]
    assert resource["attributes"] == [{"key": "service.name", "value": {"stringValue": "shop"}}]


@table("sample, flag", ("none", "0%", "00"), ("all", "100%", "01"))
def test_new_traces_are_recorded_by_share(start, sample, flag):
    gateway = start(TEMPLATE.replace("SAMPLE", f"sample: {sample},"))
    for _ in range(20):
        key = fresh()
        gateway.get(f"/both/{key}")
        assert gateway["alpha"].only(f"/{key}")["traceparent"].endswith(f"-{flag}")
    known = fresh_trace()
    gateway.get("/both/x", fields=[("traceparent", f"00-{known}-{PARENT}-01")])
    wait_for(lambda: len(spans(gateway, known)) == 5)
    posts = gateway["collector"].requests("/v1/traces")
    n = sum(len(s["spans"]) for r in posts for x in json.loads(r.body)["resourceSpans"]
            for s in x["scopeSpans"])
    assert n == (5 if sample == "0%" else 105)


def metric(gateway, name):
    text = gateway.get("/metrics", place="admin").body.decode()
    return int(re.search(f"^{name} (\\d+)$", text, re.MULTILINE)[1])


@pytest.mark.threads
def test_what_is_left_is_sent_at_the_end(start):
    gateway = start(CONFIG)
    trace = fresh_trace()
    gateway.get("/both/x", fields=[("traceparent", f"00-{trace}-{PARENT}-01")])
    gateway.stop()
    assert len(spans(gateway, trace)) == 5


def test_a_collector_that_is_busy_is_asked_again(start):
    gateway = start(CONFIG)
    gateway["collector"].on("/v1/traces", in_turn(answer({}, 503), answer({})))
    gateway.get("/both/x")
    gateway["collector"].wait_requests("/v1/traces", 2)
    first, second = gateway["collector"].requests("/v1/traces")[:2]
    assert first.body == second.body
    wait_for(lambda: metric(gateway, "sheaf_spans_exported_total") == 5)


@table(
    "ca,exported",
    ("that is trusted", "ca.pem", True),
    ("of an authority that is not", "stranger.pem", False),
)
def test_a_collector_behind_tls(start, authority, stranger, ca, exported):
    collector = Service("collector", authority.server(fresh("collector"), "DNS:service.test"))
    tls = f"tls: {{ca: {ca}, server_name: service.test}}, SAMPLE"
    config = TEMPLATE.replace("http://@collector@", "https://@collector@")
    gateway = start(config.replace("SAMPLE", tls).replace("SAMPLE", ""), collector=collector,
                    files={"ca.pem": authority.ca.read_text(),
                           "stranger.pem": stranger.ca.read_text()})
    trace = fresh_trace()
    gateway.get("/both/x", fields=[("traceparent", f"00-{trace}-{PARENT}-01")])
    if exported:
        wait_for(lambda: len(spans(gateway, trace)) == 5)
    else:
        gateway.stop()
        assert collector.recorded == []
        assert "spans were not taken by the collector of traces: no connection" in gateway.stderr()
    collector.close()


def test_a_collector_that_refuses_costs_spans_that_are_counted(start):
    gateway = start(CONFIG)
    gateway["collector"].on("/v1/traces", answer({}, 400))
    gateway.get("/both/x")
    wait_for(lambda: metric(gateway, "sheaf_spans_dropped_total") == 5)


LONG = "/" + "long-" * 98  # each span of it takes more than a KiB
REFUSED = TEMPLATE.replace("SAMPLE", "") + f"""\
  - path: {LONG}
    query: {{wanted: {{required: true}}}}
    sources:
      one: {{get: "alpha:/one"}}
"""


def test_what_finds_the_queue_full_is_counted_and_what_waits_is_sent_later(start):
    """8 MiB may wait for a collector that hangs."""
    wakes, n = threading.Event(), 0
    gateway = start(REFUSED)
    gateway["collector"].on("/v1/traces", when(wakes, answer({})))

    def told():
        return [metric(gateway, f"sheaf_spans_{what}_total") for what in ("exported", "dropped", "lost")]

    with gateway.client() as client:
        while told()[1] == 0:
            client.send(bytes_of(LONG) * 100)
            assert [client.answer().status for _ in range(100)] == [400] * 100
            n += 100
    assert told()[0] == 0 and n > 5000
    wakes.set()
    wait_for(lambda: sum(told()) == n)
    exported, dropped, _ = told()
    assert dropped > 0 and 5000 < exported < 8 << 10
    gateway.stop()
    batches = [[s["spanId"] for x in json.loads(r.body)["resourceSpans"]
                for y in x["scopeSpans"] for s in y["spans"]]
               for r in gateway["collector"].requests("/v1/traces")]
    assert len(set().union(*batches)) == exported
    assert all(1 <= len(batch) <= 512 for batch in batches)


@table("behaviour", ("slow", silent()), ("breaking off", closing()))
def test_a_bad_collector_delays_no_answer_nor_the_end(start, behaviour):
    gateway = start(CONFIG)
    gateway["collector"].on("/v1/traces", behaviour)
    for _ in range(30):
        got = gateway.get("/both/x")
        assert got.status == 200 and got.seconds < 1
    gateway["collector"].wait_requests("/v1/traces")
    gateway.stop()


def test_a_reload_turns_them_off_and_on(start):
    """With them off nothing of a client's trace is told any more; with them on it is again."""
    gateway = start(CONFIG)

    def is_told(wanted):
        trace = fresh_trace()
        gateway.get("/both/x", fields=[("traceparent", f"00-{trace}-{PARENT}-01")])
        came = gateway["alpha"].requests("/x")[-1]["traceparent"]
        return wanted == (came.split("-")[2] in told_ids(gateway, trace))

    def told_ids(gateway, trace):
        time.sleep(1.5)  # a batch goes out each second
        return {s["spanId"] for s in spans(gateway, trace)}

    assert is_told(True)
    gateway.reload(re.sub("traces: .*\n", "", CONFIG))
    wait_for(lambda: is_told(False))
    gateway.reload(CONFIG)
    wait_for(lambda: is_told(True))
