"""test_types.py - sheaf types: declarations that compile, stay the same, and say what is known"""

import re
import shutil
from pathlib import Path

from cases import table
from gateway import ROOT, run
from validator import compile_types, same_as_golden

HERE = Path(__file__).parent / "described"
HEAD = """
services: {alpha: "http://127.0.0.1:1"}
endpoints:
"""


def types_of(file, **options):
    done = run("types", "-c", file, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def types(folder, endpoints):
    (folder / "sheaf.yaml").write_text(HEAD + endpoints)
    return types_of(folder / "sheaf.yaml")


def one_source(folder, options):
    """The type of the one source's member."""
    text = types(folder, f'  - {{path: /, sources: {{one: {{get: "alpha:/", {options}}}}}}}\n')
    data = re.search(r"interface GetData \{\n  one(.*?);\n  errors\?", text, re.DOTALL)
    return re.sub(r"\s+", " ", data[1]), text


def test_they_are_the_same_each_time():
    assert same_as_golden(types_of(HERE / "shop.yaml"), HERE / "shop.d.ts")


def test_they_compile_and_are_what_one_expects(tmp_path):
    shutil.copy(HERE / "use.ts", tmp_path)
    (tmp_path / "shop.d.ts").write_text(types_of(HERE / "shop.yaml"))
    assert compile_types(tmp_path, "use.ts", "shop.d.ts") == ""


CLIENT = """
import { aggregate } from "@client@";
import type { Endpoints } from "./shop.js";

type Product = Endpoints["/api/aggregated/product"];
const params: Product["params"] = { id: "7", ids: [1, 2] };
export async function name(): Promise<string | undefined> {
  const answer = aggregate<Product["data"]>("/api/aggregated/product", { params });
  for await (const { data, status, pending } of answer)
    if (!pending || status.product === "ok") return data.product?.name;
  return (await answer.whole).data.product.name;
}
// @ts-expect-error prices may be null
aggregate<Product["data"]>("/").whole.then(({ data }) => data.prices.amount);
"""


def test_the_client_takes_them(tmp_path):
    client = ROOT / "web" / "client" / "src" / "index.js"
    (tmp_path / "use.ts").write_text(CLIENT.replace("@client@", str(client)))
    (tmp_path / "shop.d.ts").write_text(types_of(HERE / "shop.yaml"))
    assert compile_types(tmp_path, "use.ts", "--skipLibCheck") == ""


def test_those_of_the_examples_compile(tmp_path):
    files = []
    for config in sorted((ROOT / "examples").glob("*/sheaf.yaml")):
        files.append(tmp_path / f"{config.parent.name}.d.ts")
        files[-1].write_text(types_of(config))
    assert len(files) > 3
    assert compile_types(tmp_path, *files) == ""


@table(
    "options, wanted",
    ("without a schema anything", "required: true", ": unknown"),
    ("a text, or null", "schema: {type: string}", ": string | null"),
    ("a required one", "schema: {type: string}, required: true", ": string"),
    ("a fallback of the same type", "schema: {type: string}, fallback: none", ": string"),
    ("another fallback", "schema: {type: string}, fallback: 1", ": string | number"),
    ("numbers are numbers", "schema: {type: [integer, number]}, required: true", ": number"),
    ("choices", "schema: {enum: [a, 1, null, true]}, required: true", ': "a" | 1 | null | true'),
    ("one value", "schema: {const: {a: [1, b]}}, required: true", ': { a: [1, "b"] }'),
    ("lists", "schema: {type: array, items: {type: string}}, required: true", ": string[]"),
    ("lists of choices", "schema: {type: array, items: {type: [string, boolean]}}, required: true",
     ": (string | boolean)[]"),
    ("lists of anything", "schema: {type: array}, required: true", ": unknown[]"),
    ("empty lists", "schema: {type: array, items: false}, required: true", ": never[]"),
    ("places of their own", "schema: {prefixItems: [{type: string}, {type: number}], items: false,"
     " minItems: 1}, required: true", ": [string, number?]"),
    ("places, and more", "schema: {prefixItems: [{type: string}], items: {type: number},"
     " minItems: 1}, required: true", ": [string, ...number[]]"),
    ("maps", "schema: {type: object, additionalProperties: {type: number}}, required: true",
     ": { [key: string]: number; }"),
    ("objects of nothing", "schema: {type: object, additionalProperties: false}, required: true",
     ": Record<string, never>"),
    ("objects of anything", "schema: {type: object}, required: true",
     ": { [key: string]: unknown; }"),
    ("what never is", "schema: {type: array, items: {not: {}}}, required: true", ": unknown[]"),
    ("true is anything", "schema: {items: true}, required: true", ": unknown[]"),
    ("a source that may be skipped", "schema: {type: string}, when: 1 == 1", "?: string | null"),
    ("a text format", "format: base64, required: true", ": string"),
    ("jq makes something else", "jq: .a, schema: {type: number}, required: true", ": number"),
)
def test_types_of_schemas(tmp_path, options, wanted):
    found, _ = one_source(tmp_path, options)
    assert found == wanted


def declared(text, name):
    found = re.search(rf"export (?:type|interface) {name} (.*?)\n(?:\n|$)", text, re.DOTALL)
    return re.sub(r"\s+", " ", found[1])


@table(
    "schema, wanted",
    ("members, due or not, and names that are none",
     "{type: object, required: [a, d], properties: {a: {type: string}, b-c: {type: number}}}",
     '{ a: string; "b-c"?: number; d: unknown; }'),
    ("members and others", "{type: object, properties: {a: {type: string}},"
     " additionalProperties: {type: number}}", "{ a?: string; [key: string]: unknown; }"),
    ("one of several", "{oneOf: [{type: string}, {type: object, properties: {a: {const: 1}}}]}",
     "= string | { a?: 1; };"),
    ("all at once", "{allOf: [{properties: {a: {type: string}}},"
     " {anyOf: [{type: object, properties: {b: {}}}, {type: 'null'}]}]}",
     "= { a?: string; } & ({ b?: unknown; } | null);"),
    ("members or null", "{type: [object, 'null'], properties: {a: {type: string}}}",
     "= { a?: string; } | null;"),
    ("whole objects to choose from",
     "{type: object, properties: {a: {}}, enum: [{a: 1}, {a: 2, b: [x]}]}",
     '= { a: 1 } | { a: 2; b: ["x"] };'),
    ("one whole object", "{properties: {a: {}}, const: {a: 1}}", "= { a: 1 };"),
    ("members of whatever name", "{properties: {$ref: {type: string}, enum: true, const: {}}}",
     "{ $ref?: string; enum?: unknown; const?: unknown; }"),
    ("a reference in a value is none", "{const: {$ref: {a: 1}}, properties: {a: {}}}",
     "= { $ref: { a: 1 } };"),
    ("comments", "{description: 'Told */ so', properties: {a: {title: of a, type: string}}}",
     "{ /** of a */ a?: string; }"),
)
def test_types_that_have_a_name(tmp_path, schema, wanted):
    found, text = one_source(tmp_path, f"schema: {schema}, required: true")
    assert found == ": GetOne"
    assert declared(text, "GetOne") == wanted
    assert compile_types(tmp_path, write(tmp_path, text)) == ""


def write(folder, text):
    (folder / "api.d.ts").write_text(text)
    return "api.d.ts"


TREE = """\
  - path: /tree
    sources:
      one:
        get: alpha:/
        schema:
          $ref: "#/$defs/tree"
          $defs:
            tree:
              type: object
              properties:
                below: {type: array, items: {$ref: "#/$defs/tree"}}
                byName: {type: object, additionalProperties: {$ref: "#/$defs/any"}}
            any: {anyOf: [{$ref: "#/$defs/tree"}, {type: array, items: {$ref: "#/$defs/any"}}]}
"""


def test_types_may_speak_of_themselves(tmp_path):
    text = types(tmp_path, TREE)
    assert "below?: GetTreeOneTree[];" in text
    assert compile_types(tmp_path, write(tmp_path, text)) == ""


PLACES = """\
  - path: "/a/{id}/b/{no}/*"
    method: POST
    params: {no: {type: integer}}
    query: {q: {required: true}}
    headers: {x-a: {}}
    sources: {one: {post: "alpha:/{id}/{no}{?q}"}}
"""


def test_parameters_are_told_by_their_places(tmp_path):
    text = types(tmp_path, PLACES)
    name = "PostAByIdBByNoRest"
    assert declared(text, f"{name}PathParams") == "= { id: string; no: number; };"
    assert declared(text, f"{name}Params") == "= { q: string; };"
    assert declared(text, f"{name}Headers") == '= { "x-a"?: string; };'
    endpoint = declared(text, name)
    for member, suffix in (("pathParams", "PathParams"), ("params", "Params"), ("headers", "Headers")):
        assert f" {member}: {name}{suffix};" in endpoint
    assert compile_types(tmp_path, write(tmp_path, text)) == ""


CLASHES = """\
  - {path: /a-b, sources: {data: {get: "alpha:/", schema: {properties: {a: {}}}}}}
  - {path: /a/b, sources: {sources: {get: "alpha:/", schema: {properties: {a: {}}}}}}
  - {path: "/a/{b}", sources: {one: {get: "alpha:/"}}}
  - {path: /a/by/b, sources: {one: {get: "alpha:/"}}}
  - {path: /a/b/data, sources: {one: {get: "alpha:/"}}}
  - {path: /a/b, method: POST, sources: {one: {post: "alpha:/"}}}
  - {path: "/%C3%A9", sources: {one: {get: "alpha:/"}}}
  - {path: /a, sources: {one: {get: "alpha:/"}}}
  - {path: /a/path, sources: {one: {get: "alpha:/"}}}
  - {path: "/%C3%A8", sources: {one: {get: "alpha:/"}}}
"""


def test_no_two_names_are_the_same(tmp_path):
    text = types(tmp_path, CLASHES)
    names = re.findall(r"^export (?:type|interface) (\w+)", text, re.MULTILINE)
    assert len(names) == len(set(names))
    endpoints = dict(re.findall(r'^  "(.+?)": (\w+);$', text, re.MULTILINE))
    assert list(endpoints) == ["/a-b", "/a/b", "/a/{b}", "/a/by/b", "/a/b/data", "POST /a/b",
                               "/%C3%A9", "/a", "/a/path", "/%C3%A8"]
    assert list(endpoints.values())[:4] == ["GetAB", "GetAB2", "GetAByB", "GetAByB2"]
    assert compile_types(tmp_path, write(tmp_path, text)) == ""


def test_a_bad_file_is_told(tmp_path):
    done = run("types", "-c", "no.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "") and "no.yaml" in done.stderr
