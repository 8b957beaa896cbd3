/** Block trades: those on the chain, and tickets that seller and buyer sign and either brings to the chain. */

import { useState } from "preact/hooks";
import { getAddress, hashTypedData, type Hex } from "viem";
import { market, markets } from "../data/market";
import { blocks, statusOf, type Block } from "../data/blocks";
import { parties } from "../data/register";
import { signed } from "../generated/signed";
import { at, type Net } from "../net";
import { dateTime, money, whole, LEDGER } from "../format";
import { t, word } from "../i18n";
import { offer, pickedJson } from "../ui/files";
import { useLive, useShared } from "../ui/hooks";
import { Await, Ev, Facts, Panel, Table, Text, Trouble } from "../ui/parts";
import { Told } from "../told";
import { useDesk } from "../wallet/desk";
import { onChain } from "../wallet/providers";
import { signTyped } from "../wallet/typed";
import { positive, settleBlock } from "../wallet/plans";

interface Terms {
  readonly market: number; readonly seller: number; readonly sellerWallet: string; readonly buyer: number; readonly buyerWallet: string;
  readonly lots: number; readonly price: number; readonly nonce: number; readonly deadline: number;
}
interface TicketFile { readonly ticket: Terms; readonly chainId: number; readonly contract: string; readonly hash: Hex; readonly signatures: { seller?: Hex; buyer?: Hex } }

const DAY = 86_400;

const typedOf = (net: Net, ticket: Terms) => ({
  domain: { name: "tonne BlockTrades", version: "1", chainId: net.chainId, verifyingContract: at(net, "BlockTrades") },
  types: { BlockTicket: signed.BlockTicket as never }, primaryType: "BlockTicket" as const, message: ticket as never,
});

export default function BlocksView() {
  const found = useLive(blocks);
  return <>
    <h1>{t("navBlocks")}</h1><p class="lead">{t("blocksLead")}</p>
    <div class="grid">
      <Desk />
      <Panel title={t("blockTrades")}><Await of={found}>{(rows) => <Table<Block> label={t("blockTrades")} rows={rows} empty={t("noBlocks")} columns={[
        { title: t("time"), cell: (b) => dateTime(b.time) },
        { title: t("marketOf"), num: true, cell: (b) => b.market },
        { title: t("seller"), num: true, cell: (b) => b.seller },
        { title: t("buyer"), num: true, cell: (b) => b.buyer },
        { title: t("lots"), num: true, cell: (b) => whole(b.lots) },
        { title: t("turnover"), num: true, cell: (b) => money(b.turnover) },
        { title: t("source"), cell: (b) => <Ev of={b.source} /> },
      ]} />}</Await></Panel>
    </div>
  </>;
}

