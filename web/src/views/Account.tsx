/** The connected wallet: its participant, holdings and obligations, and every act that needs no order book. */

import { useState } from "preact/hooks";
import { holdings, purse, type Holding } from "../data/account";
import { obligations, plants, type Obligation } from "../data/register";
import { periods } from "../data/schemes";
import { ALLOWANCE, CREDIT, retirements, unitOf } from "../data/units";
import { cents, money, whole } from "../format";
import { t, word } from "../i18n";
import { useLive, useShared } from "../ui/hooks";
import { rightNames, unitName } from "../ui/names";
import { Await, Badge, Choice, Ev, Facts, Panel, Table, Text } from "../ui/parts";
import { useDesk } from "../wallet/desk";
import { bank, invite, join, register, retire, surrender } from "../wallet/plans";
import type { Plan } from "../wallet/send";

export default function AccountView() {
  const { me } = useShared();
  if (!me) return <><h1>{t("navAccount")}</h1><p class="note">{t("connectHint")}</p></>;
  return <>
    <h1>{t("navAccount")}</h1>
    <div class="grid side">
      <div class="grid">
        <Panel title={t("wallet")}><div class="body"><Facts of={[
          [t("address"), <span class="mono">{me.address}</span>],
          [t("participant"), me.participant ? <>{me.participant} <Badge on={me.status === 2}>{word("party", me.status)}</Badge></> : t("notRegistered")],
          [t("rights"), me.rights ? rightNames(me.rights) : "–"],
        ]} /></div></Panel>
        <Holdings />
        {me.participant ? <><Duties /><p><a href={`#/audit/${me.participant}`}>{t("recount")}</a></p></> : null}
      </div>
      <div class="grid">{me.participant ? <><Surrender /><Retire /><Bank /><Wallets /></> : <><RegisterForm /><Join /></>}</div>
    </div>
  </>;
}

/** A form that proposes a plan; what keeps the plan from being made is shown where refusals are. */
function Act({ title, plan, children, lead }: { title: string; plan: () => Plan; children: preact.ComponentChildren; lead?: string }) {
  const desk = useDesk();
  return (
    <Panel title={title}>
      <form class="body" aria-label={title} onSubmit={(e) => { e.preventDefault(); desk.propose(Promise.resolve().then(plan)); }}>
        {lead && <p class="soft">{lead}</p>}
        {children}
        <button class="main" type="submit">{title} …</button>
      </form>
    </Panel>
  );
}

function Boxes({ list, bits, value, set, legend }: { list: string; bits: readonly number[]; value: number; set: (v: number) => void; legend: string }) {
  return <fieldset><legend>{legend}</legend>{bits.map((bit) => (
    <label class="check"><input type="checkbox" name={`${list}${bit}`} checked={(value & bit) !== 0} onChange={(e) => set(e.currentTarget.checked ? value | bit : value & ~bit)} />{word(list, bit)}</label>
  ))}</fieldset>;
}

function RegisterForm() {
  const [kinds, setKinds] = useState(2);
  const [region, setRegion] = useState("");
  const [details, setDetails] = useState("");
  return <Act title={t("register")} lead={t("registerHint")} plan={() => register(kinds, region, details)}>
    <Boxes list="kind" bits={[1, 2, 4, 8]} value={kinds} set={setKinds} legend={t("kinds")} />
    <Text name="region" label={t("jurisdiction")} value={region} set={setRegion} mode="numeric" required />
    <Text name="details" label={t("details")} value={details} set={setDetails} required />
  </Act>;
}

function Join() {
  const [id, setId] = useState("");
  return <Act title={t("joinParticipant")} lead={t("joinHint")} plan={() => join(id)}>
    <Text name="join" label={t("participant")} value={id} set={setId} mode="numeric" required />
  </Act>;
}

