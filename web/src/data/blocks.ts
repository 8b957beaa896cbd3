/** Block trades on the chain, and the standing of tickets. */

import type { Hex } from "viem";
import { blockTradesAbi } from "../generated/abi/BlockTrades";
import { events, read, sourceOf, timeOf, type Net, type Source } from "../net";

export interface Block { readonly market: number; readonly seller: number; readonly buyer: number; readonly lots: bigint; readonly turnover: bigint; readonly time: number; readonly source: Source }

export async function blocks(net: Net): Promise<Block[]> {
  const rows = await events(net, "BlockTrades", blockTradesAbi, "BlockTraded");
  const found = await Promise.all(rows.map(async (row) => ({
    market: row.args.market, seller: row.args.seller, buyer: row.args.buyer, lots: row.args.lots, turnover: row.args.turnover,
    time: await timeOf(net, row), source: sourceOf(row),
  })));
  return found.reverse();
}

export const statusOf = (net: Net, ticket: Hex) => read(net, "BlockTrades", blockTradesAbi, "ticketStatus", ticket);
