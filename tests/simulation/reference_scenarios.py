"""reference_scenarios.py - the scenarios of simulate.c, played with the policies of reference.py

Each takes the parameters that simulate.c reports, runs and a seed, and gives the same numbers by
the same names. Times are in seconds, what is given is in ms where its name says so.
"""
import heapq
import itertools
import math
import random

import reference

AN_HOUR = 3600


def hedge(p, runs, seed):
    return {"plain": hedge_variant(p, runs, seed, False), "hedged": hedge_variant(p, runs, seed, True)}


def hedge_variant(p, runs, seed, is_hedged):
    answers, counts = reference.Samples(), [0, 0]
    for run in range(runs):
        answers += hedge_run(p, random.Random(seed + run), is_hedged, counts)
    n_late, n_hedges = counts
    return {
        "p50_ms": answers.quantile(0.5) * 1000,
        "p95_ms": answers.quantile(0.95) * 1000,
        "p999_ms": answers.quantile(0.999) * 1000,
        "more_calls_percent": 100 * n_hedges / (runs * p["answers"] * p["fan_out"]),
        "refused_percent": 100 * (1 - n_hedges / n_late) if n_late else 0,
        "quantiles_ms": [answers.quantile(q) * 1000 for q in p["quantiles"]],
    }


def draw_attempt(p, draw):
    takes = draw.lognormvariate(math.log(p["median_ms"] / 1000), p["sigma"])
    if draw.random() < p["stalls"]:
        takes += draw.uniform(p["stall_least_ms"], p["stall_most_ms"]) / 1000
    return takes


def hedge_run(p, draw, is_hedged, counts):
    """When each answer was there. Only calls that are late need their turn in time."""
    budget = reference.RetryBudget(p["budget"], p["reserve_per_second"])
    delay = reference.HedgeDelay(p["after"])
    answers, late, now = [], [], 0.0

    def settle(until):
        while late and late[0][0] <= until:
            at, answer, takes, waited = heapq.heappop(late)
            counts[0] += 1
            if budget.try_withdraw(at):
                counts[1] += 1
                takes = min(takes, waited + draw_attempt(p, draw))
            delay.add(at - waited + takes, takes)
            answers[answer] = max(answers[answer], takes)

    for answer in range(int(p["answers"])):
        settle(now)
        after = delay.after(now) if is_hedged else None
        answers.append(0.0)
        for _ in range(int(p["fan_out"])):
            takes = draw_attempt(p, draw)
            budget.deposit(now)
            if after and takes > after:
                heapq.heappush(late, (now + after, answer, takes, after))
            else:
                delay.add(now + takes, takes)
                answers[answer] = max(answers[answer], takes)
        now += draw.expovariate(p["answers_per_second"])
    settle(math.inf)
    return answers


def balance(p, runs, seed):
    return {name: balance_variant(p, runs, seed, name == "least_latency") for name in ("round_robin", "least_latency")}


