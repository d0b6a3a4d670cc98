"""test_calls.py - what reaches a service: targets, methods and headers (CONTRACT 3.1)"""

import re

import pytest

from behaviour import answer
from cases import fresh, table

# sentence, template, query of the client, target of the call
TEMPLATES = [
    ("a variable in a path", "/x/{a}", "a=1", "/x/1"),
    ("two in one segment", "/x/{a}{b}", "a=1&b=2", "/x/12"),
    ("two in one expression", "/x/{a,b}", "a=1&b=2", "/x/1,2"),
    ("a label", "/x{.a,b}", "a=1&b=2", "/x.1.2"),
    ("segments", "/x{/a,b}", "a=1&b=2", "/x/1/2"),
    ("path parameters", "/x{;a,b}", "a=1&b=2", "/x;a=1;b=2"),
    ("a query", "/x{?a,b}", "a=1&b=2", "/x?a=1&b=2"),
    ("a query that goes on", "/x?z=9{&a,b}", "a=1&b=2", "/x?z=9&a=1&b=2"),
    ("what is undefined is left out", "/x{?a,b}", "b=2", "/x?b=2"),
    ("with its sign where nothing is left", "/x{?a,b}", "", "/x"),
    ("also of segments", "/x{/a,b}", "b=2", "/x/2"),
    ("a list is joined by commas", "/x/{l}", "l=1,2,3", "/x/1,2,3"),
    ("a list in a query too", "/x{?l}", "l=1,2,3", "/x?l=1,2,3"),
    ("an exploded list is repeated", "/x{?l*}", "l=1,2,3", "/x?l=1&l=2&l=3"),
    ("an exploded list of segments", "/x{/l*}", "l=1,2,3", "/x/1/2/3"),
    ("an exploded list of labels", "/x{.l*}", "l=1,2", "/x.1.2"),
    ("an exploded list of path parameters", "/x{;l*}", "l=1,2", "/x;l=1;l=2"),
    ("a list of one", "/x{?l*}", "l=1", "/x?l=1"),
    ("an absent list is undefined", "/x{?l*,a}", "a=1", "/x?a=1"),
    ("a variable may stand twice", "/x/{a}/{a}", "a=1", "/x/1/1"),
    ("text that no URI may hold is encoded", "/é/{a}", "a=1", "/%C3%A9/1"),
    ("text that is encoded stays so", "/%C3%A9/{a}", "a=1", "/%C3%A9/1"),
    ("an integer goes as its text", "/x/{i}", "i=-42", "/x/-42"),
    ("a number goes as its text", "/x/{n}", "n=1.50", "/x/1.50"),
    ("a boolean goes as its text", "/x/{t}", "t=true", "/x/true"),
]

