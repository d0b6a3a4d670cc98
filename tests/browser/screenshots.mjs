/* screenshots.mjs - the pictures of the page in docs/images, made anew: node tests/browser/screenshots.mjs */
import { missing, PAGE, root, startBrowser, startDemo } from "./demo.mjs";

const DESKTOP = { width: 1280, height: 1080 };
const PHONE = { width: 390, height: 844 };
const PICTURES = [
  { name: "demo-light", viewport: DESKTOP, colorScheme: "light" },
  { name: "demo-dark", viewport: DESKTOP, colorScheme: "dark" },
  { name: "demo-phone", viewport: PHONE, colorScheme: "light" },
];

const why = await missing();
if (why) throw new Error(why);
const stopDemo = await startDemo();
const browser = await startBrowser();
for (const { name, ...options } of PICTURES) {
  const page = await browser.newPage(options);
  await page.goto(PAGE);
  await page.locator("section.done").nth(2).waitFor();
  await page.getByLabel("Slow service").selectOption("shipping");
  await page.locator("section.waiting").first().waitFor();
  await page.locator("section.done").nth(2).waitFor();
  if (options.viewport === PHONE)
    await page
      .locator("section")
      .nth(2)
      .evaluate((it) => it.scrollIntoView());
  await page.screenshot({ path: root(`docs/images/${name}.png`) });
}
await browser.close();
await stopDemo();