function Wallets() {
  const [wallet, setWallet] = useState("");
  const [rights, setRights] = useState(1);
  return <Act title={t("inviteWallet")} plan={() => invite(wallet, rights, rightNames(rights))}>
    <Text name="wallet" label={t("address")} value={wallet} set={setWallet} required />
    <Boxes list="right" bits={[1, 2, 4, 8, 16]} value={rights} set={setRights} legend={t("rights")} />
  </Act>;
}

function useHoldings() {
  const { me } = useShared();
  return useLive(async (net) => (me ? holdings(net, me) : []), me?.address ?? "", me?.participant ?? 0);
}

function Holdings() {
  const { me } = useShared();
  const found = useHoldings();
  const cash = useLive(async (net) => (me ? purse(net, me.address) : 0n), me?.address ?? "");
  return <Panel title={t("holdings")} note={cash.value === undefined ? undefined : t("cashInWallet", { amount: cents(cash.value) })}>
    <Await of={found}>{(rows) => <Table<Holding> label={t("holdings")} rows={rows} columns={[
      { title: t("unit"), cell: (h) => (h.market ? <a href={`#/market/${h.market.id}`}>{unitName(h.unit)}</a> : unitName(h.unit)) },
      { title: `${t("unitsWallet")} ${t("tonne")}`, num: true, cell: (h) => whole(h.wallet) },
      { title: `${t("unitsFree")} ${t("tonne")}`, num: true, cell: (h) => (h.market ? whole(h.free * h.market.lotSize) : "–") },
      { title: `${t("unitsReserved")} ${t("tonne")}`, num: true, cell: (h) => (h.market ? whole(h.reserved * h.market.lotSize) : "–") },
      { title: t("cashFree"), num: true, cell: (h) => (h.market ? money(h.cashFree) : "–") },
    ]} />}</Await>
  </Panel>;
}

const useDuties = () => {
  const { me } = useShared();
  return useLive(async (net) => {
    const [due, sites] = await Promise.all([obligations(net), plants(net)]);
    const mine = new Set(sites.filter((p) => p.operator === me?.participant).map((p) => p.id));
    return due.filter((o) => mine.has(o.plant));
  }, me?.participant ?? 0);
};

function Duties() {
  const found = useDuties();
  return <Panel title={t("obligations")}>
    <Await of={found}>{(rows) => <Table<Obligation> label={t("obligations")} rows={rows} empty={t("noObligations")} columns={[
      { title: t("plant"), num: true, cell: (o) => o.plant },
      { title: t("period"), num: true, cell: (o) => o.period },
      { title: t("emissions"), num: true, cell: (o) => whole(o.emissions) },
      { title: t("due"), num: true, cell: (o) => whole(o.due) },
      { title: t("surrendered"), num: true, cell: (o) => <>{whole(o.given)}<Ev of={o.paid} /></> },
      { title: t("missing"), num: true, cell: (o) => <span class={o.given < o.due ? "warn" : ""}>{whole(o.due > o.given ? o.due - o.given : 0n)}</span> },
      { title: t("source"), cell: (o) => <Ev of={o.source} /> },
    ]} />}</Await>
  </Panel>;
}

/** Units of some classes that the wallet or the account has, as choices: `place/unit`. */
function unitChoices(rows: readonly Holding[], ...classes: readonly bigint[]): (readonly [string, string])[] {
  return rows.filter((h) => classes.includes(unitOf(h.unit).unitClass)).flatMap((h) => [
    ...(h.wallet ? [[`wallet/${h.unit}`, t("fromWallet", { unit: unitName(h.unit), amount: whole(h.wallet) })] as const] : []),
    ...(h.market && h.free ? [[`ledger/${h.unit}`, t("fromLedger", { unit: unitName(h.unit), amount: whole(h.free * h.market.lotSize) })] as const] : []),
  ]);
}

const chosen = (choice: string) => {
  const [place, id] = choice.split("/");
  return { fromLedger: place === "ledger", unit: BigInt(id ?? "0") };
};

