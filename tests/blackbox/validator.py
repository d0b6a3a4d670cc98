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
for line in sys.stdin:
    schema, value = json.loads(line)
    Draft202012Validator.check_schema(schema)
    errors = [f"{error.json_path}: {error.message}" for error in
              Draft202012Validator(schema).iter_errors(value)]
    print(json.dumps(errors), flush=True)
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
def judge():
    """A process that judges one value a line, as long as the tests run."""
    python = needed_python("jsonschema", "python3-jsonschema")
    return subprocess.Popen([python, "-c", JUDGE], text=True, stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE)


def schema_errors(schema, value):
    """What is wrong with the value, as a list of sentences (JSON Schema 2020-12)."""
    process = judge()
    process.stdin.write(json.dumps([schema, value]) + "\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


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
