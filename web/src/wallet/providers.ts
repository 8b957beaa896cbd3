/** Wallets of the browser: announced by EIP-6963, or the one in `window.ethereum`. */

import { numberToHex, type Address } from "viem";
import type { Net } from "../net";
import { Told } from "../told";

export interface Provider {
  request(call: { method: string; params?: unknown }): Promise<unknown>;
  on?(event: string, listener: (value: never) => void): void;
  removeListener?(event: string, listener: (value: never) => void): void;
}

export interface Wallet { readonly name: string; readonly id: string; readonly provider: Provider }

interface Announcement { info: { uuid: string; name: string; rdns: string }; provider: Provider }

declare global {
  interface Window { ethereum?: Provider }
  interface WindowEventMap { "eip6963:announceProvider": CustomEvent<Announcement> }
}

/** Calls `found` with the wallets known so far, now and whenever one is announced; returns how to stop. */
export function discover(found: (wallets: readonly Wallet[]) => void): () => void {
  const known = new Map<string, Wallet>();
  const hear = ({ detail }: CustomEvent<Announcement>) => {
    known.set(detail.info.uuid, { name: detail.info.name, id: detail.info.rdns, provider: detail.provider });
    found([...known.values()]);
  };
  window.addEventListener("eip6963:announceProvider", hear);
  window.dispatchEvent(new Event("eip6963:requestProvider"));
  if (!known.size && window.ethereum) found([{ name: "Browser wallet", id: "window.ethereum", provider: window.ethereum }]);
  return () => window.removeEventListener("eip6963:announceProvider", hear);
}

export const codeOf = (error: unknown): number | undefined =>
  (error as { code?: number } | null)?.code ?? (error as { cause?: { code?: number } } | null)?.cause?.code;

export const REJECTED = 4001;
const UNKNOWN_CHAIN = 4902;

export async function accountOf(provider: Provider): Promise<Address> {
  try {
    const [first] = (await provider.request({ method: "eth_requestAccounts" })) as Address[];
    if (!first) throw new Told("walletEmpty");
    return first;
  } catch (error) {
    throw codeOf(error) === REJECTED ? new Told("walletRefused") : error;
  }
}

/** Brings the wallet to the market's chain; adds the network where the wallet does not know it. */
export async function onChain(provider: Provider, net: Net): Promise<void> {
  const wanted = numberToHex(net.chainId);
  if (Number(await provider.request({ method: "eth_chainId" })) === net.chainId) return;
  try {
    await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: wanted }] });
  } catch (error) {
    if (codeOf(error) !== UNKNOWN_CHAIN) throw new Told("wrongNetwork", { chain: String(net.chainId) });
    await add(provider, net).catch(() => { throw new Told("wrongNetwork", { chain: String(net.chainId) }); });
  }
  if (Number(await provider.request({ method: "eth_chainId" })) !== net.chainId) throw new Told("wrongNetwork", { chain: String(net.chainId) });
}

function add(provider: Provider, net: Net): Promise<unknown> {
  return provider.request({
    method: "wallet_addEthereumChain",
    params: [{
      chainId: numberToHex(net.chainId), chainName: `tonne ${net.chainId}`, rpcUrls: [net.rpc],
      nativeCurrency: { name: "Gas", symbol: "GAS", decimals: 18 },
    }],
  });
}
