import { describe, expect, it } from "vitest";
import { place, type JsonObject } from "../src/document.js";

describe("a value's place", () => {
  it("is a member, which it replaces", () => {
    expect(place({ a: 1 }, ["b"], 2)).toEqual({ a: 1, b: 2 });
    expect(place({ a: 1 }, ["a"], null)).toEqual({ a: null });
  });

  it("may lie deeper, and objects on the way are made", () => {
    expect(place({ product: { id: 7 } }, ["product", "reviews"], [])).toEqual({
      product: { id: 7, reviews: [] },
    });
    expect(place({}, ["a", "b", "c"], 1)).toEqual({ a: { b: { c: 1 } } });
  });

  it("is the top level where the path is empty", () => {
    expect(place({ a: 1, b: 2 }, [], { b: 3, c: 4 })).toEqual({ a: 1, b: 3, c: 4 });
    expect(place({ a: 1 }, [], null)).toEqual({ a: 1 });
  });

  it("may be an element, and elements come in any order", () => {
    const late = place({ related: [] }, ["related", 2], { id: 3 });
    expect(late).toEqual({ related: [null, null, { id: 3 }] });
    expect(place(late, ["related", 0, "name"], "x")).toEqual({
      related: [{ name: "x" }, null, { id: 3 }],
    });
    expect(place({}, ["related", 0], 1)).toEqual({ related: [1] });
  });

  it("may be called like what objects inherit", () => {
    const value = JSON.parse('{"__proto__": {"x": 1}}') as JsonObject;
    const document = place(place({ a: 1 }, [], value), ["constructor", "name"], "c");
    expect(JSON.stringify(document)).toBe('{"a":1,"__proto__":{"x":1},"constructor":{"name":"c"}}');
    expect(Object.getPrototypeOf(document)).toBe(Object.prototype);
  });
});

describe("the document before", () => {
  const before = { product: { id: 7, images: [{ url: "a" }] }, pricing: { amount: 1 } };

  it("is not changed", () => {
    const copy = structuredClone(before);
    place(before, ["product", "images", 0, "url"], "b");
    expect(before).toEqual(copy);
  });

  it("shares with the next what did not change", () => {
    const after = place(before, ["product", "reviews"], []) as unknown as typeof before;
    expect(after.pricing).toBe(before.pricing);
    expect(after.product).not.toBe(before.product);
    expect(after.product.images).toBe(before.product.images);
  });
});
