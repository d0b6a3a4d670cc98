/* ProductPage.tsx - the shop's page, of whatever is there of it */
import type { ReactNode } from "react";
import type { Column } from "./column";
import { money } from "./format";
import type {
  Inventory,
  Media,
  Page,
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

export function ProductPage({ column, shown }: Props) {
  if (column.problem !== undefined) return <NoPage column={column} />;
  const { page } = column;
  const part = <S extends Source>(
    source: S,
    n: number,
    show: (value: NonNullable<Page[S]>) => ReactNode,
  ) =>
    shown.includes(source) && (
      <Part key={source} source={source} column={column} skeletons={n}>
        {page[source] != null && show(page[source] as NonNullable<Page[S]>)}
      </Part>
    );
  return (
    <article className="page" aria-label="The page">
      {part("media", 1, (media) => (
        <MediaPart media={media} />
      ))}
      {part("product", 3, (product) => (
        <ProductPart product={product} />
      ))}
      {part("pricing", 1, (pricing) => (
        <PricingPart pricing={pricing} />
      ))}
      {part("inventory", 1, (inventory) => (
        <InventoryPart inventory={inventory} />
      ))}
      {part("shipping", 2, (shipping) => (
        <ShippingPart shipping={shipping} />
      ))}
      {part("reviews", 3, (reviews) => (
        <ReviewsPart reviews={reviews} />
      ))}
      {part("related", 1, (related) => (
        <RelatedPart related={related} />
      ))}
      {part("seller", 1, (seller) => (
        <SellerPart seller={seller} />
      ))}
    </article>
  );
}

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

/* What is awaited is a skeleton, what failed says so. */
function Part(props: { source: Source; column: Column; skeletons: number; children: ReactNode }) {
  const { source, column, skeletons, children } = props;
  const failure = column.failures.find((one) => one.source === source);
  const isPending = column.pending.includes(source);
  return (
    <div
      className={`part-${source}`}
      data-source={source}
      data-state={isPending ? "pending" : failure ? "failed" : "shown"}
    >
      {isPending && <span className="unseen">{source}: awaited</span>}
      {isPending &&
        Array.from({ length: skeletons }, (_, i) => <span key={i} className="skeleton" />)}
      {children}
      {failure && <p className="failure">{failure.message}</p>}
    </div>
  );
}

function MediaPart({ media }: { media: Media }) {
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

function ProductPart({ product }: { product: Product }) {
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

function PricingPart({ pricing }: { pricing: Pricing }) {
  return (
    <p>
      <strong className="price">{money(pricing.amount, pricing.currency)}</strong>{" "}
      {pricing.was !== undefined && <s className="quiet">{money(pricing.was, pricing.currency)}</s>}{" "}
      {pricing.tax_included && <span className="quiet">tax included</span>}
    </p>
  );
}

function InventoryPart({ inventory }: { inventory: Inventory }) {
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

function ShippingPart({ shipping }: { shipping: Shipping }) {
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

function ReviewsPart({ reviews }: { reviews: Reviews }) {
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

function RelatedPart({ related }: { related: Related }) {
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

function SellerPart({ seller }: { seller: Seller }) {
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
