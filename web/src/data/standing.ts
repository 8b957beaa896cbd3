/** The register's list: a line for each plant with the columns of `tonne register list`. */

import { getBlock } from "viem/actions";
import { allocationAbi } from "../generated/abi/Allocation";
import { complianceAbi } from "../generated/abi/Compliance";
import { cumulativeComplianceAbi } from "../generated/abi/CumulativeCompliance";
import { schemesAbi } from "../generated/abi/Schemes";
import { names } from "../generated/names";
import { events, inOrder, sourceOf, timeOf, type Net, type Source } from "../net";
import { askAll, MOST_ROWS, placeOf, type Placed, type Told } from "../service";
import { plants, reports } from "./register";

/** Where a product's figure stands, or why it is not known: only a data service proves lines. */
export type Known = "onChain" | "proved" | "notDisclosed" | "notInPack";

/** What a plant made of a product in the year of its verified figure; others than these where there is no quantity. */
export interface Made { readonly product: string; readonly unit: string; readonly quantity: bigint | null; readonly known: Known }

export type Stands = "complies" | "short" | "notJudged" | "closed" | "unverified";

export interface Standing {
  readonly plant: number;
  readonly operator: number;
  readonly scheme: number;
  readonly benchmarkClass: number;
  readonly period: number | null;
  readonly allocation: bigint | null; // [t], as the last step of the period left it
  readonly year: number | null;
  readonly verified: bigint | null; // [t]
  readonly surrendered: bigint | null; // [t]
  readonly owed: bigint | null; // [t]
  readonly cumulative: boolean; // judged by running totals
  readonly stands: Stands;
  readonly openPenalties: number;
  readonly made: readonly Made[];
  readonly sources: Sources;
}

/** The event that each figure of a line comes from. */
export type Sources = Readonly<Partial<Record<"allocation" | "verified" | "surrendered" | "owed", Source | undefined>>>;

const WORDS: Readonly<Record<string, Stands>> = {
  complies: "complies", short: "short", "not yet judged": "notJudged", closed: "closed", unverified: "unverified",
};
const KNOWN: Readonly<Record<string, Known>> = {
  "on chain": "onChain", proved: "proved", "not disclosed by the scheme": "notDisclosed", "not in this pack": "notInPack",
};
/** `Verdict` of ICumulativeCompliance, and `AppealOutcome` of PenaltyTypes. */
const VERDICTS: readonly Stands[] = ["notJudged", "complies", "short", "unverified"];
const ANNULLED = 3;
/** [s] A pause moves the deadlines that fall into it, or into the day behind it. */
const DAY = 86_400;

interface Row extends Told {
  readonly plant: number; readonly operator: number; readonly scheme: number; readonly class: number; readonly period: number | null;
  readonly allocation: number | string | null; readonly year: number | null; readonly verified: number | string | null;
  readonly surrendered: number | string | null; readonly owed: number | string | null; readonly cumulative: boolean;
  readonly standing: string; readonly openPenalties: number;
  readonly products: readonly { readonly product: string; readonly unit: string | null; readonly quantity: number | string | null; readonly state: string }[];
  readonly sources: Readonly<Record<keyof Sources, Placed | null>>;
}

/** Of the data service where there is one, else worked out of the events of the node. */
export async function standings(net: Net): Promise<Standing[]> {
  const told = await askAll<Told & { rows: readonly Row[]; next: string | null }>(net, "register", { limit: MOST_ROWS });
  return told ? told.rows.map(ofRow) : ofEvents(net);
}

const amount = (value: number | string | null): bigint | null => (value === null ? null : BigInt(value));

