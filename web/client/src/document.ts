/* document.ts - a document that is put together from the parts of a progressive answer
 *
 * Nothing is changed in place: each step copies the objects on the way to its place and shares all
 * others, so that what did not change is the same object (===) in the next document.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [name: string]: Json };

/** Where a value stands: names of members, and numbers of elements. */
export type Path = readonly (string | number)[];

/** The document with a value at a path. Of an empty path the value's members join the top level. */
export function place(document: JsonObject, path: Path, value: Json): JsonObject {
  if (path.length > 0) return put(document, path, value) as JsonObject;
  return isObject(value) ? joined(document, value) : document;
}

function put(host: Json | undefined, path: Path, value: Json): Json {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === "number") return withElement(host, step, rest, value);
  const object = isObject(host) ? host : {};
  return joined(object, { [step]: put(object[step], rest, value) });
}

/** Elements may come in any order; those that are not there yet are null. */
function withElement(host: Json | undefined, index: number, rest: Path, value: Json): Json {
  const array = Array.isArray(host) ? [...host] : [];
  while (array.length < index) array.push(null);
  array[index] = put(array[index], rest, value);
  return array;
}

/** Like a spread, but a member named `__proto__` is a member like any other. */
function joined(object: JsonObject, members: JsonObject): JsonObject {
  return Object.fromEntries([...Object.entries(object), ...Object.entries(members)]);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
