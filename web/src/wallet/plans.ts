/** What a person may want to do, as plans: words and transactions. Refusals that need no chain are raised here. */

import { keccak256, stringToHex, type Address, type Hex } from "viem";
import { allowancesAbi } from "../generated/abi/Allowances";
import { auctionAbi } from "../generated/abi/Auction";
import { bankingAbi } from "../generated/abi/Banking";
import { blockTradesAbi } from "../generated/abi/BlockTrades";
import { complianceAbi } from "../generated/abi/Compliance";
import { exchangeAbi } from "../generated/abi/Exchange";
import { participantsAbi } from "../generated/abi/Participants";
import { retirementRegistryAbi } from "../generated/abi/RetirementRegistry";
import { settlementCurrencyAbi } from "../generated/abi/SettlementCurrency";
import { allowanceOf, purse, type Me } from "../data/account";
import { DAY, GOOD_TILL_CANCELLED, GOOD_TILL_DATE, LAST_DAY, priceOf, quote, requestOf, tickOf, type Market, type OpenOrder } from "../data/market";
import { at, type Net } from "../net";
import { cents, dayNumber, dayOf, money, parsed, whole, LEDGER, CENTS } from "../format";
import { t, word } from "../i18n";
import { Told } from "../told";
import { unitName } from "../ui/names";
import { refusalOf } from "./refusals";
import type { Plan, Step } from "./send";

const step = (contract: string, abi: Step["abi"], name: string, args: readonly unknown[], words: string): Step => ({ contract, abi, name, args, words });
const one = (title: string, words: readonly string[], contract: string, abi: Step["abi"], name: string, ...args: unknown[]): Plan =>
  ({ title, words, steps: [step(contract, abi, name, args, title)] });

/** A typed number above 0, in 10^-`places`; refused with the name of its field where it is none. */
export function positive(text: string, field: string, places = 0): bigint {
  const value = parsed(text, places);
  if (value === null || value === 0n) throw new Told("badNumber", { field, text, places: String(places) });
  return value;
}

const address = (text: string): Address => {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text.trim())) throw new Told("badAddress", { text });
  return text.trim() as Address;
};

function registered(me: Me | null): Me {
  if (!me) throw new Told("connectFirst");
  if (!me.participant) throw new Told("registerFirst");
  return me;
}

// ------------------------------------------------------------------ parties

export function register(kinds: number, jurisdiction: string, details: string): Plan {
  const number = Number(positive(jurisdiction, t("jurisdiction")));
  if (!kinds) throw new Told("noKind");
  const hash = keccak256(stringToHex(details));
  return one(t("register"), [t("registerWords", { region: number }), t("registerHash", { hash })], "Participants", participantsAbi, "applyFor", kinds, number, hash);
}

export function invite(wallet: string, rights: number, names: string): Plan {
  const to = address(wallet);
  if (!rights) throw new Told("noRight");
  return one(t("inviteWallet"), [t("inviteWords", { wallet: to, rights: names })], "Participants", participantsAbi, "addWallet", to, rights);
}

export const join = (participant: string): Plan => {
  const id = Number(positive(participant, t("participant")));
  return one(t("joinParticipant"), [t("joinWords", { id })], "Participants", participantsAbi, "confirmWallet", id);
};

// ------------------------------------------------------------------ funds

export async function depositCash(net: Net, me: Me | null, m: Market, text: string): Promise<Plan> {
  const who = registered(me);
  const amount = positive(text, t("amount"), CENTS);
  const [has, allowed] = await Promise.all([purse(net, who.address), allowanceOf(net, who.address, "Exchange")]);
  if (has < amount) throw new Told("purseShort", { has: cents(has), needed: cents(amount) });
  const deposit = step("Exchange", exchangeAbi, "depositCash", [m.id, amount], t("depositCashStep", { amount: cents(amount) }));
  const approve = step("SettlementCurrency", settlementCurrencyAbi, "approve", [at(net, "Exchange"), amount], t("approveStep", { amount: cents(amount) }));
  return { title: t("deposit"), words: [t("depositCashWords", { amount: cents(amount), market: m.id })], steps: allowed < amount ? [approve, deposit] : [deposit] };
}

export function withdrawCash(me: Me | null, m: Market, text: string): Plan {
  const who = registered(me);
  const amount = positive(text, t("amount"), CENTS);
  return one(t("withdraw"), [t("withdrawCashWords", { amount: cents(amount), wallet: who.address })], "Exchange", exchangeAbi, "withdrawCash", m.id, amount, who.address);
}

