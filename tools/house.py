"""house.py - what the tools share: the files, their code without comments, reports, sanitizers"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

COMMENT_OR_TEXT = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)

# What a program built with sanitizers is told wherever it runs: the first complaint ends it.
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:exitcode=86",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1:exitcode=86",
    "TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:exitcode=86:suppressions={ROOT}/tests/tsan.suppressions",
}

_n_reported = 0


def files(patterns, words=None):
    """The project's files under these globs; only those named in words, where any are."""
    wanted = {pathlib.Path(w).resolve() for w in (sys.argv[1:] if words is None else words)}
    found = sorted({p for pattern in patterns for p in ROOT.glob(pattern) if p.is_file()})
    return [p for p in found if not wanted or p.resolve() in wanted]


def name_of(path):
    return str(path.relative_to(ROOT))


def code_of(text):
    """The text with comments blanked and strings emptied; lines and columns stay."""

    def blank(match):
        found = match.group(0)
        hidden = re.sub(r"[^\n]", " ", found)
        return found[0] + hidden[1:-1] + found[-1] if found[0] in "\"'" else hidden

    return COMMENT_OR_TEXT.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def functions(paths, kinds="f"):
    """(path, name, first line, last line, is static) of each function defined there, by ctags;
    with kinds "fp" also of those declared."""
    if not paths:
        return
    # A macro that stands for "static inline ..." hides the word from ctags.
    text = "\n".join(header.read_text() for header in ROOT.glob("src/**/*.h"))
    macros = re.findall(r"^#\s*define\s+(\w+)[ \t\\\n]+(?=static\b)", text, re.MULTILINE)
    run = subprocess.run(
        ["ctags", "--languages=C", "--langmap=C:.c.h", f"--kinds-C={kinds}", "--fields=nef",
         "-D_Alignas(n)=", *(f"-D{macro}=static" for macro in macros), "-o", "-", "-L", "-"],
        input="\n".join(map(str, paths)), capture_output=True, text=True, check=True,
    )
    for row in run.stdout.splitlines():
        if row.startswith("!"):
            continue
        name, path, rest = row.split("\t", 2)
        fields = dict(re.findall(r'\t(line|end|file):(\S*)', "\t" + rest))
        first = int(fields["line"])
        yield pathlib.Path(path), name, first, int(fields.get("end", first)), "file" in fields


def report(path, line, message):
    global _n_reported
    _n_reported += 1
    print(f"{name_of(path)}:{line}: {message}")


def finish():
    sys.exit(1 if _n_reported else 0)