function ofRow(row: Row): Standing {
  return {
    plant: row.plant, operator: row.operator, scheme: row.scheme, benchmarkClass: row.class, period: row.period,
    allocation: amount(row.allocation), year: row.year, verified: amount(row.verified), surrendered: amount(row.surrendered),
    owed: amount(row.owed), cumulative: row.cumulative, stands: WORDS[row.standing] ?? "notJudged", openPenalties: row.openPenalties,
    made: row.products.map((p) => ({ product: p.product, unit: p.unit ?? "", quantity: amount(p.quantity), known: KNOWN[p.state] ?? "notInPack" })),
    sources: {
      allocation: place(row.sources.allocation), verified: place(row.sources.verified),
      surrendered: place(row.sources.surrendered), owed: place(row.sources.owed),
    },
  };
}

const place = (of: Placed | null): Source | undefined => (of ? placeOf(of) : undefined);

/** What one plant has on record for one period. */
interface Account {
  allocation: bigint | null;
  due: bigint | null;
  added: bigint; // ordered in place of missing units
  given: bigint;
  closed: boolean;
  totals: { verified: bigint | null; given: bigint | null; stands: Stands } | null; // null: no act of the period tells it
  penalty: Penalty | null;
  allocated?: Source; // the last step of the allocation
  assessed?: Source; // what is due
  paid?: Source; // the last surrender
  counted?: Source; // the last act on running totals
}

interface Penalty { open: boolean; cents: bigint; paid: bigint; measures: number; units: bigint }

interface Step { readonly source: Source; readonly key: string; readonly act: (account: Account) => void; readonly of?: "allocated" | "assessed" | "paid" | "counted" }

async function ofEvents(net: Net): Promise<Standing[]> {
  const [steps, deadlines, stand, years, head] = await Promise.all([
    allSteps(net), deadlinesOf(net), plants(net), latestYears(net), getBlock(net.client),
  ]);
  const accounts = new Map<string, Account>();
  for (const { key, act, of, source } of steps.sort((a, b) => inOrder(a.source, b.source))) {
    const account = accounts.get(key) ?? { allocation: null, due: null, added: 0n, given: 0n, closed: false, totals: null, penalty: null };
    act(account);
    if (of) account[of] = source;
    accounts.set(key, account);
  }
  const latest = new Map<number, number>();
  const penalties = new Map<number, number>();
  for (const [key, account] of accounts) {
    const [, period = 0, plant = 0] = key.split("/").map(Number);
    if (account.penalty?.open) penalties.set(plant, (penalties.get(plant) ?? 0) + 1);
    if (account.allocation === null && account.due === null && !account.totals) continue;
    latest.set(plant, Math.max(latest.get(plant) ?? 0, period));
  }
  const now = Number(head.timestamp);
  return stand.map((plant): Standing => {
    const period = latest.get(plant.id) ?? null;
    const account = accounts.get(`${plant.scheme}/${period}/${plant.id}`);
    const report = years.get(plant.id);
    return {
      plant: plant.id, operator: plant.operator, scheme: plant.scheme, benchmarkClass: plant.benchmarkClass, period,
      allocation: account?.allocation ?? null, year: report?.year ?? null, verified: report?.emissions ?? null,
      ...figures(account, deadlines.get(`${plant.scheme}/${period}`) ?? Infinity, now), openPenalties: penalties.get(plant.id) ?? 0,
      made: report ? madeOf(report, plant.scheme) : [],
      sources: sourcesOf(account, report?.source),
    };
  });
}

type Packs = Readonly<Record<number, { readonly undisclosed: readonly string[] }>>;

/** Totals of a report, and that there may be other products in its lines. */
function madeOf(report: { readonly power: bigint; readonly heat: bigint }, scheme: number): Made[] {
  const totals: Made[] = [
    { product: "electricity", unit: "MWh", quantity: report.power, known: "onChain" }, { product: "heat", unit: "GJ", quantity: report.heat, known: "onChain" },
  ];
  const hidden = (names.schemes as unknown as Packs)[scheme]?.undisclosed.includes("disclosure.products");
  return [...totals.filter((made) => made.quantity), { product: "", unit: "", quantity: null, known: hidden ? "notDisclosed" : "notInPack" }];
}

