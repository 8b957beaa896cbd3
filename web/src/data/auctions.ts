/** Auctions and their bids. */

import type { Hex } from "viem";
import { auctionAbi } from "../generated/abi/Auction";
import { events, inOrder, read, sourceOf, type Net } from "../net";

export const NO_BID = 2n ** 256n - 1n;

export type Auction = Awaited<ReturnType<typeof auctions>>[number];
export type MyBid = Awaited<ReturnType<typeof bidsOf>>[number];

export async function auctions(net: Net) {
  const [rows, cleared, committed] = await Promise.all([
    events(net, "Auction", auctionAbi, "AuctionAnnounced"), events(net, "Auction", auctionAbi, "AuctionCleared"), events(net, "Auction", auctionAbi, "BidCommitted"),
  ]);
  return Promise.all(rows.map(async (row) => {
    const last = (list: readonly (Parameters<typeof sourceOf>[0] & { args: { id: number } })[]) =>
      list.filter((other) => other.args.id === row.args.id).map(sourceOf).at(-1);
    return {
      id: row.args.id, terms: row.args.terms, state: await read(net, "Auction", auctionAbi, "auction", row.args.id), source: sourceOf(row),
      from: { cleared: last(cleared), bid: last(committed) },
    };
  }));
}

/** A participant's bids in an auction. */
export async function bidsOf(net: Net, a: { id: number; state: { bids: number } }, participant: number) {
  const all = await Promise.all(Array.from({ length: a.state.bids }, async (_, n) => {
    const [bid, commitment] = await Promise.all([
      read(net, "Auction", auctionAbi, "bidOf", a.id, BigInt(n)), read(net, "Auction", auctionAbi, "commitmentOf", a.id, BigInt(n)),
    ]);
    return { number: n, ...bid, commitment };
  }));
  const mine = all.filter((b) => b.participant === participant);
  const of = <E extends "BidCommitted" | "BidRevealed" | "BidSettled">(name: E) => events(net, "Auction", auctionAbi, name, { id: a.id });
  const told = (await Promise.all([of("BidCommitted"), of("BidRevealed"), of("BidSettled")])).flat();
  return mine.map((b) => ({ ...b, source: told.filter((row) => row.args.bid === BigInt(b.number)).map(sourceOf).sort(inOrder).at(-1) }));
}

export const hashOfBid = (net: Net, id: number, participant: number, tick: number, lots: bigint, salt: Hex) =>
  read(net, "Auction", auctionAbi, "bidHash", id, participant, BigInt(tick), lots, salt);
