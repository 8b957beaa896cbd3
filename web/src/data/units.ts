/** Units and their ids; retirements and their certificates; offset projects. */

import { issuanceAbi } from "../generated/abi/Issuance";
import { offsetCreditsAbi } from "../generated/abi/OffsetCredits";
import { projectsAbi } from "../generated/abi/Projects";
import { retirementRegistryAbi } from "../generated/abi/RetirementRegistry";
import { events, read, sourceOf, timeOf, type Net, type Source } from "../net";
import { UNIT, unpack } from "../words";

export const ALLOWANCE = 1n;
export const CREDIT = 2n;

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
  readonly from: { readonly name?: Source | undefined; readonly cap?: Source | undefined; readonly status?: Source | undefined };
}

export async function projects(net: Net): Promise<Project[]> {
  const of = <E extends "ProjectRegistered" | "ProjectNamed" | "ProjectValidated" | "ProjectSuspended">(name: E) => events(net, "Projects", projectsAbi, name);
  const [registered, named, validated, suspended] = await Promise.all([of("ProjectRegistered"), of("ProjectNamed"), of("ProjectValidated"), of("ProjectSuspended")]);
  const names = new Map(named.map((row) => [row.args.id, row]));
  const caps = new Map(validated.map((row) => [row.args.id, row]));
  const stopped = new Map(suspended.map((row) => [row.args.id, row]));
  return registered.map((row) => {
    const { id, developer, methodology, hostCountry, creditingUntil, location } = row.args;
    const [name, cap, stop] = [names.get(id), caps.get(id), stopped.get(id)];
    const status = stop ?? cap;
    return {
      id, name: name?.args.name ?? "", developer, methodology, country: hostCountry, latitude: location.latitude / 1e6,
      longitude: location.longitude / 1e6, until: creditingUntil, validated: cap !== undefined, suspended: stop?.args.suspended ?? false,
      capT: cap?.args.yearlyCapT ?? 0n, source: sourceOf(row),
      from: { name: name && sourceOf(name), cap: cap && sourceOf(cap), status: status && sourceOf(status) },
    };
  });
}

export const serialsOf = (net: Net, certificate: number) =>
  read(net, "RetirementRegistry", retirementRegistryAbi, "serialsOf", BigInt(certificate));
