/** Emitters' intensity of a year, ranked within their class. */

import { useState } from "preact/hooks";
import { ranks, reports, type Ranked } from "../data/register";
import { schemes } from "../data/schemes";
import { whole } from "../format";
import { t, word } from "../i18n";
import { useLive } from "../ui/hooks";
import { className, schemeTitle } from "../ui/names";
import { Await, Badge, Choice, Ev, Panel, Table } from "../ui/parts";

export default function IntensityView() {
  const choices = useLive(async (net) => {
    const [known, all] = await Promise.all([schemes(net), reports(net)]);
    return { known, years: [...new Set(all.map((r) => r.year))].sort((a, b) => b - a) };
  });
  return <>
    <h1>{t("navIntensity")}</h1><p class="lead">{t("intensityLead")}</p>
    <Await of={choices}>{({ known, years }) => known[0] && years.length ? <Year schemes={known.map((s) => [String(s.number), schemeTitle(s.number, s.name)])} years={years} /> : <p class="note">{t("noReports")}</p>}</Await>
  </>;
}

function Year({ schemes: known, years }: { schemes: readonly (readonly [string, string])[]; years: readonly number[] }) {
  const [scheme, setScheme] = useState(known[0]?.[0] ?? "1");
  const [year, setYear] = useState(String(years[0]));
  const found = useLive((net) => ranks(net, Number(scheme), Number(year)), scheme, year);
  return <>
    <div class="tools">
      <Choice name="scheme" label={t("scheme")} value={scheme} set={setScheme} of={known} />
      <Choice name="year" label={t("year")} value={year} set={setYear} of={years.map((y) => [String(y), String(y)] as const)} />
    </div>
    <Await of={found}>{(rows) => {
      const most = Math.max(1, ...rows.map((r) => r.intensity));
      return <Panel title={t("navIntensity")} note={t("gramsPer")}>
        <Table<Ranked> label={t("navIntensity")} rows={rows} empty={t("noReports")} columns={[
          { title: t("plant"), num: true, cell: (r) => r.plant, sort: (r) => r.plant },
          { title: "g/kWh", num: true, cell: (r) => whole(r.intensity), sort: (r) => r.intensity },
          { title: "", cell: (r) => <span class="barcell" aria-hidden="true" ref={(e) => { if (e) e.style.width = `${Math.round((60 * r.intensity) / most)}px`; }} /> },
          { title: t("rank"), num: true, cell: (r) => t("rankOf", { rank: r.rank, of: r.of }), sort: (r) => r.rank },
          { title: t("classOf"), cell: (r) => className(Number(scheme), r.benchmarkClass), sort: (r) => r.benchmarkClass },
          { title: t("emissions"), num: true, cell: (r) => whole(r.emissions), sort: (r) => r.emissions },
          { title: "MWh", num: true, cell: (r) => whole(r.power), sort: (r) => r.power },
          { title: t("basis"), wrap: true, cell: (r) => (r.determined ? t("determined") : <>{t("reported", { revision: r.revision })}{r.qualified && <> <Badge>{word("verdict_", "qualified")}</Badge></>}</>) },
          { title: t("source"), cell: (r) => <Ev of={r.source} /> },
        ]} />
      </Panel>;
    }}</Await>
  </>;
}
