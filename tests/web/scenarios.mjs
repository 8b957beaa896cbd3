// What people do at the page. Each scenario is one visit; tests/web/test_*.py names them and looks at the chain.
import { readFileSync } from "node:fs";

const VIEWS = ["market/1", "market/2", "auctions", "blocks", "schemes", "register", "intensity", "projects", "certificates", "energy", "powers", "audit/1", "verify", "account", "about"];

export async function everyView({ page, go, assert }, { overflow = false }) {
  const seen = {};
  for (const view of VIEWS) {
    await go(view);
    seen[view] = await page.locator("main").innerText();
    if (!overflow) continue;
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${view} is wider than the window`);
    assert.ok(await page.evaluate(inTheMiddle), `the tab of ${view} is outside the window`);
    assert.ok(await page.evaluate(() => [...document.querySelectorAll("main tbody tr")].every((row) => row.offsetHeight < 130)), `${view} has a row that nobody reads`);
  }
  return seen;
}

/** What views say. */
export async function seen({ page, go }, { views }) {
  const found = {};
  for (const view of views) {
    await go(view);
    found[view] = await page.locator("main").innerText();
  }
  return found;
}

/** Whether the tab of the present view is seen; some views have none. */
function inTheMiddle() {
  const tab = document.querySelector("nav [aria-current]")?.getBoundingClientRect();
  return !tab || (tab.left >= 0 && tab.right <= innerWidth);
}

/** Figures without a link to their event, and all links that there are; each view must show something. */
export async function links({ page, go, connect, wallet }, { views }) {
  const [bare, found] = [[], new Set()];
  if (wallet.on) {
    await go("market/1");
    await connect();
  }
  for (const view of views) {
    await go(view);
    await page.locator("main a.ev").first().waitFor();
    await page.waitForFunction(() => !document.querySelector("main .chart[aria-label^=Reading]"));
    const seen = await page.evaluate(() => {
      const holders = [...document.querySelectorAll("main tbody tr:not(.spread), main dl.stats > div, main dl.facts dd")];
      const figures = holders.filter((h) => /[0-9]/.test(h.innerText));
      return {
        bare: figures.filter((h) => !h.querySelector("a.ev")).map((h) => h.innerText.replace(/\s+/g, " ").slice(0, 80)),
        links: [...document.querySelectorAll("main a.ev")].map((a) => a.getAttribute("href")),
      };
    });
    bare.push(...seen.bare.map((text) => `${view}: ${text}`));
    seen.links.forEach((link) => found.add(link));
  }
  return { bare, links: [...found] };
}

/** What is read in a text: a drawn chart is canvases in a table, whose cells add only white space, and only once it is drawn. */
const legible = (text) => text.replaceAll(/[ \t]+/g, " ").replaceAll(/\s*\n\s*/g, "\n").trim();

/** What a view says once it says it twice: the events behind its figures come after them. */
async function settled(page) {
  for (let last = ""; ;) {
    const text = legible(await page.locator("main").innerText());
    if (text === last) return text;
    last = text;
    await page.waitForTimeout(400);
  }
}

/** What views say at a page that has a data service, how often it was asked, and what was asked of the node for logs. */
export async function served({ page, go, task, allow }, { views, service, silent = false }) {
  const [asked, spans, seen] = [[], [], {}];
  await page.route((url) => url.href.startsWith(service), (route) => {
    asked.push(new URL(route.request().url()).pathname);
    return silent ? route.abort("connectionrefused") : route.continue();
  });
  await page.route((url) => url.href.startsWith(task.rpc), async (route) => {
    for (const { method, params: [filter] = [] } of [JSON.parse(route.request().postData())].flat()) if (method === "eth_getLogs") spans.push(Number(filter.toBlock) - Number(filter.fromBlock));
    return route.continue();
  });
  if (silent) allow.push("ERR_CONNECTION_REFUSED");
  for (const view of views) {
    await go(view);
    if (view.startsWith("market")) seen.chart = await page.locator("main .chart[aria-label^=Chart]").getAttribute("aria-label");
    seen[view] = await settled(page);
  }
  return { asked, longest: Math.max(0, ...spans), seen };
}

/** How often the node was asked for its head in `idle` seconds, but for blocks that the service told of; and after how many seconds a later trade shows. */
export async function followed({ page, go, task }, { lots, idle }) {
  const began = performance.now();
  let [heads, told] = [0, 0];
  page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => { told += Number(JSON.parse(payload).type !== "trade"); }));
  await go("market/1");
  told = 0;
  page.on("request", (request) => {
    if (!request.url().startsWith(task.rpc) || request.method() !== "POST") return;
    heads += [JSON.parse(request.postData())].flat().filter(({ method, params }) => method === "eth_getBlockByNumber" && params[0] === "latest").length;
  });
  await page.waitForTimeout(idle * 1000);
  const seen = Math.max(0, heads - told);
  await page.getByRole("region", { name: "Trades" }).last().getByText(lots).first().waitFor();
  return { heads: seen, waited: (performance.now() - began) / 1000 };
}

/**
 * From asking for a view, in a new page, to all that it shows: seconds by the clock and of the page's own thread, the least of `anew`.
 * Of a market also `early`: to its book and its trades, which do not wait for the chart.
 */
export async function times({ context, task }, { views, anew = 2 }) {
  const took = {};
  for (const view of views) {
    for (let i = 0; i < anew; i++) {
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const devtools = await context.newCDPSession(page);
      await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
      const began = performance.now();
      await page.goto(`${task.url}#/${view}`);
      const clock = () => (performance.now() - began) / 1000;
      let early = 0;
      if (view.startsWith("market")) {
        await page.locator('section[aria-label="Order book"] :is(table.depth tbody tr, .empty:not([role="status"]))').first().waitFor();
        await page.getByRole("region", { name: "Trades" }).last().locator("tbody tr").first().waitFor();
        early = clock();
      } else await page.locator("main h1, main .note").first().waitFor();
      await page.waitForFunction(() => !document.querySelector("main .empty[role=status], main .chart[aria-label^=Reading]"));
      const seconds = clock();
      const { metrics } = await devtools.send("Performance.getMetrics");
      const busy = metrics.find(({ name }) => name === "TaskDuration").value;
      const before = took[view] ?? { clock: Infinity, thread: Infinity, early: Infinity };
      took[view] = { clock: Math.min(before.clock, seconds), thread: Math.min(before.thread, busy), early: Math.min(before.early, early) };
      await page.close();
    }
  }
  return took;
}

