/* problem.ts - errors of an answer: its problem document (RFC 9457), and an end that came too early */
import type { Failure } from "./snapshot.js";

export interface Violation {
  readonly parameter: string;
  readonly message: string;
}

/** What a problem document says; all of it is optional. */
interface ProblemDocument {
  type?: string;
  title?: string;
  detail?: string;
  errors?: readonly Failure[];
  violations?: readonly Violation[];
}

/** The gateway answered, with a status that is no success. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly type: string;
  readonly title: string;
  readonly detail: string | undefined;
  /** The source whose failure this is, where there is one. */
  readonly source: string | undefined;
  /** The sources that failed. */
  readonly errors: readonly Failure[];
  /** What is wrong with the parameters of the request. */
  readonly violations: readonly Violation[];

  constructor(
    readonly status: number,
    /** What was answered: JSON, or a text where it is none. */
    readonly body: unknown,
    /** Seconds to wait, as `Retry-After` says. */
    readonly retryAfter?: number,
  ) {
    const members = isObject(body) ? (body as ProblemDocument) : {};
    const { type = "about:blank", title = `status ${status}`, detail } = members;
    super(detail ?? title);
    this.type = type;
    this.title = title;
    this.detail = detail;
    this.errors = members.errors ?? [];
    this.source = (this.errors[0] as { source?: string } | undefined)?.source;
    this.violations = members.violations ?? [];
  }
}

/** The answer broke off: a stream ended without its last event. */
export class BrokenAnswerError extends Error {
  override readonly name = "BrokenAnswerError";
}

export async function problemOf(response: Response): Promise<ProblemError> {
  const body = parsed(await response.text());
  return new ProblemError(response.status, body, secondsOf(response.headers.get("retry-after")));
}

function isObject(body: unknown): boolean {
  return typeof body === "object" && body !== null;
}

/** Something between us and the gateway may answer what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** A number of seconds, or a date (RFC 9110, 10.2.3). */
function secondsOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined;
  const seconds = Number(retryAfter);
  const until = (Date.parse(retryAfter) - Date.now()) / 1000;
  return seconds >= 0 ? seconds : until > 0 ? until : 0;
}
