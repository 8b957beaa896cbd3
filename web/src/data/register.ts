/** Participants, plants, their reports and obligations. */

import { complianceAbi } from "../generated/abi/Compliance";
import { emissionsOracleAbi } from "../generated/abi/EmissionsOracle";
import { participantsAbi } from "../generated/abi/Participants";
import { events, inOrder, read, sourceOf, type Net, type Source } from "../net";
import { PLANT, RECORD, REPORT, TERMS, unpack } from "../words";

export interface Party {
  readonly id: number;
  readonly wallet: string;
  readonly kinds: number;
  readonly jurisdiction: number;
  readonly status: number;
  readonly source: Source;
}

/** Every approved participant, from events; its status as the newest event says. */
export async function parties(net: Net): Promise<Party[]> {
  const of = <E extends "ParticipantApproved" | "ParticipantSuspended" | "ParticipantReinstated" | "ParticipantClosed">(name: E) =>
    events(net, "Participants", participantsAbi, name);
  const [approved, suspended, reinstated, closed] = await Promise.all([
    of("ParticipantApproved"), of("ParticipantSuspended"), of("ParticipantReinstated"), of("ParticipantClosed"),
  ]);
  const found = new Map<number, Party>();
  for (const row of approved) {
    const { id, wallet, kinds, jurisdiction } = row.args;
    found.set(id, { id, wallet, kinds, jurisdiction, status: 2, source: sourceOf(row) });
  }
  const later = [...suspended.map((row) => ({ row, status: 3 })), ...reinstated.map((row) => ({ row, status: 2 })), ...closed.map((row) => ({ row, status: 4 }))]
    .sort((a, b) => Number((a.row.blockNumber ?? 0n) - (b.row.blockNumber ?? 0n)) || (a.row.logIndex ?? 0) - (b.row.logIndex ?? 0));
  for (const { row, status } of later) {
    const party = found.get(row.args.id);
    if (party) found.set(party.id, { ...party, status, source: sourceOf(row) });
  }
  return [...found.values()];
}

export interface Plant {
  readonly id: number;
  readonly operator: number;
  readonly scheme: number;
  readonly jurisdiction: number;
  readonly benchmarkClass: number;
  readonly open: boolean;
  readonly capacityKw: bigint;
  readonly source: Source;
}

/** As many as Participants takes in one call, `MAX_BATCH`. */
const PLANTS_A_CALL = 200;

export async function plants(net: Net): Promise<Plant[]> {
  const rows = await events(net, "Participants", participantsAbi, "InstallationRegistered");
  const ids = rows.map((row) => row.args.id);
  const words: bigint[] = [];
  for (let i = 0; i < ids.length; i += PLANTS_A_CALL) {
    const some = ids.slice(i, i + PLANTS_A_CALL);
    words.push(...(await read(net, "Participants", participantsAbi, "installationWords", some)));
  }
  return rows.map((row, i) => {
    const w = unpack(words[i] ?? 0n, PLANT);
    return {
      id: row.args.id, operator: Number(w.operator), scheme: Number(w.scheme), jurisdiction: Number(w.jurisdiction),
      benchmarkClass: Number(w.benchmarkClass), open: w.status === 1n, capacityKw: w.capacityKw, source: sourceOf(row),
    };
  });
}

export interface Report {
  readonly plant: number;
  readonly operator: number;
  readonly year: number;
  readonly revision: number;
  readonly emissions: bigint; // [t]
  readonly power: bigint; // [MWh]
  readonly heat: bigint; // [GJ]
  readonly determined: boolean;
  readonly qualified: boolean; // the bodies' opinion
  readonly source: Source;
}

