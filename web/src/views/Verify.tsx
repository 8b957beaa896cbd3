/** A verifier's desk: reports that await a signature, compared with last year and with their class, signed, downloaded. */

import { useState } from "preact/hooks";
import { inbox, compare, openDraft, saidOf, signAs, awaitedOf, type Draft, type Compared, type InboxRow } from "../data/drafts";
import { findingOf, VERDICTS, type Finding, type Said, type Verdict } from "../data/verdicts";
import { schemes } from "../data/schemes";
import { dateTime, whole } from "../format";
import { t, word } from "../i18n";
import { offer, pickedJson } from "../ui/files";
import { useLive, useShared } from "../ui/hooks";
import { className, schemeTitle } from "../ui/names";
import { Await, Badge, Choice, Ev, Facts, Panel, Stats, Table, Text, Trouble } from "../ui/parts";
import { Told } from "../told";
import { useDesk } from "../wallet/desk";
import { onChain } from "../wallet/providers";

export default function VerifyView() {
  const { now } = useShared();
  const [drafts, setDrafts] = useState<readonly Draft[]>([]);
  const [at, setAt] = useState(-1);
  const [scheme, setScheme] = useState("1");
  const [year, setYear] = useState(String(new Date(now * 1000).getUTCFullYear() - 1));
  const [error, setError] = useState<unknown>(null);
  const known = useLive(schemes);
  const rows = useLive((net) => inbox(net, Number(scheme), Number(year) || 0), scheme, year);
  const { net } = useShared();
  const load = async (files: readonly File[]) => {
    setError(null);
    const fresh = await Promise.all(files.map(async (file) => openDraft(net, await pickedJson(file))));
    setDrafts((old) => [...old, ...fresh]);
    if (at < 0 && fresh.length) setAt(drafts.length);
  };
  const current = drafts[at];
  return <>
    <h1>{t("navVerify")}</h1><p class="lead">{t("verifyLead")}</p>
    <div class="tools">
      <Choice name="scheme" label={t("scheme")} value={scheme} set={setScheme} of={(known.value ?? []).map((s) => [String(s.number), schemeTitle(s.number, s.name)] as const)} />
      <Text name="year" label={t("year")} value={year} set={setYear} mode="numeric" />
      <label><span>{t("draftFiles")}</span><input name="drafts" type="file" multiple accept=".json,application/json" onChange={(e) => { load([...(e.currentTarget.files ?? [])]).catch(setError); }} /></label>
    </div>
    {error !== null && <Trouble error={error} />}
    <div class="grid">
      <Panel title={t("inbox")}><Await of={rows}>{(list) => <Table<InboxRow> label={t("inbox")} rows={list} first={50} columns={[
        { title: t("plant"), num: true, cell: (r) => r.plant, sort: (r) => r.plant },
        { title: t("classOf"), cell: (r) => className(Number(scheme), r.benchmarkClass) },
        { title: t("status"), cell: (r) => <Badge on={r.status === 1 || r.status === 4 ? true : undefined}>{word("report", r.status)}</Badge>, sort: (r) => r.status },
        { title: t("emissions"), num: true, cell: (r) => (r.revision ? whole(r.emissions) : "–") },
        { title: t("finalFrom"), cell: (r) => (r.finalAt ? dateTime(r.finalAt) : "–") },
        { title: t("source"), cell: (r) => <Ev of={r.source} /> },
        { title: t("draft"), cell: (r) => {
          const i = drafts.findIndex((d) => d.signed.report.installation === r.plant && d.signed.report.year === Number(year));
          return i < 0 ? "–" : <button class="plain" onClick={() => setAt(i)}>{awaitedOf(drafts[i] as Draft).map((role) => word("role", role)).join(", ") || t("complete")}</button>;
        } },
      ]} />}</Await></Panel>
      {current && <One draft={current} set={(d) => setDrafts((all) => all.map((x, i) => (i === at ? d : x)))} />}
    </div>
  </>;
}

/** Factors of a line's fuel, of which its CO2 follows; the file may be anybody's. */
function fuelOf(line: Record<string, unknown>): string {
  const fuel = line["fuel"] as Record<string, unknown> | null | undefined;
  if (typeof fuel !== "object" || fuel === null) return "–";
  const factors = `${String(fuel["ncvMj"])} MJ/${String(line["unit"])} · ${String(fuel["carbonGPerGj"])} g C/GJ · ${Number(fuel["oxidationPpm"]) / 1e4} %`;
  return `${factors} · ${word("fuel_", String(fuel["method"]))} · ${t("tierNumber", { tier: String(fuel["tier"]) })}`.slice(0, 120);
}

