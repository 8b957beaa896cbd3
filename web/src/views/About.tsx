import { t } from "../i18n";
import { useShared } from "../ui/hooks";
import { Facts, Panel } from "../ui/parts";

/** What the page is, what it trusts, and the works that it is built on. */
export default function AboutView() {
  const { net } = useShared();
  return <>
    <h1>{t("navAbout")}</h1>
    <div class="grid two">
      <Panel title={t("trust")}><div class="body"><p>{t("trustNode", { rpc: net.rpc })}</p><p>{t("trustCheck")}</p><p>{t("trustText")}</p></div></Panel>
      <Panel title={t("credits_")}><div class="body">
        <p>{t("creditCharts")} <a href="https://www.tradingview.com/" rel="noopener">TradingView Lightweight Charts™</a>, Copyright © 2025 TradingView, Inc.</p>
        <p>{t("creditLand")} <a href="https://www.naturalearthdata.com/" rel="noopener">Natural Earth</a>.</p>
        <p>{t("creditCode")} viem (MIT), Preact (MIT).</p>
      </div></Panel>
      <Panel title={t("contracts")}><div class="body"><Facts of={Object.entries(net.contracts).map(([name, c]) => [name, <span class="mono">{c.address}</span>] as const)} /></div></Panel>
    </div>
  </>;
}
