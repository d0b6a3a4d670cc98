/* Waterfall.tsx - when each request, and what is behind it, began and ended */
import type { Bar } from "./column";
import { milliseconds } from "./format";

const STEPS_MS = [20, 50, 100, 200, 500, 1000, 2000];
const TICKS_MAX = 5;

export function Legend() {
  return (
    <ul className="legend" aria-label="Colours of the bars">
      <li className="queued">waits for a connection (a browser opens six to a host)</li>
      <li className="wire">on the way</li>
      <li className="server">a server works</li>
      <li className="part">a part&rsquo;s way to the page</li>
      <li className="failed">failed</li>
    </ul>
  );
}

interface Props {
  bars: Bar[];
  rows: string[];
  span: number;
  now: number; // since the column began
}

export function Waterfall({ bars, rows, span, now }: Props) {
  return (
    <div className="waterfall">
      <Scale span={span} />
      <ol>
        {rows.map((name) => (
          <Row
            key={name}
            name={name}
            bar={bars.find((bar) => bar.name === name)}
            span={span}
            now={now}
          />
        ))}
      </ol>
    </div>
  );
}

function Scale({ span }: { span: number }) {
  const step = STEPS_MS.find((ms) => span / ms < TICKS_MAX) ?? span;
  const ticks = Array.from({ length: Math.floor(span / step) + 1 }, (_, i) => i * step);
  return (
    <div className="scale" aria-hidden="true">
      {ticks.map((ms) => (
        <span key={ms} style={{ left: `${(100 * ms) / span}%` }}>
          {ms}
        </span>
      ))}
    </div>
  );
}

function Row({
  name,
  bar,
  span,
  now,
}: {
  name: string;
  bar: Bar | undefined;
  span: number;
  now: number;
}) {
  const end = bar && (bar.end ?? Math.max(now, bar.start));
  return (
    <li>
      <span className="name">{name}</span>
      <span className="track" aria-hidden="true">
        {bar && <Bars bar={bar} end={end!} span={span} />}
      </span>
      <span className={bar?.isFailed ? "told failed" : "told"}>
        {bar?.note || lengthOf(bar)}
        {bar?.isFailed && <span className="unseen"> failed</span>}
      </span>
    </li>
  );
}

/* Of a part: when it was on the page. */
function lengthOf(bar: Bar | undefined): string {
  if (bar?.end === undefined) return "";
  return milliseconds(bar.kind === "part" ? bar.end : bar.end - bar.start);
}

function Bars({ bar, end, span }: { bar: Bar; end: number; span: number }) {
  const piece = (kind: string, from: number, to: number) => (
    <span
      key={kind}
      className={`bar ${kind}`}
      style={{
        left: `${(100 * from) / span}%`,
        width: `${(100 * Math.max(0, to - from)) / span}%`,
      }}
    />
  );
  const sent = bar.sent ?? bar.start;
  const failed = bar.isFailed ? " failed" : "";
  if (bar.kind === "source") return piece(`server${failed}`, bar.start, end);
  if (bar.kind === "part") return piece(`part${failed}`, bar.start, end);
  return (
    <>
      {piece("queued", bar.start, sent)}
      {piece(bar.server ? "wire" : `wire${failed}`, sent, end)}
      {bar.server && piece(`server${failed}`, bar.server.start, bar.server.end)}
    </>
  );
}
