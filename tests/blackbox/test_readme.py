"""test_readme.py - what README tells a newcomer to write and to type is true"""

import re
import shlex

import pytest

from behaviour import answer, silent
from gateway import ROOT, run, wait_for

README = (ROOT / "README.md").read_text()
CONFIGS = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
OWN = CONFIGS[1]
URL = re.compile(r"curl 'http://127\.0\.0\.1:8000([^']*)'")


def marked(text):
    text = text.replace("127.0.0.1:8000", "@listen@")
    return re.sub(r"127\.0\.0\.1:(900\d)", r"@s\1@", text)


@pytest.mark.parametrize("number", range(len(CONFIGS)))
class TestEachConfiguration:
    def test_is_good_and_nothing_in_it_is_unwise(self, number, tmp_path):
        (tmp_path / "sheaf.yaml").write_text(CONFIGS[number])
        done = run("check", "--advice", "-c", "sheaf.yaml", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "") and "advice" not in done.stdout

    def test_answers_what_is_typed_next(self, number, start):
        gateway = start(marked(CONFIGS[number]))
        for service in gateway.services.values():
            service.otherwise = answer({"id": "1042", "seller": {"id": "s-77"}, "items": [{"id": "1043"}]})
        target = URL.findall(README)[number]
        got = gateway.get(target)
        assert got.status == 200 and got.is_complete()
        assert list(got.json())[0] == "product"


def test_the_answer_with_late_reviews_has_the_members_that_are_shown(start):
    gateway = start(marked(CONFIGS[0]))
    gateway["s9004"].otherwise = silent()
    got = gateway.get(URL.findall(README)[0])
    shown = re.search(r"\$ curl '[^\n]*\n(\{.*?\})\n```", README, re.DOTALL)[1]
    assert list(got.json()) == re.findall(r'"(product|inventory|reviews|errors)":', shown)
    assert got.json()["errors"][0]["message"] in shown
    assert got["sheaf-complete"] == "?0"


def test_the_mistake_is_told_as_shown(tmp_path):
    (tmp_path / "shop.yaml").write_text(OWN.replace("get: catalog:", "get: catlog:"))
    done = run("check", "-c", "shop.yaml", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr in README.replace("```\n", "")


def test_a_port_where_nobody_listens_is_a_failure_after_sighup(start):
    gateway = start(marked(OWN))
    for service in gateway.services.values():
        service.otherwise = answer({"id": "1042", "seller": {"id": "s-77"}})
    gateway.reload(marked(OWN).replace("@s9004@", "127.0.0.1:1"))
    wait_for(lambda: gateway.get("/page/1").failures() == [("reviews", "unreachable")])


def test_pictures_are_there_and_small():
    pictures = re.findall(r'(?:src|srcset)="([^"]*)"', README)
    assert len(pictures) == 2
    for name in pictures:
        assert (ROOT / name).stat().st_size < 300_000


def test_commands_that_are_typed_exist():
    typed = re.findall(r"^build/sheaf ([^#\n]*)", README, re.MULTILINE)
    assert {shlex.split(line)[0] for line in typed} >= {"check", "explain", "run"}
    for line in typed:
        assert run(shlex.split(line)[0], "--help").returncode == 0
