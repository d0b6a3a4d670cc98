import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { aggregate, BrokenAnswerError, ProblemError, type Snapshot } from "../src/index.js";
import { failing, Gateway, Held, json, silent, until } from "./gateway.js";

const ENDPOINTS = `endpoints:
  - path: /product/{id}
    query: {tags: {list: true}, mark: {default: none, pattern: "[a-z&=]{1,9}"}}
    server_timing: true
    views: {small: "product"}
    sources:
      product: {get: "catalog:/{id}{?tags*,mark}", required: true}
      reviews: {get: "reviews:/{id}", into: product.reviews}
      pricing: {get: "prices:/{id}"}
      stock: {get: "catalog:/stock", when: 'mark == "stock"'}
  - path: /slow
    timeout: 60s
    sources:
      product: {get: "catalog:/1", required: true}
      late: {get: "silent:/", timeout: 60s}
  - path: /late-required
    first: [product]
    sources:
      product: {get: "catalog:/1"}
      needed: {get: "failing-late:/", required: true}
      late: {get: "silent:/", timeout: 60s}
  - path: /broken
    sources:
      product: {get: "failing:/", required: true}
  - path: /partial
    sources:
      product: {get: "catalog:/1", required: true}
      reviews: {get: "failing:/", fallback: {items: []}}
      hidden: {get: "failing:/", hide: true}
  - path: /joined
    sources:
      main: {get: "catalog:/1", into: .}
      more: {get: "prices:/1", into: ., required: true}
  - path: /list
    query: {ids: {list: true, required: true}}
    sources:
      related: {each: ids, get: "items:/{item}", stream: items}
  - path: /text
    errors: text
    sources:
      reviews: {get: "failing:/"}
  - path: /cached
    sources:
      product: {get: "catalog:/1", cache: 60s}
      reviews: {get: "fading:/", cache: {ttl: 10ms, stale_if_error: 1h, respect_origin: off}}
  - path: /old
    sources: &old
      product: {get: "catalog:/1"}
      pricing: {get: "prices:/old", into: product.price, cache: {ttl: 1ms, stale_while_revalidate: 1h, respect_origin: off}}
  - path: /aged
    sources: &aged
      product: {get: "catalog:/1"}
      pricing: {get: "aged:/1", into: product.price, cache: 60s}
  - path: /aged-first
    first: [pricing, product]
    sources: *aged
  - path: /aged-list
    query: {ids: {list: true}}
    sources:
      related: {each: ids, get: "aged:/{item}", stream: items, cache: 60s}
  - path: /old-and-timed
    server_timing: true
    sources: *old
  - path: /limited
    rate_limit: {rate: 1/m, burst: 1}
    sources:
      product: {get: "catalog:/1"}
`;

let n_fading = 0;
let gateway: Gateway;
/** What the reviews wait for. */
let held: Held;

beforeEach(() => {
  held = new Held([{ text: "good" }]);
  held.let();
});

beforeAll(async () => {
  const services = {
    catalog: (...[request, response]) => json({ id: 7, asked: request.url })(request, response),
    reviews: (...[request, response]) => held.listener(request, response),
    prices: json({ amount: 12.5 }),
    items: (...[request, response]) =>
      request.url === "/2"
        ? failing(500)(request, response)
        : json({ is: request.url })(request, response),
    aged: (...[request, response]) => {
      response.setHeader("cache-control", "max-age=0, stale-while-revalidate=60");
      services.items(request, response);
    },
    failing: failing(500),
    "failing-late": failing(500, 50),
    silent,
    fading: (...[request, response]) =>
      (n_fading++ ? failing(500) : json(["old"]))(request, response),
  } satisfies Parameters<typeof Gateway.start>[0];
  gateway = await Gateway.start(services, ENDPOINTS);
});

afterAll(() => gateway.stop());

async function all<T>(answer: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of answer) found.push(one);
  return found;
}

async function plain(path: string) {
  return (await fetch(gateway.url + path)).json();
}

/** A snapshot without its reviews, and the last one. */
async function grown() {
  held = new Held([{ text: "good" }]);
  let first: Snapshot<any> | undefined;
  const answer = aggregate<any>(`${gateway.url}/product/7`);
  for await (const snapshot of answer) {
    if (!snapshot.data.pricing) continue;
    first ??= snapshot;
    held.let();
  }
  return [first!, await answer.whole] as const;
}

