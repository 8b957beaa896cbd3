/** What auditors signed of blocks, and one account computed here from its events. */

import { auditCheckpointsAbi } from "../generated/abi/AuditCheckpoints";
import { exchangeAbi } from "../generated/abi/Exchange";
import { decodeFills } from "../../../abi/fills";
import { events, inOrder, read, sourceOf, type Net, type Source } from "../net";
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
  const of = <E extends "UnitsDeposited" | "UnitsWithdrawn" | "UnitsDebited" | "UnitsForced" | "Settled" | "OrdersFilled">(name: E, args?: object) =>
    events(net, "Exchange", exchangeAbi, name, args);
  const [deposits, withdrawals, debits, forced, settled, fills, now] = await Promise.all([
    of("UnitsDeposited", { account }), of("UnitsWithdrawn", { account }), of("UnitsDebited", { account }), of("UnitsForced"), of("Settled"), of("OrdersFilled"),
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
  for (const row of fills) {
    const { args } = row;
    const request = unpack(args.request, REQUEST);
    if (Number(request.market) !== market.id) continue;
    const sign = request.side === 0n ? 1n : -1n; // the incoming order buys or sells
    for (const fill of decodeFills(args.fills)) {
      if (fill.ended) continue;
      if (args.taker === account) add(row, sign * BigInt(fill.lots));
      if (fill.maker === participant) add(row, -sign * BigInt(fill.lots));
    }
  }
  return { market, fromEvents: lots, onLedger: now.lots, counted, source: places.sort(inOrder).at(-1) };
}
