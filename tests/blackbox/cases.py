"""cases.py - tables of cases whose rows are sentences, and names that no other case uses"""

import itertools

import pytest

_numbers = itertools.count(1)


def table(columns, *rows):
    """Parametrises a test: the first cell of a row is its sentence and names the case."""
    single = "," not in columns
    values = [row[1] if single else row[1:] for row in rows]
    return pytest.mark.parametrize(columns, values, ids=[row[0] for row in rows])


def fresh(stem="k"):
    """A name used once: cases that share a gateway keep out of each other's way by it."""
    return f"{stem}{next(_numbers)}"


def any_of(*statuses):
    return frozenset(statuses)