describe("a progressive answer", () => {
  it("grows part by part into the plain one", async () => {
    const [first, last] = await grown();
    expect(first.data).toMatchObject({ product: { id: 7 }, pricing: { amount: 12.5 } });
    expect(first).toMatchObject({ pending: true, complete: false, errors: [] });
    expect({ ...first.status }).toEqual({ product: "ok", pricing: "ok" });
    expect(first.status.reviews).toBe("pending");
    expect(last).toMatchObject({ pending: false, complete: true, errors: [] });
    expect(last.data).toEqual(await plain("/product/7"));
    expect({ ...last.status }).toEqual({ product: "ok", pricing: "ok", reviews: "ok" });
    expect(last.status.stock).toBe("skipped");
  });

  it("shares with the snapshot before what did not change", async () => {
    const [first, last] = await grown();
    expect(last.data.pricing).toBe(first.data.pricing);
    expect(last.data.product).not.toBe(first.data.product);
  });

  it("has what joins the top level, and the same document as the plain one", async () => {
    const { data } = await aggregate(`${gateway.url}/joined`).whole;
    expect(data).toEqual(await plain("/joined"));
    expect(data).toMatchObject({ id: 7, amount: 12.5 });
  });

  it("has elements in their places, failed ones with their errors", async () => {
    const answer = aggregate(`${gateway.url}/list`, { params: { ids: [1, 2, 3] } });
    const { data, errors, status } = await answer.whole;
    expect(data).toEqual({ related: [{ is: "/1" }, null, { is: "/3" }] });
    expect(errors).toMatchObject([{ source: "related", kind: "status", path: ["related", 1] }]);
    expect(status.related).toBe("error");
  });

  it("tells what failed, also what is not shown", async () => {
    const { data, errors, status, complete } = await aggregate(`${gateway.url}/partial`).whole;
    expect(data).toMatchObject({ product: { id: 7 }, reviews: { items: [] } });
    expect(errors).toMatchObject([
      { source: "reviews", kind: "status", status: 500 },
      { source: "hidden", kind: "status", status: 500 },
    ]);
    expect({ ...status }).toEqual({ product: "ok", reviews: "error", hidden: "error" });
    expect(complete).toBe(false);
  });

  it("tells of a required source that fails behind the first part, and ends", async () => {
    const { data, status, complete } = await aggregate<any>(`${gateway.url}/late-required`).whole;
    expect(data).toMatchObject({ product: { id: 7 }, needed: null });
    expect(status.needed).toBe("error");
    expect(complete).toBe(false);
    await gateway.rests();
  });

  it("may have errors that are texts", async () => {
    const { errors, status } = await aggregate(`${gateway.url}/text`).whole;
    expect(errors).toEqual([expect.stringMatching(/^reviews: /)]);
    expect(status.reviews).toBe("error");
  });
});

describe("a plain answer", () => {
  it("is one snapshot", async () => {
    const snapshots = await all(aggregate(`${gateway.url}/product/7`, { progressive: false }));
    expect(snapshots).toHaveLength(1);
    expect(snapshots[0]).toMatchObject({ pending: false, complete: true });
    expect(snapshots[0]!.data).toEqual(await plain("/product/7"));
  });

  it("tells by Server-Timing which sources were called", async () => {
    const { status } = await aggregate(`${gateway.url}/product/7`, { progressive: false }).whole;
    expect({ ...status }).toEqual({ product: "ok", reviews: "ok", pricing: "ok" });
    expect(status.stock).toBe("skipped");
  });

  it("has its errors apart from its data", async () => {
    const { data, errors, complete } = await aggregate(`${gateway.url}/partial`, {
      progressive: false,
    }).whole;
    expect(data).not.toHaveProperty("errors");
    expect(errors).toHaveLength(2);
    expect(complete).toBe(false);
  });

  it("tells by Cache-Status what is stale", async () => {
    const ask = () => aggregate(`${gateway.url}/cached`, { progressive: false }).whole;
    expect((await ask()).status.reviews).toBe("ok");
    await until(async () => (await ask()).errors.length > 0);
    const { status, data } = await ask();
    expect({ ...status }).toEqual({ product: "ok", reviews: "stale" });
    expect(data.reviews).toEqual(["old"]);
  });

  it.each(["/old", "/old-and-timed"])("tells so of what stands elsewhere: %s", async (path) => {
    const ask = () => aggregate<any>(gateway.url + path, { progressive: false }).whole;
    await until(async () => (await ask()).status.pricing === "stale");
    const { data, errors } = await ask();
    expect(data.product.price).toEqual({ amount: 12.5 });
    expect(errors).toEqual([]);
  });

  it("takes no word of another cache for a source", async () => {
    const headers = {
      "content-type": "application/json",
      "cache-status": 'sheaf; fwd=miss; detail="a=miss,b=stale", "edge"; fwd=stale',
    };
    const fetch = async () => new Response("{}", { headers });
    const { status } = await aggregate("/x", { fetch }).whole;
    expect({ ...status }).toEqual({ b: "stale" });
  });
});

