/** An account of the power market: its credits, what moved them, and what days of settlement came to. */

import { powerMarketAbi } from "../generated/abi/PowerMarket";
import { powerSettlementAbi } from "../generated/abi/PowerSettlement";
import { events, inOrder, read, sourceOf, timeOf, type Found, type Net, type Source } from "../net";
import { unpack } from "../words";

/** Accounts below it are participants' own, the others are opened for customers and meters. */
export const FIRST_PSEUDONYM = 2 ** 24;
/** Largest number of an account. */
const MOST = 2 ** 32;
/** Words of a day's list that are paid at once. */
const CHUNK = 96;

/** How an account's credits changed; numbers of the texts `creditAct`. */
export const ACT = { deposited: 0, withdrawn: 1, moved: 2, aside: 3, settled: 4 } as const;

export interface Move { readonly act: number; readonly amount: bigint; readonly by: string; readonly time: number; readonly source: Source }
/** A day's amount of an account at a node [micro-credit], negative where it pays; `paid` once its part of the list was. */
export interface DayAmount { readonly day: number; readonly node: number; readonly amount: bigint; readonly paid: boolean; readonly source: Source }

export interface Credits {
  readonly free: bigint; readonly bound: bigint; readonly aside: bigint; readonly owed: bigint; readonly sponsor: number;
  readonly moves: readonly Move[]; readonly days: readonly DayAmount[];
}

const PAYMENT = { account: 32, amount: 96 } as const;

/** A payment's amount, in two's complement; undefined of another account's. */
function amountIn(words: readonly bigint[], account: number): bigint | undefined {
  const word = words.find((one) => unpack(one, PAYMENT).account === BigInt(account));
  return word === undefined ? undefined : BigInt.asIntN(PAYMENT.amount, unpack(word, PAYMENT).amount);
}

/** The account of a number that a person typed; null of no account's. */
export const accountNumber = (text: string): number | null => (/^\d{1,10}$/.test(text) && Number(text) > 0 && Number(text) < MOST ? Number(text) : null);

/** All that the chain has of an account. */
export async function credits(net: Net, account: number): Promise<Credits> {
  const own = account < FIRST_PSEUDONYM;
  const [state, owed, deposit, held, moves, days] = await Promise.all([
    read(net, "PowerMarket", powerMarketAbi, "accountOf", account),
    read(net, "PowerMarket", powerMarketAbi, "debtOf", account),
    own ? read(net, "PowerMarket", powerMarketAbi, "depositOf", account) : null,
    own ? heldByBids(net, account) : 0n,
    movesOf(net, account, own), daysOf(net, account),
  ]);
  return { free: state.free, bound: state.escrow + held, aside: deposit?.amount ?? 0n, owed, sponsor: state.sponsor, moves, days };
}

/** Escrow and fees of a participant's bids that are opened and not released [micro-credit]. */
async function heldByBids(net: Net, participant: number): Promise<bigint> {
  const [opened, released] = await Promise.all([
    events(net, "PowerMarket", powerMarketAbi, "BidOpened", { participant }),
    events(net, "PowerMarket", powerMarketAbi, "BidReleased", { participant }),
  ]);
  const free = new Set(released.map((row) => row.args.interval));
  return opened.filter((row) => !free.has(row.args.interval)).reduce((sum, { args }) => sum + args.escrow + args.fee, 0n);
}

async function movesOf(net: Net, account: number, own: boolean): Promise<Move[]> {
  const of = <E extends "CreditsDeposited" | "CreditsWithdrawn" | "CreditsMoved" | "DepositChanged" | "AccountsSettled">(name: E, args?: object) =>
    events(net, "PowerMarket", powerMarketAbi, name, args);
  const [deposited, withdrawn, given, got, aside, settled] = await Promise.all([
    of("CreditsDeposited", { account }), of("CreditsWithdrawn", { account }), of("CreditsMoved", { from: account }), of("CreditsMoved", { to: account }),
    own ? of("DepositChanged", { participant: account }) : [], of("AccountsSettled"),
  ]);
  const names = new Map(Object.entries(net.contracts).map(([name, { address }]) => [address.toLowerCase(), name]));
  const rows: { row: Row; act: number; amount: bigint; by?: string | undefined }[] = [
    ...deposited.map((row) => ({ row, act: ACT.deposited, amount: row.args.amount })),
    ...withdrawn.map((row) => ({ row, act: ACT.withdrawn, amount: -row.args.amount })),
    ...given.map((row) => ({ row, act: ACT.moved, amount: -row.args.amount })),
    ...got.map((row) => ({ row, act: ACT.moved, amount: row.args.amount })),
    ...aside.map((row) => ({ row, act: ACT.aside, amount: -row.args.change })),
    ...settled.flatMap((row) => {
      const amount = amountIn(row.args.words, account);
      return amount === undefined ? [] : [{ row, act: ACT.settled, amount, by: names.get(row.args.by.toLowerCase()) ?? row.args.by }];
    }),
  ];
  const found = await Promise.all(rows.map(async ({ row, act, amount, by }) => ({ act, amount, by: by ?? "PowerMarket", time: await timeOf(net, row), source: sourceOf(row) })));
  return found.sort((a, b) => inOrder(b.source, a.source));
}

type Row = Parameters<typeof sourceOf>[0] & Parameters<typeof timeOf>[1];
type Posted = Found<typeof powerSettlementAbi, "PaymentsPosted">;

/** Amounts of the lists that stand, the newest day first; a list that fell has none. */
async function daysOf(net: Net, account: number): Promise<DayAmount[]> {
  const of = <E extends "PaymentsPosted" | "PaymentsDropped" | "ChunkPaid">(name: E) => events(net, "PowerSettlement", powerSettlementAbi, name);
  const [posted, dropped, paid] = await Promise.all([of("PaymentsPosted"), of("PaymentsDropped"), of("ChunkPaid")]);
  const lists = new Map<string, { day: number; node: number; words: bigint[]; last: Posted | null }>();
  const changes = [...posted.map((row) => ({ row, words: row })), ...dropped.map((row) => ({ row, words: null }))];
  for (const { row, words } of changes.sort((a, b) => inOrder(sourceOf(a.row), sourceOf(b.row)))) {
    const { node, day } = row.args;
    const known = lists.get(`${node}/${day}`);
    const before = known?.words.slice(0, words ? words.args.first * CHUNK : 0) ?? [];
    lists.set(`${node}/${day}`, { day, node, words: words ? [...before, ...words.args.words] : [], last: words });
  }
  const done = new Set(paid.map((row) => `${row.args.node}/${row.args.day}/${row.args.index}`));
  return [...lists.values()].flatMap(({ day, node, words, last }) => {
    const at = words.findIndex((word) => unpack(word, PAYMENT).account === BigInt(account));
    if (at < 0 || !last) return [];
    const amount = amountIn(words.slice(at, at + 1), account) ?? 0n;
    return [{ day, node, amount, paid: done.has(`${node}/${day}/${Math.floor(at / CHUNK)}`), source: sourceOf(last) }];
  }).sort((a, b) => b.day - a.day || a.node - b.node);
}
