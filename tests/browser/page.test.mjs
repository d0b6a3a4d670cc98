/* page.test.mjs - the page of `sheaf demo`, in a browser: what it shows, and that it is true
 *
 * One test after the other, as the services have deadlines: 800 ms for all, 300 ms for the reviews.
 * A machine that is busy may miss them; what is not about them is then tried again, a few times.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  ADMIN,
  AXE,
  missing,
  PAGE,
  startBrowser,
  startDemo,
  until,
} from "./demo.mjs";

const WAYS = ["before", "after", "progressive"];
const SOURCES = [
  "product",
  "inventory",
  "pricing",
  "reviews",
  "shipping",
  "media",
  "related",
  "seller",
];
const DESKTOP = { width: 1360, height: 900 };
const PHONE = { width: 390, height: 844 };
const TRIES = 5;

const why = await missing();
if (why) console.log(`browser: skipped, ${why}`);

/* A page of its own for each test. */
let browser, stopDemo;
async function open(options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, ...options });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  page.on(
    "console",
    (message) =>
      message.type() === "error" && page.complaints.push(message.text()),
  );
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  for (let i = 0; i < TRIES; i++) {
    page.complaints = [];
    await page.goto(PAGE);
    await done(page);
    if (await isInTime(page)) break;
  }
  return page;
}

const column = (page, way) => page.locator(`section[aria-labelledby=${way}]`);
const part = (page, way, source) =>
  column(page, way).locator(`[data-source=${source}]`);

/* All three have ended, for what is asked now. */
async function done(page) {
  await page.locator("section.done").nth(2).waitFor();
}

/* Did the gateway have all parts before their deadlines, but for those that are slow on purpose? */
async function isInTime(page, slow = []) {
  const told = await page
    .locator("main .failure, main .problem p")
    .allInnerTexts();
  const late = told.filter((text) => /no answer within/.test(text));
  return late.every((text) => slow.includes(text.split(":", 1)[0]));
}

/* Does what makes a run, and waits for it; however short it is, it is seen to begin. */
async function begun(page, change) {
  await page.evaluate(() => {
    window.hasBegun = false;
    const see = () =>
      (window.hasBegun ||= !!document.querySelector(
        "section.waiting, section.running",
      ));
    new MutationObserver(see).observe(document.querySelector("main"), {
      subtree: true,
      attributes: true,
    });
  });
  await change();
  await page.waitForFunction(() => window.hasBegun);
}

async function runAgain(page) {
  await begun(page, () =>
    page.getByRole("button", { name: "Run again" }).click(),
  );
  await done(page);
}

/* Changes a switch, and waits for a run in which nothing else is late. */
async function changed(page, change, slow) {
  await begun(page, change);
  await done(page);
  for (let i = 1; i < TRIES && !(await isInTime(page, slow)); i++)
    await runAgain(page);
}

/* What holds in a run, unless the machine is too busy for it: then in another one. */
async function inSomeRun(page, verify) {
  for (let i = 1; i < TRIES; i++) {
    try {
      return await verify();
    } catch {
      await runAgain(page);
    }
  }
  return verify();
}

