/** One market: its day, book, chart, trades, and the order ticket. */

import { useEffect, useState } from "preact/hooks";
import { book, day, market, markets, placedAt, GOOD_TILL_DATE, openOrders, priceOf, quote, trades, type Day, type Level, type Market, type Depth, type OpenOrder, type Trade } from "../data/market";
import { clockTime, dateOf, dateTime, dayOf, money, percent, whole } from "../format";
import { t, word } from "../i18n";
import type { Net, Source } from "../net";
import { lazy, useLive, useShared, type Loaded } from "../ui/hooks";
import { unitName, currencyOf } from "../ui/names";
import { Await, Badge, Choice, Ev, Panel, Stats, Table, Text } from "../ui/parts";
import { saying } from "../ui/parts";
import { useDesk } from "../wallet/desk";
import { cancel, change, forceOf, orderOf, place, validityOf } from "../wallet/plans";

const chart = import("../ui/Chart"); // at once: the trades that it draws are asked for by it
chart.catch(() => undefined); // its place stays empty
const Chart = lazy(() => chart);
const Funds = lazy(() => import("./Funds"));

/** Terms of all markets, which every part of the view waits for, and the newest trades of the first. */
export const early = (net: Net): Promise<unknown> => markets(net).then(([m]) => m && trades(net, m));

export default function MarketView({ rest }: { rest: readonly string[] }) {
  const id = Number(rest[0] ?? 1);
  const all = useLive(markets);
  return <Await of={all}>{(list) => {
    const m = list.find((one) => one.id === id);
    if (!m) return <p class="note">{list.length ? t("noMarket", { id }) : t("noMarkets")}</p>;
    return <One m={m} list={list} key={m.id} />;
  }}</Await>;
}

function One({ m, list }: { m: Market; list: readonly Market[] }) {
  const today = useLive((net) => day(net, m.id), m.id);
  const depth = useLive((net) => book(net, m.id), m.id);
  const placed = useLive(async (net) => (depth.value ? placedAt(net, m, depth.value.bids, depth.value.asks) : undefined), m.id, ticksOf(depth.value));
  const [chosen, choose] = useState<Level | null>(null);
  return <>
    <div class="headline">
      <h1>{unitName(m.unit)}</h1>
      {list.length > 1 && <span class="row">{list.map((o) => <a href={`#/market/${o.id}`} aria-current={o.id === m.id ? "page" : undefined}>{o.id === m.id ? <strong>{t("marketNumber", { id: o.id })}</strong> : t("marketNumber", { id: o.id })}</a>)}</span>}
      <p class="lead">{t("marketTerms", { currency: currencyOf(m.scheme), lot: whole(m.lotSize), step: money(m.tick / m.lotSize) })}<Ev of={today.value?.from.created} /></p>
    </div>
    <Await of={today}>{(d) => <DayPanel m={m} d={d} placed={placed.value} />}</Await>
    <p />
    <div class="grid market">
      <Book m={m} found={depth} placed={placed.value} choose={choose} />
      <div class="grid"><ChartPanel m={m} /><Trades m={m} /></div>
      <div class="grid third"><Ticket m={m} level={chosen} /><Funds m={m} /></div>
    </div>
    <p />
    <Mine m={m} />
  </>;
}

/** Phase of a session in which a day can be opened; whoever comes first opens it. */
const TRADING = 2;

type Placed = ReadonlyMap<string, Source> | undefined;

const ticksOf = (depth: Depth | undefined) => (depth ? [depth.bids, depth.asks].map((side) => side.map((l) => l.tick)).join("/") : "");

const each = (m: Market, price: bigint) => money(price / m.lotSize);

function DayPanel({ m, d, placed }: { m: Market; d: Day; placed: Placed }) {
  const change = d.previousClose && d.lastTick ? Number(priceOf(m, d.lastTick) - priceOf(m, d.previousClose)) / Number(priceOf(m, d.previousClose)) : 0;
  const at = (tick: number) => (tick ? each(m, priceOf(m, tick)) : "–");
  const band = BigInt(m.bandPpm);
  const reference = d.previousClose ? priceOf(m, d.previousClose) : 0n;
  return (
    <div class="panel"><Stats of={[
      [t("last"), <>{at(d.lastTick)}<Ev of={d.from.last} /></>],
      [t("change"), <><span class={change < 0 ? "ask" : change > 0 ? "bid" : ""}>{change > 0 ? "+" : ""}{(change * 100).toFixed(2)} %</span><Ev of={d.from.opened} /></>],
      [t("bestBid"), <><span class="bid">{at(d.bidTick)}</span><Ev of={placed?.get(`0/${d.bidTick}`)} /></>],
      [t("bestAsk"), <><span class="ask">{at(d.askTick)}</span><Ev of={placed?.get(`1/${d.askTick}`)} /></>],
      [t("dayRange"), d.highTick ? <>{`${at(d.lowTick)} – ${at(d.highTick)}`}<Ev of={d.from.opened} /></> : "–"],
      [t("volume"), <>{`${whole(d.volume * m.lotSize)} ${t("tonne")}`}<Ev of={d.from.last} /></>],
      [t("turnover"), <>{money(d.turnover)}<Ev of={d.from.last} /></>],
      [t("band"), band && reference ? <>{`± ${percent(band)}`}<Ev of={d.from.rules} /></> : t("bandNone")],
      [t("session"), <><Badge on={d.open}>{d.barred ? t("barred") : d.open ? t("open") : d.phase === TRADING ? t("dayNotOpened") : word("phase", d.phase)}</Badge><Ev of={d.from.session} /></>],
      ...(!d.open && d.opensAt ? [[t("opensAt"), <>{dateTime(d.opensAt)}<Ev of={d.from.rules} /></>] as const] : []),
    ]} /></div>
  );
}

