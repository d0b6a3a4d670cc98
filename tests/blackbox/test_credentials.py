"""test_credentials.py - the gateway tells services who it is: bearer, basic, OAuth 2.0 (CONTRACT 3.8)"""

import base64
import threading
import time
from urllib.parse import parse_qs

import pytest

from behaviour import after, answer, closing, in_turn, raw, silent
from cases import table
from gateway import Gateway, run, wait_for
from places import refusing
from service import Service

SECRET = "s3cret/wörd+ &=:%"
TOKEN = "very-secret-token"

STATIC = """
listen: @listen@
admin: @admin@
workers: 2
services:
  bearer: {targets: ["http://@service@"], credentials: {bearer: "${TOKEN}"}}
  basic:
    targets: ["http://@service@"]
    credentials: {basic: {user: sheaf, password: "${SECRET}"}}
  filed: {targets: ["http://@service@"], credentials: {bearer: {file: token}}}
  filed_basic:
    targets: ["http://@service@"]
    credentials: {basic: {user: sheaf, password: {file: password}}}
  absent: {targets: ["http://@service@"], credentials: {bearer: {file: nowhere}}}
  none: {targets: ["http://@service@"]}
endpoints:
"""
STATIC += "".join(
    f"  - {{path: /{name}, sources: {{one: {{get: \"{name}:/{name}\"}}}}}}\n"
    for name in ["bearer", "basic", "filed", "filed_basic", "absent", "none"]
) + """\
  - {path: /required, sources: {one: {get: "absent:/required", required: true}}}
  - {path: /instead, sources: {one: {get: "absent:/instead", fallback: {a: 1}}}}
  - path: /both
    sources:
      ours: {get: "bearer:/both", forward: [x-tenant]}
      theirs: {get: "none:/both", forward: [authorization]}
"""
ENV = {"TOKEN": TOKEN, "SECRET": SECRET}


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    files = {"token": "filed-" + TOKEN + "\n", "password": SECRET}
    with Gateway(STATIC, tmp_path_factory.mktemp("static"), files, env=ENV) as gateway:
        yield gateway


def sent(gateway, target, service="service", n=1):
    """What the last request for this target said of who we are."""
    return gateway[service].wait_requests(target, n)[-1]["authorization"]


def failure_of(got):
    """The one entry of its `errors`."""
    errors = got.json()["errors"]
    assert len(errors) == 1, errors
    return errors[0]


# What is known beforehand


@table(
    "name, line",
    ("a token", "bearer", "Bearer " + TOKEN),
    ("a user and a password", "basic", basic("sheaf", SECRET)),
    ("a token of a file", "filed", "Bearer filed-" + TOKEN),
    ("a password of a file", "filed_basic", basic("sheaf", SECRET)),
    ("nothing", "none", None),
)
def test_what_a_service_is_told(static, name, line):
    assert static.get(f"/{name}").json()["one"]["target"] == f"/{name}"
    assert sent(static, f"/{name}") == line


def test_without_credentials_a_service_is_not_called(static):
    failure = failure_of(static.get("/absent"))
    assert failure["kind"] == "denied"
    assert failure["message"] == "one: no credentials for the service"
    assert static["service"].requests("/absent") == []
    assert "nowhere" in static.stderr()


def test_a_required_source_without_credentials_ends_the_answer(static):
    got = static.get("/required")
    assert got.problem(502)["errors"][0]["kind"] == "denied"


def test_a_fallback_stands_in_for_a_service_without_credentials(static):
    got = static.get("/instead")
    assert got.json()["one"] == {"a": 1} and not got.is_complete()


def test_the_clients_credentials_go_where_they_are_forwarded_and_nowhere_else(static):
    client = [("Authorization", "Bearer of-the-client"), ("X-Tenant", "7")]
    assert static.get("/both", fields=client).is_complete()
    lines = [r["authorization"] for r in static["service"].wait_requests("/both", 2)]
    assert sorted(lines) == ["Bearer of-the-client", "Bearer " + TOKEN]


