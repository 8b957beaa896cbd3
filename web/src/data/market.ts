/** Markets: book, day, trades, candles and orders, from the Exchange and its lens. */

import { exchangeAbi } from "../generated/abi/Exchange";
import { exchangeLensAbi } from "../generated/abi/ExchangeLens";
import { events, eventsAfter, inOrder, read, recent, sourceOf, timeOf, type Net, type Source } from "../net";
import { ask, MOST_ROWS, type Told } from "../service";
import { ACCOUNT, ORDER, pack, REQUEST, RESTING, unpack } from "../words";
import { decodeFills } from "../../../abi/fills";

export interface Market {
  readonly id: number;
  readonly unit: bigint;
  readonly units: `0x${string}`;
  readonly currency: `0x${string}`;
  readonly scheme: number;
  readonly lotSize: bigint;
  readonly base: bigint; // [0.0001 currency a lot]
  readonly tick: bigint; // [0.0001 currency]
  readonly reference: number; // tick
  readonly bandPpm: number;
  readonly takerFeePpm: number;
  readonly minimum: number; // [lots]
  readonly maximum: number; // [lots]
  readonly lasting: boolean; // orders may outlive the day
  readonly dayZero: number; // [days since 1970] local day before its first
}

export interface Level { readonly tick: number; readonly price: bigint; readonly lots: bigint; readonly orders: bigint }

export interface Trade {
  readonly price: bigint;
  readonly lots: number;
  readonly buy: boolean; // the incoming order bought
  readonly time: number;
  readonly source: Source;
}

const held = new Map<string, Promise<Market>>();

export async function markets(net: Net): Promise<Market[]> {
  const count = Number(await read(net, "Exchange", exchangeAbi, "marketCount"));
  return Promise.all(Array.from({ length: count }, (_, i) => market(net, i + 1)));
}

/** A market's fixed terms; its rules as they hold now are in `day`. */
export function market(net: Net, id: number): Promise<Market> {
  const key = `${net.genesis}/${id}`;
  let found = held.get(key);
  if (!found) {
    found = fetchMarket(net, id);
    found.catch(() => held.delete(key));
    held.set(key, found);
  }
  return found;
}

async function fetchMarket(net: Net, id: number): Promise<Market> {
  const [assets, [config], { lasting, dayZero }] = await Promise.all([
    read(net, "Exchange", exchangeAbi, "marketAssets", id),
    read(net, "ExchangeLens", exchangeLensAbi, "marketConfig", id),
    read(net, "ExchangeLens", exchangeLensAbi, "market", id),
  ]);
  return {
    id, unit: assets.unit, units: assets.units, currency: assets.currency, scheme: assets.scheme,
    lotSize: BigInt(assets.lotSize), base: BigInt(config.basePrice), tick: BigInt(config.tickSize),
    reference: config.referenceTick, bandPpm: config.rules.bandPpm, takerFeePpm: config.rules.takerFeePpm,
    minimum: config.rules.minimumLots, maximum: config.rules.maximumLots, lasting, dayZero: Number(dayZero),
  };
}

export const priceOf = (m: Market, tick: number): bigint => m.base + BigInt(tick) * m.tick;

/** The tick of a price, null where the price is not on the market's grid. */
export function tickOf(m: Market, price: bigint): number | null {
  const above = price - m.base;
  if (above <= 0n || above % m.tick !== 0n || above / m.tick > 57_600n) return null;
  return Number(above / m.tick);
}

export type Day = Awaited<ReturnType<typeof day>>;

/** The market's day so far, and the events that its figures come from. */
export async function day(net: Net, id: number) {
  const of = <E extends "DayOpened" | "MarketRulesSet" | "MarketCreated" | "MarketHalted" | "MarketResumed">(name: E) =>
    events(net, "Exchange", exchangeAbi, name, { market: id });
  const [now, m, opened, ruled, created, halted, resumed] = await Promise.all([
    read(net, "ExchangeLens", exchangeLensAbi, "market", id), market(net, id),
    of("DayOpened"), of("MarketRulesSet"), of("MarketCreated"), of("MarketHalted"), of("MarketResumed"),
  ]);
  const last = opened.at(-1);
  const from = {
    opened: last && sourceOf(last), created: created.map(sourceOf)[0],
    rules: [...created, ...ruled].map(sourceOf).at(-1),
    session: [...opened, ...halted, ...resumed].map(sourceOf).sort(inOrder).at(-1),
    last: now.volume ? (await trades(net, m, 1))[0]?.source : last && sourceOf(last),
  };
  return { ...now, from, previousClose: last ? last.args.closeTick : 0 };
}

