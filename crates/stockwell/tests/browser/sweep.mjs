// Every page in every window: nothing on the console, nothing that the policy forbids, nothing that axe finds, nothing
// clipped, no page that scrolls sideways. Each leaves a picture in the gallery, for eyes.
import { mkdirSync } from "node:fs";
import { VIEWS, end, judge, launch, ready, signIn, visitor, wrong } from "./kit.mjs";

const { PAGES, WINDOWS, GALLERY } = process.env;
const pages = JSON.parse(PAGES);
const windows = JSON.parse(WINDOWS);
mkdirSync(GALLERY, { recursive: true });

const browser = await launch();
const took = {};
for (const [view, theme, locale] of windows) {
  const page = await visitor(browser, { view, theme, locale });
  await signIn(page);
  for (const [name, path] of pages) {
    const what = `${name} ${view} ${theme} ${locale}`;
    const began = performance.now();
    const response = await page.goto(path);
    if (response.status() !== 200) wrong(`${what}: ${response.status()}`);
    await ready(page);
    took[what] = Math.round(performance.now() - began);
    await page.screenshot({ path: `${GALLERY}/${name}-${view}-${theme}-${locale}.png` });
    await judge(page, what);
  }
  await page.context().close();
}
await browser.close();
const all = Object.values(took).sort((a, b) => a - b);
end({ pages: all.length, median_ms: all[all.length >> 1], slowest_ms: all.at(-1), views: Object.keys(VIEWS) });