describe("where something is stale, a progressive answer", () => {
  it("tells so of what stands in for a failure, and the failure too", async () => {
    const answer = () => aggregate(`${gateway.url}/cached`).whole;
    await until(async () => (await answer()).errors.length > 0);
    const { data, errors, status, complete } = await answer();
    expect(data.reviews).toEqual(["old"]);
    expect(errors).toMatchObject([{ source: "reviews", kind: "status", status: 500 }]);
    expect({ ...status }).toEqual({ product: "ok", reviews: "stale" });
    expect(complete).toBe(false);
  });

  it.each([
    ["/cached", { product: "ok", reviews: "stale" }],
    ["/aged", { product: "ok", pricing: "stale" }],
    ["/aged-first", { product: "ok", pricing: "stale" }],
    ["/aged-list?ids=1,2,3", { related: "stale" }],
  ])("has the status of the plain one: %s", async (path, expected) => {
    const ask = (progressive: boolean) => aggregate(gateway.url + path, { progressive }).whole;
    for (const progressive of [true, false])
      await until(async () => Object.values((await ask(progressive)).status).includes("stale"));
    const [parts, plain] = [await ask(true), await ask(false)];
    expect({ ...parts.status }).toEqual(expected);
    expect({ ...plain.status }).toEqual(expected);
    expect(parts.data).toEqual(plain.data);
    expect(parts.errors).toEqual(plain.errors);
  });
});

describe("a request", () => {
  const asked = async (path: string, options = {}) => {
    const { data } = await aggregate<any>(`${gateway.url}${path}`, options).whole;
    return data.product.asked;
  };

  it("has parameters, encoded, lists as repeated names, none where there is no value", async () => {
    const params = { tags: ["a b", "c&d"], mark: undefined };
    expect(await asked("/product/7", { params })).toBe("/7?tags=a%20b&tags=c%26d&mark=none");
    expect(await asked("/product/7", { params: { mark: "a&b=c" } })).toBe("/7?mark=a%26b%3Dc");
  });

  it("replaces parameters of its URL name by name", async () => {
    expect(await asked("/product/7?mark=a&tags=x#top", { params: { mark: "b" } })).toBe(
      "/7?tags=x&mark=b",
    );
  });

  it("selects fields, or a view", async () => {
    const fields = ["product(id)", "pricing"];
    const { data } = await aggregate(`${gateway.url}/product/7`, { fields }).whole;
    expect(data).toEqual({ product: { id: 7 }, pricing: { amount: 12.5 } });
    const small = await aggregate(`${gateway.url}/product/7`, { view: "small" }).whole;
    expect(Object.keys(small.data)).toEqual(["product"]);
  });

  it("goes through a fetch of the caller's, with the caller's header fields", async () => {
    const requests: RequestInit[] = [];
    const headers = { "x-mine": "1" };
    const own: typeof fetch = (url, init) => (requests.push(init!), fetch(url, init));
    await aggregate(`${gateway.url}/joined`, { fetch: own, headers, credentials: "include" }).whole;
    expect(requests).toMatchObject([{ credentials: "include" }]);
    expect(Object.fromEntries(new Headers(requests[0]!.headers))).toEqual({
      "x-mine": "1",
      accept: "text/event-stream, application/json;q=0.9",
    });
  });
});

