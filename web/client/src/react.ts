/* react.ts - answers in components of React 18 and 19 */
import { useMemo, useSyncExternalStore } from "react";
import { Answer, type AnswerOptions, type AnswerState } from "./answer.js";
import { keyOf } from "./request.js";

export type { AnswerOptions, AnswerState } from "./answer.js";

/**
 * An answer as it becomes known; it is asked for while the component is mounted. A request is the
 * same while its URL, selection, method, header fields and body are.
 */
export function useAggregate<T = Record<string, unknown>>(
  url: string | URL,
  options: AnswerOptions = {},
): AnswerState<T> {
  const answer = useMemo(() => new Answer<T>(url, options), [keyOf(url, options)]);
  return useSyncExternalStore(answer.subscribe, answer.getState, answer.getServerState);
}

/** How long an answer's first part waits for a component that suspended and was thrown away. */
const ABANDONED_MS = 30_000;
/** How long an error is the answer: React renders once more before it tells a boundary. */
const FAILED_MS = 500;

/** Answers that suspended components come back for; each is gone with its last component. */
const shared = new Map<string, Answer<unknown>>();

/**
 * The same for Suspense: waits for the first part, and throws where there is none. Components that
 * ask the same share one request. On a server it throws, so that the nearest Suspense boundary
 * sends its fallback and the browser renders what is inside.
 */
export function useSuspenseAggregate<T = Record<string, unknown>>(
  url: string | URL,
  options: AnswerOptions = {},
): AnswerState<T> {
  if (typeof document === "undefined") throw new Error("useSuspenseAggregate: for browsers only");
  const key = keyOf(url, options);
  const answer = (shared.get(key) ?? share(key, url, options)) as Answer<T>;
  const state = useSyncExternalStore(answer.subscribe, answer.getState, answer.getState);
  if (answer.hasBegun) return state;
  if (state.error === undefined) throw answer.first;
  setTimeout(() => forget(key, answer), FAILED_MS);
  throw state.error;
}

function share(key: string, url: string | URL, options: AnswerOptions): Answer<unknown> {
  const answer: Answer<unknown> = new Answer(url, options, () => forget(key, answer));
  shared.set(key, answer);
  answer.start();
  void answer.first.then(() => setTimeout(() => answer.abandon(), ABANDONED_MS));
  return answer;
}

function forget(key: string, answer: object): void {
  if (shared.get(key) === answer) shared.delete(key);
}