function Surrender() {
  const { me } = useShared();
  const units = useHoldings();
  const due = useDuties();
  const [choice, choose] = useState("");
  const [duty, setDuty] = useState("");
  const [amount, setAmount] = useState("");
  const choices = unitChoices(units.value ?? [], ALLOWANCE, CREDIT);
  const duties = (due.value ?? []).map((o) => [`${o.plant}/${o.period}`, t("plantPeriod", { plant: o.plant, period: o.period })] as const);
  if (!duties.length) return null;
  return <Act title={t("surrender")} plan={() => {
    const [plant, period] = (duty || duties[0]?.[0] || "0/0").split("/").map(Number);
    const from = chosen(choice || choices[0]?.[0] || "wallet/0");
    return surrender(me, plant ?? 0, period ?? 0, from.unit, amount, from.fromLedger);
  }}>
    <Choice name="duty" label={t("obligation")} value={duty || duties[0]?.[0] || ""} set={setDuty} of={duties} />
    <Choice name="surrenderUnit" label={t("unit")} value={choice || choices[0]?.[0] || ""} set={choose} of={choices} />
    <Text name="surrenderAmount" label={`${t("quantity")} (${t("tonne")})`} value={amount} set={setAmount} mode="numeric" required />
  </Act>;
}

function Bank() {
  const { me } = useShared();
  const units = useHoldings();
  const [choice, choose] = useState("");
  const [amount, setAmount] = useState("");
  const choices = unitChoices(units.value ?? [], ALLOWANCE);
  const later = useLive((net) => periods(net, 1));
  if (!choices.length || !later.value) return null;
  return <Act title={t("bank")} lead={t("bankHint")} plan={() => {
    const from = chosen(choice || choices[0]?.[0] || "wallet/0");
    return bank(me, Number(unitOf(from.unit).scheme), from.unit, amount, from.fromLedger);
  }}>
    <Choice name="bankUnit" label={t("unit")} value={choice || choices[0]?.[0] || ""} set={choose} of={choices} />
    <Text name="bankAmount" label={`${t("quantity")} (${t("tonne")})`} value={amount} set={setAmount} mode="numeric" required />
  </Act>;
}

function Retire() {
  const { net, me, now } = useShared();
  const units = useHoldings();
  const [choice, choose] = useState("");
  const [amount, setAmount] = useState("");
  const [beneficiary, setBeneficiary] = useState("");
  const [purpose, setPurpose] = useState("");
  const year = new Date(now * 1000).getUTCFullYear() - 1;
  const [from, setFrom] = useState(`${year}-01-01`);
  const [until, setUntil] = useState(`${year}-12-31`);
  const [country, setCountry] = useState("CN");
  const choices = unitChoices(units.value ?? [], CREDIT);
  if (!choices.length) return null;
  const toCertificate = (hash: string) => {
    retirements(net).then((all) => {
      const made = all.find((r) => r.source.tx === hash);
      if (made) location.hash = `#/certificates/${made.number}`;
    }, () => undefined); // the list of certificates has it
  };
  return <Act title={t("retire")} plan={() => {
    const source = chosen(choice || choices[0]?.[0] || "wallet/0");
    return retire(me, source.unit, amount, { beneficiary, purpose, from, until, country }, source.fromLedger, toCertificate);
  }}>
    <Choice name="retireUnit" label={t("unit")} value={choice || choices[0]?.[0] || ""} set={choose} of={choices} />
    <Text name="retireAmount" label={`${t("quantity")} (${t("tonne")})`} value={amount} set={setAmount} mode="numeric" required />
    <Text name="beneficiary" label={t("beneficiary")} value={beneficiary} set={setBeneficiary} required />
    <Text name="purpose" label={t("purpose")} value={purpose} set={setPurpose} required />
    <div class="pair"><Text name="from" type="date" label={t("firstDay")} value={from} set={setFrom} /><Text name="until" type="date" label={t("lastDay")} value={until} set={setUntil} /></div>
    <Text name="country" label={t("country")} value={country} set={setCountry} />
  </Act>;
}
