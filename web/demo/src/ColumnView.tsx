/* ColumnView.tsx - one way: its figures, its waterfall, its page */
import { ONE_CALL } from "./after";
import type { Column } from "./column";
import { bytes, milliseconds } from "./format";
import { ProductPage } from "./ProductPage";
import type { Way } from "./race";
import type { Source } from "./shop";
import { Waterfall } from "./Waterfall";

const TEXTS: Record<Way, { title: string; idea: string }> = {
  before: { title: "Before", idea: "The browser calls each service and stitches." },
  after: { title: "After", idea: "One call, one whole answer." },
  progressive: { title: "Progressive", idea: "One call, each part as it becomes known." },
};

interface Props {
  way: Way;
  column: Column;
  shown: Source[];
  span: number;
  now: number;
}

export function ColumnView({ way, column, shown, span, now }: Props) {
  const { title, idea } = TEXTS[way];
  const rows = way === "before" ? shown : [ONE_CALL, ...shown];
  return (
    <section
      className={`column ${column.state}`}
      aria-labelledby={way}
      aria-busy={column.state === "running"}
    >
      <header>
        <h2 id={way}>{title}</h2>
        <p className="idea">{idea}</p>
      </header>
      <Figures column={column} />
      <Waterfall bars={column.bars} rows={rows} span={span} now={now - column.began} />
      <ProductPage column={column} shown={shown} />
    </section>
  );
}

function Figures({ column }: { column: Column }) {
  return (
    <dl className="figures">
      <Figure name="Product shown" value={milliseconds(column.productAt)} isMain />
      <Figure
        name={column.problem ? "Gave up" : "Page whole"}
        value={milliseconds(column.doneAt)}
        isMain
      />
      <Figure name="Requests" value={String(column.requests)} />
      <Figure name="Received" value={bytes(column.bytes)} />
    </dl>
  );
}

function Figure({
  name,
  value,
  isMain = false,
}: {
  name: string;
  value: string;
  isMain?: boolean;
}) {
  return (
    <div className={isMain ? "main" : undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