/** The newest order of each price in a book, by side and tick. */
export async function placedAt(net: Net, m: Market, bids: readonly Level[], asks: readonly Level[]): Promise<ReadonlyMap<string, Source>> {
  const wanted = new Set([...bids.map((l) => `0/${l.tick}`), ...asks.map((l) => `1/${l.tick}`)]);
  let found = new Map<string, Source>();
  if (wanted.size) await recent(net, "Exchange", exchangeAbi, "OrderPlaced", (rows) => {
    found = new Map();
    for (let i = rows.length - 1; i >= 0 && found.size < wanted.size; i--) {
      const row = rows[i] as (typeof rows)[number];
      const { side, tick, market: of } = unpack(unpack(row.args.order, RESTING).id, ORDER);
      const key = `${side}/${tick}`;
      if (of === BigInt(m.id) && wanted.has(key) && !found.has(key)) found.set(key, sourceOf(row));
    }
    return found.size === wanted.size;
  });
  return found;
}

export interface Depth { readonly bids: readonly Level[]; readonly asks: readonly Level[] }

export async function book(net: Net, id: number, levels = 12): Promise<Depth> {
  const [bids, asks] = await Promise.all(
    ([0, 1] as const).map((side) => read(net, "ExchangeLens", exchangeLensAbi, "depth", id, side, BigInt(levels))),
  );
  return { bids: [...(bids ?? [])], asks: [...(asks ?? [])] };
}

const marketOfRequest = (request: bigint) => Number(unpack(request, REQUEST).market);

async function tradesIn(
  net: Net, m: Market, rows: readonly { args: { request: bigint; fills: `0x${string}` }; blockNumber: bigint; transactionHash: `0x${string}`; logIndex: number; blockTimestamp?: bigint | undefined }[],
): Promise<Trade[]> {
  const found = await Promise.all(rows.map(async (row) => {
    const time = await timeOf(net, row);
    const buy = unpack(row.args.request, REQUEST).side === 0n;
    return decodeFills(row.args.fills).filter((fill) => !fill.ended)
      .map((fill) => ({ price: priceOf(m, fill.tick), lots: fill.lots, buy, time, source: sourceOf(row) }));
  }));
  return found.flat();
}

/** The newest trades, the last one first. */
export async function trades(net: Net, m: Market, wanted = 60): Promise<Trade[]> {
  const here = (row: { args: { request: bigint } }) => marketOfRequest(row.args.request) === m.id;
  const rows = await recent(net, "Exchange", exchangeAbi, "OrdersFilled", (all) => {
    let count = 0;
    for (let i = all.length - 1; i >= 0 && count < wanted; i--) if (here(all[i] as (typeof all)[number])) count += 1;
    return count >= wanted;
  });
  return (await tradesIn(net, m, rows.filter(here).slice(-wanted))).reverse().slice(0, wanted);
}

/** `source` is of its last trade. */
export interface Candle { readonly time: number; open: number; high: number; low: number; close: number; volume: number; source: Source }

