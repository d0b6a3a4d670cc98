/* tanstack.ts - answers in the cache of TanStack Query (5.66: queries are told of their client) */
import type { QueryFunctionContext } from "@tanstack/query-core";
import { aggregate } from "./aggregate.js";
import type { AnswerOptions } from "./answer.js";
import { keyOf } from "./request.js";
import { over, type Snapshot } from "./snapshot.js";

export type AggregateQueryKey = readonly ["sheaf", string];

/**
 * Options of a query, for useQuery(), fetchQuery() and the others: its data is the newest snapshot.
 * One that is not whole is stale, so that who comes after a cancelled query asks again; during a
 * refetch, a member of the top level that is not there yet is as it was before.
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
      const before = client.getQueryData<Snapshot<T>>(queryKey)?.data ?? {};
      const answer = aggregate<T>(url, { ...options, signal });
      for await (const snapshot of answer)
        if (snapshot.pending)
          client.setQueryData(queryKey, over(before, snapshot), { updatedAt: 0 }); // stale
      return answer.whole;
    },
    structuralSharing: false,
  } as const;
}