/** The newest report or determination of each plant and year; none where a dispute has annulled it. */
export async function reports(net: Net): Promise<Report[]> {
  const [told, set, resolved] = await Promise.all([
    events(net, "EmissionsOracle", emissionsOracleAbi, "EmissionsReported"),
    events(net, "EmissionsOracle", emissionsOracleAbi, "EmissionsDetermined"),
    events(net, "EmissionsOracle", emissionsOracleAbi, "DisputeResolved"),
  ]);
  const found = new Map<string, Report>();
  const keep = (r: Report) => {
    const key = `${r.plant}/${r.year}`;
    const before = found.get(key);
    if (!before || inOrder(before.source, r.source) < 0) found.set(key, r);
  };
  for (const row of told) {
    const w = unpack(row.args.report, REPORT);
    keep({
      plant: row.args.installation, operator: row.args.operator, year: Number(w.year), revision: Number(w.revision),
      emissions: w.emissionsT, power: w.powerMwh, heat: w.heatGj, determined: false, qualified: unpack(row.args.terms, TERMS).qualified === 1n, source: sourceOf(row),
    });
  }
  for (const row of set) {
    const { installation, operator, year, revision, emissionsT, powerMwh, heatGj } = row.args;
    keep({
      plant: installation, operator, year: Number(year), revision, emissions: BigInt(emissionsT), power: BigInt(powerMwh),
      heat: BigInt(heatGj), determined: true, qualified: false, source: sourceOf(row),
    });
  }
  for (const row of resolved) {
    const key = `${row.args.installation}/${row.args.year}`;
    const report = found.get(key);
    if (row.args.upheld && report && inOrder(report.source, sourceOf(row)) < 0) found.delete(key);
  }
  return [...found.values()];
}

/** g CO2e a kWh; null where no power was reported. */
export const intensity = (r: { emissions: bigint; power: bigint }): number | null =>
  r.power === 0n ? null : Number((r.emissions * 1000n) / r.power);

export interface Ranked extends Report { readonly intensity: number; readonly rank: number; readonly of: number; readonly benchmarkClass: number }

/** Reports of one year by intensity, ranked within their class, lowest first. */
export async function ranks(net: Net, scheme: number, year: number): Promise<Ranked[]> {
  const [all, stand] = await Promise.all([reports(net), plants(net)]);
  const known = new Map(stand.filter((p) => p.scheme === scheme).map((p) => [p.id, p]));
  const rows = all.filter((r) => r.year === year && known.has(r.plant)).flatMap((r) => {
    const grams = intensity(r);
    return grams === null ? [] : [{ ...r, intensity: grams, benchmarkClass: known.get(r.plant)?.benchmarkClass ?? 0 }];
  });
  rows.sort((a, b) => a.intensity - b.intensity);
  const count = new Map<number, number>();
  for (const { benchmarkClass } of rows) count.set(benchmarkClass, (count.get(benchmarkClass) ?? 0) + 1);
  const seen = new Map<number, { count: number; rank: number; intensity: number }>(); // of a class, down to here
  return rows.map((r) => {
    const before = seen.get(r.benchmarkClass) ?? { count: 0, rank: 1, intensity: r.intensity };
    const rank = r.intensity === before.intensity ? before.rank : before.count + 1;
    seen.set(r.benchmarkClass, { count: before.count + 1, rank, intensity: r.intensity });
    return { ...r, rank, of: count.get(r.benchmarkClass) ?? 0 };
  });
}

export interface Obligation {
  readonly plant: number;
  readonly period: number;
  readonly operator: number;
  readonly scheme: number;
  readonly emissions: bigint;
  readonly free: bigint;
  readonly due: bigint;
  readonly given: bigint;
  readonly state: number;
  readonly source: Source;
  readonly paid?: Source | undefined; // the last surrender
}

/** Obligations with what has been surrendered against them. */
export async function obligations(net: Net): Promise<Obligation[]> {
  const [assessed, surrendered] = await Promise.all([
    events(net, "Compliance", complianceAbi, "ObligationAssessed"),
    events(net, "Compliance", complianceAbi, "UnitsSurrendered"),
  ]);
  const given = new Map<string, { amount: bigint; source: Source }>();
  for (const row of surrendered) {
    const key = `${row.args.installation}/${row.args.periodId}`;
    given.set(key, { amount: (given.get(key)?.amount ?? 0n) + row.args.allowances + row.args.offsets, source: sourceOf(row) });
  }
  return assessed.map((row) => {
    const { installation, periodId, operator, scheme, emissionsT, freeT, due } = row.args;
    const last = given.get(`${installation}/${periodId}`);
    const paid = last?.amount ?? 0n;
    return {
      plant: installation, period: periodId, operator, scheme, emissions: emissionsT, free: freeT, due, given: paid,
      state: paid >= due ? 2 : 1, source: sourceOf(row), paid: last?.source,
    };
  });
}

/** The oracle's record of plants in one year. */
export async function records(net: Net, ids: readonly number[], year: number) {
  const words = ids.length ? await read(net, "EmissionsOracle", emissionsOracleAbi, "records", [...ids], year) : [];
  return words.map((word) => unpack(word, RECORD));
}
