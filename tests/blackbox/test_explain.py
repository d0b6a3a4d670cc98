"""test_explain.py - what explain says of a plan, and that a run keeps to it (CONTRACT 2)"""

import json
import re

import pytest

from behaviour import after, answer, silent
from cases import GRAIN, table
from gateway import run
from issuer import Key, keys_of

ROOM = 0.4  # what a busy machine may add

SERVICES = """
services:
  alpha: {targets: ["http://127.0.0.1:1"], timeout: 100ms}
  beta: {targets: ["http://127.0.0.1:2"], timeout: 300ms}
endpoints:
"""

DIAMOND = """\
  - path: /diamond
    timeout: 500ms
    sources:
      last: {get: "beta:/{quick.v}/{slow.v}", required: true}
      quick: {get: "alpha:/"}
      slow: {get: "beta:/", timeout: 150ms, fallback: {v: 1}}
"""

CUT = """\
  - path: /cut
    method: POST
    timeout: 350ms
    sources:
      one: {post: "beta:/"}
      two: {post: "alpha:/{one.v}"}
"""

ROW = re.compile(
    r"(?P<indent> +)(?P<name>\w+)(?: \((?P<role>[a-z, ]+)\))? +"
    r"(?P<starts>at once|after \w+(?:, \w+)*) +"
    r"(?P<by>\d+) ms +(?P<timeout>\d+) ms +(?P<ends>\d+) ms +(?P<call>[A-Z]+ .+)"
)


class Plan:
    """What explain says of one endpoint."""

    def __init__(self, text):
        self.text = text
        rows = [match for line in text.split("\n") if (match := ROW.fullmatch(line))]
        self.order = [row["name"] for row in rows]
        self.rows = {row["name"]: row for row in rows}

    def cells(self, name, *columns):
        return tuple(self.rows[name][column] for column in columns)

    def depth(self, name):
        return len(self.rows[name]["indent"]) // 2 - 1

    def seconds(self, name, column):
        return int(self.rows[name][column]) / 1000

    def worst(self):
        return int(re.search(r"worst case: (\d+) ms", self.text)[1]) / 1000


def explain(folder, endpoints, *words):
    (folder / "sheaf.yaml").write_text(SERVICES + endpoints)
    return run("explain", "-c", "sheaf.yaml", *words, cwd=folder)


def plan(folder, endpoints):
    done = explain(folder, endpoints)
    assert (done.returncode, done.stderr) == (0, "")
    return Plan(done.stdout)


@table(
    "endpoints, words",
    ("its head counts calls and steps", DIAMOND,
     "GET /diamond: 3 calls in 2 steps, answered within 500 ms\n"),
    ("one call is one step", CUT.replace("/{one.v}", "/"), "POST /cut: 2 calls in 1 step, "),
    ("the worst case names the chain that makes it", DIAMOND,
     "worst case: 450 ms, at the end of slow > last\n"),
    ("a deadline that cuts is told, and what it cuts", CUT,
     "worst case: 350 ms, where the endpoint's timeout cuts one > two (400 ms without it)\n"),
    ("services stand once, in the order of their sources", DIAMOND, "services: beta, alpha\n"),
    ("what the answer cannot be without", DIAMOND, "no answer without: last\n"),
    ("what goes on behind the answer", CUT,
     "once sent, not cancelled by the answer's end: one, two\n"),
    ("how long a whole answer is remembered", "  - path: /c\n    cache: 90s\n    sources: {one: {get: \"alpha:/\"}}\n",
     "  whole answers: cached for 90s\n"),
)
def test_the_lines_around_the_tree(tmp_path, endpoints, words):
    assert words in plan(tmp_path, endpoints).text


POLICIES = """\
  - path: /policed
    auth: [partner, customer]
    scopes: [orders.read, orders.write]
    rate_limit: {rate: 6000/m, burst: 200, by: claims.sub, cost: calls, concurrent: 20}
    cors: {origins: ["https://shop.example", "https://b.example"], credentials: true}
    compress: [br, gzip]
    cache: 90s
    sources: {one: {get: "alpha:/"}}
  - path: /top
    sources: {one: {get: "alpha:/"}}
  - path: /off
    rate_limit: off
    cors: off
    compress: off
    sources: {one: {get: "alpha:/"}}
  - {path: /key, auth: partner, rate_limit: {rate: 5/s, by: key}, cors: off, compress: off, sources: {one: {get: "alpha:/"}}}
  - {path: /header, rate_limit: {concurrent: 3, by: headers.x-tenant}, cors: off, compress: off, sources: {one: {get: "alpha:/"}}}
auth:
  partner: {api_keys: {file: keys.yaml}}
  customer: {jwt: {jwks: keys.json}}
rate_limit: 100/s
cors: {origins: "*"}
compress: {codings: [zstd], min_size: 4KiB}
"""


