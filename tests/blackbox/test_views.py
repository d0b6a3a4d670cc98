"""test_views.py - named selections, one for each kind of client (CONTRACT 3.4)"""

from behaviour import answer
from cases import fresh, table

CONFIG = """
listen: @listen@
workers: 1
services:
  alpha: http://@alpha@
  beta: http://@beta@
  gamma: http://@gamma@
views:
  mobile:
    match: {headers: {user-agent: "(?i)mobile|android"}}
    fields: product(id,name),pricing,elsewhere(x)
  kiosk:
    match: {headers: {user-agent: "^Kiosk", x-shop: "north"}}
    fields: elsewhere
  shop:
    match: {headers: {user-agent: Kiosk}}
    fields: pricing
  web:
    fields: "*"
endpoints:
  - path: /page/{key}
    query: {n: {type: integer}}
    sources:
      product: {get: "alpha:/{key}"}
      pricing: {get: "beta:/{key}"}
      reviews: {get: "gamma:/{key}"}
  - path: /own/{key}
    views:
      mobile: "product(id)"
      print: "reviews"
    sources:
      product: {get: "alpha:/{key}"}
      pricing: {get: "beta:/{key}"}
      reviews: {get: "gamma:/{key}"}
  - path: /off/{key}
    select: off
    sources: {product: {get: "alpha:/{key}"}, pricing: {get: "beta:/{key}"}}
"""

ALPHA = {"id": 1, "name": "Lamp", "thumb": "t"}
WHOLE = {"product": ALPHA, "pricing": 2, "reviews": 3}
MOBILE = {"product": {"id": 1, "name": "Lamp"}, "pricing": 2}
PHONE = [("User-Agent", "A MOBILE phone")]
KIOSK = [("User-Agent", "Kiosk 1")]


def ask(gateway, path, query="", fields=()):
    key = fresh()
    for name, value in [("alpha", ALPHA), ("beta", 2), ("gamma", 3)]:
        gateway[name].on(f"/{key}", answer(value))
    got = gateway.get(f"/{path}/{key}?{query}", fields=fields)
    called = [n for n in ("alpha", "beta", "gamma") if gateway[n].requests(f"/{key}")]
    return got, called


@table(
    "path, query, fields, wanted",
    ("none", "page", "", [], WHOLE),
    ("by name", "page", "view=mobile", [], MOBILE),
    ("of everything", "page", "view=web", [], WHOLE),
    ("an empty name counts as absent", "page", "view=", [], WHOLE),
    ("by a header that is searched", "page", "", PHONE, MOBILE),
    ("a name beats a header", "page", "view=web", PHONE, WHOLE),
    ("of the name, too, where it does not apply", "page", "view=kiosk", PHONE, WHOLE),
    ("headers that match no view", "page", "", [("User-Agent", "curl")], WHOLE),
    ("one that does not apply is passed over", "page", "", KIOSK + [("X-Shop", "north")],
     {"pricing": 2}),
    ("all headers must match", "page", "", KIOSK, {"pricing": 2}),
    ("fields narrow it", "page", "view=mobile&fields=product(name,thumb)", [],
     {"product": {"name": "Lamp"}}),
    ("what is asked outside it is left out", "page", "view=mobile&fields=reviews,pricing", [],
     {"pricing": 2}),
    ("nothing may be left", "page", "view=mobile&fields=reviews", [], {}),
    ("fields narrow one that a header chose", "page", "fields=reviews,product/id", PHONE,
     {"product": {"id": 1}}),
    ("an endpoint's own fields", "own", "view=mobile", [], {"product": {"id": 1}}),
    ("with the headers of the top", "own", "", PHONE, {"product": {"id": 1}}),
    ("a view of its own", "own", "view=print", [], {"reviews": 3}),
    ("others hold as they are", "own", "view=web", [], WHOLE),
    ("off turns all of it off", "off", "view=zzz&fields=zzz", PHONE,
     {"product": ALPHA, "pricing": 2}),
)
def test_views(gateway, path, query, fields, wanted):
    got, called = ask(gateway, path, query, fields)
    assert got.json() == wanted and got.is_complete()
    sources = {"product": "alpha", "pricing": "beta", "reviews": "gamma"}
    assert called == [sources[name] for name in sources if name in wanted]


@table(
    "path, query, parameter",
    ("nobody has it", "page", "view=zzz", "view"),
    ("another endpoint has it", "page", "view=print", "view"),
    ("twice", "page", "view=web&view=web", "view"),
    ("bad encoding", "page", "view=%ff", "view"),
    ("a name of the view that the endpoint lacks is unknown", "page",
     "view=mobile&fields=elsewhere", "fields"),
)
def test_what_is_wrong_is_a_400(gateway, path, query, parameter):
    got, called = ask(gateway, path, query)
    assert [v["parameter"] for v in got.problem(400)["violations"]] == [parameter]
    assert not called


def test_all_that_is_wrong_is_told_at_once(gateway):
    got, _ = ask(gateway, "page", "n=x&view=zzz&fields=zzz")
    assert [v["parameter"] for v in got.problem(400)["violations"]] == ["n", "fields", "view"]