function Book({ m, found, placed, choose }: { m: Market; found: Loaded<Depth>; placed: Placed; choose: (level: Level) => void }) {
  return (
    <Panel title={t("book")} note={t("perTonne")}>
      <Await of={found}>{({ bids, asks }) => {
        if (!bids.length && !asks.length) return <div class="empty">{t("bookEmpty")}</div>;
        const most = [...bids, ...asks].reduce((a, l) => (l.lots > a ? l.lots : a), 1n);
        const line = (level: Level, side: "bid" | "ask") => (
          <tr class={side}>
            <td><button class={`plain ${side}`} onClick={() => choose(level)} aria-label={t("usePrice", { price: each(m, level.price) })}>{each(m, level.price)}</button></td>
            <td class="num">{whole(level.lots * m.lotSize)}<Share part={Number(level.lots) / Number(most)} /></td>
            <td class="num soft">{whole(level.orders)}<Ev of={placed?.get(`${side === "bid" ? 0 : 1}/${level.tick}`)} /></td>
          </tr>
        );
        const spread = asks[0] && bids[0] ? each(m, asks[0].price - bids[0].price) : "–";
        return (
          <table class="depth">
            <thead><tr><th scope="col">{t("price")}</th><th scope="col" class="num">{t("quantity")} {t("tonne")}</th><th scope="col" class="num">{t("orders")}</th></tr></thead>
            <tbody>{[...asks].reverse().map((l) => line(l, "ask"))}
              <tr class="spread"><td colSpan={3}>{t("spread")} {spread}</td></tr>
              {bids.map((l) => line(l, "bid"))}</tbody>
          </table>
        );
      }}</Await>
    </Panel>
  );
}

/** A bar behind a figure. Its length is set by script: the page's policy allows no style in markup. */
function Share({ part }: { part: number }) {
  return <span class="fill" ref={(e) => { if (e) e.style.width = `${Math.max(1, Math.round(part * 100))}%`; }} aria-hidden="true" />;
}

function ChartPanel({ m }: { m: Market }) {
  const [step, setStep] = useState(86_400);
  return (
    <Panel title={t("priceChart")} note={
      <span class="row">{([[300, "5 min"], [3600, "1 h"], [86_400, "1 d"]] as const).map(([s, name]) =>
        <button class="plain" aria-pressed={s === step} onClick={() => setStep(s)}>{s === step ? <strong>{name}</strong> : name}</button>)}</span>}>
      <Chart m={m} step={step} />
    </Panel>
  );
}

function Trades({ m }: { m: Market }) {
  const found = useLive((net) => trades(net, m), m.id);
  return (
    <Panel title={t("trades")}>
      <Await of={found}>{(rows) => <Table<Trade> label={t("trades")} rows={rows} first={15} empty={t("noTrades")} columns={[
        { title: t("time"), cell: (r) => <>{dateOf(r.time)} {clockTime(r.time)}</> },
        { title: t("side"), cell: (r) => <span class={r.buy ? "bid" : "ask"}>{r.buy ? t("buy") : t("sell")}</span> },
        { title: t("price"), num: true, cell: (r) => each(m, r.price) },
        { title: `${t("quantity")} ${t("tonne")}`, num: true, cell: (r) => whole(BigInt(r.lots) * m.lotSize) },
        { title: t("source"), cell: (r) => <Ev of={r.source} /> },
      ]} />}</Await>
    </Panel>
  );
}

