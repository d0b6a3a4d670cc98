/* demo.mjs - the demo and a browser for the tests of its page
 *
 * SHEAF names the program, else it is build/sheaf. The browser is Debian's. Packages come from
 * web/, where they are locked. The demo's ports are fixed: where one is taken, nothing is tested.
 */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect, createServer } from "node:net";
import os from "node:os";
import { fileURLToPath } from "node:url";

const ROOT = new URL("../../", import.meta.url);
const require = createRequire(new URL("web/demo/package.json", ROOT));
const { chromium } = require("playwright-core");
const CHROMIUM = "/usr/bin/chromium";
const LESS_URGENT = 10;
const LEAST_URGENT = 19;
const PORTS = [
  8080,
  8081,
  9090,
  ...Array.from({ length: 8 }, (_, i) => 9001 + i),
];

export const PAGE = "http://127.0.0.1:8081/";
export const ADMIN = "http://127.0.0.1:9090";
export const AXE = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
export const root = (path) => fileURLToPath(new URL(path, ROOT));

function isFree(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

function accepts(port) {
  return new Promise((resolve) => {
    const probe = connect(port, "127.0.0.1");
    probe.once("error", () => resolve(false));
    probe.once("connect", () => resolve(Boolean(probe.destroy())));
  });
}

/* Until it holds; throws after a while. */
export async function until(holds, what, patience = 30_000) {
  for (const end = Date.now() + patience; Date.now() < end;) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`in ${patience} ms it did not come to this: ${what}`);
}

/* Why nothing can be tested here; nothing, where all is there. */
export async function missing() {
  if (!existsSync(CHROMIUM)) return "there is no chromium here";
  for (const port of PORTS)
    if (!(await isFree(port))) return `port ${port} is taken`;
  return undefined;
}

export async function startDemo() {
  const program = process.env.SHEAF ?? root("build/sheaf");
  const demo = spawn(program, ["demo"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await until(
    async () => (await accepts(8081)) && (await accepts(8080)),
    "the demo listens",
  );
  return () =>
    new Promise((resolve) => {
      demo.once("exit", resolve);
      demo.kill("SIGTERM");
    });
}

/* With a profile of its own, which goes with it. What it shows may come later than usual, what the
 * demo answers may not: so it, and who asks it, are less urgent than a demo that was started before
 * (root's chromium makes what draws pages as urgent again). */
export function startBrowser() {
  os.setPriority(Math.min(os.getPriority() + LESS_URGENT, LEAST_URGENT));
  const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update"]; // prettier-ignore
  const asRoot = process.getuid() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [...quiet, ...asRoot],
  });
}
