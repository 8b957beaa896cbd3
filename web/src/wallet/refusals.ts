/** Reverts as sentences with remedies; the texts are those of the project's command line. */

import { decodeErrorResult, parseAbiItem, toFunctionSelector, type AbiItem, type AbiParameter, type Hex } from "viem";
import { Refusal } from "../told";
import { cents, dateTime, dayOf, decimal, isMoment, money, whole, zoneName } from "../format";
import { spoken, t } from "../i18n";
import { unitOf } from "../data/units";
import { unitName } from "../ui/names";

type AbiError = Extract<AbiItem, { type: "error" }>;

/** How a value is written: words by number, 0.0001 or 0.01 of the currency, micro-credits, price steps, a time of day [s], a day since 1970. */
type Form = readonly string[] | "money" | "cents" | "credits" | "steps" | "hour" | "day";

/** What a price step of the market at hand is worth, in words. */
export type Prices = (step: number) => string;

/** An error of a contract: signature, sentence, and where it has them remedy and forms of values by name. */
type Row = readonly [string, string, string?, Readonly<Record<string, Form>>?];

interface Known { readonly item: AbiError; readonly sentence: string; readonly remedy: string; readonly forms: Readonly<Record<string, Form>> }

let book: Map<string, Known> | undefined;

async function known(selector: string): Promise<Known | undefined> {
  if (!book) {
    const { errors } = await import("../generated/errors");
    book = new Map();
    for (const [signature, sentence, remedy = "", forms = {}] of errors as readonly Row[]) {
      const item = parseAbiItem(`error ${signature}`) as AbiError;
      book.set(toFunctionSelector(`function ${item.name}(${item.inputs.map(typeOf).join(",")})`), { item, sentence, remedy, forms });
    }
  }
  return book.get(selector);
}

function typeOf(input: AbiParameter): string {
  if (!("components" in input)) return input.type;
  return `(${input.components.map(typeOf).join(",")})${input.type.slice(5)}`;
}

const codeName = (name: string) =>
  name.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z0-9])(?=[A-Z][a-z])/g, "_").toUpperCase();

/** Names of values that are ids of units, where they are of a class, and the last of the classes. */
const UNITS = ["id", "unit", "credit", "paidFrom", "tokenId"];
const LAST_CLASS = 4n;
const isUnit = (id: bigint) => id >> 104n === 0n && unitOf(id).unitClass > 0n && unitOf(id).unitClass <= LAST_CLASS;

async function formed(form: Form, value: bigint, prices?: Prices): Promise<string> {
  if (form === "money") return money(value);
  if (form === "cents") return cents(value);
  if (form === "credits") return decimal(value, 6, 0);
  if (form === "day") return dayOf(value);
  if (form === "steps") return prices ? prices(Number(value)) : t("priceSteps", { steps: whole(value) });
  if (form === "hour") return new Date(Number(value) * 1000).toISOString().slice(11, 16);
  const word = form[Number(value)] ?? String(value);
  if (spoken() !== "zh") return word;
  const { words } = await import("../i18n/refusals.zh");
  return words[word] ?? word;
}

const shown = (name: string, value: unknown): string =>
  typeof value === "bigint" && isMoment(name, value) ? `${dateTime(value)} (${zoneName()})`
    : name === "opensAt" && value === 0n ? t("noDayListed")
    : typeof value === "bigint" && UNITS.includes(name) && isUnit(value) ? unitName(value)
    : typeof value === "bigint" ? (value === 2n ** 256n - 1n ? t("bandNone") : value.toLocaleString("en-GB"))
    : typeof value === "object" ? JSON.stringify(value, (_, v: unknown) => (typeof v === "bigint" ? String(v) : v)) : String(value);

/** What a call was refused with; undefined where the data of the refusal are those of no contract. */
export async function refusalOf(data: Hex | undefined, prices?: Prices): Promise<Refusal | undefined> {
  if (!data || data.length < 10) return undefined;
  if (data.startsWith("0x08c379a0") || data.startsWith("0x4e487b71")) {
    const { errorName, args } = decodeErrorResult({ abi: [
      { type: "error", name: "Error", inputs: [{ name: "reason", type: "string" }] },
      { type: "error", name: "Panic", inputs: [{ name: "code", type: "uint256" }] },
    ], data });
    return new Refusal(errorName.toUpperCase(), String(args[0]), "");
  }
  const found = await known(data.slice(0, 10));
  if (!found) return new Refusal(data.slice(0, 10), data.slice(0, 74), "");
  const values: Record<string, string> = {};
  const { args } = decodeErrorResult({ abi: [found.item], data });
  for (const [i, input] of found.item.inputs.entries()) {
    const [name, value] = [input.name ?? `v${i}`, (args as readonly unknown[] | undefined)?.[i]];
    const form = found.forms[name];
    values[name] = form && value !== undefined ? await formed(form, BigInt(value as bigint), prices) : shown(name, value);
  }
  const code = codeName(found.item.name);
  const [sentence, remedy] = await translated(found.item.name, found.sentence, found.remedy);
  const used = new Set<string>();
  const text = sentence.replace(/\{(\w+)\}|`(\w+)`/g, (whole, braced?: string, quoted?: string) => {
    const name = braced ?? quoted ?? "";
    if (!(name in values)) return quoted ?? whole;
    used.add(name);
    return braced ? (values[name] ?? "") : `${name.replace(/([A-Z])/g, " $1").toLowerCase()} ${values[name]}`;
  });
  const rest = Object.entries(values).filter(([name]) => !used.has(name)).map(([name, value]) => `${name} ${value}`).join(", ");
  return new Refusal(code, `${text.charAt(0).toUpperCase()}${text.slice(1)}${rest ? ` (${rest})` : ""}.`, remedy);
}

async function translated(name: string, sentence: string, remedy: string): Promise<readonly [string, string]> {
  if (spoken() !== "zh") return [sentence, remedy];
  const { refusals } = await import("../i18n/refusals.zh");
  return refusals[name] ?? [sentence, remedy];
}

/** The data of a revert inside an error of the node's answer, wherever that node puts them. */
export function revertData(error: unknown): Hex | undefined {
  for (let e = error as { data?: unknown; cause?: unknown } | undefined, i = 0; e && i < 8; e = e.cause as typeof e, i++) {
    const data = typeof e.data === "object" && e.data !== null ? (e.data as { data?: unknown; result?: unknown }).data ?? (e.data as { result?: unknown }).result : e.data;
    if (typeof data === "string" && /^0x([0-9a-f]{2})*$/i.test(data)) return data as Hex;
  }
  return undefined;
}
