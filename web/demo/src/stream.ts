/* stream.ts - an answer part by part, as server-sent events */
import type { Failure } from "./column";
import type { Page, Source } from "./shop";

export interface Part {
  source: Source;
  value: Page[Source];
  error?: Failure;
}

export class Problem extends Error {
  constructor(readonly answer: { detail?: string; errors?: Failure[] }) {
    super("the answer is a problem");
  }
}

async function* events(body: ReadableStream<Uint8Array>) {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf("\n\n")) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split("\n");
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      yield { event: field("event"), data: JSON.parse(field("data") ?? "null") };
    }
  }
}

export async function* parts(url: string, signal: AbortSignal): AsyncGenerator<Part> {
  const response = await fetch(url, {
    signal,
    cache: "no-store",
    headers: { accept: "text/event-stream" },
  });
  if (!response.ok) throw new Problem(await response.json());
  for await (const { event, data } of events(response.body!)) {
    if (event === "part") yield data as Part;
    if (event !== "initial") continue;
    const { errors = [], ...page } = data;
    for (const [source, value] of Object.entries(page))
      yield {
        source: source as Source,
        value: value as Page[Source],
        error: errors.find((e: Failure) => e.source === source),
      };
  }
}
