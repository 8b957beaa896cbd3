/** Auctions: terms, stage and results; bids committed, placed in the open and revealed. */

import { useState } from "preact/hooks";
import { toHex, type Hex } from "viem";
import { auctions, bidsOf, hashOfBid, NO_BID, type Auction, type MyBid } from "../data/auctions";
import { dateTime, money, spanOf, whole, LEDGER } from "../format";
import { t, word } from "../i18n";
import { useLive, useShared } from "../ui/hooks";
import { Await, Badge, Ev, Panel, Table, Text } from "../ui/parts";
import { Told } from "../told";
import { useDesk } from "../wallet/desk";
import { commitBid, openBid, openingOf, positive, reveal } from "../wallet/plans";
import { offer, pickedJson } from "../ui/files";

export default function AuctionsView({ rest }: { rest: readonly string[] }) {
  const found = useLive(auctions);
  const number = Number(rest[0] ?? 0);
  return <>
    <h1>{number ? t("auctionNumber", { number }) : t("navAuctions")}</h1>
    <p class="lead">{number ? <a href="#/auctions">{t("allAuctions")}</a> : t("auctionsLead")}</p>
    <Await of={found}>{(all) => {
      const one = all.find((a) => a.id === number);
      return <div class="grid">
        <Panel title={t("navAuctions")}><Table<Auction> label={t("navAuctions")} rows={one ? [one] : [...all].reverse()} empty={t("noAuctions")} columns={[
          { title: t("number"), num: true, cell: (a) => <a href={`#/auctions/${a.id}`}>{a.id}</a> },
          { title: t("form"), cell: (a) => word("form", a.terms.form) },
          { title: t("marketOf"), num: true, cell: (a) => a.terms.market },
          { title: t("lots"), num: true, cell: (a) => whole(a.terms.lots) },
          { title: t("reserve"), num: true, cell: (a) => (a.terms.reserveTick ? money(BigInt(a.terms.reserveTick) * BigInt(a.terms.tickSize)) : "–") },
          { title: t("bidsUntil"), cell: (a) => dateTime(a.terms.commitUntil) },
          { title: t("revealsUntil"), cell: (a) => (a.terms.form ? "–" : spanOf(a.terms.revealFrom, a.terms.revealUntil)) },
          { title: t("bids"), num: true, cell: (a) => <>{a.state.bids}<Ev of={a.from.bid} /></> },
          { title: t("clearedAt"), num: true, cell: (a) => (a.state.tick ? <>{money(BigInt(a.state.tick) * BigInt(a.terms.tickSize))}<Ev of={a.from.cleared} /></> : "–") },
          { title: t("status"), cell: (a) => <Badge on={a.state.stage === 2}>{word("stage", a.state.stage)}</Badge> },
          { title: t("source"), cell: (a) => <Ev of={a.source} /> },
        ]} /></Panel>
        {one && <Bidding a={one} />}
      </div>;
    }}</Await>
  </>;
}

function Bidding({ a }: { a: Auction }) {
  const { net, me } = useShared();
  const desk = useDesk();
  const [price, setPrice] = useState("");
  const [lots, setLots] = useState("");
  const mine = useLive(async (n) => (me?.participant ? bidsOf(n, a, me.participant) : []), a.id, a.state.bids, me?.participant ?? 0);
  if (!me?.participant) return <p class="note">{t("connectHint")}</p>;

  const bid = async () => {
    const amount = positive(price, t("priceALot"), LEDGER);
    const count = positive(lots, t("lots"));
    if (amount % BigInt(a.terms.tickSize)) throw new Told("offGrid", { step: money(BigInt(a.terms.tickSize)) });
    const tick = Number(amount / BigInt(a.terms.tickSize));
    if (tick < a.terms.reserveTick) throw new Told("belowReserve", { reserve: money(BigInt(a.terms.reserveTick) * BigInt(a.terms.tickSize)) });
    const words = t("bidWords", { lots: whole(count), price: money(amount), id: a.id });
    if (a.terms.form === 1) return openBid(a.id, tick, count, NO_BID, words);
    const salt = toHex(crypto.getRandomValues(new Uint8Array(32)));
    const commitment = await hashOfBid(net, a.id, me.participant, tick, count, salt);
    const value = count * amount;
    const needed = (value * BigInt(a.terms.depositPpm) + 999_999n) / 1_000_000n;
    let deposit = a.terms.leastDeposit;
    while (deposit < needed) deposit = deposit ? deposit * 2n : needed; // doubled, so that it tells little of the bid
    // Without its opening a sealed bid loses its deposit: the file is saved before anything is signed.
    offer(`${commitment.slice(2)}.json`, openingOf(commitment, a.id, tick, count, salt));
    return commitBid(a.id, commitment, deposit, `${words} ${t("depositHeld", { amount: money(deposit) })}`);
  };

  const open = async (file: File | undefined) => {
    const opening = (await pickedJson(file)) as { commitment: Hex; auction: number; tick: number; lots: number; salt: Hex };
    // Read anew: what is shown may be of a block before the bid.
    const found = (await bidsOf(net, a, me.participant)).find((b) => b.commitment === opening.commitment);
    if (opening.auction !== a.id || !found) throw new Told("openingForeign");
    return reveal(a.id, found.number, BigInt(opening.tick), BigInt(opening.lots), opening.salt);
  };

  return <div class="grid two">
    <Panel title={t("bid")}><form class="body" aria-label={t("bid")} onSubmit={(e) => { e.preventDefault(); desk.propose(bid()); }}>
      <div class="pair"><Text name="bidPrice" label={t("priceALot")} value={price} set={setPrice} mode="decimal" required /><Text name="bidLots" label={t("lots")} value={lots} set={setLots} mode="numeric" required /></div>
      {a.terms.form === 0 && <p class="soft">{t("bidFile")}</p>}
      <button class="main" type="submit">{a.terms.form === 0 ? t("bidSealed") : t("bidOpen")} …</button>
      {a.terms.form === 0 && <label><span>{t("revealFile")}</span><input name="opening" type="file" accept="application/json,.json" onChange={(e) => { desk.propose(open(e.currentTarget.files?.[0])); e.currentTarget.value = ""; }} /></label>}
    </form></Panel>
    <Panel title={t("myBids")}><Await of={mine}>{(rows) => <Table<MyBid> label={t("myBids")} rows={rows} columns={[
      { title: t("number"), num: true, cell: (b) => b.number },
      { title: t("price"), num: true, cell: (b) => (b.tick ? money(BigInt(b.tick) * BigInt(a.terms.tickSize)) : t("sealed")) },
      { title: t("lots"), num: true, cell: (b) => (b.lots ? whole(b.lots) : "–") },
      { title: t("held"), num: true, cell: (b) => money(b.held) },
      { title: t("status"), cell: (b) => word("bid", b.status) },
      { title: t("source"), cell: (b) => <Ev of={b.source} /> },
    ]} />}</Await></Panel>
  </div>;
}
