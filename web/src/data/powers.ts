/** Powers given and used: every event that names an acting officer, decoded from the deployment's contracts. */

import { decodeEventLog, parseAbiItem, toEventSelector, type AbiEvent, type Hex } from "viem";
import { getLogs } from "viem/actions";
import { events as told } from "../generated/events";
import { powers } from "../generated/powers";
import { sourceOf, timeOf, type Net, type Source } from "../net";

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

/** The newest acts of officers. */
export async function acts(net: Net): Promise<Act[]> {
  const names = new Set<string>(Object.values(powers).flat());
  const items = told.map((text) => parseAbiItem(`event ${text}`) as AbiEvent).filter((item) => names.has(item.name));
  const byAddress = new Map(Object.entries(net.contracts).map(([name, c]) => [c.address.toLowerCase(), name]));
  const logs = await getLogs(net.client, {
    address: Object.values(net.contracts).map((c) => c.address), events: items, fromBlock: net.firstBlock, toBlock: "latest",
  } as never) as unknown as { address: Hex; topics: Hex[]; data: Hex; blockNumber: bigint; transactionHash: Hex; logIndex: number; blockTimestamp?: bigint }[];
  const found = await Promise.all(logs.slice(-3000).map(async (log): Promise<Act | null> => {
    const contract = byAddress.get(log.address.toLowerCase()) ?? "";
    const event = decoded(log);
    if (!event || !(powers as Record<string, readonly string[]>)[contract]?.includes(event.name)) return null;
    return { contract, event: event.name, values: event.values, time: await timeOf(net, log), source: sourceOf(log) };
  }));
  return found.filter((act): act is Act => act !== null).reverse();
}
