"""page.py - what docs/resilience.md says of the simulations, with the numbers of the kept results"""
import re
import textwrap

from results import ROOT, number

PAGE = ROOT / "docs" / "resilience.md"
BEGIN, END = "<!-- simulations: made by tests/simulation/plot -->", "<!-- /simulations -->"
COLUMNS = 110
NUMBER = re.compile(r"\{(\w+) (\w+) ([\w.@]+)(?: (reference))?:(\S+?)\}")

# {scenario variant number:format}, of ours; with "reference" before the colon, of the reference.
TEXT = """\
### Hedges

An answer of ten calls is as late as the latest of them. Here one attempt in a thousand stalls for 1 to 3 s, so p99.9
of the answers is {hedge plain p999_ms:,.0f} ms. With `hedge: {after: p95, budget: 5%}` it is
{hedge hedged p999_ms:.0f} ms, for {hedge hedged more_calls_percent:.1f} % more calls (reference:
{hedge hedged p999_ms reference:.0f} ms, {hedge hedged more_calls_percent reference:.1f} %). As the quantile is
rounded up to its bucket, a little less than 5 % of the calls are late by it, and
{hedge hedged refused_percent:.1f} % of the hedges that are due find the budget spent; the reference, right at its
budget, has {hedge hedged refused_percent reference:.1f} %.

![time of an answer by quantile](resilience/hedge.svg)

### Least latency

One of ten targets becomes ten times slower for twenty seconds. In turn it gets its tenth of the calls all the same,
and p99 of them all is {balance round_robin p99_ms:.0f} ms. Chosen by latency it gets
{balance least_latency slow_percent:.1f} % of them, and p99 is {balance least_latency p99_ms:.0f} ms (reference:
{balance least_latency p99_ms reference:.0f} ms). It comes back slowly, as what is remembered of it fades. Ejection,
which would leave it out for a while, is not part of this.

![p99 and the slow target's share by second](resilience/balance.svg)

### Adaptive limits

A service with 40 threads, which can do some 1,900 calls a second, gets 3,000 for half a minute. Without a limit they
pile up inside of it: p99 is {limit off step_p99_ms:,.0f} ms, and high for long after. With `max: auto` it is
{limit adaptive step_p99_ms:.0f} ms, {limit adaptive before_p99_ms:.0f} ms before and
{limit adaptive after_p99_ms:.0f} ms after (reference: {limit adaptive step_p99_ms reference:.0f} ms), while the
service does {limit adaptive ended_per_second:,.0f} calls a second. The limit keeps between
{limit adaptive limit_least:.0f} and {limit adaptive limit_most:.0f}, without dips. It rises all the while, since the
long-term latency follows the present one: an overload that lasts for many minutes is held by the `timeout`, as late
calls lower the limit.

![p99 and the limit by second](resilience/limit.svg)

### An outage

Everything fails for a minute, and a call may be made three times. Without a budget a call comes to
{outage unbounded attempts_per_call:.2f} attempts; with `budget: 20%` to
{outage budget attempts_per_call:.3f} (reference: {outage budget attempts_per_call reference:.3f}), and in no ten
seconds to more than {outage budget greatest_attempts_per_call:.3f}. What was saved in ten good seconds is spent at
once, so that a short failure is bridged whole; it is there again ten seconds later, and so retries come in bursts. Of
a caller of one call in five seconds the reserve lets all be made again: {outage rare attempts_per_call:.2f} attempts
a call. The breaker, which would soon let none through, is not part of this.

![attempts a call by second](resilience/outage.svg)

### A breaker at its threshold

A constant share of 100 calls a second fails. Right at the threshold of 50 % the breaker opens
{breaker breaker opened_per_hour@0.5:.0f} times an hour (reference:
{breaker breaker opened_per_hour@0.5 reference:.0f}), far from the 720 that `open: 5s` allows, as three probes in a
row seldom go well then; at 60 % {breaker breaker opened_per_hour@0.6:.0f} times, at 30 %
{breaker breaker opened_per_hour@0.3:.1f} times. A little below the threshold it is the first 20 calls behind a closing
that may open it again: where a service has many calls, a larger `min_calls` is steadier.

![how often it opens, and what it lets through](resilience/breaker.svg)
"""


def wrapped(paragraph):
    is_text = not paragraph.startswith(("#", "!"))
    return textwrap.fill(paragraph, COLUMNS, break_on_hyphens=False, break_long_words=False) if is_text else paragraph


def filled(results):
    def fill(match):
        scenario, variant, name, side, form = match.groups()
        return format(number(results, scenario, variant, name, side or "ours"), form)

    paragraphs = NUMBER.sub(fill, TEXT.strip()).split("\n\n")
    return "\n\n".join(map(wrapped, paragraphs)) + "\n"


def quoted():
    """(scenario, variant, number) of each number of ours that the page quotes."""
    return sorted({m[:3] for m in NUMBER.findall(TEXT) if not m[3]})


def with_section(text, results):
    """The page with the section between the marks made anew."""
    start, end = text.index(BEGIN), text.index(END)
    return text[:start] + BEGIN + "\n" + filled(results) + text[end:]
