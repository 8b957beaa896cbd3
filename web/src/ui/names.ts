import { names } from "../generated/names";
import { localName, spoken, t, word } from "../i18n";
import { unitOf } from "../data/units";
import { toHex } from "viem/utils";

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
  const batch = unit.batch ? ` #${unit.batch & ((1n << 61n) - 1n)}` : "";
  return t("unitOf", { name, vintage: String(unit.vintage) }) + batch;
}