async function figures(page, way) {
  const names = await column(page, way).locator("dt").allInnerTexts();
  const values = await column(page, way).locator("dd").allInnerTexts();
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

const milliseconds = (text) => Number(/^(\d+) ms$/.exec(text)[1]);

/* The page subtracts, and may come to the other side of a half. */
function assertWritten(text, ms) {
  assert.ok(Math.abs(milliseconds(text) - ms) < 0.51, `${text}: ${ms}`);
}

/* What the waterfall tells of a row, behind its bar. */
const told = (page, way, name) =>
  column(page, way)
    .locator(".waterfall li")
    .filter({ has: page.getByText(name, { exact: true }) })
    .locator(".told")
    .innerText();

async function states(page, way) {
  const parts = await column(page, way).locator("[data-source]").all();
  const pairs = parts.map(async (one) => [
    await one.getAttribute("data-source"),
    await one.getAttribute("data-state"),
  ]);
  return Object.fromEntries(await Promise.all(pairs));
}

const all = (sources, state) =>
  Object.fromEntries(sources.map((source) => [source, state]));

async function metric(name) {
  const text = await (await fetch(`${ADMIN}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)$`, "m").exec(text)[1]);
}

describe("the page of the demo", { skip: why }, () => {
  before(async () => {
    stopDemo = await startDemo();
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    assert.equal(await stopDemo?.(), 0);
  });

  test("a page that is left leaves no calls behind", async () => {
    const isLeftInTime = async () => {
      const page = await open();
      const gone = await metric("sheaf_clients_gone_total");
      await leaveWhileRunning(page);
      await until(
        async () => (await metric("sheaf_requests_in_flight")) === 0,
        "nobody is answered",
      );
      return (await metric("sheaf_clients_gone_total")) === gone + 1;
    };
    let n_tries = 1;
    while (!(await isLeftInTime()))
      assert.ok(++n_tries <= TRIES, "the page is left before its answer ends");
    assert.equal(await metric("sheaf_calls_in_flight"), 0);
  });

  test("each column shows the whole page, and how many requests it took", async () => {
    const page = await open();
    for (const way of WAYS) {
      assert.deepEqual(await states(page, way), all(SOURCES, "shown"), way);
      const heading = column(page, way).getByRole("heading", { level: 3 });
      assert.equal(await heading.innerText(), "Trail running shoe");
      assert.equal(
        (await figures(page, way)).Requests,
        way === "before" ? "8" : "1",
      );
    }
    assert.deepEqual(page.complaints, []);
  });

  test("nothing is loaded from elsewhere", async () => {
    const page = await browser.newPage();
    const origins = new Set();
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    await page.goto(PAGE);
    await done(page);
    assert.deepEqual([...origins], [new URL(PAGE).origin]);
  });

  test("the waterfall is what the browser and the servers measured", async () => {
    const page = await open();
    const [call, stream] = await page.evaluate(() =>
      performance
        .getEntriesByType("resource")
        .filter((entry) => entry.name.includes("/api/"))
        .map((entry) => ({
          duration: entry.responseEnd - entry.startTime,
          bytes: entry.transferSize,
          sources: entry.serverTiming.map(({ name, duration }) => [
            name,
            duration,
          ]),
        })),
    );
    assertWritten(await told(page, "after", "one call"), call.duration);
    assertWritten(await told(page, "progressive", "one call"), stream.duration);
    assert.equal(call.sources.length, SOURCES.length + 1);
    for (const [name, duration] of call.sources)
      if (name !== "total")
        assertWritten(await told(page, "after", name), duration);
    assert.equal(
      (await figures(page, "after")).Received,
      `${(call.bytes / 1000).toFixed(1)} kB`,
    );
  });

  test("parts appear before the slow one, which holds up the others", async () => {
    const page = await open();
    await page.evaluate(() => {
      const column = document.querySelector("[aria-labelledby=progressive]");
      const state = (source) =>
        column.querySelector(`[data-source=${source}]`)?.dataset.state;
      const see = () =>
        (window.wasEarly ||=
          state("reviews") === "shown" && state("shipping") === "pending");
      const all = { subtree: true, attributes: true, childList: true };
      new MutationObserver(see).observe(column, all);
    });
    await changed(
      page,
      () => page.getByLabel("Slow service").selectOption("shipping"),
      ["shipping"],
    );
    await inSomeRun(page, async () => {
      assert.deepEqual(await states(page, "before"), all(SOURCES, "shown"));
      for (const way of ["after", "progressive"])
        assert.deepEqual(await states(page, way), {
          ...all(SOURCES, "shown"),
          shipping: "failed",
        });
      const times = await Promise.all(WAYS.map((way) => figures(page, way)));
      const [before, after, progressive] = times.map((one) =>
        milliseconds(one["Page whole"]),
      );
      assert.ok(
        before >= 2000 && after < before && progressive < before,
        `${[before, after, progressive]}`,
      );
      assert.ok(milliseconds(times[2]["Product shown"]) + 300 < progressive);
      assert.ok(await page.evaluate(() => window.wasEarly));
    });
    assert.equal(await told(page, "after", "shipping"), "timeout\nfailed");
    assert.match(
      await part(page, "after", "shipping").innerText(),
      /no answer within 800 ms/,
    );
  });

  test("an optional one that fails leaves an entry, and the rest of the page", async () => {
    const page = await open();
    await changed(page, () =>
      page.getByLabel("Failing optional one").selectOption("media"),
    );
    for (const way of WAYS) {
      assert.deepEqual(
        await states(page, way),
        { ...all(SOURCES, "shown"), media: "failed" },
        way,
      );
      assert.match(await part(page, way, "media").innerText(), /^media: .*503/);
    }
  });

  test("a required one that fails leaves no page", async () => {
    const page = await open();
    const fails = page.getByRole("switch", { name: "Failing required one" });
    await changed(page, () => fails.check());
    for (const way of WAYS) {
      assert.deepEqual(await states(page, way), {}, way);
      assert.match(
        await column(page, way).locator(".problem").innerText(),
        /^There is no page\s+product: .*503/,
      );
    }
    await changed(page, () => fails.uncheck());
    assert.deepEqual(await states(page, "after"), all(SOURCES, "shown"));
  });

  test("a phone's view takes fewer calls and shows less", async () => {
    const page = await open();
    await changed(page, () => page.getByLabel("Mobile").check());
    const few = ["product", "inventory", "pricing", "reviews", "media"];
    for (const way of WAYS)
      assert.deepEqual(await states(page, way), all(few, "shown"), way);
    assert.equal((await figures(page, "before")).Requests, "5");
    assert.equal(
      await part(page, "after", "inventory").innerText(),
      "In stock",
    );
    assert.match(
      await part(page, "before", "inventory").innerText(),
      /warehouses/,
    );
  });

  test("fields are what is asked for, and a wrong one is told", async () => {
    const page = await open();
    const fields = page.getByLabel("Fields");
    await changed(page, () => fields.fill("product(name),shipping"));
    for (const way of WAYS)
      assert.deepEqual(
        await states(page, way),
        all(["product", "shipping"], "shown"),
        way,
      );
    assert.equal((await figures(page, "before")).Requests, "2");
    assert.equal(
      await part(page, "progressive", "product").innerText(),
      "Trail running shoe",
    );
    await changed(page, () => fields.fill("nonsense"));
    for (const way of ["after", "progressive"])
      assert.match(
        await column(page, way).locator(".problem").innerText(),
        /nonsense/,
      );
  });

  test("what may be used again is not asked for twice", async () => {
    const page = await open();
    assert.match(await told(page, "after", "reviews"), /^\d+ ms$/);
    await changed(page, () =>
      page.getByRole("switch", { name: "Cached" }).check(),
    );
    await runAgain(page);
    const words = await Promise.all(
      SOURCES.map((source) => told(page, "after", source)),
    );
    assert.deepEqual(words, Array(SOURCES.length).fill("hit"));
  });

  test("the client can be moved away", async () => {
    const page = await open();
    await changed(page, () => page.getByLabel("Client round trip").fill("300"));
    for (const way of WAYS)
      assert.ok(
        milliseconds((await figures(page, way))["Product shown"]) >= 300,
        way,
      );
    const { "Page whole": whole } = await figures(page, "before");
    assert.ok(
      milliseconds(whole) >= 600,
      "the seller is asked for when the product is there",
    );
  });

  test("an EventSource stops after done", async () => {
    const page = await open();
    let events = await eventsOf(page);
    for (let i = 1; i < TRIES && events.length === 0; i++)
      events = await eventsOf(page); // the product was late: a problem, and no stream
    assert.deepEqual(events, [
      "open",
      "initial",
      ...Array(7).fill("part"),
      "done",
    ]);
  });

  for (const colorScheme of ["light", "dark"])
    test(`is usable by everybody, ${colorScheme}, on desks and phones`, async () => {
      const page = await open({ colorScheme });
      await noViolations(page);
      await changed(page, () =>
        page.getByLabel("Failing optional one").selectOption("reviews"),
      );
      await noViolations(page);
      await page.setViewportSize(PHONE);
      await noViolations(page);
      const overhang = await page.evaluate(
        () => document.documentElement.scrollWidth - innerWidth,
      );
      assert.ok(overhang <= 0, `${overhang} px too wide for a phone`);
    });

  test("can be used without a mouse", async () => {
    const page = await open({ viewport: PHONE });
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: at } = document;
        return at.labels?.[0]?.innerText.split("\n")[0].trim() || at.innerText;
      });
    const names = [];
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press("Tab");
      names.push(await focused());
    }
    assert.match(names[0], /^Client round trip/);
    assert.deepEqual(names.slice(1), ["Slow service", "Failing optional one", "Web", "Fields",
      "Failing required one: product", "Cached for 30 s", "Run again"]); // prettier-ignore
    await page.getByLabel("Web").focus();
    await changed(page, () => page.keyboard.press("ArrowRight"));
    assert.equal((await figures(page, "before")).Requests, "5");
    await page.getByRole("switch", { name: "Failing required one" }).focus();
    await changed(page, () => page.keyboard.press("Space"));
    assert.deepEqual(await states(page, "after"), {});
  });
});

/* While the slow service is called, or, where the machine is too busy for that, later. */
async function leaveWhileRunning(page) {
  const progressive = column(page, "progressive");
  const hasClass = async (name) =>
    (await progressive.getAttribute("class")).includes(name);
  await begun(page, () =>
    page.getByLabel("Slow service").selectOption("shipping"),
  );
  await until(async () => !(await hasClass("waiting")), "it is its turn");
  await until(
    async () =>
      (await metric("sheaf_calls_in_flight")) === 1 || (await hasClass("done")),
    "only the slow call is left",
  );
  await page.close();
}

/* What an EventSource has of the page until it stops for good. */
function eventsOf(page) {
  return page.evaluate(() => {
    const source = new EventSource("/api/aggregated/product?id=1042");
    const events = [];
    for (const name of ["open", "initial", "part", "done"])
      source.addEventListener(name, () => events.push(name));
    return new Promise((resolve) => {
      source.onerror = () =>
        source.readyState === EventSource.CLOSED && resolve(events);
    });
  });
}

async function noViolations(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`,
  );
  assert.deepEqual(told, []);
}