/** How many views a scenario that names none goes through. */
export const listed = async () => VIEWS.length;

export async function shots({ page, go, wallet, connect }, { folder, name, views = VIEWS }) {
  await go("market/1");
  if (wallet.on) await connect();
  for (const view of views) {
    await go(view);
    await page.waitForTimeout(view.startsWith("market") ? 700 : 150);
    await page.screenshot({ path: `${folder}/${view.replace("/", "-")}-${name}.png`, fullPage: true });
  }
}

export async function accessible({ page, go, web, connect, wallet }, { views = VIEWS }) {
  const axe = readFileSync(web.resolve("axe-core/axe.min.js"), "utf8");
  const found = [];
  await go("market/1");
  if (wallet.on) await connect();
  for (const view of views) {
    await go(view);
    await page.evaluate(`${axe}; void 0`).catch(() => undefined);
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    for (const v of violations) if (["serious", "critical"].includes(v.impact)) found.push(`${view}: ${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(" | ")}`);
  }
  return found;
}

export async function keyboard({ page, go, assert }) {
  await go("market/1");
  await page.keyboard.press("Tab");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Skip/);
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  await page.getByRole("link", { name: "Register" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Register", level: 1 }).waitFor();
  const sort = page.getByRole("button", { name: "Capacity MW" });
  await sort.focus();
  await page.keyboard.press("Enter");
  await page.locator('th[aria-sort="descending"]').waitFor();
}

export async function eventLink({ page, go }) {
  await go("register");
  await page.getByRole("region", { name: "Plants" }).getByRole("link").first().click();
  await page.getByText("InstallationRegistered").waitFor();
  return page.locator("main").innerText();
}

/** Cells of the register's steps of penalties, as text. */
export async function penaltyRows({ page, go }) {
  await go("register");
  const rows = page.getByRole("region", { name: "Penalties" }).locator("tbody tr");
  await rows.first().waitFor();
  return rows.evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.innerText)));
}