function Ticket({ m, level }: { m: Market; level: Level | null }) {
  const { me, net, now } = useShared();
  const desk = useDesk();
  const [side, setSide] = useState<0 | 1>(0);
  const [price, setPrice] = useState("");
  const [quantity, setQuantity] = useState("");
  const [tif, setTif] = useState("0");
  const [until, setUntil] = useState(dateOf(now));
  useEffect(() => { if (level) setPrice(each(m, level.price).replace(/,/g, "")); }, [level]);
  const ticket = { side, price, quantity, timeInForce: Number(tif), until };
  return (
    <Panel title={t("order")}>
      <form class="body" aria-label={t("order")} onSubmit={(e) => { e.preventDefault(); desk.propose(Promise.resolve().then(() => place(net, me, m, ticket))); }}>
        <div class="sides" role="group" aria-label={t("side")}>
          <button type="button" aria-pressed={side === 0} onClick={() => setSide(0)}>{t("buy")}</button>
          <button type="button" aria-pressed={side === 1} onClick={() => setSide(1)}>{t("sell")}</button>
        </div>
        <div class="pair">
          <Text name="price" label={t("pricePer", { currency: currencyOf(m.scheme) })} value={price} set={setPrice} mode="decimal" required />
          <Text name="quantity" label={`${t("quantity")} (${t("tonne")})`} value={quantity} set={setQuantity} mode="numeric" required />
        </div>
        <Choice name="tif" label={t("validity")} value={tif} set={setTif} of={(m.lasting ? [0, 3, 4, 1, 2] : [0, 1, 2]).map((n) => [String(n), word("tif", n)] as const)} />
        {ticket.timeInForce === GOOD_TILL_DATE && <Text name="until" label={t("lastDay")} value={until} set={setUntil} type="date" required />}
        <QuoteLine m={m} ticket={ticket} />
        <button class="main" type="submit">{t(side ? "sell" : "buy")} …</button>
      </form>
    </Panel>
  );
}

function QuoteLine({ m, ticket }: { m: Market; ticket: Parameters<typeof orderOf>[1] }) {
  const { me } = useShared();
  const found = useLive(async (net) => {
    if (!ticket.price || !ticket.quantity) return t("quoteHint");
    try {
      const q = await quote(net, orderOf(m, ticket), me?.participant ?? 0);
      if (!q.filled) return t("quoteNothing", { rests: whole(q.rests * m.lotSize) });
      return t("quoteLine", { filled: whole(q.filled * m.lotSize), average: money(q.turnover / (q.filled * m.lotSize)), worst: each(m, priceOf(m, q.worstTick)), fee: money(q.fee) });
    } catch (error) {
      return saying(error);
    }
  }, m.id, ticket.side, ticket.price, ticket.quantity, ticket.timeInForce, ticket.until, me?.participant ?? 0);
  return <p class="soft" role="status">{found.value ?? t("loading")}</p>;
}

function Mine({ m }: { m: Market }) {
  const { me } = useShared();
  const desk = useDesk();
  const [edited, edit] = useState<OpenOrder | null>(null);
  const found = useLive(async (net) => (me?.participant ? openOrders(net, await market(net, m.id), me.participant) : []), m.id, me?.participant ?? 0);
  if (!me?.participant) return null;
  return (
    <Panel title={t("myOrders")}>
      <Await of={found}>{(rows) => <Table<OpenOrder> label={t("myOrders")} rows={rows} empty={t("noOrders")} columns={[
        { title: t("side"), cell: (o) => <span class={o.side ? "ask" : "bid"}>{o.side ? t("sell") : t("buy")}</span> },
        { title: t("price"), num: true, cell: (o) => each(m, o.price) },
        { title: `${t("remaining")} ${t("tonne")}`, num: true, cell: (o) => whole(o.lots * m.lotSize) },
        { title: `${t("placed")} ${t("tonne")}`, num: true, cell: (o) => whole(o.placed * m.lotSize) },
        { title: t("validity"), cell: (o) => validityOf(forceOf(m, o), dayOf(o.lastDay)) },
        { title: t("source"), cell: (o) => <Ev of={o.source} /> },
        { title: "", cell: (o) => <span class="row"><button onClick={() => edit(o)}>{t("change_")}</button><button onClick={() => desk.propose(cancel(m, o))}>{t("cancelOrder")}</button></span> },
      ]} />}</Await>
      {edited && <Edit m={m} order={edited} close={() => edit(null)} />}
    </Panel>
  );
}

function Edit({ m, order, close }: { m: Market; order: OpenOrder; close: () => void }) {
  const desk = useDesk();
  const [price, setPrice] = useState(each(m, order.price).replace(/,/g, ""));
  const [quantity, setQuantity] = useState(String(order.lots * m.lotSize));
  return (
    <form class="body" aria-label={t("changeOrder")} onSubmit={(e) => { e.preventDefault(); desk.propose(Promise.resolve().then(() => change(m, order, price, quantity))); close(); }}>
      <div class="pair">
        <Text name="newPrice" label={t("price")} value={price} set={setPrice} mode="decimal" />
        <Text name="newQuantity" label={`${t("quantity")} (${t("tonne")})`} value={quantity} set={setQuantity} mode="numeric" />
      </div>
      <div class="row"><button class="main" type="submit">{t("changeOrder")} …</button><button type="button" onClick={close}>{t("close")}</button></div>
    </form>
  );
}
