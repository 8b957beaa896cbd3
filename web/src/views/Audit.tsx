/** One account counted here from its events, beside the ledger, the data service's audit and what auditors signed. */

import { useState } from "preact/hooks";
import { audited, checkpoints, recount, type Checkpoint, type Recount } from "../data/audit";
import { markets } from "../data/market";
import { whole } from "../format";
import { t } from "../i18n";
import { useLive, useShared } from "../ui/hooks";
import { unitName } from "../ui/names";
import { Await, Badge, Ev, Facts, Hex, Panel, Table, Text } from "../ui/parts";

export default function AuditView({ rest }: { rest: readonly string[] }) {
  const { me } = useShared();
  const [asked, ask] = useState(rest[0] ?? String(me?.participant || 1));
  const participant = /^\d{1,7}$/.test(asked) ? Number(asked) : 0;
  const counts = useLive(async (net) => (participant ? Promise.all((await markets(net)).map((m) => recount(net, m, participant))) : []), participant);
  return <>
    <h1>{t("navAudit")}</h1><p class="lead">{t("recountNote")}</p>
    <div class="tools"><Text name="participant" label={t("participant")} value={asked} set={ask} mode="numeric" /></div>
    <div class="grid">
      <Panel title={t("recount")}><Await of={counts}>{(rows) => <Table<Recount> label={t("recount")} rows={rows} columns={[
        { title: t("unit"), cell: (r) => unitName(r.market.unit) },
        { title: t("changes"), num: true, cell: (r) => whole(r.counted) },
        { title: `${t("fromEvents")} ${t("tonne")}`, num: true, cell: (r) => whole(r.fromEvents * r.market.lotSize) },
        { title: `${t("onLedger")} ${t("tonne")}`, num: true, cell: (r) => whole(r.onLedger * r.market.lotSize) },
        { title: t("result"), cell: (r) => <Badge on={r.fromEvents === r.onLedger}>{r.fromEvents === r.onLedger ? t("passed") : t("failed")}</Badge> },
        { title: t("source"), cell: (r) => <Ev of={r.source} /> },
      ]} />}</Await></Panel>
      <Digests />
    </div>
  </>;
}

function Digests() {
  const found = useLive(async (net) => {
    const [kept, service] = await Promise.all([checkpoints(net), audited(net)]);
    return { kept, service };
  });
  return <Await of={found}>{({ kept, service }) => <>
    {service && <Panel title={t("serviceAudit")}><div class="body"><Facts of={[
      [t("block"), whole(service.block)],
      [t("digestHistory"), <span class="mono">{service.historyDigest}</span>],
      [t("auditedBlock"), service.auditedBlock === null ? "–" : whole(service.auditedBlock)],
      [t("digestState"), service.stateDigest ? <span class="mono">{service.stateDigest}</span> : "–"],
      [t("result"), service.result ? <Badge on={service.result.sound === true}>{service.result.sound === true ? t("agrees") : t("differs")}</Badge> : t("notAudited")],
    ]} /></div></Panel>}
    <Panel title={t("checkpoints")}><Table<Checkpoint> label={t("checkpoints")} rows={kept} first={20} empty={t("noCheckpoints")} columns={[
      { title: t("auditor"), num: true, cell: (c) => c.auditor },
      { title: t("block"), num: true, cell: (c) => String(c.block) },
      { title: t("digestHistory"), cell: (c) => <Hex of={c.history} /> },
      { title: t("digestState"), cell: (c) => <Hex of={c.state} /> },
      { title: t("result"), cell: (c) => <Badge on={!c.differs}>{c.differs ? t("differs") : t("agrees")}</Badge> },
      { title: t("source"), cell: (c) => <Ev of={c.source} /> },
    ]} /></Panel>
  </>}</Await>;
}
