import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../i18n";
import type { Source } from "../net";
import { Refusal, Told } from "../told";
import { short } from "../format";
import type { Loaded } from "./hooks";

export const eventPath = (of: Source): string => `#/event/${of.tx}/${of.log}`;

/** The link from a figure to the event that it comes from. */
export function Ev({ of }: { of: Source | undefined }) {
  if (!of) return null;
  return (
    <a class="ev" href={eventPath(of)} title={`${t("event")} ${of.block} · ${of.log}`}
      aria-label={t("eventLink", { block: of.block, log: of.log })}>
      {String(of.block)}
    </a>
  );
}

export function Panel(props: { title: string; note?: ComponentChildren; class?: string; children: ComponentChildren }) {
  return (
    <section class={`panel ${props.class ?? ""}`} aria-label={props.title}>
      <header><h2>{props.title}</h2>{props.note && <span class="soft">{props.note}</span>}</header>
      {props.children}
    </section>
  );
}

export interface Column<R> {
  readonly title: string;
  readonly cell: (row: R) => ComponentChildren;
  readonly num?: boolean;
  readonly wrap?: boolean;
  readonly sort?: (row: R) => number | bigint | string;
}

/** A table of rows; a column with `sort` is sorted by its button. Long tables grow on demand. */
export function Table<R>(props: {
  label: string; columns: readonly Column<R>[]; rows: readonly R[]; empty?: string; first?: number; class?: string;
}) {
  const [order, setOrder] = useState<{ column: number; down: boolean } | null>(null);
  const [shown, setShown] = useState(props.first ?? 100);
  if (!props.rows.length) return <div class="empty">{props.empty ?? t("none")}</div>;
  const by = order && props.columns[order.column]?.sort;
  const rows = by ? [...props.rows].sort((a, b) => {
    const [x, y] = [by(a), by(b)];
    return (x < y ? -1 : x > y ? 1 : 0) * (order.down ? -1 : 1);
  }) : props.rows;
  const turn = (column: number) => setOrder((o) => ({ column, down: o?.column === column ? !o.down : true }));
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={props.label}>
      <table class={props.class}>
        <thead><tr>{props.columns.map((c, i) => (
          <th class={c.num ? "num" : ""} scope="col"
            aria-sort={order?.column === i ? (order.down ? "descending" : "ascending") : undefined}>
            {c.sort ? <button class="plain" onClick={() => turn(i)}>{c.title}{order?.column === i ? (order.down ? " ↓" : " ↑") : ""}</button> : c.title}
          </th>))}</tr></thead>
        <tbody>{rows.slice(0, shown).map((row) => (
          <tr>{props.columns.map((c) => <td class={`${c.num ? "num" : ""} ${c.wrap ? "wrap" : ""}`}>{c.cell(row)}</td>)}</tr>
        ))}</tbody>
      </table>
      {rows.length > shown && <div class="empty"><button onClick={() => setShown(shown * 4)}>{t("more", { shown, all: rows.length })}</button></div>}
    </div>
  );
}

/** What a loading value shows meanwhile, or why it cannot be shown. */
export function Await<T>({ of, children }: { of: Loaded<T>; children: (value: T) => ComponentChildren }) {
  if (of.value !== undefined) return <>{children(of.value)}</>;
  if (of.error !== undefined) return <Trouble error={of.error} />;
  return <div class="empty" role="status">{t("loading")}</div>;
}

/** An error in words: a contract's refusal with its remedy, or the page's own. */
export function Trouble({ error }: { error: unknown }) {
  if (error instanceof Refusal) {
    return <p class="note bad" role="alert"><strong>{error.sentence}</strong><Coded text={error.remedy} /> <span class="mono soft">{error.code}</span></p>;
  }
  return <p class="note bad" role="alert"><Coded text={saying(error)} /></p>;
}

/** A text whose `commands` are set as code. */
export const Coded = ({ text }: { text: string }) =>
  <>{text.split("`").map((part, i) => (i % 2 ? <code>{part}</code> : part))}</>;

export function saying(error: unknown): string {
  if (error instanceof Refusal) return `${error.sentence} ${error.remedy}`;
  if (error instanceof Told) return t(error.key, error.values);
  const name = (error as { name?: string } | null)?.name ?? "";
  if (/^(HttpRequest|Timeout|TypeError)/.test(name)) return t("nodeDown");
  return t("unexpected", { text: String((error as { shortMessage?: string; message?: string })?.shortMessage ?? (error as Error)?.message ?? error).slice(0, 300) });
}

export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return <dl class="facts">{of.map(([name, value]) => <><dt>{name}</dt><dd>{value}</dd></>)}</dl>;
}

export function Stats({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return <dl class="stats">{of.map(([name, value]) => <div><dt>{name}</dt><dd>{value}</dd></div>)}</dl>;
}

export function Hex({ of }: { of: string }) {
  return <span class="mono" title={of}>{short(of)}</span>;
}

export function Field(props: { label: string; children: JSX.Element }) {
  return <label><span>{props.label}</span>{props.children}</label>;
}

export function Text(props: {
  label: string; value: string; set: (value: string) => void; type?: string; mode?: "decimal" | "numeric"; name: string; required?: boolean;
}) {
  return (
    <Field label={props.label}>
      <input name={props.name} type={props.type ?? "text"} inputMode={props.mode ?? (props.type ? undefined : "text")} value={props.value} autocomplete="off"
        required={props.required} onInput={(e) => props.set(e.currentTarget.value)} />
    </Field>
  );
}

export function Choice(props: {
  label: string; value: string; set: (value: string) => void; name: string; of: readonly (readonly [string, string])[];
}) {
  return (
    <Field label={props.label}>
      <select name={props.name} value={props.value} onChange={(e) => props.set(e.currentTarget.value)}>
        {props.of.map(([value, text]) => <option value={value}>{text}</option>)}
      </select>
    </Field>
  );
}

export const Badge = ({ on, children }: { on?: boolean | undefined; children: ComponentChildren }) =>
  <span class={`pill ${on === undefined ? "" : on ? "on" : "off"}`}>{children}</span>;
