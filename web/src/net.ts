/** The market that the page shows: a node, and the addresses that a deployment left in `deployments/`. */

import {
  createClient, decodeAbiParameters, encodeEventTopics, http, numberToHex,
  type Abi, type Address, type Client, type ContractEventName, type ContractFunctionArgs, type ContractFunctionName,
  type ContractFunctionReturnType, type GetContractEventsReturnType, type Hex,
} from "viem";
import { getBlock, readContract } from "viem/actions";
import { askAll, MOST_LOGS, topicsOf, type Logs } from "./service";
import { Told } from "./told";

/** Where a figure comes from: the place of one event on the chain. */
export interface Source { readonly block: bigint; readonly tx: Hex; readonly log: number }

export interface Net {
  readonly client: Client;
  readonly rpc: string;
  readonly service: string | null; // address of a data service
  readonly chainId: number;
  readonly genesis: Hex;
  readonly firstBlock: bigint;
  readonly contracts: Readonly<Record<string, { address: Address; block: number }>>;
}

/** [bytes] Largest answer of the node that is read: all fills of a market of hundreds of thousands of trades. */
const LARGEST = 400_000_000;

interface Deployment { chain_id: number; genesis: Hex; first_block: number; contracts: Net["contracts"] }

/** Reads `page.json` (node and, where there is one, data service), then the deployment's record, and checks that the node is on that very chain. */
export async function connect(): Promise<Net> {
  const settings = await json<{ rpc: string; chainId: number; service?: string | null }>("page.json");
  const rpc = new URL(settings.rpc, location.href).href;
  const client = createClient({ transport: http(rpc, { batch: { wait: 0, batchSize: 200 }, retryCount: 1, timeout: 20_000, maxResponseBodySize: LARGEST }) });
  const record = await json<Deployment>(`deployments/${settings.chainId}.json`);
  const [chainId, genesis] = await Promise.all([
    client.request({ method: "eth_chainId" }), getBlock(client, { blockNumber: 0n }),
  ]);
  if (Number(chainId) !== record.chain_id || genesis.hash !== record.genesis) throw new Told("chainDiffers");
  return {
    client, rpc, service: settings.service ? new URL(settings.service.replace(/\/*$/, "/"), location.href).href : null, chainId: record.chain_id, genesis: record.genesis, firstBlock: BigInt(record.first_block),
    contracts: record.contracts,
  };
}

async function json<T>(path: string): Promise<T> {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Told("fileMissing", { path });
  return (await answer.json()) as T;
}

export function at(net: Net, contract: string): Address {
  const found = net.contracts[contract];
  if (!found) throw new Told("notDeployed", { contract });
  return found.address;
}

/** Calls a view. Calls of one tick travel in one request. */
export function read<const A extends Abi, F extends ContractFunctionName<A, "pure" | "view">>(
  net: Net, contract: string, abi: A, functionName: F,
  ...args: ContractFunctionArgs<A, "pure" | "view", F> extends infer T extends readonly unknown[] ? T : never
): Promise<ContractFunctionReturnType<A, "pure" | "view", F>> {
  return readContract(net.client, { address: at(net, contract), abi, functionName, args } as never) as never;
}

export type Found<A extends Abi, E extends ContractEventName<A>> =
  GetContractEventsReturnType<A, E, true>[number];

/** Events of one name as far as they were read: all of blocks `from` to `until`. */
interface Kept { readonly from: bigint; readonly until: bigint; readonly hash: Hex; readonly rows: unknown[] }
const kept = new Map<string, Kept>();
const running = new Map<string, Promise<unknown>>();

/** All events of one name since the deployment. Kept between calls; read anew where the chain was reorganised. */
export function events<const A extends Abi, E extends ContractEventName<A>>(
  net: Net, contract: string, abi: A, eventName: E, args?: object,
): Promise<Found<A, E>[]> {
  return history(net, contract, abi, eventName, args, null);
}

/** The newest events of one name, as many as are `enough` where there are so many: the span read grows backwards. */
export function recent<const A extends Abi, E extends ContractEventName<A>>(
  net: Net, contract: string, abi: A, eventName: E, enough: (rows: readonly Found<A, E>[]) => boolean,
): Promise<Found<A, E>[]> {
  return history(net, contract, abi, eventName, undefined, enough as (rows: readonly unknown[]) => boolean);
}

function history<T>(
  net: Net, contract: string, abi: Abi, eventName: string, args: object | undefined, enough: ((rows: readonly unknown[]) => boolean) | null,
): Promise<T[]> {
  const key = JSON.stringify([contract, eventName, args ?? null], (_, v: unknown) => (typeof v === "bigint" ? String(v) : v));
  // One after the other: the second finds what the first has read.
  const work = (running.get(key) ?? Promise.resolve()).catch(() => undefined).then(() => follow(net, contract, abi, eventName, args, key, enough));
  running.set(key, work);
  return work as Promise<T[]>;
}

async function follow(
  net: Net, contract: string, abi: Abi, eventName: string, args: object | undefined, key: string, enough: ((rows: readonly unknown[]) => boolean) | null,
): Promise<unknown[]> {
  const head = await getBlock(net.client);
  const known = await standing(net, kept.get(key), head);
  const read = (first: bigint, last: bigint) => span(net, contract, abi, eventName, args, first, last);
  let { from, rows } = known;
  if (known.until < head.number) rows = [...rows, ...(await read(known.until + 1n, head.number))];
  for (let size = 16n; from > net.firstBlock && !enough?.(rows); size *= 8n) {
    const first = enough && from - size > net.firstBlock ? from - size : net.firstBlock;
    rows = [...(await read(first, from - 1n)), ...rows];
    from = first;
  }
  if (from !== known.from || head.number !== known.until) kept.set(key, { from, until: head.number, hash: head.hash, rows });
  return rows;
}

/** Events of one name behind a block: what the data service has not read yet. */
export async function eventsAfter<const A extends Abi, E extends ContractEventName<A>>(
  net: Net, contract: string, abi: A, eventName: E, block: number,
): Promise<Found<A, E>[]> {
  const head = await getBlock(net.client);
  return head.number > BigInt(block) ? (span(net, contract, abi, eventName, undefined, BigInt(block) + 1n, head.number) as Promise<Found<A, E>[]>) : [];
}

/** What is kept, or nothing of it where its last block is not on the chain any more. */
async function standing(net: Net, known: Kept | undefined, head: { number: bigint; hash: Hex }): Promise<Kept> {
  const none: Kept = { from: head.number + 1n, until: head.number, hash: head.hash, rows: [] };
  if (!known || known.until > head.number) return none;
  if (known.until === head.number) return known.hash === head.hash ? known : none;
  const then = await getBlock(net.client, { blockNumber: known.until }).catch(() => undefined);
  return then?.hash === known.hash ? known : none;
}

/** A log as node and data service give it. */
interface RawLog { readonly topics: readonly string[]; readonly data: string; readonly block: bigint; readonly time: bigint | undefined; readonly tx: Hex; readonly log: number }

/** [blocks] A span that is asked of the node alone: nothing is behind it. */
const SHORT = 64n;

/** Logs of one event in a span of blocks: long ones of the data service where there is one, the rest of the node. */
async function logsOf(net: Net, contract: string, name: string, topics: readonly (Hex | readonly Hex[] | null)[], from: bigint, to: bigint): Promise<RawLog[]> {
  const address = at(net, contract);
  if (to - from < SHORT) return nodeLogs(net, address, topics, from, to);
  const asked: Record<string, string> = { contract, name, since: String(from), until: String(to), limit: String(MOST_LOGS) };
  topics.forEach((topic, i) => { if (i && typeof topic === "string") asked[`topic${i}`] = topic; });
  const told = await askAll<Logs>(net, "logs", asked);
  if (!told) return nodeLogs(net, address, topics, from, to);
  const found = told.rows.map(([block, log, time, tx, words, data]): RawLog => ({
    topics: topicsOf(words), data: `0x${data}`, block: BigInt(block), time: BigInt(time), tx, log,
  }));
  const next = BigInt(told.block) + 1n;
  return next > to ? found : [...found, ...(await nodeLogs(net, address, topics, next > from ? next : from, to))];
}

/** Logs of a span of blocks; halved where the node refuses so many in one answer. */
async function nodeLogs(net: Net, address: Address, topics: unknown, fromBlock: bigint, toBlock: bigint): Promise<RawLog[]> {
  try {
    const found = (await net.client.request({
      method: "eth_getLogs", params: [{ address, topics, fromBlock: numberToHex(fromBlock), toBlock: numberToHex(toBlock) }],
    } as never)) as { topics: Hex[]; data: Hex; blockNumber: Hex; blockTimestamp?: Hex; transactionHash: Hex; logIndex: Hex }[];
    return found.map(({ topics: words, data, blockNumber, blockTimestamp, transactionHash, logIndex }) => ({
      topics: words, data, block: BigInt(blockNumber), time: blockTimestamp === undefined ? undefined : BigInt(blockTimestamp), tx: transactionHash, log: Number(logIndex),
    }));
  } catch (error) {
    if (fromBlock >= toBlock || /^(HttpRequest|Timeout)/.test((error as Error).name)) throw error;
    const middle = (fromBlock + toBlock) / 2n;
    const early = await nodeLogs(net, address, topics, fromBlock, middle);
    return [...early, ...(await nodeLogs(net, address, topics, middle + 1n, toBlock))];
  }
}

/** Types that are one word. */
const SIMPLE = /^(u?int|bytes)\d+$|^bool$|^address$/;
/** [bits] Up to these a whole number is no `bigint`, as in viem. */
const NUMBER = 48;

/** A word by its type; addresses in small letters: their checksum takes longer than all the rest. */
function wordOf(type: string, word: string): unknown {
  const size = Number(/\d+$/.exec(type)?.[0] ?? 0);
  if (type === "bool") return word.endsWith("1");
  if (type === "address") return `0x${word.slice(24)}`;
  if (type.startsWith("uint")) return size <= NUMBER ? Number.parseInt(word, 16) : BigInt(`0x${word}`);
  if (type.startsWith("int")) {
    const value = BigInt.asIntN(size, BigInt(`0x${word}`));
    return size <= NUMBER ? Number(value) : value;
  }
  return `0x${size ? word.slice(0, 2 * size) : word}`; // of an indexed text its hash
}

/** Events of one name, decoded as viem does; its own reader hashes every event of the ABI anew for each log. */
async function span(net: Net, contract: string, abi: Abi, eventName: string, args: object | undefined, fromBlock: bigint, toBlock: bigint) {
  if (!net.contracts[contract]) return [];
  const item = abi.find((entry) => entry.type === "event" && entry.name === eventName) as Extract<Abi[number], { type: "event" }>;
  const topics = encodeEventTopics({ abi: [item], eventName, args } as never);
  const logs = await logsOf(net, contract, eventName, topics as readonly Hex[], fromBlock, toBlock);
  const indexed = item.inputs.filter((input) => input.indexed);
  const others = item.inputs.filter((input) => !input.indexed);
  const simple = others.every((input) => SIMPLE.test(input.type));
  return logs.map((log) => {
    const values: Record<string, unknown> = {};
    indexed.forEach((input, i) => { values[input.name ?? ""] = wordOf(input.type, (log.topics[i + 1] ?? "").slice(2)); });
    if (simple) others.forEach((input, i) => { values[input.name ?? ""] = wordOf(input.type, log.data.slice(2 + 64 * i, 66 + 64 * i)); });
    else decodeAbiParameters(others, log.data as Hex).forEach((value, i) => { values[others[i]?.name ?? ""] = value; });
    return { args: values, blockNumber: log.block, transactionHash: log.tx, logIndex: log.log, blockTimestamp: log.time };
  });
}

export function sourceOf(row: { blockNumber: bigint | null; transactionHash: Hex | null; logIndex: number | null }): Source {
  return { block: row.blockNumber ?? 0n, tx: row.transactionHash ?? "0x", log: row.logIndex ?? 0 };
}

/** Order of events on the chain. */
export const inOrder = (a: Source, b: Source): number => Number(a.block - b.block) || a.log - b.log;

const times = new Map<bigint, Promise<number>>();

/** Time of a block [s]. */
export function timeOf(net: Net, row: { blockNumber: bigint | null; blockTimestamp?: bigint | undefined }): Promise<number> {
  if (row.blockTimestamp != null) return Promise.resolve(Number(row.blockTimestamp));
  const block = row.blockNumber ?? 0n;
  let found = times.get(block);
  if (!found) {
    found = getBlock(net.client, { blockNumber: block }).then((b) => Number(b.timestamp));
    times.set(block, found);
  }
  return found;
}
