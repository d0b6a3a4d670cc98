// index.ts - what users of @sheaf/client import

export type { Json, JsonObject, Path } from "./document.js";
export { place } from "./document.js";