function Desk() {
  const { net, me, now } = useShared();
  const desk = useDesk();
  const [file, setFile] = useState<TicketFile | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [form, setForm] = useState({ market: "1", buyer: "", lots: "", price: "" });
  const status = useLive(async (n) => (file ? statusOf(n, file.hash) : 0), file?.hash ?? "");
  const choices = useLive(markets);
  const set = (name: keyof typeof form) => (value: string) => setForm((f) => ({ ...f, [name]: value }));
  if (!me?.participant) return <p class="note">{t("connectHint")}</p>;

  const write = async () => {
    const [m, people] = await Promise.all([market(net, Number(form.market)), parties(net)]);
    const buyer = people.find((p) => p.id === Number(form.buyer));
    const [lots, price] = [positive(form.lots, t("lots")), positive(form.price, t("priceALot"), LEDGER)];
    if (!buyer) throw new Told("noParticipant", { id: form.buyer });
    const ticket: Terms = {
      market: m.id, seller: me.participant, sellerWallet: me.address, buyer: buyer.id, buyerWallet: getAddress(buyer.wallet), lots: Number(lots),
      price: Number(price), nonce: crypto.getRandomValues(new Uint32Array(1))[0] ?? 0, deadline: now + DAY,
    };
    setFile({ ticket, chainId: net.chainId, contract: at(net, "BlockTrades"), hash: hashTypedData(typedOf(net, ticket)), signatures: {} });
  };

  const load = async (given: File | undefined) => {
    const raw = await pickedJson<TicketFile>(given);
    if (raw.chainId !== net.chainId || raw.contract.toLowerCase() !== at(net, "BlockTrades").toLowerCase()) throw new Told("fileOtherChain");
    if (hashTypedData(typedOf(net, raw.ticket)) !== raw.hash) throw new Told("fileHash");
    setFile(raw);
  };

  const sign = async (of: TicketFile) => {
    const side = ([["seller", of.ticket.sellerWallet], ["buyer", of.ticket.buyerWallet]] as const).find(([, wallet]) => wallet.toLowerCase() === me.address.toLowerCase());
    if (!side || !desk.provider) throw new Told("ticketNotParty");
    await onChain(desk.provider, net);
    const signature = await signTyped(desk.provider, me.address, typedOf(net, of.ticket));
    setFile({ ...of, signatures: { ...of.signatures, [side[0]]: signature } });
  };

  const run = (work: () => Promise<void>) => { setError(null); work().catch(setError); };
  const both = file?.signatures.seller && file.signatures.buyer;
  return <div class="grid two">
    <Panel title={t("newTicket")}><form class="body" aria-label={t("newTicket")} onSubmit={(e) => { e.preventDefault(); run(write); }}>
      <p class="soft">{t("ticketHint", { markets: (choices.value ?? []).map((m) => m.id).join(", ") })}</p>
      <div class="pair"><Text name="ticketMarket" label={t("marketOf")} value={form.market} set={set("market")} mode="numeric" /><Text name="ticketBuyer" label={t("buyerNumber")} value={form.buyer} set={set("buyer")} mode="numeric" required /></div>
      <div class="pair"><Text name="ticketLots" label={t("lots")} value={form.lots} set={set("lots")} mode="numeric" required /><Text name="ticketPrice" label={t("priceALot")} value={form.price} set={set("price")} mode="decimal" required /></div>
      <button class="main" type="submit">{t("writeTicket")}</button>
      <label><span>{t("ticketFile")}</span><input name="ticketFile" type="file" accept="application/json,.json" onChange={(e) => { const picked = e.currentTarget.files?.[0]; run(() => load(picked)); }} /></label>
      {error !== null && <Trouble error={error} />}
    </form></Panel>
    {file && <Panel title={t("ticket")} note={word("ticket", status.value ?? 0)}><div class="body grid">
      <Facts of={[
        [t("seller"), `${file.ticket.seller} · ${file.signatures.seller ? t("hasSigned") : t("awaited")}`],
        [t("buyer"), `${file.ticket.buyer} · ${file.signatures.buyer ? t("hasSigned") : t("awaited")}`],
        [t("lots"), whole(file.ticket.lots)], [t("priceALot"), money(BigInt(file.ticket.price))],
        [t("turnover"), money(BigInt(file.ticket.price) * BigInt(file.ticket.lots))], [t("validUntil"), dateTime(file.ticket.deadline)],
        [t("hash"), <span class="mono">{file.hash}</span>],
      ]} />
      <div class="row">
        <button onClick={() => run(() => sign(file))}>{t("signTicket")}</button>
        <button onClick={() => offer("ticket.json", `${JSON.stringify(file, null, 2)}\n`)}>{t("download")}</button>
        <button class="main" disabled={!both} onClick={() => desk.propose(settleBlock(file.ticket, file.signatures.seller ?? "0x", file.signatures.buyer ?? "0x",
          t("blockWords", { lots: whole(file.ticket.lots), price: money(BigInt(file.ticket.price)), seller: file.ticket.seller, buyer: file.ticket.buyer })))}>{t("settleBlock")} …</button>
      </div>
    </div></Panel>}
  </div>;
}
