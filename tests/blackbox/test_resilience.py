"""test_resilience.py - breakers, retries, hedges, places, and the choice of a target (CONTRACT 3.8)"""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import pytest
from behaviour import after, answer, closing, in_turn, raw, resetting, silent, when
from cases import GRAIN, fresh, table
from gateway import wait_for
from places import refusing

HEAD = """
listen: @listen@
admin: @admin@
workers: @workers@
services:
"""


def config(services, endpoints, workers=1):
    return (HEAD + services + "\nendpoints:\n" + endpoints).replace("@workers@", str(workers))


def endpoint(path, source, more=""):
    return f"  - path: {path}\n{more}    sources:\n      one: {source}\n"


def ask_many(gateway, target, n, at_once=16):
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda _: gateway.get(target), range(n)))


def kinds(answers):
    return [got.json().get("errors", [{}])[0].get("kind", "ok") for got in answers]


FAILING = answer(b"", 500)


class TestBreaker:
    SERVICES = """
  alpha: {targets: [http://@alpha@], breaker: {failures: 50%, window: 10s, min_calls: 20, open: 500ms, probes: 3}}
"""
    CONFIG = config(SERVICES, endpoint("/x", '{get: "alpha:/x"}')
                    + endpoint("/required", '{get: "alpha:/x", required: true}')
                    + endpoint("/fallback", '{get: "alpha:/x", fallback: 7}'))

    def open(self, gateway):
        gateway["alpha"].on("/x", FAILING)
        assert kinds(gateway.get("/x") for _ in range(20)) == ["status"] * 20

    def test_it_opens_at_the_share_and_the_service_is_left_alone(self, start):
        gateway = start(self.CONFIG)
        self.open(gateway)
        assert kinds(gateway.get("/x") for _ in range(5)) == ["open"] * 5
        assert len(gateway["alpha"].requests("/x")) == 20

    def test_a_required_source_behind_it_is_503_with_retry_after(self, start):
        gateway = start(self.CONFIG)
        self.open(gateway)
        got = gateway.get("/required")
        assert got.problem(503)["errors"][0]["kind"] == "open"
        assert int(got["retry-after"]) >= 1

    def test_a_fallback_stands_in(self, start):
        gateway = start(self.CONFIG)
        self.open(gateway)
        assert gateway.get("/fallback").json()["one"] == 7

    def test_good_probes_close_it(self, start):
        gateway = start(self.CONFIG)
        self.open(gateway)
        gateway["alpha"].on("/x", answer({}))
        assert kinds([gateway.get("/x")]) == ["open"]
        wait_for(lambda: kinds([gateway.get("/x")]) == ["ok"])
        assert kinds(gateway.get("/x") for _ in range(30)) == ["ok"] * 30

    def test_a_failed_probe_opens_it_again(self, start):
        gateway = start(self.CONFIG)
        self.open(gateway)
        wait_for(lambda: kinds([gateway.get("/x")]) == ["status"])
        assert kinds(gateway.get("/x") for _ in range(5)) == ["open"] * 5
        assert len(gateway["alpha"].requests("/x")) == 21

    @table(
        "behaviour, opens",
        ("5xx", answer(b"", 503), True),
        ("broken connections", closing(), True),
        ("timeouts", silent(), True),
        ("4xx", answer(b"", 404), False),
        ("429", answer(b"", 429), False),
        ("invalid bodies", answer(b"{"), False),
        ("a head whose body never comes", silent(raw(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n")), True),
        ("a body that breaks off", closing(raw(b"HTTP/1.1 404 No\r\nContent-Length: 9\r\n\r\n{")), True),
        ("what is no HTTP", closing(raw(b"220 ready for mail\r\n")), True),
        ("a head larger than we hold", closing(raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2**18)), False),
    )
    def test_it_counts(self, start, behaviour, opens):
        gateway = start(config("  alpha: {targets: [http://@alpha@], timeout: 50ms}\n",
                               endpoint("/x", '{get: "alpha:/x"}')))
        gateway["alpha"].on("/x", behaviour)
        ask_many(gateway, "/x", 24)
        assert (kinds([gateway.get("/x")]) == ["open"]) == opens

    def test_a_client_that_is_in_a_hurry_opens_nothing(self, start):
        gateway = start(config("  alpha: http://@alpha@\n", endpoint("/x", '{get: "alpha:/x"}')))
        gateway["alpha"].on("/x", silent())
        for _ in range(24):
            got = gateway.get("/x", fields=[("x-request-timeout-ms", "5")])
            assert kinds([got]) == ["timeout"]
        gateway["alpha"].on("/x", answer({}))
        assert kinds([gateway.get("/x")]) == ["ok"]

    def test_a_timeout_of_its_own_counts_whoever_is_in_a_hurry(self, start):
        gateway = start(config("  alpha: {targets: [http://@alpha@], timeout: 50ms}\n",
                               endpoint("/x", '{get: "alpha:/x"}')))
        gateway["alpha"].on("/x", silent())
        for _ in range(20):
            gateway.get("/x", fields=[("x-request-timeout-ms", "1900")])
        assert kinds([gateway.get("/x")]) == ["open"]

    def test_who_is_called_too_late_is_not_to_blame(self, start):
        gateway = start(config("  alpha: {targets: [http://@alpha@], breaker: off}\n  beta: http://@beta@\n", """
  - path: /x
    timeout: 150ms
    sources:
      first: {get: "alpha:/x"}
      second: {get: "beta:/{first.id}"}
  - {path: /beta, sources: {one: {get: "beta:/x"}}}
"""))
        gateway["alpha"].on("/x", after(0.1, answer({"id": "x"})))
        gateway["beta"].on("/x", after(0.08, answer({})))
        answers = ask_many(gateway, "/x", 24, 4)
        assert [got.failures() for got in answers].count([("second", "timeout")]) >= 20
        assert kinds([gateway.get("/beta")]) == ["ok"]

    def test_a_late_answer_of_an_endpoint_counts(self, start):
        gateway = start(config("  alpha: http://@alpha@\n",
                               endpoint("/x", '{get: "alpha:/x"}', "    timeout: 30ms\n")))
        gateway["alpha"].on("/x", silent())
        ask_many(gateway, "/x", 24)
        assert kinds([gateway.get("/x")]) == ["open"]

    def test_off_it_never_opens(self, start):
        gateway = start(config("  alpha: {targets: [http://@alpha@], breaker: off}\n",
                               endpoint("/x", '{get: "alpha:/x"}')))
        gateway["alpha"].on("/x", FAILING)
        assert set(kinds(ask_many(gateway, "/x", 60))) == {"status"}

    def test_four_workers_count_together(self, start):
        gateway = start(config(self.SERVICES, endpoint("/x", '{get: "alpha:/x"}'), workers=4))
        gateway["alpha"].on("/x", FAILING)
        for _ in range(20):
            gateway.get("/x")
        assert kinds(gateway.get("/x") for _ in range(20)) == ["open"] * 20
        assert len(gateway["alpha"].requests("/x")) == 20


class TestRetry:
    SERVICES = """
  alpha: {targets: [http://@alpha@], breaker: off, retry: {attempts: 3, causes: [unreachable, 502, 503, 504], budget: 20%}}
  two: {targets: [http://@dead@, http://@beta@], breaker: off, retry: {}}
  budget: {targets: [http://@gamma@], breaker: off, retry: {attempts: 2, budget: 20%}}
  late: {targets: [http://@delta@], breaker: off, retry: {}}
  asks: {targets: [http://@epsilon@], breaker: off, retry: {budget: 100%}}
"""
    CONFIG = config(SERVICES, "".join(
        endpoint(f"/{method}/{{key}}",
                 f'{{{method}: "alpha:/{{key}}"}}', "    method: POST\n")
        for method in ("post", "put", "delete", "patch")
    ) + endpoint("/get/{key}", '{get: "alpha:/{key}"}')
      + endpoint("/two/{key}", '{get: "two:/{key}"}')
      + endpoint("/budget", '{get: "budget:/x"}')
      + endpoint("/late", '{get: "late:/x"}', "    timeout: 300ms\n")
      + endpoint("/patient/{key}", '{get: "asks:/{key}"}', "    timeout: 6s\n")
      + endpoint("/short/{key}", '{get: "asks:/{key}"}', "    timeout: 300ms\n"))

    @pytest.fixture(scope="class")
    def gateway(self, tmp_path_factory):
        from gateway import Gateway
        with refusing() as dead, Gateway(self.CONFIG, tmp_path_factory.mktemp("retry"),
                                         dead=dead) as made:
            yield made

    @table(
        "behaviour, n",
        ("503", answer(b"", 503), 3), ("502", answer(b"", 502), 3), ("504", answer(b"", 504), 3),
        ("a broken connection", closing(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")), 3),
        ("500, which is not listed", answer(b"", 500), 1),
        ("404, which is not listed", answer(b"", 404), 1),
        ("an invalid body, which is not listed", answer(b"{"), 1),
    )
    def test_a_call_is_made_again_after(self, gateway, behaviour, n):
        key = fresh()
        gateway["alpha"].on(f"/{key}", behaviour)
        got = gateway.get(f"/get/{key}")
        assert not got.is_complete()
        assert len(gateway["alpha"].requests(f"/{key}")) == n

    def test_the_first_good_answer_counts_and_leaves_no_error(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", in_turn(answer(b"", 503), answer({"v": 1})))
        got = gateway.get(f"/get/{key}")
        assert got.is_complete() and got.json() == {"one": {"v": 1}}

    @table("method, n", ("PUT", "put", 2), ("DELETE", "delete", 2), ("POST", "post", 1),
           ("PATCH", "patch", 1))
    def test_only_idempotent_methods_are_made_again(self, gateway, method, n):
        key = fresh()
        gateway["alpha"].on(f"/{key}", in_turn(answer(b"", 503), answer({})))
        assert gateway.post(f"/{method}/{key}").is_complete() == (n == 2)
        assert len(gateway["alpha"].requests(f"/{key}")) == n

    def test_another_target_is_tried_where_there_is_one(self, gateway):
        for _ in range(10):
            assert gateway.get(f"/two/{fresh()}").is_complete()

    def test_what_the_service_asks_for_is_waited(self, gateway):
        key = fresh()
        gateway["epsilon"].on(f"/{key}", in_turn(answer(b"", 503, [("Retry-After", "1")]), answer({})))
        began = time.monotonic()
        assert gateway.get(f"/patient/{key}").is_complete()
        assert time.monotonic() - began >= 1 - GRAIN

    @table("ahead", ("a date to come", 2), ("one that has gone by", -3600))
    def test_a_date_that_it_asks_for_is_waited_for(self, gateway, ahead):
        key, date = fresh(), int(time.time()) + ahead
        refusal = answer(b"", 503, [("Retry-After", formatdate(date, usegmt=True))])
        gateway["epsilon"].on(f"/{key}", in_turn(refusal, answer({})))
        left = max(0, date - time.time())
        assert gateway.get(f"/patient/{key}").is_complete()
        first, second = gateway["epsilon"].requests(f"/{key}")
        assert left - 0.05 <= second.arrived - first.arrived < left + 1

    @table("asked", ("for a time", lambda: "1"),
           ("for a date", lambda: formatdate(time.time() + 2, usegmt=True)))
    def test_there_is_none_where_the_deadline_comes_before(self, gateway, asked):
        key = fresh()
        gateway["epsilon"].on(f"/{key}", in_turn(answer(b"", 503, [("Retry-After", asked())]), answer({})))
        got = gateway.get(f"/short/{key}")
        assert got.failures() == [("one", "status")]
        assert len(gateway["epsilon"].requests(f"/{key}")) == 1

    def test_an_outage_costs_the_share_and_a_small_reserve(self, gateway):
        gateway["gamma"].on("/x", answer(b"", 503))
        ask_many(gateway, "/budget", 200)
        assert 220 <= len(gateway["gamma"].requests("/x")) <= 200 * 1.2 + 12

    def test_the_log_tells_how_many_attempts_were_made(self, gateway):
        key = fresh()
        gateway["alpha"].on(f"/{key}", in_turn(answer(b"", 503), answer({})))
        got = gateway.get(f"/get/{key}")
        source = gateway.log_line(got["x-request-id"])["sources"]["one"]
        assert source["attempts"] == 2

    def test_the_log_tells_them_of_a_call_that_the_deadline_ended(self, gateway):
        gateway["delta"].on("/x", in_turn(answer(b"", 503), silent()))
        got = gateway.get("/late")
        assert got.failures() == [("one", "timeout")]
        assert gateway.log_line(got["x-request-id"])["sources"]["one"]["attempts"] == 2


class TestHedge:
    SERVICES = """
  alpha: {targets: [http://@one@, http://@two@], breaker: off, balance: round-robin, hedge: {after: 40ms, budget: 50%}}
  single: {targets: [http://@one@], breaker: off, hedge: {after: 20ms, budget: 50%}}
"""
    CONFIG = config(SERVICES, endpoint("/x/{key}", '{get: "alpha:/{key}"}')
                    + endpoint("/post/{key}", '{post: "alpha:/{key}"}', "    method: POST\n")
                    + endpoint("/single/{key}", '{get: "single:/{key}"}'))

    @pytest.fixture(scope="class")
    def gateway(self, tmp_path_factory):
        from gateway import Gateway
        with Gateway(self.CONFIG, tmp_path_factory.mktemp("hedge")) as made:
            yield made

    @staticmethod
    def slow_first(gateway, key, first, second=answer({"v": 2})):
        """Whichever target is asked first does the one, the other the other."""
        lock, seen = threading.Lock(), []

        def behave(connection, request):
            with lock:
                seen.append(request)
                chosen = first if len(seen) == 1 else second
            return chosen(connection, request)

        for name in ("one", "two"):
            gateway[name].on(f"/{key}", behave)
        return seen

    def test_a_late_call_is_doubled_on_another_target(self, gateway):
        key = fresh()
        seen = self.slow_first(gateway, key, silent())
        began = time.monotonic()
        got = gateway.get(f"/x/{key}")
        assert got.json() == {"one": {"v": 2}} and got.is_complete()
        assert 0.04 <= time.monotonic() - began < 0.9
        assert len(seen) == 2
        assert len(gateway["one"].requests(f"/{key}")) == 1, "never the same target"
        wait_for(lambda: any(r.connection.closed.is_set() for r in seen))

    def test_a_call_in_time_is_not(self, gateway):
        key = fresh()
        seen = self.slow_first(gateway, key, answer({"v": 1}))
        assert gateway.get(f"/x/{key}").json() == {"one": {"v": 1}}
        assert len(seen) == 1

    def test_a_fast_failure_of_the_second_does_not_win(self, gateway):
        key = fresh()
        seen = self.slow_first(gateway, key, after(0.2, answer({"v": 1})), answer(b"", 500))
        got = gateway.get(f"/x/{key}")
        assert got.json() == {"one": {"v": 1}} and got.is_complete()
        assert len(seen) == 2

    def test_an_answer_that_the_service_means_wins_though_it_is_no_good_one(self, gateway):
        key = fresh()
        seen = self.slow_first(gateway, key, after(0.1, answer(b"", 404)), silent())
        began = time.monotonic()
        got = gateway.get(f"/x/{key}")
        assert got.failures() == [("one", "status")]
        assert time.monotonic() - began < 0.8
        assert len(seen) == 2

    @table(
        "first, second",
        ("the whole answer first", after(0.1, answer(b"", 500)), after(0.2, closing())),
        ("the whole answer last", after(0.1, closing()), after(0.2, answer(b"", 500))),
    )
    def test_of_two_failures_the_whole_answer_is_told(self, gateway, first, second):
        key = fresh()
        self.slow_first(gateway, key, first, second)
        assert gateway.get(f"/x/{key}").failures() == [("one", "status")]

    def test_an_unsafe_call_is_never_doubled(self, gateway):
        key = fresh()
        seen = self.slow_first(gateway, key, after(0.2, answer({"v": 1})))
        assert gateway.post(f"/post/{key}").json() == {"one": {"v": 1}}
        assert len(seen) == 1

    def test_the_only_target_is_never_called_twice(self, gateway):
        key = fresh()
        gateway["one"].on(f"/{key}", after(0.1, answer({"v": 1})))
        assert gateway.get(f"/single/{key}").is_complete()
        assert len(gateway["one"].requests(f"/{key}")) == 1


class TestConcurrency:
    SERVICES = """
  alpha: {targets: [http://@alpha@], breaker: off, concurrency: {max: 2, queue: 3}}
"""
    CONFIG = config(SERVICES, endpoint("/x/{key}", '{get: "alpha:/{key}"}', "    timeout: 5s\n"))

    def test_so_many_are_called_so_many_wait_and_the_rest_is_refused(self, start):
        gateway = start(self.CONFIG)
        go, keys = threading.Event(), [fresh() for _ in range(8)]
        for key in keys:
            gateway["alpha"].on(f"/{key}", when(go, answer({})))
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(gateway.get, f"/x/{key}") for key in keys]
            wait_for(lambda: sum(a.done() for a in asked) == 3)
            assert len(gateway["alpha"].requests()) == 2
            go.set()
            answers = [a.result() for a in asked]
        assert sorted(kinds(answers)) == ["ok"] * 5 + ["overloaded"] * 3

    def test_a_required_source_goes_before_others_where_no_more_may_wait(self, start):
        gateway = start(config(
            "  alpha: {targets: [http://@alpha@], breaker: off, concurrency: {max: 1, queue: 1}}\n",
            endpoint("/x/{key}", '{get: "alpha:/{key}"}', "    timeout: 5s\n")
            + endpoint("/required/{key}", '{get: "alpha:/{key}", required: true}', "    timeout: 5s\n")))
        go = threading.Event()
        gateway["alpha"].on("/held", when(go, answer({})))
        with ThreadPoolExecutor(3) as pool:
            held = pool.submit(gateway.get, "/x/held")
            gateway["alpha"].wait_requests("/held")
            waiting = pool.submit(gateway.get, "/x/a")
            wait_for(lambda: "sheaf_requests_in_flight 2" in gateway.get("/metrics", place="admin").body.decode())
            required = pool.submit(gateway.get, "/required/b")
            assert waiting.result().failures() == [("one", "overloaded")]
            go.set()
            assert required.result().is_complete() and held.result().is_complete()
        metrics = gateway.get("/metrics", place="admin").body.decode()
        assert 'sheaf_shed_total{what="source",reason="concurrency"} 1' in metrics

    def test_who_is_required_and_joins_an_optional_call_goes_before_others_with_it(self, start):
        cached = "cache: 60s"
        gateway = start(config(
            "  alpha: {targets: [http://@alpha@], breaker: off, timeout: 5s, concurrency: {max: 1, queue: 1}}\n",
            endpoint("/x/{key}", f'{{get: "alpha:/{{key}}", {cached}}}', "    timeout: 5s\n")
            + endpoint("/required/{key}", f'{{get: "alpha:/{{key}}", required: true, {cached}}}', "    timeout: 5s\n")))

        def metrics(text):
            wait_for(lambda: text in gateway.get("/metrics", place="admin").body.decode())

        go = threading.Event()
        for key in "abc":
            gateway["alpha"].on(f"/{key}", when(go, answer({})))
        with ThreadPoolExecutor(4) as pool:
            held = pool.submit(gateway.get, "/required/a")
            gateway["alpha"].wait_requests("/a")
            waiting = pool.submit(gateway.get, "/x/b")
            metrics("sheaf_requests_in_flight 2")
            joined = pool.submit(gateway.get, "/required/b")
            metrics('sheaf_cache_lookups_total{cache="source",result="coalesced"} 1')
            assert gateway.get("/required/c").problem(503)["errors"][0]["kind"] == "overloaded"
            go.set()
            assert all(got.result().is_complete() for got in (held, waiting, joined))

    @pytest.mark.threads
    @table("workers", ("one worker", 1), ("four workers", 4))
    def test_required_sources_are_called_wherever_they_came_to(self, start, workers):
        gateway = start(config(
            "  alpha: {targets: [http://@alpha@], breaker: off, concurrency: {max: 4, queue: 4}}\n",
            endpoint("/x/{key}", '{get: "alpha:/{key}"}', "    timeout: 8s\n")
            + endpoint("/required/{key}", '{get: "alpha:/{key}", required: true}', "    timeout: 8s\n"), workers))
        with ThreadPoolExecutor(12) as pool:
            for _ in range(4):
                go, keys, required = threading.Event(), [fresh() for _ in range(8)], [fresh() for _ in range(4)]
                for key in keys + required:
                    gateway["alpha"].on(f"/{key}", when(go, answer({})))
                asked = [pool.submit(gateway.get, f"/x/{key}") for key in keys]
                wait_for(lambda: sum(len(gateway["alpha"].requests(f"/{key}")) for key in keys) == 4)
                wanted = [pool.submit(gateway.get, f"/required/{key}") for key in required]
                wait_for(lambda: sum(a.done() for a in asked) == 4)
                go.set()
                assert [a.result().status for a in wanted] == [200] * 4
                assert sorted(kinds(a.result() for a in asked)) == ["ok"] * 4 + ["overloaded"] * 4

    @pytest.mark.threads
    def test_four_workers_share_the_places(self, start):
        gateway = start(config("  alpha: {targets: [http://@alpha@], concurrency: {max: 3, queue: 100}}\n",
                               endpoint("/x", '{get: "alpha:/x"}', "    timeout: 10s\n"), workers=4))
        lock, under_way, most = threading.Lock(), [0], [0]

        def behave(connection, request):
            with lock:
                under_way[0] += 1
                most[0] = max(most[0], under_way[0])
            connection.pause(0.01)
            with lock:
                under_way[0] -= 1
            return answer({})(connection, request)

        gateway["alpha"].on("/x", behave)
        assert set(kinds(ask_many(gateway, "/x", 60, 20))) == {"ok"}
        assert most[0] <= 3

    def test_a_place_of_a_client_that_left_is_free_again(self, start):
        gateway = start(self.CONFIG)
        for _ in range(2):
            key = fresh()
            gateway["alpha"].on(f"/{key}", silent())
            client = gateway.client()
            client.ask(f"/x/{key}")
            gateway["alpha"].wait_requests(f"/{key}")
            client.close()
        wait_for(lambda: gateway.get(f"/x/{fresh()}").is_complete())


class TestBalance:
    def test_a_slow_target_gets_few_calls(self, start):
        gateway = start(config("  alpha: {targets: [http://@one@, http://@two@, http://@three@]}\n",
                               endpoint("/x", '{get: "alpha:/x"}')))
        gateway["one"].on("/x", after(0.1, answer({})))
        for _ in range(60):
            assert gateway.get("/x").is_complete()
        assert len(gateway["one"].requests("/x")) < 12
        assert len(gateway["two"].requests("/x")) + len(gateway["three"].requests("/x")) > 48

    def test_round_robin_goes_by_weight(self, start):
        gateway = start(config(
            "  alpha: {balance: round-robin, targets: [{url: http://@one@, weight: 3}, http://@two@]}\n",
            endpoint("/x", '{get: "alpha:/x"}')))
        for _ in range(40):
            gateway.get("/x")
        assert len(gateway["one"].requests("/x")) == 30

    def test_a_hash_stays_with_its_target(self, start):
        gateway = start(config(
            '  alpha: {balance: {hash: "{id}"}, targets: [http://@one@, http://@two@, http://@three@]}\n',
            endpoint("/x/{id}", '{get: "alpha:/{id}"}')))
        for _ in range(3):
            for n in range(30):
                assert gateway.get(f"/x/k{n}").is_complete()
        for n in range(30):
            counts = [len(gateway[s].requests(f"/k{n}")) for s in ("one", "two", "three")]
            assert sorted(counts) == [0, 0, 3]
        assert all(len(gateway[s].requests()) for s in ("one", "two", "three"))

    def test_a_target_that_fails_is_left_out_for_a_while(self, start):
        gateway = start(config(
            "  alpha: {balance: round-robin, breaker: off, targets: [http://@one@, http://@two@]}\n",
            endpoint("/x", '{get: "alpha:/x"}')))
        gateway["one"].on("/x", resetting())
        answers = [gateway.get("/x") for _ in range(40)]
        assert kinds(answers).count("unreachable") == 5
        assert set(kinds(answers[12:])) == {"ok"}

    def test_a_target_that_asks_for_less_is_not_left_out(self, start):
        gateway = start(config(
            "  alpha: {balance: round-robin, breaker: off, targets: [http://@one@, http://@two@]}\n",
            endpoint("/x", '{get: "alpha:/x"}')))
        gateway["one"].on("/x", answer(b"", 429))
        assert kinds(gateway.get("/x") for _ in range(40)).count("status") == 20

    def test_the_last_targets_are_never_left_out(self, start):
        gateway = start(config(
            "  alpha: {balance: round-robin, breaker: off, targets: [http://@one@, http://@two@]}\n",
            endpoint("/x", '{get: "alpha:/x"}')))
        for name in ("one", "two"):
            gateway[name].on("/x", FAILING)
        assert set(kinds(gateway.get("/x") for _ in range(40))) == {"status"}


class TestForcedBreaker:
    CONFIG = config("  alpha: http://@alpha@\n  beta: http://@beta@\n",
                    endpoint("/a", '{get: "alpha:/x"}') + endpoint("/b", '{get: "beta:/x"}'), 2)

    @staticmethod
    def force(gateway, body, method="POST"):
        return gateway.get("/breaker", method, body=body, place="admin")

    def test_it_is_forced_open_and_closed_and_let_go(self, start):
        gateway = start(self.CONFIG)
        assert self.force(gateway, b'{"service": "alpha", "force": "open"}').status == 204
        assert kinds(gateway.get("/a") for _ in range(8)) == ["open"] * 8
        assert kinds([gateway.get("/b")]) == ["ok"]
        metrics = gateway.get("/metrics", place="admin").body.decode()
        assert 'sheaf_breaker_state{service="alpha"} 1' in metrics
        assert 'sheaf_breaker_state{service="beta"} 0' in metrics
        assert self.force(gateway, b'{"service": "alpha", "force": "closed"}').status == 204
        gateway["alpha"].on("/x", FAILING)
        assert kinds(gateway.get("/a") for _ in range(30)) == ["status"] * 30
        assert self.force(gateway, b'{"service": "alpha", "force": "off"}').status == 204
        wait_for(lambda: kinds([gateway.get("/a")]) == ["open"])

    @table(
        "body, status",
        ("no JSON", b"{", 400), ("nothing", b"", 400), ("no word of ours",
         b'{"service": "alpha", "force": "ajar"}', 400),
        ("no service", b'{"force": "open"}', 404),
        ("an unknown service", b'{"service": "gamma", "force": "open"}', 404),
    )
    def test_a_bad_word_changes_nothing(self, start, body, status):
        gateway = start(self.CONFIG)
        assert self.force(gateway, body).problem(status)
        assert kinds([gateway.get("/a"), gateway.get("/b")]) == ["ok", "ok"]

    def test_it_is_no_page_to_look_at(self, start):
        assert self.force(start(self.CONFIG), None, "GET").status == 405


class TestShedding:
    CONFIG = config("  alpha: http://@alpha@\n  held: {targets: [http://@held@], timeout: 30s}\n", """
  - path: /held
    timeout: 30s
    sources: {one: {get: "held:/x", required: true}}
  - path: /page
    sources:
      needed: {get: "alpha:/needed", required: true}
      first: {get: "alpha:/first", priority: 5}
      second: {get: "alpha:/second"}
      third: {get: "alpha:/third", priority: -1}
      fourth: {get: "alpha:/fourth", fallback: 4}
  - path: /chain
    sources:
      ids: {get: "alpha:/ids", hide: true, priority: -9}
      needed: {get: "alpha:/needed/{ids.first}", required: true}
      other: {get: "alpha:/other"}
""").replace("services:", "bounds: {connections: 20}\nservices:")

    def hold(self, gateway, n):
        """So many requests that are being answered."""
        clients = [gateway.client().ask("/held") for _ in range(n)]
        gateway["held"].wait_requests("/x", n)
        return clients

    def test_the_lowest_priority_is_left_out_first(self, start):
        gateway = start(self.CONFIG)
        gateway["held"].on("/x", silent())
        clients = self.hold(gateway, 15)
        got = gateway.get("/page")
        assert got.status == 200 and got.failures() == [("third", "overloaded")]
        assert not gateway["alpha"].requests("/third")
        metrics = gateway.get("/metrics", place="admin").body.decode()
        assert 'sheaf_shed_total{what="source",reason="connections"} 1' in metrics
        for client in clients:
            client.close()
        wait_for(lambda: gateway.get("/page").is_complete())

    def test_what_a_required_source_needs_is_not_optional(self, start):
        gateway = start(self.CONFIG)
        gateway["held"].on("/x", silent())
        gateway["alpha"].on("/ids", answer({"first": 1}))
        clients = self.hold(gateway, 18)
        got = gateway.get("/chain")
        assert got.status == 200 and got.failures() == [("other", "overloaded")]
        for client in clients:
            client.close()

    def test_only_what_was_asked_for_is_left_out_and_counted(self, start):
        gateway = start(self.CONFIG)
        gateway["held"].on("/x", silent())
        clients = self.hold(gateway, 15)
        got = gateway.get("/page?fields=first,fourth")
        assert got.failures() == [("fourth", "overloaded")]
        metrics = gateway.get("/metrics", place="admin").body.decode()
        assert 'sheaf_shed_total{what="source",reason="connections"} 1' in metrics
        for client in clients:
            client.close()

    def test_near_the_bound_all_that_is_optional_is(self, start):
        gateway = start(self.CONFIG)
        gateway["held"].on("/x", silent())
        clients = self.hold(gateway, 18)
        got = gateway.get("/page")
        assert got.status == 200 and got.json()["fourth"] == 4
        assert [source for source, _ in got.failures()] == ["first", "second", "third", "fourth"]
        assert {r.target for r in gateway["alpha"].requests()} == {"/needed"}
        for client in clients:
            client.close()


def test_calls_slower_than_slow_open_the_breaker(start):
    gateway = start(config("  alpha: {targets: [http://@alpha@], breaker: {slow: 20ms}}\n",
                           endpoint("/x", '{get: "alpha:/x"}')))
    gateway["alpha"].on("/x", after(0.05, answer({})))
    assert set(kinds(ask_many(gateway, "/x", 20))) == {"ok"}
    assert kinds([gateway.get("/x")]) == ["open"]


def test_a_hedge_at_a_quantile_waits_for_enough_calls(start):
    gateway = start(config(
        "  alpha: {targets: [http://@one@, http://@two@], balance: round-robin, hedge: {after: p95}}\n",
        endpoint("/x/{key}", '{get: "alpha:/{key}"}')))
    for _ in range(40):
        assert gateway.get(f"/x/{fresh()}").is_complete()
    key = fresh()
    seen = TestHedge.slow_first(gateway, key, silent())
    assert gateway.get(f"/x/{key}").json() == {"one": {"v": 2}}
    assert len(seen) == 2


def test_an_adaptive_limit_lets_plain_traffic_pass(start):
    gateway = start(config("  alpha: {targets: [http://@alpha@], concurrency: {max: auto}}\n",
                           endpoint("/x", '{get: "alpha:/x"}')))
    gateway["alpha"].on("/x", after(0.002, answer({})))
    assert set(kinds(ask_many(gateway, "/x", 200))) == {"ok"}