# sentence, value as the client writes it, value as the service must see it
VALUES = [
    ("what needs no encoding", "a-b.c_d~9", "a-b.c_d~9"),
    ("a slash", "a/b", "a%2Fb"),
    ("an encoded slash", "a%2fb", "a%2Fb"),
    ("a doubly encoded slash", "a%252Fb", "a%252Fb"),
    ("a question mark", "a?b", "a%3Fb"),
    ("a hash", "a%23b", "a%23b"),
    ("a percent sign", "a%25b", "a%25b"),
    ("an ampersand and an equals sign", "a%26b=c", "a%26b%3Dc"),
    ("a space", "a%20b", "a%20b"),
    ("a plus", "a%2Bb", "a%2Bb"),
    ("a comma", "a,b", "a%2Cb"),
    ("a colon and an at sign", "u:p@h", "u%3Ap%40h"),
    ("line breaks", "a%0d%0aX-Inj: 1", "a%0D%0AX-Inj%3A%201"),
    ("a NUL", "a%00b", "a%00b"),
    ("an escape byte", "a%1bb", "a%1Bb"),
    ("quotes and brackets", "%22'%3C%3E[]", "%22%27%3C%3E%5B%5D"),
    ("a backslash", "a%5Cb", "a%5Cb"),
    ("braces", "%7Bb%7D", "%7Bb%7D"),
    ("a template", "%7B%7B.Resp0_id%7D%7D", "%7B%7B.Resp0_id%7D%7D"),
    ("two bytes of UTF-8", "%C3%A9", "%C3%A9"),
    ("four bytes of UTF-8", "%F0%9F%98%80", "%F0%9F%98%80"),
    ("dots with something behind", "..a", "..a"),
    ("dots and a slash", "../a", "..%2Fa"),
    ("an address", "http://127.0.0.1:22/", "http%3A%2F%2F127.0.0.1%3A22%2F"),
]

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
  beta: http://@beta@
  named:
    targets: [http://@named@]
    host: reviews.internal
    timeout: 700ms
endpoints:
  - path: /value
    query: {v: {}}
    sources:
      it: {get: "alpha:/v/{v}/end"}
      asked: {get: "beta:/v{?v}"}
  - path: /plain/{key}
    sources:
      one: {get: "alpha:/{key}"}
      two: {get: "beta:/{key}"}
      three: {get: "named:/{key}", timeout: 300ms}
  - path: /forward/{key}
    sources:
      one: {get: "alpha:/{key}", forward: [accept-language, Authorization, x-twice]}
      two: {get: "beta:/{key}"}
  - path: /set/{key}
    query: {lang: {}, other: {}}
    headers: {x-tenant: {}, host: {}}
    sources:
      one:
        get: "alpha:/{key}"
        set_headers:
          x-site: "{headers.host}"
          x-tenant: "{headers.x-tenant}"
          x-lang: "lang={lang}"
          x-fixed: always
          x-braces: "{{{lang}}}"
          x-key: "{key}"
  - path: /back/{key}
    response_headers: {x-frame-options: DENY, X-Fixed: "a b"}
    sources:
      one: {get: "alpha:/{key}", return_headers: [set-cookie, X-Both, x-one]}
      two: {get: "beta:/{key}", return_headers: [set-cookie, x-both, x-two]}
  - {path: "/post/{key}", method: POST, sources: {one: {post: "alpha:/{key}"}}}
  - {path: "/put/{key}", method: PUT, sources: {one: {put: "alpha:/{key}"}}}
  - {path: "/patch/{key}", method: PATCH, sources: {one: {patch: "alpha:/{key}"}}}
  - {path: "/delete/{key}", method: DELETE, sources: {one: {delete: "alpha:/{key}"}}}
  - {path: "/read/{key}", method: POST, sources: {one: {get: "alpha:/{key}"}}}
""" + "".join(
    f"  - path: /t{n}\n"
    "    query: {a: {}, b: {}, l: {list: true}, i: {type: integer}, n: {type: number},"
    " t: {type: boolean}}\n"
    f"    sources: {{it: {{get: \"alpha:{template}\"}}}}\n"
    for n, (_, template, _, _) in enumerate(TEMPLATES)
)


@table("n, query, target", *[(row[0], n, row[2], row[3]) for n, row in enumerate(TEMPLATES)])
def test_a_template_is_expanded(gateway, n, query, target):
    got = gateway.get(f"/t{n}?{query}")
    assert got.status == 200, got.body
    assert got.json()["it"]["target"] == target


@table("value, seen", *VALUES)
def test_a_value_adds_no_segment_no_query_and_no_header(gateway, value, seen):
    got = gateway.get("/value?v=" + value.replace(" ", "%20"))
    assert got.status == 200, got.body
    assert got.json()["it"]["target"] == f"/v/{seen}/end"
    assert got.json()["asked"]["target"] == f"/v?v={seen}"


@table(
    "n, query",
    ("a value of two dots", 0, "a=.."),
    ("a value of one dot", 0, "a=."),
    ("an encoded one", 0, "a=%2e%2E"),
    ("two values that make two dots", 1, "a=.&b=."),
    ("one that is left out of two dots", 1, "a=.."),
    ("a segment of an expression", 4, "a=..&b=1"),
    ("an element of a list of segments", 14, "l=1,..,2"),
    ("a list of one element", 11, "l=.."),
)
def test_a_segment_that_would_be_empty_or_dots_is_400(gateway, n, query):
    before = len(gateway["alpha"].requests())
    gateway.get(f"/t{n}?{query}").problem(400)
    assert len(gateway["alpha"].requests()) == before


@table("query", ("absent", ""), ("empty, which counts as absent", "a="))
def test_a_value_that_a_path_needs_is_told_as_absent(gateway, query):
    before = len(gateway["alpha"].requests())
    [violation] = gateway.get(f"/t0?{query}").problem(400)["violations"]
    assert violation == {"parameter": "a",
                         "message": "is absent or empty, and the path of a call needs it"}
    assert len(gateway["alpha"].requests()) == before


@table(
    "method, path, seen",
    ("post", "POST", "post", "POST"), ("put", "PUT", "put", "PUT"),
    ("patch", "PATCH", "patch", "PATCH"), ("delete", "DELETE", "delete", "DELETE"),
    ("get in an endpoint of another method", "POST", "read", "GET"),
)
def test_the_method_of_a_call(gateway, method, path, seen):
    key = fresh()
    assert gateway.get(f"/{path}/{key}", method, body=b"not for the service").status == 200
    request = gateway["alpha"].only(f"/{key}")
    assert request.method == seen
    assert b"not for" not in request.head + request.body


class TestNothingElse:
    """Of the client's head and query nothing reaches a service that the contract does not name."""

    HOSTILE = [
        "accept", "accept-encoding", "accept-language", "authorization", "cookie", "user-agent",
        "referer", "origin", "x-custom", "x-user-id", "x-http-method-override", "x-original-url",
        "x-rewrite-url", "forwarded", "x-real-ip", "via", "cache-control", "if-none-match",
        "range", "te", "upgrade", "keep-alive", "proxy-authorization", "proxy-connection",
        "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-forwarded-port",
        "x-forwarded-prefix", "x_forwarded_for", "date", "priority", "prefer", "content-type",
        "content-language", "x-envoy-internal", "sheaf-complete",
    ]
    KNOWN = {
        "host", "traceparent", "tracestate", "x-request-id", "x-forwarded-for",
        "x-forwarded-proto", "x-forwarded-host", "x-request-timeout-ms",
    }
    OURS = {"user-agent", "accept", "accept-encoding", "connection", "content-length"}

    def test_no_header(self, gateway):
        key = fresh()
        fields = [(name, f"mark{n}") for n, name in enumerate(self.HOSTILE)]
        assert gateway.get(f"/plain/{key}?secret=markq", fields=fields).status == 200
        for name in ("alpha", "beta", "named"):
            request = gateway[name].only(f"/{key}")
            assert b"mark" not in request.head
            assert {field for field, _ in request.fields} <= self.KNOWN | self.OURS

    def test_a_call_has_no_body_and_one_host(self, gateway):
        key = fresh()
        assert gateway.get(f"/plain/{key}", body=b"a body").status == 200
        request = gateway["alpha"].only(f"/{key}")
        assert request.version == "HTTP/1.1" and len(request.all("host")) == 1
        assert request["transfer-encoding"] is None and request["content-length"] in (None, "0")

    def test_connection_takes_none_of_ours_away(self, gateway):
        key = fresh()
        names = "close, x-forwarded-for, x-request-id, traceparent, host"
        gateway.get(f"/plain/{key}", fields=[("Connection", names)])
        request = gateway["alpha"].only(f"/{key}")
        for name in ("x-forwarded-for", "x-request-id", "traceparent", "host"):
            assert request[name]


class TestForward:
    def test_what_is_named_reaches_that_source_alone(self, gateway):
        key = fresh()
        gateway.get(f"/forward/{key}", fields=[
            ("Accept-Language", "de, en;q=0.5"), ("AUTHORIZATION", "Bearer abc"), ("Cookie", "c=1")
        ])
        one, two = gateway["alpha"].only(f"/{key}"), gateway["beta"].only(f"/{key}")
        assert one["accept-language"] == "de, en;q=0.5"
        assert one["authorization"] == "Bearer abc"
        assert one["cookie"] is two["accept-language"] is two["authorization"] is None

    def test_what_is_absent_is_left_out(self, gateway):
        key = fresh()
        gateway.get(f"/forward/{key}")
        assert gateway["alpha"].only(f"/{key}")["accept-language"] is None

    def test_a_repeated_one_is_forwarded_whole_and_in_order(self, gateway):
        key = fresh()
        gateway.get(f"/forward/{key}", fields=[("X-Twice", "1"), ("X-Twice", "2")])
        values = ", ".join(gateway["alpha"].only(f"/{key}").all("x-twice"))
        assert re.split(r",\s*", values) == ["1", "2"]


    @table(
        "options, left",
        ("alone", "x-twice", ("de", "Bearer abc", None)),
        ("in any case, beside others", "close, X-TWICE ,Authorization,,te", ("de", None, None)),
        ("no part of a name", "x-twic, x-twicex, accept", ("de", "Bearer abc", "1")),
        ("what is usual names none", "Keep-Alive, close, upgrade", ("de", "Bearer abc", "1")),
    )
    def test_what_connection_names_ends_here(self, gateway, options, left):
        key = fresh()
        gateway.get(f"/forward/{key}", fields=[
            ("Accept-Language", "de"), ("Authorization", "Bearer abc"), ("X-Twice", "1"),
            ("Connection", options),
        ])
        request = gateway["alpha"].only(f"/{key}")
        assert tuple(request[n] for n in ("accept-language", "authorization", "x-twice")) == left

    def test_each_connection_field_counts(self, gateway):
        key = fresh()
        gateway.get(f"/forward/{key}", fields=[
            ("Connection", "accept-language"), ("Accept-Language", "de"), ("X-Twice", "1"),
            ("X-Twice", "2"), ("Connection", "x-twice"),
        ])
        request = gateway["alpha"].only(f"/{key}")
        assert request["accept-language"] is request["x-twice"] is None


    @pytest.mark.parametrize("n, status", [(64, 200), (65, 431)])
    def test_it_names_64_at_most(self, gateway, n, status):
        fields = [("Connection", ",".join(f"x-{i}" for i in range(n - 1))), ("Connection", "x-last")]
        assert gateway.get(f"/plain/{fresh()}", fields=fields).status == status


class TestSetHeaders:
    def ask(self, gateway, query="", fields=()):
        key = fresh()
        got = gateway.get(f"/set/{key}{query}", fields=fields)
        return got, gateway["alpha"].requests(f"/{key}")

    def test_values_come_from_parameters(self, gateway):
        _, (request,) = self.ask(gateway, "?lang=de", [("X-Tenant", "acme")])
        assert request["x-tenant"] == "acme"
        assert request["x-lang"] == "lang=de"
        assert request["x-fixed"] == "always"
        assert request["x-braces"] == "{de}"

    def test_a_header_that_connection_names_is_absent(self, gateway):
        fields = [("X-Tenant", "acme"), ("Connection", "x-tenant")]
        _, (request,) = self.ask(gateway, "?lang=de", fields)
        assert request["x-tenant"] is None and request["x-lang"] == "lang=de"

    def test_an_absent_parameter_leaves_the_header_out(self, gateway):
        _, (request,) = self.ask(gateway)
        assert request["x-tenant"] is request["x-lang"] is request["x-braces"] is None
        assert request["x-fixed"] == "always"

    def test_a_client_does_not_set_what_the_gateway_sets(self, gateway):
        _, (request,) = self.ask(gateway, "?lang=de", [("X-Lang", "evil"), ("X-Fixed", "evil")])
        assert request["x-lang"] == "lang=de" and request["x-fixed"] == "always"

    @table(
        "value",
        ("CR and LF", "en%0d%0aX-Inj:%201"), ("LF", "en%0aX-Inj:%201"), ("CR", "en%0dX-Inj:%201"),
        ("NUL", "en%00X"), ("LF and a blank line", "en%0a%0aGET%20/evil"),
        ("LF at the end", "en%0a"), ("CR at the beginning", "%0den"),
    )
    def test_a_value_with_one_never_reaches_a_header(self, gateway, value):
        _, requests = self.ask(gateway, f"?lang={value}")
        for request in requests:
            assert not re.search(rb"x-inj|evil|\0|\r(?!\n)|(?<!\r)\n", request.head, re.I)
            assert "en" not in (request["x-lang"] or "")


class TestReturnHeaders:
    COOKIES = [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2")]

    def ask(self, gateway, one=(), two=()):
        key = fresh()
        gateway["alpha"].on(f"/{key}", answer({}, fields=one))
        gateway["beta"].on(f"/{key}", answer({}, fields=two))
        return gateway.get(f"/back/{key}")

    def test_what_is_named_reaches_the_client(self, gateway):
        got = self.ask(gateway, [("X-One", "1")], [("X-Two", "2")])
        assert (got["x-one"], got["x-two"]) == ("1", "2")

    def test_nothing_else_of_a_services_head_does(self, gateway):
        hostile = [("Server", "mark"), ("X-Powered-By", "mark"), ("X-Two", "mark"),
                   ("Cache-Control", "mark"), ("Location", "mark"), ("Via", "mark"),
                   ("Content-Language", "mark"), ("Sheaf-Complete", "mark"), ("X-Frame-Options",
                   "mark"), ("Keep-Alive", "mark"), ("Trailer", "mark"), ("Date", "mark")]
        assert b"mark" not in self.ask(gateway, hostile).head

    def test_what_connection_names_does_not(self, gateway):
        options = [("Connection", "x-one, Set-Cookie"), ("Connection", "close, X-BOTH")]
        got = self.ask(gateway, [("X-One", "1"), ("X-Both", "1"), *self.COOKIES, *options],
                       [("X-Both", "2"), ("X-Two", "2"), ("Connection", "keep-alive, x-tw")])
        assert got["x-one"] is got["set-cookie"] is None
        assert got["x-both"] == "2", "what is for a connection alone does not win"
        assert got["x-two"] == "2"

    def test_the_first_declared_source_wins(self, gateway):
        assert self.ask(gateway, [("X-Both", "1")], [("x-both", "2")])["x-both"] == "1"
        assert self.ask(gateway, [], [("X-BOTH", "2")])["x-both"] == "2"

    def test_set_cookie_adds_up(self, gateway):
        got = self.ask(gateway, self.COOKIES, [("Set-Cookie", "c=3")])
        assert got.all("set-cookie") == ["a=1; Path=/", "b=2", "c=3"]

    def test_the_endpoint_adds_fixed_ones(self, gateway):
        got = self.ask(gateway)
        assert got["x-frame-options"] == "DENY" and got["x-fixed"] == "a b"


class TestHost:
    def test_it_is_the_targets(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}", host="evil.test")
        assert gateway["alpha"].only(f"/{key}")["host"] == gateway["alpha"].address

    def test_or_what_the_service_says(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}", host="evil.test")
        assert gateway["named"].only(f"/{key}")["host"] == "reviews.internal"


class TestRequestId:
    def test_it_is_made_where_absent_and_the_same_for_all(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}")
        told = {gateway[name].only(f"/{key}")["x-request-id"] for name in ("alpha", "beta")}
        assert len(told) == 1 and re.fullmatch(r"[0-9A-Za-z._-]{8,128}", told.pop())

    def test_another_request_has_another(self, gateway):
        keys = [fresh(), fresh()]
        for key in keys:
            gateway.get(f"/plain/{key}")
        assert len({gateway["alpha"].only(f"/{k}")["x-request-id"] for k in keys}) == 2

    def test_a_clients_own_goes_on(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}", fields=[("X-Request-Id", "abc-123")])
        assert gateway["alpha"].only(f"/{key}")["x-request-id"] == "abc-123"


class TestTrace:
    """W3C trace context: https://www.w3.org/TR/trace-context/"""

    SHAPE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-0[0-3]")
    ID, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

    def ask(self, gateway, *fields):
        key = fresh()
        assert gateway.get(f"/plain/{key}", fields=fields).status == 200
        return gateway["alpha"].only(f"/{key}")

    def test_it_is_made_where_absent(self, gateway):
        match = self.SHAPE.fullmatch(self.ask(gateway)["traceparent"])
        assert match and int(match[1], 16) and int(match[2], 16)

    def test_a_clients_trace_goes_on(self, gateway):
        request = self.ask(gateway, ("Traceparent", f"00-{self.ID}-{self.SPAN}-01"),
                           ("Tracestate", "congo=t61rcWkgMzE"))
        match = self.SHAPE.fullmatch(request["traceparent"])
        assert match[1] == self.ID and request["traceparent"].endswith("-01")
        assert request["tracestate"] == "congo=t61rcWkgMzE"

    @table(
        "value",
        ("zeros as its trace", f"00-{'0' * 32}-{SPAN}-01"),
        ("zeros as its parent", f"00-{ID}-{'0' * 16}-01"),
        ("the version ff", f"ff-{ID}-{SPAN}-01"),
        ("upper case", f"00-{ID.upper()}-{SPAN}-01"),
        ("a short trace", f"00-{ID[1:]}-{SPAN}-01"),
        ("a tail in version 00", f"00-{ID}-{SPAN}-01-x"),
        ("no flags", f"00-{ID}-{SPAN}"),
        ("letters that are no digits", f"00-{'g' * 32}-{SPAN}-01"),
        ("nothing", ""),
        ("too much", "a" * 500),
    )
    def test_one_is_made_where_the_clients_has(self, gateway, value):
        request = self.ask(gateway, ("traceparent", value), ("tracestate", "congo=1"))
        match = self.SHAPE.fullmatch(request["traceparent"])
        assert match and match[1].lower() != self.ID and int(match[1], 16)
        assert request["tracestate"] is None, "it belongs to a trace that does not go on"

    def test_two_are_none(self, gateway):
        one = ("traceparent", f"00-{self.ID}-{self.SPAN}-01")
        assert self.ID not in self.ask(gateway, one, one)["traceparent"]

    def test_a_later_version_is_read_as_far_as_it_is_known(self, gateway):
        request = self.ask(gateway, ("traceparent", f"cc-{self.ID}-{self.SPAN}-01-what"))
        assert self.ID in request["traceparent"]


class TestForwarded:
    """x-forwarded-*: made from the connection, unless a trusted proxy says more."""

    OWN = [("X-Forwarded-For", "203.0.113.9"), ("X-Forwarded-Proto", "https"),
           ("X-Forwarded-Host", "shop.test")]
    TRUSTING = "trusted_proxies: [127.0.0.0/8, \"::1/128\"]\n" + CONFIG

    def test_they_tell_of_the_connection(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}", host="front.test:8080")
        request = gateway["alpha"].only(f"/{key}")
        assert request["x-forwarded-for"] == "127.0.0.1"
        assert request["x-forwarded-proto"] == "http"
        assert request["x-forwarded-host"] == "front.test:8080"

    def test_an_absolute_target_tells_the_host(self, gateway):
        """RFC 9112 3.2.2: whatever Host says, which a cache in front may not have looked at."""
        key = fresh()
        gateway.get(f"http://shop.test:81/set/{key}", host="front.test")
        request = gateway["alpha"].only(f"/{key}")
        assert request["x-forwarded-host"] == request["x-site"] == "shop.test:81"

    def test_a_clients_own_are_dropped(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}", fields=self.OWN)
        request = gateway["alpha"].only(f"/{key}")
        assert request["x-forwarded-for"] == "127.0.0.1"
        assert request["x-forwarded-proto"] == "http"
        assert request["x-forwarded-host"] == "gateway.test"

    def test_a_trusted_proxys_are_kept(self, start):
        trusting = start(self.TRUSTING)
        key = fresh()
        trusting.get(f"/plain/{key}", fields=self.OWN)
        request = trusting["alpha"].only(f"/{key}")
        assert re.split(r",\s*", request["x-forwarded-for"]) == ["203.0.113.9", "127.0.0.1"]
        assert request["x-forwarded-proto"] == "https"
        assert request["x-forwarded-host"] == "shop.test"

    def test_a_client_behind_it_takes_none_of_them_away(self, start):
        trusting = start(self.TRUSTING)
        key = fresh()
        ids = [("X-Request-Id", "from-the-proxy"),
               ("Traceparent", f"00-{7:032x}-{7:016x}-01"), ("Tracestate", "a=1")]
        names = ", ".join(name for name, _ in self.OWN + ids)
        trusting.get(f"/plain/{key}", fields=[*self.OWN, *ids, ("Connection", names)])
        request = trusting["alpha"].only(f"/{key}")
        assert request["x-forwarded-for"].startswith("203.0.113.9")
        assert request["x-forwarded-proto"] == "https"
        assert request["x-forwarded-host"] == "shop.test"
        assert request["x-request-id"] == "from-the-proxy" and request["tracestate"] == "a=1"
        assert request["traceparent"].startswith(f"00-{7:032x}-")

    def test_a_trusted_proxy_that_says_nothing_is_a_client(self, start):
        trusting = start(self.TRUSTING)
        key = fresh()
        trusting.get(f"/plain/{key}")
        request = trusting["alpha"].only(f"/{key}")
        assert request["x-forwarded-for"] == "127.0.0.1"
        assert request["x-forwarded-proto"] == "http"

    def test_others_are_not_trusted(self, start):
        trusting = start(CONFIG.replace("workers: 1", "trusted_proxies: [10.0.0.0/8]"))
        key = fresh()
        trusting.get(f"/plain/{key}", fields=self.OWN)
        assert trusting["alpha"].only(f"/{key}")["x-forwarded-for"] == "127.0.0.1"


class TestTimeLeft:
    """x-request-timeout-ms: the least of the attempt's timeout and what is left of the answer's."""

    def test_it_is_the_sources_own_where_that_is_less(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}")
        left = {n: int(gateway[n].only(f"/{key}")["x-request-timeout-ms"])
                for n in ("alpha", "named")}
        assert 900 <= left["alpha"] <= 1000, "the default of a service"
        assert 200 <= left["named"] <= 300, "the source's own, not its service's"

    @pytest.mark.parametrize("ms", [150, 600])
    def test_a_client_shortens_it(self, gateway, ms):
        key = fresh()
        gateway.get(f"/plain/{key}", fields=[("X-Request-Timeout-Ms", str(ms))])
        left = int(gateway["alpha"].only(f"/{key}")["x-request-timeout-ms"])
        assert ms - 100 <= left <= ms

    def test_a_client_does_not_lengthen_it(self, gateway):
        key = fresh()
        gateway.get(f"/plain/{key}", fields=[("X-Request-Timeout-Ms", "60000")])
        assert int(gateway["alpha"].only(f"/{key}")["x-request-timeout-ms"]) <= 1000
