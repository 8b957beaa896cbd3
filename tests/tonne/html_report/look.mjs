// Opens a report in headless Chromium; the task comes on standard input as JSON, findings go out as JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";

const web = createRequire(new URL("../../../web/package.json", import.meta.url));
const { chromium } = web("playwright-core");
const task = JSON.parse(await text(process.stdin));
const browser = await chromium.launch({ executablePath: task.chromium, args: ["--no-sandbox"] });
const found = { requests: [], console: [], widths: {}, contrast: {} };

async function visit(width, dark, look) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: dark ? "dark" : "light" });
  const page = await context.newPage();
  page.on("request", (r) => { if (r.url() !== task.url) found.requests.push(r.url()); });
  page.on("console", (line) => found.console.push(line.text()));
  page.on("pageerror", (error) => found.console.push(error.message));
  await page.goto(task.url);
  try { return await look(page); } finally { await context.close(); }
}

/* Pixels that the page is wider than the screen, and the least size of a text that is shown. */
const measure = () => {
  const root = document.documentElement, sizes = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const box = node.parentElement;
    if (!node.textContent.trim() || ["SCRIPT", "STYLE"].includes(box.tagName) || !box.getClientRects().length) continue;
    const svg = box.ownerSVGElement, scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    sizes.push(parseFloat(getComputedStyle(box).fontSize) * scale);
  }
  return { over: root.scrollWidth - root.clientWidth, least: Math.min(...sizes) };
};

for (const width of [375, 980, 1440]) found.widths[width] = await visit(width, false, (page) => page.evaluate(measure));

const axe = readFileSync(web.resolve("axe-core/axe.min.js"), "utf8");
for (const dark of [false, true]) {
  found.contrast[dark ? "dark" : "light"] = await visit(1440, dark, async (page) => {
    await page.evaluate(`${axe}; void 0`);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    const grave = violations.filter((v) => ["serious", "critical"].includes(v.impact));
    return { grave: grave.map((v) => `${v.id}: ${v.nodes[0].target} ${v.nodes[0].failureSummary}`), ground: await page.evaluate(() => getComputedStyle(document.body).backgroundColor) };
  });
}

await visit(1440, false, async (page) => {
  found.charts = await page.evaluate(() => [...document.querySelectorAll("figure")].map((box) => ({
    title: box.querySelector("figcaption").textContent,
    ticks: [...box.querySelectorAll("text.x")].map((t) => t.textContent),
    marks: box.querySelectorAll(".plot path, .plot rect, .plot circle").length,
  })));
  found.text = await page.evaluate(() => document.body.innerText);
  found.contents = await page.evaluate(() => [...document.querySelectorAll("nav a")].map((a) => document.getElementById(a.hash.slice(1))?.textContent ?? null));
  // Each table is sorted by each column, down and up; what a click leaves is read back.
  found.tables = {};
  for (const table of await page.locator("table.data").all()) {
    const name = await table.getAttribute("data-name"), columns = {};
    for (const head of await table.locator("thead th").all()) {
      const key = await head.getAttribute("data-key"), numeric = await head.evaluate((h) => h.classList.contains("n"));
      const at = await head.evaluate((h) => h.cellIndex), read = () => table.evaluate((t, i) => [...t.tBodies[0].rows].map((r) => r.cells[i].textContent), at);
      await head.locator("button").click();
      const first = await head.getAttribute("aria-sort"), once = await read();
      await head.locator("button").click();
      columns[key ?? at] = { numeric, scale: Number(await head.getAttribute("data-scale") ?? 1), sorts: [first, await head.getAttribute("aria-sort")], once, twice: await read(), total: await table.evaluate((t, i) => t.tFoot?.rows[0].cells[i].textContent ?? null, at) };
    }
    found.tables[name] = { columns, shown: await table.evaluate((t) => [...t.tBodies[0].rows].filter((r) => r.getClientRects().length).length), fold: Number(await table.getAttribute("data-fold")) };
  }
  // A value is told where one points, and one series fewer after a click on its name.
  const figure = page.locator("figure").first();
  if (await figure.count()) {
    await figure.scrollIntoViewIfNeeded();
    await figure.locator(".plot svg").hover();
    found.tip = await figure.locator(".tip").innerText();
    const lines = await figure.locator(".tip div").count();
    const names = figure.locator(".legend button");
    if (await names.count() > 1) {
      await names.first().click();
      await figure.locator(".plot svg").hover({ position: { x: 150, y: 20 } });
      await figure.locator(".plot svg").hover();
      found.fewer = lines - await figure.locator(".tip div").count();
    }
  }
  await page.locator("#theme").click();
  found.switched = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.locator("#theme").click();
});

found.print = await visit(980, true, async (page) => {
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  await page.setViewportSize({ width: 700, height: 900 });
  const seen = await page.evaluate(() => ({
    ground: getComputedStyle(document.body).backgroundColor,
    buttons: [...document.querySelectorAll("#theme, .unfold")].filter((b) => b.getClientRects().length).length,
    scrolls: [...document.querySelectorAll(".scroll")].filter((b) => getComputedStyle(b).overflowX !== "visible").length,
    charts: Math.max(0, ...[...document.querySelectorAll(".plot svg")].map((s) => s.getBoundingClientRect().right - document.documentElement.clientWidth)),
  }));
  const pdf = await page.pdf({ preferCSSPageSize: true, path: task.pdf ?? undefined });
  return { ...seen, pages: (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length };
});
await browser.close();
process.stdout.write(JSON.stringify(found));