describe("a problem", () => {
  const problem = (path: string) =>
    aggregate(gateway.url + path).whole.then(
      () => expect.fail("no problem"),
      (error: ProblemError) => error,
    );

  it("is thrown where a required source fails before the first part", async () => {
    const error = await problem("/broken");
    expect(error).toBeInstanceOf(ProblemError);
    expect(error).toMatchObject({ status: 502, source: "product", title: "Bad Gateway" });
    expect(error.errors).toMatchObject([{ source: "product", kind: "status", status: 500 }]);
    await expect(all(aggregate(`${gateway.url}/broken`))).rejects.toThrow(ProblemError);
  });

  it("lists what is wrong with the parameters", async () => {
    const error = await problem("/list");
    expect(error).toMatchObject({ status: 400, source: undefined });
    expect(error.violations).toMatchObject([{ parameter: "ids" }]);
  });

  it("says when to come again", async () => {
    await aggregate(`${gateway.url}/limited`).whole;
    const error = await problem("/limited");
    expect(error.status).toBe(429);
    expect(error.retryAfter).toBeGreaterThan(0);
    expect(error.retryAfter).toBeLessThanOrEqual(60);
  });

  it("may come from something else than a gateway", async () => {
    const own = async () =>
      new Response("<h1>no</h1>", { status: 503, headers: { "retry-after": "x" } });
    const error = await aggregate("/x", { fetch: own }).whole.catch((e: ProblemError) => e);
    expect(error).toMatchObject({
      status: 503,
      title: "status 503",
      body: "<h1>no</h1>",
      retryAfter: 0,
    });
  });
});

