/** Auctions and their bids. */

import type { Hex } from "viem";
import { auctionAbi } from "../generated/abi/Auction";
import { events, read, sourceOf, type Net } from "../net";

export const NO_BID = 2n ** 256n - 1n;

export type Auction = Awaited<ReturnType<typeof auctions>>[number];
export type MyBid = Awaited<ReturnType<typeof bidsOf>>[number];

export async function auctions(net: Net) {
  const rows = await events(net, "Auction", auctionAbi, "AuctionAnnounced");
  return Promise.all(rows.map(async (row) => ({
    id: row.args.id, terms: row.args.terms, state: await read(net, "Auction", auctionAbi, "auction", row.args.id), source: sourceOf(row),
  })));
}

/** A participant's bids in an auction. */
export async function bidsOf(net: Net, a: { id: number; state: { bids: number } }, participant: number) {
  const all = await Promise.all(Array.from({ length: a.state.bids }, async (_, n) => {
    const [bid, commitment] = await Promise.all([
      read(net, "Auction", auctionAbi, "bidOf", a.id, BigInt(n)), read(net, "Auction", auctionAbi, "commitmentOf", a.id, BigInt(n)),
    ]);
    return { number: n, ...bid, commitment };
  }));
  return all.filter((b) => b.participant === participant);
}

export const hashOfBid = (net: Net, id: number, participant: number, tick: number, lots: bigint, salt: Hex) =>
  read(net, "Auction", auctionAbi, "bidHash", id, participant, BigInt(tick), lots, salt);
