import { useState } from "preact/hooks";
import { holdings, purse, type Holding } from "../data/account";
import type { Market } from "../data/market";
import { cents, money, whole } from "../format";
import { t } from "../i18n";
import { useLive, useShared } from "../ui/hooks";
import { Await, Facts, Panel, Text } from "../ui/parts";
import { useDesk } from "../wallet/desk";
import { depositCash, depositUnits, withdrawCash, withdrawUnits } from "../wallet/plans";

/** Units and cash of the connected participant in one market, and the ways in and out. */
export default function Funds({ m }: { m: Market }) {
  const { net, me } = useShared();
  const desk = useDesk();
  const [cash, setCash] = useState("");
  const [units, setUnits] = useState("");
  const found = useLive(async (n) => {
    if (!me) return null;
    const [all, wallet] = await Promise.all([holdings(n, me), purse(n, me.address)]);
    return { here: all.find((h: Holding) => h.market?.id === m.id), wallet };
  }, m.id, me?.address ?? "", me?.participant ?? 0);
  if (!me) return <Panel title={t("funds")}><div class="empty">{t("connectHint")}</div></Panel>;
  const offer = (plan: () => ReturnType<typeof withdrawCash> | ReturnType<typeof depositCash>) => desk.propose(Promise.resolve().then(plan));
  return (
    <Panel title={t("funds")}>
      <div class="body grid">
        <Await of={found}>{(value) => value?.here ? <Facts of={[
          [t("cashFree"), money(value.here.cashFree)],
          [t("cashReserved"), money(value.here.cash - value.here.cashFree)],
          [t("cashWallet"), cents(value.wallet)],
          [t("unitsFree"), `${whole(value.here.free * m.lotSize)} ${t("tonne")}`],
          [t("unitsReserved"), `${whole(value.here.reserved * m.lotSize)} ${t("tonne")}`],
          [t("unitsWallet"), `${whole(value.here.wallet)} ${t("tonne")}`],
        ]} /> : null}</Await>
        <form onSubmit={(e) => e.preventDefault()} aria-label={t("cash")}>
          <Text name="cash" label={t("cash")} value={cash} set={setCash} mode="decimal" />
          <div class="row"><button onClick={() => offer(() => depositCash(net, me, m, cash))}>{t("deposit")}</button><button onClick={() => offer(() => withdrawCash(me, m, cash))}>{t("withdraw")}</button></div>
        </form>
        <form onSubmit={(e) => e.preventDefault()} aria-label={t("units")}>
          <Text name="units" label={`${t("units")} (${t("tonne")})`} value={units} set={setUnits} mode="numeric" />
          <div class="row"><button onClick={() => offer(() => depositUnits(net, me, m, units))}>{t("deposit")}</button><button onClick={() => offer(() => withdrawUnits(me, m, units))}>{t("withdraw")}</button></div>
        </form>
      </div>
    </Panel>
  );
}
