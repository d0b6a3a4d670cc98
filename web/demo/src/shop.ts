/* shop.ts - the eight services of the shop, and what they say */

export interface Product {
  name?: string;
  brand?: { name?: string; country?: string };
  summary?: string;
  colours?: string[];
  weight_g?: number;
  seller?: { id: string };
}

export interface Inventory {
  in_stock?: boolean;
  available?: number;
  warehouses?: { id: string; n: number }[];
}

export interface Pricing {
  amount?: number;
  was?: number;
  currency?: string;
  tax_included?: boolean;
}

export interface Reviews {
  average?: number | null;
  count?: number;
  items?: { author?: string; stars?: number; text?: string }[];
}

export interface Shipping {
  options?: { name?: string; days?: number; price?: number }[];
}

export interface Media {
  images?: { url: string; alt?: string }[];
}

export interface Related {
  items?: { id?: string; name?: string }[];
}

export interface Seller {
  name?: string;
  city?: string;
  rating?: number;
  since?: number;
}

/* Any of it may be missing: not asked for, not there yet, failed. */
export interface Page {
  product?: Product | null;
  inventory?: Inventory | null;
  pricing?: Pricing | null;
  reviews?: Reviews | null;
  shipping?: Shipping | null;
  media?: Media | null;
  related?: Related | null;
  seller?: Seller | null;
}

export type Source = keyof Page;

/* Each service's path, up to the id. */
export const PATHS: Record<Source, string> = {
  product: "/products/",
  inventory: "/inventory/",
  pricing: "/prices/",
  reviews: "/reviews/",
  shipping: "/shipping/",
  media: "/media/",
  related: "/related/",
  seller: "/sellers/",
};

export const SOURCES = Object.keys(PATHS) as Source[];
export const REQUIRED: Source = "product";
export const OPTIONAL = SOURCES.filter((source) => source !== REQUIRED);

/* The seller's id is in the product: whoever asks for the seller waits for that. */
export const NEEDS: Partial<Record<Source, Source>> = { seller: "product" };

/* What the shop's phone page shows. A browser that calls the services itself has to know. */
export const ON_PHONES: Source[] = ["product", "inventory", "pricing", "reviews", "media"];
