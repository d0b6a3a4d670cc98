import { Suspense } from "react";
import { renderToString } from "react-dom/server";
import { expect, it, vi } from "vitest";
import { useAggregate, useSuspenseAggregate } from "../src/react.js";

const fetch = vi.fn();

function Product() {
  const { data, status } = useAggregate<any>("/api", { fetch });
  return <p>{data.product?.id ?? status.product}</p>;
}

function SuspendingProduct() {
  return <p>{useSuspenseAggregate<any>("/api", { fetch }).data.product.id}</p>;
}

it("renders on a server what the browser shows first, and asks for nothing", async () => {
  expect(renderToString(<Product />)).toBe("<p>pending</p>");
  await Promise.resolve();
  expect(fetch).not.toHaveBeenCalled();
});

it("leaves what suspends to the browser", async () => {
  const html = renderToString(
    <Suspense fallback="waiting">
      <SuspendingProduct />
    </Suspense>,
  );
  expect(html).toContain("waiting");
  expect(fetch).not.toHaveBeenCalled();
});
