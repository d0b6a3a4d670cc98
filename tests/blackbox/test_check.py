"""test_check.py - diagnostics of a configuration: where, and what would be right (CONTRACT 2)

In a table's text, the place that a diagnostic must name is the one behind the mark "<HERE>".
"""

import re
import subprocess

import pytest

from cases import table
from gateway import run

HEAD = """\
services:
  alpha: http://127.0.0.1:9001
"""

SOURCES = "    sources: {one: {get: \"alpha:/\"}}\n"

GOOD = HEAD + """\
endpoints:
  - path: /one/{id}
    query:
      flag: {}
    sources:
      one:
        get: alpha:/one/{id}
"""

_DIAGNOSTIC = re.compile(r"^(?P<file>[^:\n]+):(?P<line>\d+):(?P<column>\d+): error: (?P<what>.*)$")


class Diagnostic:
    def __init__(self, match, shown, caret):
        self.file, self.what = match["file"], match["what"]
        self.line, self.column = int(match["line"]), int(match["column"])
        self.shown, self.caret = shown, caret


def diagnostics(text):
    lines = text.split("\n")
    found = []
    for n, line in enumerate(lines):
        if match := _DIAGNOSTIC.match(line):
            found.append(Diagnostic(match, lines[n + 1], lines[n + 2]))
    return found


def check(folder, text, env=None, **files):
    """What check says of this text, and the place of its mark."""
    before, mark, after = text.partition("<HERE>")
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content, encoding="utf-8")
    (folder / "sheaf.yaml").write_text(before + after, encoding="utf-8")
    done = run("check", "-c", "sheaf.yaml", cwd=folder, env=env)
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return done, (line, column) if mark else None


def points_at(diagnostic, source):
    """Is the line shown as it is, and does the caret stand under the column?"""
    indent = diagnostic.shown.index(source) if source in diagnostic.shown else None
    assert indent is not None, f"{diagnostic.shown!r} does not show {source!r}"
    assert diagnostic.caret.index("^") == indent + diagnostic.column - 1


def endpoint(rest, path="/one/{id}"):
    return f"{HEAD}endpoints:\n  - path: {path}\n{rest}"


def source(rest, query=""):
    return endpoint(f"{query}    sources:\n      one:\n{rest}")


