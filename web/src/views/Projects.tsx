/** Offset projects on a map, and the batches of credits that came from them. */

import { batches, projects, type Batch, type Project } from "../data/units";
import { dateOf, harmless, whole } from "../format";
import { t, word } from "../i18n";
import { useLive } from "../ui/hooks";
import { countryName, unitName } from "../ui/names";
import { Await, Badge, Ev, eventPath, Panel, Table } from "../ui/parts";
import { HEIGHT, land, WIDTH } from "../generated/land";

export default function ProjectsView() {
  const found = useLive(async (net) => {
    const [all, credits] = await Promise.all([projects(net), batches(net)]);
    return { all, credits };
  });
  return <>
    <h1>{t("navProjects")}</h1><p class="lead">{t("projectsLead")}</p>
    <Await of={found}>{({ all, credits }) => <div class="grid">
      <Panel title={t("map")} note={t("mapNote")}><div class="body">
        <svg class="map" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="group" aria-label={t("mapLabel", { count: all.length })}>
          <path class="land" d={land} />
          {all.map((p) => <a href={eventPath(p.source)} aria-label={`${p.id} ${harmless(p.name)}`}>
            <circle cx={((p.longitude + 180) / 360) * WIDTH} cy={((84 - p.latitude) / 144) * HEIGHT} r="9"><title>{`${p.id} ${harmless(p.name)}`}</title></circle></a>)}
        </svg>
      </div></Panel>
      <Panel title={t("navProjects")} note={whole(all.length)}>
        <Table<Project> label={t("navProjects")} rows={all} columns={[
          { title: t("number"), num: true, cell: (p) => p.id, sort: (p) => p.id },
          { title: t("name"), wrap: true, cell: (p) => <>{harmless(p.name) || "–"}<Ev of={p.from.name} /></>, sort: (p) => p.name },
          { title: t("country"), cell: (p) => countryName(p.country), sort: (p) => countryName(p.country) },
          { title: t("place"), cell: (p) => `${p.latitude.toFixed(2)}, ${p.longitude.toFixed(2)}` },
          { title: t("methodology"), num: true, cell: (p) => p.methodology, sort: (p) => p.methodology },
          { title: t("developer"), num: true, cell: (p) => p.developer, sort: (p) => p.developer },
          { title: t("yearlyCap"), num: true, cell: (p) => (p.validated ? <>{whole(p.capT)}<Ev of={p.from.cap} /></> : "–"), sort: (p) => p.capT },
          { title: t("creditingUntil"), cell: (p) => <>{dateOf(p.until)}<Ev of={p.from.until} /></>, sort: (p) => p.until },
          { title: t("status"), cell: (p) => <><Badge on={p.validated && !p.suspended}>{p.suspended ? t("suspended") : p.validated ? t("validated") : t("registered_")}</Badge><Ev of={p.from.status} /></> },
          { title: t("source"), cell: (p) => <Ev of={p.source} /> },
        ]} />
      </Panel>
      <Panel title={t("batches")} note={whole(credits.length)}>
        <Table<Batch> label={t("batches")} rows={credits} columns={[
          { title: t("unit"), cell: (b) => unitName(b.unit) },
          { title: t("project"), num: true, cell: (b) => b.project || "–", sort: (b) => b.project },
          { title: t("report"), num: true, cell: (b) => (b.report ? <>{String(b.report)}<Ev of={b.from.report} /></> : "–") },
          { title: t("issued"), num: true, cell: (b) => whole(b.issued), sort: (b) => b.issued },
          { title: t("gone"), num: true, cell: (b) => <>{whole(b.gone)}<Ev of={b.from.gone} /></>, sort: (b) => b.gone },
          { title: t("outstanding"), num: true, cell: (b) => whole(b.issued - b.gone), sort: (b) => b.issued - b.gone },
          { title: t("status"), cell: (b) => <><Badge on={b.status === 1}>{word("batch", b.status)}</Badge><Ev of={b.from.status} /></> },
          { title: t("source"), cell: (b) => <Ev of={b.source} /> },
        ]} />
      </Panel>
    </div>}</Await>
  </>;
}
