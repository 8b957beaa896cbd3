/** Powers given and used, the newest first. */

import { useState } from "preact/hooks";
import { acts, type Act } from "../data/powers";
import { dateTime, harmless, isMoment, whole } from "../format";
import { t } from "../i18n";
import { useLive } from "../ui/hooks";
import { Await, Ev, Panel, Table, Text } from "../ui/parts";

const LONGEST = 42; // an address

function valueOf(name: string, value: string): string {
  if (/^[0-9]{10}$/.test(value) && isMoment(name, BigInt(value))) return dateTime(BigInt(value));
  return value.length > LONGEST ? `${value.slice(0, 20)}…` : value;
}

export default function PowersView() {
  const found = useLive(acts);
  const [part, setPart] = useState("");
  const wanted = part.trim().toLowerCase();
  return <>
    <h1>{t("navPowers")}</h1><p class="lead">{t("powersLead")}</p>
    <div class="tools"><Text name="search" label={t("search")} value={part} set={setPart} type="search" /></div>
    <Await of={found}>{({ rows: read, all }) => {
      const rows = read.filter((a) => !wanted || `${a.contract} ${a.event} ${a.values.flat().join(" ")}`.toLowerCase().includes(wanted));
      return <Panel title={t("navPowers")} note={read.length < all ? t("newestOf", { count: whole(read.length), all: whole(all) }) : whole(rows.length)}>
        <Table<Act> label={t("navPowers")} rows={rows} first={50} columns={[
          { title: t("time"), cell: (a) => dateTime(a.time) },
          { title: t("contract"), cell: (a) => a.contract },
          { title: t("act"), cell: (a) => a.event.replace(/(?<=[a-z])(?=[A-Z])/g, " ") },
          { title: t("detail"), wrap: true, cell: (a) => <span class="mono">{harmless(a.values.map(([n, v]) => `${n} ${valueOf(n, v)}`).join(" · "))}</span> },
          { title: t("source"), cell: (a) => <Ev of={a.source} /> },
        ]} />
      </Panel>;
    }}</Await>
  </>;
}
