/** Schemes side by side: what each discloses, its periods, and every parameter on the chain. */

import { useState } from "preact/hooks";
import { schemes, type Scheme } from "../data/schemes";
import { cents, dateOf, dayOf, harmless, percent, whole } from "../format";
import { t } from "../i18n";
import { useLive } from "../ui/hooks";
import { schemeTitle } from "../ui/names";
import { Await, Ev, Panel, Table, Text } from "../ui/parts";

export default function SchemesView() {
  const found = useLive(schemes);
  const [part, setPart] = useState("");
  return <>
    <h1>{t("navSchemes")}</h1><p class="lead">{t("schemesLead")}</p>
    <Await of={found}>{(list) => list.length ? <div class="grid">
      <Panel title={t("disclosures")}><Side list={list} label={t("disclosures")} rows={vintages(list)} title={(v) => String(v)} head={t("vintage")}
        cell={(s, v) => { const d = s.disclosures.find((x) => x.vintage === v); return d ? <>{t("disclosed", { cap: whole(d.cap), free: whole(d.free), auction: whole(d.auction) })}<Ev of={d.source} /></> : null; }} /></Panel>
      <Panel title={t("periods")}><Side list={list} label={t("periods")} rows={periodIds(list)} title={(p) => String(p)} head={t("period")}
        cell={(s, id) => { const p = s.periods.find((x) => x.id === id); return p ? <>{t("periodTerms", { first: p.first, last: p.last, report: dateOf(p.report), surrender: dateOf(p.surrender) })}<Ev of={p.source} /></> : null; }} /></Panel>
      <Panel title={t("parameters")} note={t("parametersNote")}>
        <div class="body tools"><Text name="parameter" label={t("search")} value={part} set={setPart} type="search" /></div>
        <Side list={list} label={t("parameters")} class="compare" rows={keys(list).filter((k) => k.includes(part.trim().toLowerCase()))} title={(k) => k} head={t("parameter")}
          cell={(s, k) => { const p = s.params.get(k); return p ? <><span title={t("since", { day: dayOf(p.from) })}>{valued(k, p.value)}</span><Ev of={p.source} /></> : null; }} />
      </Panel>
    </div> : <p class="note">{t("none")}</p>}</Await>
  </>;
}

const DAY = 86_400n;

/** A parameter's value in the unit that the end of its key names. */
function valued(key: string, value: bigint): string {
  if (key.endsWith("_ppm")) return percent(value);
  if (key.endsWith("_cents") || key.endsWith("_cents_per_t")) return cents(value);
  if (key.endsWith("_s") && value % DAY === 0n) return t("days", { days: whole(value / DAY) });
  return key.includes("vintage") ? String(value) : whole(value);
}

const vintages = (list: readonly Scheme[]) => [...new Set(list.flatMap((s) => s.disclosures.map((d) => d.vintage)))].sort();
const periodIds = (list: readonly Scheme[]) => [...new Set(list.flatMap((s) => s.periods.map((p) => p.id)))].sort((a, b) => a - b);
const keys = (list: readonly Scheme[]) => [...new Set(list.flatMap((s) => [...s.params.keys()]))].sort();

/** A key that breaks behind its dots and underscores. */
const pieces = (key: string) => key.split(/(?<=[._])/).map((part) => <>{part}<wbr /></>);

/** One column a scheme; what a scheme does not say stays a dash, never a zero. */
function Side<R>(props: { list: readonly Scheme[]; label: string; rows: readonly R[]; head: string; title: (row: R) => string; cell: (s: Scheme, row: R) => preact.ComponentChildren; class?: string }) {
  return <Table<R> label={props.label} rows={props.rows} class={props.class ?? ""} columns={[
    { wrap: true, title: props.head, cell: (row) => <span class="mono">{pieces(harmless(props.title(row)))}</span> },
    ...props.list.map((s) => ({
      wrap: true, title: `${s.number} · ${schemeTitle(s.number, harmless(s.name))}${s.active ? "" : ` · ${t("notActive")}`}`, cell: (row: R) => props.cell(s, row) ?? <span class="soft" title={t("notDisclosed")}>–</span>,
    })),
  ]} />;
}