def balance_variant(p, runs, seed, is_least):
    seconds = int(p["seconds"])
    by_second = [reference.Samples() for _ in range(seconds)]
    n_slow = [0] * seconds
    for run in range(runs):
        balance_run(p, random.Random(seed + run), is_least, by_second, n_slow)
    meanwhile = reference.Samples(itertools.chain(*by_second[int(p["slow_from"]):int(p["slow_to"])]))

    def percent(start, end):
        start, end = int(start), int(end)
        return 100 * sum(n_slow[start:end]) / sum(map(len, by_second[start:end]))

    return {
        "p50_ms": meanwhile.quantile(0.5) * 1000,
        "p99_ms": meanwhile.quantile(0.99) * 1000,
        "p999_ms": meanwhile.quantile(0.999) * 1000,
        "before_percent": percent(p["slow_from"] // 2, p["slow_from"]),
        "slow_percent": percent(p["slow_from"], p["slow_to"]),
        "p99_by_second_ms": [s.quantile(0.99) * 1000 for s in by_second],
        "slow_by_second_percent": [percent(i, i + 1) for i in range(seconds)],
    }


def balance_run(p, draw, is_least, by_second, n_slow):
    n = int(p["targets"])
    nodes = [reference.PeakEwma() for _ in range(n)]
    servers = [reference.Server(int(p["threads"])) for _ in range(n)]
    turns = itertools.cycle(range(n))
    under_way, now = [], 0.0
    mu = math.log(p["median_ms"] / 1000)
    while now < p["seconds"]:
        while under_way and under_way[0][0] <= now:
            ended, began, target = heapq.heappop(under_way)
            nodes[target].end(ended, ended - began)
        target = reference.of_two(nodes, draw, now) if is_least else next(turns)
        needs = draw.lognormvariate(mu, p["sigma"])
        if target == 0 and p["slow_from"] <= now < p["slow_to"]:
            needs *= p["slow_times"]
        nodes[target].start()
        ends = servers[target].serve(now, needs)
        heapq.heappush(under_way, (ends, now, target))
        by_second[int(now)].append(ends - now)
        n_slow[int(now)] += target == 0
        now += draw.expovariate(p["rate_per_second"])


class Always:
    """No limit at all."""

    limit = 1e6

    def acquire(self):
        return True

    def release(self, now, rtt):
        pass


def limit(p, runs, seed):
    def adaptive():
        return reference.Gradient2(p["initial"], p["least"], p["most"])

    return {"off": limit_variant(p, runs, seed, Always), "adaptive": limit_variant(p, runs, seed, adaptive)}


def limit_variant(p, runs, seed, make):
    seconds, step_from, step_to = int(p["seconds"]), int(p["step_from"]), int(p["step_to"])
    settled = step_from + int(p["settled_after"])
    by_second = [reference.Samples() for _ in range(seconds)]
    n_calls, n_refused, n_ended, limits = ([0] * seconds for _ in range(4))
    looks = reference.Samples()
    for run in range(runs):
        for at, kind, value in limit_run(p, random.Random(seed + run), make()):
            second = int(at)
            if kind == "look":
                if at == second:
                    limits[second] += value
                if settled <= second < step_to:
                    looks.append(value)
            elif kind == "refused":
                n_calls[second] += 1
                n_refused[second] += 1
            elif kind == "taken":
                n_calls[second] += 1
                by_second[second].append(value)
                if at + value < seconds:
                    n_ended[int(at + value)] += 1

    def p99_ms(start, end):
        return reference.Samples(itertools.chain(*by_second[start:end])).quantile(0.99) * 1000

    def refused(start, end):
        return 100 * sum(n_refused[start:end]) / sum(n_calls[start:end])

    return {
        "before_p99_ms": p99_ms(0, step_from),
        "step_p99_ms": p99_ms(step_from, step_to),
        "after_p99_ms": p99_ms(step_to, seconds),
        "ended_per_second": sum(n_ended[settled:step_to]) / (step_to - settled) / runs,
        "before_refused_percent": refused(int(p["settled_after"]), step_from),
        "step_refused_percent": refused(step_from, step_to),
        "limit_least": looks.quantile(0),
        "limit_median": looks.quantile(0.5),
        "limit_most": looks.quantile(1),
        "p99_by_second_ms": [s.quantile(0.99) * 1000 for s in by_second],
        "refused_by_second_percent": [refused(i, i + 1) for i in range(seconds)],
        "limit_by_second": [n / runs for n in limits],
    }


def limit_run(p, draw, policy):
    """What happens: (when, what, how much)."""
    server, under_way, now, look = reference.Server(int(p["threads"])), [], 0.0, 0
    mu = math.log(p["median_ms"] / 1000)
    while now < p["seconds"]:
        while look / 10 <= now:
            yield look / 10, "look", int(policy.limit)
            look += 1
        while under_way and under_way[0][0] <= now:
            ended, began = heapq.heappop(under_way)
            policy.release(ended, ended - began)
        if policy.acquire():
            ends = server.serve(now, draw.lognormvariate(mu, p["sigma"]))
            heapq.heappush(under_way, (ends, now))
            yield now, "taken", ends - now
        else:
            yield now, "refused", 1
        is_step = p["step_from"] <= now < p["step_to"]
        now += draw.expovariate(p["step_rate_per_second"] if is_step else p["rate_per_second"])


class Unbounded:
    """No budget at all."""

    def deposit(self, now):
        pass

    def try_withdraw(self, now):
        return True


def outage(p, runs, seed):
    def budget():
        return reference.RetryBudget(p["budget"], p["reserve_per_second"])

    rate, rare = p["rate_per_second"], p["rare_rate_per_second"]
    return {
        "unbounded": outage_variant(p, runs, seed, rate, Unbounded),
        "budget": outage_variant(p, runs, seed, rate, budget),
        "rare": outage_variant(p, runs, seed, rare, budget),
    }


def outage_variant(p, runs, seed, rate, make):
    seconds, out_from, out_to = int(p["seconds"]), int(p["out_from"]), int(p["out_to"])
    n_calls, n_attempts, counts = [0] * seconds, [0] * seconds, [0, 0]
    for run in range(runs):
        outage_run(p, random.Random(seed + run), rate, make(), (n_calls, n_attempts, counts))

    def ratio(start, end):
        n = sum(n_calls[start:end])
        return sum(n_attempts[start:end]) / n if n else 0

    n_failed, n_refused = counts
    return {
        "calls": sum(n_calls[out_from:out_to]),
        "attempts": sum(n_attempts[out_from:out_to]),
        "attempts_per_call": ratio(out_from, out_to),
        "greatest_attempts_per_call": max(ratio(i, i + 10) for i in range(out_from, out_to - 9)),
        "refused_percent": 100 * n_refused / n_failed if n_failed else 0,
        "attempts_per_call_by_second": [ratio(i, i + 1) for i in range(seconds)],
    }


def outage_run(p, draw, rate, budget, totals):
    """An agenda of calls (attempt 0), of attempts that are due, and of failures that are known."""
    n_calls, n_attempts, counts = totals
    agenda, now = [(draw.expovariate(rate), "comes", 1)], 0.0
    while agenda:
        now, what, nth = heapq.heappop(agenda)
        if what == "failed":
            if nth == p["attempts"]:
                continue
            counts[0] += 1
            if budget.try_withdraw(now):
                wait = draw.uniform(0, min(0.005 * 2**nth, 1))
                heapq.heappush(agenda, (now + wait, "again", nth + 1))
            else:
                counts[1] += 1
            continue
        if what == "comes":
            n_calls[int(now)] += 1
            budget.deposit(now)
            later = now + draw.expovariate(rate)
            if later < p["seconds"]:
                heapq.heappush(agenda, (later, "comes", 1))
        if now < p["seconds"]:
            n_attempts[int(now)] += 1
        if p["out_from"] <= now < p["out_to"]:
            heapq.heappush(agenda, (now + p["failed_us"] / 1e6, "failed", nth))


def breaker(p, runs, seed):
    rows = [breaker_share(p, runs, seed, share) for share in p["shares"]]
    names = ("opened_per_hour", "changes_per_hour", "passed_percent", "least_apart_s")
    return {"breaker": {name: [row[name] for row in rows] for name in names}}


def breaker_share(p, runs, seed, share):
    n_calls = n_passed = n_opened = n_changes = 0
    apart = p["seconds"]
    for run in range(runs):
        policy, calls, passed = breaker_run(p, random.Random(seed + run), share)
        n_calls, n_passed, n_changes = n_calls + calls, n_passed + passed, n_changes + len(policy.changes)
        states = [("closed", 0), *((state, at) for at, state in policy.changes)]
        opened = [at for (before, _), (_, at) in itertools.pairwise(states) if before == "closed"]
        n_opened += len(opened)
        apart = min([apart, *(b - a for a, b in itertools.pairwise(opened))])
    hours = runs * p["seconds"] / AN_HOUR
    return {"opened_per_hour": n_opened / hours, "changes_per_hour": n_changes / hours,
            "passed_percent": 100 * n_passed / n_calls, "least_apart_s": apart}


def breaker_run(p, draw, share):
    policy = reference.Breaker(p["failures"], p["window_ms"] / 1000, p["min_calls"], p["open_ms"] / 1000, p["probes"])
    takes, now, n_calls, n_passed, first = p["takes_us"] / 1e6, 0.0, 0, 0, 0
    under_way = []
    while now < p["seconds"]:
        while first < len(under_way) and under_way[first][0] <= now:
            ended, epoch = under_way[first]
            policy.tell(epoch, draw.random() < share, ended)
            first += 1
        n_calls += 1
        epoch = policy.ask(now)
        if epoch is not None:
            n_passed += 1
            under_way.append((now + takes, epoch))
        now += draw.expovariate(p["rate_per_second"])
    return policy, n_calls, n_passed


SCENARIOS = {f.__name__: f for f in (hedge, balance, limit, outage, breaker)}