@table(
    "path, lines",
    ("all that an endpoint has", "/policed", [
        "  auth: partner or customer, with scope orders.read or orders.write",
        "  rate limit: 100/s for each call, burst 200, 20 at once, by claims.sub, else by ip",
        "  cors: https://shop.example, https://b.example; with credentials",
        "  compressed: br, gzip; from 1KiB",
        "  whole answers: cached for 90s",
    ]),
    ("what it has of the top", "/top", [
        "  rate limit: 100/s for each request, burst 100, by ip, together with all endpoints that do not say",
        "  cors: any origin",
        "  compressed: zstd; from 4KiB",
    ]),
    ("nothing", "/off", []),
    ("a limit by key", "/key", ["  auth: partner", "  rate limit: 5/s for each request, burst 5, by key, else by ip"]),
    ("a limit without a rate", "/header", ["  rate limit: 3 at once, by headers.x-tenant"]),
)
def test_an_endpoints_policies_stand_behind_its_head(tmp_path, path, lines):
    (tmp_path / "keys.yaml").write_text("acme: a-key\n")
    (tmp_path / "keys.json").write_text(json.dumps(keys_of(Key(tmp_path, "one"))))
    done = explain(tmp_path, POLICIES, path)
    assert (done.returncode, done.stderr) == (0, "")
    got = done.stdout.split("\n")
    assert got[1 : 1 + len(lines)] == lines
    assert got[1 + len(lines)] == ""


class TestTree:
    def test_a_source_stands_below_what_it_waits_for_longest(self, tmp_path):
        found = plan(tmp_path, DIAMOND)
        assert found.order == ["quick", "slow", "last"]
        assert [found.depth(name) for name in found.order] == [0, 0, 1]

    def test_starts_and_ends_follow_from_the_timeouts(self, tmp_path):
        found = plan(tmp_path, DIAMOND)
        columns = ("starts", "by", "timeout", "ends")
        assert found.cells("quick", *columns) == ("at once", "0", "100", "100")
        assert found.cells("slow", *columns) == ("at once", "0", "150", "150")
        assert found.cells("last", *columns) == ("after quick, slow", "150", "300", "450")

    def test_no_time_is_behind_the_deadline(self, tmp_path):
        found = plan(tmp_path, CUT)
        assert found.cells("one", "by", "ends") == ("0", "300")
        assert found.cells("two", "by", "timeout", "ends") == ("300", "100", "350")
        found = plan(tmp_path, CUT.replace("350ms", "250ms"))
        assert found.cells("two", "by", "timeout", "ends") == ("250", "100", "250")

    def test_roles_and_calls_are_told(self, tmp_path):
        found = plan(tmp_path, DIAMOND)
        assert [found.rows[name]["role"] for name in found.order] == [None, "fallback", "required"]
        assert found.rows["last"]["call"] == "GET beta:/{quick.v}/{slow.v}"

    def test_sixty_four_sources_in_one_chain(self, tmp_path):
        chain = "".join(
            f'      s{n}: {{get: "alpha:/{{s{n - 1}.v}}"}}\n' for n in range(1, 64)
        )
        found = plan(tmp_path, "  - path: /chain\n    timeout: 10s\n    sources:\n      s0: {get: \"alpha:/\"}\n" + chain)
        assert len(found.order) == 64 and found.depth("s63") == 63
        assert found.worst() == 6.4