/** Cells of the register's standings, each with its text and, where it has one, the link of its figure. */
export async function standingLinks({ page, go }) {
  await go("register");
  const rows = page.getByRole("region", { name: "Standing of plants" }).locator("tbody tr");
  await rows.first().waitFor();
  return rows.evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => ({
    text: cell.firstChild?.textContent ?? "", link: cell.querySelector("a.ev")?.getAttribute("href") ?? null,
  }))));
}

async function fill(place, values) {
  for (const [name, value] of Object.entries(values)) await place.locator(`[name="${name}"]`).fill(value);
}

async function order(room, { market = 1, side = "Buy", price, quantity, tif, until }) {
  const { page, go } = room;
  await go(`market/${market}`);
  await page.getByRole("group", { name: "Side" }).getByRole("button", { name: side }).click();
  await fill(page, { price, quantity });
  if (tif) await page.locator('[name="tif"]').selectOption(tif);
  if (until) await fill(page, { until });
  await page.getByRole("form", { name: "Order" }).getByRole("button", { name: `${side} …` }).click();
}

export async function buy(room, facts) {
  await room.go("market/1");
  await room.connect();
  await order(room, facts);
  const words = await room.question();
  await room.sign();
  const line = await room.reach("mined");
  await room.page.getByRole("region", { name: "Trades" }).locator("tbody tr").first().waitFor();
  return { words, line, trades: await room.page.getByRole("region", { name: "Trades" }).last().innerText(), gasPrice: room.wallet.sent.gasPrice };
}

/** Connects, orders, and gives back why it is refused. */
export async function refusedOrder(room, facts) {
  await room.go("market/1");
  await room.connect();
  await order(room, facts);
  return room.refused();
}

/** Fills in a form, or opens a file, and gives back why the act is refused. */
export async function refusedAct(room, { view, form, act, fields = {}, off = [], file, signs }) {
  const { page } = room;
  await room.go(view);
  await room.connect();
  const place = page.getByRole("form", { name: form, exact: true });
  await place.waitFor();
  await fill(place, fields);
  for (const name of off) await place.locator(`[name="${name}"]`).uncheck();
  if (file) await place.locator('[type="file"]').setInputFiles(file);
  if (act) await place.getByRole("button", { name: act }).click();
  if (signs) await page.getByRole("button", { name: signs, exact: true }).click();
  const note = page.locator("dialog[open] .note.bad, .acts .note.bad, main .note.bad").first();
  await note.waitFor();
  return note.innerText();
}

/** An order sent off by the keyboard, in whichever language the page speaks; why it is refused. */
export async function refusedByKeyboard(room, { price, quantity }) {
  await room.go("market/1");
  await room.connect();
  await fill(room.page, { price, quantity });
  await room.page.locator('[name="quantity"]').press("Enter");
  return room.refused();
}

