"""conftest.py - the simulations, played once for all cases"""
import os

import pytest

import results

RUNS = int(os.environ.get("SIMULATION_RUNS", "1"))
SEED = int(os.environ.get("SIMULATION_SEED", results.SEED))


def pytest_report_header():
    return f"simulations: {RUNS} of the {results.kept()['runs']} runs that docs/resilience.md tells of, seed {SEED}"


@pytest.fixture(scope="session")
def fresh():
    return results.play_all(RUNS, SEED)
