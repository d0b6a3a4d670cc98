"""mutants.py - one small change of a C source at a time: where, and to what

Comments, texts and the preprocessor's lines are left alone. A mutant need not compile.
"""
import collections
import re

TOKEN = re.compile(
    r"""(?P<passed>//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^[ \t]*\#(?:\\.|[^\\\n])*)"""
    r"|(?P<name>[A-Za-z_]\w*)|(?P<number>\d[\w.]*)"
    r"|(?P<sign>->|<<=|>>=|\+\+|--|<<|>>|&&|\|\||[-+*/%&|^<>=!]=|[-+*/%&|^~!<>=?:;,.(){}\[\]])",
    re.DOTALL | re.MULTILINE,
)
SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "&&": "||", "||": "&&",
    "+": "-", "-": "+", "+=": "-=", "-=": "+=", "++": "--", "--": "++",
    "0": "1", "1": "0", "true": "false", "false": "true", "?": "== 0 ?",
}
VALUE_ENDS = {"name", "number"}
NO_VALUES = {"return", "case", "else", "sizeof"}  # behind which a sign has one side only

# The text from `begin` to `end` becomes `to`; `text` is its line, `above` the one before it.
Mutant = collections.namedtuple("Mutant", "path line begin end to what text above")
Token = collections.namedtuple("Token", "kind text begin end")


def tokens_of(code):
    found = (Token(m.lastgroup, m.group(), m.start(), m.end()) for m in TOKEN.finditer(code))
    return [token for token in found if token.kind != "passed"]


def has_left_side(tokens, i):
    before = tokens[i - 1]
    return (before.kind in VALUE_ENDS and before.text not in NO_VALUES) or before.text in (")", "]")


def closing(tokens, i):
    """The index of what closes the parenthesis at i."""
    depth = 0
    for n in range(i, len(tokens)):
        depth += {"(": 1, ")": -1}.get(tokens[n].text, 0)
        if depth == 0:
            return n
    raise ValueError("a parenthesis without an end")


def swaps(tokens, i):
    token = tokens[i]
    number = re.fullmatch(r"([01])(U?L*)", token.text)
    key = number[1] if number else token.text
    is_one_sided = key in ("+", "-") and not has_left_side(tokens, i)
    if key in SWAPS and not is_one_sided:
        to = SWAPS[key] + (number[2] if number else "")
        yield token.begin, token.end, to, f"{token.text} becomes {to}"


def negations(tokens, i, code):
    if tokens[i].text not in ("if", "while"):
        return
    begin, end = tokens[i + 1].begin, tokens[closing(tokens, i + 1)].end
    condition = code[begin:end]
    if len(re.findall(r"[=!]=", condition)) == 1 and not re.search(r"&&|\|\|", condition):
        return  # the same as the other comparison
    yield begin, end, f"(!{condition})", f"{tokens[i].text} becomes {tokens[i].text} not"


def removals(tokens, i, depth):
    """A return that is not its function's last statement."""
    if tokens[i].text != "return":
        return
    end = next(n for n in range(i, len(tokens)) if tokens[n].text == ";")
    if depth > 1 or tokens[end + 1].text != "}":
        yield tokens[i].begin, tokens[end].end, ";", "no return"


def mutants_of(path, code):
    tokens = tokens_of(code)
    lines = ["", *map(str.strip, code.splitlines())]
    depth = 0
    for i, token in enumerate(tokens):
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        for begin, end, to, what in (*swaps(tokens, i), *negations(tokens, i, code), *removals(tokens, i, depth)):
            line = code.count("\n", 0, token.begin) + 1
            yield Mutant(path, line, begin, end, to, what, lines[line], lines[line - 1])


def applied(mutant, code):
    return code[: mutant.begin] + mutant.to + code[mutant.end :]
