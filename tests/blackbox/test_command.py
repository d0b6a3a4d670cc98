"""test_command.py - the command line: exit codes, what goes where (CONTRACT 2)"""

import signal
import socket
import subprocess

import pytest

from cases import table
from gateway import SHEAF, run, wait_for

pytestmark = pytest.mark.essential

GOOD = """
listen: @listen@
services:
  alpha: http://@alpha@
endpoints:
  - path: /one
    sources:
      one:
        get: alpha:/one
"""


@table(
    "words, code, out, err",
    ("--version names the program and a version", ["--version"], 0, "sheaf ", ""),
    ("--help lists the commands", ["--help"], 0, "check", ""),
    ("run has a help of its own", ["run", "--help"], 0, "sheaf run", ""),
    ("check has a help of its own", ["check", "--help"], 0, "sheaf check", ""),
    ("explain has a help of its own", ["explain", "--help"], 0, "sheaf explain", ""),
    ("demo has a help of its own", ["demo", "--help"], 0, "usage: sheaf demo\n", ""),
    ("no command is bad usage", [], 2, "", "usage"),
    ("an unknown command is bad usage", ["serve"], 2, "", "serve"),
    ("an unknown option is bad usage", ["--verbos"], 2, "", "--verbos"),
    ("an unknown option of a command is bad usage", ["run", "--fast"], 2, "", "--fast"),
    ("-c without a file is bad usage", ["run", "-c"], 2, "", "sheaf: -c needs a FILE\n"),
    ("so is an option without its value", ["explain", "--view"], 2, "", "sheaf: --view needs a VIEW\n"),
    ("a file given twice is bad usage", ["check", "-c", "a", "-c", "b"], 2, "", "sheaf: -c is given twice\n"),
    ("so is a switch", ["check", "--advice", "--advice"], 2, "", "sheaf: --advice is given twice\n"),
    ("a word too many is bad usage", ["demo", "now"], 2, "",
     "sheaf: now is not understood\nusage: sheaf demo\n"),
    ("run needs a configuration", ["run"], 2, "", "-c"),
    ("check needs a configuration", ["check"], 2, "", "-c"),
    ("a file that is not there is a bad configuration", ["run", "-c", "no.yaml"], 2, "", "no.yaml"),
    ("so it is for check", ["check", "-c", "no.yaml"], 2, "", "no.yaml"),
    ("a folder is no configuration", ["check", "-c", "."], 2, "", "."),
)
def test_exit_codes(tmp_path, words, code, out, err):
    done = run(*words, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert out in done.stdout and err in done.stderr
    assert (done.stdout == "") == (out == ""), "results go to stdout, errors to stderr"
    assert (done.stderr == "") == (err == "")


def write(folder, text):
    (folder / "sheaf.yaml").write_text(text)
    return folder / "sheaf.yaml"


def test_check_of_a_good_file_is_one_line_and_exit_0(tmp_path):
    file = write(tmp_path, GOOD.replace("@listen@", "127.0.0.1:8080").replace("@alpha@", "a:1"))
    done = run("check", "-c", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1 and done.stdout.endswith("\n")


@pytest.mark.parametrize("words", [
    ["check", "-c", "sheaf.yaml"], ["check", "-c", "sheaf.yaml", "--advice"],
    ["explain", "-c", "sheaf.yaml"], ["types", "-c", "sheaf.yaml"], ["openapi", "-c", "sheaf.yaml"],
    ["--version"], ["--help"], ["check", "--help"],
], ids=" ".join)
def test_what_cannot_be_said_is_a_failure_at_run_time(tmp_path, words):
    write(tmp_path, GOOD.replace("@listen@", "127.0.0.1:8080").replace("@alpha@", "a:1"))
    with open("/dev/full", "wb") as full:
        done = subprocess.run([SHEAF, *words], stdout=full, stderr=subprocess.PIPE, cwd=tmp_path,
                              timeout=20, check=False)
    told = b"sheaf: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def test_explain_tells_each_endpoints_plan(tmp_path):
    file = write(tmp_path, GOOD.replace("@listen@", "127.0.0.1:8080").replace("@alpha@", "a:1"))
    for words in (["explain", "-c", file], ["explain", "-c", file, "/one"]):
        done = run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert "/one" in done.stdout and "alpha" in done.stdout


@pytest.mark.parametrize("command", ["run", "check", "explain"])
def test_a_bad_file_is_exit_2_and_diagnostics_on_stderr(tmp_path, command):
    done = run(command, "-c", write(tmp_path, "services: {}\nendpoints: 7\n"))
    assert (done.returncode, done.stdout) == (2, "")
    assert ": error: " in done.stderr


def test_an_address_in_use_fails_at_run_time(tmp_path, start):
    gateway = start(GOOD)
    done = run("run", "-c", gateway.config)
    assert done.returncode == 1
    assert gateway.address in done.stderr and "in use" in done.stderr


def test_an_address_in_use_by_another_program_fails_too(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = "127.0.0.1:%d" % other.getsockname()[1]
        file = write(tmp_path, GOOD.replace("@listen@", address).replace("@alpha@", "a:1"))
        done = run("run", "-c", file)
    assert done.returncode == 1
    assert address in done.stderr


def test_an_admin_address_in_use_fails_too(tmp_path, start):
    gateway = start(GOOD)
    config = GOOD.replace("@listen@", "127.0.0.1:1").replace("@alpha@", "a:1")
    config = config.replace("listen: 127.0.0.1:1", f"listen: unix:{tmp_path}/s")
    done = run("run", "-c", write(tmp_path, f"admin: {gateway.address}\n{config}"))
    assert done.returncode == 1
    assert gateway.address in done.stderr


def test_a_unix_socket_in_use_fails_too(tmp_path):
    place = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(place))
        other.listen()
        config = GOOD.replace("@listen@", f"unix:{place}").replace("@alpha@", "a:1")
        assert run("run", "-c", write(tmp_path, config)).returncode == 1


def test_a_unix_socket_left_by_a_dead_process_is_taken_over(tmp_path, start):
    place = f"unix:{tmp_path}/s"
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(f"{tmp_path}/s")
    dead.close()
    gateway = start(GOOD, listen=place)
    assert gateway.get("/one").status == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_it_ends_well_by(start, number):
    gateway = start(GOOD)
    gateway.signal(number)
    assert gateway.ended() == 0


def test_a_log_that_cannot_be_opened_is_told(tmp_path):
    config = GOOD.replace("@listen@", f"unix:{tmp_path}/s").replace("@alpha@", "a:1")
    done = run("run", "-c", write(tmp_path, f"log: {{file: {tmp_path}/no/where.log}}\n{config}"))
    assert done.returncode == 1
    assert "where.log" in done.stderr


class TestWhatItTellsOfItself:
    def test_where_it_serves_and_what_it_reloads(self, start):
        gateway = start(GOOD)
        wait_for(lambda: gateway.stderr() == f"sheaf: serving on {gateway.address}\n")
        gateway.reload(GOOD)
        wait_for(lambda: "reloaded" in gateway.stderr())

    def test_is_less_at_a_lower_level(self, start):
        gateway = start("log: {level: warn}\n" + GOOD)
        gateway.reload("log: {level: warn}\n" + GOOD.replace("@listen@", "127.0.0.1:1"))
        wait_for(lambda: "listen changed" in gateway.stderr())
        gateway.stop()
        assert "serving" not in gateway.stderr() and "reloaded" not in gateway.stderr()
