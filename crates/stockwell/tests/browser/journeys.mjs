// What people do, with the keyboard and without scripts.
import { end, judge, launch, ready, signIn, visitor, wrong } from "./kit.mjs";

const equal = (what, seen, expected) => {
  if (JSON.stringify(seen) !== JSON.stringify(expected)) wrong(`${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
};
const browser = await launch();
// the status of a refused page is told on the console by the browser itself
const refusals = { silent: ["Failed to load resource: the server responded with a status of 40"] };

/** Signing in and finding an item by the keyboard alone. */
async function byKeyboard() {
  const page = await visitor(browser, refusals);
  await page.goto("/items");
  await ready(page);
  equal("the cursor stands in", await page.evaluate(() => document.activeElement.name), "/login");
  await page.keyboard.type(process.env.LOGIN);
  await page.keyboard.press("Tab");
  await page.keyboard.type("not the right one");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[role=alert]");
  await ready(page);
  equal("the refusal has the focus", await page.evaluate(() => document.activeElement.id), "form-errors");
  await judge(page, "a refused sign-in");
  equal("what was typed is there", await page.inputValue('input[name="/login"]'), process.env.LOGIN);
  await page.focus('input[name="/password"]');
  await page.keyboard.type(process.env.PASSWORD);
  await Promise.all([page.waitForURL("**/items"), page.keyboard.press("Enter")]);
  await ready(page);
  await page.keyboard.press("/");
  equal("a stroke goes to the filter", await page.evaluate(() => document.activeElement.id), "filter");
  await page.keyboard.type("milk");
  await page.waitForURL("**/items?q=milk");
  await page.waitForFunction(() => document.querySelectorAll("#rows tr").length === 1);
  equal("the filter keeps the cursor", await page.evaluate(() => document.activeElement.id), "filter");
  await page.focus("#rows a");
  await Promise.all([page.waitForURL("**/items/MILK"), page.keyboard.press("Enter")]);
  await page.goBack();
  await ready(page);
  equal("back shows what was filtered", await page.locator("#rows tr").count(), 1);
  await page.context().close();
}

/** From anywhere to anything, and a code that is scanned into the palette opens what it is on. */
async function palette() {
  const page = await visitor(browser);
  await signIn(page);
  await page.goto("/items");
  await ready(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("sealed bearing");
  await page.waitForSelector("#found li:nth-child(8)");
  await judge(page, "the palette");
  const second = await page.locator("#found li").nth(1).getAttribute("data-href");
  await page.keyboard.press("ArrowDown");
  await Promise.all([page.waitForURL(`**${second}`), page.keyboard.press("Enter")]);
  await ready(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("MILK");
  await Promise.all([page.waitForURL("**/items/MILK"), page.keyboard.press("Enter")]);
  await ready(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.press("Escape");
  equal("Escape closes it", await page.evaluate(() => document.querySelector("dialog").open), false);
  await page.context().close();
}

/** Letters lead to places, not while somebody types, and not when they are switched off. */
async function letters() {
  const page = await visitor(browser);
  await signIn(page);
  const press = async (...keys) => { for (const key of keys) await page.keyboard.press(key); };
  await Promise.all([page.waitForURL("**/items"), press("g", "c")]);
  await ready(page);
  await page.focus("#filter");
  await page.keyboard.type("g?");
  equal("what is typed is typed", await page.inputValue("#filter"), "g?");
  await page.evaluate(() => document.activeElement.blur());
  await Promise.all([page.waitForURL("**/help"), press("?")]);
  await ready(page);
  await Promise.all([page.waitForResponse((answer) => answer.url().endsWith("/help")), page.click('button[name="keys"]')]);
  await ready(page);
  equal("letters are off", await page.getAttribute("html", "data-keys"), "off");
  await press("g", "c");
  await page.keyboard.press("Control+k");
  await page.waitForSelector("dialog[open]");
  equal("a letter leads nowhere", new URL(page.url()).pathname, "/help");
  await page.context().close();
}

/** Lists and forms without scripts. */
async function withoutScripts() {
  const page = await visitor(browser, { ...refusals, script: false });
  await signIn(page);
  await page.goto("/items");
  await page.fill("#filter", "bolt");
  await page.press("#filter", "Enter");
  await page.waitForURL("**/items?q=bolt");
  equal("the list is filtered", await page.locator("#rows tr").count(), 1);
  equal("the theme is that of the system", await page.getAttribute("html", "data-theme"), null);
  await page.click('button[name="theme"]');
  equal("the theme is dark", await page.getAttribute("html", "data-theme"), "dark");
  await page.click("details.menu summary");
  await page.click('button[name="locale"]');
  equal("the language is German", await page.getAttribute("html", "lang"), "de");
  await page.click("details.menu summary");
  await page.click('form[action="/sign-out"] button');
  await page.waitForURL("**/sign-in");
  const refused = await page.goto("/items");
  equal("signed out", refused.status(), 401);
  await page.context().close();
}

/** What is refused has a page as well. */
async function refused() {
  const page = await visitor(browser, refusals);
  await signIn(page);
  for (const path of ["/nowhere", "/items/NO-SUCH-ITEM"]) {
    equal(path, (await page.goto(path)).status(), 404);
    await ready(page);
    await judge(page, path);
  }
  await page.context().close();
}

/** What a first visit costs in bytes, as they come over the line. */
async function bytes() {
  const page = await visitor(browser);
  await signIn(page);
  const cookies = await page.context().cookies();
  const fresh = await visitor(browser);
  await fresh.context().addCookies(cookies);
  const session = await fresh.context().newCDPSession(fresh);
  await session.send("Network.enable");
  const sizes = {};
  const kinds = {};
  session.on("Network.responseReceived", ({ requestId, type }) => { kinds[requestId] = type; });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    const kind = kinds[requestId] ?? "Other";
    sizes[kind] = (sizes[kind] ?? 0) + encodedDataLength;
  });
  await session.send("Performance.enable");
  await fresh.goto("/items");
  await ready(fresh);
  await fresh.waitForLoadState("networkidle");
  const { metrics } = await session.send("Performance.getMetrics");
  const cpu = metrics.find((metric) => metric.name === "TaskDuration").value;
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  const bars = [["all", total, 110_000], ["scripts", sizes.Script, 25_000], ["style", sizes.Stylesheet, 12_000]];
  for (const [what, size, most] of bars) if (!(size <= most)) wrong(`a first visit takes ${size} bytes of ${what}, and may take ${most}`);
  await page.context().close();
  await fresh.context().close();
  return { sizes, total, cpu_ms: Math.round(cpu * 1000) };
}

await byKeyboard();
await palette();
await letters();
await withoutScripts();
await refused();
const first_visit = await bytes();
await browser.close();
end({ first_visit });
