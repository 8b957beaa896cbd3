import { CandlestickSeries, createChart, HistogramSeries, type IChartApi, type UTCTimestamp } from "lightweight-charts";
import { useEffect, useRef } from "preact/hooks";
import { candles, type Market } from "../data/market";
import { zoneOf } from "../format";
import { t } from "../i18n";
import { useLive } from "./hooks";
import { Ev, eventPath, Trouble } from "./parts";

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Candles with volume. The library's logo is off: it is credited on the page about this page. */
export default function Chart({ m, step }: { m: Market; step: number }) {
  const place = useRef<HTMLDivElement>(null);
  const found = useLive((net) => candles(net, m, step, zoneOf()), m.id, step);
  const rows = found.value;
  useEffect(() => {
    const element = place.current;
    if (!element || !rows?.length) return;
    const chart: IChartApi = createChart(element, {
      autoSize: true,
      layout: { attributionLogo: false, background: { color: "transparent" }, textColor: colour("--soft"), fontFamily: "system-ui, sans-serif", fontSize: 11 },
      grid: { vertLines: { visible: false }, horzLines: { color: colour("--line") } },
      rightPriceScale: { borderVisible: false, scaleMargins: { top: 0.08, bottom: 0.26 } },
      timeScale: { borderVisible: false, timeVisible: step < 86_400, minBarSpacing: 2, barSpacing: 14, rightOffset: 1 },
    });
    const [up, down] = [colour("--bid"), colour("--ask")];
    const volume = chart.addSeries(HistogramSeries, { priceScaleId: "", color: colour("--line"), priceLineVisible: false, lastValueVisible: false });
    volume.priceScale().applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    volume.setData(rows.map((c) => ({ time: c.time as UTCTimestamp, value: c.volume })));
    const series = chart.addSeries(CandlestickSeries, { upColor: up, borderUpColor: up, wickUpColor: up, downColor: down, borderDownColor: down, wickDownColor: down });
    series.setData(rows.map(({ time, open, high, low, close }) => ({ time: time as UTCTimestamp, open, high, low, close })));
    chart.subscribeClick(({ time }) => {
      const of = rows.find((c) => c.time === time);
      if (of) location.hash = eventPath(of.source);
    });
    return () => chart.remove();
  }, [rows, document.documentElement.dataset["theme"]]);
  if (!rows && found.error !== undefined) return <Trouble error={found.error} />;
  if (rows && !rows.length) return <div class="empty">{t("noTrades")}</div>;
  const last = rows?.at(-1);
  return <>
    <div class="chart" ref={place} role="img" aria-label={last ? t("chartLabel", { count: rows?.length ?? 0, close: last.close }) : t("loading")} />
    {last && <p class="under soft">{t("chartLast")}<Ev of={last.source} /></p>}
  </>;
}
