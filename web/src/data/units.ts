/** Units and their ids; retirements and their certificates; offset projects. */

import { issuanceAbi } from "../generated/abi/Issuance";
import { offsetCreditsAbi } from "../generated/abi/OffsetCredits";
import { projectsAbi } from "../generated/abi/Projects";
import { retirementRegistryAbi } from "../generated/abi/RetirementRegistry";
import { events, eventsAfter, inOrder, sourceOf, timeOf, type Net, type Source } from "../net";
import { placeOf, tables, type Placed } from "../service";
import { UNIT, unpack } from "../words";

export const ALLOWANCE = 1n;
export const CREDIT = 2n;
export const ENERGY_CREDIT = 3n;
export const CERTIFICATE = 4n;

export const unitOf = (id: bigint) => unpack(id, UNIT);

export interface Retirement {
  readonly number: number;
  readonly unit: bigint;
  readonly amount: bigint;
  readonly participant: number;
  readonly beneficiary: string;
  readonly commitment: `0x${string}`;
  readonly purpose: string;
  readonly from: number; // [days]
  readonly until: number; // [days]
  readonly country: `0x${string}`;
  readonly blocks: readonly { readonly registry: number; readonly series: bigint; readonly first: bigint; readonly last: bigint }[];
  readonly time: number;
  readonly source: Source;
}

export async function retirements(net: Net): Promise<Retirement[]> {
  const rows = await events(net, "RetirementRegistry", retirementRegistryAbi, "UnitsRetired");
  return Promise.all(rows.map(async (row): Promise<Retirement> => {
    const { certificate, id, participant, amount, blocks, claim } = row.args;
    return {
      number: Number(certificate), unit: id, amount, participant, beneficiary: claim.beneficiary, commitment: claim.commitment,
      purpose: claim.purpose, from: claim.periodStart, until: claim.periodEnd, country: claim.country, blocks,
      time: await timeOf(net, row), source: sourceOf(row),
    };
  }));
}

export interface Batch {
  readonly unit: bigint;
  readonly report: bigint;
  readonly project: number;
  readonly issued: bigint;
  readonly gone: bigint; // retired, surrendered and cancelled
  readonly status: number;
  readonly source: Source;
  readonly from: { readonly report?: Source | undefined; readonly gone?: Source | undefined; readonly status?: Source | undefined };
}

export async function batches(net: Net): Promise<Batch[]> {
  const [issued, exits, states, origins] = await Promise.all([
    events(net, "OffsetCredits", offsetCreditsAbi, "UnitsIssued"),
    events(net, "OffsetCredits", offsetCreditsAbi, "UnitsExited"),
    events(net, "OffsetCredits", offsetCreditsAbi, "BatchStatusChanged"),
    events(net, "Issuance", issuanceAbi, "CreditsIssued"),
  ]);
  const gone = new Map<bigint, { amount: bigint; source: Source }>();
  for (const row of exits) gone.set(row.args.id, { amount: (gone.get(row.args.id)?.amount ?? 0n) + row.args.amount, source: sourceOf(row) });
  const status = new Map(states.map((row) => [row.args.id, row]));
  const origin = new Map(origins.map((row) => [row.args.id, row]));
  const found = new Map<bigint, Batch>();
  for (const row of issued) {
    const { id, amount } = row.args;
    const [made, left, state] = [origin.get(id), gone.get(id), status.get(id)];
    found.set(id, {
      unit: id, report: made?.args.reportId ?? 0n, project: made?.args.project ?? 0, issued: (found.get(id)?.issued ?? 0n) + amount,
      gone: left?.amount ?? 0n, status: state?.args.status ?? 1, source: sourceOf(row),
      from: { report: made && sourceOf(made), gone: left?.source, status: state && sourceOf(state) },
    });
  }
  return [...found.values()];
}

export interface Project {
  readonly id: number;
  readonly name: string;
  readonly developer: number;
  readonly methodology: number;
  readonly country: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly until: number;
  readonly validated: boolean;
  readonly suspended: boolean;
  readonly capT: bigint;
  readonly source: Source;
  readonly from: { readonly name?: Source | undefined; readonly cap?: Source | undefined; readonly until?: Source | undefined; readonly status?: Source | undefined };
}

