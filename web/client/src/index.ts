/* index.ts - what users of @sheaf/client import */

export { aggregate } from "./aggregate.js";
export type { Aggregate, AggregateOptions } from "./aggregate.js";
export type { Json, JsonObject, Path } from "./document.js";
export { BrokenAnswerError, ProblemError } from "./problem.js";
export type { ParameterValue } from "./request.js";
export type {
  Failure,
  FailureEntry,
  PendingSnapshot,
  Snapshot,
  WholeSnapshot,
} from "./snapshot.js";
export type { SourceStatus, Statuses } from "./status.js";
