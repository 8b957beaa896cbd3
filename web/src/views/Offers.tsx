/** The interval that runs, with its price at each node; and the bids and offers of the newest one that was opened. */

import { opened, type Step } from "../data/bids";
import { powerTerms, type Cleared, type PowerNode } from "../data/power";
import { decimal, spanOf, dateTime, whole } from "../format";
import { t, word } from "../i18n";
import { useLive, useShared } from "../ui/hooks";
import { nodeName } from "../ui/names";
import { Await, Badge, Ev, Panel, Table } from "../ui/parts";

const MICRO = 6;
const KWH = 3;

export interface Shown { readonly grid: readonly PowerNode[]; readonly prices: readonly Cleared[] }

/** Prices of the interval that runs and of the next one. */
export function Now({ grid, prices }: Shown) {
  const { now } = useShared();
  const terms = useLive(powerTerms);
  return <Await of={terms}>{({ intervalS, gateLeadS }) => {
    const runs = Math.floor(now / intervalS);
    const open = Math.floor((now + gateLeadS) / intervalS) + 1; // its gate is still to come
    const [running, next] = [runs, runs + 1].map((n) => prices.find((c) => c.interval === n));
    const span = (n: number) => spanOf(n * intervalS, (n + 1) * intervalS);
    const price = (of: Cleared | undefined, place: number) => (of ? <>{decimal(of.prices[place] ?? 0n, MICRO, MICRO)}<Ev of={of.source} /></> : t("noPriceYet"));
    return <Panel title={t("powerNow")} note={t("powerNowNote", { next: span(open), gate: dateTime(open * intervalS - gateLeadS) })}>
      <Table<PowerNode> label={t("powerNow")} rows={grid} columns={[
        { title: t("node"), cell: nodeName },
        { title: `${span(runs)} ${t("creditPerKwh")}`, num: true, cell: (n) => price(running, n.id) },
        { title: `${span(runs + 1)} ${t("creditPerKwh")}`, num: true, cell: (n) => price(next, n.id) },
        { title: t("source"), cell: (n) => <Ev of={n.source} /> },
      ]} />
    </Panel>;
  }}</Await>;
}

/** What bidders ask for and offer. */
export function Offers({ grid, prices }: Shown) {
  const found = useLive((net) => opened(net, prices), prices.length);
  const terms = useLive(powerTerms);
  const names = new Map(grid.map((n) => [n.id, nodeName(n)]));
  const span = (n: number) => (terms.value ? spanOf(n * terms.value.intervalS, (n + 1) * terms.value.intervalS) : "");
  return <Await of={found}>{(steps) => <Panel title={t("powerOffers")} note={steps[0] && span(steps[0].interval)}>
    <Table<Step> label={t("powerOffers")} rows={steps} first={40} empty={t("noOffers")} columns={[
      { title: t("node"), cell: (s) => names.get(s.node) ?? s.node },
      { title: t("side"), cell: (s) => word("powerSide", s.side) },
      { title: t("energyKwh"), num: true, cell: (s) => decimal(s.energyWh, KWH, 0), sort: (s) => s.energyWh },
      { title: t("creditPerKwh"), num: true, cell: (s) => decimal(s.price, MICRO), sort: (s) => s.price },
      { title: t("participant"), num: true, cell: (s) => whole(s.participant), sort: (s) => s.participant },
      { title: t("result"), cell: (s) => <Badge on={s.taken === 1 ? true : s.taken === 3 ? false : undefined}>{word("taken", s.taken)}</Badge> },
      { title: t("source"), cell: (s) => <Ev of={s.source} /> },
    ]} />
  </Panel>}</Await>;
}
