/* tanstack.ts - answers in the cache of TanStack Query 5 */
import type { QueryFunctionContext } from "@tanstack/query-core";
import { aggregate } from "./aggregate.js";
import type { AnswerOptions } from "./answer.js";
import { keyOf } from "./request.js";
import type { Snapshot } from "./snapshot.js";

export type AggregateQueryKey = readonly ["sheaf", string];

/**
 * Options of a query, for useQuery(), fetchQuery() and the others: its data is the newest snapshot.
 * One that is not whole is stale, so that who comes after a cancelled query asks again.
 * Snapshots share their structure already, and their `status` is no plain object.
 */
export function aggregateQuery<T = Record<string, unknown>>(
  url: string | URL,
  options: AnswerOptions = {},
) {
  return {
    queryKey: ["sheaf", keyOf(url, options)] as AggregateQueryKey,
    queryFn: async (context: QueryFunctionContext<AggregateQueryKey>): Promise<Snapshot<T>> => {
      const { client, queryKey, signal } = context;
      const answer = aggregate<T>(url, { ...options, signal });
      for await (const snapshot of answer)
        if (snapshot.pending) client.setQueryData(queryKey, snapshot, { updatedAt: 0 }); // stale
      return answer.whole;
    },
    structuralSharing: false,
  } as const;
}
