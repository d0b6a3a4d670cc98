"""validator.py - public validators of what the program describes, where this machine has them

They may belong to another Python than the one that runs the tests: each is asked as a program.
"""

import functools
import json
import os
import shutil
import subprocess
import sys

import pytest

from gateway import ROOT

JUDGE = """
import json, sys
from jsonschema import Draft202012Validator
checked = {}
for line in sys.stdin:
    schema, value = json.loads(line)
    text = json.dumps(schema)
    if text not in checked:
        Draft202012Validator.check_schema(schema)
        checked[text] = Draft202012Validator(schema)
    errors = [f"{error.json_path}: {error.message}" for error in checked[text].iter_errors(value)]
    print(json.dumps(errors), flush=True)
"""

# Scalars as YAML 1.2's core schema has them; PyYAML's own are those of 1.1, where `no` is false.
READ_YAML = r"""
import json, re, sys, yaml
class Core(yaml.SafeLoader):
    yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", "[-+]?[0-9]+", "-+0123456789"),
    ("float", r"[-+]?([.][0-9]+|[0-9]+([.][0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
):
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
for line in sys.stdin:
    print(json.dumps(yaml.load(json.loads(line), Core)), flush=True)
"""

READ_ALL = """
import json, sys
import openapi_spec_validator as them
validate = getattr(them, "validate", None) or them.validate_spec
for name in sys.argv[1:]:
    try:
        validate(json.load(open(name)))
    except Exception as error:
        print(name, error)
"""


@functools.cache
def python_with(module):
    for python in (sys.executable, shutil.which("python3"), "/usr/bin/python3"):
        if python and subprocess.run([python, "-c", f"import {module}"], check=False,
                                     capture_output=True).returncode == 0:
            return python
    return None


def needed_python(module, package):
    python = python_with(module)
    if not python:
        pytest.skip(f"no {module} here; Debian has it in {package}")
    return python


def openapi_errors(*files):
    """What the public validator of OpenAPI says of documents; empty where they are good."""
    python = needed_python("openapi_spec_validator", "python3-openapi-spec-validator")
    done = subprocess.run([python, "-c", READ_ALL, *map(str, files)], text=True,
                          capture_output=True, timeout=60, check=True)
    return done.stdout


@functools.cache
def helper(program, module, package):
    """A process that answers one line with another, as long as the tests run."""
    python = needed_python(module, package)
    return subprocess.Popen([python, "-c", program], text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)


def ask(process, question):
    process.stdin.write(json.dumps(question) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def schema_errors(schema, value):
    """What is wrong with the value, as a list of sentences (JSON Schema 2020-12)."""
    return ask(helper(JUDGE, "jsonschema", "python3-jsonschema"), [schema, value])


def yaml_value(text):
    """What YAML 1.2 says that the text is, as JSON has it."""
    return ask(helper(READ_YAML, "yaml", "python3-yaml"), text)


def compile_types(folder, *files):
    """What tsc --strict says of the files; empty where they compile."""
    tsc = ROOT / "web" / "node_modules" / ".bin" / "tsc"
    if not tsc.exists():
        pytest.skip("no TypeScript here; `tools/test web` or `npm ci` in web/ brings it")
    done = subprocess.run([tsc, "--strict", "--noEmit", "--target", "es2022", "--module", "esnext",
                           "--moduleResolution", "bundler", *files], cwd=folder,
                          text=True, capture_output=True, timeout=120, check=False,
                          env={**os.environ, "NODE_OPTIONS": ""})
    return "" if done.returncode == 0 else done.stdout + done.stderr


def same_as_golden(text, file):
    """Is it what the file has? SHEAF_WRITE_GOLDEN=1 writes the file anew."""
    if os.environ.get("SHEAF_WRITE_GOLDEN"):
        file.write_text(text)
    return text == file.read_text()
