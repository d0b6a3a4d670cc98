"""plots.py - the pictures of docs/resilience, each drawn from the kept results alone"""
from drawing import Axis, Panel, picture

DECADES_MS = {10: "10 ms", 100: "100 ms", 1000: "1 s", 10000: "10 s"}


def seconds_axis(p, step=10):
    return Axis(0, p["seconds"], range(0, int(p["seconds"]) + 1, step), "seconds")


def by_second(values):
    return [(i + 0.5, v) for i, v in enumerate(values)]


def sides(panel, results, style, labels, points):
    """A variant's line of ours, and the reference's, dotted."""
    for side, label in zip(("ours", "reference"), labels):
        panel.line(label, style if side == "ours" else f"{style} reference", points(results[side]))


def hedge(results):
    p = results["parameters"]
    names = {0.5: "p50", 0.9: "p90", 0.99: "p99", 0.999: "p99.9", 0.9999: "p99.99"}
    x = Axis(2, 1e4, {1 / (1 - q): name for q, name in names.items()}, "quantile of the answers", is_log=True)
    ticks = {20: "20 ms", 50: "50 ms", 100: "100 ms", 200: "200 ms", 500: "500 ms", 1000: "1 s", 2000: "2 s", 5000: "5 s"}
    panel = Panel(x, Axis(20, 5000, ticks, "time of an answer", is_log=True))
    for variant, style, label in (("plain", "other", "without hedges"), ("hedged", "ours", "hedged at p95, budget 5 %")):
        sides(panel, results, style, (label, "reference"), lambda side, v=variant: [
            (1 / (1 - q), ms) for q, ms in zip(p["quantiles"], side[v]["quantiles_ms"])])
    return picture("Answers of ten calls, of which one in a thousand stalls for 1 to 3 s",
                   "Time of an answer by quantile, with and without hedges.", [panel])


def balance(results):
    p = results["parameters"]
    band = (p["slow_from"], p["slow_to"], "one target is ten times slower")
    latency = Panel(seconds_axis(p), Axis(10, 300, {10: "10 ms", 30: "30 ms", 100: "100 ms", 300: "300 ms"}, "p99 of the calls", is_log=True), band)
    share = Panel(seconds_axis(p), Axis(0, 15, {0: "0", 5: "5 %", 10: "10 %", 15: "15 %"}, "calls that go to that target"), band)
    for variant, style, label in (("round_robin", "other", "round-robin"), ("least_latency", "ours", "least-latency")):
        for panel, name in ((latency, "p99_by_second_ms"), (share, "slow_by_second_percent")):
            sides(panel, results, style, (label, "reference"), lambda side, v=variant, n=name: by_second(side[v][n]))
    return picture("Ten targets, one of them slow for twenty seconds",
                   "p99 of the calls and the slow target's share by second, for round-robin and least-latency.", [latency, share])


def limit(results):
    p = results["parameters"]
    band = (p["step_from"], p["step_to"], "3,000 calls a second")
    latency = Panel(seconds_axis(p), Axis(10, 60000, DECADES_MS, "p99 of the calls that were made", is_log=True), band)
    places = Panel(seconds_axis(p), Axis(0, 120, [0, 40, 80, 120], "places (the service has 40 threads)"), band)
    for variant, style, label in (("off", "other", "without a limit"), ("adaptive", "ours", "max: auto")):
        sides(latency, results, style, (label, "reference"), lambda side, v=variant: by_second(side[v]["p99_by_second_ms"]))
    sides(places, results, "ours", ("max: auto", "reference"), lambda side: by_second(side["adaptive"]["limit_by_second"]))
    return picture("A service that gets more calls than it can do for half a minute",
                   "p99 of the calls with and without an adaptive limit, and the limit, by second.", [latency, places])


def outage(results):
    p = results["parameters"]
    band = (p["out_from"], p["out_to"], "everything fails")
    panel = Panel(seconds_axis(p), Axis(0, 3.5, [0, 1, 2, 3], "attempts a call"), band)
    for variant, style, label in (("unbounded", "other", "attempts: 3, no budget"), ("budget", "ours", "budget: 20 %")):
        sides(panel, results, style, (label, "reference"), lambda side, v=variant: by_second(side[v]["attempts_per_call_by_second"]))
    return picture("A service that fails for a minute, and what retries add to its calls",
                   "Attempts a call by second, with and without a budget.", [panel])


def breaker(results):
    p = results["parameters"]
    share = Axis(0.3, 0.7, {s: f"{100 * s:g} %" for s in (0.3, 0.4, 0.5, 0.6, 0.7)}, "share of the calls that fail (the breaker opens at 50 %)")
    most = 3600 * 1000 / p["open_ms"]
    opened = Panel(share, Axis(0, 800, [0, 200, 400, 600, 800], "times it opens, an hour"))
    opened.line(f"once in each {p['open_ms'] / 1000:g} s", "third", [(0.3, most), (0.7, most)])
    passed = Panel(share, Axis(0, 100, {0: "0", 50: "50 %", 100: "100 %"}, "calls that are let through"))
    for panel, name in ((opened, "opened_per_hour"), (passed, "passed_percent")):
        sides(panel, results, "ours", ("breaker", "reference"), lambda side, n=name: list(zip(p["shares"], side["breaker"][n])))
    return picture("A breaker below, at and above its threshold",
                   "How often a breaker opens, and what it lets through, by the share of calls that fail.", [opened, passed])


PLOTS = {f.__name__: f for f in (hedge, balance, limit, outage, breaker)}
