/** The public register: participants, plants, and their obligations, with one search over all. */

import { useState } from "preact/hooks";
import { penalties, type PenaltyStep } from "../data/penalties";
import { obligations, parties, plants, type Obligation, type Party, type Plant } from "../data/register";
import { standings, type Known, type Made, type Standing, type Stands } from "../data/standing";
import { transfers, type Transfer, type TransferCount } from "../data/transfers";
import { cents, dateOf, whole } from "../format";
import { t, word } from "../i18n";
import { useLive } from "../ui/hooks";
import { className, kindNames, regionName } from "../ui/names";
import { Await, Badge, Ev, Hex, Panel, Table, Text } from "../ui/parts";

export default function RegisterView() {
  const [part, setPart] = useState("");
  const found = useLive(async (net) => {
    const [people, sites, due, list, fines, moved] = await Promise.all([
      parties(net), plants(net), obligations(net), standings(net), penalties(net), transfers(net),
    ]);
    return { people, sites, due, list, fines, moved };
  });
  const wanted = part.trim().toLowerCase();
  const fits = (...texts: readonly unknown[]) => !wanted || texts.some((x) => String(x).toLowerCase().includes(wanted));
  /** The obligation of a line, else the entry of its plant. */
  const sourceOf = (s: Standing, due: readonly Obligation[], sites: readonly Plant[]) =>
    due.find((o) => o.plant === s.plant && o.period === s.period)?.source ?? sites.find((p) => p.id === s.plant)?.source;
  return <>
    <h1>{t("navRegister")}</h1><p class="lead">{t("registerLead")}</p>
    <div class="tools"><Text name="search" label={t("searchRegister")} value={part} set={setPart} type="search" /></div>
    <Await of={found}>{({ people, sites, due, list, fines, moved }) => <div class="grid">
      <Panel title={t("participants")} note={whole(people.length)}>
        <Table<Party> label={t("participants")} rows={people.filter((p) => fits(p.id, p.wallet, regionName(p.jurisdiction), kindNames(p.kinds)))} columns={[
          { title: t("number"), num: true, cell: (p) => p.id, sort: (p) => p.id },
          { title: t("kinds"), cell: (p) => kindNames(p.kinds), sort: (p) => p.kinds },
          { title: t("region"), cell: (p) => regionName(p.jurisdiction), sort: (p) => regionName(p.jurisdiction) },
          { title: t("status"), cell: (p) => <Badge on={p.status === 2}>{word("party", p.status)}</Badge>, sort: (p) => p.status },
          { title: t("firstWallet"), cell: (p) => <Hex of={p.wallet} /> },
          { title: t("source"), cell: (p) => <Ev of={p.source} /> },
        ]} />
      </Panel>
      <Panel title={t("plants")} note={whole(sites.length)}>
        <Table<Plant> label={t("plants")} rows={sites.filter((p) => fits(p.id, `#${p.operator}`, regionName(p.jurisdiction), className(p.scheme, p.benchmarkClass)))} columns={[
          { title: t("number"), num: true, cell: (p) => p.id, sort: (p) => p.id },
          { title: t("operator"), num: true, cell: (p) => p.operator, sort: (p) => p.operator },
          { title: t("classOf"), cell: (p) => className(p.scheme, p.benchmarkClass), sort: (p) => p.benchmarkClass },
          { title: t("region"), cell: (p) => regionName(p.jurisdiction), sort: (p) => regionName(p.jurisdiction) },
          { title: t("capacity"), num: true, cell: (p) => whole(p.capacityKw / 1000n), sort: (p) => p.capacityKw },
          { title: t("status"), cell: (p) => <Badge on={p.open}>{p.open ? t("plantOpen") : t("plantClosed")}</Badge> },
          { title: t("source"), cell: (p) => <Ev of={p.source} /> },
        ]} />
      </Panel>
      <Panel title={t("standings")} note={t("standingsNote")}>
        <Table<Standing> label={t("standings")} rows={list.filter((s) => fits(s.plant, `#${s.operator}`, s.period, t(STANDS[s.stands]), className(s.scheme, s.benchmarkClass)))} columns={[
          { title: t("plant"), num: true, cell: (s) => s.plant, sort: (s) => s.plant },
          { title: t("operator"), num: true, cell: (s) => s.operator, sort: (s) => s.operator },
          { title: t("period"), num: true, cell: (s) => s.period ?? "–", sort: (s) => s.period ?? 0 },
          { title: t("allocated"), num: true, cell: (s) => <>{tonnes(s.allocation)}<Ev of={s.sources.allocation} /></>, sort: (s) => s.allocation ?? 0n },
          { title: t("year"), num: true, cell: (s) => s.year ?? "–", sort: (s) => s.year ?? 0 },
          { title: t("verifiedT"), num: true, cell: (s) => <>{tonnes(s.verified)}<Ev of={s.sources.verified} /></>, sort: (s) => s.verified ?? 0n },
          { title: t("products"), wrap: true, cell: (s) => s.made.map((made) => <div>{madeWords(made)}</div>) },
          { title: t("surrendered"), num: true, cell: (s) => <>{tonnes(s.surrendered)}<Ev of={s.sources.surrendered} /></>, sort: (s) => s.surrendered ?? 0n },
          { title: t("owedT"), num: true, cell: (s) => <>{tonnes(s.owed)}<Ev of={s.sources.owed} /></>, sort: (s) => s.owed ?? 0n },
          { title: t("standing"), cell: (s) => <Badge on={ON[s.stands]}>{t(STANDS[s.stands])}</Badge>, sort: (s) => s.stands },
          { title: t("openPenalties"), num: true, cell: (s) => s.openPenalties, sort: (s) => s.openPenalties },
          { title: t("source"), cell: (s) => <Ev of={sourceOf(s, due, sites)} /> },
        ]} />
      </Panel>
      <Panel title={t("obligations")} note={t("obligationsNote")}>
        <Table<Obligation> label={t("obligations")} rows={due.filter((o) => fits(o.plant, `#${o.operator}`, o.period))} columns={[
          { title: t("plant"), num: true, cell: (o) => o.plant, sort: (o) => o.plant },
          { title: t("period"), num: true, cell: (o) => o.period, sort: (o) => o.period },
          { title: t("emissions"), num: true, cell: (o) => whole(o.emissions), sort: (o) => o.emissions },
          { title: t("freeAllocation"), num: true, cell: (o) => whole(o.free), sort: (o) => o.free },
          { title: t("due"), num: true, cell: (o) => whole(o.due), sort: (o) => o.due },
          { title: t("surrendered"), num: true, cell: (o) => <>{whole(o.given)}<Ev of={o.paid} /></>, sort: (o) => o.given },
          { title: t("status"), cell: (o) => <Badge on={o.state === 2 || undefined}>{o.state === 2 ? t("met") : t("owed")}</Badge>, sort: (o) => o.state },
          { title: t("source"), cell: (o) => <Ev of={o.source} /> },
        ]} />
      </Panel>
      <Panel title={t("penalties")} note={t("penaltiesNote")}>
        <Table<PenaltyStep> label={t("penalties")} empty={t("noPenalties")} rows={fines.filter((f) => fits(f.plant, f.period, word("penaltyStep", f.step)))} columns={[
          { title: t("plant"), num: true, cell: (f) => f.plant, sort: (f) => f.plant },
          { title: t("period"), num: true, cell: (f) => f.period, sort: (f) => f.period },
          { title: t("penaltyStep"), cell: (f) => `${word("penaltyStep", f.step)}${f.outcome ? `: ${word("appealOutcome", f.outcome)}` : ""}`, sort: (f) => f.step },
          { title: t("missing"), num: true, cell: (f) => tonnes(f.missing) },
          { title: t("penaltySum"), num: true, cell: (f) => (f.cents === null ? "–" : cents(f.cents)) },
          { title: t("penaltyUntil"), cell: (f) => (f.until ? dateOf(f.until) : "–") },
          { title: t("penaltyText"), cell: (f) => (f.text ? <Hex of={f.text} /> : "–") },
          { title: t("source"), cell: (f) => <Ev of={f.source} /> },
        ]} />
      </Panel>
      {moved?.counts.some((one) => one.delayDays !== null) && <Panel title={t("transfers")} note={t("transfersNote")}>
        {moved.counts.map((one) => <p class="soft">{countWords(one)}</p>)}
        <Table<Transfer> label={t("transfers")} empty={t("noTransfers")} rows={moved.rows.filter((r) => fits(r.from, r.to, r.scheme))} columns={[
          { title: t("transferDay"), cell: (r) => dateOf(r.time), sort: (r) => r.time },
          { title: t("transferKind"), cell: (r) => word("transferKind", r.kind), sort: (r) => r.kind },
          { title: t("transferFrom"), cell: (r) => r.from }, { title: t("transferTo"), cell: (r) => r.to },
          { title: t("amount"), num: true, cell: (r) => whole(r.amount), sort: (r) => r.amount },
          { title: t("source"), cell: (r) => <Ev of={r.source} /> },
        ]} />
      </Panel>}
    </div>}</Await>
  </>;
}

