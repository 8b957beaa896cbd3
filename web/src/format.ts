import { spoken } from "./i18n";
import { Told } from "./told";

const locale = () => (spoken() === "zh" ? "zh-CN" : "en-GB");

/** Currency is in 0.0001 on the ledger, in 0.01 in wallets. */
export const LEDGER = 4;
export const CENTS = 2;

/** A whole number with separators. */
export const whole = (value: bigint | number): string => value.toLocaleString(locale());

/** A number of 10^-`places`, with at least `least` decimals and no further zeros. */
export function decimal(value: bigint, places: number, least = 2): string {
  const negative = value < 0n;
  const digits = (negative ? -value : value).toString().padStart(places + 1, "0");
  const fraction = digits.slice(digits.length - places).replace(/0+$/, "").padEnd(least, "0");
  const units = BigInt(digits.slice(0, digits.length - places)).toLocaleString(locale());
  return (negative ? "−" : "") + units + (fraction ? `.${fraction}` : "");
}

export const money = (value: bigint): string => decimal(value, LEDGER);
export const cents = (value: bigint): string => decimal(value, CENTS);

/** A number typed by a person as a whole number of 10^-`places`; null where it is none. */
export function parsed(text: string, places = 0): bigint | null {
  const plain = text.trim().replace(/[,，\s_]/g, "");
  const match = /^(\d+)(?:\.(\d+))?$/.exec(plain);
  if (!match) return null;
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > places) return null;
  return BigInt(match[1] + fraction.padEnd(places, "0"));
}

/** Time zone of the market [s east of UTC]; set when a scheme is known. */
let zone = 0;
export const setZone = (seconds: number): void => { zone = seconds; };
export const zoneOf = (): number => zone;

const shifted = (seconds: number | bigint) => new Date((Number(seconds) + zone) * 1000).toISOString();
export const dateTime = (seconds: number | bigint): string => shifted(seconds).slice(0, 16).replace("T", " ");
/** From one moment to another; the day once where both are of it. */
export function spanOf(from: number | bigint, until: number | bigint): string {
  const [first, last] = [dateTime(from), dateTime(until)];
  return `${first} – ${first.slice(0, 10) === last.slice(0, 10) ? last.slice(11) : last}`;
}
export const clockTime = (seconds: number | bigint): string => shifted(seconds).slice(11, 19);
export const dateOf = (seconds: number | bigint): string => shifted(seconds).slice(0, 10);
export const dayOf = (days: number | bigint): string => new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
/** Days since 1970 of a date as a form gives it, YYYY-MM-DD. */
export function dayNumber(text: string): number {
  const found = Date.parse(`${text}T00:00:00Z`);
  if (Number.isNaN(found)) throw new Told("badDay", { text });
  return found / 86_400_000;
}
export const zoneName = (): string => {
  const minutes = Math.abs(zone) / 60;
  const pad = (n: number) => String(Math.floor(n)).padStart(2, "0");
  return zone === 0 ? "UTC" : `UTC${zone < 0 ? "−" : "+"}${pad(minutes / 60)}:${pad(minutes % 60)}`;
};

/** Names of values that are moments; a value is one within these bounds [s]. */
const MOMENTS = /(At|Until|From|Before|since|earliest|latest|deadline|from|until|notBefore)$/i;
export const isMoment = (name: string, value: bigint): boolean => MOMENTS.test(name) && value > 1_000_000_000n && value < 10_000_000_000n;

export const short = (hex: string): string => (hex.length > 14 ? `${hex.slice(0, 8)}…${hex.slice(-4)}` : hex);
export const percent = (ppm: number | bigint): string => `${(Number(ppm) / 10_000).toLocaleString(locale(), { maximumFractionDigits: 3 })} %`;

/** Text from the chain without what could reorder or hide its neighbours. */
export const harmless = (text: string): string =>
  [...text].filter((c) => !/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/u.test(c)).join("").slice(0, 400);
