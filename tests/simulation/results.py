"""results.py - both sides of each scenario: played, kept in docs/resilience, looked up"""
import concurrent.futures
import json
import os
import pathlib
import subprocess

import reference_scenarios

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PLOTS = ROOT / "docs" / "resilience"
KEPT = PLOTS / "results.json"
SIMULATE = pathlib.Path(os.environ.get("SIMULATE", ROOT / "build-asan" / "tests" / "simulation" / "simulate"))
SEED = 2026


def rounded(value):
    """Five digits say all that there is to say; the file stays small."""
    if isinstance(value, dict):
        return {name: rounded(v) for name, v in value.items()}
    if isinstance(value, list):
        return [rounded(v) for v in value]
    return float(f"{value:.5g}")


def play(scenario, runs, seed):
    """{"parameters": ..., "ours": ..., "reference": ...}; the two sides hold variants with numbers."""
    command = [SIMULATE, scenario, str(runs), str(seed)]
    ours = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    parameters = ours.pop("parameters")
    theirs = reference_scenarios.SCENARIOS[scenario](parameters, runs, seed)
    return {"parameters": parameters, "ours": rounded(ours), "reference": rounded(theirs)}


def play_all(runs, seed):
    names = list(reference_scenarios.SCENARIOS)
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        played = pool.map(play, names, [runs] * len(names), [seed] * len(names))
        return {"runs": runs, "seed": seed, **dict(zip(names, played))}


def kept():
    return json.loads(KEPT.read_text())


def keep(results):
    PLOTS.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(results, separators=(",", ":")) + "\n")


def number(results, scenario, variant, name, side="ours"):
    """One number of a side. Of a series the one behind @: opened_per_hour@0.5 is that of the share
    0.5, limit_by_second@2 that of second 2."""
    name, _, at = name.partition("@")
    value = results[scenario][side][variant][name]
    if not at:
        return value
    shares = results[scenario]["parameters"].get("shares")
    return value[shares.index(float(at)) if shares else int(at)]
