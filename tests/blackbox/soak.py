#!/usr/bin/python3
"""soak.py - load on a cache that is too small, with expiry and purges: is a stale byte ever served?

usage: SHEAF=build/sheaf tests/blackbox/soak.py MINUTES

One service stamps each answer with the time at which it made it and how long it lives; clients ask
for ten thousand keys, some far more often than others, by a source's cache, by an endpoint's, and by
both; meanwhile keys, prefixes, tags and everything are purged. No answer may be older than its life,
nor older than a purge of it that had been answered when it was asked for (by LATE at most: clocks are
read once a turn). In the second half of the time the program may not take more memory than in the first.
"""

import asyncio
import json
import random
import re
import sys
import tempfile
import time
from pathlib import Path

from gateway import Gateway

KEYS, GROUPS, CLIENTS = 10000, 10, 16
LATE = 0.5
MAY_GROW = 1.1
CONFIG = """
listen: @listen@
admin: @admin@
workers: 2
cache: {memory: 1MiB}
log: {access: off}
services: {maker: {targets: ["http://@maker@"]}}
endpoints:
  - path: /source/{id}
    sources:
      part: {get: "maker:/{id}", required: true, cache: {ttl: 60s, key: "part:{id}", origin_tags: true}}
  - path: /both/{id}
    cache: 1s
    sources:
      part: {get: "maker:/{id}", required: true, cache: {ttl: 60s, key: "part:{id}", origin_tags: true}}
  - path: /whole/{id}
    cache: {ttl: 1s, tags: ["page:{id}"]}
    sources: {part: {get: "maker:/{id}", required: true}}
"""


def life(key):
    """Seconds that the service gives it."""
    return 1 + key % 3


def longest(path, key):
    """Seconds that an answer of this path may be old: an endpoint gives a second of its own."""
    return {"source": life(key), "whole": 1, "both": life(key) + 1}[path]


def purges_of(path, key):
    """The purges that end it; /whole has the tags and the key of no part."""
    if path == "whole":
        return [("all", True)]
    return [("all", True), ("tag", f"g{key % GROUPS}"), ("key", f"part:{key}"), ("prefix", f"part:{str(key)[:2]}")]


def some_key():
    return int(KEYS * random.random() ** 4)


async def make(reader, writer):
    """The service: each answer tells when it was made."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        key = int(head.split(b" ", 2)[1].strip(b"/"))
        body = json.dumps({"key": key, "made": time.time(), "rest": "x" * random.randrange(2000)}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nCache-Control: max-age=%d\r\n"
                     b"Cache-Tag: g%d\r\nContent-Length: %d\r\n\r\n%s" % (life(key), key % GROUPS, len(body), body))


async def serve(reader, writer):
    try:
        await make(reader, writer)
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
        writer.close()


async def exchange(streams, head, body=b""):
    """A request on a kept connection: status, and the body of its answer."""
    reader, writer = streams
    writer.write(head.encode() + b"Host: soak\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    length = int(re.search(rb"(?i)content-length: (\d+)", answer)[1])
    return int(answer[9:12]), await reader.readexactly(length)


class Soak:
    def __init__(self, gateway, seconds):
        self.gateway, self.until = gateway, time.time() + seconds
        self.purged = {}  # when the last answered purge of this was asked for
        self.n_asked, self.n_purges, self.wrong = 0, 0, []
        self.resident = []

    def connect(self, place):
        host, port = str(self.gateway.places[place]).split(":")
        return asyncio.open_connection(host, int(port))

    def oldest(self, path, key):
        """When it may have been made at the earliest, asked for now, and what says so."""
        return max((time.time() - longest(path, key), "its life"),
                   *((self.purged.get(p, 0), f"a purge of {p}") for p in purges_of(path, key)))

    async def client(self):
        streams = await self.connect("listen")
        while time.time() < self.until:
            key, path = some_key(), random.choice(["source", "both", "whole"])
            oldest, why = self.oldest(path, key)
            status, body = await exchange(streams, f"GET /{path}/{key} HTTP/1.1\r\n")
            part = json.loads(body).get("part") or {}
            if status != 200 or part.get("key") != key:
                self.wrong.append(f"/{path}/{key}: {status} {body[:100]}")
            elif part["made"] < oldest - LATE:
                self.wrong.append(f"/{path}/{key}: {oldest - part['made']:.3f} s too old for {why}")
            self.n_asked += 1

    async def purger(self):
        streams = await self.connect("admin")
        while time.time() < self.until:
            await asyncio.sleep(0.2)
            purge = random.choices(purges_of("source", some_key()), [1, 20, 20, 10])[0]
            asked = time.time()
            status, said = await exchange(
                streams, "POST /cache/purge HTTP/1.1\r\nContent-Type: application/json\r\n",
                json.dumps(dict([purge])).encode())
            if status != 200:
                self.wrong.append(f"purge: {status} {said}")
            self.purged[purge] = asked
            self.n_purges += 1

    async def watcher(self):
        status = Path(f"/proc/{self.gateway.process.pid}/status")
        while time.time() < self.until:
            await asyncio.sleep(1)
            self.resident.append(int(status.read_text().split("VmRSS:")[1].split()[0]))

    async def run(self, service):
        try:
            await asyncio.gather(*(self.client() for _ in range(CLIENTS)), self.purger(), self.watcher())
        finally:
            service.close()  # and no more: the gateway keeps its connections, so nobody waits for their end

    def growth(self):
        """The most of the second half beside the most of the first."""
        half = len(self.resident) // 2
        return max(self.resident[half:]) / max(self.resident[:half])


async def soak_for(seconds, folder):
    """A finished run, and the metrics at its end."""
    service = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = "%s:%d" % service.sockets[0].getsockname()
    gateway = Gateway(CONFIG, folder, maker=address)
    with gateway:
        soak = Soak(gateway, seconds)
        await soak.run(service)
        return soak, gateway.get("/metrics", place="admin").body.decode()


def main(minutes):
    with tempfile.TemporaryDirectory() as folder:
        soak, metrics = asyncio.run(soak_for(60 * minutes, folder))
    print(f"{soak.n_asked} answers, {soak.n_purges} purges, {len(soak.wrong)} wrong; resident at most "
          f"{max(soak.resident)} KiB, {soak.growth():.2f} times the first half's")
    print(*soak.wrong[:10], sep="\n")
    print(*(line for line in metrics.splitlines() if line.startswith("sheaf_cache")), sep="\n")
    return 1 if soak.wrong or soak.growth() > MAY_GROW else 0


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else 30))