const KNOWN = {
  onChain: "knownOnChain", proved: "knownProved", notDisclosed: "knownNotDisclosed", notInPack: "knownNotInPack",
} as const satisfies Record<Known, string>;

/** Electricity and heat have words of the page; other products are named as their lines name them. */
const madeWords = (made: Made): string =>
  made.quantity === null ? `${t("otherProducts")}: ${t(KNOWN[made.known])}`
    : `${word("madeOf", made.product)} ${whole(made.quantity)} ${made.unit}, ${t(KNOWN[made.known])}`;

const countWords = (one: TransferCount): string => (one.delayDays === null
  ? t("transfersUnknown", { scheme: one.scheme, count: whole(BigInt(one.withinDelay)), why: t(one.stated === "not disclosed by the scheme" ? "knownNotDisclosed" : "knownNotInPack") })
  : t("transfersKnown", { scheme: one.scheme, days: one.delayDays, shown: whole(BigInt(one.public)), hidden: whole(BigInt(one.withinDelay)) }));

const STANDS = {
  complies: "standsComplies", short: "standsShort", notJudged: "standsNotJudged", closed: "standsClosed", unverified: "standsUnverified",
} as const satisfies Record<Stands, string>;
const ON: Readonly<Record<Stands, boolean | undefined>> = { complies: true, short: false, notJudged: undefined, closed: undefined, unverified: false };

const tonnes = (amount: bigint | null) => (amount === null ? "–" : whole(amount));
