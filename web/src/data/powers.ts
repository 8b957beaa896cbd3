/** Powers given and used: every event that names an acting officer, decoded from the deployment's contracts. */

import { decodeEventLog, parseAbiItem, toEventSelector, type AbiEvent, type Hex } from "viem";
import { getBlock, getLogs } from "viem/actions";
import { events as told } from "../generated/events";
import { powers } from "../generated/powers";
import { sourceOf, timeOf, type Net, type Source } from "../net";
import { askAll, MOST_LOGS, topicsOf, type Logs } from "../service";

export interface Act { readonly contract: string; readonly event: string; readonly values: readonly (readonly [string, string])[]; readonly time: number; readonly source: Source }

const parsedEvents = new Map<Hex, AbiEvent>();

/** The event of a first topic, among all that the contracts have. */
export function eventOf(topic: Hex): AbiEvent | undefined {
  if (!parsedEvents.size) {
    for (const text of told) {
      const item = parseAbiItem(`event ${text}`) as AbiEvent;
      parsedEvents.set(toEventSelector(item), item);
    }
  }
  return parsedEvents.get(topic);
}

export const plainValue = (value: unknown): string =>
  typeof value === "object" && value !== null
    ? JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v))
    : String(value);

/** Values of a log by name; null where it does not fit its event. */
export function decoded(log: { topics: readonly Hex[]; data: Hex }): { name: string; values: (readonly [string, string])[] } | null {
  const item = log.topics[0] && eventOf(log.topics[0]);
  if (!item) return null;
  try {
    const { args } = decodeEventLog({ abi: [item], topics: log.topics as [Hex, ...Hex[]], data: log.data });
    return { name: item.name, values: Object.entries(args ?? {}).map(([name, value]) => [name, plainValue(value)] as const) };
  } catch {
    return null; // another contract's event with the same first topic
  }
}

interface ActLog { readonly contract: string; readonly topics: readonly Hex[]; readonly data: Hex; readonly blockNumber: bigint; readonly transactionHash: Hex; readonly logIndex: number; readonly blockTimestamp?: bigint | undefined }

/** Logs of the events that tell of powers: of the data service where there is one, and of the node what came later. */
async function powerLogs(net: Net): Promise<ActLog[]> {
  const names = [...new Set<string>(Object.values(powers).flat())];
  const items = told.map((text) => parseAbiItem(`event ${text}`) as AbiEvent).filter((item) => names.includes(item.name));
  const byAddress = new Map(Object.entries(net.contracts).map(([name, c]) => [c.address.toLowerCase(), name]));
  const known = await askAll<Logs>(net, "logs", { name: names, limit: MOST_LOGS });
  const [from, { number: until }] = [known ? BigInt(known.block) + 1n : net.firstBlock, await getBlock(net.client)];
  const logs = from > until ? [] : await getLogs(net.client, {
    address: Object.values(net.contracts).map((c) => c.address), events: items, fromBlock: from, toBlock: until,
  } as never) as unknown as (Omit<ActLog, "contract"> & { address: Hex })[];
  const early = (known?.rows ?? []).map(([block, log, time, tx, words, data, contract]): ActLog => ({
    contract, topics: topicsOf(words), data: `0x${data}`, blockNumber: BigInt(block), transactionHash: tx, logIndex: log, blockTimestamp: BigInt(time),
  }));
  return [...early, ...logs.map((log) => ({ ...log, contract: byAddress.get(log.address.toLowerCase()) ?? "" }))];
}

/** So many acts are read; to read one takes as long as to find a hundred. */
const MOST = 3_000;

/** The newest acts of officers, and how many there are in all. */
export async function acts(net: Net): Promise<{ rows: Act[]; all: number }> {
  const listed = powers as Record<string, readonly string[]>;
  const logs = (await powerLogs(net)).filter((log) => listed[log.contract]?.includes((log.topics[0] && eventOf(log.topics[0])?.name) ?? ""));
  const found = await Promise.all(logs.slice(-MOST).map(async (log): Promise<Act | null> => {
    const event = decoded(log);
    return event && { contract: log.contract, event: event.name, values: event.values, time: await timeOf(net, log), source: sourceOf(log) };
  }));
  return { rows: found.filter((act): act is Act => act !== null).reverse(), all: logs.length };
}
