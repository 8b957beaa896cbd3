/** Energy: nodes with cleared prices, and series of energy credits. */

import { energyCreditsAbi } from "../generated/abi/EnergyCredits";
import { powerGridAbi } from "../generated/abi/PowerGrid";
import { powerMarketAbi } from "../generated/abi/PowerMarket";
import { events, read, sourceOf, timeOf, type Net, type Source } from "../net";

export interface PowerNode { readonly id: number; readonly scheme: number; readonly carrier: number; readonly region: number; readonly source: Source }
export interface Cleared { readonly interval: number; readonly start: number; readonly prices: readonly bigint[]; readonly energyWh: bigint; readonly lossWh: bigint; readonly source: Source }

export async function nodes(net: Net): Promise<PowerNode[]> {
  const rows = await events(net, "PowerGrid", powerGridAbi, "NodeAdded");
  return rows.map((row) => ({
    id: row.args.node, scheme: row.args.scheme, carrier: row.args.terms.carrier, region: row.args.terms.region, source: sourceOf(row),
  }));
}

/** Cleared intervals, the best clearing of each; prices [micro-credit/kWh] by node number. */
export async function cleared(net: Net, count: number): Promise<Cleared[]> {
  const [rows, terms] = await Promise.all([
    events(net, "PowerMarket", powerMarketAbi, "IntervalCleared"), read(net, "PowerMarket", powerMarketAbi, "terms"),
  ]);
  const best = new Map<number, Cleared>();
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
}

export interface CreditMove { readonly series: bigint; readonly issued: boolean; readonly amount: bigint; readonly time: number; readonly source: Source }

/** Energy credits issued against collateral, and those that left: redeemed, reclaimed, expired. */
export async function creditMoves(net: Net): Promise<CreditMove[]> {
  const [issued, gone] = await Promise.all([
    events(net, "EnergyCredits", energyCreditsAbi, "IssuedAgainst"), events(net, "EnergyCredits", energyCreditsAbi, "UnitsExited"),
  ]);
  const rows = [...issued.map((row) => ({ row, issued: true })), ...gone.map((row) => ({ row, issued: false }))];
  rows.sort((a, b) => Number((b.row.blockNumber ?? 0n) - (a.row.blockNumber ?? 0n)) || (b.row.logIndex ?? 0) - (a.row.logIndex ?? 0));
  return Promise.all(rows.map(async ({ row, issued: first }) => ({
    series: row.args.id, issued: first, amount: row.args.amount, time: await timeOf(net, row), source: sourceOf(row),
  })));
}

export async function series(net: Net): Promise<Series[]> {
  const rows = await events(net, "EnergyCredits", energyCreditsAbi, "SeriesOpened");
  return Promise.all(rows.map(async (row) => {
    const s = await read(net, "EnergyCredits", energyCreditsAbi, "seriesOf", row.args.id);
    return {
      id: row.args.id, issuer: s.issuer, jurisdiction: s.jurisdiction, expiry: s.expiry, limit: s.limit, collateral: s.collateral,
      outstanding: s.outstanding, source: sourceOf(row),
    };
  }));
}
