/* column.ts - one way to get the page, while it happens: what is there, what failed, when
 *
 * All times are milliseconds of the browser's clock since the column began.
 */
import { REQUIRED, type Page, type Source } from "./shop";

export interface Bar {
  name: string;
  start: number;
  sent?: number; // before it the request waited for a connection
  end?: number; // absent while it goes on
  server?: { start: number; end: number } | undefined; // when the server worked, as it tells
  kind: "call" | "source" | "part";
  isFailed?: boolean;
  note?: string;
}

export interface Failure {
  source: string;
  message: string;
}

export interface Column {
  state: "waiting" | "running" | "done";
  began: number; // by performance.now()
  page: Page;
  pending: Source[];
  failures: Failure[];
  problem?: string; // there is no page, for this reason
  bars: Bar[];
  productAt?: number | undefined;
  doneAt?: number;
  requests: number;
  bytes: number;
}

export function waitingColumn(pending: Source[]): Column {
  return {
    state: "waiting",
    began: 0,
    page: {},
    pending,
    failures: [],
    bars: [],
    requests: 0,
    bytes: 0,
  };
}

/* Changes a column, and shows each change. */
export class Recorder {
  private column: Column;

  constructor(
    pending: Source[],
    private readonly show: (column: Column) => void,
  ) {
    this.column = { ...waitingColumn(pending), state: "running", began: performance.now() };
    show(this.column);
  }

  private change(change: Partial<Column>) {
    this.column = { ...this.column, ...change };
    this.show(this.column);
  }

  now(): number {
    return performance.now() - this.column.began;
  }

  get began(): number {
    return this.column.began;
  }

  /* The bar of this name is now this. */
  bar(bar: Bar) {
    const isKnown = this.column.bars.some((other) => other.name === bar.name);
    const bars = this.column.bars.map((other) => (other.name === bar.name ? bar : other));
    this.change({ bars: isKnown ? bars : [...bars, bar] });
  }

  /* The page has this of this source; nothing, where it failed and nothing stands in. */
  settle(source: Source, value: Page[Source], failure?: Failure) {
    const isProduct = source === REQUIRED && value != null;
    this.change({
      page: value == null ? this.column.page : { ...this.column.page, [source]: value },
      pending: this.column.pending.filter((other) => other !== source),
      failures: failure ? [...this.column.failures, failure] : this.column.failures,
      productAt: isProduct ? this.now() : this.column.productAt,
    });
  }

  /* There will be no page; what is still under way is given up. */
  fail(problem: string, failures: Failure[] = []) {
    const end = this.now();
    const bars = this.column.bars.map((bar) =>
      bar.end === undefined ? { ...bar, end, note: "given up" } : bar,
    );
    this.change({ problem, failures, bars, page: {}, pending: [], productAt: undefined });
  }

  count(bytes: number) {
    this.change({ requests: this.column.requests + 1, bytes: this.column.bytes + bytes });
  }

  /* The page is whole, or as whole as it gets. */
  settled() {
    this.change({ doneAt: this.now() });
  }

  end() {
    this.change({ state: "done", pending: [] });
  }
}
