/* gateway.ts - the real gateway between services that are written in the tests */
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import { connect, createServer as listener, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SHEAF = process.env.SHEAF ?? fileURLToPath(new URL("../../../build/sheaf", import.meta.url));
const WAIT_MS = 20_000;

/** Answers JSON, at once or late. */
export function json(value: unknown, afterMs = 0): RequestListener {
  return (_request, response) => {
    setTimeout(() => {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(value));
    }, afterMs);
  };
}

export function failing(status: number, afterMs = 0): RequestListener {
  return (_request, response) => {
    setTimeout(() => response.writeHead(status).end(), afterMs);
  };
}

/** Never answers. */
export const silent: RequestListener = () => {};

/** Answers JSON once it is let. */
export class Held {
  #let: () => void = () => {};
  #open = new Promise<void>((resolve) => (this.#let = resolve));
  n_calls = 0;

  constructor(readonly value: unknown) {}

  readonly listener: RequestListener = (request, response) => {
    this.n_calls++;
    void this.#open.then(() => json(this.value)(request, response));
  };

  let(): void {
    this.#let();
  }
}

const running = new Set<ChildProcess>();
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class Gateway {
  readonly url: string;
  readonly #admin: string;
  readonly #process: ChildProcess;
  readonly #services: Server[];
  readonly #folder: string;

  private constructor(
    ports: [number, number],
    child: ChildProcess,
    services: Server[],
    folder: string,
  ) {
    [this.url, this.#admin] = ports.map((port) => `http://127.0.0.1:${port}`) as [string, string];
    this.#process = child;
    this.#services = services;
    this.#folder = folder;
  }

  /** The endpoints' part of a configuration; each service is called by its name. */
  static async start(
    services: Record<string, RequestListener>,
    endpoints: string,
  ): Promise<Gateway> {
    const servers = Object.values(services).map((handler) => createServer(handler));
    const targets = await Promise.all(servers.map(listen));
    const folder = mkdtempSync(join(tmpdir(), "sheaf-client-"));
    const ports: [number, number] = [await freePort(), await freePort()];
    const config = join(folder, "sheaf.yaml");
    writeFileSync(config, configuration(ports, Object.keys(services), targets) + endpoints);
    const child = spawn(SHEAF, ["run", "-c", config], { stdio: ["ignore", "ignore", "inherit"] });
    running.add(child);
    child.once("exit", () => running.delete(child));
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the gateway did not start: ${child.exitCode}`);
      return accepts(ports[0]);
    });
    return new Gateway(ports, child, servers, folder);
  }

  /** It ends well, also as its sanitizers see it. */
  async stop(): Promise<void> {
    const code = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    if ((await code) !== 0) throw new Error(`the gateway ended with ${await code}`);
    for (const server of this.#services) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(this.#folder, { recursive: true });
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.#admin}/metrics`)).text();
    return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1]);
  }

  /** Waits until nobody is answered and no service is called. */
  async rests(): Promise<void> {
    for (const name of ["sheaf_calls_in_flight", "sheaf_requests_in_flight"])
      await until(async () => (await this.metric(name)) === 0);
  }
}

function configuration(ports: [number, number], names: string[], targets: number[]): string {
  const services = names.map(
    (name, i) => `  ${name}: {targets: ["http://127.0.0.1:${targets[i]}"], breaker: off}\n`,
  );
  return `listen: 127.0.0.1:${ports[0]}
admin: 127.0.0.1:${ports[1]}
workers: 1
log: {access: off}
drain: {grace: 1s}
services:
${services.join("")}`;
}

export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + WAIT_MS; !(await holds());) {
    if (Date.now() > end) throw new Error("it did not come about");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = listener().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}
