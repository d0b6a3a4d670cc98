import "./dom.js";
import { Component, StrictMode, Suspense, version, type ReactNode } from "react";
import { flushSync } from "react-dom";
import { createRoot, hydrateRoot, type Root } from "react-dom/client";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useAggregate, useSuspenseAggregate, type AnswerState } from "../src/react.js";
import { failing, Gateway, Held, json, silent, until } from "./gateway.js";

const ENDPOINTS = `endpoints:
  - path: /product/{id}
    timeout: 60s
    sources:
      product: {get: "catalog:/{id}", required: true}
      pricing: {get: "prices:/", timeout: 60s}
  - path: /slow
    timeout: 60s
    sources:
      product: {get: "catalog:/1", required: true}
      late: {get: "silent:/", timeout: 60s}
  - path: /broken
    sources:
      product: {get: "failing:/", required: true}
  - path: /held
    timeout: 60s
    sources:
      product: {get: "prices:/", required: true, timeout: 60s}
      late: {get: "silent:/", timeout: 60s}
`;

let gateway: Gateway;
let prices: Held;
let n_catalog: number;
let container: HTMLElement;
let root: Root | undefined;
let complaints: ReturnType<typeof vi.spyOn>;
const seen: AnswerState<any>[] = [];
const latest = () => seen.at(-1)!;

beforeEach(async () => {
  n_catalog = 0;
  prices = new Held({ amount: 12.5 });
  gateway = await Gateway.start(
    {
      catalog: (request, response) => json({ id: ++n_catalog && request.url })(request, response),
      prices: (request, response) => prices.listener(request, response),
      silent,
      failing: failing(500),
    },
    ENDPOINTS,
  );
  container = document.body.appendChild(document.createElement("div"));
  complaints = vi.spyOn(console, "error");
  seen.length = 0;
});

afterEach(async () => {
  flushSync(() => root?.unmount());
  root = undefined;
  container.remove();
  await gateway.rests();
  await gateway.stop();
  vi.restoreAllMocks();
});

function render(what: ReactNode) {
  root ??= createRoot(container);
  flushSync(() => root!.render(what));
}

function Product({ path = "/product/7" }: { path?: string }) {
  const answer = useAggregate<any>(gateway.url + path);
  seen.push(answer);
  return <p>{answer.data.product?.id ?? "…"}</p>;
}

function SuspendingProduct({ path = "/product/7" }: { path?: string }) {
  const answer = useSuspenseAggregate<any>(gateway.url + path);
  seen.push(answer);
  return <p>{answer.data.product.id ?? answer.data.product.amount}</p>;
}

/** Timers of half a minute run when the test says so. */
function holdLongTimers() {
  const held: (() => void)[] = [];
  const { setTimeout } = globalThis;
  vi.spyOn(globalThis, "setTimeout").mockImplementation(((call: () => void, ms?: number) =>
    ms === 30_000 ? held.push(call) : setTimeout(call, ms)) as typeof setTimeout);
  return { held, pass: () => held.splice(0).forEach((call) => call()) };
}

it("is tested with the React that is meant", () => {
  expect(version).toMatch(process.env.REACT === "18" ? /^18\./ : /^19\./);
});

