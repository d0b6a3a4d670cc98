/* race.ts - the three ways, one after the other, so that none takes the others' connections */
import { useEffect, useState } from "react";
import { after } from "./after";
import { sourcesOf, type Ask } from "./ask";
import { before } from "./before";
import { Recorder, waitingColumn, type Column } from "./column";
import { progressive } from "./progressive";

export const WAYS = { before, after, progressive };
export type Way = keyof typeof WAYS;
export type Columns = Record<Way, Column>;

function waiting(ask: Ask): Columns {
  const column = waitingColumn(sourcesOf(ask));
  return { before: column, after: column, progressive: column };
}

async function run(ask: Ask, show: (way: Way, column: Column) => void, signal: AbortSignal) {
  for (const way of Object.keys(WAYS) as Way[]) {
    const recorder = new Recorder(sourcesOf(ask), (column) => {
      if (!signal.aborted) show(way, column);
    });
    try {
      await WAYS[way](ask, recorder, signal);
    } catch (error) {
      recorder.fail(`The demo does not answer: ${(error as Error).message}`);
    }
    recorder.end();
    if (signal.aborted) return;
  }
}

/* Runs for what is asked, and again for each new number; what ran before is aborted. */
export function useRace(ask: Ask, number: number): Columns {
  const [columns, setColumns] = useState(() => waiting(ask));
  useEffect(() => {
    const abort = new AbortController();
    performance.clearResourceTimings();
    setColumns(waiting(ask));
    void run(ask, (way, column) => setColumns((all) => ({ ...all, [way]: column })), abort.signal);
    return () => abort.abort();
  }, [ask, number]);
  return columns;
}
