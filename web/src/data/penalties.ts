/** Steps of penalties in the order they came: notice, decision, appeal and its outcome, payment, publication, closing. */

import { complianceAbi } from "../generated/abi/Compliance";
import { events, inOrder, sourceOf, type Net, type Source } from "../net";

/** Numbers of the words for a step and an outcome, `penaltyStep1` and `AppealOutcome` of PenaltyTypes. */
export interface PenaltyStep {
  readonly plant: number;
  readonly scheme: number;
  readonly period: number;
  readonly step: number;
  readonly outcome: number; // of an appeal; 0 elsewhere
  readonly missing: bigint | null; // [t], or units that were ordered in its place
  readonly cents: bigint | null; // [0.01 currency] the fine as the step leaves it, or what was paid
  readonly until: number; // [s] end of the hearing, or until when it can be appealed against; 0 none
  readonly text: string | null; // hash of reasons, grounds or notice
  readonly source: Source;
}

type Told = Pick<PenaltyStep, "missing" | "cents" | "until" | "text"> & { readonly outcome?: number };
interface Act { readonly args: { readonly scheme: number; readonly periodId: number; readonly installation: number } }

const NOTHING: Told = { missing: null, cents: null, until: 0, text: null };

export async function penalties(net: Net): Promise<PenaltyStep[]> {
  const of = <E extends "ShortfallNoticed" | "PenaltyDecided" | "PenaltyAppealed" | "PenaltyAppealDecided" | "PenaltyPaid" | "PenaltyDebited"
    | "PenaltyPublished" | "UnitsOrdered" | "ShortfallDeducted">(name: E) => events(net, "Compliance", complianceAbi, name);
  const [noticed, decided, appealed, outcomes, paid, debited, published, ordered, closed] = await Promise.all([
    of("ShortfallNoticed"), of("PenaltyDecided"), of("PenaltyAppealed"), of("PenaltyAppealDecided"), of("PenaltyPaid"), of("PenaltyDebited"),
    of("PenaltyPublished"), of("UnitsOrdered"), of("ShortfallDeducted"),
  ]);
  return [
    ...noticed.map((row) => step(row, 1, { ...NOTHING, missing: row.args.shortfall, until: Number(row.args.hearingUntil) })),
    ...decided.map((row) => step(row, 2, { ...NOTHING, cents: row.args.fineCents, until: Number(row.args.appealUntil), text: row.args.reasonHash })),
    ...appealed.map((row) => step(row, 3, { ...NOTHING, text: row.args.groundsHash })),
    ...outcomes.map((row) => step(row, 4, {
      ...NOTHING, cents: row.args.fineCents, until: Number(row.args.payableUntil), text: row.args.reasonHash, outcome: row.args.outcome,
    })),
    ...paid.map((row) => step(row, 5, { ...NOTHING, cents: row.args.cents })),
    ...debited.map((row) => step(row, 6, { ...NOTHING, cents: row.args.cents })),
    ...published.map((row) => step(row, 7, { ...NOTHING, cents: row.args.fineCents, text: row.args.textHash })),
    ...ordered.map((row) => step(row, 8, { ...NOTHING, missing: row.args.units })),
    ...closed.map((row) => step(row, 9, { ...NOTHING, missing: row.args.open })),
  ].sort((a, b) => inOrder(a.source, b.source));
}

function step(row: Act & Parameters<typeof sourceOf>[0], number: number, told: Told): PenaltyStep {
  const { scheme, periodId, installation } = row.args;
  return { plant: installation, scheme, period: periodId, step: number, outcome: 0, ...told, source: sourceOf(row) };
}
