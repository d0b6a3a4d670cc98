/* App.tsx - switches above, the three ways side by side below */
import { useEffect, useMemo, useState } from "react";
import { FIRST_ASK, gatewayUrl, sourcesOf } from "./ask";
import { ColumnView } from "./ColumnView";
import { Controls } from "./Controls";
import { milliseconds } from "./format";
import { useRace, WAYS, type Columns, type Way } from "./race";
import { Legend } from "./Waterfall";

const SETTLE_MS = 250; // a slider is dragged, a word is typed
const GLANCE_MS = 50;
const SPAN_MIN_MS = 100;

/* A value once it has been the same for a while. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

/* The browser's clock, while something runs: rarely enough not to disturb what is measured. */
function useClock(isRunning: boolean): number {
  const [now, setNow] = useState(0);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setNow(performance.now()), GLANCE_MS);
    return () => clearInterval(timer);
  }, [isRunning]);
  return now;
}

/* What the longest of the three has taken so far: they share one scale. */
function spanOf(columns: Columns, now: number): number {
  const ends = Object.values(columns).flatMap((column) => [
    ...column.bars.map((bar) => bar.end ?? 0),
    column.state === "running" ? now - column.began : 0,
  ]);
  return Math.max(SPAN_MIN_MS, ...ends);
}

function summaryOf(columns: Columns): string {
  const ways = Object.keys(WAYS) as Way[];
  if (ways.some((way) => columns[way].state !== "done")) return "";
  const told = ways.map((way) => {
    const { doneAt, requests, problem } = columns[way];
    return `${way}: ${problem ? "no page" : "whole page"} after ${milliseconds(doneAt)}, requests: ${requests}`;
  });
  return told.join("; ");
}

export function App() {
  const [ask, setAsk] = useState(FIRST_ASK);
  const [number, setNumber] = useState(0);
  const asked = useSettled(ask);
  const columns = useRace(asked, number);
  const isRunning = Object.values(columns).some((column) => column.state !== "done");
  const now = useClock(isRunning);
  const span = spanOf(columns, now);
  const shown = useMemo(() => sourcesOf(asked), [asked]);
  return (
    <>
      <header className="masthead">
        <p className="brand">
          <img src="/icon.svg" alt="" width="28" height="28" /> Sheaf
        </p>
        <h1>One page, three ways to get it</h1>
        <p>
          Eight services know this page. The browser asks each of them; or it asks Sheaf, which asks
          them all at once and binds one answer; or it asks Sheaf for the same, part by part. Every
          bar below is measured, by your browser and by the servers.
        </p>
      </header>
      <Controls ask={ask} onChange={setAsk} onRun={() => setNumber(number + 1)} />
      <main>
        <Legend />
        <div className="columns">
          {(Object.keys(WAYS) as Way[]).map((way) => (
            <ColumnView
              key={way}
              way={way}
              column={columns[way]}
              shown={shown}
              span={span}
              now={now}
            />
          ))}
        </div>
      </main>
      <p role="status" className="unseen">
        {summaryOf(columns)}
      </p>
      <footer>
        <p>
          The same from a terminal:{" "}
          <code tabIndex={0}>{`curl '${location.origin}${gatewayUrl(asked)}'`}</code>
        </p>
        <p>
          The three run one after the other, so that none takes the others&rsquo; connections. The
          round trip is added to each request by the demo&rsquo;s listener; opening connections
          would come on top. <a href="/sheaf.yaml">The configuration that the gateway runs.</a>
        </p>
      </footer>
    </>
  );
}
