import "./dom.js";
import { QueryClient, QueryClientProvider, useQuery } from "@tanstack/react-query";
import { flushSync } from "react-dom";
import { createRoot } from "react-dom/client";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { Snapshot } from "../src/index.js";
import { aggregateQuery } from "../src/tanstack.js";
import { failing, Gateway, Held, json, silent, until } from "./gateway.js";

const ENDPOINTS = `endpoints:
  - path: /product
    timeout: 60s
    sources:
      product: {get: "catalog:/", required: true}
      pricing: {get: "prices:/", timeout: 60s}
  - path: /slow
    timeout: 60s
    sources:
      product: {get: "catalog:/", required: true}
      late: {get: "silent:/", timeout: 60s}
  - path: /broken
    sources:
      product: {get: "failing:/", required: true}
`;

let prices: Held;
let gateway: Gateway;
let client: QueryClient;

beforeAll(async () => {
  const services = {
    catalog: json({ id: 7 }),
    prices: (...[request, response]: Parameters<typeof silent>) =>
      prices.listener(request, response),
    silent,
    failing: failing(500),
  };
  gateway = await Gateway.start(services, ENDPOINTS);
});

afterAll(() => gateway.stop());

beforeEach(() => {
  prices = new Held({ amount: 12.5 });
  client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
});

afterEach(() => client.clear());

const query = (path: string) => aggregateQuery<any>(gateway.url + path);

it("streams snapshots into the cache", async () => {
  const seen: Snapshot<any>[] = [];
  function Product() {
    const { data, fetchStatus } = useQuery(query("/product"));
    if (data) seen.push(data);
    return <p>{`${data?.data.product?.id} ${data?.status.pricing} ${fetchStatus}`}</p>;
  }
  const container = document.createElement("div");
  const root = createRoot(container);
  flushSync(() =>
    root.render(
      <QueryClientProvider client={client}>
        <Product />
      </QueryClientProvider>,
    ),
  );
  await until(() => container.textContent === "7 pending fetching");
  prices.let();
  await until(() => container.textContent === "7 ok idle");
  expect(seen.at(-1)!.data.product).toBe(seen[0]!.data.product);
  flushSync(() => root.unmount());
});

it("keeps what there was until a refetch has it anew", async () => {
  const { queryKey } = query("/product");
  const seen: (Snapshot<any> | undefined)[] = [];
  prices.let();
  await client.fetchQuery(query("/product"));
  prices = new Held({ amount: 13 });
  client.getQueryCache().subscribe(() => seen.push(client.getQueryData(queryKey)));
  const again = client.fetchQuery(query("/product"));
  await until(() => seen.at(-1)?.status.pricing === "pending");
  for (const snapshot of seen) expect(snapshot?.data.pricing).toEqual({ amount: 12.5 });
  prices.let();
  expect((await again).data).toEqual({ product: { id: 7 }, pricing: { amount: 13 } });
});

it("fails with the problem", async () => {
  await expect(client.fetchQuery(query("/broken"))).rejects.toMatchObject({ status: 502 });
});

it("gives up what is cancelled", async () => {
  const { queryKey } = query("/slow");
  void client.prefetchQuery(query("/slow"));
  await until(() => client.getQueryData(queryKey) !== undefined);
  await client.cancelQueries({ queryKey });
  await gateway.rests();
});

it("asks again for what was cancelled before it was whole", async () => {
  const { queryKey } = query("/slow");
  const prefetch = () => void client.prefetchQuery({ ...query("/slow"), staleTime: 60_000 });
  prefetch();
  await until(() => client.getQueryData(queryKey) !== undefined);
  await client.cancelQueries({ queryKey });
  prefetch();
  expect(client.isFetching()).toBe(1);
  await client.cancelQueries({ queryKey });
  await gateway.rests();
});

it("knows the same request by its key", () => {
  const keyOf = (...args: Parameters<typeof aggregateQuery>) => aggregateQuery(...args).queryKey;
  expect(keyOf("/x", { params: { id: 1 }, fields: ["a", "b"] })).toEqual(
    keyOf("/x?id=1", { fields: "a,b" }),
  );
  expect(keyOf("/x", { headers: { a: "1" } })).not.toEqual(keyOf("/x"));
});
