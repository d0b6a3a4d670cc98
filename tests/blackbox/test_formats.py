"""test_formats.py - what a service speaks: JSON, XML, text, bytes, in UTF-8 or ISO-8859-1

(CONTRACT 3.3, `format`.)
"""

import pytest

from behaviour import answer, chunked, raw
from cases import fresh, table
from gateway import wait_for

pytestmark = pytest.mark.essential

CONFIG = """
listen: @listen@
workers: 1
bounds: {response_body: 100KiB, json_depth: 8}
services:
  alpha: http://@alpha@
endpoints:
  - path: /one/{key}
    sources:
      one:
        get: alpha:/{key}
  - path: /json/{key}
    sources: {one: {get: "alpha:/{key}", format: json}}
  - path: /xml/{key}
    sources: {one: {get: "alpha:/{key}", format: xml}}
  - path: /text/{key}
    sources: {one: {get: "alpha:/{key}", format: text}}
  - path: /base64/{key}
    sources: {one: {get: "alpha:/{key}", format: base64}}
  - path: /next/{key}
    sources:
      list: {get: "alpha:/{key}", format: xml, hide: true}
      one: {get: "alpha:/{list.order.@id}/{list.order.item[1]}"}
  - path: /shaped/{key}
    sources:
      one: {get: "alpha:/{key}", format: xml, unwrap: order, pick: ["@id", item]}
  - path: /required/{key}
    sources:
      one: {get: "alpha:/{key}", format: xml, required: true, pass: [409]}
  - path: /forwarded/{key}
    sources: {one: {get: "alpha:/{key}", format: xml, forward: [accept]}}
  - path: /set/{key}
    sources: {one: {get: "alpha:/{key}", format: xml, set_headers: {accept: text/xml}}}
"""

XML = "application/xml"


def ask(gateway, behaviour, endpoint="one", **options):
    key = fresh()
    gateway["alpha"].on(f"/{key}", behaviour)
    return gateway.get(f"/{endpoint}/{key}", **options)


def xml(body, kind=XML):
    return answer(body.encode(), kind=kind)