class TestNoEndpoints:
    def test_are_no_mistake(self, tmp_path):
        text = "services: {alpha: 'http://a:1'}\nendpoints: []\n"
        (tmp_path / "sheaf.yaml").write_text(text)
        done = run("explain", "-c", "sheaf.yaml", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "there are no endpoints yet\n", "")
        done = run("explain", "-c", "sheaf.yaml", "--mermaid", cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "flowchart LR\n", "")
        done = run("explain", "-c", "sheaf.yaml", "/x", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "sheaf: no endpoint has the path /x; there are no endpoints yet\n"


class TestPaths:
    def test_without_a_path_each_endpoint_is_told(self, tmp_path):
        text = explain(tmp_path, DIAMOND + CUT).stdout
        assert re.findall(r"^\w+ (/\w+): ", text, re.MULTILINE) == ["/diamond", "/cut"]

    def test_a_path_tells_its_own_only(self, tmp_path):
        text = explain(tmp_path, DIAMOND + CUT, "/cut").stdout
        assert re.findall(r"^\w+ (/\w+): ", text, re.MULTILINE) == ["/cut"]

    def test_an_unknown_path_is_bad_usage_and_tells_the_known_ones(self, tmp_path):
        done = explain(tmp_path, DIAMOND + CUT, "/cu")
        assert (done.returncode, done.stdout) == (2, "")
        assert "/cu;" in done.stderr and done.stderr.endswith("\n  /diamond\n  /cut\n")


LISTS = """\
  - path: /lists
    timeout: 10s
    query: {with: {type: boolean}, ids: {list: true}}
    views: {small: "first,elsewhere/x"}
    sources:
      first: {get: "alpha:/", required: true}
      token: {get: "beta:/", hide: true}
      each: {each: ids, get: "alpha:/{item}", into: first.each, max: 20}
      batch: {each: first.ids, batch: xs, by: id, get: "alpha:/{?xs*}"}
      maybe: {get: "beta:/{token.v}", when: with == true}
      joined: {get: "beta:/", into: .}
      kept: {get: "beta:/", cache: 60s}
      asked: {get: "beta:/", cache: on}
  - path: /off
    select: off
    sources: {one: {get: "alpha:/"}}
"""


def explain_choice(folder, *words):
    done = explain(folder, LISTS, "/lists", *words)
    assert (done.returncode, done.stderr) == (0, "")
    return Plan(done.stdout)


class TestLists:
    def test_calls_are_counted_at_most(self, tmp_path):
        assert "GET /lists: up to 27 calls in 2 steps" in explain_choice(tmp_path).text

    @table(
        "name, call",
        ("each element", "each", "GET alpha:/{item}; x20 at most, 8 at once; stands at first.each"),
        ("all in one", "batch", "GET alpha:/{?xs*}; once for up to 64"),
        ("a condition", "maybe", "GET beta:/{token.v}; when with == true"),
        ("what joins", "joined", "GET beta:/; joins the top level"),
        ("what is remembered", "kept", "GET beta:/; cached for 1m"),
        ("what the service may say of it", "asked", "GET beta:/; cached as the service says"),
        ("nothing to add", "first", "GET alpha:/"),
    )
    def test_a_call_tells_what_there_is_to_it(self, tmp_path, name, call):
        assert explain_choice(tmp_path).rows[name]["call"] == call

    def test_elements_go_in_rounds(self, tmp_path):
        found = explain_choice(tmp_path)
        assert found.cells("each", "by", "timeout", "ends") == ("0", "100", "300")
        assert found.cells("batch", "by", "timeout", "ends") == ("100", "100", "200")

    def test_what_is_hidden_says_so(self, tmp_path):
        assert explain_choice(tmp_path).rows["token"]["role"] == "hidden"


TRIED = """
services:
  plain: {targets: ["http://127.0.0.1:1"], timeout: 100ms}
  again: {targets: ["http://127.0.0.1:2"], timeout: 100ms, retry: {attempts: 4}}
  crash: {targets: ["http://127.0.0.1:3"], timeout: 100ms, retry: {attempts: 2, causes: [unreachable]}}
  twice: {targets: ["http://127.0.0.1:4", "http://127.0.0.1:5"], timeout: 100ms, hedge: {after: 40ms}}
  usual: {targets: ["http://127.0.0.1:4", "http://127.0.0.1:5"], timeout: 100ms, hedge: {after: p95}}
  never: {targets: ["http://127.0.0.1:4", "http://127.0.0.1:5"], timeout: 100ms, hedge: {after: 150ms}}
  alone: {targets: ["http://127.0.0.1:6"], timeout: 100ms, hedge: {after: 40ms}}
  queue: {targets: ["http://127.0.0.1:7"], timeout: 100ms, concurrency: {max: 2}}
  tight: {targets: ["http://127.0.0.1:8"], timeout: 100ms, concurrency: {max: 2, queue: 0}}
  both: {targets: ["http://127.0.0.1:9"], timeout: 100ms, retry: {attempts: 2}, concurrency: {max: 2}}
endpoints:
  - path: /one
    timeout: 10s
    sources: {one: {@call@}}
"""


def plan_of_one(folder, call, config=TRIED):
    (folder / "sheaf.yaml").write_text(config.replace("@call@", call))
    done = run("explain", "-c", "sheaf.yaml", "/one", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    return Plan(done.stdout)


class TestTimes:
    """`timeout` is for one attempt; what else a call's settings give it counts as well."""

    @table(
        "call, ends, words",
        ("an attempt", 'get: "plain:/"', 100, "GET plain:/"),
        ("attempts, and the longest pauses between them", 'get: "again:/"', 4 * 100 + 10 + 20 + 40,
         "GET again:/; up to 4 attempts"),
        ("what is not idempotent is not made again", 'post: "again:/"', 100, "POST again:/"),
        ("a hedge has its own time", 'get: "twice:/"', 140, "GET twice:/; hedged"),
        ("a quantile may be as long as the timeout", 'get: "usual:/"', 200, "GET usual:/; hedged"),
        ("no hedge comes behind the timeout", 'get: "never:/"', 100, "GET never:/"),
        ("one target has no hedge", 'get: "alone:/"', 100, "GET alone:/"),
        ("what changes something has no hedge", 'put: "twice:/"', 100, "PUT twice:/"),
        ("a wait for a place", 'get: "queue:/"', 200, "GET queue:/; may wait for a place"),
        ("where nobody may wait there is none", 'get: "tight:/"', 100, "GET tight:/"),
        ("a wait before each attempt", 'get: "both:/"', 4 * 100 + 10,
         "GET both:/; up to 2 attempts; may wait for a place"),
        ("a program of jq", 'get: "plain:/", jq: .a, jq_time: 70ms', 170, "GET plain:/; jq"),
        ("rounds of all of it, and programs one after the other",
         'each: "ids", get: "again:/{item}", max: 6, parallel: 3, jq: .a, jq_time: 70ms',
         2 * 470 + 6 * 70, "GET again:/{item}; x6 at most, 3 at once; up to 4 attempts; jq"),
        ("one call, and a program an element",
         'each: "ids", batch: xs, by: id, get: "plain:/{?xs*}", max: 6, jq: .a, jq_time: 70ms',
         100 + 6 * 70, "GET plain:/{?xs*}; once for up to 6; jq"),
    )
    def test_a_source_ends_by_all_that_its_call_may_take(self, tmp_path, call, ends, words):
        config = TRIED.replace("    timeout: 10s", "    timeout: 10s\n    query: {ids: {list: true}}")
        found = plan_of_one(tmp_path, call, config)
        assert found.cells("one", "timeout", "ends", "call") == ("100", str(ends), words)
        assert found.worst() == ends / 1000

    def test_the_deadline_holds_for_all_of_it(self, tmp_path):
        found = plan_of_one(tmp_path, 'get: "again:/"', TRIED.replace("10s", "300ms"))
        assert found.cells("one", "ends") == ("300",)
        assert "where the endpoint's timeout cuts one (470 ms without it)" in found.text

    @table(
        "call, config, is_told",
        ("of a service that may say it", 'get: "again:/"', TRIED, True),
        ("not where its statuses are no causes", 'get: "crash:/"', TRIED, False),
        ("not where nothing is made again", 'post: "again:/"', TRIED, False),
        ("not where the deadline has cut already", 'get: "again:/"', TRIED.replace("10s", "300ms"), False),
    )
    def test_what_a_retry_after_adds_is_told(self, tmp_path, call, config, is_told):
        text = plan_of_one(tmp_path, call, config).text
        assert ("; longer where a Retry-After says so, up to 10000 ms\n" in text) == is_told


STREAMS = """\
  - path: /streams
    query: {ids: {list: true}}
    sources:
      first: {get: "alpha:/", required: true}
      each: {each: ids, get: "alpha:/{item}", max: 5, stream: items}
      batch: {each: ids, batch: xs, by: id, get: "alpha:/{?xs*}", max: 5, stream: items, when: has(ids)}
      below: {each: ids, get: "alpha:/{item}", max: 5, stream: items, into: first.x}
      whole: {each: ids, get: "alpha:/{item}", max: 5}
      hidden: {each: ids, get: "alpha:/{item}", max: 5, stream: items, hide: true}
      due: {each: ids, get: "alpha:/{item}", max: 5, stream: items, required: true}
  - path: /first
    query: {ids: {list: true}}
    first: [each]
    sources:
      each: {each: ids, get: "alpha:/{item}", max: 5, stream: items}
      due: {each: ids, get: "alpha:/{item}", max: 5, stream: items, required: true}
"""


@table(
    "path, streamed",
    ("lists behind the first part", "/streams", {"each", "batch", "below"}),
    ("lists that `first` leaves behind it", "/first", {"due"}),
)
def test_what_leaves_by_elements_is_streamed(tmp_path, path, streamed):
    done = explain(tmp_path, STREAMS, path)
    rows = Plan(done.stdout).rows
    assert {name for name in rows if "; streamed" in rows[name]["call"]} == streamed


class TestSelection:
    def test_only_what_is_needed_is_left(self, tmp_path):
        found = explain_choice(tmp_path, "--fields", "maybe,first/each")
        assert found.order == ["token", "maybe", "each", "joined"], "where maybe is skipped"
        assert "GET /lists: up to 23 of 27 calls in 2 steps" in found.text
        assert "\n  fields: first/each,maybe\n" in found.text
        assert "no answer without" not in found.text and "services: beta, alpha\n" in found.text

    def test_what_is_called_only_as_a_dependency_is_not_shown(self, tmp_path):
        found = explain_choice(tmp_path, "--fields", "batch")
        assert found.rows["first"]["role"] == "required, not shown"

    def test_a_view_and_fields_that_narrow_it(self, tmp_path):
        found = explain_choice(tmp_path, "--view", "small", "--fields", "first(a),batch")
        assert found.order == ["first"]
        assert "\n  view: small\n  fields: first/a\n" in found.text
        text = explain_choice(tmp_path, "--view", "small", "--fields", "batch").text
        assert ": 0 of 27 calls in 0 steps" in text and "  fields: nothing\n" in text

    def test_an_empty_one_is_none_as_in_a_request(self, tmp_path):
        whole = explain(tmp_path, DIAMOND + LISTS).stdout
        assert explain(tmp_path, DIAMOND + LISTS, "--fields", "", "--view", "").stdout == whole

    def test_a_flowchart_shows_no_more(self, tmp_path):
        text = explain(tmp_path, LISTS, "/lists", "--mermaid", "--fields", "batch").stdout
        assert "first (required, not shown)" in text and "joined" not in text
        text = explain(tmp_path, LISTS, "/lists", "--mermaid").stdout
        assert "up to 20 calls, " in text

    def test_endpoints_that_cannot_be_selected_from_so_are_passed_over(self, tmp_path):
        text = explain(tmp_path, DIAMOND + LISTS, "--fields", "quick").stdout
        assert re.findall(r"^\w+ (/\w+): ", text, re.MULTILINE) == ["/diamond", "/lists"]
        text = explain(tmp_path, DIAMOND + LISTS, "--view", "small").stdout
        assert re.findall(r"^\w+ (/\w+): ", text, re.MULTILINE) == ["/lists"]

    @table(
        "words, complaint",
        ("an unknown name", ("/diamond", "--fields", "zzz"), "/diamond has nothing called 'zzz'"),
        ("a bad token", ("/diamond", "--fields", "quick,,"), "offset 6"),
        ("an unknown view", ("/lists", "--view", "zzz"), "/lists has no view 'zzz'"),
        ("no selection", ("/off", "--fields", "one"), "/off lets no client select"),
        ("nothing to an option", ("/off", "--fields"), "--fields needs FIELDS"),
    )
    def test_what_cannot_be_is_bad_usage(self, tmp_path, words, complaint):
        done = explain(tmp_path, DIAMOND + LISTS, *words)
        assert (done.returncode, done.stdout) == (2, "") and complaint in done.stderr


class TestMermaid:
    def arrows(self, text):
        return re.findall(r"(\w+) --> (\w+)\n", text)

    def test_is_one_flowchart_of_all_endpoints(self, tmp_path):
        text = explain(tmp_path, DIAMOND + CUT, "--mermaid").stdout
        assert text.startswith("flowchart LR\n") and text.count("flowchart") == 1
        assert text.count("  subgraph ") == text.count("\n  end\n") == 2

    def test_has_an_arrow_for_each_dependency(self, tmp_path):
        text = explain(tmp_path, DIAMOND, "--mermaid").stdout
        assert sorted(self.arrows(text)) == [
            ("e0", "e0s1"), ("e0", "e0s2"), ("e0s1", "e0s0"), ("e0s2", "e0s0"),
        ]

    def test_a_path_gives_a_flowchart_of_its_own(self, tmp_path):
        text = explain(tmp_path, DIAMOND + CUT, "/cut", "--mermaid").stdout
        assert text.startswith("flowchart LR\n") and "/diamond" not in text
        assert self.arrows(text) == [("e0", "e0s0"), ("e0s0", "e0s1")]


MEASURED = """
listen: @listen@
services:
  alpha: {targets: ["http://@alpha@"], timeout: 200ms}
  beta: {targets: ["http://@beta@"], timeout: 300ms}
endpoints:
  - path: /whole
    sources:
      alone: {get: "beta:/alone", fallback: {}}
      first: {get: "alpha:/first", fallback: {v: 1}}
      second: {get: "beta:/second/{first.v}", fallback: {}}
  - path: /cut
    timeout: 350ms
    sources:
      alone: {get: "beta:/alone", fallback: {}}
      first: {get: "alpha:/first", fallback: {v: 1}}
      second: {get: "beta:/second/{first.v}", fallback: {}}
"""


class TestMeasured:
    """A run against services that take all the time they are given, or none."""

    @pytest.fixture
    def measure(self, start):
        gateway = start(MEASURED)

        def ask(path, behaviour):
            done = run("explain", "-c", gateway.config, path)
            gateway["alpha"].otherwise = gateway["beta"].otherwise = behaviour
            with gateway.client() as client:
                got = client.get(path)
                began = client.sent_at
            starts = {
                name: gateway[service].only(target).arrived - began
                for name, service, target in [
                    ("alone", "beta", "/alone"),
                    ("first", "alpha", "/first"),
                    ("second", "beta", "/second/1"),
                ]
            }
            return Plan(done.stdout), got, starts

        return ask

    @table("path", ("to the end", "/whole"), ("up to the deadline", "/cut"))
    def test_silent_services_take_exactly_the_worst_case(self, measure, path):
        told, got, starts = measure(path, silent())
        assert told.worst() - GRAIN <= got.seconds < told.worst() + ROOM
        for name, seconds in starts.items():
            by = told.seconds(name, "by")
            assert by - GRAIN <= seconds < by + ROOM, name

    def test_quick_services_start_as_early_as_told(self, measure):
        told, got, starts = measure("/whole", after(0.1, answer({"v": 1})))
        assert told.rows["first"]["starts"] == told.rows["alone"]["starts"] == "at once"
        assert told.rows["second"]["starts"] == "after first"
        assert starts["first"] < starts["second"] and starts["alone"] < starts["second"]
        assert 0.1 - GRAIN <= starts["second"] < told.seconds("second", "by") + ROOM
        assert 0.2 - GRAIN <= got.seconds < told.worst() + ROOM
        assert got.is_complete()


TRIED_AND_MEASURED = """
listen: @listen@
services:
  alpha: {targets: ["http://@alpha@"], timeout: 600ms, breaker: off, retry: {attempts: 2}}
  beta: {targets: ["http://@beta@"], timeout: 600ms, breaker: off, concurrency: {max: 1}}
  gamma: {targets: ["http://@gamma@"], timeout: 600ms}
endpoints:
  - path: /one
    timeout: 5s
    sources: {one: {get: "alpha:/one"}}
  - path: /queue
    timeout: 5s
    sources:
      first: {get: "beta:/first", timeout: 550ms}
      one: {get: "beta:/one"}
  - path: /program
    timeout: 5s
    sources: {one: {get: "gamma:/one", jq: "def f: f; f", jq_time: 600ms}}
"""


def in_turn(*behaviours):
    """One after the other; the last of them for all that comes later."""
    left = list(behaviours)

    def behave(connection, request):
        return (left.pop(0) if len(left) > 1 else left[0])(connection, request)

    return behave


class TestMeasuredBeyondTheTimeout:
    """What a call has beside its first attempt; each measured time is nearly the one told, and much
    more than a single timeout."""

    SLACK = 0.15  # of the behaviours: they keep clear of the timeouts

    @table(
        "path, service, behaviour",
        ("a retry", "/one", "alpha", in_turn(after(0.55, answer({}, status=503)), silent())),
        ("a wait for a place", "/queue", "beta", silent()),
        ("a program of jq", "/program", "gamma", after(0.55, answer({}))),
    )
    def test_a_run_takes_as_long_as_told(self, start, path, service, behaviour):
        gateway = start(TRIED_AND_MEASURED)
        gateway[service].otherwise = behaviour
        told = Plan(run("explain", "-c", gateway.config, path).stdout)
        got = gateway.get(path)
        assert got.failures()[-1][0] == "one"
        assert told.worst() - self.SLACK <= got.seconds < told.worst() + ROOM
        assert got.seconds > 0.6 + ROOM, "it would be cut by one timeout"
