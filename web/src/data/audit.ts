/** What auditors signed of blocks, and one account computed here from its events. */

import { auditCheckpointsAbi } from "../generated/abi/AuditCheckpoints";
import { exchangeAbi } from "../generated/abi/Exchange";
import { decodeFills } from "../../../abi/fills";
import type { Hex } from "viem";
import { events, eventsAfter, inOrder, read, sourceOf, type Net, type Source } from "../net";
import { ask, askAll, MOST_ROWS, type Told } from "../service";
import { ACCOUNT, pack, REQUEST, unpack } from "../words";
import type { Market } from "./market";

export interface Checkpoint {
  readonly auditor: number; readonly block: bigint; readonly blockHash: string; readonly history: string; readonly state: string; readonly differs: boolean; readonly source: Source;
}

export async function checkpoints(net: Net): Promise<Checkpoint[]> {
  const [kept, differ] = await Promise.all([
    events(net, "AuditCheckpoints", auditCheckpointsAbi, "CheckpointKept"), events(net, "AuditCheckpoints", auditCheckpointsAbi, "CheckpointsDiffer"),
  ]);
  const odd = new Set(differ.map((row) => `${row.args.auditor}/${row.args.number}`));
  return kept.map((row) => ({
    auditor: row.args.auditor, block: row.args.number, blockHash: row.args.blockHash, history: row.args.history, state: row.args.state,
    differs: odd.has(`${row.args.auditor}/${row.args.number}`), source: sourceOf(row),
  })).reverse();
}

/** `source` is of the last event that moved a lot. */
export interface Recount { readonly market: Market; readonly fromEvents: bigint; readonly onLedger: bigint; readonly counted: number; readonly source?: Source | undefined }

/** Lots of an account, summed up from every event that moves them, beside those that the ledger says. */
export async function recount(net: Net, market: Market, participant: number): Promise<Recount> {
  const account = Number(pack({ participant: BigInt(participant), market: BigInt(market.id) }, ACCOUNT));
  const of = <E extends "UnitsDeposited" | "UnitsWithdrawn" | "UnitsDebited" | "UnitsForced" | "Settled">(name: E, args?: object) =>
    events(net, "Exchange", exchangeAbi, name, args);
  const [deposits, withdrawals, debits, forced, settled, fills, now] = await Promise.all([
    of("UnitsDeposited", { account }), of("UnitsWithdrawn", { account }), of("UnitsDebited", { account }), of("UnitsForced"), of("Settled"), fillsOf(net, market, participant),
    read(net, "Exchange", exchangeAbi, "account", participant, market.id),
  ]);
  let [lots, counted] = [0n, 0];
  const places: Source[] = [];
  const add = (row: Parameters<typeof sourceOf>[0], change: bigint) => { lots += change; counted += 1; places.push(sourceOf(row)); };
  for (const row of deposits) add(row, row.args.lots);
  for (const row of [...withdrawals, ...debits]) add(row, -row.args.lots);
  for (const row of [...forced, ...settled]) {
    if (row.args.from === account) add(row, -row.args.lots);
    if (row.args.to === account) add(row, row.args.lots);
  }
  for (const fill of fills) {
    lots += fill.lots;
    counted += 1;
    places.push(fill.source);
  }
  return { market, fromEvents: lots, onLedger: now.lots, counted, source: places.sort(inOrder).at(-1) };
}

interface FillRow { readonly block: number; readonly log: number; readonly tx: Hex; readonly lots: number | string }

/** Lots that each fill brought an account, or took from it: of the account's own where the data service finds them. */
async function fillsOf(net: Net, market: Market, participant: number): Promise<{ lots: bigint; source: Source }[]> {
  const side = async (name: "buyer" | "seller") => askAll<Told & { rows: readonly FillRow[]; next: string | null }>(
    net, `markets/${market.id}/trades`, { [name]: participant, limit: MOST_ROWS },
  );
  const [bought, sold] = await Promise.all([side("buyer"), side("seller")]);
  const known = bought && sold && bought.block === sold.block ? bought.block : null;
  const found = known === null ? [] : [[bought, 1n] as const, [sold, -1n] as const].flatMap(([of, sign]) => (of?.rows ?? []).map((row) => ({
    lots: sign * BigInt(row.lots), source: { block: BigInt(row.block), tx: row.tx, log: row.log },
  })));
  const rows = known === null ? await events(net, "Exchange", exchangeAbi, "OrdersFilled") : await eventsAfter(net, "Exchange", exchangeAbi, "OrdersFilled", known);
  for (const row of rows) {
    const request = unpack(row.args.request, REQUEST);
    if (Number(request.market) !== market.id) continue;
    const taker = Number(unpack(BigInt(row.args.taker), ACCOUNT).participant);
    const sign = request.side === 0n ? 1n : -1n; // the incoming order buys or sells
    for (const fill of decodeFills(row.args.fills)) {
      if (fill.ended) continue;
      if (taker === participant) found.push({ lots: sign * BigInt(fill.lots), source: sourceOf(row) });
      if (fill.maker === participant) found.push({ lots: -sign * BigInt(fill.lots), source: sourceOf(row) });
    }
  }
  return found;
}

/** What the data service has audited, and when. */
export interface Audited extends Told {
  readonly historyDigest: string; readonly stateDigest: string | null; readonly auditedBlock: number | null; readonly result: { readonly sound?: boolean } | null;
}

export const audited = (net: Net) => ask<Audited>(net, "head");
