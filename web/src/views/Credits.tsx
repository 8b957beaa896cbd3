/** An account of the power market: its credits, what moved them, and its days. */

import { useState } from "preact/hooks";
import { accountNumber, credits, FIRST_PSEUDONYM, type DayAmount, type Move } from "../data/credits";
import type { PowerNode } from "../data/power";
import { dateTime, dayOf, decimal } from "../format";
import { t, word } from "../i18n";
import { useLive, useShared } from "../ui/hooks";
import { nodeName } from "../ui/names";
import { Await, Badge, Ev, Hex, Panel, Stats, Table, Text } from "../ui/parts";

const MICRO = 6;

/** `first` is the account that the address names; a connected wallet's own comes before none. */
export default function Credits({ grid, first }: { grid: readonly PowerNode[]; first: string | undefined }) {
  const { me } = useShared();
  const [typed, type] = useState(first ?? "");
  const account = accountNumber(typed || String(me?.participant || ""));
  const found = useLive(async (net) => (account === null ? null : credits(net, account)), account);
  const names = new Map(grid.map((n) => [n.id, nodeName(n)]));
  return <Panel title={t("powerAccount")} note={t("powerAccountNote")}>
    <div class="body"><div class="tools"><Text name="powerAccount" label={t("accountNumber")} value={typed} set={type} mode="numeric" /></div></div>
    <Await of={found}>{(of) => (of === null ? <div class="empty">{t("accountHint")}</div> : <>
      <Stats of={([["creditsFree", of.free], ["creditsBound", of.bound], ["creditsAside", of.aside], ["creditsOwed", of.owed]] as const).filter(([, amount], i) => i < 2 || amount > 0n)
        .map(([name, amount]) => [t(name), <>{decimal(amount, MICRO)}<Ev of={of.moves[0]?.source} /></>] as const)} />
      {(account ?? 0) >= FIRST_PSEUDONYM && of.sponsor > 0 && <p class="body soft">{t("sponsoredBy", { number: of.sponsor })}</p>}
      <Table<DayAmount> label={t("powerDays")} rows={of.days} first={10} empty={t("noDays")} columns={[
        { title: t("powerDay"), cell: (d) => dayOf(d.day) },
        { title: t("node"), cell: (d) => names.get(d.node) ?? d.node },
        { title: t("creditsAmountHead"), num: true, cell: (d) => decimal(d.amount, MICRO) },
        { title: t("status"), cell: (d) => <Badge on={d.paid}>{d.paid ? t("dayPaid") : t("dayListed")}</Badge> },
        { title: t("source"), cell: (d) => <Ev of={d.source} /> },
      ]} />
      <Table<Move> label={t("creditChanges")} rows={of.moves} first={10} columns={[
        { title: t("time"), cell: (m) => dateTime(m.time) },
        { title: t("act"), cell: (m) => word("creditAct", m.act) },
        { title: t("creditsAmountHead"), num: true, cell: (m) => decimal(m.amount, MICRO) },
        { title: t("contract"), cell: (m) => (m.by.startsWith("0x") ? <Hex of={m.by} /> : m.by) },
        { title: t("source"), cell: (m) => <Ev of={m.source} /> },
      ]} />
    </>)}</Await>
  </Panel>;
}
