/* progressive.ts - one call to the gateway, each part as soon as it is known */
import { aggregate, ProblemError } from "@sheaf/client";
import { ONE_CALL, problemOf, type Answer } from "./after";
import { gatewayUrl, sourcesOf, type Ask } from "./ask";
import type { Failure, Recorder } from "./column";
import type { Page } from "./shop";
import { barOf, sourceBars, timingOf } from "./timing";

export async function progressive(ask: Ask, recorder: Recorder, signal: AbortSignal) {
  const url = gatewayUrl(ask);
  const start = recorder.now();
  const awaited = new Set(sourcesOf(ask));
  let isFailed = false;
  recorder.bar({ name: ONE_CALL, kind: "call", start });
  for (const name of awaited) recorder.bar({ name, kind: "part", start });
  try {
    for await (const { data, errors, status } of aggregate<Page>(url, {
      signal,
      cache: "no-store",
    })) {
      const known = [...awaited].filter((source) => status[source] !== "pending");
      for (const name of known) {
        const failure = (errors as readonly Failure[]).find((error) => error.source === name);
        recorder.settle(name, data[name], failure);
        recorder.bar({ name, kind: "part", start, end: recorder.now(), isFailed: !!failure });
        awaited.delete(name);
      }
    }
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const answer = error.body as Answer;
    isFailed = true;
    recorder.fail(problemOf(answer), answer.errors);
  }
  recorder.settled();

  const entry = await timingOf(url, recorder.began);
  if (!entry || signal.aborted) return;
  recorder.bar({ ...barOf(entry, recorder.began, ONE_CALL, "total"), isFailed });
  if (isFailed) sourceBars(entry, recorder.began).forEach((bar) => recorder.bar(bar));
  recorder.count(entry.transferSize);
}
