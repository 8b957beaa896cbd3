import { names } from "../generated/names";
import { localName, spoken, t, word } from "../i18n";
import { ALLOWANCE, CERTIFICATE, CREDIT, ENERGY_CREDIT, unitOf } from "../data/units";
import { dateTime, decimal, whole } from "../format";
import { toHex } from "viem/utils";

/** Where a unit's id has its class. */
const CLASS_SHIFT = 96n;

type Table = Readonly<Record<string, string>>;
type SchemeName = { readonly title: string; readonly currency: string; readonly measure: string; readonly classes: Table };

const schemeNames = names.schemes as unknown as Readonly<Record<string, SchemeName>>;

/** Countries by number: the code of two letters, by which the browser knows their names, and the English name. */
const countries = names.countries as unknown as Readonly<Record<string, readonly [string, string]>>;

export const regionName = (id: number): string => localName("region", id) ?? (names.regions as Table)[id] ?? countryName(id);

export function countryName(id: number): string {
  const [code, english] = countries[id] ?? ["", String(id)];
  return code && spoken() === "zh" ? new Intl.DisplayNames("zh-CN", { type: "region" }).of(code) ?? english : english;
}

export const schemeTitle = (number: number, name = ""): string => localName("scheme", number) ?? schemeNames[number]?.title ?? name;
export const currencyOf = (scheme: number): string => schemeNames[scheme]?.currency ?? "";
export const className = (scheme: number, id: number): string => localName("class", `${scheme}.${id}`) ?? schemeNames[scheme]?.classes[id] ?? String(id);

export const kindNames = (kinds: number): string =>
  [1, 2, 4, 8, 16, 32].filter((bit) => kinds & bit).map((bit) => word("kind", bit)).join(", ");
export const rightNames = (rights: number): string =>
  [1, 2, 4, 8, 16].filter((bit) => rights & bit).map((bit) => word("right", bit)).join(", ");

/** A unit by class, scheme, vintage and batch. */
export function unitName(id: bigint): string {
  const unit = unitOf(id);
  const name = word("unit", unit.unitClass);
  if (name === String(unit.unitClass)) return `${toHex(id).slice(0, 12)}…`;
  const vintage = String(unit.vintage);
  if (unit.unitClass === CERTIFICATE) return t("unitOf", { name, vintage }) + t("ofHour", { device: unit.batch >> 32n, time: dateTime((unit.batch & 0xffffffffn) * 3600n) });
  if (unit.unitClass !== CREDIT) return t("unitOf", { name, vintage }) + (unit.batch ? ` #${unit.batch}` : "");
  const kind = unit.batch >> 61n; // the highest bits tell credits of another registry, ex ante, and set apart for use abroad
  const more = kind & 4n ? t("creditForeign") : kind & 2n ? t("creditExAnte") : kind & 1n ? t("creditAbroad") : "";
  const number = unit.batch & ((kind & 6n ? 1n << 62n : 1n << 61n) - 1n);
  return t("unitOf", { name, vintage }) + (number ? ` #${number}` : "") + more;
}

/** A node of the power market. */
export const nodeName = (n: { readonly carrier: number; readonly region: number }): string => `${word("carrier", n.carrier)} ${regionName(n.region)}`;

/** An amount of a unit in its measure: tonnes, kilowatt-hours of energy certified, or energy credits. */
export function amountOf(id: bigint, amount: bigint): string {
  const of = unitOf(id).unitClass;
  if (of === CERTIFICATE) return `${decimal(amount, 3, 0)} kWh`;
  return of === ENERGY_CREDIT ? t("creditsAmount", { amount: decimal(amount, 6, 0) }) : `${whole(amount)} ${t("tonne")}`;
}

/** Amounts of several units, summed up by measure. */
export function amountsOf(all: readonly { readonly unit: bigint; readonly amount: bigint }[]): string {
  const sums = new Map<bigint, bigint>();
  for (const { unit, amount } of all) {
    const { unitClass } = unitOf(unit);
    const measure = unitClass === CREDIT ? ALLOWANCE : unitClass; // both in tonnes
    sums.set(measure, (sums.get(measure) ?? 0n) + amount);
  }
  return [...sums].map(([measure, sum]) => amountOf(measure << CLASS_SHIFT, sum)).join(" · ") || `${whole(0)} ${t("tonne")}`;
}
