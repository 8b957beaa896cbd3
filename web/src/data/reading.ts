/** An interval of a meter's own: its oracle's receipt, held against the commitment that the chain has of all meters of the node. */

import { bytesToHex, concat, hexToBytes, keccak256, numberToHex, sha256, slice, stringToBytes, type Hex } from "viem";
import { meterOracleAbi } from "../generated/abi/MeterOracle";
import { powerGridAbi } from "../generated/abi/PowerGrid";
import { events, read, sourceOf, type Net, type Source } from "../net";
import { Told } from "../told";
import { pack, unpack } from "../words";
import { cleared, nodes } from "./power";

/** What `tonne meters receipt --json` prints, as far as it is read here. */
export interface Receipt {
  readonly node: number; readonly start: number; readonly meter: number; readonly place: number; readonly leaves: number;
  readonly importWh: number; readonly exportWh: number; readonly importRegisterWh: number; readonly exportRegisterWh: number;
  readonly quality: string; readonly sequence: number; readonly signedBy: string;
  readonly secret: string; readonly registerSalt: string; readonly record: string; readonly proof: string;
}

const NUMBERS = ["node", "start", "meter", "place", "leaves", "importWh", "exportWh", "importRegisterWh", "exportRegisterWh", "sequence"] as const;
/** Texts of hexadecimal digits, with their bytes; -1: any number of them. */
const BYTES = { secret: 32, registerSalt: 16, record: 32, proof: -1 } as const;
export const QUALITIES = ["settled", "provisional", "substituted", "held"] as const;
const HELD = 3;
/** Of a leaf's number of a record: a gateway signed it. */
const GATEWAY = 2 ** 39;

const READING = { quality: 8, sequence: 40, exportWh: 40, importWh: 40, registers: 128 } as const;
const SUMS = { importWh: 48, exportWh: 48, settled: 24, provisional: 24, substituted: 24, held: 24 } as const;
/** [bytes] Of a hash in the tree, and of the sums beside it. */
const HASH = 22;
const SUM = 24;

/** A file's content as a receipt; refused in words where it is none. */
export function receiptOf(said: unknown): Receipt {
  const found = said as Record<string, unknown> | null;
  const good = typeof found === "object" && found !== null
    && NUMBERS.every((name) => Number.isSafeInteger(found[name]) && Number(found[name]) >= 0)
    && Object.entries(BYTES).every(([name, size]) => typeof found[name] === "string" && (size < 0 ? /^([0-9a-f]{2})*$/ : new RegExp(`^[0-9a-f]{${2 * size}}$`)).test(found[name] as string))
    && (QUALITIES as readonly string[]).includes(String(found["quality"])) && ["meter", "gateway", "none"].includes(String(found["signedBy"]))
    && (found["sequence"] === 0) === (found["signedBy"] === "none");
  if (!good) throw new Told("receiptForm");
  return found as unknown as Receipt;
}

/** What is shown of a receipt. `stands` says whether it is under the chain's commitment. */
export interface OwnInterval {
  readonly receipt: Receipt; readonly stands: boolean; readonly intervalS: number; readonly price: bigint | undefined; readonly source: Source | undefined; readonly priced: Source | undefined;
}

/** Nothing of the receipt is told to the node but whose interval it may be: the way to the root is gone here. */
export async function ownInterval(net: Net, receipt: Receipt): Promise<OwnInterval> {
  const { node, start } = receipt;
  const [state, meters, posted, grid] = await Promise.all([
    read(net, "MeterOracle", meterOracleAbi, "stateOf", node, start), read(net, "MeterOracle", meterOracleAbi, "node", node),
    events(net, "MeterOracle", meterOracleAbi, "IntervalPosted", { node, start }), nodes(net),
  ]);
  if (!posted.length) throw new Told("notPosted");
  const [metering, prices] = await Promise.all([Promise.all(grid.map((n) => read(net, "PowerGrid", powerGridAbi, "node", n.id))), cleared(net, grid.length)]);
  const place = metering.findIndex((one) => one.metering === node);
  const one = prices.find((c) => c.start === start);
  const last = posted.at(-1);
  return {
    receipt, stands: commitmentOf(receipt) === state.commitment, intervalS: meters.intervalS,
    price: place < 0 ? undefined : one?.prices[place], source: last && sourceOf(last), priced: one?.source,
  };
}

