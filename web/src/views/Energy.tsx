/** Energy: prices by node now and before, bids and offers, a customer's own interval, accounts, and series of energy credits. */

import { useState } from "preact/hooks";
import { cleared, creditMoves, nodes, series, type Cleared, type CreditMove, type PowerNode, type Series } from "../data/power";
import { dateOf, dateTime, decimal } from "../format";
import { t, word } from "../i18n";
import { useLive } from "../ui/hooks";
import { nodeName, regionName, unitName } from "../ui/names";
import { Await, Choice, Ev, Panel, Table } from "../ui/parts";
import Credits from "./Credits";
import { Now, Offers } from "./Offers";
import Reading from "./Reading";

const MICRO = 6;

export default function EnergyView({ rest }: { rest: readonly string[] }) {
  const found = useLive(async (net) => {
    const grid = await nodes(net);
    const [prices, credits, moves] = await Promise.all([cleared(net, grid.length), series(net), creditMoves(net)]);
    return { grid, prices, credits, moves };
  });
  return <>
    <h1>{t("navEnergy")}</h1><p class="lead">{t("energyLead")}</p>
    <Await of={found}>{({ grid, prices, credits, moves }) => <div class="grid">
      <Now grid={grid} prices={prices} />
      <Panel title={t("powerPrices")} note={t("creditPerKwh")}>
        {prices.length > 1 && <Line rows={prices} grid={grid} />}
        <Table<Cleared> label={t("powerPrices")} rows={[...prices].reverse()} first={48} empty={t("noPrices")} columns={[
          { title: t("interval"), cell: (c) => dateTime(c.start) },
          ...grid.map((n, i) => ({ title: nodeName(n), num: true, cell: (c: Cleared) => decimal(c.prices[i] ?? 0n, MICRO, MICRO) })),
          { title: t("traded"), num: true, cell: (c) => decimal(c.energyWh, 3, 0) },
          { title: t("losses"), num: true, cell: (c) => decimal(c.lossWh, 3, 0) },
          { title: t("source"), cell: (c) => <Ev of={c.source} /> },
        ]} />
      </Panel>
      <Offers grid={grid} prices={prices} />
      <Reading />
      <Credits grid={grid} first={rest[0]} />
      <Panel title={t("nodes")}>
        <Table<PowerNode> label={t("nodes")} rows={grid} columns={[
          { title: t("number"), num: true, cell: (n) => n.id },
          { title: t("carrier"), cell: (n) => word("carrier", n.carrier) },
          { title: t("region"), cell: (n) => regionName(n.region) },
          { title: t("scheme"), num: true, cell: (n) => n.scheme },
          { title: t("source"), cell: (n) => <Ev of={n.source} /> },
        ]} />
      </Panel>
      <Panel title={t("creditSeries")}>
        <Table<Series> label={t("creditSeries")} rows={credits} columns={[
          { title: t("unit"), cell: (s) => unitName(s.id) },
          { title: t("issuer"), num: true, cell: (s) => s.issuer },
          { title: t("limit"), num: true, cell: (s) => <>{decimal(s.limit, MICRO)}<Ev of={s.from.limit} /></> },
          { title: t("collateral"), num: true, cell: (s) => <>{decimal(s.collateral, MICRO)}<Ev of={s.from.collateral} /></> },
          { title: t("outstanding"), num: true, cell: (s) => <>{decimal(s.outstanding, MICRO)}<Ev of={s.from.moved} /></> },
          { title: t("expires"), cell: (s) => dateOf(s.expiry) },
          { title: t("source"), cell: (s) => <Ev of={s.source} /> },
        ]} />
      </Panel>
      <Panel title={t("creditMoves")}>
        <Table<CreditMove> label={t("creditMoves")} rows={moves} first={30} columns={[
          { title: t("time"), cell: (c) => dateTime(c.time) },
          { title: t("unit"), cell: (c) => unitName(c.series) },
          { title: t("act"), cell: (c) => word("exit", c.kind) },
          { title: t("quantity"), num: true, cell: (c) => decimal(c.amount, MICRO) },
          { title: t("source"), cell: (c) => <Ev of={c.source} /> },
        ]} />
      </Panel>
    </div>}</Await>
  </>;
}

/** A node's price over the intervals. */
function Line({ rows, grid }: { rows: readonly Cleared[]; grid: readonly PowerNode[] }) {
  const [node, choose] = useState("0");
  const values = rows.map((r) => Number(r.prices[Number(node)] ?? 0n));
  const most = Math.max(1, ...values);
  const path = values.map((v, i) => `${i ? "L" : "M"}${((i / (values.length - 1)) * 1000).toFixed(1)} ${(150 - (v / most) * 140).toFixed(1)}`).join("");
  return <div class="body">
    <div class="tools"><Choice name="node" label={t("node")} value={node} set={choose} of={grid.map((n, i) => [String(i), nodeName(n)] as const)} /></div>
    <svg class="line" viewBox="0 0 1000 160" preserveAspectRatio="none" role="img" aria-label={t("powerPrices")}><path d={path} /></svg>
  </div>;
}
