/** One event, or all of a transaction: block, transaction, log and values, read from the node. */

import type { Hex as HexText } from "viem";
import { getBlock, getTransactionReceipt } from "viem/actions";
import { decoded } from "../data/powers";
import { dateTime, harmless } from "../format";
import { t } from "../i18n";
import { useLive } from "../ui/hooks";
import { Await, Facts, Panel } from "../ui/parts";

export default function EventView({ rest }: { rest: readonly string[] }) {
  const [hash = "0x", index] = rest;
  const found = useLive(async (net) => {
    const receipt = await getTransactionReceipt(net.client, { hash: hash as HexText });
    const block = await getBlock(net.client, { blockHash: receipt.blockHash });
    const names = new Map(Object.entries(net.contracts).map(([name, c]) => [c.address.toLowerCase(), name]));
    const logs = receipt.logs.filter((log) => index === undefined || log.logIndex === Number(index));
    return { receipt, time: block.timestamp, logs: logs.map((log) => ({ log, contract: names.get(log.address.toLowerCase()) ?? log.address, event: decoded(log) })) };
  }, hash, index ?? null);
  return <>
    <h1>{index === undefined ? t("transaction") : t("event")}</h1>
    <Await of={found}>{({ receipt, time, logs }) => <div class="grid">
      <Panel title={t("place")}><div class="body"><Facts of={[
        [t("block"), `${receipt.blockNumber} · ${dateTime(time)}`],
        [t("blockHash"), <span class="mono">{receipt.blockHash}</span>],
        [t("transaction"), <a class="mono" href={`#/event/${receipt.transactionHash}`}>{receipt.transactionHash}</a>],
        [t("from"), <span class="mono">{receipt.from}</span>],
        [t("status"), receipt.status === "success" ? t("succeeded") : t("failed")],
        [t("gas"), String(receipt.gasUsed)],
      ]} /></div></Panel>
      {logs.map(({ log, contract, event }) => <Panel title={`${contract} · ${event?.name ?? t("unknownEvent")}`} note={t("logNumber", { log: log.logIndex })}>
        <div class="body grid">
          {event && <Facts of={event.values.map(([name, value]) => [name, <span class="mono">{harmless(value)}</span>] as const)} />}
          <details open={!event}><summary>{t("rawLog")}</summary><Facts of={[
            [t("contract"), <span class="mono">{log.address}</span>],
            ...log.topics.map((topic, i) => [t("topicNumber", { number: i }), <span class="mono">{topic}</span>] as const),
            [t("data"), <span class="mono">{log.data}</span>],
          ]} /></details>
        </div>
      </Panel>)}
    </div>}</Await>
  </>;
}