/** Candles of all trades; `step` [s], with times in the market's zone. */
export async function candles(net: Net, m: Market, step: number, zone: number): Promise<Candle[]> {
  const found: Candle[] = [];
  const add = (one: Candle) => {
    const time = Math.floor((one.time + zone) / step) * step;
    const last = found.at(-1);
    if (last && last.time === time) {
      last.high = Math.max(last.high, one.high);
      last.low = Math.min(last.low, one.low);
      last.close = one.close;
      last.volume += one.volume;
      last.source = one.source;
    } else found.push({ ...one, time });
  };
  const told = await ask<Told & { rows: readonly CandleRow[] }>(net, `markets/${m.id}/candles`, { span: spanFor(step, zone), limit: MOST_ROWS });
  const unit = 10_000;
  for (const { start, open, high, low, close, lots, block, log, tx } of told?.rows ?? []) {
    add({
      time: start, open: Number(open) / unit, high: Number(high) / unit, low: Number(low) / unit, close: Number(close) / unit, volume: Number(lots),
      source: { block: BigInt(block), tx, log },
    });
  }
  const rows = told ? await eventsAfter(net, "Exchange", exchangeAbi, "OrdersFilled", told.block) : await events(net, "Exchange", exchangeAbi, "OrdersFilled");
  for (const { time, price: exact, lots, source } of await tradesIn(net, m, rows.filter((row) => marketOfRequest(row.args.request) === m.id))) {
    const price = Number(exact) / unit;
    add({ time, open: price, high: price, low: price, close: price, volume: lots, source });
  }
  return found;
}

interface CandleRow {
  readonly start: number; readonly open: number | string; readonly high: number | string; readonly low: number | string; readonly close: number | string;
  readonly lots: number | string; readonly block: number; readonly log: number; readonly tx: `0x${string}`;
}

/** The longest span of the data service, whose candles begin in UTC, that `step` is made of in this zone. */
const spanFor = (step: number, zone: number): string =>
  ([[86_400, "1d"], [3_600, "1h"], [900, "15m"]] as const).find(([seconds]) => step % seconds === 0 && zone % seconds === 0)?.[1] ?? "1m";

/** How long an order rests, as the exchange numbers it. */
export const DAY = 0;
export const GOOD_TILL_CANCELLED = 3;
export const GOOD_TILL_DATE = 4;
/** Market days are counted in 12 bits of a request. */
export const LAST_DAY = 0xfff;

export interface Order {
  readonly market: number; readonly side: 0 | 1; readonly tick: number; readonly lots: number; readonly timeInForce: number;
  readonly expiry: number; // last market day of a good-till-date order, else 0
}

/** The word that `Exchange.place` takes. */
export function requestOf(o: Order): bigint {
  return pack({
    market: BigInt(o.market), side: BigInt(o.side), tick: BigInt(o.tick), lots: BigInt(o.lots), timeInForce: BigInt(o.timeInForce),
    expiry: BigInt(o.expiry),
  }, REQUEST);
}

/** What an order would do now, for a participant. */
export const quote = (net: Net, order: Order, participant: number) =>
  read(net, "ExchangeLens", exchangeLensAbi, "quote", requestOf(order), participant);

/** `lastDay` [days since 1970] is 0 for an order that rests until it is cancelled. */
export interface OpenOrder { readonly id: bigint; readonly side: 0 | 1; readonly tick: number; readonly price: bigint; readonly lots: bigint; readonly placed: bigint; readonly lastDay: number; readonly source: Source }

/** Orders of a participant that rest in a market's book. */
export async function openOrders(net: Net, m: Market, participant: number): Promise<OpenOrder[]> {
  const account = Number(pack({ participant: BigInt(participant), market: BigInt(m.id) }, ACCOUNT));
  const rows = await events(net, "Exchange", exchangeAbi, "OrderPlaced", { account });
  const found = await Promise.all(rows.slice(-200).map(async (row) => {
    const { id, lots: placed } = unpack(row.args.order, RESTING);
    const [[lots, owner], lastDay] = await Promise.all([
      read(net, "ExchangeLens", exchangeLensAbi, "order", id), read(net, "ExchangeLens", exchangeLensAbi, "lastDayOf", id),
    ]);
    const key = unpack(id, ORDER);
    return {
      id, side: Number(key.side) as 0 | 1, tick: Number(key.tick), price: priceOf(m, Number(key.tick)),
      lots: owner === participant ? lots : 0n, placed, lastDay: Number(lastDay), source: sourceOf(row),
    };
  }));
  return found.filter((order) => order.lots > 0n).reverse();
}
