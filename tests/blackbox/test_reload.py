"""test_reload.py - SIGHUP: a good file is served, a bad one changes nothing (CONTRACT 2)"""

import re
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from behaviour import answer, when
from cases import fresh, table
from gateway import wait_for
from service import Service

pytestmark = pytest.mark.threads

CONFIG = """
listen: @listen@
workers: 2
services:
  alpha: http://@alpha@
endpoints:
  - path: /one/{key}
    timeout: 5s
    sources: {one: {get: "alpha:/{key}", timeout: 5s}}
"""

NEW = CONFIG.replace("/one/", "/new/")


def told(gateway, text):
    wait_for(lambda: text in gateway.stderr())


def serves(gateway, target):
    """By every worker: several connections at once meet all of them sooner or later."""
    return all(gateway.get(target).status == 200 for _ in range(20))


def test_a_new_configuration_is_served_and_the_old_one_is_not(start):
    gateway = start(CONFIG)
    assert gateway.get("/one/x").status == 200
    gateway.reload(NEW)
    wait_for(lambda: serves(gateway, "/new/x"))
    assert gateway.get("/one/x").status == 404


def test_a_bad_file_is_refused_with_its_diagnostics_and_the_old_one_stays(start):
    gateway = start(CONFIG)
    gateway.reload(CONFIG.replace("timeout: 5s", "timeout: soon", 1))
    told(gateway, ": error: ")
    assert re.search(r"sheaf\.yaml:8:14: error: .*", gateway.stderr())
    assert gateway.get("/one/x").status == 200
    gateway.reload(NEW)
    wait_for(lambda: serves(gateway, "/new/x"))


def test_a_file_that_is_gone_changes_nothing(start):
    gateway = start(CONFIG)
    gateway.config.unlink()
    gateway.signal(signal.SIGHUP)
    told(gateway, "sheaf.yaml")
    assert gateway.get("/one/x").status == 200


def test_an_answer_under_way_ends_by_the_old_configuration(start):
    gateway, key, go = start(CONFIG), fresh(), threading.Event()
    gateway["alpha"].on(f"/{key}", when(go, answer({"a": 1})))
    with gateway.client() as client:
        client.ask(f"/one/{key}")
        gateway["alpha"].wait_requests(f"/{key}")
        gateway.reload(NEW)
        wait_for(lambda: serves(gateway, "/new/x"))
        go.set()
        assert client.answer().json() == {"one": {"a": 1}}
        assert client.get("/new/x").status == 200, "and its connection goes on by the new one"


def test_a_kept_connection_is_served_by_the_new_configuration(start):
    gateway = start(CONFIG)
    with gateway.client() as client:
        assert client.get("/one/x").status == 200
        gateway.reload(NEW)
        wait_for(lambda: client.get("/new/x").status == 200)


def test_a_service_may_move(start):
    gateway = start(CONFIG)
    with Service("moved") as moved:
        gateway.places["moved"] = moved.address
        gateway.reload(CONFIG.replace("@alpha@", "@moved@"))
        wait_for(lambda: gateway.get("/one/x").json()["one"]["service"] == "moved")


def test_bounds_may_change(start):
    gateway = start(CONFIG)
    fields = [("X-Pad", "a" * 3000)]
    assert gateway.get("/one/x", fields=fields).status == 200
    gateway.reload("bounds: {request_header: 2KiB}\n" + CONFIG)
    wait_for(lambda: gateway.get("/one/x", fields=fields).status == 431)
    assert gateway.get("/one/x").status == 200


def test_listeners_do_not_change(start):
    gateway = start(CONFIG)
    gateway.reload(NEW.replace("@listen@", "127.0.0.1:1"))
    wait_for(lambda: serves(gateway, "/new/x"))


def told_at(gateway, config, n):
    """The names of what is told to need a restart, by the n-th reload."""
    before = len(gateway.stderr())
    gateway.reload(config)
    wait_for(lambda: gateway.stderr().count(" reloaded\n") == n)
    return re.findall(r"sheaf\.yaml: ([\w.]+) changed; that needs a restart", gateway.stderr()[before:])


BEGAN = "admin: @admin@\nlog: {file: access.log}\ncache: {memory: 8MiB}\n" + CONFIG


