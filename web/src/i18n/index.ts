/** The page's texts: English here in the bundle, Chinese loaded when it is chosen. */

import { en } from "./en";

export type Key = keyof typeof en;
export type Texts = Readonly<Record<Key, string>>;
export type Language = "en" | "zh";

export type LocalNames = Readonly<Record<"region" | "scheme" | "class", Readonly<Record<string, string>>>>;

let texts: Texts = en;
let local: LocalNames | undefined;
let language: Language = "en";

export async function speak(wanted: Language): Promise<void> {
  if (wanted === "zh") [{ zh: texts }, { names: local }] = await Promise.all([import("./zh"), import("./names.zh")]);
  else [texts, local] = [en, undefined];
  language = wanted;
  document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
}

export const spoken = (): Language => language;

/** The text of a key, with `{name}` replaced by values. */
export function t(key: Key, values: Readonly<Record<string, string | number | bigint>> = {}): string {
  return texts[key].replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}

/** The name that the page's language has for what a rule pack names in English; undefined where it has none. */
export const localName = (list: keyof LocalNames, id: number | string): string | undefined => local?.[list][id];

/** A word of a numbered list, such as a status; the number itself where the list ends before it. */
export function word(list: string, index: number | bigint | string): string {
  const key = `${list}${index}`;
  return key in texts ? texts[key as Key] : String(index);
}

export function settingOf(name: "language" | "theme"): string | null {
  try {
    return localStorage.getItem(`tonne.${name}`);
  } catch {
    return null; // storage is refused to the page
  }
}

export function keepSetting(name: "language" | "theme", value: string): void {
  try {
    localStorage.setItem(`tonne.${name}`, value);
  } catch {
    // the choice holds until the page is closed
  }
}