BAD = table(
    "text, words",
    ("an unknown key at the top suggests the nearest",
     "<HERE>lisen: 127.0.0.1:8080\n" + GOOD, ["lisen", "listen"]),
    ("an unknown key of a service suggests the nearest",
     "services:\n  alpha:\n    targets: [http://a:1]\n    <HERE>timeot: 1s\nendpoints: []\n",
     ["timeot", "timeout"]),
    ("an unknown key of an endpoint suggests the nearest",
     endpoint("    <HERE>timout: 1s\n" + SOURCES),
     ["timout", "timeout"]),
    ("an unknown key of a source suggests the nearest",
     source("        get: alpha:/\n        <HERE>requierd: true\n"), ["requierd", "required"]),
    ("an unknown key of a parameter suggests the nearest",
     source("        get: alpha:/\n", "    query:\n      q:\n        <HERE>patern: x\n"),
     ["patern", "pattern"]),
    ("an unknown bound suggests the nearest",
     "bounds:\n  <HERE>json_dept: 3\n" + GOOD, ["json_dept", "json_depth"]),
    ("a duration needs a unit that is one",
     endpoint("    timeout: <HERE>5 parsecs\n" + SOURCES), ["ms"]),
    ("a duration is not negative",
     endpoint("    timeout: <HERE>-1s\n" + SOURCES), []),
    ("a size needs a unit that is one",
     "bounds:\n  request_body: <HERE>12 loaves\n" + GOOD, ["KiB"]),
    ("a number beyond any machine is refused",
     "bounds:\n  request_body: <HERE>99999999999999999999MiB\n" + GOOD, []),
    ("a boolean is a boolean",
     source("        get: alpha:/\n        required: <HERE>maybe\n"), ["true"]),
    ("an unknown service is told", source("        get: <HERE>beta:/x\n"), ["beta"]),
    ("a target is a URL", "services:\n  alpha: <HERE>nonsense\nendpoints: []\n", ["http://"]),
    ("a target speaks HTTP", "services:\n  alpha: <HERE>ftp://a:1\nendpoints: []\n", ["http://"]),
    ("a port is below 65536", "services:\n  alpha: <HERE>http://a:70000\nendpoints: []\n", []),
    ("a service has a target", "services:\n  alpha:\n    targets: <HERE>[]\nendpoints: []\n", []),
    ("a listener has a port", "listen: <HERE>127.0.0.1\n" + GOOD, []),
    ("a pattern compiles, and is told where it does not",
     source("        get: alpha:/\n", "    query:\n      q:\n        pattern: \"[a-<HERE>\"\n"),
     ["]"]),
    ("a type is one of four",
     source("        get: alpha:/\n", "    query:\n      q:\n        type: <HERE>text\n"),
     ["string"]),
    ("a method is one that exists",
     endpoint("    method: <HERE>FETCH IT\n" + SOURCES), []),
    ("a path begins with a slash",
     HEAD + "endpoints:\n  - path: <HERE>one\n" + SOURCES, ["/"]),
    ("a path has no dot segments",
     HEAD + "endpoints:\n  - path: /a/<HERE>../b\n" + SOURCES, []),
    ("a key given twice is refused", GOOD + "<HERE>endpoints: []\n", ["endpoints"]),
    ("a name of a source has no dash",
     endpoint("    sources:\n      <HERE>one-two: {get: \"alpha:/\"}\n"), ["one-two"]),
    ("a name of a parameter has no dash",
     source("        get: alpha:/\n", "    query:\n      <HERE>a-b: {}\n"), ["a-b"]),
    ("a reserved name is refused",
     endpoint("    sources:\n      <HERE>errors: {get: \"alpha:/\"}\n"), ["errors"]),
    ("a source and a parameter share a name space",
     endpoint("    sources:\n      <HERE>id: {get: \"alpha:/\"}\n"), ["id"]),
    ("a list is no path", source("        get: <HERE>[a]\n"), []),
    ("a number is no list of endpoints", HEAD + "endpoints: <HERE>7\n", []),
    ("an unknown fallbak suggests fallback",
     source("        get: alpha:/\n        <HERE>fallbak: {}\n"), ["fallback"]),
)


@BAD
def test_a_bad_file_is_told_where_and_what_would_be_right(tmp_path, text, words):
    done, place = check(tmp_path, text)
    assert (done.returncode, done.stdout) == (2, "")
    told = [d for d in diagnostics(done.stderr) if (d.line, d.column) == place]
    assert told, f"nothing is told of {place}: {done.stderr}"
    assert told[0].file == "sheaf.yaml"
    for word in words:
        assert word in told[0].what
    points_at(told[0], text.replace("<HERE>", "").split("\n")[place[0] - 1])


TEMPLATES = table(
    "template, words",
    ("an unknown variable is told", "alpha:/{nobody}", ["nobody"]),
    ("so is an unknown source", "alpha:/{nobody.id}", ["nobody"]),
    ("an expression ends", "alpha:/{id", []),
    ("an expression begins", "alpha:/id}", []),
    ("an expression has a name", "alpha:/{}", []),
    ("reserved expansion is refused", "alpha:/{+id}", ["+"]),
    ("fragment expansion is refused", "alpha:/{#id}", ["#"]),
    ("a prefix is level 4", "alpha:/{id:3}", []),
    ("a path begins with a slash", "alpha:id", ["/"]),
    ("a call names a service", "/one", []),
)


@TEMPLATES
def test_a_bad_template_is_told_on_its_line(tmp_path, template, words):
    text = source(f"        get: \"<HERE>{template}\"\n")
    done, place = check(tmp_path, text)
    assert done.returncode == 2
    told = [d for d in diagnostics(done.stderr) if d.line == place[0]]
    assert told, done.stderr
    for word in words:
        assert word in told[0].what


def test_a_template_without_quotes_says_quote_it(tmp_path):
    text = endpoint("    sources:\n      two: {get: \"alpha:/\"}\n      one:\n"
                    "        get: <HERE>{two.id}\n")
    done, place = check(tmp_path, text)
    told = [d for d in diagnostics(done.stderr) if d.line == place[0]]
    assert done.returncode == 2 and "quote" in told[0].what