/** Of an account and of the report of the latest year; running totals change with every act on them. */
function sourcesOf(account: Account | undefined, verified: Source | undefined): Sources {
  const owed = account?.totals ? account.counted : account?.assessed;
  return { allocation: account?.allocated, verified, surrendered: account?.paid ?? owed, owed };
}

function figures(account: Account | undefined, deadline: number, now: number): Pick<Standing, "surrendered" | "owed" | "cumulative" | "stands"> {
  if (account?.totals) {
    const { verified, given, stands } = account.totals;
    const owed = verified === null || given === null ? null : verified > given ? verified - given : 0n;
    return { surrendered: given, owed, cumulative: true, stands };
  }
  if (!account || account.due === null) return { surrendered: null, owed: null, cumulative: false, stands: "notJudged" };
  const owed = account.due + account.added - account.given;
  const stands = account.closed ? "closed" : owed === 0n ? "complies" : now > deadline ? "short" : "notJudged";
  return { surrendered: account.given, owed, cumulative: false, stands };
}

interface Charged { readonly scheme: number; readonly periodId: number; readonly installation: number }
const keyOf = (args: Charged): string => `${args.scheme}/${args.periodId}/${args.installation}`;

async function allSteps(net: Net): Promise<Step[]> {
  const found = await Promise.all([allocations(net), obligations(net), penaltySteps(net), totals(net)]);
  return found.flat();
}

async function allocations(net: Net): Promise<Step[]> {
  const of = <E extends "AllowancesPreAllocated" | "AllowancesTabled" | "AllocationTruedUp">(name: E) => events(net, "Allocation", allocationAbi, name);
  const rows = (await Promise.all([of("AllowancesPreAllocated"), of("AllowancesTabled"), of("AllocationTruedUp")])).flat();
  return rows.map((row) => ({ source: sourceOf(row), key: keyOf(row.args), of: "allocated", act: (a) => { a.allocation = row.args.amount; } }));
}

async function obligations(net: Net): Promise<Step[]> {
  const of = <E extends "ObligationAssessed" | "UnitsSurrendered" | "UnitsOrdered" | "ShortfallDeducted" | "PartCounted">(name: E) =>
    events(net, "Compliance", complianceAbi, name);
  const [assessed, given, ordered, deducted, counted] = await Promise.all([
    of("ObligationAssessed"), of("UnitsSurrendered"), of("UnitsOrdered"), of("ShortfallDeducted"), of("PartCounted"),
  ]);
  return [
    ...assessed.map((row): Step => ({ source: sourceOf(row), key: keyOf(row.args), of: "assessed", act: (a) => { a.due = row.args.due; } })),
    ...given.map((row): Step => ({ source: sourceOf(row), key: keyOf(row.args), of: "paid", act: (a) => { a.given += row.args.allowances + row.args.offsets; } })),
    ...ordered.map((row): Step => ({
      source: sourceOf(row), key: keyOf(row.args),
      act: (a) => { a.added = row.args.units; a.penalty = { ...none(a), units: row.args.units }; },
    })),
    ...deducted.map((row): Step => ({ source: sourceOf(row), key: keyOf(row.args), act: (a) => { a.closed = true; } })),
    ...counted.map((row): Step => ({ source: sourceOf(row), key: keyOf({ ...row.args, periodId: row.args.partId }), act: (a) => { a.closed = true; } })),
  ];
}

const none = (a: Account): Penalty => a.penalty ?? { open: false, cents: 0n, paid: 0n, measures: 0, units: 0n };

