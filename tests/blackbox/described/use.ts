// use.ts - what a front-end engineer writes against the types of shop.yaml; tsc must take it
import type { Endpoints, SourceError } from "./shop.js";

/** As @sheaf/client sees an endpoint. */
interface Endpoint {
  pathParams: object;
  params: object;
  data: object;
  sources: string;
  views: object;
}
type Is<A extends Endpoint> = A;
type Product = Is<Endpoints["/api/aggregated/product"]>;
type Order = Is<Endpoints["/orders/{number}"]>;
type NewOrder = Is<Endpoints["POST /orders/{id}"]>;
type Mobile = Product["views"]["mobile"];

declare const data: Product["data"];
declare const order: Order["data"];
declare const mobile: Mobile;

export const authors: string[] = data.product.reviews.items.map((review) => review.author);
export const answer: string | undefined = authors.length
  ? data.product.reviews.items[0]?.answers?.[0]?.text
  : undefined;
export const brand: string | undefined = data.product.brand?.name;
export const since: number | undefined = data.product.brand?.since;
export const price: number | null = data.product.price;
export const names: (string | undefined)[] = data.related?.map((one) => one?.name) ?? [];
export const currency: "EUR" | "USD" | undefined = data.prices?.currency;
export const note: string | null = data.note;
export const errors: SourceError[] = data.errors ?? [];
export const first: "first" | undefined = order.lines?.[0];
export const texts: string[] = order.errors ?? [];
export const customer: string | undefined = order.meta.customer?.name;
export const mobileBrand: string | undefined = mobile.product.brand?.name;
export const params: Product["params"] = { id: "7", currency: "EUR", ids: [1, 2], limit: 3 };
export const orderPath: Order["pathParams"] = { number: "7" };
export const newOrderPath: NewOrder["pathParams"] = { id: 7 };
export const headers: Product["headers"] = { "x-tenant": "acme" };
export const source: Product["sources"] = "secret";
export const method: "POST" = null! as NewOrder["method"];
export const files: { [key: string]: number } | null = null! as Endpoints["/files/*"]["data"]["file"];

// @ts-expect-error prices may be null
data.prices.amount;
// @ts-expect-error it was not picked
data.prices?.list;
// @ts-expect-error it is left out
data.product.internal;
// @ts-expect-error it has another name
data.product.unit_price;
// @ts-expect-error it is hidden
data.secret;
// @ts-expect-error it may be skipped
data.related.length;
// @ts-expect-error nothing is known of it
data.free.name;
// @ts-expect-error it is due
export const none: Product["params"] = {};
// @ts-expect-error it is none of the choices
export const other: Product["params"] = { id: "7", currency: "GBP" };
// @ts-expect-error it is due
export const noPath: Order["pathParams"] = {};
// @ts-expect-error there is no such source
export const unknown: Product["sources"] = "review";
// @ts-expect-error the view leaves it out
mobile.note;
// @ts-expect-error there is no such endpoint
export type Nothing = Endpoints["/orders/{id}"];
