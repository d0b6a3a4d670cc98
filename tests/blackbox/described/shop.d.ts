/** Written by `sheaf types`. */

/** What went wrong with one source, or with one element of its list. */
export interface SourceError {
  source: string;
  kind: "timeout" | "unreachable" | "status" | "invalid" | "too_large" | "dependency" | "missing" | "open" | "overloaded" | "denied";
  message: string;
  status?: number;
  path?: (string | number)[];
}

/** The body of an answer that could not be made (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  violations?: {
    parameter: string;
    message: string;
  }[];
  errors?: (SourceError | string)[];
}

export type GetApiAggregatedProductPathParams = {};

export type GetApiAggregatedProductParams = {
  id: string;
  currency?: "EUR" | "USD";
  limit?: number;
  ids?: readonly number[];
  word?: string;
};

export type GetApiAggregatedProductHeaders = {
  "x-tenant": string;
};

export type GetApiAggregatedProductSources = "product" | "prices" | "reviews" | "related" | "secret" | "note" | "free";

/** GET /api/aggregated/product */
export interface GetApiAggregatedProduct {
  method: "GET";
  path: "/api/aggregated/product";
  pathParams: GetApiAggregatedProductPathParams;
  params: GetApiAggregatedProductParams;
  headers: GetApiAggregatedProductHeaders;
  data: GetApiAggregatedProductData;
  sources: GetApiAggregatedProductSources;
  views: {
    mobile: GetApiAggregatedProductMobile;
  };
}

export type PostOrdersByIdPathParams = {
  id: number;
};

export type PostOrdersByIdParams = {};

export type PostOrdersByIdHeaders = {};

export type PostOrdersByIdSources = "order";

/** POST /orders/{id} */
export interface PostOrdersById {
  method: "POST";
  path: "/orders/{id}";
  pathParams: PostOrdersByIdPathParams;
  params: PostOrdersByIdParams;
  headers: PostOrdersByIdHeaders;
  body: unknown;
  data: PostOrdersByIdData;
  sources: PostOrdersByIdSources;
  views: {
    mobile: PostOrdersByIdMobile;
  };
}

export type GetOrdersByNumberPathParams = {
  number: string;
};

export type GetOrdersByNumberParams = {};

export type GetOrdersByNumberHeaders = {};

export type GetOrdersByNumberSources = "order" | "customer";

/** GET /orders/{number} */
export interface GetOrdersByNumber {
  method: "GET";
  path: "/orders/{number}";
  pathParams: GetOrdersByNumberPathParams;
  params: GetOrdersByNumberParams;
  headers: GetOrdersByNumberHeaders;
  data: GetOrdersByNumberData;
  sources: GetOrdersByNumberSources;
  views: {};
}

export type GetFilesRestPathParams = {};

export type GetFilesRestParams = {};

export type GetFilesRestHeaders = {};

export type GetFilesRestSources = "file";

/** GET /files/* */
export interface GetFilesRest {
  method: "GET";
  path: "/files/*";
  pathParams: GetFilesRestPathParams;
  params: GetFilesRestParams;
  headers: GetFilesRestHeaders;
  data: GetFilesRestData;
  sources: GetFilesRestSources;
  views: {
    mobile: GetFilesRestData;
  };
}

export interface GetApiAggregatedProductData {
  product: GetApiAggregatedProductProduct;
  prices: GetApiAggregatedProductPrices | null;
  related?: (GetApiAggregatedProductRelatedItem | null)[] | null;
  note: string | null;
  free: unknown;
  errors?: SourceError[];
}

/** A product */
export interface GetApiAggregatedProductProduct {
  id: string;
  name: string;
  brand: GetApiAggregatedProductProductBrand;
  price: number | null;
  reviews: GetApiAggregatedProductReviews | {
    items: never[];
  };
  related?: string[];
}

export type GetApiAggregatedProductProductBrand = {
  name: string;
  since?: number;
} | null;

export interface GetApiAggregatedProductReviews {
  items: GetApiAggregatedProductReviewsReview[];
}

/** What somebody thinks of it * / or does not. */
export interface GetApiAggregatedProductReviewsReview {
  author: string;
  text: string;
  answers?: GetApiAggregatedProductReviewsReview[];
}

export interface GetApiAggregatedProductPrices {
  amount: number;
  currency: "EUR" | "USD";
}

/** A product */
export interface GetApiAggregatedProductRelatedItem {
  id: string;
  name: string;
}

export interface GetApiAggregatedProductMobile {
  /** A product */
  product: {
    id: string;
    name: string;
    brand?: {
      name: string;
    };
  };
  prices: GetApiAggregatedProductPrices | null;
  errors?: SourceError[];
}

export interface PostOrdersByIdData {
  errors?: SourceError[];
  [key: string]: unknown;
}

export interface PostOrdersByIdMobile {
  errors?: SourceError[];
  [key: string]: unknown;
}

export interface GetOrdersByNumberData {
  number?: string | null;
  lines?: ["first", number?, ...unknown[]];
  meta: {
    customer: GetOrdersByNumberCustomer | null;
  };
  errors?: string[];
  [key: string]: unknown;
}

export type GetOrdersByNumberCustomer = {
  name: string;
} & ({
  vip?: true;
} | {
  age?: number;
});

export interface GetFilesRestData {
  file: {
    [key: string]: number;
  } | null;
  errors?: SourceError[];
}

export interface Endpoints {
  "/api/aggregated/product": GetApiAggregatedProduct;
  "POST /orders/{id}": PostOrdersById;
  "/orders/{number}": GetOrdersByNumber;
  "/files/*": GetFilesRest;
}
