/* progressive.ts - one call to the gateway, each part as soon as it is known */
import { ONE_CALL, problemOf } from "./after";
import { gatewayUrl, sourcesOf, type Ask } from "./ask";
import type { Recorder } from "./column";
import { Problem, parts } from "./stream";
import { barOf, sourceBars, timingOf } from "./timing";

export async function progressive(ask: Ask, recorder: Recorder, signal: AbortSignal) {
  const url = gatewayUrl(ask);
  const start = recorder.now();
  let isFailed = false;
  recorder.bar({ name: ONE_CALL, kind: "call", start });
  for (const name of sourcesOf(ask)) recorder.bar({ name, kind: "part", start });
  try {
    for await (const { source, value, error } of parts(url, signal)) {
      recorder.settle(source, value, error);
      recorder.bar({ name: source, kind: "part", start, end: recorder.now(), isFailed: !!error });
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    isFailed = true;
    recorder.fail(problemOf(error.answer), error.answer.errors);
  }
  recorder.settled();

  const entry = await timingOf(url, recorder.began);
  if (!entry || signal.aborted) return;
  recorder.bar({ ...barOf(entry, recorder.began, ONE_CALL, "total"), isFailed });
  if (isFailed) sourceBars(entry, recorder.began).forEach((bar) => recorder.bar(bar));
  recorder.count(entry.transferSize);
}