@table(
    "source",
    ("forwarded", '{get: "s:/", forward: [authorization]}'),
    ("set", '{get: "s:/", set_headers: {Authorization: "x {id}"}}'),
)
def test_two_credentials_for_one_service_are_refused_at_load(tmp_path, source):
    (tmp_path / "sheaf.yaml").write_text(f"""
services: {{s: {{targets: ["http://127.0.0.1:1"], credentials: {{bearer: {TOKEN}}}}}}}
endpoints:
  - {{path: "/x/{{id}}", sources: {{a: {source}}}}}
""")
    done = run("check", "-c", tmp_path / "sheaf.yaml")
    assert done.returncode == 2 and "authorization" in done.stderr.lower()
    assert TOKEN not in done.stderr + done.stdout


def test_a_secret_of_a_file_is_read_again_when_it_changes(start):
    gateway = start(STATIC, files={"token": "first\n", "password": "one"}, env=ENV)
    gateway.get("/filed")
    assert sent(gateway, "/filed") == "Bearer first"
    gateway.write("token", "second\r\n")
    (gateway.folder / "password.new").write_text("two")
    (gateway.folder / "password.new").rename(gateway.folder / "password")

    def heard():
        gateway.get("/filed")
        gateway.get("/filed_basic")
        return (gateway["service"].requests("/filed")[-1]["authorization"],
                gateway["service"].requests("/filed_basic")[-1]["authorization"]) == (
                    "Bearer second", basic("sheaf", "two"))

    wait_for(heard, timeout=4, step=0.05)


def test_a_file_that_goes_away_leaves_what_it_said(start):
    gateway = start(STATIC, files={"token": "first", "password": "one"}, env=ENV)
    gateway.get("/filed")
    assert sent(gateway, "/filed") == "Bearer first"
    (gateway.folder / "token").unlink()
    wait_for(lambda: "token cannot be read" in gateway.stderr(), timeout=4)
    gateway.get("/filed")
    assert sent(gateway, "/filed", n=2) == "Bearer first"
    gateway.write("token", "")  # as bad as none
    time.sleep(1.2)
    gateway.get("/filed")
    assert sent(gateway, "/filed", n=3) == "Bearer first"
    assert gateway.stderr().count("token cannot be read") == 1


def test_a_file_that_comes_later_is_found(start):
    gateway = start(STATIC, files={"token": "x", "password": "x"}, env=ENV)
    assert failure_of(gateway.get("/absent"))["kind"] == "denied"
    gateway.write("nowhere", "at last")
    wait_for(lambda: gateway.get("/absent").is_complete(), timeout=4, step=0.05)
    assert sent(gateway, "/absent") == "Bearer at last"


# Tokens

OAUTH2 = """
listen: @listen@
admin: @admin@
workers: 4
defaults: {service: {breaker: off}}
services:
  alpha:
    targets: ["http://@alpha@"]
    credentials:
      oauth2:
        token_url: http://@issuer@/oauth/token?tenant=7
        client_id: "client:1"
        client_secret: ${SECRET}
        scopes: [catalog:read, catalog.list]
endpoints:
  - {path: "/a/{key}", sources: {one: {get: "alpha:/{key}"}}}
"""
ALL_WORKERS = 24  # connections that reach every worker


class Issuer(Service):
    """Gives tokens t1, t2, ...; what it does otherwise is said by `on`."""

    def __init__(self, name="issuer", life=3600, **options):
        self.life, self.n_given, self.lock = life, 0, threading.Lock()
        super().__init__(name, **options)
        self.on("/oauth/token", self.give)

    def give(self, connection, request):
        with self.lock:
            self.n_given += 1
            body = {"access_token": f"{TOKEN}-t{self.n_given}", "token_type": "Bearer"}
        if self.life:
            body["expires_in"] = self.life
        return answer(body)(connection, request)

    @property
    def asked(self):
        return self.requests("/oauth/token")


@pytest.fixture
def issuer():
    with Issuer() as made:
        yield made


def begin(start, issuer, config=OAUTH2, **more):
    return start(config, env=ENV, issuer=issuer, **more)


def token(request):
    """The number of the token that a service was shown."""
    line = request["authorization"]
    assert line.startswith(f"Bearer {TOKEN}-t"), line
    return int(line.rsplit("t", 1)[1])


def ask(gateway, key="k"):
    """One answer, and which token its service was shown."""
    got = gateway.get(f"/a/{key}")
    assert got.is_complete(), got.body
    return token(gateway["alpha"].requests(f"/{key}")[-1])


