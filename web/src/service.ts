/** The data service beside the node: what it has read of the chain, asked for before the node where there is much. */

import { type Hex } from "viem";
import { getBlock } from "viem/actions";
import type { Net, Source } from "./net";

/** Of every answer: the block that it holds at. */
export interface Told { readonly block: number; readonly blockHash: Hex }

/** Raw logs: block, log, time [s], transaction, topics as one, data, contract. */
export interface Logs extends Told { readonly rows: readonly (readonly [number, number, number, Hex, string, string, string])[]; readonly next: string | null }

/** A row of a table: the place of the log that it was read from. */
export interface Placed { readonly block: number; readonly log: number; readonly tx: Hex }

/** What a question says; a list is said once for each. */
type Values = Readonly<Record<string, string | number | readonly string[]>>;

/** [ms] After a failure, until the service is asked again. */
const PAUSE = 10_000;
/** [ms] For an answer. */
const PATIENCE = 5_000;
/** Rows of one answer, as many as the service gives. */
export const MOST_LOGS = 20_000;
export const MOST_ROWS = 1_000;

/** Topics that stand one behind the other. */
export const topicsOf = (words: string): Hex[] => Array.from({ length: words.length / 64 }, (_, i): Hex => `0x${words.slice(64 * i, 64 * i + 64)}`);

let silentUntil = 0;

/** An answer of the service; null where there is none, where it fails, or where it is of another chain than the node. */
export async function ask<T extends Told>(net: Net, path: string, values: Values = {}): Promise<T | null> {
  if (!net.service || Date.now() < silentUntil) return null;
  try {
    const url = new URL(path, net.service);
    for (const [name, value] of Object.entries(values)) for (const one of [value].flat()) url.searchParams.append(name, String(one));
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    if (!answer.ok) throw new Error(String(answer.status));
    const told = (await answer.json()) as T;
    const block = await getBlock(net.client, { blockNumber: BigInt(told.block) });
    return block.hash === told.blockHash ? told : null;
  } catch {
    silentUntil = Date.now() + PAUSE; // the node has all of it too
    return null;
  }
}

/** All pages of an answer; the oldest block of them is the one that they hold at. */
export async function askAll<T extends Told & { readonly rows: readonly unknown[]; readonly next: string | null }>(
  net: Net, path: string, values: Values,
): Promise<{ block: number; rows: T["rows"][number][] } | null> {
  const rows: T["rows"][number][] = [];
  let [block, after] = [Infinity, null as string | null];
  do {
    const told: T | null = await ask<T>(net, path, after === null ? values : { ...values, after });
    if (!told) return null;
    rows.push(...told.rows);
    block = Math.min(block, told.block);
    after = told.next;
  } while (after !== null);
  return { block, rows };
}

export const placeOf = (row: Placed): Source => ({ block: BigInt(row.block), tx: row.tx, log: row.log });

/** Tables that hold at one block, each from its oldest row to its newest; null where there is no service. */
export async function tables<R extends readonly Placed[]>(
  net: Net, ...paths: readonly string[] & { length: R["length"] }
): Promise<{ block: number; of: { [I in keyof R]: R[I][] } } | null> {
  const told = await Promise.all(paths.map((path) => askAll<Told & { rows: readonly Placed[]; next: string | null }>(net, path, { limit: MOST_ROWS })));
  const block = told[0]?.block;
  if (block === undefined || told.some((one) => one?.block !== block)) return null;
  const inPlace = (a: Placed, b: Placed) => a.block - b.block || a.log - b.log;
  return { block, of: told.map((one) => one?.rows.sort(inPlace)) as never };
}

/** Tells of each block that the data service tells of, and whether it is listened to; what it returns ends it. */
export function listen(net: Net, news: () => void, heard: (on: boolean) => void): () => void {
  if (!net.service) return () => undefined;
  const url = new URL("live", net.service);
  url.protocol = url.protocol.replace("http", "ws");
  let [over, timer] = [false, 0];
  let socket: WebSocket;
  const open = () => {
    socket = new WebSocket(url);
    socket.onopen = () => heard(true);
    socket.onmessage = ({ data }) => { if ((JSON.parse(String(data)) as { type: string }).type !== "trade") news(); };
    socket.onclose = () => {
      heard(false);
      if (!over) timer = window.setTimeout(open, PAUSE);
    };
  };
  open();
  return () => { over = true; clearTimeout(timer); socket.close(); };
}