@table(
    "names",
    ("a source that needs itself", ["one"]),
    ("two that need each other", ["one", "two"]),
    ("three in a ring", ["one", "two", "three"]),
)
def test_a_cycle_of_sources_is_refused(tmp_path, names):
    needed = names[1:] + names[:1]
    sources = [f"      {name}: {{get: \"alpha:/{{{need}.id}}\"}}\n"
               for name, need in zip(names, needed)]
    done, _ = check(tmp_path, endpoint("    sources:\n" + "".join(sources)))
    assert done.returncode == 2
    assert any("cycle" in d.what for d in diagnostics(done.stderr)), done.stderr


def two_endpoints(first, second, method="GET"):
    return (f"{HEAD}endpoints:\n  - path: {first}\n{SOURCES}"
            f"  - path: {second}\n    method: {method}\n{SOURCES}")


@table(
    "first, second, method, code",
    ("the same path twice cannot be told apart", "/a", "/a", "GET", 2),
    ("two parameters at one place neither", "/a/{x}", "/a/{y}", "GET", 2),
    ("two tails neither", "/a/*", "/a/*", "GET", 2),
    ("nor HEAD and the GET that answers it", "/a", "/a", "HEAD", 2),
    ("a literal beats a parameter", "/a/{x}", "/a/b", "GET", 0),
    ("a parameter beats a tail", "/a/*", "/a/{x}", "GET", 0),
    ("a literal beats a tail", "/a/*", "/a/b", "GET", 0),
    ("another method is another endpoint", "/a", "/a", "POST", 0),
    ("a trailing slash is another path", "/a", "/a/", "GET", 0),
    ("another length is another path", "/a/{x}", "/a/{x}/{y}", "GET", 0),
)
def test_two_endpoints_that_could_match_the_same_request(tmp_path, first, second, method, code):
    done, _ = check(tmp_path, two_endpoints(first, second, method))
    assert done.returncode == code, done.stderr + done.stdout


def test_all_errors_of_a_file_are_told_in_order(tmp_path):
    text = ("lisen: 127.0.0.1:8080\n" + HEAD + "endpoints:\n"
            "  - path: /one\n    timeout: soon\n    sources:\n"
            "      one: {get: \"beta:/\"}\n"
            "      two: {get: \"alpha:/{nobody}\", requierd: yes}\n")
    done, _ = check(tmp_path, text)
    told = [d.line for d in diagnostics(done.stderr)]
    assert told == sorted(told)
    assert set(told) == {1, 6, 8, 9} and told.count(9) >= 2, done.stderr


def test_a_syntax_error_ends_the_reading(tmp_path):
    done, _ = check(tmp_path, "lisen: 1\nservices: {alpha: [\nendpoints: ]}\n")
    assert done.returncode == 2
    told = diagnostics(done.stderr)
    assert len(told) == 1 and told[0].line in (2, 3)


def test_columns_count_characters(tmp_path):
    done, place = check(tmp_path, "log: {file: größe-日本.log, <HERE>lvel: info}\n" + GOOD)
    told = diagnostics(done.stderr)
    assert [(d.line, d.column) for d in told] == [place]
    points_at(told[0], "log: {file: größe-日本.log, lvel: info}")


@table(
    "text, what",
    ("services", "endpoints: []\n", "services"),
    ("endpoints", HEAD, "endpoints"),
    ("sources of an endpoint", f"{HEAD}endpoints:\n  - path: /a\n", "sources"),
    ("a path of an endpoint", f"{HEAD}endpoints:\n  - {SOURCES.strip()}\n", "path"),
    ("a call of a source", source("        required: true\n"), "get"),
)
def test_what_has_no_default_is_due(tmp_path, text, what):
    done, _ = check(tmp_path, text)
    assert done.returncode == 2
    assert any(what in d.what for d in diagnostics(done.stderr)), done.stderr


@pytest.mark.parametrize("text", ["", "# only a comment\n", "[]\n", "7\n", "\0\n", "{\n"],
                         ids=["nothing", "a comment", "a list", "a number", "a NUL", "half a map"])
def test_what_is_no_configuration_is_refused(tmp_path, text):
    done, _ = check(tmp_path, text)
    assert done.returncode == 2
    assert "sheaf.yaml" in done.stderr