// The tree, as tonne/meters/leaves.py and tonne/crypto/merkle_sum.py have it

/** HMAC-SHA-256. */
function mac(key: Hex, data: Uint8Array): Hex {
  const block = new Uint8Array(64);
  block.set(hexToBytes(key));
  const pad = (byte: number) => block.map((b) => b ^ byte);
  return sha256(concat([pad(0x5c), sha256(concat([pad(0x36), data]), "bytes")]));
}

/** 32 bytes that follow from a leaf's secret, each for a purpose: HKDF-Expand. */
const expand = (secret: Hex, purpose: string): Hex => mac(secret, concat([stringToBytes(purpose), new Uint8Array([1])]));

const word = (value: bigint | number, size = 32): Hex => numberToHex(value, { size });

/** The commitment to root and sums of the tree that a receipt's leaf is in; null where its way leads to no root. */
export function commitmentOf(r: Receipt): bigint | null {
  const secret: Hex = `0x${r.secret}`;
  const quality = (QUALITIES as readonly string[]).indexOf(r.quality);
  const opening = concat([`0x${r.registerSalt}`, word(r.importRegisterWh, 8), word(r.exportRegisterWh, 8)]);
  const reading = pack({
    quality: BigInt(quality), sequence: BigInt(r.sequence + (r.signedBy === "gateway" ? GATEWAY : 0)), exportWh: BigInt(r.exportWh), importWh: BigInt(r.importWh),
    registers: BigInt(slice(sha256(opening), 0, 16)),
  }, READING);
  const leaf = concat(["0x00", keccak256(concat([expand(secret, "meter"), word(r.meter)])), word(reading), keccak256(concat([expand(secret, "record"), `0x${r.record}`]))]);
  const counts = quality !== HELD;
  const sums = pack({
    importWh: counts ? BigInt(r.importWh) : 0n, exportWh: counts ? BigInt(r.exportWh) : 0n, [QUALITIES[quality] ?? "held"]: 1n,
  }, SUMS);
  const root = climb(slice(keccak256(leaf), 0, HASH), sums, r.place, r.leaves, hexToBytes(`0x${r.proof}`));
  if (!root) return null;
  const padded = concat([root.hash, word(0, 32 - HASH), word(root.sums)]);
  return BigInt(slice(keccak256(padded), 0, HASH));
}

/** Root and sums above a leaf; null where the proof has another length or the sums are of another number of leaves. */
function climb(leaf: Hex, own: bigint, index: number, count: number, proof: Uint8Array): { hash: Hex; sums: bigint } | null {
  if (index >= count) return null;
  let [hash, sums, rest] = [leaf, own, proof];
  for (let at = index, last = count - 1; last; at >>= 1, last >>= 1) {
    if ((at ^ 1) > last) continue;
    if (rest.length < HASH + SUM) return null;
    const other = { hash: bytesToHex(rest.slice(0, HASH)), sums: BigInt(bytesToHex(rest.slice(HASH, HASH + SUM))) };
    rest = rest.slice(HASH + SUM);
    const [left, right] = at & 1 ? [other, { hash, sums }] : [{ hash, sums }, other];
    hash = slice(keccak256(concat(["0x01", left.hash, word(left.sums, SUM), right.hash, word(right.sums, SUM)])), 0, HASH);
    sums += other.sums;
    if (sums >> BigInt(8 * SUM)) return null;
  }
  const { settled, provisional, substituted, held } = unpack(sums, SUMS);
  return rest.length === 0 && settled + provisional + substituted + held === BigInt(count) ? { hash, sums } : null;
}