@table(
    "began, changed, names",
    ("workers", BEGAN, BEGAN.replace("workers: 2", "workers: 3"), ["workers"]),
    ("listen", BEGAN, BEGAN.replace("@listen@", "127.0.0.1:1"), ["listen"]),
    ("another admin address", BEGAN, BEGAN.replace("@admin@", "127.0.0.1:1"), ["admin"]),
    ("an admin address that is gone", BEGAN, BEGAN.replace("admin: @admin@\n", ""), ["admin"]),
    ("an admin address that is new", CONFIG, "admin: 127.0.0.1:1\n" + CONFIG, ["admin"]),
    ("the log's file", BEGAN, BEGAN.replace("access.log", "other.log"), ["log.file"]),
    ("a file for what went to stdout", CONFIG, "log: {file: other.log}\n" + CONFIG, ["log.file"]),
    ("a log that was off", "log: {access: off}\n" + CONFIG, "log: {file: a.log}\n" + CONFIG, ["log.access"]),
    ("a log that ends does so at once", BEGAN, BEGAN.replace("{file: access.log}", "{access: off}"), []),
    ("the level holds at once", BEGAN, BEGAN.replace("access.log", "access.log, level: debug"), []),
    ("the cache's memory", BEGAN, BEGAN.replace("8MiB", "9MiB"), ["cache.memory"]),
    ("all of it", BEGAN,
     BEGAN.replace("workers: 2", "workers: 3").replace("@admin@", "127.0.0.1:1").replace("8MiB", "9MiB")
     .replace("access.log", "other.log").replace("@listen@", "127.0.0.1:2"),
     ["listen", "admin", "workers", "log.file", "cache.memory"]),
    ("anything else", BEGAN, BEGAN.replace("/one/", "/new/"), []),
)
def test_what_needs_a_restart_is_told(start, began, changed, names):
    gateway = start(began)
    assert told_at(gateway, changed, 1) == names
    assert told_at(gateway, changed, 2) == names, "as long as it is so"
    assert told_at(gateway, began, 3) == [], "and not where it is as it was"


def test_a_log_of_requests_ends_and_goes_on_with_a_reload(start):
    gateway, keys = start("log: {file: access.log}\n" + CONFIG), {}
    for path, how in (("off", "access: off"), ("on", "file: access.log")):
        gateway.reload("log: {%s}\n" % how + CONFIG.replace("/one/", f"/{path}/"))
        wait_for(lambda: serves(gateway, f"/{path}/x"))
        keys[path] = fresh()
        gateway.get(f"/{path}/x", fields=[("X-Request-Id", keys[path])])
    gateway.log_line(keys["on"], "access.log")
    assert not [line for line in gateway.log("access.log") if line["request_id"] == keys["off"]]


def test_a_listener_of_tls_stays_one_over_any_number_of_reloads(start, authority):
    secure = CONFIG.replace("listen: @listen@", "listen: {address: @listen@, tls: {cert: c.pem, key: c.key}}")
    cert, key = authority.issue("reloaded", "DNS:front.test")
    gateway = start(secure, files={"c.pem": cert.read_text(), "c.key": key.read_text()})
    for n in (1, 2):
        assert told_at(gateway, CONFIG, n) == ["listen"]
        with gateway.client(tls=authority.client(), server_name="front.test") as client:
            assert client.get("/one/x").status == 200


@table(
    "config",
    ("services by address", CONFIG),
    ("services by name", CONFIG.replace("http://@alpha@", "http://localhost:@port@")),
)
def test_many_reloads_under_load_lose_no_answer(start, config):
    service = Service("alpha")
    gateway = start(config, alpha=service, port=service.address.rpartition(":")[2])
    lost, done = [], threading.Event()

    def keep_asking():
        with gateway.client() as client:
            while not done.is_set():
                got = client.get(f"/one/{fresh()}")
                if got.status != 200 or not got.is_complete():
                    lost.append(got.body)

    askers = [threading.Thread(target=keep_asking) for _ in range(4)]
    for asker in askers:
        asker.start()
    for n in range(15):
        extra = "  - {path: /extra%d, sources: {one: {get: \"alpha:/\"}}}\n" % n
        gateway.reload(config + extra)
        time.sleep(0.03)
    wait_for(lambda: serves(gateway, "/extra14"))
    done.set()
    for asker in askers:
        asker.join()
    service.close()
    assert not lost


