/** Reports on their way to an oracle: the form of `tonne report sign`, read, compared and signed in the browser. */

import { concat, hashTypedData, keccak256, stringToHex, type Address, type Hex } from "viem";
import { hashStruct } from "viem/utils";
import { emissionsOracleAbi } from "../generated/abi/EmissionsOracle";
import { participantsAbi } from "../generated/abi/Participants";
import { signed } from "../generated/signed";
import { canonical } from "../canonical";
import { at, read, type Net, type Source } from "../net";
import { Told } from "../told";
import { PLANT, unpack } from "../words";
import type { Provider } from "../wallet/providers";
import { signTyped } from "../wallet/typed";
import { getBlock } from "viem/actions";
import { RIGHTS } from "./account";
import { QUALIFIED, requireFitting, requireTold, struct, type Said, type Statement } from "./verdicts";
import { intensity, plants, ranks, records, reports } from "./register";
import { signerOf } from "./signers";

interface Report {
  readonly installation: number; readonly year: number; readonly revision: number; readonly emissionsT: number; readonly powerMwh: number;
  readonly heatGj: number; readonly gwpSet: number; readonly lineCount: number; readonly linesRoot: Hex; readonly evidenceRoot: Hex;
  readonly configDigest: Hex; readonly signedAt: number;
}
interface Opinion {
  readonly report: Hex; readonly installation: number; readonly year: number; readonly body: number; readonly assurance: number; readonly materialityPpm: number;
  readonly emissionsT: number; readonly configDigest: Hex; readonly signedAt: number; readonly leadSignature: Hex | null; readonly reviewerSignature: Hex | null;
}
export interface Draft {
  readonly format: number; readonly kind: "draft"; readonly chainId: number; readonly contract: Address;
  readonly signed: { readonly report: Report; readonly operatorSignature: Hex; readonly lines: readonly Record<string, unknown>[]; readonly evidence: readonly Record<string, unknown>[] };
  readonly opinions: readonly Opinion[];
  readonly statements: readonly Statement[];
}

const REASONABLE = 2;
const MATERIALITY_PPM = 50_000;
const ROLE = { lead: 1, reviewer: 2 } as const;

const domainOf = (net: Net) => ({ name: "tonne EmissionsOracle", version: "1", chainId: net.chainId, verifyingContract: at(net, "EmissionsOracle") });

const typed = (net: Net, primaryType: "EmissionReport" | "VerificationOpinion" | "OpinionStatement", message: object) => ({
  domain: domainOf(net), types: { [primaryType]: signed[primaryType] } as never, primaryType: primaryType as never, message: message as never,
});

/** A draft from a file: of this chain and this oracle, and of the form that is signed. */
export function openDraft(net: Net, raw: unknown): Draft {
  const draft = raw as Draft;
  if (draft?.kind !== "draft" || !draft.signed?.report || !Array.isArray(draft.opinions) || !Array.isArray(draft.statements)) throw new Told("draftForm");
  if (draft.chainId !== net.chainId || draft.contract.toLowerCase() !== at(net, "EmissionsOracle").toLowerCase()) throw new Told("fileOtherChain");
  requireTold(draft.opinions, draft.statements);
  return draft;
}

/** Merkle root over entries, as `contracts/lib/Merkle.sol` builds it. */
function rootOf(entries: readonly unknown[]): Hex {
  let level = entries.map((entry) => keccak256(concat(["0x00", stringToHex(canonical(entry))])));
  if (!level.length) return `0x${"00".repeat(32)}`;
  while (level.length > 1) {
    const above: Hex[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i] as Hex, level[i + 1]];
      above.push(right ? keccak256(concat(["0x01", left, right])) : left);
    }
    level = above;
  }
  return level[0] as Hex;
}

export interface InboxRow { readonly plant: number; readonly benchmarkClass: number; readonly status: number; readonly revision: number; readonly emissions: bigint; readonly finalAt: number; readonly source?: Source | undefined }

export async function inbox(net: Net, scheme: number, year: number): Promise<InboxRow[]> {
  const open = (await plants(net)).filter((p) => p.scheme === scheme && p.open);
  const [found, all] = await Promise.all([records(net, open.map((p) => p.id), year), reports(net)]);
  const told = new Map(all.filter((r) => r.year === year).map((r) => [r.plant, r.source]));
  return open.map((p, i) => {
    const r = found[i];
    return {
      plant: p.id, benchmarkClass: p.benchmarkClass, status: Number(r?.status ?? 0n), revision: Number(r?.revision ?? 0n), emissions: r?.emissions ?? 0n,
      finalAt: Number(r?.finalAt ?? 0n), source: told.get(p.id),
    };
  });
}

export const awaitedOf = (draft: Draft): (keyof typeof ROLE)[] => {
  const signed = [...draft.opinions, ...draft.statements];
  return (["lead", "reviewer"] as const).filter((role) => !signed.length || signed.some((one) => !one[`${role}Signature`]));
};

/** The verdict that one person has signed and the other has to sign too; null before the first. */
export function saidOf(draft: Draft): Said | null {
  const [statement] = draft.statements;
  return statement ?? (draft.opinions.length ? { verdict: "unqualified", findings: [] } : null);
}

