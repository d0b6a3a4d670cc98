/* timing.ts - what the browser (Resource Timing) and the server (Server-Timing) measured
 *
 * Nothing in a waterfall is made up: starts and ends of requests are the browser's, durations of
 * work behind them the servers'. Where exactly in the wait for an answer the work was done, nobody
 * can tell from here: it is drawn in the middle, as if the way there took as long as the way back.
 */
import type { Bar } from "./column";
import { NEEDS, type Source } from "./shop";

const PATIENCE_MS = 500;
const GLANCE_MS = 10;

/* What a cache did, or that nobody waited for it; any other description is a kind of failure. */
const GOOD_WORDS = ["", "hit", "miss", "stale", "revalidated", "cancelled"];

/* The browser's record of a request that was made after `since`; it may come a moment late. */
export async function timingOf(
  url: string,
  since: number,
): Promise<PerformanceResourceTiming | undefined> {
  const { href } = new URL(url, location.href);
  for (let waited = 0; waited < PATIENCE_MS; waited += GLANCE_MS) {
    const entries = performance.getEntriesByName(href, "resource") as PerformanceResourceTiming[];
    const entry = entries.find((one) => one.startTime >= since - 1);
    if (entry) return entry;
    await new Promise((resolve) => setTimeout(resolve, GLANCE_MS));
  }
  return undefined;
}

/* Where in the wait for the answer a work of this duration was done. */
function inTheMiddle(entry: PerformanceResourceTiming, began: number, duration: number) {
  const wait = entry.responseStart - entry.requestStart;
  const start = entry.requestStart - began + Math.max(0, wait - duration) / 2;
  return { start, end: start + duration };
}

/* The whole request; `work` is the name of the server's entry for all that it did. */
export function barOf(
  entry: PerformanceResourceTiming,
  began: number,
  name: string,
  work: string,
): Bar {
  const told = entry.serverTiming.find((one) => one.name === work);
  return {
    name,
    kind: "call",
    start: entry.startTime - began,
    sent: entry.requestStart - began,
    end: entry.responseEnd - began,
    server: told && inTheMiddle(entry, began, told.duration),
  };
}

/* A bar for each source that the gateway tells of. */
export function sourceBars(entry: PerformanceResourceTiming, began: number): Bar[] {
  const told = new Map(entry.serverTiming.map((one) => [one.name, one]));
  const total = told.get("total")?.duration ?? 0;
  const { start } = inTheMiddle(entry, began, total);
  told.delete("total");
  return [...told.values()].map(({ name, duration, description }) => {
    const needed = told.get(NEEDS[name as Source] ?? "");
    const from = start + (needed?.duration ?? 0);
    return {
      name,
      kind: description === "cancelled" ? "call" : "source",
      start: from,
      end: from + duration,
      isFailed: !GOOD_WORDS.includes(description),
      note: description === "miss" ? "" : description,
    };
  });
}
