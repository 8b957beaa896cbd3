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
}

export async function batches(net: Net): Promise<Batch[]> {
  const [issued, exits, states, origins] = await Promise.all([
    events(net, "OffsetCredits", offsetCreditsAbi, "UnitsIssued"),
    events(net, "OffsetCredits", offsetCreditsAbi, "UnitsExited"),
    events(net, "OffsetCredits", offsetCreditsAbi, "BatchStatusChanged"),
    events(net, "Issuance", issuanceAbi, "CreditsIssued"),
  ]);
  const gone = new Map<bigint, bigint>();
  for (const { args } of exits) gone.set(args.id, (gone.get(args.id) ?? 0n) + args.amount);
  const status = new Map(states.map((row) => [row.args.id, row.args.status]));
  const origin = new Map(origins.map((row) => [row.args.id, row.args]));
  const found = new Map<bigint, Batch>();
  for (const row of issued) {
    const { id, amount } = row.args;
    const before = found.get(id);
    found.set(id, {
      unit: id, report: origin.get(id)?.reportId ?? 0n, project: origin.get(id)?.project ?? 0, issued: (before?.issued ?? 0n) + amount,
      gone: gone.get(id) ?? 0n, status: status.get(id) ?? 1, source: sourceOf(row),
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
}

export async function projects(net: Net): Promise<Project[]> {
  const of = <E extends "ProjectRegistered" | "ProjectNamed" | "ProjectValidated" | "ProjectSuspended">(name: E) => events(net, "Projects", projectsAbi, name);
  const [registered, named, validated, suspended] = await Promise.all([of("ProjectRegistered"), of("ProjectNamed"), of("ProjectValidated"), of("ProjectSuspended")]);
  const names = new Map(named.map((row) => [row.args.id, row.args.name]));
  const caps = new Map(validated.map((row) => [row.args.id, row.args.yearlyCapT]));
  const stopped = new Map(suspended.map((row) => [row.args.id, row.args.suspended]));
  return registered.map((row) => {
    const { id, developer, methodology, hostCountry, creditingUntil, location } = row.args;
    return {
      id, name: names.get(id) ?? "", developer, methodology, country: hostCountry, latitude: location.latitude / 1e6,
      longitude: location.longitude / 1e6, until: creditingUntil, validated: caps.has(id), suspended: stopped.get(id) ?? false,
      capT: caps.get(id) ?? 0n, source: sourceOf(row),
    };
  });
}

export const serialsOf = (net: Net, certificate: number) =>
  read(net, "RetirementRegistry", retirementRegistryAbi, "serialsOf", BigInt(certificate));
