/* ask.ts - what the visitor has switched, as the query of a request */
import { ON_PHONES, REQUIRED, SOURCES, type Source } from "./shop";

export interface Ask {
  roundTrip: number; // ms
  slow: Source | "";
  broken: Source | ""; // an optional one
  isRequiredBroken: boolean;
  view: "web" | "mobile";
  fields: string;
  isCached: boolean;
}

export const FIRST_ASK: Ask = {
  roundTrip: 100,
  slow: "",
  broken: "",
  isRequiredBroken: false,
  view: "web",
  fields: "",
  isCached: false,
};

export const PRODUCT_ID = "1042";
export const ENDPOINT = "/api/aggregated/product";
const MAX_AGE = "30"; // seconds

/* What the services and the page's listener want to know. */
export function serviceParams(ask: Ask): [string, string][] {
  const params: [string, string][] = [];
  if (ask.roundTrip) params.push(["round_trip", String(ask.roundTrip)]);
  if (ask.slow) params.push(["slow", ask.slow]);
  if (ask.broken) params.push(["break", ask.broken]);
  if (ask.isRequiredBroken) params.push(["break", REQUIRED]);
  if (ask.isCached) params.push(["max_age", MAX_AGE]);
  return params;
}

/* The one request, for the gateway. */
export function gatewayUrl(ask: Ask): string {
  const params = new URLSearchParams([["id", PRODUCT_ID], ...serviceParams(ask)]);
  if (ask.view !== FIRST_ASK.view) params.append("view", ask.view);
  if (ask.fields) params.append("fields", ask.fields);
  return `${ENDPOINT}?${params}`;
}

/* The names outside of all parentheses: a,b(c,d),e/f are a, b and e. */
function topLevel(fields: string): string[] {
  let flat = fields;
  for (let before = ""; before !== flat;) {
    before = flat;
    flat = flat.replace(/\([^()]*\)/g, "");
  }
  return flat.split(",").map((item) => item.trim().replace(/[/(].*/, ""));
}

/* What of the shop the visitor will see. */
export function sourcesOf(ask: Ask): Source[] {
  const names = topLevel(ask.fields);
  const isAsked = (source: Source) => !ask.fields || names.includes(source) || names.includes("*");
  const isOfView = (source: Source) => ask.view !== "mobile" || ON_PHONES.includes(source);
  return SOURCES.filter((source) => isAsked(source) && isOfView(source));
}
