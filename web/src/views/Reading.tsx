/** A customer's own interval, from the receipt that the meter's oracle gave. */

import { useState } from "preact/hooks";
import { ownInterval, receiptOf, type Receipt } from "../data/reading";
import { decimal, spanOf, whole } from "../format";
import { t, word } from "../i18n";
import { pickedJson } from "../ui/files";
import { useLive } from "../ui/hooks";
import { Await, Badge, Ev, Facts, Panel, Trouble } from "../ui/parts";

const MICRO = 6;
const KWH = 3;
const PER_KWH = 1_000n;

export default function Reading() {
  const [receipt, take] = useState<Receipt | null>(null);
  const [error, setError] = useState<unknown>(null);
  const open = async (file: File | undefined) => { setError(null); take(receiptOf(await pickedJson(file))); };
  return <Panel title={t("ownInterval")} note={t("ownIntervalNote")}>
    <div class="body">
      <p class="soft">{t("ownIntervalHow")}</p>
      <div class="tools"><label><span>{t("receiptFile")}</span><input name="receipt" type="file" accept=".json,application/json" onChange={(e) => { open(e.currentTarget.files?.[0]).catch(setError); }} /></label></div>
      {error !== null && <Trouble error={error} />}
      {error === null && receipt && <Shown receipt={receipt} />}
    </div>
  </Panel>;
}

function Shown({ receipt }: { receipt: Receipt }) {
  const found = useLive((net) => ownInterval(net, receipt), JSON.stringify(receipt));
  return <Await of={found}>{({ stands, intervalS, price, source, priced }) => {
    const net = BigInt(receipt.importWh - receipt.exportWh);
    return <Facts of={[
      [t("meter"), whole(receipt.meter)],
      [t("interval"), spanOf(receipt.start, receipt.start + intervalS)],
      [t("takenKwh"), decimal(BigInt(receipt.importWh), KWH, KWH)],
      [t("fedInKwh"), decimal(BigInt(receipt.exportWh), KWH, KWH)],
      [t("registersKwh"), `${decimal(BigInt(receipt.importRegisterWh), KWH, KWH)} · ${decimal(BigInt(receipt.exportRegisterWh), KWH, KWH)}`],
      [t("readingQuality"), `${word("quality_", receipt.quality)} · ${word("signedBy_", receipt.signedBy)}`],
      [t("checkReading"), <><Badge on={stands}>{stands ? t("passed") : t("failed")}</Badge><Ev of={source} /></>],
      [`${t("powerPrice")} ${t("creditPerKwh")}`, price === undefined ? t("noPriceYet") : <>{decimal(price, MICRO, MICRO)}<Ev of={priced} /></>],
      [t("worthAtPrice"), price === undefined ? t("noPriceYet") : <>{decimal(-net * price / PER_KWH, MICRO)}<Ev of={priced} /></>],
    ]} />;
  }}</Await>;
}
