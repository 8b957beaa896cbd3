/** Retirement certificates; one of them with its lineage checked in this browser. */

import { useState } from "preact/hooks";
import { retirements, type Retirement } from "../data/units";
import { checkCertificate, type Check } from "../data/verify";
import { dateTime, dayOf, harmless, whole } from "../format";
import { t } from "../i18n";
import { useLive } from "../ui/hooks";
import { amountOf, amountsOf, unitName } from "../ui/names";
import { Await, Badge, Ev, Facts, Hex, Panel, Table, Text } from "../ui/parts";
import { hexToString, trim } from "viem/utils";

export default function CertificatesView({ rest }: { rest: readonly string[] }) {
  const found = useLive(retirements);
  const [part, setPart] = useState("");
  const number = Number(rest[0] ?? 0);
  return <>
    <h1>{number ? t("certificateNumber", { number }) : t("navCertificates")}</h1>
    <p class="lead">{number ? <a href="#/certificates">{t("allCertificates")}</a> : t("certificatesLead")}</p>
    <Await of={found}>{(all) => {
      if (number) {
        const one = all.find((r) => r.number === number);
        return one ? <One of={one} /> : <p class="note">{t("noCertificate", { number })}</p>;
      }
      const wanted = part.trim().toLowerCase();
      const rows = all.filter((r) => !wanted || [r.number, r.beneficiary, r.purpose, r.participant].some((x) => String(x).toLowerCase().includes(wanted))).reverse();
      return <>
        <div class="tools"><Text name="search" label={t("search")} value={part} set={setPart} type="search" /></div>
        <Panel title={t("navCertificates")} note={t("retiredSum", { amount: amountsOf(all) })}>
          <Table<Retirement> label={t("navCertificates")} rows={rows} empty={t("noCertificates")} columns={[
            { title: t("number"), num: true, cell: (r) => <a href={`#/certificates/${r.number}`}>{r.number}</a>, sort: (r) => r.number },
            { title: t("retiredAt"), cell: (r) => dateTime(r.time), sort: (r) => r.time },
            { title: t("unit"), cell: (r) => unitName(r.unit) },
            { title: t("quantity"), num: true, cell: (r) => amountOf(r.unit, r.amount), sort: (r) => r.amount },
            { title: t("beneficiary"), wrap: true, cell: (r) => nameOf(r), sort: (r) => r.beneficiary },
            { title: t("purpose"), wrap: true, cell: (r) => harmless(r.purpose) },
            { title: t("source"), cell: (r) => <Ev of={r.source} /> },
          ]} />
        </Panel>
      </>;
    }}</Await>
  </>;
}

const nameOf = (r: Retirement) => (r.beneficiary ? harmless(r.beneficiary) : t("underCommitment"));

/** All that a certificate says stands in one event. */
function One({ of }: { of: Retirement }) {
  const checks = useLive((net) => checkCertificate(net, of), of.number);
  return <div class="grid two">
    <Panel title={t("certificateNumber", { number: of.number })}><div class="body"><Facts of={[
      [t("beneficiary"), <strong>{nameOf(of)}</strong>],
      [t("quantity"), <>{amountOf(of.unit, of.amount)}<Ev of={of.source} /></>],
      [t("unit"), <>{unitName(of.unit)}<Ev of={of.source} /></>],
      [t("purpose"), harmless(of.purpose)],
      [t("claimPeriod"), <>{`${dayOf(of.from)} – ${dayOf(of.until)}`}<Ev of={of.source} /></>],
      [t("country"), hexToString(trim(of.country, { dir: "right" }))],
      [t("retiredAt"), <>{dateTime(of.time)}<Ev of={of.source} /></>],
      [t("retiredBy"), <>{t("participantNumber", { id: of.participant })}<Ev of={of.source} /></>],
      [t("serials"), of.blocks.map((b) => <div class="mono">{whole(b.first)} – {whole(b.last)}<Ev of={of.source} /></div>)],
    ]} /></div></Panel>
    <Panel title={t("checks")} note={t("checksNote")}>
      <Await of={checks}>{(list) => <Table<Check> label={t("checks")} rows={list} columns={[
        { title: t("result"), cell: (c) => <Badge on={c.passed ?? undefined}>{c.passed === null ? t("unchecked") : c.passed ? t("passed") : t("failed")}</Badge> },
        { title: t("check"), wrap: true, cell: (c) => t(c.about) },
        { title: t("detail"), cell: (c) => <>{c.detail.startsWith("0x") ? <Hex of={c.detail} /> : <span class="mono">{c.detail.slice(0, 60)}</span>}{c.byContract && ` ${t("byContract")}`}</> },
        { title: t("source"), cell: (c) => <Ev of={c.source} /> },
      ]} />}</Await>
    </Panel>
  </div>;
}
