"""test_simulation.py - the policies in virtual time: what was published comes out, as the references
say, and as docs/resilience.md tells it

One run is a tenth of what the page tells of, so its numbers scatter. SIMULATION_RUNS=10 plays all,
SIMULATION_SEED=N others.
"""
import pytest

import page
import plots
import results

# How near two runs of the same come to each other: a share of the number, and a part of its own.
NEAR = {
    ("hedge", "plain", "p50_ms"): (0.03, 0),
    ("hedge", "plain", "p95_ms"): (0.08, 0),
    ("hedge", "plain", "p999_ms"): (0.1, 0),
    ("hedge", "hedged", "p50_ms"): (0.03, 0),
    ("hedge", "hedged", "p95_ms"): (0.05, 0),
    ("hedge", "hedged", "p999_ms"): (0.5, 0),
    ("hedge", "hedged", "more_calls_percent"): (0, 1),
    ("hedge", "hedged", "refused_percent"): (0, 4),
    ("balance", "round_robin", "p99_ms"): (0.08, 0),
    ("balance", "round_robin", "slow_percent"): (0, 0.1),
    ("balance", "least_latency", "p50_ms"): (0.03, 0),
    ("balance", "least_latency", "p99_ms"): (0.1, 0),
    ("balance", "least_latency", "before_percent"): (0, 3),
    ("balance", "least_latency", "slow_percent"): (0, 0.3),
    ("limit", "off", "step_p99_ms"): (0.05, 0),
    ("limit", "adaptive", "before_p99_ms"): (0.05, 0),
    ("limit", "adaptive", "step_p99_ms"): (0.05, 0),
    ("limit", "adaptive", "after_p99_ms"): (0.05, 0),
    ("limit", "adaptive", "ended_per_second"): (0.02, 0),
    ("limit", "adaptive", "step_refused_percent"): (0, 2),
    ("limit", "adaptive", "limit_by_second@1"): (0.1, 0),
    ("limit", "adaptive", "limit_by_second@2"): (0.1, 0),
    ("limit", "adaptive", "limit_least"): (0.08, 0),
    ("limit", "adaptive", "limit_median"): (0.05, 0),
    ("limit", "adaptive", "limit_most"): (0.08, 0),
    ("outage", "unbounded", "attempts_per_call"): (0, 0.02),
    ("outage", "budget", "attempts_per_call"): (0, 0.02),
    ("outage", "budget", "greatest_attempts_per_call"): (0, 0.02),
    ("outage", "rare", "attempts_per_call"): (0, 0.5),
    ("breaker", "breaker", "opened_per_hour@0.3"): (0, 20),
    ("breaker", "breaker", "opened_per_hour@0.5"): (0.3, 50),
    ("breaker", "breaker", "opened_per_hour@0.6"): (0.3, 40),
    ("breaker", "breaker", "changes_per_hour@0.5"): (0.1, 0),
    ("breaker", "breaker", "changes_per_hour@0.6"): (0.1, 0),
    ("breaker", "breaker", "passed_percent@0.3"): (0, 5),
    ("breaker", "breaker", "passed_percent@0.5"): (0, 5),
    ("breaker", "breaker", "passed_percent@0.6"): (0, 1),
}


def assert_near(one, other, which):
    share, part = NEAR[which]
    assert abs(one - other) <= share * abs(other) + part, f"{one:g} and {other:g}"


def named(which):
    return "-".join(which)


@pytest.mark.parametrize("which", NEAR, ids=named)
def test_a_policy_does_what_its_reference_does(fresh, which):
    assert_near(results.number(fresh, *which), results.number(fresh, *which, "reference"), which)


@pytest.mark.parametrize("which", NEAR, ids=named)
def test_the_kept_numbers_are_those_of_this_program(fresh, which):
    kept = results.kept()
    for side in ("ours", "reference"):
        assert_near(results.number(fresh, *which, side), results.number(kept, *which, side), which)


@pytest.mark.parametrize("scenario", plots.PLOTS)
def test_the_kept_parameters_are_those_of_this_program(fresh, scenario):
    assert fresh[scenario]["parameters"] == results.kept()[scenario]["parameters"]


