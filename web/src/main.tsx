import { render, type ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { getBlock } from "viem/actions";
import "./style.css";
import { me as meOf, type Me } from "./data/account";
import { zone } from "./data/schemes";
import { dateTime, setZone, short, zoneName } from "./format";
import { keepSetting, settingOf, speak, spoken, t, type Key, type Language } from "./i18n";
import { connect, type Net } from "./net";
import { listen } from "./service";
import { Context } from "./ui/hooks";
import { saying, Trouble } from "./ui/parts";
import { accountOf, discover, type Provider, type Wallet } from "./wallet/providers";
import { DeskRoom } from "./wallet/desk";

/** `early` asks for what the view will show, before it is there to be shown. */
interface Module { readonly default: ComponentType<{ rest: readonly string[] }>; readonly early?: (net: Net) => Promise<unknown> }
interface View { readonly path: string; readonly key: Key; readonly load: () => Promise<Module>; readonly hidden?: boolean }

const VIEWS: readonly View[] = [
  { path: "market", key: "navMarket", load: () => import("./views/Market") },
  { path: "auctions", key: "navAuctions", load: () => import("./views/Auctions") },
  { path: "blocks", key: "navBlocks", load: () => import("./views/Blocks") },
  { path: "schemes", key: "navSchemes", load: () => import("./views/Schemes") },
  { path: "register", key: "navRegister", load: () => import("./views/Register") },
  { path: "intensity", key: "navIntensity", load: () => import("./views/Intensity") },
  { path: "projects", key: "navProjects", load: () => import("./views/Projects") },
  { path: "certificates", key: "navCertificates", load: () => import("./views/Certificates") },
  { path: "energy", key: "navEnergy", load: () => import("./views/Energy") },
  { path: "powers", key: "navPowers", load: () => import("./views/Powers") },
  { path: "audit", key: "navAudit", load: () => import("./views/Audit") },
  { path: "verify", key: "navVerify", load: () => import("./views/Verify") },
  { path: "account", key: "navAccount", load: () => import("./views/Account") },
  { path: "event", key: "event", load: () => import("./views/Event"), hidden: true },
  { path: "about", key: "navAbout", load: () => import("./views/About"), hidden: true },
];

/** [ms] Between two questions for a newer block; where the data service tells of them; where nobody looks. */
const POLL = 1_000;
const TOLD = 5_000;
const HIDDEN = 10_000;

const routeNow = (): readonly string[] => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decodeURIComponent);
const viewOf = (route: readonly string[]): View | undefined => VIEWS.find((v) => v.path === (route[0] ?? "market"));

function useRoute(): readonly string[] {
  const [route, set] = useState(routeNow);
  useEffect(() => {
    const on = () => { set(routeNow()); window.scrollTo(0, 0); };
    window.addEventListener("hashchange", on);
    return () => window.removeEventListener("hashchange", on);
  }, []);
  return route;
}

interface Head { readonly number: bigint; readonly time: number; readonly hash: string }

async function headOf(net: Net): Promise<Head> {
  const { number, timestamp, hash } = await getBlock(net.client);
  return { number, time: Number(timestamp), hash };
}

