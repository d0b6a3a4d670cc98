"""reference.py - the policies of src/policy once more, independently: from what was published

Nothing here follows our C: time is a float in seconds, windows slide exactly, quantiles are exact.
"""
import bisect
import collections
import math


class RetryBudget:
    """Finagle's: a bucket of tokens that leak out ttl after they were put in. A call puts 1 in, an
    extra one takes 1/share out, and a reserve of so many extra ones a second is always there."""

    def __init__(self, share, reserve_per_second, ttl=10.0):
        self.cost = 1 / share
        self.reserve = reserve_per_second * ttl * self.cost
        self.ttl, self.tokens, self.moves = ttl, 0.0, collections.deque()

    def _put(self, now, tokens):
        self.tokens += tokens
        self.moves.append((now + self.ttl, tokens))

    def deposit(self, now):
        self._put(now, 1.0)

    def try_withdraw(self, now):
        while self.moves and self.moves[0][0] <= now:
            self.tokens -= self.moves.popleft()[1]
        if self.tokens + self.reserve < self.cost - 1e-6:
            return False
        self._put(now, -self.cost)
        return True


class HedgeDelay:
    """Finagle's BackupRequestFilter: the quantile of latencies lately, looked at every 3 s. What was
    cut off because its hedge was first counts with the time that it had."""

    def __init__(self, quantile, window=45.0, refresh=3.0):
        self.quantile, self.window, self.refresh = quantile, window, refresh
        self.samples, self.next, self.delay = [], refresh, None

    def add(self, ended, latency):
        self.samples.append((ended, latency))

    def after(self, now):
        if now >= self.next:
            self.next = now + self.refresh
            self.samples = [s for s in self.samples if s[0] > now - self.window]
            known = sorted(latency for ended, latency in self.samples if ended <= now)
            self.delay = known[math.ceil(self.quantile * len(known)) - 1]
        return self.delay


class PeakEwma:
    """Finagle's node: a moving average of round trips that a peak moves at once."""

    def __init__(self, decay=10.0):
        self.decay, self.stamp, self.pending, self.cost = decay, 0.0, 0, 0.0

    def _observe(self, now, rtt):
        old = math.exp((self.stamp - now) / self.decay)
        self.cost = rtt if rtt > self.cost else self.cost * old + rtt * (1 - old)
        self.stamp = now

    def load(self, now):
        self._observe(now, 0.0)
        if self.cost == 0 and self.pending:
            return 1e9 + self.pending
        return self.cost * (self.pending + 1)

    def start(self):
        self.pending += 1

    def end(self, now, rtt):
        self.pending -= 1
        self._observe(now, rtt)


def of_two(nodes, random, now):
    """The power of two choices: of two drawn at random the one with less load."""
    one, other = random.sample(range(len(nodes)), 2)
    return one if nodes[one].load(now) <= nodes[other].load(now) else other


class Gradient2:
    """Netflix's Gradient2Limit in its WindowedLimit. Its long-term average, 2 / (n + 1) a sample
    after a warm-up of ten, is given n so that it weighs a window as ours does."""

    TOLERANCE, SMOOTHING, WARM_UP = 1.5, 0.2, 10

    def __init__(self, initial, least, most, window=0.1, long_window=1199, samples=10):
        self.limit, self.least, self.most = float(initial), least, most
        self.window, self.samples = window, samples
        self.factor = 2 / (long_window + 1)
        self.in_flight, self.until = 0, 0.0
        self.long, self.n_long = 0.0, 0
        self._begin()

    def _begin(self):
        self.n, self.total, self.peak = 0, 0.0, 0

    def acquire(self):
        if self.in_flight >= int(self.limit):
            return False
        self.in_flight += 1
        return True

    def release(self, now, rtt):
        self.n += 1
        self.total += rtt
        self.peak = max(self.peak, self.in_flight)
        self.in_flight -= 1
        if now > self.until:
            self.until = now + self.window
            if self.n >= self.samples:
                self._update(self.total / self.n, self.peak)
            self._begin()

    def _average(self, short):
        self.n_long += 1
        weight = 1 / self.n_long if self.n_long <= self.WARM_UP else self.factor
        self.long += (short - self.long) * weight
        return self.long

    def _update(self, short, peak):
        long = self._average(short)
        if long / short > 2:
            self.long *= 0.95
        if peak < self.limit / 2:
            return
        gradient = max(0.5, min(1.0, self.TOLERANCE * long / short))
        wanted = self.limit * gradient + math.sqrt(self.limit)
        limit = self.limit * (1 - self.SMOOTHING) + wanted * self.SMOOTHING
        self.limit = max(self.least, min(self.most, limit))


class Breaker:
    """resilience4j's with a time-based window: the share of failures in it, from min_calls on, opens
    it; after a wait so many probes are let through, and one that fails opens it again."""

    def __init__(self, failures, window, min_calls, open_for, probes, buckets=10):
        self.failures, self.min_calls, self.open_for, self.probes = failures, min_calls, open_for, probes
        self.bucket, self.n_buckets = window / buckets, buckets
        self.epoch, self.changes = 0, []
        self._close()

    def _close(self):
        self.state, self.window = "closed", collections.deque()
        self.calls = self.failed = 0

    def _move(self, now, state):
        self.epoch += 1
        self.changes.append((now, state))
        if state == "closed":
            self._close()
        self.state, self.since, self.out, self.good = state, now, 0, 0

    def ask(self, now):
        """The epoch to tell() with; None: refused."""
        if self.state == "open" and now - self.since >= self.open_for:
            self._move(now, "half-open")
        if self.state == "closed":
            return self.epoch
        if self.state == "open" or self.out == self.probes:
            return None
        self.out += 1
        return self.epoch

    def tell(self, epoch, failed, now):
        if epoch != self.epoch:
            return
        if self.state == "half-open":
            self.good += not failed
            if failed or self.good == self.probes:
                self._move(now, "open" if failed else "closed")
            return
        self._count(int(now / self.bucket), failed)
        if self.calls >= self.min_calls and self.failed >= self.failures * self.calls:
            self._move(now, "open")

    def _count(self, bucket, failed):
        while self.window and self.window[0][0] <= bucket - self.n_buckets:
            _, calls, bad = self.window.popleft()
            self.calls, self.failed = self.calls - calls, self.failed - bad
        if not self.window or self.window[-1][0] != bucket:
            self.window.append([bucket, 0, 0])
        self.window[-1][1] += 1
        self.window[-1][2] += failed
        self.calls, self.failed = self.calls + 1, self.failed + failed


class Samples(list):
    def quantile(self, q):
        """The nearest rank; 0 where there are none."""
        if not self:
            return 0.0
        self.sort()
        return self[max(0, math.ceil(q * len(self)) - 1)]


class Server:
    """Threads that take calls as they come."""

    def __init__(self, threads):
        self.free = [0.0] * threads

    def serve(self, now, needs):
        ends = max(now, self.free[0]) + needs
        del self.free[0]
        bisect.insort(self.free, ends)
        return ends