def metric(gateway, name, **labels):
    wanted = ",".join(f'{key}="{value}"' for key, value in labels.items())
    for line in gateway.get("/metrics", place="admin").body.decode().splitlines():
        if line.startswith(f"{name}{{{wanted}}} "):
            return int(line.rsplit(" ", 1)[1])
    return None


def results(gateway, result):
    return metric(gateway, "sheaf_token_requests_total", service="alpha", result=result)


@pytest.mark.essential
@pytest.mark.threads
def test_one_token_serves_all_workers_and_calls_from_the_first_request_on(start, issuer):
    gateway = begin(start, issuer)
    for n in range(ALL_WORKERS):
        assert ask(gateway, f"k{n}") == 1
    assert len(issuer.asked) == 1
    assert results(gateway, "ok") == 1
    left = metric(gateway, "sheaf_token_expires_seconds", service="alpha")
    assert 3500 < left <= 3600


@pytest.mark.essential
def test_a_token_is_asked_for_as_the_standard_wants_it(start, issuer):
    begin(start, issuer)
    asked = issuer.wait_requests("/oauth/token")[0]
    assert (asked.method, asked.target) == ("POST", "/oauth/token?tenant=7")
    assert asked["host"] == issuer.address
    assert asked["content-type"] == "application/x-www-form-urlencoded"
    # RFC 6749 2.3.1: both encoded as in forms, then joined
    scheme, pair = asked["authorization"].split(" ")
    assert scheme == "Basic"
    user, password = base64.b64decode(pair).decode("ascii").split(":")
    assert parse_qs(f"user={user}&password={password}") == {
        "user": ["client:1"], "password": [SECRET]
    }
    form = parse_qs(asked.body.decode("ascii"), strict_parsing=True)
    assert form == {"grant_type": ["client_credentials"], "scope": ["catalog:read catalog.list"]}


@pytest.mark.threads
def test_a_token_is_replaced_ahead_of_its_end_without_a_gap(start):
    with Issuer(life=2) as issuer:
        gateway = begin(start, issuer)
        until, shown = time.monotonic() + 4, []
        while time.monotonic() < until:
            shown.append((ask(gateway), time.monotonic()))
        assert shown[-1][0] >= 3
        given = [request.arrived for request in issuer.asked]
        assert min(b - a for a, b in zip(given, given[1:])) >= 0.95
        for number, at in shown:  # none after its end
            assert at - given[number - 1] < 2.2
        assert [n for n, _ in shown] == sorted(n for n, _ in shown)


def test_a_token_without_a_life_is_kept(start):
    with Issuer(life=None) as issuer:
        gateway = begin(start, issuer)
        assert ask(gateway) == 1
        assert metric(gateway, "sheaf_token_expires_seconds", service="alpha") is None


# Refused by the service


def refusing_tokens(*numbers):
    """401 for these tokens, whatever else is good."""

    def behave(connection, request):
        status = 401 if token(request) in numbers else 200
        return answer({"n": token(request)}, status)(connection, request)

    return behave


@pytest.mark.essential
@pytest.mark.threads
def test_a_401_brings_a_new_token_and_only_one(start, issuer):
    gateway = begin(start, issuer)
    gateway["alpha"].on("/k", refusing_tokens(1))
    assert ask(gateway, "first") == 1
    time.sleep(1.1)  # never two tokens within a second
    statuses = [gateway.get("/a/k") for _ in range(ALL_WORKERS)]
    assert not statuses[0].is_complete()
    failure = failure_of(statuses[0])
    assert (failure["kind"], failure["status"]) == ("status", 401)
    wait_for(lambda: gateway.get("/a/k").is_complete(), timeout=3)
    for n in range(ALL_WORKERS):
        assert ask(gateway, f"k{n}") == 2
    assert len(issuer.asked) == 2


def test_a_path_that_always_answers_401_disturbs_nobody(start, issuer):
    gateway = begin(start, issuer)
    gateway["alpha"].on("/never", answer({}, 401))
    until = time.monotonic() + 4
    while time.monotonic() < until:
        assert failure_of(gateway.get("/a/never"))["status"] == 401
        assert ask(gateway) >= 1
    assert len(issuer.asked) <= 4  # after 1 s, 2 s, 4 s, ...


