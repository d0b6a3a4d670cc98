/* request.ts - what is asked for, as a URL and header fields */

export type ParameterValue = string | number | boolean | null | undefined;

export interface Question {
  /** Parameters of the query; null and undefined are left out, a list is a repeated name. */
  params?: Readonly<Record<string, ParameterValue | readonly ParameterValue[]>> | undefined;
  /** What to select, `"product(id,name),pricing"` or a list of such. */
  fields?: string | readonly string[] | undefined;
  /** The name of a view. */
  view?: string | undefined;
  /** Part by part? Default: true. */
  progressive?: boolean | undefined;
}

/** The URL with all parameters; those that it has already are replaced name by name. */
export function urlOf(url: string | URL, { params, fields, view }: Question): string {
  const [path, query] = String(url)
    .split("#", 1)[0]!
    .split(/\?(.*)/s, 2);
  const search = new URLSearchParams(query);
  const asked = { ...params, ...(fields && { fields: String(fields) }), ...(view && { view }) };
  for (const [name, value] of Object.entries(asked)) {
    search.delete(name);
    for (const one of [value].flat()) if (one != null) search.append(name, String(one));
  }
  const text = String(search);
  return text ? `${path}?${text}` : path!;
}

/** The header fields of a request, with `accept` where the caller gives none. */
export function headersOf(given: HeadersInit | undefined, progressive = true): Headers {
  const headers = new Headers(given);
  if (!headers.has("accept"))
    headers.set("accept", `${progressive ? "text/event-stream, " : ""}application/json;q=0.9`);
  return headers;
}

/** The same text for the same request; a body counts where it is a text. */
export function keyOf(url: string | URL, options: Question & Omit<RequestInit, "signal">): string {
  const { method = "GET", headers, body, progressive = true } = options;
  const fields = [...headersOf(headers, progressive)];
  return JSON.stringify([urlOf(url, options), method, fields, typeof body === "string" && body]);
}
