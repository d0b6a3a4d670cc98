/* aggregate.ts - one request to a gateway, and its answer as it becomes known */
import { createParser } from "eventsource-parser";
import { Latest } from "./latest.js";
import { BrokenAnswerError, problemOf } from "./problem.js";
import { headersOf, urlOf, type Question } from "./request.js";
import { Growing, type Snapshot, type WholeSnapshot } from "./snapshot.js";

/** What is not named here (`method`, `body`, `credentials`, …) is fetch's. */
export interface AggregateOptions extends Question, Omit<RequestInit, "signal"> {
  signal?: AbortSignal | undefined;
  /** Instead of the global one. */
  fetch?: typeof fetch | undefined;
}

/**
 * An answer that is on its way. Iterate over it for the snapshots: whoever is slow gets the newest
 * one, and always the last. Leaving the loop gives the request up.
 */
export interface Aggregate<T> extends AsyncIterable<Snapshot<T>> {
  /** The last snapshot; needs no iteration. */
  readonly whole: Promise<WholeSnapshot<T>>;
}

/**
 * Asks for an answer, part by part where the gateway has it so. The request leaves at once.
 *
 * Iteration and `whole` fail with a ProblemError where the gateway answers one, a BrokenAnswerError
 * where the answer ends early, the signal's reason where it is aborted, and with fetch's own errors.
 */
export function aggregate<T = Record<string, unknown>>(
  url: string | URL,
  options: AggregateOptions = {},
): Aggregate<T> {
  const latest = new Latest<Snapshot<T>>();
  const request = new AbortController();
  const giveUp = (reason?: unknown) => {
    request.abort(reason);
    latest.fail(request.signal.reason);
  };
  const unbind = bind(options.signal, giveUp);
  void ask(url, options, request.signal, latest).catch(giveUp).finally(unbind);
  return {
    whole: latest.last as Promise<WholeSnapshot<T>>,
    async *[Symbol.asyncIterator]() {
      try {
        yield* latest;
      } finally {
        if (!latest.hasEnded) giveUp();
      }
    },
  };
}

/** Calls back when the signal is aborted, now or later; what is returned ends that. */
function bind(signal: AbortSignal | undefined, onAbort: (reason: unknown) => void): () => void {
  const told = () => onAbort(signal!.reason);
  if (signal?.aborted) told();
  signal?.addEventListener("abort", told, { once: true });
  return () => signal?.removeEventListener("abort", told);
}

async function ask<T>(
  url: string | URL,
  { params, fields, view, progressive, fetch = globalThis.fetch, ...init }: AggregateOptions,
  signal: AbortSignal,
  latest: Latest<Snapshot<T>>,
): Promise<void> {
  signal.throwIfAborted();
  const headers = headersOf(init.headers, progressive);
  const response = await fetch(urlOf(url, { params, fields, view }), { ...init, headers, signal });
  if (!response.ok) throw await problemOf(response);
  const answer = new Growing(response.headers);
  if (isStream(response)) return follow(response.body!, answer, latest);
  answer.takeWhole(JSON.parse(await response.text()));
  latest.set(answer.snapshot());
  latest.end();
}

function isStream(response: Response): boolean {
  return /^text\/event-stream\b/i.test(response.headers.get("content-type") ?? "");
}

/** Whoever waits is told of `done` at once; the connection is read to its end, and may be kept. */
async function follow<T>(
  body: ReadableStream<Uint8Array>,
  answer: Growing,
  latest: Latest<Snapshot<T>>,
): Promise<void> {
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (answer.take(event, data)) latest.set(answer.snapshot());
      if (answer.isWhole) latest.end();
    },
  });
  const reader = body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parser.feed(decoder.decode(value, { stream: true }));
  }
  latest.fail(new BrokenAnswerError("the answer ended before all of it was told"));
}