BY_TYPE = table(
    "kind, body, value",
    ("none is JSON", None, b'{"a":1}', b'{"a":1}'),
    ("JSON as it came", "application/json", b' {"b":1.0,"a":[ ]} ', b'{"b":1.0,"a":[ ]}'),
    ("a suffix of JSON", "application/hal+json", b"[1]", b"[1]"),
    ("JSON that names UTF-8", "application/json; charset=UTF-8", '"é"'.encode(), '"é"'.encode()),
    ("JSON that names a part of UTF-8", "application/json; charset=us-ascii", b'"e"', b'"e"'),
    ("JSON in ISO-8859-1", "application/json; charset=ISO-8859-1", b'{"\xe4":"\xe9"}',
     '{"ä":"é"}'.encode()),
    ("XML", XML, b"<a>1</a>", b'{"a":"1"}'),
    ("XML of old", "text/xml", b"<a>1</a>", b'{"a":"1"}'),
    ("a suffix of XML", "application/atom+xml", b"<a>1</a>", b'{"a":"1"}'),
    ("XML in ISO-8859-1, by its head", "text/xml; charset=iso-8859-1", b"<a>\xe9</a>",
     '{"a":"é"}'.encode()),
    ("XML in ISO-8859-1, as it says itself", XML,
     b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\xe9</a>', '{"a":"é"}'.encode()),
    ("XML in UTF-8, by its head, whatever it says itself", "text/xml; charset=utf-8",
     '<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode(), '{"a":"é"}'.encode()),
    ("text", "text/plain", b'{"a":1}\n', b'"{\\"a\\":1}\\n"'),
    ("text in UTF-8", "text/plain; charset=utf-8", "é€😀".encode(), '"é€😀"'.encode()),
    ("text in ISO-8859-1", "text/plain; charset=latin1", b"caf\xe9", '"café"'.encode()),
    ("text of white space alone", "text/plain", b" \t", b'" \\t"'),
)


@BY_TYPE
def test_the_content_type_says_what_it_is(gateway, kind, body, value):
    got = ask(gateway, answer(body, kind=kind))
    assert got.body == b'{"one":' + value + b"}" and got.is_complete()


def test_it_may_come_in_chunks(gateway):
    pieces = [b"<a>", b"\xc3", b"\xa9", b"</", b"a>"]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
    got = ask(gateway, raw(head + chunks + b"0\r\n\r\n"))
    assert got.json() == {"one": {"a": "é"}}


INVALID = table(
    "kind, body",
    ("HTML", "text/html", b"{}"),
    ("bytes", "application/octet-stream", b"{}"),
    ("a type that is none", "json", b"{}"),
    ("XML that is JSON", XML, b"{}"),
    ("JSON that is XML", "application/json", b"<a/>"),
    ("JSON in a charset that we do not know", "application/json; charset=utf-16", b"{}"),
    ("JSON in windows-1252", "application/json; charset=windows-1252", b"{}"),
    ("JSON in ISO-8859-1 that does not say so", "application/json", b'"\xe9"'),
    ("XML in a charset that we do not know", "text/xml; charset=koi8-r", b"<a/>"),
    ("XML that names an encoding that we do not know", XML,
     b"<?xml version='1.0' encoding='koi8-r'?><a/>"),
    ("XML in UTF-16", XML, b"\xff\xfe" + "<r/>".encode("utf-16-le")),
    ("XML in UTF-16, the other way round", XML, b"\xfe\xff" + "<r/>".encode("utf-16-be")),
    ("XML in UTF-16 without a mark", XML, "<r/>".encode("utf-16-le")),
    ("XML in UTF-16 that is told to be UTF-8", "text/xml; charset=utf-8",
     b"\xff\xfe" + "<r/>".encode("utf-16-le")),
    ("XML in UTF-32", XML, "<r/>".encode("utf-32")),
    ("XML in EBCDIC", XML, "<r/>".encode("cp500")),
    ("XML that is not UTF-8", XML, b"<a>\xe9</a>"),
    ("XML with a NUL", XML, b"<a>\0</a>"),
    ("XML of white space alone", XML, b" \n"),
    ("XML that is not closed", XML, b"<a><b></b>"),
    ("XML with a second root", XML, b"<a/><b/>"),
    ("XML nested too deep", XML, b"<a>" * 100 + b"</a>" * 100),
    ("XML with a DOCTYPE", XML, b"<!DOCTYPE a><a/>"),
    ("XML with an external entity", XML,
     b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'),
    ("XML with a billion laughs", XML,
     b"<!DOCTYPE a [<!ENTITY l0 'ha'>"
     + b"".join(b"<!ENTITY l%d '%s'>" % (i, b"&l%d;" % (i - 1) * 10) for i in range(1, 10))
     + b"]><a>&l9;</a>"),
    ("XML with an entity that nobody declares", XML, b"<a>&nbsp;</a>"),
    ("text that is not UTF-8", "text/plain", b"caf\xe9"),
    ("text in a charset that we do not know", "text/plain; charset=utf-7", b"x"),
)


@INVALID
def test_anything_else_is_invalid(gateway, kind, body):
    got = ask(gateway, answer(body, kind=kind))
    assert got.status == 200 and got.failures() == [("one", "invalid")]
    assert got.json()["one"] is None and not got.is_complete()


SAYS = table(
    "format, kind, body, value",
    ("JSON, whatever its type", "json", "text/html", b"[1.0]", b"[1.0]"),
    ("XML, whatever its type", "xml", "application/json", b"<a/>", b'{"a":""}'),
    ("XML without a type", "xml", None, b"<a/>", b'{"a":""}'),
    ("text, whatever its type", "text", "text/csv", b"a,b\r\n1,2", b'"a,b\\r\\n1,2"'),
    ("text that is JSON", "text", "application/json", b"{}", b'"{}"'),
    ("bytes", "base64", "image/png", b"\x89PNG\r\n\x1a\n\0", b'"iVBORw0KGgoA"'),
    ("one byte", "base64", None, b"\xff", b'"/w=="'),
    ("two bytes in any charset", "base64", "text/plain; charset=koi8-r", b"\xfb\xff", b'"+/8="'),
)


@SAYS
def test_the_source_may_say_what_it_is(gateway, format, kind, body, value):
    got = ask(gateway, answer(body, kind=kind), format)
    assert got.body == b'{"one":' + value + b"}" and got.is_complete()


@pytest.mark.parametrize("format", ["one", "json", "xml", "text", "base64"])
def test_no_bytes_are_null_whatever_they_should_be(gateway, format):
    got = ask(gateway, answer(b"", kind="text/html"), format)
    assert got.json() == {"one": None} and got.is_complete()


BECOMES = table(
    "document, value",
    ("an element with text alone is a string", "<a>7</a>", {"a": "7"}),
    ("an empty one is an empty string", "<a><b/><c></c></a>", {"a": {"b": "", "c": ""}}),
    ("attributes get an @", "<a x='1' y='2'>t</a>", {"a": {"@x": "1", "@y": "2", "#text": "t"}}),
    ("repeated elements are an array", "<a><b>1</b><c/><b>2</b></a>",
     {"a": {"b": ["1", "2"], "c": ""}}),
    ("mixed text is joined", "<p>Hello <b>big</b> world</p>",
     {"p": {"#text": "Hello  world", "b": "big"}}),
    ("white space alone is dropped", "<a>\n  <b> 1 </b>\n</a>\n", {"a": {"b": " 1 "}}),
    ("prefixes are kept", "<x:a xmlns:x='urn:x'><x:b/></x:a>",
     {"x:a": {"@xmlns:x": "urn:x", "x:b": ""}}),
    ("characters are what they stand for", "<a>&lt;&#x20ac;<![CDATA[<&]]>\"\\</a>",
     {"a": '<€<&"\\'}),
    ("comments and instructions are nothing", "<?x y?><a>1<!-- <b/> -->2</a>", {"a": "12"}),
)


@BECOMES
def test_xml_becomes(gateway, document, value):
    got = ask(gateway, xml(document))
    assert got.json() == {"one": value} and got.is_complete()


def test_names_stand_in_the_order_of_their_first_appearance(gateway):
    got = ask(gateway, xml("<a z='1' b='2'><d/><c/><d/>t</a>"))
    assert got.body == b'{"one":{"a":{"@z":"1","@b":"2","d":["",""],"c":"","#text":"t"}}}'


def test_its_values_are_referred_to_like_any_other(gateway):
    key = fresh()
    gateway["alpha"].on(f"/{key}", xml(f"<order id='{key}'><item>a b</item><item>c/d</item></order>"))
    gateway["alpha"].on(f"/{key}/c%2Fd", answer(b'"found"'))
    assert gateway.get(f"/next/{key}").json() == {"one": "found"}


def test_it_is_shaped_like_any_other(gateway):
    got = ask(gateway, xml("<order id='7'><item/><note>n</note></order>"), "shaped")
    assert got.json() == {"one": {"@id": "7", "item": ""}}


ACCEPTS = table(
    "endpoint, fields, accept",
    ("JSON by default", "one", [], "application/json"),
    ("JSON", "json", [], "application/json"),
    ("XML", "xml", [], "application/xml"),
    ("text", "text", [], "text/plain"),
    ("bytes", "base64", [], "*/*"),
    ("what the client takes", "forwarded", [("Accept", "text/x")], "text/x"),
    ("XML where the client says nothing", "forwarded", [], "application/xml"),
    ("what is set", "set", [], "text/xml"),
)


@ACCEPTS
def test_the_service_is_asked_for(gateway, endpoint, fields, accept):
    key = fresh()
    gateway["alpha"].on(f"/{key}", answer(b""))
    gateway.get(f"/{endpoint}/{key}", fields=fields)
    assert gateway["alpha"].only(f"/{key}").all("accept") == [accept]


def test_a_failure_that_is_passed_on_is_json(gateway):
    got = ask(gateway, answer(b'{"why":1}', 409), "required")
    assert got.status == 409 and got.json() == {"why": 1}
    got = ask(gateway, answer(b"<why/>", 409, kind=XML), "required")
    assert got.problem(409)


def test_a_required_source_that_is_not_what_it_should_be_is_502(gateway):
    assert ask(gateway, answer(b"{}"), "required").problem(502)


BOUNDS = table(
    "endpoint, body, kind",
    ("the service's body", "text", b"x" * (100 * 1024 + 1), "too_large"),
    ("XML whose JSON is larger than it", "xml", b"<a>" + b"<b/>" * 20000 + b"\"" * 20000 + b"</a>",
     "too_large"),
)


@BOUNDS
def test_it_is_bounded(gateway, endpoint, body, kind):
    assert ask(gateway, answer(body, kind=None), endpoint).failures() == [("one", kind)]
    assert ask(gateway, answer({})).is_complete(), "the next answer is not disturbed"


# What is written anew and then is no value, and where it is read: in the cache's answer too.
UNREADABLE = table(
    "endpoint, body, kind, failure",
    ("JSON in ISO-8859-1", "json", b'{"a":"\xe9"' + b" " * 9000, "application/json; charset=latin1", "invalid"),
    ("XML in ISO-8859-1", "xml", b"<a>\xe9</b>" + b" " * 9000, "text/xml; charset=latin1", "invalid"),
    ("XML whose JSON is too large", "xml", b"<a>" + b"<b/>" * 20000 + b"</a>" + b" " * 9000, XML, "too_large"),
)


@UNREADABLE
@pytest.mark.parametrize("cache", ["", "cache: 60s, "], ids=["called", "cached"])
def test_what_cannot_be_read_is_not_held(start, endpoint, body, kind, failure, cache):
    gateway = start("admin: @admin@\n" + CONFIG.replace("{get:", "{%sget:" % cache))
    for _ in range(3):
        assert ask(gateway, answer(body, kind=kind), endpoint).failures() == [("one", failure)]
    wait_for(lambda: gateway.metric("sheaf_body_bytes_held") == 0)


def test_text_and_bytes_may_grow_by_what_they_become(gateway):
    body = b'"' * (100 * 1024)
    assert ask(gateway, answer(body), "text").json() == {"one": body.decode()}
    assert len(ask(gateway, answer(body), "base64").json()["one"]) == (len(body) + 2) // 3 * 4
    assert ask(gateway, chunked([body[:50000], body[50000:]]), "text").json() == {
        "one": body.decode()
    }
