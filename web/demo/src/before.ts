/* before.ts - the browser calls each service itself and stitches the page together */
import { PRODUCT_ID, serviceParams, sourcesOf, type Ask } from "./ask";
import type { Recorder } from "./column";
import { NEEDS, PATHS, REQUIRED, type Page, type Product, type Source } from "./shop";
import { barOf, timingOf } from "./timing";

export async function before(ask: Ask, recorder: Recorder, signal: AbortSignal) {
  const abandon = new AbortController();
  const calling = AbortSignal.any([signal, abandon.signal]);
  const measured: Promise<void>[] = [];

  async function call(source: Source, id: string): Promise<Page[Source]> {
    const url = `/svc/${source}${PATHS[source]}${id}?${new URLSearchParams(serviceParams(ask))}`;
    const start = recorder.now();
    recorder.bar({ name: source, kind: "call", start });
    const answer = await fetch(url, { signal: calling, cache: "no-store" });
    const value = await answer.json();
    measured.push(measure(source, url, answer.ok));
    if (!answer.ok) throw new Error(`${source}: the service answered ${answer.status}`);
    return value;
  }

  async function measure(source: Source, url: string, isGood: boolean) {
    const entry = await timingOf(url, recorder.began);
    if (!entry || signal.aborted) return;
    recorder.bar({ ...barOf(entry, recorder.began, source, source), isFailed: !isGood });
    recorder.count(entry.transferSize);
  }

  /* An optional one that fails leaves a hole. */
  async function settle(source: Source, id: string) {
    try {
      recorder.settle(source, await call(source, id));
    } catch (error) {
      if (calling.aborted) return;
      recorder.settle(source, null, { source, message: (error as Error).message });
    }
  }

  async function settleProduct() {
    const product = (await call(REQUIRED, PRODUCT_ID)) as Product;
    recorder.settle(REQUIRED, product);
    return product;
  }

  const wanted = sourcesOf(ask);
  const isProductNeeded = wanted.some(
    (source) => source === REQUIRED || NEEDS[source] === REQUIRED,
  );
  const product = isProductNeeded ? settleProduct() : Promise.resolve<Product>({});
  const others = wanted.filter((source) => source !== REQUIRED);
  const settling = others.map(async (source) => {
    if (NEEDS[source] !== REQUIRED) return settle(source, PRODUCT_ID);
    const { seller } = await product;
    if (seller) await settle(source, seller.id);
  });

  try {
    await Promise.all([product, ...settling]);
  } catch (error) {
    abandon.abort(); // without a product there is no page
    if (!signal.aborted) recorder.fail((error as Error).message);
  }
  recorder.settled();
  await Promise.all(measured);
}
