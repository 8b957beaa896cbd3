/** From an intention to a mined transaction: rehearsed, explained, signed, watched. */

import { encodeFunctionData, numberToHex, type Abi, type Address, type Hex } from "viem";
import { getBlock, getTransactionReceipt } from "viem/actions";
import { at, type Net } from "../net";
import { Told } from "../told";
import { codeOf, onChain, REJECTED, type Provider } from "./providers";
import { refusalOf, revertData, type Prices } from "./refusals";

/** One transaction of a plan. */
export interface Step {
  readonly words: string;
  readonly contract: string | Address;
  readonly abi: Abi;
  readonly name: string;
  readonly args: readonly unknown[];
  readonly prices?: Prices;
}

/** What will happen, in words, and the transactions that do it, in their order. */
export interface Plan {
  readonly title: string;
  readonly words: readonly string[];
  readonly steps: readonly Step[];
  readonly done?: (last: Hex) => void;
}

export type State = "signing" | "pending" | "mined" | "reorganised" | "replaced" | "failed" | "rejected";

export interface Sent {
  readonly id: number;
  readonly title: string;
  readonly state: State;
  readonly hash?: Hex | undefined;
  readonly block?: bigint | undefined;
  readonly blockHash?: Hex | undefined;
  readonly from?: Address | undefined;
  readonly nonce?: number | undefined; // once the node has told of it
  readonly error?: unknown;
}

export interface Rehearsal { readonly gas: bigint; readonly gasPrice: bigint; readonly cost: bigint; readonly free: boolean }

const addressOf = (net: Net, step: Step): Address => (step.contract.startsWith("0x") ? (step.contract as Address) : at(net, step.contract));

const callOf = (net: Net, from: Address, step: Step) => ({
  from, to: addressOf(net, step), data: encodeFunctionData({ abi: step.abi, functionName: step.name, args: step.args as unknown[] }),
});

/** Runs the step without sending it. Throws a {@link Refusal} where the contract refuses it. */
export async function rehearse(net: Net, from: Address, step: Step): Promise<Rehearsal> {
  const call = callOf(net, from, step);
  try {
    await net.client.request({ method: "eth_call", params: [call, "latest"] } as never);
    const [gas, fees] = await Promise.all([
      net.client.request({ method: "eth_estimateGas", params: [call] } as never) as Promise<Hex>, feesOf(net),
    ]);
    const limit = (BigInt(gas) * 12n) / 10n;
    return { gas: limit, ...fees, cost: limit * fees.gasPrice };
  } catch (error) {
    throw (await refusalOf(revertData(error), step.prices)) ?? error;
  }
}

/** Where the base fee is 0 a tip would exceed the cap that wallets set: such a chain takes a gas price of 0. */
async function feesOf(net: Net): Promise<{ gasPrice: bigint; free: boolean }> {
  const base = (await getBlock(net.client)).baseFeePerGas;
  if (base === 0n) return { gasPrice: 0n, free: true };
  return { gasPrice: BigInt((await net.client.request({ method: "eth_gasPrice" })) as Hex), free: false };
}

/** Asks the wallet to sign and send one step; returns the transaction's hash. */
export async function send(net: Net, provider: Provider, from: Address, step: Step, rehearsal: Rehearsal): Promise<Hex> {
  await onChain(provider, net);
  const transaction = {
    ...callOf(net, from, step), gas: numberToHex(rehearsal.gas), ...(rehearsal.free ? { gasPrice: "0x0" } : {}),
  };
  try {
    return (await provider.request({ method: "eth_sendTransaction", params: [transaction] })) as Hex;
  } catch (error) {
    if (codeOf(error) === REJECTED) throw new Told("signatureRejected");
    throw (await refusalOf(revertData(error), step.prices)) ?? error;
  }
}

/** Depth [blocks] below which a mined transaction is looked up again on every block. */
const WATCHED = 12n;

const OVER: readonly State[] = ["signing", "failed", "rejected", "replaced"];

/** What has become of a sent transaction: mined, failed with its reason, pending again after a reorganisation, or replaced. */
export async function lookAfter(net: Net, sent: Sent, head: bigint): Promise<Sent> {
  if (!sent.hash || OVER.includes(sent.state)) return sent;
  if (sent.state === "mined" && sent.block !== undefined && head > sent.block + WATCHED) return sent;
  const receipt = await getTransactionReceipt(net.client, { hash: sent.hash }).catch((error: { name?: string }) => {
    if (error.name === "TransactionReceiptNotFoundError") return null;
    throw error;
  });
  if (!receipt) return whereabouts(net, sent.state === "mined" ? { ...sent, state: "reorganised", block: undefined, blockHash: undefined } : sent);
  if (receipt.status === "reverted") return { ...sent, state: "failed", block: receipt.blockNumber, error: await reasonOf(net, sent.hash, receipt.blockNumber) };
  return { ...sent, state: "mined", block: receipt.blockNumber, blockHash: receipt.blockHash };
}

/** A transaction without receipt waits, unless the node has forgotten it and another of its account took its number. */
async function whereabouts(net: Net, sent: Sent): Promise<Sent> {
  const known = (await net.client.request({ method: "eth_getTransactionByHash", params: [sent.hash] } as never)) as { from: Address; nonce: Hex } | null;
  if (known) return sent.nonce === undefined ? { ...sent, from: known.from, nonce: Number(known.nonce) } : sent;
  if (sent.nonce === undefined) return sent;
  const count = Number(await net.client.request({ method: "eth_getTransactionCount", params: [sent.from, "latest"] } as never));
  return count > sent.nonce ? { ...sent, state: "replaced" } : sent;
}

async function reasonOf(net: Net, hash: Hex, block: bigint): Promise<unknown> {
  const sent = (await net.client.request({ method: "eth_getTransactionByHash", params: [hash] } as never)) as { from: Hex; to: Hex; input: Hex; gas: Hex };
  try {
    await net.client.request({ method: "eth_call", params: [{ from: sent.from, to: sent.to, data: sent.input, gas: sent.gas }, numberToHex(block - 1n)] } as never);
  } catch (error) {
    return (await refusalOf(revertData(error))) ?? error;
  }
  return new Told("failedAtMining");
}
