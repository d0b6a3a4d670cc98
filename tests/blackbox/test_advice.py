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
POST = "    method: POST\n"


def query(row):
    return f"    query:\n      {row}\n"


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
    ("a service's timeout above the endpoint's",
     HEAD + PAIR.replace("alpha", "beta", 1), "s0 (3000 ms) may take longer"),
    ("services' timeouts above the endpoint's are told together",
     HEAD + PAIR.replace("alpha", "beta"), "s0 (3000 ms), s1 (3000 ms) may take longer"),
    ("two unsafe calls", HEAD + POST + PAIR.replace("get", "post"), "changes something in 2 calls"),
    ("a list of any texts", at("ids", HEAD + query("ids: {list: true}") + PAIR),
     "ids is a list of anything at all; bound its elements by a `pattern`"),
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
    ("twelve sources", HEAD + many(12)),
    ("a chain of three", HEAD + chain(3)),
    ("a source's timeout that is its endpoint's", HEAD + PAIR.replace("}", ", timeout: 2s}", 1)),
    ("a service's long timeout that the source shortens",
     HEAD + PAIR.replace("alpha", "beta").replace("}", ", timeout: 1s}")),
    ("one unsafe call", HEAD + POST + PAIR.replace("get", "post", 1)),
    ("a list with a pattern", HEAD + query('ids: {list: true, pattern: "[0-9]+"}') + PAIR),
    ("a list with an enum", HEAD + query("ids: {list: true, enum: [a, b]}") + PAIR),
    ("a list of bounded numbers", HEAD + query("ids: {list: true, type: integer, max: 9}") + PAIR),
    ("a list of booleans", HEAD + query("ids: {list: true, type: boolean}") + PAIR),
    ("a parameter that is no list", HEAD + query("id: {}") + PAIR),
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