/** Orders that outlive the day: what is said before each is signed, what the list says then, and what a change says. */
export async function lastingOrders(room, { market, orders, newPrice }) {
  const { page } = room;
  await room.go(`market/${market}`);
  await room.connect();
  const said = [];
  for (const [i, one] of orders.entries()) {
    await order(room, { market, ...one });
    said.push(await room.question());
    await room.sign();
    await room.reach("mined", i + 1);
  }
  const mine = page.getByRole("region", { name: "My open orders" }).last();
  await mine.locator("tbody tr").nth(orders.length - 1).waitFor();
  const rows = await mine.locator("tbody tr").allInnerTexts();
  await mine.getByRole("row").filter({ hasText: "until cancelled" }).getByRole("button", { name: "Change" }).click();
  await fill(page, { newPrice });
  await page.getByRole("button", { name: "Change order …" }).click();
  const changed = await room.question();
  await room.sign();
  await room.reach("mined", orders.length + 1);
  return { said, rows, changed };
}

/** The times in force that the order form of a market offers. */
export async function validities({ page, go }, { market }) {
  await go(`market/${market}`);
  return page.locator('[name="tif"] option').allInnerTexts();
}

export async function changeAndCancel(room) {
  const { page } = room;
  await room.go("market/1");
  await room.connect();
  await order(room, { price: "46.00", quantity: "100" });
  await room.question();
  await room.sign();
  await room.reach("mined");
  const mine = page.getByRole("region", { name: "My open orders" });
  const row = mine.getByRole("row").filter({ hasText: "46.00" });
  await row.getByRole("button", { name: "Change" }).click();
  await fill(page, { newPrice: "46.50", newQuantity: "150" });
  await page.getByRole("button", { name: "Change order …" }).click();
  const changed = await room.question();
  await room.sign();
  await room.reach("mined", 2);
  const next = mine.getByRole("row").filter({ hasText: "46.50" });
  await next.getByRole("button", { name: "Cancel order" }).click();
  const cancelled = await room.question();
  await room.sign();
  await room.reach("mined", 3);
  await next.waitFor({ state: "detached" });
  return { changed, cancelled };
}

/** Deposits or withdraws cash or units in a market: `kind` is the form's name, `act` the button's. */
export async function funds(room, { market = 1, acts }) {
  const { page } = room;
  await room.go(`market/${market}`);
  await room.connect();
  const said = [];
  let mined = 0;
  for (const { field, form, act, amount, steps = 1 } of acts) {
    const place = page.getByRole("form", { name: form });
    await place.locator(`[name="${field}"]`).fill(amount);
    await place.getByRole("button", { name: act }).click();
    said.push(await room.question());
    await room.sign();
    mined += steps;
    await room.reach("mined", mined);
  }
  return said;
}

export async function register(room, { kinds, region, details }) {
  const { page } = room;
  await room.go("account");
  await room.connect();
  const form = page.getByRole("form", { name: "Register" });
  for (const kind of kinds) await form.locator(`[name="kind${kind}"]`).check();
  await fill(page, { region, details });
  await form.getByRole("button", { name: /Register/ }).click();
  const words = await room.question();
  await room.sign();
  await room.reach("mined");
  return words;
}

export async function invite(room, { invited, rights }) {
  const { page } = room;
  await room.go("account");
  await room.connect();
  const form = page.getByRole("form", { name: "Invite a wallet" });
  await form.locator('[name="wallet"]').fill(invited);
  for (const right of rights) await form.locator(`[name="right${right}"]`).check();
  await form.getByRole("button", { name: /Invite/ }).click();
  const words = await room.question();
  await room.sign();
  await room.reach("mined");
  return words;
}

export async function join(room, { participant }) {
  const { page } = room;
  await room.go("account");
  await room.connect();
  await page.locator('[name="join"]').fill(String(participant));
  await page.getByRole("button", { name: /Join a participant/ }).click();
  await room.question();
  await room.sign();
  await room.reach("mined");
  await page.getByText(`${participant} active`).waitFor();
}

/** The recount of every account of a participant: what it says, row by row. */
export async function recount(room, { participant }) {
  await room.go(`audit/${participant}`);
  const table = room.page.getByRole("region", { name: "Recount" }).first();
  await table.locator("tbody tr").first().waitFor();
  return table.locator("tbody tr").allInnerTexts();
}

