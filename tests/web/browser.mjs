// A headless Chromium with a wallet in it, and the words that scenarios use of them.
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";

const web = createRequire(new URL("../../web/package.json", import.meta.url));
const { chromium } = web("playwright-core");
const { privateKeyToAccount } = web("viem/accounts");

/** The person's side of the wallet: what it answers, and what its owner does next. */
class Wallet {
  constructor(task) {
    this.task = task;
    this.account = null;
    this.refuse = new Set(); // methods that its owner declines
    this.chain = null; // a chain id of its own, before it is switched
    this.knows = true; // whether it knows the market's chain
    this.asked = [];
    this.gas = null; // a gas limit that its owner sets
    this.on = false;
  }

  use(name) {
    this.account = privateKeyToAccount(this.task.keys[name] ?? name);
    this.on = true;
  }

  async node(method, params = []) {
    const answer = await fetch(this.task.rpc, {
      method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    const { result, error } = await answer.json();
    if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
    return result;
  }

  async request({ method, params = [] }) {
    this.asked.push(method);
    if (this.refuse.has(method)) throw Object.assign(new Error("User rejected the request."), { code: 4001 });
    switch (method) {
      case "eth_requestAccounts":
      case "eth_accounts":
        return [this.account.address];
      case "eth_chainId":
        return this.chain ?? this.node("eth_chainId");
      case "wallet_switchEthereumChain":
        if (!this.knows) throw Object.assign(new Error("Unrecognized chain"), { code: 4902 });
        this.chain = null;
        return null;
      case "wallet_addEthereumChain":
        this.added = params[0];
        this.knows = true;
        this.chain = null;
        return null;
      case "eth_signTypedData_v4": {
        const { domain, types, primaryType, message } = JSON.parse(params[1]);
        delete types.EIP712Domain;
        return this.account.signTypedData({ domain, types, primaryType, message });
      }
      case "eth_sendTransaction":
        return this.send(params[0]);
      default:
        return this.node(method, params);
    }
  }

  /** Its owner lets another transaction take the place of the one that waits. */
  async replace() {
    const to = this.account.address;
    const [nonce, chainId] = await Promise.all([this.node("eth_getTransactionCount", [to, "latest"]), this.node("eth_chainId"), this.node("anvil_setBalance", [to, "0xde0b6b3a7640000"])]);
    const signed = await this.account.signTransaction({ type: "legacy", to, nonce: Number(nonce), chainId: Number(chainId), gas: 21_000n, gasPrice: 1_000n });
    return this.node("eth_sendRawTransaction", [signed]);
  }

  async send({ to, data, gas, gasPrice }) {
    const [nonce, chainId, price] = await Promise.all([
      this.node("eth_getTransactionCount", [this.account.address, "pending"]), this.node("eth_chainId"), gasPrice ?? this.node("eth_gasPrice"),
    ]);
    this.sent = { to, data, gas, gasPrice };
    const signed = await this.account.signTransaction({
      type: "legacy", to, data, nonce: Number(nonce), chainId: Number(chainId), gas: BigInt(this.gas ?? gas), gasPrice: BigInt(price),
    });
    return this.node("eth_sendRawTransaction", [signed]);
  }
}

/** Announces the wallet as EIP-6963 asks; runs in the page before its own code. */
function announce() {
  const provider = {
    request: async (call) => {
      const { result, error } = await window.walletCall(JSON.stringify(call));
      if (error) throw Object.assign(new Error(error.message), { code: error.code, data: error.data });
      return result;
    },
    on() {},
    removeListener() {},
  };
  const detail = Object.freeze({ info: { uuid: "6d0e3a4e-0000-4000-8000-000000000001", name: "Test wallet", rdns: "test.wallet", icon: "" }, provider });
  const tell = () => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  window.addEventListener("eip6963:requestProvider", tell);
  tell();
}

let running = null;

/** The one browser of all visits; each visit has a profile of its own. */
const browserOf = (path) => (running ??= chromium.launch({ executablePath: path, args: ["--no-sandbox"] }));

export async function close() {
  await (await running)?.close();
}

export async function open(task) {
  const { width = 1440, height = 900, dark = false, language = "en-GB", wallet: name = null } = task.facts;
  const browser = await browserOf(task.chromium);
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: dark ? "dark" : "light", locale: language, acceptDownloads: true });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const wrong = [];
  page.on("console", (line) => { if (line.type() === "error" || line.type() === "warning") wrong.push(line.text()); });
  page.on("pageerror", (error) => wrong.push(error.message));
  const wallet = new Wallet(task);
  if (name) {
    wallet.use(name);
    await page.exposeFunction("walletCall", async (call) => {
      try {
        return { result: await wallet.request(JSON.parse(call)) };
      } catch (error) {
        return { error: { message: error.message, code: error.code ?? -32603, data: error.data } };
      }
    });
    await page.addInitScript(announce);
  }
  const room = {
    task, page, context, wallet, wrong, assert, web,
    allow: [], // console errors that the scenario itself brings about
    nothingWrong() {
      assert.deepEqual(wrong.filter((text) => !room.allow.some((part) => text.includes(part))), [], "errors in the console");
    },
    /** Opens a view; waits until nothing is loading. */
    async go(path) {
      if (page.url().startsWith(task.url)) await page.evaluate((to) => { location.hash = to; }, `#/${path}`);
      else await page.goto(`${task.url}#/${path}`);
      await room.still();
    },
    async still() {
      await page.locator("main h1, main h2, main .note").first().waitFor();
      await page.waitForFunction(() => !document.querySelector("main .empty[role=status]"));
    },
    async connect() {
      await page.getByRole("button", { name: "Test wallet" }).click();
      await page.locator(`a[title="${wallet.account.address}"]`).waitFor();
    },
    /** The question before signing: its words, once the rehearsal has ended. */
    async question() {
      const dialog = page.locator("dialog[open]");
      await dialog.waitFor();
      await page.waitForFunction(() => document.querySelector("dialog[open] .note.bad, dialog[open] button.main:not(:disabled)"));
      return dialog.innerText();
    },
    async sign() {
      await page.locator("dialog[open] button.main").click();
    },
    /** Waits for a sent transaction to reach a state; returns its line. */
    async reach(state, count = 1) {
      const line = page.locator(`.act[data-state="${state}"]`);
      await line.nth(count - 1).waitFor({ timeout: 20_000 });
      return line.nth(count - 1).innerText();
    },
    async refused() {
      const note = page.locator("dialog[open] .note.bad, .acts .note.bad").first();
      await note.waitFor();
      return note.innerText();
    },
    async close() { await context.close(); },
  };
  return room;
}
