/* snapshot.ts - what is known of an answer at one moment, and how it grows by events
 *
 * Where the status of a source comes from:
 *
 * - a part: `stale` in it makes it `stale`, failed or not, else `error` or `errors` make it `error`,
 *   else it is `ok`;
 * - the first document, or a plain one: its `errors` name what failed; its other members are `ok`
 *   by their names, which are those of their sources unless `into` says otherwise;
 * - `done`: its `errors` name what failed, also what has no part; its `stale` names what is stale;
 * - Cache-Status: a plain answer's `detail="reviews=stale"` makes a source `stale`, failed or not;
 * - Server-Timing: a plain answer's names the sources that were called; these two know also of
 *   what `into` puts elsewhere. Streams have neither: their heads leave before there is anything to
 *   tell, and their events say what is stale.
 */
import { place, type JsonObject, type Json, type Path } from "./document.js";
import { statusesOf, type SourceStatus, type Statuses } from "./status.js";

/** An entry of `errors`; a plain string where the gateway is told `errors: text`. */
export type Failure = FailureEntry | string;

export interface FailureEntry {
  readonly source: string;
  readonly kind:
    | "timeout"
    | "unreachable"
    | "status"
    | "invalid"
    | "too_large"
    | "dependency"
    | "missing"
    | "open"
    | "overloaded"
    | "denied";
  readonly message: string;
  /** What the service answered. */
  readonly status?: number;
  /** The element that failed. */
  readonly path?: Path;
}

interface Known<T> {
  readonly errors: readonly Failure[];
  readonly status: Statuses<T>;
}

/** While parts may come, members may be missing. */
export interface PendingSnapshot<T> extends Known<T> {
  readonly data: Partial<T>;
  readonly pending: true;
  readonly complete: false;
}

export interface WholeSnapshot<T> extends Known<T> {
  readonly data: T;
  readonly pending: false;
  /** Nothing failed. */
  readonly complete: boolean;
}

export type Snapshot<T = Record<string, unknown>> = PendingSnapshot<T> | WholeSnapshot<T>;

/** While parts may come, a member of the top level that is not there yet is as it was before. */
export function over<T>(before: Partial<T>, snapshot: Snapshot<T>): Snapshot<T> {
  return snapshot.pending ? { ...snapshot, data: { ...before, ...snapshot.data } } : snapshot;
}

interface Part {
  source: string;
  path: Path;
  value: Json;
  stale?: true;
  error?: Failure;
  errors?: Failure[];
}

interface Done {
  complete: boolean;
  errors?: readonly Failure[];
  stale?: readonly string[];
}

type Document = JsonObject & { errors?: Failure[] };

/** An answer that grows. */
export class Growing {
  #data: JsonObject = {};
  #errors: readonly Failure[] = [];
  #complete = false;
  #pending = true;
  readonly #told = new Map<string, SourceStatus>();
  readonly #stale: readonly string[];
  readonly #called: readonly string[];

  constructor(headers: Headers) {
    this.#stale = staleSources(headers.get("cache-status") ?? "");
    this.#called = timedSources(headers.get("server-timing") ?? "");
  }

  get isWhole(): boolean {
    return !this.#pending;
  }

  /** false: an event that says nothing of the answer, such as a ping. */
  take(event: string | undefined, text: string): boolean {
    if (event === "initial") this.#begin(JSON.parse(text));
    else if (event === "part") this.#add(JSON.parse(text));
    else if (event === "done") this.#end(JSON.parse(text));
    else return false;
    return true;
  }

  /** The whole answer at once. */
  takeWhole(document: Document): void {
    this.#tell("ok", this.#called);
    this.#begin(document);
    this.#end({ complete: !this.#errors.length, errors: this.#errors, stale: this.#stale });
  }

  snapshot<T>(): Snapshot<T> {
    return {
      data: this.#data,
      errors: this.#errors,
      status: statusesOf(this.#told, this.#pending),
      pending: this.#pending,
      complete: this.#complete,
    } as unknown as Snapshot<T>;
  }

  #begin({ errors = [], ...data }: Document): void {
    this.#data = data as JsonObject;
    this.#tell("ok", Object.keys(data));
    this.#fail(errors);
    this.#errors = errors;
  }

  #add({ source, path, value, stale, error, errors = error ? [error] : [] }: Part): void {
    this.#data = place(this.#data, path, value);
    this.#tell(stale ? "stale" : errors.length ? "error" : "ok", [source]);
    if (errors.length) this.#errors = [...this.#errors, ...errors];
  }

  #end({ complete, errors = [], stale = [] }: Done): void {
    this.#fail(errors);
    this.#tell("stale", stale);
    this.#errors = errors;
    this.#complete = complete;
    this.#pending = false;
  }

  #fail(errors: readonly Failure[]): void {
    this.#tell("error", errors.map(sourceOf));
  }

  /** What fails stays so whatever else is good of it, and what is stale whatever fails. */
  #tell(status: SourceStatus, sources: readonly string[]): void {
    for (const source of sources) {
      const before = this.#told.get(source) ?? "ok";
      if (before === "ok" || status === "stale") this.#told.set(source, status);
    }
  }
}

/** A text begins with the source's name. */
function sourceOf(failure: Failure): string {
  return typeof failure === "string" ? failure.split(":", 1)[0]! : failure.source;
}

/** `sheaf; hit; detail="product=hit,reviews=stale"` (RFC 9211); another cache's `fwd=stale` is none. */
function staleSources(cacheStatus: string): string[] {
  return Array.from(cacheStatus.matchAll(/[",](\w+)=stale/g), ([, source]) => source!);
}

/** `product;dur=12.3, reviews;dur=300;desc="timeout", total;dur=301`; the last is no source. */
function timedSources(serverTiming: string): string[] {
  return Array.from(serverTiming.matchAll(/(?:^|,)\s*(\w+);dur/g), ([, source]) => source!).slice(
    0,
    -1,
  );
}