@table(
    "word, code",
    *[(f"{word} is a boolean", word, 0) for word in "true false on off yes no".split()],
    ("1 is none", "1", 2),
    ("a string is none", "\"sure\"", 2),
)
def test_where_a_boolean_is_due(tmp_path, word, code):
    done, _ = check(tmp_path, source(f"        get: alpha:/\n        required: {word}\n"))
    assert done.returncode == code, done.stderr


@table(
    "value, code",
    ("300ms", "300ms", 0), ("2s", "2s", 0), ("5m", "5m", 0),
    ("a number without a unit is none", "300", 2),
    ("nor is a size", "3KiB", 2),
    ("nor nothing", "\"\"", 2),
)
def test_durations(tmp_path, value, code):
    done, _ = check(tmp_path, endpoint(f"    timeout: {value}\n{SOURCES}"))
    assert done.returncode == code, done.stderr


@table(
    "value, code",
    ("64KiB", "64KiB", 0), ("8MiB", "8MiB", 0),
    ("a duration is none", "8s", 2),
    ("nor is a negative one", "-8MiB", 2),
)
def test_sizes(tmp_path, value, code):
    done, _ = check(tmp_path, f"bounds: {{response_body: {value}}}\n{GOOD}")
    assert done.returncode == code, done.stderr


ONE = """\
endpoints: [{path: /one, sources: {one: {get: "alpha:/"}}}]
"""
SERVICE = "services: {alpha: {targets: [\"https://h:1\"], tls: {%s}}}\n" + ONE
LISTENER = "listen: {address: \"127.0.0.1:0\", tls: {%s}}\nservices: {alpha: \"http://h:1\"}\n" + ONE
ISSUER = ("auth: {p: {jwt: {issuer: a, audience: b, jwks: \"https://h/k\", ca: %s}}}\n"
          "services: {alpha: \"http://h:1\"}\n" + ONE)