function Page({ net, first }: { net: Net; first: Head }) {
  const route = useRoute();
  const [head, setHead] = useState(first);
  const [down, setDown] = useState<unknown>(null);
  const [language, setLanguage] = useState<Language>(spoken());
  const [theme, setTheme] = useState(document.documentElement.dataset["theme"] ?? "light");
  const [wallets, setWallets] = useState<readonly Wallet[]>([]);
  const [provider, setProvider] = useState<Provider | null>(null);
  const [address, setAddress] = useState<Me["address"] | null>(null);
  const [me, setMe] = useState<Me | null>(null);
  const [trouble, setTrouble] = useState<unknown>(null);

  useEffect(() => discover(setWallets), []);

  useEffect(() => {
    let [over, listening] = [false, false];
    const look = async () => {
      try {
        const block = await headOf(net);
        if (over) return;
        setDown(null);
        setHead((old) => (old.hash === block.hash ? old : block));
      } catch (error) {
        if (!over) setDown(error);
      }
      clearTimeout(timer);
      if (!over) timer = window.setTimeout(look, document.hidden ? HIDDEN : listening ? TOLD : POLL);
    };
    let timer = window.setTimeout(look, POLL);
    const hangUp = listen(net, () => void look(), (on) => { listening = on; });
    return () => { over = true; clearTimeout(timer); hangUp(); };
  }, [net]);

  useEffect(() => {
    if (address) meOf(net, address).then(setMe, () => undefined); // the banner tells of a silent node
    else setMe(null);
  }, [address, head.hash]);

  useEffect(() => {
    if (!provider?.on) return;
    const changed = (accounts: readonly Me["address"][]) => setAddress(accounts[0] ?? null);
    provider.on("accountsChanged", changed as never);
    return () => provider.removeListener?.("accountsChanged", changed as never);
  }, [provider]);

  const join = (wallet: Wallet) => {
    setTrouble(null);
    accountOf(wallet.provider).then((found) => { setProvider(wallet.provider); setAddress(found); }, setTrouble);
  };
  const speakNow = (wanted: Language) => { keepSetting("language", wanted); speak(wanted).then(() => setLanguage(wanted), setTrouble); };
  const shade = () => {
    const next = theme === "dark" ? "light" : "dark";
    keepSetting("theme", next);
    document.documentElement.dataset["theme"] = next;
    setTheme(next);
  };

  const current = viewOf(route);
  useEffect(() => {
    document.title = `${current ? t(current.key) : ""} · tonne`;
    document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current, language]);
  const shared = { net, head: head.number, hash: head.hash, now: head.time, me };
  return (
    <Context.Provider value={shared}>
      <DeskRoom provider={provider}>
        <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.querySelector<HTMLElement>("main")?.focus(); }}>{t("skip")}</a>
        <header class="top">
          <div class="bar">
            <a class="brand" href="#/market">tonne<span>{t("brand")}</span></a>
            <span class="grow" />
            <span class="facts">{t("headLine", { block: head.number, time: dateTime(head.time), zone: zoneName() })}</span>
            <button class="plain" onClick={() => speakNow(language === "en" ? "zh" : "en")} lang={language === "en" ? "zh" : "en"}>{language === "en" ? "中文" : "English"}</button>
            <button class="plain" onClick={shade} aria-label={t("themeLabel")}>{theme === "dark" ? t("light") : t("dark")}</button>
            {address ? <a class="button" href="#/account" title={address}>{short(address)}</a>
              : wallets.length ? wallets.map((w) => <button class="main" onClick={() => join(w)}>{t("connect", { name: w.name })}</button>)
              : <span class="facts">{t("noWallet")}</span>}
          </div>
          <nav aria-label={t("sections")}><ul>{VIEWS.filter((v) => !v.hidden).map((v) => (
            <li><a href={`#/${v.path}`} aria-current={v === current ? "page" : undefined}>{t(v.key)}</a></li>))}</ul></nav>
        </header>
        {down !== null && <div class="banner bad" role="alert">{t("nodeSilent", { text: saying(down) })}</div>}
        {trouble !== null && <div class="banner" role="alert">{saying(trouble)} <button class="plain" onClick={() => setTrouble(null)}>{t("close")}</button></div>}
        <main id="main" tabIndex={-1}><Room view={current} rest={route.slice(1)} language={language} /></main>
        <footer>{t("footer", { chain: net.chainId, exchange: net.contracts["Exchange"]?.address ?? "" })} · <a href="#/about">{t("navAbout")}</a></footer>
      </DeskRoom>
    </Context.Provider>
  );
}

function Room({ view, rest, language }: { view: View | undefined; rest: readonly string[]; language: Language }) {
  const [loaded, setLoaded] = useState<{ view: View; Body: ComponentType<{ rest: readonly string[] }> } | null>(null);
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    setError(null);
    view?.load().then((module) => setLoaded({ view, Body: module.default }), setError);
  }, [view]);
  if (!view) return <p class="note">{t("noSuchView")}</p>;
  if (error !== null) return <Trouble error={error} />;
  if (!loaded || loaded.view !== view) return <div class="empty" role="status">{t("loading")}</div>;
  return <loaded.Body rest={rest} key={`${view.path}/${language}`} />;
}

async function start(): Promise<void> {
  const root = document.getElementById("page");
  if (!root) return;
  const dark = settingOf("theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  document.documentElement.dataset["theme"] = dark;
  const wanted = settingOf("language") ?? (navigator.language.startsWith("zh") ? "zh" : "en");
  const first = viewOf(routeNow())?.load(); // beside what the node is asked
  first?.catch(() => undefined); // `Room` tells of a failure
  const speaking = speak(wanted === "zh" ? "zh" : "en");
  try {
    const net = await connect();
    first?.then(({ early }) => early?.(net)).catch(() => undefined); // the view itself tells
    const [seconds, head] = await Promise.all([zone(net), headOf(net), speaking]);
    setZone(seconds);
    render(<Page net={net} first={head} />, root);
  } catch (error) {
    await speaking.catch(() => undefined);
    render(<main><h1>tonne</h1><Trouble error={error} /><p><button onClick={() => location.reload()}>{t("again")}</button></p></main>, root);
  }
}

void start();