export function depositUnits(net: Net, me: Me | null, m: Market, text: string): Plan {
  const who = registered(me);
  const amount = positive(text, t("quantity"));
  if (amount % m.lotSize) throw new Told("notLots", { lot: whole(m.lotSize) });
  return one(t("deposit"), [t("depositUnitsWords", { amount: whole(amount), unit: unitName(m.unit), market: m.id })],
    m.units, allowancesAbi, "safeTransferFrom", who.address, at(net, "Exchange"), m.unit, amount, "0x");
}

export function withdrawUnits(me: Me | null, m: Market, text: string): Plan {
  const who = registered(me);
  const amount = positive(text, t("quantity"));
  if (amount % m.lotSize) throw new Told("notLots", { lot: whole(m.lotSize) });
  return one(t("withdraw"), [t("withdrawUnitsWords", { amount: whole(amount), unit: unitName(m.unit), wallet: who.address })],
    "Exchange", exchangeAbi, "withdrawUnits", m.id, amount / m.lotSize, who.address);
}

// ------------------------------------------------------------------ orders

export interface Ticket { readonly side: 0 | 1; readonly price: string; readonly quantity: string; readonly timeInForce: number; readonly until: string }

/** The last market day that a typed date means. */
function expiryOf(m: Market, text: string): number {
  const day = dayNumber(text) - m.dayZero;
  if (day > LAST_DAY) throw new Told("dayFar", { last: dayOf(m.dayZero + LAST_DAY) });
  return Math.max(day, 0); // the exchange refuses a day that is over
}

/** How long an order is good, in words. */
export const validityOf = (timeInForce: number, lastDay: string): string =>
  (timeInForce === GOOD_TILL_DATE ? t("untilDay", { day: lastDay }) : word("tif", timeInForce));

/** The order that a ticket means; refuses a price off the grid and a quantity that is no whole number of lots. */
export function orderOf(m: Market, ticket: Ticket) {
  const price = positive(ticket.price, t("price"), LEDGER) * m.lotSize;
  const tick = tickOf(m, price);
  if (tick === null) throw new Told("offGrid", { step: money(m.tick / m.lotSize) });
  const amount = positive(ticket.quantity, t("quantity"));
  if (amount % m.lotSize) throw new Told("notLots", { lot: whole(m.lotSize) });
  return {
    market: m.id, side: ticket.side, tick, lots: Number(amount / m.lotSize), timeInForce: ticket.timeInForce,
    expiry: ticket.timeInForce === GOOD_TILL_DATE ? expiryOf(m, ticket.until) : 0,
  };
}

const RESTS: Readonly<Record<number, "restsDay" | "restsOn" | "restsUntil">> =
  { [DAY]: "restsDay", [GOOD_TILL_CANCELLED]: "restsOn", [GOOD_TILL_DATE]: "restsUntil" };

const pricesOf = (m: Market) => (tick: number) => money(priceOf(m, tick) / m.lotSize);

export async function place(net: Net, me: Me | null, m: Market, ticket: Ticket): Promise<Plan> {
  const who = registered(me);
  const order = orderOf(m, ticket);
  const q = await quote(net, order, who.participant);
  const refused = q.refusal.length > 2 ? await refusalOf(q.refusal, pricesOf(m)) : undefined;
  if (refused) throw refused;
  const values = {
    amount: whole(BigInt(order.lots) * m.lotSize), unit: unitName(m.unit), price: money(priceOf(m, order.tick) / m.lotSize),
    filled: whole(q.filled * m.lotSize), cash: money(q.cash), rests: whole(q.rests * m.lotSize), fee: money(q.fee),
  };
  const words = [t(ticket.side ? "sellWords" : "buyWords", values)];
  if (q.filled) words.push(t(ticket.side ? "fillsSell" : "fillsBuy", values));
  if (q.rests) words.push(t(RESTS[order.timeInForce] ?? "lapses", { ...values, day: dayOf(m.dayZero + order.expiry) }));
  return { title: t(ticket.side ? "sellTitle" : "buyTitle", values), words, steps: [{ ...step("Exchange", exchangeAbi, "place", [requestOf(order)], words[0] ?? ""), prices: pricesOf(m) }] };
}

export function cancel(m: Market, o: OpenOrder): Plan {
  return one(t("cancelOrder"), [t("cancelWords", { amount: whole(o.lots * m.lotSize), price: money(o.price / m.lotSize) })], "Exchange", exchangeAbi, "cancel", o.id);
}