export async function surrender(room, { amount, signs = true }) {
  const { page } = room;
  await room.go("account");
  await room.connect();
  await page.locator('[name="surrenderAmount"]').fill(amount);
  await page.getByRole("form", { name: "Surrender" }).getByRole("button", { name: /Surrender/ }).click();
  const words = await room.question();
  if (!signs) return words;
  await room.sign();
  await room.reach("mined");
  return words;
}

export async function bank(room, { amount, signs = false }) {
  const { page } = room;
  await room.go("account");
  await room.connect();
  await page.locator('[name="bankAmount"]').fill(amount);
  await page.getByRole("form", { name: "Bank" }).getByRole("button", { name: /Bank/ }).click();
  const words = await room.question();
  if (!signs) return words;
  await room.sign();
  await room.reach("mined");
  return words;
}

async function retireHere(room, { amount, beneficiary, purpose }) {
  const { page } = room;
  await fill(page, { retireAmount: amount, beneficiary, purpose });
  await page.getByRole("form", { name: "Retire" }).getByRole("button", { name: /Retire/ }).click();
  const words = await room.question();
  await room.sign();
  await page.waitForURL(/#\/certificates\/\d+/);
  await room.still();
  await page.getByText("Checked in this browser").waitFor();
  await page.getByRole("region", { name: "Checked in this browser" }).locator("tbody tr").first().waitFor();
  return { words, certificate: await page.locator("main").innerText() };
}

export async function retire(room, facts) {
  await room.go("account");
  await room.connect();
  return retireHere(room, facts);
}

/** Buys allowances, surrenders them from the exchange, retires credits and reads the checked certificate. */
export async function wholeWay(room, { buys, surrenders, retires }) {
  const { page } = room;
  await room.go("market/1");
  await room.connect();
  await order(room, buys);
  await room.question();
  await room.sign();
  await room.reach("mined");
  await room.go("account");
  await page.locator('[name="surrenderAmount"]').fill(surrenders.amount);
  await page.getByRole("form", { name: "Surrender" }).getByRole("button", { name: /Surrender/ }).click();
  const surrendered = await room.question();
  await room.sign();
  await room.reach("mined", 2);
  const retired = await retireHere(room, retires);
  return { surrendered, ...retired };
}

export async function certificate({ page, go }, { number }) {
  await go(`certificates/${number}`);
  await page.getByRole("region", { name: "Checked in this browser" }).locator("tbody tr").first().waitFor();
  return { text: await page.locator("main").innerText(), images: await page.locator("main img, main script, main a[href^='javascript']").count() };
}

/** The node's answers name another lead verifier than the one that was accredited. */
export async function forgedSigners({ page, go, task, wallet }, { number, topic, from, to }) {
  await page.route((url) => url.href.startsWith(task.rpc), async (route) => {
    const answer = await route.fetch();
    const text = await answer.text();
    await route.fulfill({ response: answer, body: text.includes(topic) ? text.replaceAll(from, to) : text });
  });
  await go(`certificates/${number}`);
  await page.getByRole("region", { name: "Checked in this browser" }).locator("tbody tr").first().waitFor();
  return page.locator("main").innerText();
}

export async function rejects(room) {
  const { page, wallet } = room;
  wallet.refuse.add("eth_requestAccounts");
  await room.go("market/1");
  await page.getByRole("button", { name: /Test wallet/ }).click();
  const connecting = await page.locator(".banner").innerText();
  wallet.refuse.clear();
  await room.connect();
  wallet.refuse.add("eth_sendTransaction");
  await order(room, { price: "46.00", quantity: "100" });
  await room.question();
  await room.sign();
  return { connecting, signing: await room.reach("rejected") };
}

export async function otherNetwork(room, { declines = false, knows = true }) {
  const { wallet } = room;
  wallet.chain = "0x1";
  wallet.knows = knows;
  if (declines) wallet.refuse.add("wallet_switchEthereumChain");
  await room.go("market/1");
  await room.connect();
  await order(room, { price: "46.00", quantity: "100" });
  await room.question();
  await room.sign();
  const line = await room.reach(declines ? "failed" : "mined");
  return { line, asked: wallet.asked, added: wallet.added ?? null };
}

export async function failsWhenMined(room) {
  room.wallet.gas = "0x7530"; // too little for any order: it runs out of gas
  await room.go("market/1");
  await room.connect();
  await order(room, { price: "46.00", quantity: "100" });
  await room.question();
  await room.sign();
  return room.reach("failed");
}

export async function reorganised(room) {
  const { wallet } = room;
  await room.go("market/1");
  await room.connect();
  const mark = await wallet.node("evm_snapshot");
  await order(room, { price: "46.00", quantity: "100" });
  await room.question();
  await room.sign();
  await room.reach("mined");
  await wallet.node("evm_revert", [mark]);
  await wallet.node("evm_mine");
  return room.reach("reorganised");
}

export async function pending(room) {
  const { wallet } = room;
  await room.go("market/1");
  await room.connect();
  await wallet.node("evm_setAutomine", [false]);
  try {
    await order(room, { price: "46.00", quantity: "100" });
    await room.question();
    await room.sign();
    const before = await room.reach("pending");
    await wallet.node("evm_mine");
    return { before, after: await room.reach("mined") };
  } finally {
    await wallet.node("evm_setAutomine", [true]);
  }
}

export async function replaced(room) {
  const { page, wallet } = room;
  await room.go("market/1");
  await room.connect();
  await wallet.node("evm_setAutomine", [false]);
  try {
    await order(room, { price: "46.00", quantity: "100" });
    await room.question();
    const asked = page.waitForResponse(async (answer) => (await answer.text()).includes('"gasPrice"'));
    await room.sign();
    await asked;
    await room.reach("pending");
    await wallet.replace();
    await wallet.node("evm_mine");
    return await room.reach("replaced");
  } finally {
    await wallet.node("evm_setAutomine", [true]);
  }
}

export async function nodeDown(room) {
  const { page, task } = room;
  room.allow.push("ERR_CONNECTION_REFUSED", "Failed to load resource");
  await room.go("market/1");
  await room.connect();
  await page.route((url) => url.href.startsWith(task.rpc), (route) => route.abort("connectionrefused"));
  const banner = page.locator(".banner.bad");
  await banner.waitFor();
  const said = await banner.innerText();
  const kept = await page.getByRole("region", { name: "Order book" }).count() + await page.getByText("Order book").count();
  await page.unrouteAll();
  await banner.waitFor({ state: "detached" });
  return { said, kept };
}

/** The register at a node that gives events of a few blocks at a time. */
export async function boundedNode({ page, go, task }, { most }) {
  let refused = 0;
  await page.route((url) => url.href.startsWith(task.rpc), async (route) => {
    const asked = [JSON.parse(route.request().postData())].flat();
    const answers = await Promise.all(asked.map(async (call) => {
      const [filter] = call.params ?? [];
      if (call.method === "eth_getLogs" && Number(filter.toBlock) - Number(filter.fromBlock) > most) {
        refused += 1;
        return { jsonrpc: "2.0", id: call.id, error: { code: -32005, message: "query exceeds the range" } };
      }
      const answer = await fetch(task.rpc, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(call) });
      return answer.json();
    }));
    await route.fulfill({ json: answers, headers: { "access-control-allow-origin": "*" } });
  });
  await go("register");
  return { refused, text: await page.locator("main").innerText() };
}

