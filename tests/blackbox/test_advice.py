"""test_advice.py - what is legal and unwise, told by check --advice (CONTRACT 2)

In a table's text the place that an advice must name is the one behind the mark "<HERE>".
"""

import re

from cases import table
from gateway import run

HEAD = """\
services:
  alpha: http://127.0.0.1:1
  beta: {targets: ["http://127.0.0.1:2"], timeout: 3s}
endpoints:
  - <HERE>path: /one
"""


def sources(*rows):
    return "    sources:\n" + "".join(f"      {row}\n" for row in rows)


def at(name, text):
    """The mark moves from the endpoint to this key."""
    return text.replace("<HERE>", "").replace(f" {name}:", f" <HERE>{name}:")


def chain(n):
    rows = ['s1: {get: "alpha:/", required: true}']
    rows += [f's{i}: {{get: "alpha:/{{s{i - 1}.v}}"}}' for i in range(2, n + 1)]
    return sources(*rows)


def many(n):
    return sources(*(f's{i}: {{get: "alpha:/", required: true}}' for i in range(n)))


PAIR = many(2)
ITEMS = sources(
    'list: {get: "alpha:/", required: true}',
    's1: {each: list.ids, max: 9, get: "alpha:/{item}"}',
)
POST = "    method: POST\n"


def service(options):
    """The head whose alpha has these options, with the mark at its name."""
    long = f'<HERE>alpha: {{targets: ["http://127.0.0.1:1"], {options}}}'
    return HEAD.replace("<HERE>", "").replace("alpha: http://127.0.0.1:1", long)


def two_targets(options):
    return service(options).replace('1"], ', '1", "http://127.0.0.1:3"], ')


UNSAFE = POST + sources(
    's0: {post: "alpha:/", required: true, timeout: 1s}',
    's1: {get: "beta:/", required: true, timeout: 1s}',
)
SHORT = "    timeout: 800ms\n"


def cache(call, settings):
    """s1 makes this call and remembers what comes of it; the mark is where that is said."""
    return HEAD.replace("<HERE>", "").replace("/one", "/one/{id}/{kind}") + sources(
        's0: {get: "alpha:/", required: true}', f"s1: {{{call}, cache: <HERE>{settings}}}")


def in_lists(call, key):
    """s1 makes this call for each element, and remembers what comes of it under this key."""
    own = f'"alpha:/a", {call}, cache: <HERE>{{ttl: 60s, key: {key}}}'
    return HEAD.replace("<HERE>", "") + ITEMS.replace('"alpha:/{item}"', own)


def query(row):
    return f"    query:\n      {row}\n"


def shape(options):
    """s0 has this shape; the mark is at its name."""
    return at("s0", HEAD + PAIR.replace("}", f", {options}}}", 1))


IDS = query('ids: {list: true, pattern: "[0-9]+"}')