def test_a_log_file_is_opened_again(start):
    gateway = start("log: {file: access.log}\n" + CONFIG)
    gateway.get("/one/x", fields=[("X-Request-Id", "before")])
    gateway.log_line("before", "access.log")
    (gateway.folder / "access.log").rename(gateway.folder / "rotated.log")
    gateway.signal(signal.SIGHUP)
    wait_for((gateway.folder / "access.log").exists)
    gateway.get("/one/x", fields=[("X-Request-Id", "after")])
    gateway.log_line("after", "access.log")
    assert [line["request_id"] for line in gateway.log("rotated.log")] == ["before"]


def test_signals_in_a_row_do_no_harm(start):
    gateway = start(CONFIG)
    for _ in range(20):
        gateway.signal(signal.SIGHUP)
    assert serves(gateway, "/one/x")


def bounded(n, more=""):
    """The n-th configuration, by its last endpoint; `more` is of the service."""
    return f"""
listen: @listen@
admin: @admin@
workers: 2
services:
  alpha: {{targets: [http://@alpha@], concurrency: {{max: 2, queue: 64}}{more}}}
  beta: http://@beta@
endpoints:
  - path: /one/{{key}}
    timeout: 10s
    sources: {{one: {{get: "alpha:/{{key}}", timeout: 10s}}}}
  - {{path: /served{n}, sources: {{one: {{get: "beta:/"}}}}}}
"""


def test_a_bound_of_calls_is_the_process_s_over_reloads(start):
    gateway, go, lock, under_way, most = start(bounded(0)), threading.Event(), threading.Lock(), [0], [0]

    def behave(connection, request):
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        connection.wait(go)
        with lock:
            under_way[0] -= 1
        return answer({})(connection, request)

    with ThreadPoolExecutor(8) as pool:
        asked = []
        for n in range(1, 4):
            keys = [fresh() for _ in range(2)]
            for key in keys:
                gateway["alpha"].on(f"/{key}", behave)
            asked += [pool.submit(gateway.get, f"/one/{key}") for key in keys]
            wait_for(lambda: under_way[0] >= 2)
            gateway.reload(bounded(n))
            wait_for(lambda: serves(gateway, f"/served{n}"))
        time.sleep(0.1)
        go.set()
        assert all(a.result().is_complete() for a in asked)
    assert most[0] == 2


def test_an_operator_s_word_on_a_breaker_stays(start):
    gateway = start(bounded(0))

    def force(word):
        body = b'{"service": "alpha", "force": "%s"}' % word
        assert gateway.get("/breaker", "POST", body=body, place="admin").status == 204

    def failures():
        return {tuple(gateway.get("/one/x").failures()) for _ in range(8)}

    force(b"open")
    for n, more in enumerate(["", ", breaker: {window: 5s}", ", breaker: {window: 5s}, timeout: 7s"], 1):
        gateway.reload(bounded(n, more))
        wait_for(lambda: serves(gateway, f"/served{n}"))
        assert failures() == {(("one", "open"),)}
    force(b"off")
    assert failures() == {()}
    gateway.reload(bounded(4))
    wait_for(lambda: serves(gateway, "/served4"))
    assert failures() == {()}


def test_an_open_breaker_stays_open_until_the_service_has_moved(start):
    breaker = ", breaker: {min_calls: 5, open: 60s}"
    gateway = start(bounded(0, breaker))
    gateway["alpha"].on("/x", answer(b"", 500))
    for _ in range(5):
        gateway.get("/one/x")
    for n, changed in enumerate([bounded(1, breaker), bounded(2, breaker + ", timeout: 7s")], 1):
        gateway.reload(changed)
        wait_for(lambda: serves(gateway, f"/served{n}"))
        assert gateway.get("/one/x").failures() == [("one", "open")]
    gateway.reload(bounded(3, breaker).replace("[http://@alpha@]", "[http://@beta@]"))
    wait_for(lambda: serves(gateway, "/served3"))
    assert gateway.get("/one/x").is_complete()
