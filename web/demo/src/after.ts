/* after.ts - one call to the gateway, one whole answer */
import { gatewayUrl, type Ask } from "./ask";
import type { Failure, Recorder } from "./column";
import { SOURCES, type Page, type Source } from "./shop";
import { barOf, sourceBars, timingOf } from "./timing";

export const ONE_CALL = "one call";

/* What the gateway says: the page, or a problem (RFC 9457). */
export interface Answer extends Page {
  errors?: Failure[];
  detail?: string;
  violations?: { parameter: string; message: string }[];
}

/* A problem in one sentence. */
export function problemOf(answer: Answer): string {
  const violations = (answer.violations ?? []).map((one) => `${one.parameter}: ${one.message}`);
  return violations.join("; ") || answer.detail || "no answer";
}

export async function after(ask: Ask, recorder: Recorder, signal: AbortSignal) {
  const url = gatewayUrl(ask);
  const start = recorder.now();
  recorder.bar({ name: ONE_CALL, kind: "call", start });
  const response = await fetch(url, { signal, cache: "no-store" });
  const answer = (await response.json()) as Answer;
  if (response.ok) settleAll(answer, recorder);
  else recorder.fail(problemOf(answer), answer.errors);
  recorder.settled();

  const entry = await timingOf(url, recorder.began);
  if (!entry || signal.aborted) return;
  recorder.bar({ ...barOf(entry, recorder.began, ONE_CALL, "total"), isFailed: !response.ok });
  sourceBars(entry, recorder.began).forEach((bar) => recorder.bar(bar));
  recorder.count(entry.transferSize);
}

function settleAll(answer: Answer, recorder: Recorder) {
  const failures = new Map((answer.errors ?? []).map((failure) => [failure.source, failure]));
  for (const source of SOURCES) {
    if (source in answer) recorder.settle(source as Source, answer[source], failures.get(source));
  }
}