def advice(folder, text):
    """The advice on this text as (line, column, words), and the place of its mark."""
    before, _, after = text.partition("<HERE>")
    (folder / "sheaf.yaml").write_text(before + after)
    done = run("check", "--advice", "-c", "sheaf.yaml", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first.startswith("sheaf.yaml: good: ")
    found = [re.fullmatch(r"sheaf\.yaml:(\d+):(\d+): advice: (.+; .+)", line) for line in lines]
    assert all(found), lines
    place = before.count("\n") + 1, len(before) - before.rfind("\n")
    return [(int(m[1]), int(m[2]), m[3]) for m in found], place


@table(
    "text, words",
    ("one source", HEAD + many(1), "/one has one source"),
    ("more than twelve sources", HEAD + many(13), "/one has 13 sources"),
    ("a chain deeper than three", at("s4", HEAD + chain(4)), "s4 is call 4 of a chain"),
    ("of a deep chain its end only", at("s9", HEAD + chain(9)), "s9 is call 9 of a chain"),
    ("none required", HEAD + PAIR.replace(", required: true", ""), "still answers 200"),
    ("none required, with a status of its own",
     HEAD + "    status: 202\n" + PAIR.replace(", required: true", ""), "still answers 202"),
    ("a source's timeout above its endpoint's",
     at("s0", HEAD + PAIR.replace("}", ", timeout: 2001ms}", 1)), "s0 may take 2001 ms"),
    ("a source's own timeout that is its service's default",
     at("s0", HEAD + SHORT + PAIR.replace("}", ", timeout: 1s}", 1)), "s0 may take 1000 ms"),
    ("a service's timeout above the endpoint's",
     HEAD + PAIR.replace("alpha", "beta", 1), "s0 (3000 ms) may take longer"),
    ("services' timeouts above the endpoint's are told together",
     HEAD + PAIR.replace("alpha", "beta"), "s0 (3000 ms), s1 (3000 ms) may take longer"),
    ("two unsafe calls", HEAD + POST + PAIR.replace("get", "post"), "changes something in 2 calls"),
    ("a list of any texts", at("ids", HEAD + query("ids: {list: true}") + PAIR),
     "ids is a list of anything at all; bound its elements by a `pattern`"),
    ("fewer permits than a request needs",
     HEAD.replace("<HERE>", "") + "    rate_limit: <HERE>{rate: 9/s, burst: 1, cost: calls}\n" + PAIR,
     "a request for all of /one makes 2 calls, more than a caller ever has permits for, 1;"),
    ("a path with a colon where braces are meant",
     HEAD.replace("/one", "/one/:id/more") + PAIR, "':id' in /one/:id/more is text and no parameter; write {id}"),
    ("a call with a colon where braces are meant",
     at("s0", HEAD + PAIR.replace("alpha:/", "alpha:/one/:id", 1)), "write {id} where one is meant"),
    ("calls for as many elements as the client likes",
     at("s1", HEAD + IDS + ITEMS.replace("list.ids", "ids").replace(", max: 9", "")),
     "how long the list of s1 is, with no bound but the default, 64"),
    ("calls for as many elements as its body holds",
     at("s1", HEAD + POST + ITEMS.replace("list.ids", "body.ids").replace(", max: 9", "")),
     "how long the list of s1 is"),
    ("more elements than calls", at("s1", HEAD + ITEMS.replace("max: 9", "max: 300")),
     "s1 allows 300 elements, and a request makes at most 256 calls"),
    ("the same call for each element", at("s1", HEAD + ITEMS.replace("{item}", "one")),
     "s1 makes the same call for each element"),
    ("an unsafe call an element", at("s1", HEAD + POST + ITEMS.replace("get: \"alpha:/{", "post: \"alpha:/{")),
     "s1 changes something once an element"),
    ("elements that leave all at once",
     at("s1", HEAD + ITEMS.replace("max: 9", "max: 9, stream: items, required: true")),
     "`stream` of s1 changes nothing"),
    ("elements of a list that nobody sees",
     at("s1", HEAD + ITEMS.replace("max: 9", "max: 9, stream: items, hide: true, keep: true")),
     "`stream` of s1 changes nothing"),
    ("a hidden source that nobody speaks of",
     at("s1", HEAD + PAIR.replace("required: true}", "hide: true}").replace("hide", "required", 1)),
     "s1 is hidden and no other source speaks of it"),
    ("a hidden source's shape",
     at("list", HEAD + ITEMS.replace("required: true", "required: true, hide: true, pick: [ids]")),
     "list is hidden, and other sources see it before `pick`"),
    ("what is picked and omitted", shape("pick: [id, price.amount], omit: [id]"),
     "s0 picks 'id' and omits it"),
    ("what is picked of what is omitted", shape("pick: 'id,price(amount)', omit: price"),
     "s0 picks 'price' and omits it"),
    ("what is picked and omitted, further down", shape("pick: [a.b.c], omit: [a.b.c, d]"),
     "s0 picks 'a.b.c' and omits it"),
    ("everything omitted", shape("omit: '*'"), "s0 omits everything"),
    ("a new name for what is not picked", shape("pick: [id, price.amount], rename: {price.unit: u}"),
     "s0 renames 'price.unit', which is not kept"),
    ("for what is omitted", shape("omit: [secret], rename: {secret.key: k}"),
     "s0 renames 'secret.key', which is not kept"),
    ("a new name that another one has", shape("pick: [p.id, p.sku], rename: {p.sku: id}"),
     "s0 renames 'p.sku' to 'id', which is picked too"),
    ("a new name that is the old one", shape("rename: {price.net: net}"),
     "s0 renames 'price.net' to the name that it has"),
    ("a name in an endpoint's own view that its answer lacks",
     at("mobile", HEAD + "    views:\n      mobile: s0(id),s2\n" + PAIR),
     "nothing in the answer of /one is called 's2'"),
    ("a retry of calls that are never made again", service("retry: {}") + UNSAFE,
     "alpha gets POST and PATCH alone"),
    ("a retry that no breaker ends", service("retry: {}, breaker: off") + PAIR,
     "alpha has a `retry` and no breaker"),
    ("a hedge that has nowhere to go", service("hedge: {}") + PAIR, "alpha has one target, and"),
    ("a hedge between the addresses of a name, which is one target",
     service("hedge: {}").replace("127.0.0.1:1", "alpha.internal:1") + PAIR,
     "alpha has one target, whatever addresses its name has"),
    ("a hedge of calls that change something", two_targets("hedge: {}") + UNSAFE,
     "alpha gets calls that change something and no others"),
    ("a secret in the configuration", service("credentials: {bearer: abc}") + PAIR,
     "a secret of alpha stands in the configuration"),
    ("a password in the configuration",
     service("credentials: {basic: {user: me, password: abc}}") + PAIR, "{file: NAME}"),
    ("another attempt for which no time is left",
     at("s0", service("retry: {causes: [timeout]}").replace("<HERE>", "")
        + PAIR.replace("}", ", timeout: 1500ms}", 1)),
     "s0 is tried again after a timeout of 1500 ms, and of 2000 ms"),
    ("a key that says less than the call",
     cache('get: "alpha:/{id}/{kind}"', "{ttl: 60s, key: \"one:{id}\"}"),
     "the key of s1 leaves out {kind}"),
    ("a key beside the client's credentials",
     cache('get: "alpha:/{id}", forward: [accept, authorization]',
           "{ttl: 60s, key: \"one:{id}:{headers.accept}\"}"),
     "s1 forwards `authorization`, so each client has answers of its own"),
    ("a key without what a header of the call is made of",
     cache('get: "alpha:/a", set_headers: {x-shop: "a-{headers.x-tenant}"}', "{ttl: 60s, key: one}"),
     "the key of s1 leaves out {headers.x-tenant}"),
    ("a key without a parameter that a header is made of",
     cache('get: "alpha:/a", set_headers: {x-shop: "{kind}"}', "{ttl: 60s, key: \"{id}\"}"),
     "the key of s1 leaves out {kind}"),
    ("a key without an element that a header is made of",
     in_lists('set_headers: {x-id: "{item}"}', "one"), "the key of s1 leaves out {item}"),
    ("a key without the answer that a header is made of",
     cache('get: "alpha:/a", set_headers: {x-shop: "{s0.shop}"}', "{ttl: 60s, key: one}"),
     "the key of s1 leaves out {s0.shop}"),
    ("a key without a parameter, behind credentials that another source gave",
     cache('get: "alpha:/a", set_headers: {authorization: "B {s0.token}", x-shop: "{kind}"}',
           "{ttl: 60s, key: one}"),
     "the key of s1 leaves out {kind}"),
    ("a key without a header that is forwarded",
     cache('get: "alpha:/a", forward: [x-tenant]', "{ttl: 60s, key: one}"),
     "the key of s1 leaves out `x-tenant`, which is forwarded"),
    ("of two headers that are forwarded the one that is varied by is in it",
     cache('get: "alpha:/a", forward: [accept-language, x-tenant]',
           "{ttl: 60s, key: one, vary: [accept-language]}"),
     "the key of s1 leaves out `x-tenant`, which is forwarded"),
    ("what is remembered for days whatever the service says",
     cache('get: "alpha:/{id}"', "{ttl: 36h, respect_origin: off}"), "s1 is remembered for 36h"),
    ("a word in a fallback that is no boolean",
     HEAD.replace("<HERE>", "") + PAIR.replace("}", ", fallback: {in_stock: <HERE>no}}", 1),
     's0 has the text "no" here, as YAML 1.2 takes it for no boolean; write false'),
    ("one in a list, in capitals", HEAD.replace("<HERE>", "") + PAIR.replace("}", ", fallback: [1, <HERE>YES]}", 1),
     's0 has the text "YES" here, as YAML 1.2 takes it for no boolean; write true'),
    ("one that is all of a fallback", HEAD.replace("<HERE>", "") + PAIR.replace("}", ", fallback: <HERE>On}", 1),
     's0 has the text "On" here, as YAML 1.2 takes it for no boolean; write true'),
    ("a word in a body",
     HEAD.replace("<HERE>", "") + POST + PAIR.replace("get", "post", 1).replace("}", ", body: {a: {gift: <HERE>off}}}", 1),
     's0 has the text "off" here, as YAML 1.2 takes it for no boolean; write false'),
    ("one of the defaults, that two sources have",
     "defaults: {source: {fallback: {a: <HERE>no}}}\n" + HEAD.replace("<HERE>", "") + PAIR,
     's0 has the text "no" here, as YAML 1.2 takes it for no boolean; write false'),
    ("a list of any numbers",
     at("ids", HEAD + query("ids: {list: true, type: integer}") + PAIR), "`min` and `max`"),
)
def test_is_given_alone_at_its_place(tmp_path, text, words):
    found, place = advice(tmp_path, text)
    assert len(found) == 1, found
    assert found[0][:2] == place and words in found[0][2]


@table(
    "text",
    ("two sources", HEAD + PAIR),
    ("as many permits as a request needs",
     HEAD + "    rate_limit: {rate: 9/s, burst: 2, cost: calls}\n" + PAIR),
    ("as many as it certainly needs",
     HEAD + "    rate_limit: {rate: 9/s, burst: 1, cost: calls}\n" + query("more: {}") + sources(
         's0: {get: "alpha:/", required: true}', 's1: {get: "alpha:/one", when: has(more)}',
         's2: {get: "alpha:/{s1.v}"}')),
    ("a permit for each request",
     HEAD + "    rate_limit: {rate: 9/s, burst: 1}\n" + PAIR),
    ("twelve sources", HEAD + many(12)),
    ("a chain of three", HEAD + chain(3)),
    ("an endpoint shorter than the timeouts that nobody wrote", HEAD + SHORT + PAIR),
    ("a source's timeout that is its endpoint's", HEAD + PAIR.replace("}", ", timeout: 2s}", 1)),
    ("a service's long timeout that the source shortens",
     HEAD + PAIR.replace("alpha", "beta").replace("}", ", timeout: 1s}")),
    ("one unsafe call", HEAD + POST + PAIR.replace("get", "post", 1)),
    ("a list with a pattern", HEAD + query('ids: {list: true, pattern: "[0-9]+"}') + PAIR),
    ("a list with an enum", HEAD + query("ids: {list: true, enum: [a, b]}") + PAIR),
    ("a list of bounded numbers", HEAD + query("ids: {list: true, type: integer, max: 9}") + PAIR),
    ("a list of booleans", HEAD + query("ids: {list: true, type: boolean}") + PAIR),
    ("a colon that begins no name", HEAD.replace("/one", "/one:id/:/a") + PAIR),
    ("a parameter that is no list", HEAD + query("id: {}") + PAIR),
    ("a name in a view of the top that an endpoint lacks",
     "views: {mobile: \"s0,s2\"}\n" + HEAD + PAIR),
    ("a name that an unknown answer may have",
     HEAD + "    views:\n      mobile: s2\n" + PAIR.replace("}", ", into: .}", 1)),
    ("a name that a fallback has",
     HEAD + "    views:\n      mobile: s2\n"
     + PAIR.replace("}", ", into: ., pick: [s3], fallback: {s2: 1}}", 1)),
    ("what is omitted of what is picked", HEAD + PAIR.replace("}", ", pick: [a], omit: [a.b]}", 1)),
    ("names that change places", HEAD + PAIR.replace("}", ", pick: [a, b], rename: {a: b, b: a}}", 1)),
    ("a new name below what is picked", HEAD + PAIR.replace("}", ", pick: [a], rename: {a.b: c}}", 1)),
    ("a call an element", HEAD + ITEMS),
    ("elements that leave one by one", HEAD + ITEMS.replace("max: 9", "max: 9, stream: items")),
    ("calls for as many elements of the client's as the source says",
     HEAD + IDS + ITEMS.replace("list.ids", "ids")),
    ("a batch of more elements than calls",
     HEAD + ITEMS.replace("9", "300, batch: them, by: id").replace("{item}", "{?them}")),
    ("a hidden source that others speak of",
     HEAD + ITEMS.replace("required: true", "required: true, hide: true")),
    ("a retry of calls of which some may be made again",
     service("retry: {}") + UNSAFE.replace('"beta:/"', '"alpha:/"')),
    ("a retry of PUT", service("retry: {}") + UNSAFE.replace("post", "put")),
    ("a retry of a service that nobody calls",
     service("retry: {}") + UNSAFE.replace("alpha:/", "beta:/")),
    ("a hedge between two targets", two_targets("hedge: {}") + PAIR),
    ("a hedge between the hosts of SRV records",
     service("hedge: {}").replace("http://127.0.0.1:1", "dns+srv://_http._tcp.alpha") + PAIR),
    ("a secret of the environment", service('credentials: {bearer: "${PATH}"}') + PAIR),
    ("a secret in a file", service("credentials: {bearer: {file: token}}") + PAIR),
    ("another attempt for which there is as much time",
     service("retry: {causes: [timeout]}") + PAIR),
    ("a timeout after which nothing is tried again",
     service("retry: {}") + PAIR.replace("}", ", timeout: 1500ms}", 1)),
    ("a key that says as much as the call",
     cache('get: "alpha:/{id}"', "{ttl: 60s, key: \"one:{kind}:{id}\"}")),
    ("the default key beside the client's credentials",
     cache('get: "alpha:/{id}", forward: [cookie]', "60s")),
    ("a day of which the service has no say", cache('get: "alpha:/{id}"', "{ttl: 24h, respect_origin: off}")),
    ("days of which it has", cache('get: "alpha:/{id}"', "240h")),
    ("words in quotes, and real booleans",
     HEAD + POST + PAIR.replace("get", "post", 1)
     .replace("}", ", fallback: {a: 'no', b: \"off\", c: true, d: nothing}, body: {gift: 'on', no: 1}}", 1)),
    ("words of a form, which has texts alone",
     HEAD + POST + PAIR.replace("get", "post", 1).replace("}", ", form: {gift: on}}", 1)),
    ("a key with all that headers are made of",
     cache('get: "alpha:/a", set_headers: {x-shop: "{headers.x-tenant}-{kind}"}, forward: [accept]',
           "{ttl: 60s, key: \"{kind}{headers.accept}\", vary: [x-tenant]}")),
    ("a key that names the parameter in which a forwarded header is",
     cache('get: "alpha:/a", forward: [tenant]', "{ttl: 60s, key: \"one:{headers.tenant}\"}")
     .replace("/{kind}\n", "/{kind}\n    headers: {tenant: {}}\n")),
    ("credentials, which belong to every key",
     cache('get: "alpha:/a/{headers.x-api-key}", set_headers: {x-who: "{headers.cookie}", authorization: "{id}"}',
           "{ttl: 60s, key: one}")),
    ("credentials that another source gave, which do as well",
     cache('get: "alpha:/a", set_headers: {authorization: "Bearer {s0.token}"}',
           "{ttl: 60s, key: one}")),
    ("credentials that an element is",
     in_lists('set_headers: {authorization: "{item}"}', "one").replace("<HERE>", "")),
    ("a forwarded condition, with which it is called alone",
     cache('get: "alpha:/a", forward: [if-none-match, range]', "{ttl: 60s, key: one}")),
    ("what would be forwarded, and is set",
     cache('get: "alpha:/a", forward: [x-a], set_headers: {x-a: b}', "{ttl: 60s, key: one}")),
    ("the default key, in which all headers are",
     cache('get: "alpha:/a", forward: [x-a], set_headers: {x-b: "{headers.x-b}"}', "60s")),
    ("a key that leaves out what no call of the source's is made of",
     cache('get: "alpha:/"', "{ttl: 60s, key: one}")),
    ("a hidden source that is kept",
     HEAD + PAIR.replace("required: true}", "hide: true, keep: true}").replace("hide", "required", 1)),
)
def test_none_is_given_for(tmp_path, text):
    assert advice(tmp_path, text)[0] == []


def test_all_of_it_is_given_endpoint_by_endpoint(tmp_path):
    other = "  - path: /two\n" + many(1)
    found, _ = advice(tmp_path, HEAD + POST + many(13).replace("get", "post") + other)
    words = [re.search("13 sources|13 calls|one source", text)[0] for _, _, text in found]
    assert words == ["13 sources", "13 calls", "one source"]


def test_only_who_asks_is_advised(tmp_path):
    (tmp_path / "sheaf.yaml").write_text((HEAD + many(1)).replace("<HERE>", ""))
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert done.returncode == 0 and "advice" not in done.stdout + done.stderr


def test_it_is_counted_in_words_that_agree(tmp_path):
    (tmp_path / "sheaf.yaml").write_text((HEAD + PAIR).replace("<HERE>", ""))
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert done.stdout == "sheaf.yaml: good: 2 services, 1 endpoint\n"


def test_a_bad_file_gets_its_errors_and_no_advice(tmp_path):
    (tmp_path / "sheaf.yaml").write_text((HEAD + many(1)).replace("<HERE>", "") + "typo: 1\n")
    done = run("check", "--advice", "-c", "sheaf.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert ": error: " in done.stderr and "advice:" not in done.stderr
