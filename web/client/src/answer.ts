/* answer.ts - an answer that components follow: asked for while somebody does, given up when nobody does
 *
 * Everything begins with the first listener and ends with the last one, a moment later: React's
 * StrictMode unmounts and mounts again at once, and that makes no second request.
 */
import { aggregate, type AggregateOptions } from "./aggregate.js";
import { over, type Failure, type Snapshot } from "./snapshot.js";
import { statusesOf, type Statuses } from "./status.js";

export type AnswerOptions = Omit<AggregateOptions, "signal">;

export interface AnswerState<T> {
  /**
   * What is there by now; during a refetch, a member of the top level that is not there yet is as it
   * was before.
   */
  readonly data: Partial<T>;
  readonly errors: readonly Failure[];
  readonly status: Statuses<T>;
  readonly pending: boolean;
  readonly complete: boolean;
  /** Why there is no answer, or not all of it: a ProblemError, …; see aggregate(). */
  readonly error: unknown;
  /** Asks again, or has the next one to listen ask; what is shown stays until it is replaced. */
  readonly refetch: () => void;
}

export class Answer<T> {
  readonly #listeners = new Set<() => void>();
  readonly #initial: AnswerState<T> = {
    data: {},
    errors: [],
    status: statusesOf([], true) as Statuses<T>,
    pending: true,
    complete: false,
    error: undefined,
    refetch: () => this.#askAnew(),
  };
  #state = this.#initial;
  #request: AbortController | undefined;
  #tellFirst!: () => void;
  /** A snapshot has come. */
  hasBegun = false;

  /** Resolves when the first snapshot is there, or none will be. */
  readonly first = new Promise<void>((resolve) => (this.#tellFirst = resolve));

  constructor(
    private readonly url: string | URL,
    private readonly options: AnswerOptions,
    private readonly onAbandoned = () => {},
  ) {}

  /** For useSyncExternalStore, as are the next two. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    this.start();
    return () => {
      this.#listeners.delete(listener);
      queueMicrotask(() => this.abandon());
    };
  };

  readonly getState = (): AnswerState<T> => this.#state;

  /** A server asks for nothing: it renders what the browser shows first. */
  readonly getServerState = (): AnswerState<T> => this.#initial;

  start(): void {
    if (this.#request) return;
    this.#request = new AbortController();
    void this.#follow(this.#request.signal, this.#state.data);
  }

  /** Gives it up, unless somebody listens. */
  abandon(): void {
    if (this.#listeners.size > 0) return;
    this.#request?.abort();
    if (this.#state.pending) this.#request = undefined;
    this.onAbandoned();
  }

  #askAnew(): void {
    this.#request?.abort();
    this.#request = undefined;
    if (this.#listeners.size > 0) this.start();
  }

  async #follow(signal: AbortSignal, before: Partial<T>): Promise<void> {
    if (!this.#state.pending)
      this.#set({ ...this.#state, pending: true, complete: false, error: undefined });
    try {
      for await (const snapshot of aggregate<T>(this.url, { ...this.options, signal }))
        if (!signal.aborted) this.#show(snapshot, before);
    } catch (error) {
      if (!signal.aborted) this.#set({ ...this.#state, pending: false, error });
    }
    this.#tellFirst();
  }

  #show(snapshot: Snapshot<T>, before: Partial<T>): void {
    this.hasBegun = true;
    this.#set({ ...this.#state, ...over(before, snapshot) });
    this.#tellFirst();
  }

  #set(state: AnswerState<T>): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