def test_a_forbidden_call_brings_no_new_token(start, issuer):
    gateway = begin(start, issuer)
    gateway["alpha"].on("/k", answer({}, 403))
    assert ask(gateway, "first") == 1
    time.sleep(1.1)
    assert failure_of(gateway.get("/a/k"))["status"] == 403
    time.sleep(0.3)
    assert len(issuer.asked) == 1


def test_a_refused_token_serves_on_while_there_is_no_other(start, issuer):
    gateway = begin(start, issuer)
    assert ask(gateway, "first") == 1
    time.sleep(1.1)
    issuer.on("/oauth/token", answer({"error": "server_error"}, 500))
    gateway["alpha"].on("/once", answer({}, 401))
    gateway.get("/a/once")
    wait_for(lambda: results(gateway, "refused"))
    assert ask(gateway) == 1


# Token services that fail


FAILURES = table(
    "behaviour, result, words",
    ("a refusal", answer({"error": "invalid_client", "error_description": SECRET}, 401), "refused",
     "the token service answered 401 (invalid_client)"),
    ("an error of its own", answer(SECRET.encode(), 500, kind="text/plain"), "refused",
     "the token service answered 500"),
    ("a redirect", answer({}, 302, [("Location", "http://127.0.0.1:1/")]), "refused",
     "the token service answered 302"),
    ("no JSON", answer(b"access_token=x", kind="text/html"), "invalid", "is not JSON"),
    ("no token", answer({"token_type": "bearer"}), "invalid", "no fit access_token"),
    ("a token that would be two headers", answer({"access_token": "a\r\nx: y"}), "invalid",
     "no fit access_token"),
    ("a foreign type", answer({"access_token": "a", "token_type": "mac"}), "invalid",
     "token_type is not bearer"),
    ("no life", answer({"access_token": "a", "expires_in": -1}), "invalid", "expires_in is no time"),
    ("an answer without an end", answer(b" " * 70000), "invalid", "is too long"),
    ("no HTTP", raw(b"ICY 200 OK\r\n\r\n"), "invalid", "is not HTTP"),
    ("nothing", closing(), "unreachable", "broke off"),
    ("half an answer", closing(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
     "unreachable", "broke off"),
)


@FAILURES
def test_without_a_token_calls_are_denied_until_there_is_one(start, issuer, behaviour, result,
                                                              words):
    issuer.on("/oauth/token", behaviour)
    gateway = begin(start, issuer)
    failure = failure_of(gateway.get("/a/k"))
    assert (failure["kind"], failure["message"]) == ("denied", "one: no credentials for the service")
    assert gateway["alpha"].requests() == []
    assert "no token for the service alpha: " in gateway.stderr() and words in gateway.stderr()
    assert results(gateway, result) >= 1
    assert metric(gateway, "sheaf_token_expires_seconds", service="alpha") == 0
    issuer.on("/oauth/token", issuer.give)
    wait_for(lambda: gateway.get("/a/k").is_complete(), timeout=20, step=0.05)
    assert "has a token again" in gateway.stderr()
    assert gateway.stderr().count("no token for") == 1
    assert SECRET not in gateway.stderr()


def test_a_failing_token_service_is_left_alone_for_longer_each_time(start, issuer):
    issuer.on("/oauth/token", answer({}, 503))
    gateway = begin(start, issuer)
    until = time.monotonic() + 5
    while time.monotonic() < until:
        gateway.get("/a/k")
    times = [request.arrived for request in issuer.asked]
    assert 3 <= len(times) <= 25  # many calls, and few of them reach it
    assert min(b - a for a, b in zip(times, times[1:])) >= 0.09


def test_a_token_service_that_says_when_is_heeded(start, issuer):
    issuer.on("/oauth/token", in_turn(answer({}, 503, [("Retry-After", "3")]), issuer.give))
    gateway = begin(start, issuer)
    issuer.wait_requests("/oauth/token", 2)
    first, second = [request.arrived for request in issuer.asked]
    assert 2.9 <= second - first < 4
    wait_for(lambda: gateway.get("/a/k").is_complete())


def test_one_that_refuses_connections_is_tried_again(start):
    with refusing() as place:
        gateway = begin(start, place)
        assert failure_of(gateway.get("/a/k"))["kind"] == "denied"
        wait_for(lambda: (results(gateway, "unreachable") or 0) >= 2)


def test_a_slow_token_service_is_asked_once_and_delays_no_start_for_long(start, issuer):
    issuer.on("/oauth/token", after(2.5, issuer.give))
    began = time.monotonic()
    gateway = begin(start, issuer)
    wait_for(lambda: gateway.get("/readyz", place="admin").status == 200)
    assert 0.9 < time.monotonic() - began < 2.4
    assert failure_of(gateway.get("/a/k"))["kind"] == "denied"
    wait_for(lambda: gateway.get("/a/k").is_complete(), timeout=5)
    assert len(issuer.asked) == 1


def test_one_that_never_answers_is_given_up(start, issuer):
    issuer.on("/oauth/token", in_turn(silent(), issuer.give))
    gateway = begin(start, issuer)
    wait_for(lambda: gateway.get("/a/k").is_complete(), timeout=14, step=0.1)
    assert results(gateway, "timeout") == 1
    assert "did not answer in time" in gateway.stderr()


def test_the_old_token_serves_while_the_next_one_cannot_be_had(start):
    with Issuer(life=4) as issuer:
        gateway = begin(start, issuer)
        began = issuer.wait_requests("/oauth/token")[0].arrived
        assert ask(gateway) == 1
        issuer.on("/oauth/token", answer({}, 500))
        wait_for(lambda: results(gateway, "refused"), timeout=4)
        assert ask(gateway) == 1
        wait_for(lambda: not gateway.get("/a/k").is_complete(), timeout=6)
        assert 3.5 < time.monotonic() - began < 5
        assert failure_of(gateway.get("/a/k"))["kind"] == "denied"
        issuer.on("/oauth/token", issuer.give)
        wait_for(lambda: gateway.get("/a/k").is_complete(), timeout=20, step=0.05)


def test_the_end_of_the_gateway_does_not_wait_for_a_token_service(start, issuer):
    issuer.on("/oauth/token", silent())
    gateway = begin(start, issuer)
    began = time.monotonic()
    gateway.stop()
    assert time.monotonic() - began < 3


# Over TLS, by name, with a file


def over_tls(trust):
    return OAUTH2.replace("http://@issuer@", "https://localhost:@port@").replace(
        "    credentials:", f"    tls: {trust}\n    credentials:")


def test_a_token_service_is_verified(start, authority, stranger):
    context = authority.server("issuer", "DNS:localhost")
    with Issuer(tls=context) as issuer:
        port = issuer.address.rsplit(":", 1)[1]
        files = {"ca.pem": authority.ca.read_text(), "stranger.pem": stranger.ca.read_text()}
        good = start(over_tls("{ca: ca.pem}"), files=files, env=ENV, port=port)
        wait_for(lambda: good.get("/a/k").is_complete())
        assert len(issuer.asked) == 1
        for trust in ["{ca: stranger.pem}", "{}"]:
            bad = start(over_tls(trust), files=files, env=ENV, port=port)
            assert failure_of(bad.get("/a/k"))["kind"] == "denied"
            wait_for(lambda: results(bad, "unreachable"))
        assert len(issuer.asked) == 1


def test_a_clients_secret_of_a_file_that_changes_is_tried_at_once(start, issuer):
    good = "Basic " + base64.b64encode(b"client%3A1:right").decode()

    def judge(connection, request):
        if request["authorization"] == good:
            return issuer.give(connection, request)
        return answer({"error": "invalid_client"}, 401, [("Retry-After", "60")])(connection, request)

    issuer.on("/oauth/token", judge)
    config = OAUTH2.replace("${SECRET}", "{file: secret}")
    gateway = begin(start, issuer, config, files={"secret": "wrong\n"})
    assert failure_of(gateway.get("/a/k"))["kind"] == "denied"
    gateway.write("secret", "right\n")
    wait_for(lambda: gateway.get("/a/k").is_complete(), timeout=4, step=0.05)


def test_the_token_waits_for_a_secret_that_is_not_there_yet(start, issuer):
    config = OAUTH2.replace("${SECRET}", "{file: secret}")
    gateway = begin(start, issuer, config)
    assert failure_of(gateway.get("/a/k"))["kind"] == "denied"
    assert issuer.asked == []
    gateway.write("secret", "there")
    wait_for(lambda: gateway.get("/a/k").is_complete(), timeout=4, step=0.05)
    assert len(issuer.asked) == 1


# Reload


@pytest.mark.threads
def test_a_reload_keeps_a_token_whose_settings_stay(start, issuer):
    gateway = begin(start, issuer)
    assert ask(gateway) == 1
    more = OAUTH2 + '  - {path: "/b/{key}", sources: {one: {get: "alpha:/b/{key}"}}}\n'
    gateway.reload(more)

    def served():
        assert ask(gateway) == 1  # no moment without it
        return gateway.get("/b/k").status == 200

    wait_for(served, step=0)
    assert len(issuer.asked) == 1
    assert results(gateway, "ok") == 1


def test_a_reload_with_other_settings_asks_anew_and_loses_no_call(start, issuer):
    gateway = begin(start, issuer)
    assert ask(gateway) == 1
    gateway.reload(OAUTH2.replace("catalog.list", "catalog.write"))
    wait_for(lambda: ask(gateway) == 2, step=0)
    assert len(issuer.asked) == 2


def test_a_reload_to_other_kinds_of_credentials(start, issuer):
    gateway = begin(start, issuer)
    head, tail = OAUTH2.split("    credentials:")[0], OAUTH2[OAUTH2.index("endpoints:"):]
    gateway.reload(head + "    credentials: {bearer: plain}\n" + tail)
    alpha = gateway["alpha"]

    def shown(line):
        assert gateway.get("/a/k").is_complete()
        return alpha.requests("/k")[-1]["authorization"] == line

    wait_for(lambda: shown("Bearer plain"), step=0)
    gateway.reload(head + tail)
    wait_for(lambda: shown(None), step=0)
    gateway.reload(OAUTH2)
    wait_for(lambda: shown(f"Bearer {TOKEN}-t2"), step=0)
    assert "sheaf_token" in gateway.get("/metrics", place="admin").body.decode()


# An answer that has begun is forgotten with the question.
HALF = raw(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"access_to')


@pytest.mark.parametrize("first", [silent(), silent(HALF)], ids=["silent", "half an answer"])
def test_a_reload_while_a_token_is_asked_for(start, issuer, first):
    issuer.on("/oauth/token", in_turn(first, issuer.give))
    gateway = begin(start, issuer)
    issuer.wait_requests("/oauth/token")
    gateway.reload(OAUTH2 + '  - {path: /c, sources: {one: {get: "alpha:/c"}}}\n')
    wait_for(lambda: gateway.get("/a/k").is_complete(), step=0.02)
    assert len(issuer.asked) == 2


# What nobody hears of


@pytest.mark.essential
def test_no_secret_leaves_by_another_way(start, issuer):
    issuer.on("/oauth/token", in_turn(answer({"error": SECRET}, 400), issuer.give))
    config = OAUTH2.replace("endpoints:", STATIC[STATIC.index("  bearer:"):STATIC.index("  filed:")]
                            .replace("@service@", "@alpha@") + "endpoints:")
    config += "".join(f'  - {{path: /{n}, sources: {{one: {{get: "{n}:/{n}"}}}}}}\n'
                      for n in ["bearer", "basic"])
    gateway = begin(start, issuer, config)
    wait_for(lambda: gateway.get("/a/k").is_complete(), step=0.05)
    gateway["alpha"].on("/k", refusing_tokens(1, 2, 3))
    said = [gateway.get(target) for target in ["/a/k", "/bearer", "/basic", "/a/other"]]
    said += [gateway.get(target, place="admin") for target in ["/metrics", "/readyz", "/healthz"]]
    texts = [(got.head + got.body).decode("utf-8", "replace") for got in said]
    explained = run("explain", "-c", gateway.config, env=ENV)
    gateway.stop()
    texts += [gateway.stderr(), gateway.log_text().decode(), explained.stdout, explained.stderr]
    encoded = base64.b64encode(SECRET.encode()).decode()[:12]
    for secret in [SECRET, TOKEN, basic("sheaf", SECRET)[6:], encoded]:
        for text in texts:
            assert secret not in text
