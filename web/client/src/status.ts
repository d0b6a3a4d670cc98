/* status.ts - how each source did, by its name
 *
 * Only sources that were told of are members. Any other name, when it is asked for, is `pending`
 * while parts may come and `skipped` once the answer is whole: nobody needs a list of names.
 */

/**
 * - `pending`: nothing is known of it yet
 * - `ok`: its value is there
 * - `stale`: a value that was remembered stands in for it
 * - `error`: it failed, or one of its elements; its value is null or its fallback
 * - `skipped`: the answer is whole, and has neither a value nor an error of it
 */
export type SourceStatus = "pending" | "ok" | "stale" | "error" | "skipped";

export type Statuses<T = unknown> = { readonly [name in keyof T]-?: SourceStatus } & {
  readonly [name: string]: SourceStatus;
};

/** What an object has that has no member of a name; what every object has stays as it is. */
function otherwise(status: SourceStatus): object {
  return new Proxy(Object.prototype, {
    get: (inherited, name) =>
      typeof name === "symbol" || name in inherited ? Reflect.get(inherited, name) : status,
  });
}

const WHILE_PENDING = otherwise("pending");
const ONCE_WHOLE = otherwise("skipped");

export function statusesOf(told: Iterable<[string, SourceStatus]>, pending: boolean): Statuses {
  const statuses = Object.create(pending ? WHILE_PENDING : ONCE_WHOLE);
  for (const [name, status] of told)
    Object.defineProperty(statuses, name, { value: status, enumerable: true });
  return statuses;
}
