"""test_manual.py - the manual pages tell of every command and option, are well made, and installed

That sheaf.yaml(5) tells of every option of the configuration is held by the unit test of the pages
that are made from the options.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway import ROOT, SHEAF, run

PAGES = [ROOT / "docs" / "man" / name for name in ("sheaf.1", "sheaf.yaml.5")]
BUILD = Path(SHEAF).parent


def help_of(*words):
    done = run(*words, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


COMMANDS = re.findall(r"^  sheaf (\w+) ", help_of(), re.MULTILINE)


def plain(page):
    """The text of a page without requests and changes of font."""
    text = re.sub(r"\\f[BIR]", "", page.read_text()).replace("\\-", "-")
    return re.sub(r"^\.(\w+) ?", "", text, flags=re.MULTILINE)


class TestTheProgramsPage:
    def test_there_are_commands(self):
        assert {"run", "check", "explain", "demo"} <= set(COMMANDS)

    @pytest.mark.parametrize("command", COMMANDS)
    def test_tells_of_each_command_and_its_options(self, command):
        synopsis, told = plain(PAGES[0]).split("DESCRIPTION\n")
        assert f"sheaf {command}" in synopsis
        assert re.search(rf"^{command}$", told, re.MULTILINE)
        for option in re.findall(r"(?<!\w)--?[a-z]+", help_of(command)):
            assert re.search(rf"^{option}\b", told, re.MULTILINE), option

    def test_tells_of_the_options_without_a_command(self):
        for option in re.findall(r"--[a-z]+", help_of()):
            assert re.search(rf"^{option}\b", plain(PAGES[0]), re.MULTILINE), option

    def test_tells_each_exit_code(self):
        told = plain(PAGES[0]).split("EXIT STATUS\n")[1]
        assert re.findall(r"^(\d)$", told, re.MULTILINE) == ["0", "1", "2"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
class TestEachPage:
    def test_is_of_this_version(self, page):
        assert f'"{run("--version").stdout.strip()}"' in page.read_text()

    @pytest.mark.parametrize("lint", (["mandoc", "-T", "lint", "-W", "warning"],
                                      ["man", "--warnings", "-E", "UTF-8", "-l"]), ids=lambda l: l[0])
    def test_is_well_made(self, page, lint):
        if not shutil.which(lint[0]):
            pytest.skip(f"there is no {lint[0]} here")
        done = subprocess.run([*lint, page], capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stderr) == (0, "")
        assert lint[0] == "man" or done.stdout == ""


def test_program_pages_and_examples_are_installed():
    if not shutil.which("meson") or not (BUILD / "meson-info").is_dir():
        pytest.skip("the program does not stand in its build directory, or there is no meson")
    done = subprocess.run(["meson", "introspect", "--installed", BUILD], capture_output=True,
                          text=True, check=True, timeout=60)
    installed = json.loads(done.stdout)
    places = {Path(source).name: place for source, place in installed.items()}
    assert places["sheaf"].endswith("/bin/sheaf")
    assert re.search(r"/man/man1/sheaf\.1$", places["sheaf.1"])
    assert re.search(r"/man/man5/sheaf\.yaml\.5$", places["sheaf.yaml.5"])
    assert places["examples"].endswith("/doc/sheaf/examples")