export interface Compared {
  readonly intensity: number | null; readonly before: number | null; readonly change: number; readonly median: number | null; readonly rank: number; readonly peers: number;
  readonly operatorSigned: boolean; readonly linesMatch: boolean; readonly source?: Source | undefined; // of the year before
}

/** A draft beside the year before and the other plants of its class; its signature and lines checked. */
export async function compare(net: Net, draft: Draft): Promise<Compared> {
  const r = draft.signed.report;
  const stand = (await plants(net)).find((p) => p.id === r.installation);
  const [all, ranked] = await Promise.all([reports(net), stand ? ranks(net, stand.scheme, r.year) : []]);
  const own = intensity({ emissions: BigInt(r.emissionsT), power: BigInt(r.powerMwh) });
  const last = all.find((x) => x.plant === r.installation && x.year === r.year - 1);
  const before = last ? intensity(last) : null;
  const peers = ranked.filter((p) => p.benchmarkClass === stand?.benchmarkClass && p.plant !== r.installation).map((p) => p.intensity).sort((a, b) => a - b);
  const middle = peers.length >> 1;
  const median = peers.length ? (peers.length % 2 ? (peers[middle] ?? 0) : ((peers[middle - 1] ?? 0) + (peers[middle] ?? 0)) / 2) : null;
  const signer = await signerOf(net, hashTypedData(typed(net, "EmissionReport", r) as never), draft.signed.operatorSignature);
  const rights = signer ? (await read(net, "Participants", participantsAbi, "reporterOf", r.installation, signer))[1] : 0;
  return {
    intensity: own, before, change: own !== null && before ? own / before - 1 : 0, median, peers: peers.length,
    rank: own === null ? 0 : 1 + peers.filter((p) => p < own).length, operatorSigned: (rights & RIGHTS.report) !== 0,
    linesMatch: rootOf(draft.signed.lines) === r.linesRoot && rootOf(draft.signed.evidence) === r.evidenceRoot && draft.signed.lines.length === r.lineCount,
    source: last?.source,
  };
}

/** Signs a draft as its operator, or as lead verifier or reviewer what their body says of it. */
export async function signAs(net: Net, provider: Provider, address: Address, draft: Draft, role: "operator" | "lead" | "reviewer", wanted: Said): Promise<Draft> {
  const report = draft.signed.report;
  const [word, rights] = await read(net, "Participants", participantsAbi, "reporterOf", report.installation, address);
  if (role === "operator") {
    if (!(rights & RIGHTS.report)) throw new Told("notReporter", { plant: String(report.installation) });
    return { ...draft, signed: { ...draft.signed, operatorSignature: await signTyped(provider, address, typed(net, "EmissionReport", report)) } };
  }
  const signers = await read(net, "EmissionsOracle", emissionsOracleAbi, "signersOf", Number(unpack(word, PLANT).scheme));
  const person = signers.find((s) => s.key.toLowerCase() === address.toLowerCase() && (s.roles & ROLE[role]) !== 0);
  if (!person) throw new Told("notAccredited");
  const said = saidOf(draft) ?? wanted;
  requireFitting(said, report.emissionsT, MATERIALITY_PPM);
  const common = {
    report: hashStruct({ data: report as never, primaryType: "EmissionReport", types: { EmissionReport: signed.EmissionReport as never } }),
    body: person.body, leadSignature: null, reviewerSignature: null,
    signedAt: (draft.opinions[0] ?? draft.statements[0])?.signedAt ?? Number((await getBlock(net.client)).timestamp),
  };
  const sign = <T extends Opinion | Statement>(one: T, type: "VerificationOpinion" | "OpinionStatement", message: object) =>
    signTyped(provider, address, typed(net, type, message)).then((signature): T => ({ ...one, [`${role}Signature`]: signature }));
  let { opinions, statements } = draft;
  if (said.verdict !== "adverse") { // an adverse verdict is a statement alone: nothing that the chain would take
    const opinion: Opinion = opinions.find((o) => o.body === person.body) ?? {
      ...common, installation: report.installation, year: report.year, assurance: said.verdict === "qualified" ? QUALIFIED | REASONABLE : REASONABLE, materialityPpm: MATERIALITY_PPM,
      emissionsT: report.emissionsT, configDigest: report.configDigest,
    };
    const { leadSignature: _lead, reviewerSignature: _reviewer, ...terms } = opinion;
    opinions = ofBody(opinions, await sign(opinion, "VerificationOpinion", terms));
  }
  if (said.findings.length) {
    const statement: Statement = statements.find((s) => s.body === person.body) ?? { ...common, verdict: said.verdict, findings: said.findings };
    statements = ofBody(statements, await sign(statement, "OpinionStatement", struct(statement)));
  }
  return { ...draft, opinions, statements };
}

/** The list with a body's entry replaced, or added. */
const ofBody = <T extends { readonly body: number }>(all: readonly T[], one: T): T[] => [...all.filter((other) => other.body !== one.body), one];
