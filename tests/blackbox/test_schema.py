"""test_schema.py - docs/sheaf.schema.json, by which editors check, takes what the reader takes"""

import json
import re

import pytest

from cases import table
from gateway import ROOT, run
from validator import schema_errors, yaml_value

SCHEMA = json.loads((ROOT / "docs" / "sheaf.schema.json").read_text())
SECTIONS = {name: section["properties"] for name, section in SCHEMA["$defs"].items()
            if "properties" in section}
REFERENCE = re.findall(r"\n## (\w+)\n(?:(?!\n## ).)*?\nFor example, each by itself:\n\n```yaml\n(.*?)```",
                       (ROOT / "docs" / "config.md").read_text(), re.DOTALL)
EXAMPLES = [(section, line.partition(": ")[0], line) for section, lines in REFERENCE
            for line in lines.splitlines()]
FILES = sorted((ROOT / "examples").glob("*/*.yaml"))
README = re.findall(r"```yaml\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)


# Of an option alone, without what is due beside it.
OPTIONS = {"$defs": SCHEMA["$defs"],
           "properties": {name: {"properties": rows} for name, rows in SECTIONS.items()}}


def option_errors(section, name, value):
    return schema_errors(OPTIONS, {section: {name: value}})


@pytest.mark.parametrize("text", [path.read_text() for path in FILES] + README,
                         ids=[path.parent.name for path in FILES] + ["README"] * len(README))
def test_whole_configurations(text):
    assert schema_errors(SCHEMA, yaml_value(text)) == []


def test_each_option_has_an_example():
    assert {name: {option for section, option, _ in EXAMPLES if section == name}
            for name, _ in REFERENCE} == {name: set(rows) for name, rows in SECTIONS.items()}


@pytest.mark.parametrize("section, name, line", EXAMPLES, ids=[f"{s}.{n}" for s, n, _ in EXAMPLES])
class TestEachOption:
    def test_takes_its_example(self, section, name, line):
        assert option_errors(section, name, yaml_value(line)[name]) == []

    def test_takes_values_of_the_environment(self, section, name, line):
        value = yaml_value(line)[name]
        if isinstance(value, dict):
            return
        if not isinstance(value, list):
            assert option_errors(section, name, "${SHOP}") == []
        elif not isinstance(value[0], dict):
            assert option_errors(section, name, ["${SHOP}"]) == []

    def test_takes_all_words_for_a_boolean_that_it_takes(self, section, name, line):
        for word, *same in ([False, "off", "no", "No", "OFF", "false"], [True, "on", "yes", "Yes", "ON", "true"]):
            if not option_errors(section, name, word):
                assert [other for other in same if option_errors(section, name, other)] == []


REST = """
services: {alpha: "http://127.0.0.1:1"}
endpoints:
  - path: /one
    %s
    sources: {one: {get: "alpha:/", %s}}
"""


@table(
    "text",
    ("what is included is all", "include: [parts/*.yaml]"),
    ("some is included", "listen: 127.0.0.1:8080\ninclude: parts/routes.yaml\nservices: {}"),
    ("a boolean of the environment", REST % ("", 'required: "${R:-true}"')),
    ("a status of the environment", REST % ("", 'pass: ["${P:-409}"]')),
    ("a status among them", REST % ("", 'pass: [404, "${P:-409}"]')),
    ("a coding of the environment", REST % ('compress: ["${C:-gzip}"]', "")),
    ("a policy is off", REST % ("compress: no", "cache: no")),
    ("another is", REST % ("rate_limit: no\n    cors: no\n    cache: No", "")),
    ("a service's is", "services: {alpha: {targets: 'http://a:1', breaker: no, retry: NO}}\nendpoints: []"),
    ("services that are their targets alone",
     "services: {a: ['http://a:1'], b: [{url: 'HTTP://b:1', weight: 2}, 'Dns+Srv://_http._tcp.c']}\nendpoints: []"),
    ("schemes in capitals",
     "cache: {store: 'REDIS://a:1'}\ntraces: {otlp: 'HTTP://a:1/v1'}\nauth: {l: {jwt: {jwks: 'HTTPS://a/k'}}}\n"
     "services: {a: {targets: 'HTTPS://a', credentials: {oauth2: {token_url: 'HTTP://a/t', client_id: a,"
     " client_secret: b}}}}\nendpoints: []"),
    ("a duration and a size of nothing where they may be", "drain: {delay: 0s}\nbounds: {request_body: 0B}\n"
     "services: {}\nendpoints: []"),
    ("there are no endpoints yet", "services: {alpha: 'http://a:1'}\nendpoints: []"),
)
def test_what_the_reader_takes(tmp_path, text):
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "routes.yaml").write_text(REST % ("", "required: true"))
    (tmp_path / "sheaf.yaml").write_text(text)
    done = run("check", "-c", "sheaf.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert schema_errors(SCHEMA, yaml_value(text)) == []


@table(
    "text",
    ("views alone", "views: {mobile: a}"),
    ("services alone", "services: {alpha: 'http://a:1'}"),
    ("endpoints alone", "endpoints: [{path: /one, sources: {one: {get: 'alpha:/'}}}]"),
)
def test_files_that_are_included(text):
    assert schema_errors(SCHEMA, yaml_value(text)) == []


@table(
    "text",
    ("no endpoints where a listener is", "listen: 127.0.0.1:8080\nservices: {alpha: 'http://a:1'}"),
    ("services without a value", "services:\nendpoints: []"),
    ("endpoints without a value", "services: {}\nendpoints:"),
    ("a service without a value", "services: {alpha: }\nendpoints: []"),
    ("a service without targets", "services: {alpha: []}\nendpoints: []"),
    ("a target that is a service", "services: {alpha: [{targets: 'http://a:1'}]}\nendpoints: []"),
    ("a source without a value", "services: {alpha: 'http://a:1'}\nendpoints: [{path: /, sources: {one: }}]"),
    ("no time at all", REST % ("timeout: 0s", "")),
    ("no time at all in more digits", REST % ("", "timeout: 00ms")),
    ("no size at all", "bounds: {response_body: 0KiB}\nservices: {}\nendpoints: []"),
    ("elements that stream without a list", REST % ("", "stream: off")),
    ("a batch of no list", REST % ("", "batch: ids, by: id")),
    ("an unknown key", REST % ("", "requierd: true")),
    ("a boolean that is none", REST % ("", "required: maybe")),
    ("a status that is none", REST % ("", "pass: [200]")),
    ("a coding that is none", REST % ("compress: [bz2]", "")),
)
def test_what_it_refuses_as_the_reader_does(tmp_path, text):
    (tmp_path / "sheaf.yaml").write_text(text)
    assert run("check", "-c", "sheaf.yaml", cwd=tmp_path).returncode == 2
    assert schema_errors(SCHEMA, yaml_value(text)) != []