/** A penalty is open from its notice until nothing is left to follow on it. */
async function penaltySteps(net: Net): Promise<Step[]> {
  const of = <E extends "ShortfallNoticed" | "PenaltyDecided" | "PenaltyAppealed" | "PenaltyAppealDecided" | "PenaltyPaid" | "PenaltyDebited">(name: E) =>
    events(net, "Compliance", complianceAbi, name);
  const [noticed, decided, appealed, outcomes, paid, debited] = await Promise.all([
    of("ShortfallNoticed"), of("PenaltyDecided"), of("PenaltyAppealed"), of("PenaltyAppealDecided"), of("PenaltyPaid"), of("PenaltyDebited"),
  ]);
  const fined = (a: Account, cents: bigint, measures: number): Penalty => {
    const now = { ...none(a), cents, measures };
    return { ...now, open: now.cents > 0n || now.measures > 0 || now.units > 0n };
  };
  return [
    ...[...noticed, ...appealed].map((row): Step => ({ source: sourceOf(row), key: keyOf(row.args), act: (a) => { a.penalty = { ...none(a), open: true }; } })),
    ...decided.map((row): Step => ({
      source: sourceOf(row), key: keyOf(row.args), act: (a) => { a.penalty = fined(a, row.args.fineCents, row.args.measures || none(a).measures); },
    })),
    ...outcomes.map((row): Step => ({
      source: sourceOf(row), key: keyOf(row.args),
      act: (a) => { a.penalty = row.args.outcome === ANNULLED ? { ...none(a), cents: 0n, measures: 0, open: false } : fined(a, row.args.fineCents, none(a).measures); },
    })),
    ...[...paid, ...debited].map((row): Step => ({
      source: sourceOf(row), key: keyOf(row.args),
      act: (a) => { const now = { ...none(a), paid: row.args.paidCents }; a.penalty = { ...now, open: now.open && now.paid !== now.cents }; },
    })),
  ];
}

async function totals(net: Net): Promise<Step[]> {
  const of = <E extends "VerifiedCounted" | "FiguresCorrected" | "AllowancesSurrendered" | "ComplianceJudged">(name: E) =>
    events(net, "CumulativeCompliance", cumulativeComplianceAbi, name);
  const [verified, corrected, given, judged] = await Promise.all([
    of("VerifiedCounted"), of("FiguresCorrected"), of("AllowancesSurrendered"), of("ComplianceJudged"),
  ]);
  const step = (row: { args: Charged } & Parameters<typeof sourceOf>[0], change: Partial<NonNullable<Account["totals"]>>): Step => ({
    source: sourceOf(row), key: keyOf(row.args), of: "counted",
    act: (a) => { a.totals = { verified: null, given: null, ...a.totals, stands: "notJudged", ...change }; },
  });
  return [
    ...verified.map((row) => step(row, { verified: row.args.verifiedT })),
    ...corrected.map((row) => step(row, { verified: row.args.verifiedT, given: row.args.surrenderedT })),
    ...given.map((row) => step(row, { given: row.args.surrenderedT })),
    ...given.map((row): Step => ({ source: sourceOf(row), key: keyOf(row.args), of: "paid", act: () => undefined })),
    ...judged.map((row) => step(row, { verified: row.args.verifiedT, given: row.args.surrenderedT, stands: VERDICTS[row.args.verdict] ?? "notJudged" })),
  ];
}

/** [s] Deadline of each period as the last pause moved it. */
async function deadlinesOf(net: Net): Promise<Map<string, number>> {
  const [periods, pauses] = await Promise.all([events(net, "Schemes", schemesAbi, "PeriodSet"), events(net, "Compliance", complianceAbi, "Paused")]);
  const last = pauses.at(-1);
  const since = last ? await timeOf(net, last) : 0;
  const until = Number(last?.args.until ?? 0);
  return new Map(periods.map((row) => {
    const stated = row.args.period.surrenderDeadline;
    const moved = last && stated >= since && stated <= until + DAY ? until - since : 0;
    return [`${row.args.scheme}/${row.args.periodId}`, stated + moved];
  }));
}

/** The figure of each plant's latest verified year. */
async function latestYears(net: Net) {
  const found = new Map<number, { year: number; emissions: bigint; power: bigint; heat: bigint; source: Source }>();
  for (const report of await reports(net)) {
    if ((found.get(report.plant)?.year ?? 0) < report.year) found.set(report.plant, report);
  }
  return found;
}