/** Time in force of an open order: in a lasting market it may be good for longer than the day. */
export const forceOf = (m: Market, o: OpenOrder): number => (!m.lasting ? DAY : o.lastDay ? GOOD_TILL_DATE : GOOD_TILL_CANCELLED);

/** Cancels an order and places another instead, good for as long, in one transaction. */
export function change(m: Market, o: OpenOrder, price: string, quantity: string): Plan {
  const order = orderOf(m, { side: o.side, price, quantity, timeInForce: forceOf(m, o), until: dayOf(o.lastDay) });
  return one(t("changeOrder"), [t("changeWords", {
    amount: whole(o.lots * m.lotSize), price: money(o.price / m.lotSize), newAmount: whole(BigInt(order.lots) * m.lotSize), newPrice: money(priceOf(m, order.tick) / m.lotSize),
  }), t("goodFor", { validity: validityOf(order.timeInForce, dayOf(o.lastDay)) })], "Exchange", exchangeAbi, "batch", [o.id], [requestOf(order)]);
}

// ------------------------------------------------------------------ compliance and claims

export function surrender(me: Me | null, plant: number, period: number, unit: bigint, text: string, fromLedger: boolean): Plan {
  registered(me);
  const amount = positive(text, t("quantity"));
  return one(t("surrender"), [t("surrenderWords", { amount: whole(amount), unit: unitName(unit), plant, period }), t("final")],
    "Compliance", complianceAbi, fromLedger ? "surrenderFromLedger" : "surrender", plant, period, [unit], [amount]);
}

export function bank(me: Me | null, scheme: number, unit: bigint, text: string, fromLedger: boolean): Plan {
  registered(me);
  const amount = positive(text, t("quantity"));
  return one(t("bank"), [t("bankWords", { amount: whole(amount), unit: unitName(unit) })],
    "Banking", bankingAbi, fromLedger ? "bankFromLedger" : "bank", scheme, [unit], [amount]);
}

export interface ClaimForm { readonly beneficiary: string; readonly purpose: string; readonly from: string; readonly until: string; readonly country: string }

export function retire(me: Me | null, unit: bigint, text: string, form: ClaimForm, fromLedger: boolean, done: (hash: Hex) => void): Plan {
  const who = registered(me);
  const amount = positive(text, t("quantity"));
  if (!form.beneficiary.trim()) throw new Told("noBeneficiary");
  if (!/^[A-Z]{2}$/.test(form.country)) throw new Told("badCountry", { text: form.country });
  const claim = {
    beneficiary: form.beneficiary, commitment: `0x${"00".repeat(32)}`, purpose: form.purpose, periodStart: dayNumber(form.from), periodEnd: dayNumber(form.until),
    country: stringToHex(form.country),
  };
  const words = [t("retireWords", { amount: whole(amount), unit: unitName(unit), beneficiary: form.beneficiary, purpose: form.purpose, from: form.from, until: form.until }), t("final")];
  const args = fromLedger ? [unit, amount, claim, who.address] : [unit, amount, claim];
  return { title: t("retire"), words, done, steps: [step("RetirementRegistry", retirementRegistryAbi, fromLedger ? "retireFromLedger" : "retire", args, words[0] ?? "")] };
}

// ------------------------------------------------------------------ auctions and blocks

export function commitBid(id: number, commitment: Hex, deposit: bigint, words: string): Plan {
  return one(t("bidSealed"), [words, t("bidKeep")], "Auction", auctionAbi, "commit", id, commitment, deposit);
}

export const openBid = (id: number, tick: number, lots: bigint, noBid: bigint, words: string): Plan =>
  one(t("bidOpen"), [words], "Auction", auctionAbi, "place", id, BigInt(tick), lots, noBid);

export const reveal = (id: number, bid: number, tick: bigint, lots: bigint, salt: Hex): Plan =>
  one(t("reveal"), [t("revealWords", { bid, id })], "Auction", auctionAbi, "reveal", id, BigInt(bid), tick, lots, salt);

export const settleBlock = (ticket: object, seller: Hex, buyer: Hex, words: string): Plan =>
  one(t("settleBlock"), [words], "BlockTrades", blockTradesAbi, "trade", ticket, seller, buyer);

/** A commitment's opening, in the form of the files that `tonne auction reveal` reads. */
export const openingOf = (commitment: Hex, auction: number, tick: number, lots: bigint, salt: Hex): string =>
  `${JSON.stringify({ commitment, what: "bid", auction, tick, lots: Number(lots), salt }, null, 2)}\n`;