describe("giving up", () => {
  it("ends the request and the iteration, at any time", async () => {
    const request = new AbortController();
    const seen: Snapshot[] = [];
    const reading = (async () => {
      for await (const snapshot of aggregate(`${gateway.url}/slow`, { signal: request.signal })) {
        seen.push(snapshot);
        request.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    expect(seen).toHaveLength(1);
    await gateway.rests();
  });

  it("before it begins sends nothing", async () => {
    const own = () => expect.fail("sent");
    const answer = aggregate("/x", { fetch: own, signal: AbortSignal.abort("no") });
    await expect(answer.whole).rejects.toBe("no");
  });

  it("ends the iteration even where fetch does not listen", async () => {
    const request = new AbortController();
    const answer = aggregate("/x", { fetch: () => new Promise(() => {}), signal: request.signal });
    const reading = all(answer);
    request.abort();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  });

  it("is leaving the loop", async () => {
    const answer = aggregate(`${gateway.url}/slow`);
    for await (const snapshot of answer) if (snapshot.data.product) break;
    await expect(answer.whole).rejects.toMatchObject({ name: "AbortError" });
    await gateway.rests();
  });

  it("leaves nothing on a signal that lives on", async () => {
    const request = new AbortController();
    const added = vi.spyOn(request.signal, "addEventListener");
    const removed = vi.spyOn(request.signal, "removeEventListener");
    const answer = aggregate(`${gateway.url}/joined`, { signal: request.signal });
    const { data } = await answer.whole;
    await until(() => removed.mock.calls.length > 0);
    expect(removed).toHaveBeenCalledWith("abort", added.mock.calls[0]![1]);
    request.abort();
    expect((await all(answer))[0]!.data).toBe(data);
  });
});

describe("a stream", () => {
  const event = (name: string, data: unknown) =>
    `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
  const streaming = (...chunks: (string | Uint8Array)[]) =>
    aggregate<any>("/x", {
      fetch: async () =>
        new Response(
          new ReadableStream({
            start(controller) {
              for (const chunk of chunks)
                controller.enqueue(
                  typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk,
                );
              controller.close();
            },
          }),
          { headers: { "content-type": "text/event-stream; charset=utf-8" } },
        ),
    });

  it("that ends without its last event is a broken answer", async () => {
    const answer = streaming(event("initial", { a: 1 }));
    await expect(answer.whole).rejects.toThrow(BrokenAnswerError);
  });

  it("may be cut anywhere", async () => {
    const bytes = new TextEncoder().encode(
      `: ping\n\n${event("initial", { a: "é€😀" })}${event("news", 1)}${event("done", { complete: true })}`,
    );
    const { data } = await streaming(...Array.from(bytes, (byte) => Uint8Array.of(byte))).whole;
    expect(data).toEqual({ a: "é€😀" });
  });

  it("whose text is no JSON fails", async () => {
    const answer = streaming("event: initial\ndata: {\n\n", event("done", { complete: true }));
    await expect(answer.whole).rejects.toThrow(SyntaxError);
  });

  it("gives a slow reader the newest snapshot, and always the last", async () => {
    const parts = Array.from({ length: 1000 }, (_, i) =>
      event("part", { source: "n", path: ["n"], value: i }),
    );
    const answer = streaming(event("initial", {}), ...parts, event("done", { complete: true }));
    await answer.whole;
    const snapshots = await all(answer);
    expect(snapshots).toHaveLength(1);
    expect(snapshots[0]).toMatchObject({ data: { n: 999 }, pending: false, complete: true });
  });

  it("tells of failed elements at once, also when others are good", async () => {
    const part = (i: number, more = {}) =>
      event("part", { source: "list", path: ["list", i], value: i, ...more });
    const error = { source: "list", kind: "timeout", message: "late", path: ["list", 0] };
    const fetch = async () =>
      new Response(
        new ReadableStream({
          start: (stream) =>
            stream.enqueue(
              new TextEncoder().encode(event("initial", {}) + part(0, { error }) + part(1)),
            ),
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    for await (const { data, errors, status, pending } of aggregate("/x", { fetch })) {
      expect({ data, errors, pending }).toEqual({
        data: { list: [0, 1] },
        errors: [error],
        pending: true,
      });
      expect(status.list).toBe("error");
      break;
    }
  });

  const error = { source: "list", kind: "timeout", message: "late", path: ["list", 0] };
  const good = { source: "list", path: ["list", 1], value: 1 };
  it.each([
    ["stale, then good", [{ ...good, stale: true }, good], "stale"],
    ["good, then stale", [good, { ...good, stale: true }], "stale"],
    [
      "failed, then stale",
      [
        { ...good, error },
        { ...good, stale: true },
      ],
      "stale",
    ],
    [
      "stale, then failed",
      [
        { ...good, stale: true },
        { ...good, error },
      ],
      "stale",
    ],
    ["stale as it failed", [{ ...good, stale: true, error }], "stale"],
    ["failed, then good", [{ ...good, error }, good], "error"],
  ])("tells at once what is stale: %s", async (_, parts, expected) => {
    const events = [event("initial", {}), ...parts.map((part) => event("part", part))];
    const fetch = async () =>
      new Response(
        new ReadableStream({
          start: (stream) => stream.enqueue(new TextEncoder().encode(events.join(""))),
        }),
        { headers: { "content-type": "text/event-stream" } },
      );
    for await (const { status, pending } of aggregate("/x", { fetch })) {
      expect([status.list, pending]).toEqual([expected, true]);
      break;
    }
  });

  it("tells at its end what has no part of its own", async () => {
    const parts = [event("initial", { a: 1, errors: [error] }), event("part", good)];
    const done = event("done", { complete: false, errors: [error], stale: ["a", "hidden"] });
    const { status, errors } = await streaming(...parts, done).whole;
    expect({ ...status }).toEqual({ a: "stale", hidden: "stale", list: "error" });
    expect(errors).toEqual([error]);
  });

  it("that is not awaited fails quietly", async () => {
    aggregate("/x", { fetch: async () => Response.error() });
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

describe("the status of a source", () => {
  it("that nobody told of is pending, then skipped; the told ones alone are members", async () => {
    const [{ status }, last] = await grown();
    expect(status.anything).toBe("pending");
    expect(last.status.anything).toBe("skipped");
    expect(JSON.parse(JSON.stringify(status))).toEqual({ ...status });
    expect(structuredClone(status)).toEqual({ ...status });
    expect(`${status}`).toBe("[object Object]");
  });
});
