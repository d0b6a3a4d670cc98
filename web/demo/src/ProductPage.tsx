/* ProductPage.tsx - the shop's page, of whatever is there of it */
import { memo, type ReactNode } from "react";
import type { Column } from "./column";
import { money } from "./format";
import type {
  Inventory,
  Media,
  Pricing,
  Product,
  Related,
  Reviews,
  Seller,
  Shipping,
  Source,
} from "./shop";

interface Props {
  column: Column;
  shown: Source[];
}

/* Made anew only where the column has changed, not for each tick of a clock. */
export const ProductPage = memo(function ProductPage({ column, shown }: Props) {
  if (column.problem !== undefined) return <NoPage column={column} />;
  const { page } = column;
  const all = { column, shown };
  return (
    <article className="page" aria-label="The page">
      <Part source="media" lines={1} {...all}>
        {page.media && <MediaPart {...page.media} />}
      </Part>
      <Part source="product" lines={3} {...all}>
        {page.product && <ProductPart {...page.product} />}
      </Part>
      <Part source="pricing" lines={1} {...all}>
        {page.pricing && <PricingPart {...page.pricing} />}
      </Part>
      <Part source="inventory" lines={1} {...all}>
        {page.inventory && <InventoryPart {...page.inventory} />}
      </Part>
      <Part source="shipping" lines={2} {...all}>
        {page.shipping && <ShippingPart {...page.shipping} />}
      </Part>
      <Part source="reviews" lines={3} {...all}>
        {page.reviews && <ReviewsPart {...page.reviews} />}
      </Part>
      <Part source="related" lines={1} {...all}>
        {page.related && <RelatedPart {...page.related} />}
      </Part>
      <Part source="seller" lines={1} {...all}>
        {page.seller && <SellerPart {...page.seller} />}
      </Part>
    </article>
  );
});

function NoPage({ column }: { column: Column }) {
  const others = column.failures.filter(({ message }) => message !== column.problem);
  return (
    <article className="page" aria-label="The page">
      <div className="problem">
        <h3>There is no page</h3>
        <p>{column.problem}</p>
        {others.map(({ source, message }) => (
          <p key={source} className="failure">
            {message}
          </p>
        ))}
      </div>
    </article>
  );
}

interface PartProps extends Props {
  source: Source;
  lines: number;
  children: ReactNode;
}

/* What is awaited is a skeleton, what failed says so; what is not asked for is not there. */
function Part({ source, lines, column, shown, children }: PartProps) {
  if (!shown.includes(source)) return null;
  const failure = column.failures.find((one) => one.source === source);
  const isPending = column.pending.includes(source);
  const state = isPending ? "pending" : failure ? "failed" : "shown";
  return (
    <div className={`part-${source}`} data-source={source} data-state={state}>
      {isPending && <Skeleton source={source} lines={lines} />}
      {children}
      {failure && <p className="failure">{failure.message}</p>}
    </div>
  );
}

function Skeleton({ source, lines }: { source: Source; lines: number }) {
  return (
    <>
      <span className="unseen">{source}: awaited</span>
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} className="skeleton" />
      ))}
    </>
  );
}

function MediaPart(media: Media) {
  const [first, second] = media.images ?? [];
  return (
    <div className="media">
      {first && <img src={first.url} alt={first.alt ?? ""} width="480" height="300" />}
      {second && (
        <img className="second" src={second.url} alt={second.alt ?? ""} width="96" height="60" />
      )}
    </div>
  );
}

function ProductPart(product: Product) {
  const details = [product.colours?.join(" or "), product.weight_g && `${product.weight_g} g`];
  return (
    <>
      {product.brand?.name && <p className="maker">{product.brand.name}</p>}
      {product.name && <h3>{product.name}</h3>}
      {product.summary && <p>{product.summary}</p>}
      <p className="quiet">{details.filter(Boolean).join(", ")}</p>
    </>
  );
}

function PricingPart(pricing: Pricing) {
  return (
    <p>
      <strong className="price">{money(pricing.amount, pricing.currency)}</strong>{" "}
      {pricing.was !== undefined && <s className="quiet">{money(pricing.was, pricing.currency)}</s>}{" "}
      {pricing.tax_included && <span className="quiet">tax included</span>}
    </p>
  );
}

function InventoryPart(inventory: Inventory) {
  const { in_stock, available, warehouses } = inventory;
  const places = warehouses && ` in ${warehouses.length} warehouses`;
  return (
    <p>
      {in_stock !== undefined && (
        <span className="stock">{in_stock ? "In stock" : "Sold out"}</span>
      )}{" "}
      {available !== undefined && (
        <span className="quiet">
          {available} left{places}
        </span>
      )}
    </p>
  );
}

function ShippingPart(shipping: Shipping) {
  return (
    <ul className="rows">
      {shipping.options?.map(({ name, days, price }) => (
        <li key={name}>
          <span>
            {name} <span className="quiet">{days === 1 ? "1 day" : `${days} days`}</span>
          </span>
          <span>{money(price)}</span>
        </li>
      ))}
    </ul>
  );
}

function ReviewsPart(reviews: Reviews) {
  const { average, count, items } = reviews;
  return (
    <>
      {average != null && (
        <p>
          <strong>
            <span aria-hidden="true">★ </span>
            {average}
            <span className="unseen"> of 5 stars</span>
          </strong>{" "}
          {count !== undefined && <span className="quiet">{count} reviews</span>}
        </p>
      )}
      {items?.map(({ author, text }) => (
        <blockquote key={author}>
          {text} <cite>{author}</cite>
        </blockquote>
      ))}
    </>
  );
}

function RelatedPart(related: Related) {
  return (
    <>
      <p className="quiet">Goes with it</p>
      <ul className="chips">
        {related.items?.map(({ id, name }) => (
          <li key={id}>{name}</li>
        ))}
      </ul>
    </>
  );
}

function SellerPart(seller: Seller) {
  const { name, city, rating, since } = seller;
  return (
    <p>
      <span className="quiet">Sold by</span> {name}
      {city && `, ${city}`}{" "}
      <span className="quiet">
        {rating !== undefined && `rated ${rating}`}
        {since !== undefined && `, since ${since}`}
      </span>
    </p>
  );
}