describe("useAggregate", () => {
  it("renders what is known, then what comes later", async () => {
    render(<Product />);
    expect(seen[0]).toMatchObject({ data: {}, errors: [], pending: true, error: undefined });
    expect(seen[0]!.status.pricing).toBe("pending");
    await until(() => container.textContent === "/7");
    expect(latest().status.product).toBe("ok");
    expect(latest().status.pricing).toBe("pending");
    prices.let();
    await until(() => !latest().pending);
    expect(latest()).toMatchObject({ data: { pricing: { amount: 12.5 } }, complete: true });
  });

  it("makes one request in StrictMode", async () => {
    render(
      <StrictMode>
        <Product />
      </StrictMode>,
    );
    prices.let();
    await until(() => latest().complete);
    expect(n_catalog).toBe(1);
    expect(await gateway.metric("sheaf_calls_started_total")).toBe(2);
  });

  it("gives up when it is unmounted, and says nothing afterwards", async () => {
    render(<Product path="/slow" />);
    await until(() => container.textContent === "/1");
    const { length } = seen;
    render(null);
    await gateway.rests();
    expect(seen).toHaveLength(length);
    expect(complaints).not.toHaveBeenCalled();
  });

  it("gives up what it asked for when it asks for something else", async () => {
    render(<Product path="/slow" />);
    await until(() => container.textContent === "/1");
    render(<Product path="/product/8" />);
    expect(latest().data).toEqual({});
    await until(() => container.textContent === "/8");
    prices.let();
    await until(() => latest().complete);
    await gateway.rests();
  });

  it("asks nothing again when it is rendered again", async () => {
    prices.let();
    render(<Product />);
    await until(() => latest().complete);
    const state = latest();
    render(<Product />);
    expect(latest()).toBe(state);
    expect(n_catalog).toBe(1);
  });

  it("shows what there was until a refetch has it anew", async () => {
    prices.let();
    render(<Product />);
    await until(() => latest().complete);
    prices = new Held({ amount: 13 });
    const { length } = seen;
    latest().refetch();
    await until(() => latest().status.pricing === "pending");
    expect(seen[length]).toMatchObject({ pending: true, complete: false });
    for (const { data } of seen.slice(length)) expect(data.pricing).toEqual({ amount: 12.5 });
    prices.let();
    await until(() => latest().complete);
    expect(latest().data.pricing).toEqual({ amount: 13 });
  });

  it("gives up what it asked for when it asks again", async () => {
    render(<Product path="/slow" />);
    await until(() => container.textContent === "/1");
    latest().refetch();
    await until(() => n_catalog === 2);
    await until(async () => (await gateway.metric("sheaf_requests_in_flight")) === 1);
  });

  it("tells the problem where there is no answer, and may be asked again", async () => {
    render(<Product path="/broken" />);
    await until(() => !latest().pending);
    expect(latest().error).toMatchObject({ name: "ProblemError", status: 502, source: "product" });
    const { length } = seen;
    latest().refetch();
    await until(() => seen.length > length + 1);
    expect(seen[length]).toMatchObject({ pending: true, error: undefined });
    expect(latest().error).toMatchObject({ status: 502 });
  });

  it("is hydrated as the server rendered it, which asks for nothing", async () => {
    container.innerHTML = renderToString(<Product />);
    expect(container.textContent).toBe("…");
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(n_catalog).toBe(0);
    root = hydrateRoot(container, <Product />);
    await until(() => container.textContent === "/7");
    expect(n_catalog).toBe(1);
    expect(complaints).not.toHaveBeenCalled();
  });
});

class Boundary extends Component<{ children: ReactNode }> {
  override state = { error: undefined as Error | undefined };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <button onClick={() => this.setState({ error: undefined })}>{error.message}</button>;
  }
}

describe("useSuspenseAggregate", () => {
  it("waits for the first part, then goes on; the same question is asked once", async () => {
    render(
      <StrictMode>
        <Suspense fallback="waiting">
          <SuspendingProduct />
          <SuspendingProduct />
        </Suspense>
      </StrictMode>,
    );
    expect(container.textContent).toBe("waiting");
    await until(() => container.textContent === "/7/7");
    expect(latest().status.pricing).toBe("pending");
    prices.let();
    await until(() => latest().complete);
    expect(n_catalog).toBe(1);
  });

  it("gives up with the last component that shows it, and is asked anew by the next one", async () => {
    const page = (
      <Suspense>
        <SuspendingProduct path="/slow" />
      </Suspense>
    );
    render(page);
    await until(() => container.textContent === "/1");
    render(null);
    await gateway.rests();
    render(page);
    await until(() => container.textContent === "/1");
    expect(n_catalog).toBe(2);
  });

  it("waits for a first part as long as it takes", async () => {
    const { pass } = holdLongTimers();
    render(
      <Suspense fallback="waiting">
        <SuspendingProduct path="/held" />
      </Suspense>,
    );
    await until(() => prices.n_calls === 1);
    pass();
    prices.let();
    await until(() => container.textContent === "12.5");
    expect(prices.n_calls).toBe(1);
  });

  it("gives up what nobody comes back for, half a minute after its first part", async () => {
    const { held, pass } = holdLongTimers();
    render(
      <Suspense fallback="waiting">
        <SuspendingProduct path="/held" />
      </Suspense>,
    );
    await until(() => prices.n_calls === 1);
    render(null);
    expect(held).toHaveLength(0);
    prices.let();
    await until(() => held.length === 1);
    expect(await gateway.metric("sheaf_requests_in_flight")).toBe(1);
    pass();
    await gateway.rests();
  });

  it("throws the problem to a boundary, and asks anew when that is reset", async () => {
    complaints.mockImplementation(() => {});
    render(
      <Boundary>
        <Suspense fallback="waiting">
          <SuspendingProduct path="/broken" />
        </Suspense>
      </Boundary>,
    );
    const button = () => container.querySelector("button");
    await until(() => button() !== null);
    const n_calls = () => gateway.metric("sheaf_calls_started_total");
    const before = await n_calls();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await n_calls()).toBe(before);
    await until(async () => {
      button()?.click();
      return (await n_calls()) > before;
    });
    await until(() => button() !== null);
    expect(await n_calls()).toBe(before + 1);
  });
});