interface ProjectRow extends Placed {
  readonly id: number; readonly developer: number; readonly methodology: number; readonly hostCountry: number;
  readonly latitude: number; readonly longitude: number; readonly creditingUntil: number;
}
interface StepRow extends Placed {
  readonly act: string; readonly project: number; readonly name: string | null; readonly yearlyCapT: number | string | null;
  readonly suspended: number | null; readonly creditingUntil: number | null;
}

/** What became of a project by one event: its name, its cap when validated, its suspension or the end of one, its new end. */
interface Step { readonly id: number; readonly source: Source; readonly name?: string; readonly capT?: bigint; readonly suspended?: boolean; readonly until?: number }

const DEGREE = 1e6;

const begun = (id: number, developer: number, methodology: number, country: number, latitude: number, longitude: number, until: number, source: Source): Project => ({
  id, developer, methodology, country, latitude: latitude / DEGREE, longitude: longitude / DEGREE, until, source,
  name: "", validated: false, suspended: false, capT: 0n, from: {},
});

function stepOf(row: StepRow): Step {
  const one = { id: row.project, source: placeOf(row) };
  if (row.act === "ProjectNamed") return { ...one, name: row.name ?? "" };
  if (row.act === "ProjectValidated") return { ...one, capT: BigInt(row.yearlyCapT ?? 0) };
  return row.act === "ProjectSuspended" ? { ...one, suspended: row.suspended === 1 } : { ...one, until: row.creditingUntil ?? 0 };
}

const after = (p: Project, { id: _, source, ...change }: Step): Project => ({
  ...p, ...change, validated: p.validated || change.capT !== undefined,
  from: {
    name: change.name === undefined ? p.from.name : source, cap: change.capT === undefined ? p.from.cap : source,
    until: change.until === undefined ? p.from.until : source,
    status: change.capT === undefined && change.suspended === undefined ? p.from.status : source,
  },
});

export async function projects(net: Net): Promise<Project[]> {
  const told = await tables<[ProjectRow, StepRow]>(net, "projects", "projects/steps");
  const of = <E extends "ProjectRegistered" | "ProjectNamed" | "ProjectValidated" | "ProjectSuspended" | "ProjectRenewed">(name: E) =>
    told ? eventsAfter(net, "Projects", projectsAbi, name, told.block) : events(net, "Projects", projectsAbi, name);
  const [registered, named, validated, suspended, renewed] = await Promise.all([
    of("ProjectRegistered"), of("ProjectNamed"), of("ProjectValidated"), of("ProjectSuspended"), of("ProjectRenewed"),
  ]);
  const [rows, steps] = told?.of ?? [[], []];
  const all = [
    ...rows.map((r) => begun(r.id, r.developer, r.methodology, r.hostCountry, r.latitude, r.longitude, r.creditingUntil, placeOf(r))),
    ...registered.map((row) => {
      const { id, developer, methodology, hostCountry, location, creditingUntil } = row.args;
      return begun(id, developer, methodology, hostCountry, location.latitude, location.longitude, creditingUntil, sourceOf(row));
    }),
  ];
  const found = new Map(all.map((p) => [p.id, p]));
  const later: Step[] = [
    ...steps.map(stepOf),
    ...named.map((row) => ({ id: row.args.id, source: sourceOf(row), name: row.args.name })),
    ...validated.map((row) => ({ id: row.args.id, source: sourceOf(row), capT: row.args.yearlyCapT })),
    ...suspended.map((row) => ({ id: row.args.id, source: sourceOf(row), suspended: row.args.suspended })),
    ...renewed.map((row) => ({ id: row.args.id, source: sourceOf(row), until: row.args.creditingUntil })),
  ];
  for (const step of later.sort((a, b) => inOrder(a.source, b.source))) {
    const p = found.get(step.id);
    if (p) found.set(p.id, after(p, step));
  }
  return [...found.values()];
}
