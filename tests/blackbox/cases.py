"""cases.py - tables of cases whose rows are sentences, and names that no other case uses"""

import itertools
import os
import random

import pytest

GRAIN = 0.025  # seconds that a time of the gateway may be short: its clock is as old as its loop's turn

_numbers = itertools.count(1)


def table(columns, *rows):
    """Parametrises a test: the first cell of a row is its sentence and names the case."""
    single = "," not in columns
    values = [row[1] if single else row[1:] for row in rows]
    return pytest.mark.parametrize(columns, values, ids=[row[0] for row in rows])


def fresh(stem="k"):
    """A name used once: cases that share a gateway keep out of each other's way by it."""
    return f"{stem}{next(_numbers)}"


def seeds(number):
    """Parametrises a test: others in each run, the same in the processes of one."""
    run = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID"))
    return pytest.mark.parametrize("seed", run.sample(range(10**6), number))


class Attacks(list):
    """The rows of a table of attacks: functions that name their number and their sentence."""

    def __call__(self, number, sentence):
        def take(function):
            self.append(pytest.param(function, id=f"{number} {sentence}"))
            return function

        return take

    @staticmethod
    def run(case, request, gateway):
        """A row takes the gateway, and what else it names of the fixtures."""
        names = case.__code__.co_varnames[1 : case.__code__.co_argcount]
        case(gateway, *map(request.getfixturevalue, names))
        assert gateway.process.poll() is None


def any_of(*statuses):
    return frozenset(statuses)
