/** Powers given and used, the newest first. */

import { useState } from "preact/hooks";
import { acts, type Act } from "../data/powers";
import { dateTime, harmless, whole } from "../format";
import { t } from "../i18n";
import { useLive } from "../ui/hooks";
import { Await, Ev, Panel, Table, Text } from "../ui/parts";

export default function PowersView() {
  const found = useLive(acts);
  const [part, setPart] = useState("");
  const wanted = part.trim().toLowerCase();
  return <>
    <h1>{t("navPowers")}</h1><p class="lead">{t("powersLead")}</p>
    <div class="tools"><Text name="search" label={t("search")} value={part} set={setPart} type="search" /></div>
    <Await of={found}>{(all) => {
      const rows = all.filter((a) => !wanted || `${a.contract} ${a.event} ${a.values.flat().join(" ")}`.toLowerCase().includes(wanted));
      return <Panel title={t("navPowers")} note={whole(rows.length)}>
        <Table<Act> label={t("navPowers")} rows={rows} first={50} columns={[
          { title: t("time"), cell: (a) => dateTime(a.time) },
          { title: t("contract"), cell: (a) => a.contract },
          { title: t("act"), cell: (a) => a.event.replace(/(?<=[a-z])(?=[A-Z])/g, " ") },
          { title: t("detail"), wrap: true, cell: (a) => <span class="mono">{harmless(a.values.map(([n, v]) => `${n} ${v.length > 42 ? `${v.slice(0, 20)}…` : v}`).join(" · "))}</span> },
          { title: t("source"), cell: (a) => <Ev of={a.source} /> },
        ]} />
      </Panel>;
    }}</Await>
  </>;
}