def test_each_number_of_the_page_is_looked_at():
    assert set(page.quoted()) <= set(NEAR)


def test_the_page_says_what_was_kept():
    text = page.PAGE.read_text()
    assert page.with_section(text, results.kept()) == text


@pytest.mark.parametrize("name", plots.PLOTS)
def test_a_plot_shows_what_was_kept(name):
    drawn = plots.PLOTS[name](results.kept()[name])
    assert (results.PLOTS / f"{name}.svg").read_text() == drawn
    assert len(drawn) < 40000
    assert f"(resilience/{name}.svg)" in page.PAGE.read_text()


@pytest.fixture(params=["ours", "reference"])
def told(request, fresh):
    """The scenarios as one side tells them."""
    return {name: fresh[name][request.param] for name in plots.PLOTS}


def test_hedges_take_the_stalls_out_of_the_tail(told):
    """The Tail at Scale: from seconds to tens of milliseconds, for about 5 % more calls."""
    plain, hedged = told["hedge"]["plain"], told["hedge"]["hedged"]
    assert plain["p999_ms"] > 2000
    assert hedged["p999_ms"] < 200
    assert hedged["p50_ms"] <= plain["p50_ms"] * 1.02
    assert 3 < hedged["more_calls_percent"] < 5.2


def test_a_slow_target_is_left_alone_by_latency_and_not_in_turn(told):
    turns, least = told["balance"]["round_robin"], told["balance"]["least_latency"]
    assert turns["p99_ms"] > 100 and turns["slow_percent"] == pytest.approx(10, abs=0.1)
    assert least["p99_ms"] < 35 and least["slow_percent"] < 1
    assert least["slow_by_second_percent"][-1] > 3, "it comes back"


def test_an_adaptive_limit_holds_latency_under_a_step(told):
    off, adaptive = told["limit"]["off"], told["limit"]["adaptive"]
    assert off["step_p99_ms"] > 10000
    assert adaptive["step_p99_ms"] < 2 * adaptive["before_p99_ms"]
    assert adaptive["after_p99_ms"] < 1.1 * adaptive["before_p99_ms"]
    assert adaptive["ended_per_second"] > 0.98 * off["ended_per_second"], "no thread of the service is idle"
    assert adaptive["before_refused_percent"] < 0.1, "nobody is refused without need"


def test_an_adaptive_limit_does_not_dip(told, fresh):
    p, limits = fresh["limit"]["parameters"], told["limit"]["adaptive"]["limit_by_second"]
    assert told["limit"]["adaptive"]["limit_least"] > 0.75 * told["limit"]["adaptive"]["limit_median"]
    settled = limits[int(p["settled_after"]):int(p["step_from"])], limits[int(p["step_from"] + p["settled_after"]):]
    for part in settled:
        assert all(after > 0.93 * before for before, after in zip(part, part[1:]))


def test_an_outage_makes_at_most_the_budget_more(told, fresh):
    p, with_budget = fresh["outage"]["parameters"], told["outage"]["budget"]
    most = 1 + p["budget"] + p["reserve_per_second"] / p["rate_per_second"]
    assert told["outage"]["unbounded"]["attempts_per_call"] == pytest.approx(p["attempts"], abs=0.02)
    assert 1.19 < with_budget["attempts_per_call"] < most + 0.01
    assert with_budget["greatest_attempts_per_call"] < most + 0.02
    assert told["outage"]["rare"]["attempts_per_call"] > 2.7, "the reserve is enough for a rare caller"


def test_a_breaker_does_not_flap_whatever_fails(told, fresh):
    p, rows = fresh["breaker"]["parameters"], told["breaker"]["breaker"]
    open_s = p["open_ms"] / 1000
    assert min(rows["least_apart_s"]) >= open_s
    assert max(rows["opened_per_hour"]) < 3600 / open_s / 3
    assert max(rows["changes_per_hour"]) < 3 * 3600 / open_s


def test_a_breaker_lets_the_good_pass_and_stops_the_bad(told, fresh):
    passed = dict(zip(fresh["breaker"]["parameters"]["shares"], told["breaker"]["breaker"]["passed_percent"]))
    assert passed[0.3] > 90
    assert passed[0.5] < 10 and passed[0.7] < 3