export async function ticketBySeller(room, { buyer, lots, price }) {
  const { page } = room;
  await room.go("blocks");
  await room.connect();
  await fill(page, { ticketBuyer: String(buyer), ticketLots: lots, ticketPrice: price });
  await page.getByRole("button", { name: "Write ticket" }).click();
  await page.getByRole("button", { name: "Sign", exact: true }).click();
  await page.getByText(/· signed/).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  return readFileSync(await download.path(), "utf8");
}

export async function ticketByBuyer(room, { file }) {
  const { page } = room;
  await room.go("blocks");
  await room.connect();
  await page.locator('[name="ticketFile"]').setInputFiles(file);
  await page.getByRole("button", { name: "Sign", exact: true }).click();
  await page.getByRole("button", { name: "Settle block trade …" }).click();
  const words = await room.question();
  await room.sign();
  await room.reach("mined");
  return words;
}

export async function commitBid(room, { auction, price, lots }) {
  const { page } = room;
  await room.go(`auctions/${auction}`);
  await room.connect();
  await fill(page, { bidPrice: price, bidLots: lots });
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Commit sealed bid …" }).click()]);
  const words = await room.question();
  await room.sign();
  await room.reach("mined");
  return { words, name: download.suggestedFilename(), opening: readFileSync(await download.path(), "utf8") };
}