class TestFilesOfTLS:
    @pytest.fixture
    def folder(self, tmp_path, authority):
        cert, key = authority.issue("check-files")
        _, other = authority.issue("check-other")
        for name, file in (("c", cert), ("k", key), ("other", other), ("ca", authority.ca)):
            (tmp_path / f"{name}.pem").write_bytes(file.read_bytes())
        (tmp_path / "broken.pem").write_text("nothing\n")
        return tmp_path

    @table(
        "text, file, words",
        ("a listener's certificate", LISTENER % "cert: <HERE>no.pem, key: k.pem", "no.pem",
         "No such file or directory; give a certificate with its chain, in PEM"),
        ("one that is none", LISTENER % "cert: <HERE>broken.pem, key: k.pem", "broken.pem", "chain, in PEM"),
        ("a key", LISTENER % "cert: c.pem, key: <HERE>no.pem", "no.pem",
         "No such file or directory; give the private key of the certificate, in PEM"),
        ("one that is none", LISTENER % "cert: c.pem, key: <HERE>c.pem", "c.pem", "; give the private key"),
        ("another's key", LISTENER % "cert: c.pem, key: <HERE>other.pem", "other.pem", "key values mismatch; "),
        ("the admin listener's", (LISTENER % "cert: <HERE>no.pem, key: k.pem").replace("listen", "admin"),
         "no.pem", "No such file"),
        ("a service's authorities", SERVICE % "ca: <HERE>no.pem", "no.pem",
         "No such file or directory; give certificates of authorities, in PEM"),
        ("a service's certificate", SERVICE % "ca: ca.pem, cert: <HERE>no.pem, key: k.pem", "no.pem",
         "No such file"),
        ("a service's key", SERVICE % "cert: c.pem, key: <HERE>broken.pem", "broken.pem", "; give the private"),
        ("who gives tokens for a service",
         (SERVICE % "ca: <HERE>no.pem").replace(
             '"https://h:1"]', '"http://h:1"], credentials: {oauth2: {token_url: "https://h/t", '
             'client_id: a, client_secret: "${PATH}"}}'), "no.pem", "No such file"),
        ("by default", ("defaults: {service: {tls: {ca: <HERE>no.pem}}}\n" + SERVICE % "").replace(
            ", tls: {}", ""), "no.pem", "No such file"),
        ("an issuer's", ISSUER % "<HERE>broken.pem", "broken.pem", "; give certificates of authorities"),
        ("a store's", "cache: {store: \"rediss://h:1\", store_tls: {ca: <HERE>no.pem}}\n" + SERVICE % "ca: ca.pem",
         "no.pem", "No such file"),
        ("a collector's", "traces: {otlp: \"https://h/v1/traces\", tls: {ca: <HERE>no.pem}}\n"
         + SERVICE % "ca: ca.pem", "no.pem", "No such file"),
        ("of clients", LISTENER % "cert: c.pem, key: k.pem"
         + "auth: {p: {client_cert: {ca: <HERE>broken.pem}}}\n", "broken.pem", "; give certificates"),
    )
    def test_one_that_cannot_be_used_is_told(self, folder, text, file, words):
        done, place = check(folder, text)
        (told,) = diagnostics(done.stderr)
        assert done.returncode == 2 and (told.line, told.column) == place
        assert told.what.startswith(f"{file} ") and words in told.what
        points_at(told, text.replace("<HERE>", "").split("\n")[place[0] - 1])

    def test_a_key_of_another_type_is_anothers(self, folder):
        wish = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "other.pem"]
        subprocess.run(wish, check=True, capture_output=True)
        done, _ = check(folder, LISTENER % "cert: c.pem, key: other.pem")
        (told,) = diagnostics(done.stderr)
        assert told.what.startswith("other.pem") and "; give the private key" in told.what

    def test_all_of_them_are_told_beside_other_errors(self, folder):
        text = LISTENER % "cert: no.pem, key: broken.pem" + "typo: 1\n"
        done, _ = check(folder, text.replace("alpha:/", "beta:/"))
        assert [d.line for d in diagnostics(done.stderr)] == [1, 1, 3, 4]

    def test_they_are_looked_for_beside_the_file_that_names_them(self, folder):
        (folder / "parts").mkdir()
        (folder / "parts" / "one.yaml").write_text("services: {b: {targets: [\"https://h\"], tls: {ca: no.pem}}}\n")
        done, _ = check(folder, "include: parts/one.yaml\n" + SERVICE % "ca: ca.pem")
        (told,) = diagnostics(done.stderr)
        assert told.file == "parts/one.yaml" and told.what.startswith("parts/no.pem ")

    @table(
        "text",
        ("good ones", LISTENER % "cert: c.pem, key: k.pem"),
        ("good ones of a service", SERVICE % "ca: ca.pem, cert: c.pem, key: k.pem"),
        ("such as nobody uses", (SERVICE % "ca: no.pem").replace("https", "http")),
    )
    def test_nothing_is_told_of(self, folder, text):
        done, _ = check(folder, text)
        assert done.returncode == 0, done.stderr

    @pytest.mark.parametrize("command", ["types", "openapi"])
    def test_who_only_describes_needs_none(self, tmp_path, command):
        check(tmp_path, LISTENER % "cert: no.pem, key: no.pem")
        done = run(command, "-c", "sheaf.yaml", cwd=tmp_path)
        assert done.returncode == 0, done.stderr