function One({ draft, set }: { draft: Draft; set: (draft: Draft) => void }) {
  const { net, me } = useShared();
  const desk = useDesk();
  const [error, setError] = useState<unknown>(null);
  const [wanted, want] = useState<Said>({ verdict: "unqualified", findings: [] });
  const r = draft.signed.report;
  const fixed = saidOf(draft);
  const found = useLive((n) => compare(n, draft), r.installation, r.year, r.revision, draft.opinions.length, draft.statements.length);
  const sign = async (role: "operator" | "lead" | "reviewer") => {
    setError(null);
    if (!me || !desk.provider) throw new Told("connectFirst");
    await onChain(desk.provider, net);
    set(await signAs(net, desk.provider, me.address, draft, role, wanted));
  };
  const name = `${r.installation}-${r.year}.draft.json`;
  return <div class="grid two">
    <Panel title={t("reportOf", { plant: r.installation, year: r.year })} note={t("revisionNumber", { revision: r.revision })}>
      <Stats of={[[t("emissions"), `${whole(r.emissionsT)} ${t("tonne")}`], ["MWh", whole(r.powerMwh)], ["GJ", whole(r.heatGj)], [t("linesCount"), whole(r.lineCount)]]} />
      <Table<Record<string, unknown>> label={t("lines")} rows={draft.signed.lines} columns={[...["category", "product", "source", "quantity", "unit"].map((key) => ({
        title: word("line_", key as never), num: key === "quantity", cell: (line: Record<string, unknown>) => String(line[key] ?? "–").slice(0, 60),
      })), { title: t("line_fuel"), wrap: true, cell: fuelOf }]} />
    </Panel>
    <Panel title={t("comparison")}><div class="body grid">
      <Await of={found}>{(c: Compared) => <><Facts of={[
        [t("intensity"), c.intensity === null ? t("noPower") : `${whole(c.intensity)} g/kWh`],
        [t("yearBefore"), c.before === null ? t("nothingOnRecord") : <>{`${whole(c.before)} g/kWh (${c.change > 0 ? "+" : ""}${(c.change * 100).toFixed(1)} %)`}<Ev of={c.source} /></>],
        [t("classMedian"), c.median === null ? t("noPeers") : `${whole(c.median)} g/kWh`],
        [t("rank"), c.rank ? t("rankOf", { rank: c.rank, of: c.peers + 1 }) : "–"],
        [t("operatorSigned"), <Badge on={c.operatorSigned}>{c.operatorSigned ? t("passed") : t("failed")}</Badge>],
        [t("linesMatch"), <Badge on={c.linesMatch}>{c.linesMatch ? t("passed") : t("failed")}</Badge>],
        [t("awaits"), awaitedOf(draft).map((role) => word("role", role)).join(", ") || t("nothingAwaited")],
      ]} /></>}</Await>
      <Saying said={fixed ?? wanted} set={fixed ? null : want} />
      {error !== null && <Trouble error={error} />}
      <div class="row">
        <button onClick={() => { sign("operator").catch(setError); }}>{t("signOperator")}</button>
        <button onClick={() => { sign("lead").catch(setError); }}>{t("signLead")}</button>
        <button onClick={() => { sign("reviewer").catch(setError); }}>{t("signReviewer")}</button>
        <button class="main" onClick={() => offer(name, `${JSON.stringify(draft, null, 2)}\n`)}>{t("download")}</button>
      </div>
      <p class="soft">{t("mergeHint", { name })}</p>
    </div></Panel>
  </div>;
}

/** The verdict and its findings; without `set` they are signed already, and shown only. */
function Saying({ said, set }: { said: Said; set: ((said: Said) => void) | null }) {
  const [about, setAbout] = useState("");
  const [text, setText] = useState("");
  const [tonnes, setTonnes] = useState("");
  const [error, setError] = useState<unknown>(null);
  const add = () => {
    setError(null);
    try {
      set?.({ ...said, findings: [...said.findings, findingOf(about, text, tonnes)] });
      [setAbout, setText, setTonnes].forEach((clear) => clear(""));
    } catch (refused) {
      setError(refused);
    }
  };
  const findings = said.findings.length > 0 && <Table<Finding> label={t("findings")} rows={said.findings} columns={[
    { title: t("findingAbout"), cell: (f) => f.about.slice(0, 200), wrap: true },
    { title: t("findingText"), cell: (f) => f.text, wrap: true },
    { title: t("misstatement"), num: true, cell: (f) => whole(f.misstatementT) },
    ...(set ? [{ title: "", cell: (f: Finding) => <button type="button" class="plain" onClick={() => set({ ...said, findings: said.findings.filter((other) => other !== f) })}>{t("remove")}</button> }] : []),
  ]} />;
  if (!set) return <><Facts of={[[t("verdict"), word("verdict_", said.verdict)]]} />{findings}</>;
  return <>
    <Choice name="verdict" label={t("verdict")} value={said.verdict} of={VERDICTS.map((v) => [v, word("verdict_", v)] as const)}
      set={(v) => set({ verdict: v as Verdict, findings: v === "unqualified" ? [] : said.findings })} />
    {said.verdict !== "unqualified" && <form class="grid" aria-label={t("finding")} onSubmit={(e) => { e.preventDefault(); add(); }}>
      {findings}
      <div class="pair"><Text name="findingAbout" label={t("findingAbout")} value={about} set={setAbout} required /><Text name="findingTonnes" label={t("misstatement")} value={tonnes} set={setTonnes} /></div>
      <Text name="findingText" label={t("findingText")} value={text} set={setText} required />
      {error !== null && <Trouble error={error} />}
      <button type="submit">{t("addFinding")}</button>
    </form>}
  </>;
}