/** Bids in the open; gives back the words and the row of the bid. */
export async function openBid(room, { auction, price, lots, refused = false }) {
  const { page } = room;
  await room.go(`auctions/${auction}`);
  await room.connect();
  await fill(page, { bidPrice: price, bidLots: lots });
  await page.getByRole("button", { name: "Bid in the open …" }).click();
  if (refused) return room.refused();
  const words = await room.question();
  await room.sign();
  await room.reach("mined");
  const mine = page.getByRole("region", { name: "My bids" }).last();
  await mine.locator("tbody tr").first().waitFor();
  return { words, row: await mine.locator("tbody tr").first().innerText() };
}

export async function revealBid(room, { auction, file }) {
  const { page } = room;
  await room.go(`auctions/${auction}`);
  await room.connect();
  await page.getByRole("region", { name: "My bids" }).first().waitFor();
  await page.locator('[name="opening"]').setInputFiles(file);
  await room.question();
  await room.sign();
  await room.reach("mined");
  await page.getByText("revealed").waitFor();
}

export async function signDraft(room, { file, role, verdict, findings = [] }) {
  const { page } = room;
  await room.go("verify");
  await room.connect();
  await page.locator('[name="drafts"]').setInputFiles(file);
  const desk = page.getByRole("region", { name: "Comparison and signatures" });
  await desk.locator("dd").first().waitFor();
  const compared = await desk.innerText();
  if (verdict) await page.locator('[name="verdict"]').selectOption(verdict);
  for (const { about, text, tonnes } of findings) {
    await fill(page, { findingAbout: about, findingText: text, findingTonnes: tonnes });
    await page.getByRole("button", { name: "Add finding" }).click();
  }
  const facts = async () => (await desk.locator("dd").allInnerTexts()).join();
  const before = await facts();
  await page.getByRole("button", { name: `Sign as ${role}` }).click();
  for (let i = 0; i < 400 && !(await desk.locator(".note.bad").count()) && (await facts()) === before; i++) await page.waitForTimeout(50);
  const refused = await desk.locator(".note.bad").allInnerTexts();
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "Download" }).click()]);
  return { compared, refused, draft: readFileSync(await download.path(), "utf8") };
}

/** What the panels of the energy view say, by title; with a receipt once it is judged, or refused. */
export async function energyPanels({ page, go, connect }, { account = "", file = null, wallet = null }) {
  await go(account ? `energy/${account}` : "energy");
  if (wallet) {
    await connect();
    await page.locator('section[aria-label^="An account"] dl.stats').waitFor();
  }
  if (file) {
    await page.locator('[name="receipt"]').setInputFiles(file);
    await page.locator('section[aria-label^="A meter"] :is(dl.facts, .note.bad)').first().waitFor();
  }
  const panels = await page.locator("main section.panel").all();
  return Object.fromEntries(await Promise.all(panels.map(async (one) => [await one.getAttribute("aria-label"), await one.innerText()])));
}