class TestWhatIsJudgedInTheEnd:
    TEXT = """\
auth:
  partner: {api_keys: {file: keys.yaml}}
  customer: {jwt: {issuer: a, audience: b, jwks: jwks.json}}
services: {alpha: "http://h:1"}
defaults: {source: {jq: ".["}}
endpoints:
  - path: /one
    sources:
      one: {get: "alpha:/", requierd: true}
      two: {get: "alpha:/", jq: nobody}
      three: {get: "alpha:/", jq: .good}
"""

    def test_is_told_beside_other_errors_and_once(self, tmp_path):
        (tmp_path / "keys.yaml").write_text("- a\n")
        (tmp_path / "jwks.json").write_text("{}")
        done, _ = check(tmp_path, self.TEXT)
        told = diagnostics(done.stderr)
        assert done.returncode == 2
        assert [(d.line, d.column) for d in told] == [(2, 30), (3, 50), (5, 25), (9, 29), (10, 33)]
        assert "keys.yaml:1:1: " in told[0].what and "JSON Web Key Set" in told[1].what
        assert told[2].what.startswith("jq: ") and "'required'" in told[3].what
        assert told[4].what.startswith("jq: nobody/0 is not defined")

    def test_a_program_of_several_lines_is_told_in_the_line_that_is_wrong(self, tmp_path):
        done, _ = check(
            tmp_path,
            """\
services: {alpha: "http://h:1"}
endpoints:
  - path: /one
    sources:
      one:
        get: alpha:/
        jq: |
          # what nobody knows

          .a
          | nobody
      two:
        get: alpha:/
        jq: .a |
""",
        )
        told = diagnostics(done.stderr)
        assert [(d.line, d.column) for d in told] == [(11, 11), (14, 13)]

    @pytest.mark.parametrize("command", ["types", "openapi"])
    def test_who_only_describes_needs_no_keys_but_programs(self, tmp_path, command):
        check(tmp_path, self.TEXT.replace("requierd", "required"))
        done = run(command, "-c", "sheaf.yaml", cwd=tmp_path)
        assert done.returncode == 2
        assert [d.line for d in diagnostics(done.stderr)] == [5, 10]


class TestEnvironment:
    TEXT = "listen: ${PLACE_OF_SHEAF}\n" + GOOD

    def test_a_variable_is_replaced_inside_scalars(self, tmp_path):
        done, _ = check(tmp_path, self.TEXT, env={"PLACE_OF_SHEAF": "127.0.0.1:8080"})
        assert done.returncode == 0, done.stderr

    def test_an_unset_one_without_a_default_is_an_error(self, tmp_path):
        done, _ = check(tmp_path, self.TEXT)
        told = diagnostics(done.stderr)
        assert done.returncode == 2
        assert told[0].line == 1 and "PLACE_OF_SHEAF" in told[0].what

    def test_a_default_stands_in(self, tmp_path):
        text = self.TEXT.replace("SHEAF}", "SHEAF:-127.0.0.1:8080}")
        assert check(tmp_path, text)[0].returncode == 0

    def test_replacing_comes_after_parsing(self, tmp_path):
        env = {"PLACE_OF_SHEAF": "127.0.0.1:8080\nadmin: 127.0.0.1:1"}
        assert check(tmp_path, self.TEXT, env=env)[0].returncode == 2


class TestInclude:
    MAIN = "include: [part*.yaml]\n" + GOOD

    def test_services_and_endpoints_join(self, tmp_path):
        part = ("services: {beta: http://b:1}\n"
                "endpoints:\n  - {path: /two, sources: {two: {get: \"alpha:/\"}}}\n")
        done, _ = check(tmp_path, self.MAIN.replace("alpha:/one", "beta:/one"), part1=part)
        assert done.returncode == 0, done.stderr

    def test_an_error_names_the_included_file(self, tmp_path):
        done, _ = check(tmp_path, self.MAIN, part1="\nendpionts: []\n")
        told = diagnostics(done.stderr)
        assert done.returncode == 2
        assert [(d.file, d.line, d.column) for d in told] == [("part1.yaml", 2, 1)]

    def test_a_name_given_twice_shows_both_places(self, tmp_path):
        done, _ = check(tmp_path, self.MAIN, part1="services:\n  alpha: http://b:1\n")
        assert done.returncode == 2
        assert "part1.yaml:2:3" in done.stderr and "sheaf.yaml:3:3" in done.stderr


class TestDefaults:
    def test_defaults_hold_for_what_does_not_say_otherwise(self, tmp_path):
        text = "defaults: {source: {timeout: 300ms}, endpoint: {timeout: 1s}}\n" + GOOD
        assert check(tmp_path, text)[0].returncode == 0

    def test_an_unknown_default_is_told(self, tmp_path):
        done, place = check(tmp_path, "defaults: {source: {<HERE>timeot: 300ms}}\n" + GOOD)
        assert [(d.line, d.column) for d in diagnostics(done.stderr)] == [place]

    def test_sources_may_be_a_list(self, tmp_path):
        text = endpoint("    sources:\n      - {name: one, get: \"alpha:/{id}\"}\n"
                        "      - {name: two, get: \"alpha:/{one.id}\"}\n")
        done, _ = check(tmp_path, text)
        assert done.returncode == 0, done.stderr
