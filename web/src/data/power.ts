/** Energy: nodes with cleared prices, and series of energy credits. */

import { energyCreditsAbi } from "../generated/abi/EnergyCredits";
import { powerGridAbi } from "../generated/abi/PowerGrid";
import { powerMarketAbi } from "../generated/abi/PowerMarket";
import { events, eventsAfter, inOrder, read, sourceOf, timeOf, type Net, type Source } from "../net";
import { placeOf, tables, type Placed } from "../service";

export interface PowerNode { readonly id: number; readonly scheme: number; readonly carrier: number; readonly region: number; readonly source: Source }
export interface Cleared { readonly interval: number; readonly start: number; readonly prices: readonly bigint[]; readonly energyWh: bigint; readonly lossWh: bigint; readonly source: Source }

/** Lengths of the market's intervals, and times before them [s]. */
export const powerTerms = (net: Net) => read(net, "PowerMarket", powerMarketAbi, "terms");

interface NodeRow extends Placed { readonly node: number; readonly scheme: number; readonly carrier: number; readonly region: number }

export async function nodes(net: Net): Promise<PowerNode[]> {
  const told = await tables<[NodeRow]>(net, "energy/nodes");
  const rows = told ? await eventsAfter(net, "PowerGrid", powerGridAbi, "NodeAdded", told.block) : await events(net, "PowerGrid", powerGridAbi, "NodeAdded");
  return [
    ...(told?.of[0] ?? []).map((row) => ({ id: row.node, scheme: row.scheme, carrier: row.carrier, region: row.region, source: placeOf(row) })),
    ...rows.map((row) => ({ id: row.args.node, scheme: row.args.scheme, carrier: row.args.terms.carrier, region: row.args.terms.region, source: sourceOf(row) })),
  ];
}

interface IntervalRow extends Placed { readonly interval: number; readonly energyWh: number | string; readonly lossWh: number | string; readonly prices: string | null }

/** Cleared intervals, the best clearing of each; prices [micro-credit/kWh] by node number. */
export async function cleared(net: Net, count: number): Promise<Cleared[]> {
  const [told, terms] = await Promise.all([tables<[IntervalRow]>(net, "energy/intervals"), read(net, "PowerMarket", powerMarketAbi, "terms")]);
  const rows = told ? await eventsAfter(net, "PowerMarket", powerMarketAbi, "IntervalCleared", told.block) : await events(net, "PowerMarket", powerMarketAbi, "IntervalCleared");
  const best = new Map<number, Cleared>();
  for (const row of told?.of[0] ?? []) {
    best.set(row.interval, {
      interval: row.interval, start: row.interval * terms.intervalS, prices: (row.prices ?? "").split(" ").filter(Boolean).map(BigInt),
      energyWh: BigInt(row.energyWh), lossWh: BigInt(row.lossWh), source: placeOf(row),
    });
  }
  for (const row of rows) {
    const { interval, prices, energyWh, lossWh } = row.args;
    const lanes = Array.from({ length: count }, (_, i) => ((prices[i >> 3] ?? 0n) >> BigInt(32 * (i & 7))) & 0xffffffffn);
    best.set(interval, { interval, start: interval * terms.intervalS, prices: lanes, energyWh, lossWh, source: sourceOf(row) });
  }
  return [...best.values()].sort((a, b) => a.interval - b.interval);
}

export interface Series {
  readonly id: bigint; readonly issuer: number; readonly jurisdiction: number; readonly expiry: number; readonly limit: bigint;
  readonly collateral: bigint; readonly outstanding: bigint; readonly source: Source;
  readonly from: { readonly limit?: Source | undefined; readonly collateral?: Source | undefined; readonly moved?: Source | undefined };
}

/** `kind` is how credits left; 0 where they were issued. */
export interface CreditMove { readonly series: bigint; readonly kind: number; readonly amount: bigint; readonly time: number; readonly source: Source }

/** Energy credits issued against collateral, and those that left: recovered, expired. The newest first. */
export async function creditMoves(net: Net): Promise<CreditMove[]> {
  const [issued, gone] = await Promise.all([
    events(net, "EnergyCredits", energyCreditsAbi, "IssuedAgainst"), events(net, "EnergyCredits", energyCreditsAbi, "UnitsExited"),
  ]);
  const rows = [...issued.map((row) => ({ row, kind: 0 })), ...gone.map((row) => ({ row, kind: row.args.kind }))];
  const found = await Promise.all(rows.map(async ({ row, kind }) => ({
    series: row.args.id, kind, amount: row.args.amount, time: await timeOf(net, row), source: sourceOf(row),
  })));
  return found.sort((a, b) => inOrder(b.source, a.source));
}

export async function series(net: Net): Promise<Series[]> {
  const of = <E extends "SeriesOpened" | "IssueLimitSet" | "CollateralRecorded" | "CollateralWithdrawn" | "IssuedAgainst" | "UnitsExited">(name: E) =>
    events(net, "EnergyCredits", energyCreditsAbi, name);
  const [rows, limits, recorded, withdrawn, issued, gone] = await Promise.all([
    of("SeriesOpened"), of("IssueLimitSet"), of("CollateralRecorded"), of("CollateralWithdrawn"), of("IssuedAgainst"), of("UnitsExited"),
  ]);
  const last = (id: bigint, ...lists: readonly (readonly (Parameters<typeof sourceOf>[0] & { args: { id: bigint } })[])[]) =>
    lists.flat().filter((row) => row.args.id === id).map(sourceOf).sort(inOrder).at(-1);
  return Promise.all(rows.map(async (row) => {
    const { id } = row.args;
    const s = await read(net, "EnergyCredits", energyCreditsAbi, "seriesOf", id);
    return {
      id, issuer: s.issuer, jurisdiction: s.jurisdiction, expiry: s.expiry, limit: s.limit, collateral: s.collateral,
      outstanding: s.outstanding, source: sourceOf(row),
      from: { limit: last(id, limits), collateral: last(id, recorded, withdrawn), moved: last(id, issued, gone) },
    };
  }));
}
