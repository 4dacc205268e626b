// What the browser tests share: a browser, somebody who signs in, and what every page is held to.
import { readFileSync } from "node:fs";

const { PEERS, BASE } = process.env;
const { chromium } = await import(`${PEERS}/node_modules/playwright-core/index.mjs`);
const axe = readFileSync(`${PEERS}/node_modules/axe-core/axe.min.js`, "utf8");

export const VIEWS = { desktop: [1440, 900], tablet: [834, 1112], phone: [390, 844] };
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
// without these a browser on a closed network looks for its maker's servers all the time
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

/** What was found wrong; printed at the end, one a line. */
export const found = [];
export const wrong = (what) => found.push(what);

export async function launch() {
  return chromium.launch({ executablePath: "chromium", args: ARGS }).catch(() =>
    chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGS }));
}

/** A visitor with a window of their own. What the console says and what the policy forbids is wrong. */
export async function visitor(browser, { view = "desktop", theme = "light", locale = "en-GB", script = true, silent = [] } = {}) {
  const [width, height] = VIEWS[view];
  const context = await browser.newContext({
    viewport: { width, height }, colorScheme: theme, locale, javaScriptEnabled: script, baseURL: BASE,
    isMobile: view === "phone", hasTouch: view !== "desktop", reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong(`${page.url()}: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (["error", "warning"].includes(message.type()) && !silent.some((known) => text.includes(known))) wrong(`${page.url()}: ${text}`);
  });
  return page;
}

export async function signIn(page, login = process.env.LOGIN, password = process.env.PASSWORD) {
  await page.goto("/sign-in");
  await page.fill('input[name="/login"]', login);
  await page.fill('input[name="/password"]', password);
  await Promise.all([page.waitForURL((url) => !url.pathname.startsWith("/sign-in")), page.keyboard.press("Enter")]);
}

export const ready = (page) => page.waitForSelector("html[data-ready]", { state: "attached" });

/** The mechanical faults of a page that stands in the window. */
export async function judge(page, name) {
  const faults = await page.evaluate(() => {
    const shown = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true });
    const told = (element) => `${element.tagName.toLowerCase()}${element.className && typeof element.className === "string" ? "." + element.className.split(" ").join(".") : ""} “${(element.textContent || "").trim().slice(0, 40)}”`;
    const all = [];
    const over = document.documentElement.scrollWidth - innerWidth;
    if (over > 0) all.push(`scrolls sideways by ${over}px`);
    if (document.querySelectorAll("h1").length !== 1) all.push("has not one heading");
    for (const element of document.querySelectorAll("main *, header *, nav *")) {
      if (!shown(element) || element.closest("svg, .visually-hidden, .scroll, .tabs, .subtabs, pre")) continue;
      const style = getComputedStyle(element);
      const clips = ["hidden", "clip"].includes(style.overflowX) && element.scrollWidth > element.clientWidth + 1;
      if (clips && element.clientWidth > 0) all.push(`clips ${told(element)}`);
    }
    for (const element of document.querySelectorAll("a, button, input, select, summary")) {
      const box = element.getBoundingClientRect();
      const label = element.closest("label")?.getBoundingClientRect();
      const height = Math.max(box.height, label?.height ?? 0);
      const inText = getComputedStyle(element).display === "inline" && element.tagName === "A";
      if (shown(element) && box.width > 0 && height < 24 && !inText && element.type !== "hidden") all.push(`${told(element)} is ${Math.round(height)}px high`);
    }
    return all;
  });
  for (const fault of faults) wrong(`${name}: ${fault}`);
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: axe });
  await session.detach();
  const results = await page.evaluate((tags) => axe.run(document, { runOnly: tags, resultTypes: ["violations"] }), RULES);
  for (const { id, nodes } of results.violations) wrong(`${name}: axe ${id} (${nodes.length}): ${nodes[0].html.slice(0, 160)}`);
}

/** Ends the run: what was found goes out, and the exit code says whether there was any. */
export function end(figures = {}) {
  console.log(JSON.stringify({ found: [...new Set(found)], figures }));
  process.exitCode = found.length > 0 ? 1 : 0;
}
