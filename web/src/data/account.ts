/** A wallet and the participant behind it: rights, holdings, cash. */

import { allowancesAbi } from "../generated/abi/Allowances";
import { exchangeAbi } from "../generated/abi/Exchange";
import { participantsAbi } from "../generated/abi/Participants";
import { settlementCurrencyAbi } from "../generated/abi/SettlementCurrency";
import { at, read, type Net } from "../net";
import { markets, type Market } from "./market";
import { batches } from "./units";
import type { Address } from "viem";

export const RIGHTS = { trade: 1, withdraw: 2, surrender: 4, report: 8, manage: 16 } as const;

export interface Me { readonly address: Address; readonly participant: number; readonly rights: number; readonly status: number }

export async function me(net: Net, address: Address): Promise<Me> {
  const [participant, rights, status] = await read(net, "Participants", participantsAbi, "walletOf", address);
  return { address, participant, rights, status };
}

export interface Holding {
  readonly unit: bigint;
  readonly market?: Market | undefined;
  readonly wallet: bigint;
  readonly free: bigint; // of the account on the exchange, not reserved
  readonly reserved: bigint;
  readonly cash: bigint; // [0.0001 currency]
  readonly cashFree: bigint;
  readonly frozen: boolean;
}

/** Units and cash of a wallet and of its participant's accounts, a row a market. */
export async function holdings(net: Net, who: Me): Promise<Holding[]> {
  const all = await markets(net);
  const listed = await Promise.all(all.map(async (m): Promise<Holding> => {
    const [wallet, account] = await Promise.all([
      read({ ...net, contracts: { ...net.contracts, units: { address: m.units, block: 0 } } }, "units", allowancesAbi, "balanceOf", who.address, m.unit),
      who.participant ? read(net, "Exchange", exchangeAbi, "account", who.participant, m.id) : null,
    ]);
    return {
      unit: m.unit, market: m, wallet, free: account?.lotsFree ?? 0n, reserved: account?.lotsInAsks ?? 0n, cash: account?.cash ?? 0n,
      cashFree: account?.cashFree ?? 0n, frozen: account?.frozen ?? false,
    };
  }));
  const known = new Set(all.map((m) => m.unit));
  const others = await Promise.all((await batches(net)).filter((b) => !known.has(b.unit)).map(async (b): Promise<Holding> => ({
    unit: b.unit, wallet: await read(net, "OffsetCredits", allowancesAbi, "balanceOf", who.address, b.unit), free: 0n, reserved: 0n,
    cash: 0n, cashFree: 0n, frozen: false,
  })));
  return [...listed, ...others.filter((h) => h.wallet > 0n)];
}

/** Settlement currency in the wallet [0.01]. */
export const purse = (net: Net, address: Address) => read(net, "SettlementCurrency", settlementCurrencyAbi, "balanceOf", address);

export const allowanceOf = (net: Net, owner: Address, spender: string) =>
  read(net, "SettlementCurrency", settlementCurrencyAbi, "allowance", owner, at(net, spender));
