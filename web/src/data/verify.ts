/**
 * A certificate checked here, without believing the contract: its claim, its serial numbers, and the signatures of the
 * monitoring report that its credits came from, recovered from the transaction that brought it.
 */

import { decodeFunctionData, encodeAbiParameters, hashTypedData, keccak256, type Hex } from "viem";
import { getTransaction } from "viem/actions";
import { hashStruct, toHex } from "viem/utils";
import { issuanceAbi } from "../generated/abi/Issuance";
import { emissionsOracleAbi } from "../generated/abi/EmissionsOracle";
import { participantsAbi } from "../generated/abi/Participants";
import { projectsAbi } from "../generated/abi/Projects";
import { retirementRegistryAbi } from "../generated/abi/RetirementRegistry";
import { signed } from "../generated/signed";
import { at, events, read, sourceOf, type Net, type Source } from "../net";
import { OPINION, unpack } from "../words";
import { RIGHTS } from "./account";
import { signerOfWords } from "./signers";
import { CREDIT, unitOf, type Retirement } from "./units";
import type { Key } from "../i18n";

/** `byContract`: a wallet that is a contract signed; its answer on the chain is believed. */
export interface Check { readonly about: Key; readonly passed: boolean | null; readonly detail: string; readonly source?: Source | undefined; readonly byContract?: boolean | undefined }

/** `key 160 | body 24 | roles 8 | scopes 24 | ordinal 8 | from 16 | until 16`, see the oracle's configuration. */
const SIGNER = { key: 160, body: 24, roles: 8, scopes: 24, ordinal: 8, from: 16, until: 16 } as const;
const LEAD = 1n;
const REVIEWER = 2n;
const DAY = 86_400;

export async function checkCertificate(net: Net, of: Retirement): Promise<Check[]> {
  const claim = {
    beneficiary: of.beneficiary, commitment: of.commitment, purpose: of.purpose, periodStart: of.from, periodEnd: of.until, country: of.country,
  };
  const number = BigInt(of.number);
  const [stored, isClaim, serials] = await Promise.all([
    read(net, "RetirementRegistry", retirementRegistryAbi, "certificate", number),
    read(net, "RetirementRegistry", retirementRegistryAbi, "isClaimOf", number, claim),
    read(net, "RetirementRegistry", retirementRegistryAbi, "serialsOf", number),
  ]);
  const count = of.blocks.reduce((sum, block) => sum + block.last - block.first + 1n, 0n);
  const same = JSON.stringify(serials, plain) === JSON.stringify(of.blocks, plain);
  const found: Check[] = [
    { about: "checkRecord", passed: stored.amount === of.amount && stored.unit === of.unit, detail: "", source: of.source },
    { about: "checkClaim", passed: isClaim, detail: stored.claimHash, source: of.source },
    { about: "checkSerials", passed: same && (count === of.amount || of.blocks.length === 0), detail: of.blocks.map((b) => `${b.first}–${b.last}`).join(", "), source: of.source },
  ];
  return unitOf(of.unit).unitClass === CREDIT ? [...found, ...(await evidenceOf(net, of.unit))] : found; // other units come from no monitoring report
}

const plain = (_: string, value: unknown) => (typeof value === "bigint" ? String(value) : value);

async function evidenceOf(net: Net, unit: bigint): Promise<Check[]> {
  const issued = (await events(net, "Issuance", issuanceAbi, "CreditsIssued", { id: unit })).at(-1);
  if (!issued) return [{ about: "checkReport", passed: null, detail: "" }];
  const told = (await events(net, "Projects", projectsAbi, "MonitoringReported", { reportId: issued.args.reportId })).at(-1);
  if (!told) return [{ about: "checkReport", passed: false, detail: "", source: sourceOf(issued) }];
  const source = sourceOf(told);
  const { report, monitoring, configVersion } = told.args;
  const configured = (await events(net, "EmissionsOracle", emissionsOracleAbi, "OracleConfigured", { scheme: monitoring.scheme, version: configVersion })).at(-1);
  if (!configured) return [{ about: "checkSigners", passed: null, detail: "", source }];
  const { words, digest } = configured.args;
  const bound = keccak256(encodeAbiParameters(
    [{ type: "uint256" }, { type: "address" }, { type: "uint16" }, { type: "uint16" }, { type: "uint256[]" }],
    [BigInt(net.chainId), at(net, "EmissionsOracle"), monitoring.scheme, configVersion, [0n, ...words.slice(1)]],
  ));
  const message = { ...report, configDigest: digest };
  const structHash = hashStruct({ data: message, primaryType: "MonitoringReport", types: { MonitoringReport: signed.MonitoringReport as never } });
  const checks: Check[] = [
    { about: "checkReport", passed: structHash === monitoring.reportHash, detail: structHash, source },
    { about: "checkSigners", passed: bound === digest, detail: digest, source: sourceOf(configured) },
  ];
  const sent = await getTransaction(net.client, { hash: source.tx });
  const call = sent.to?.toLowerCase() === at(net, "Projects").toLowerCase() ? decodeFunctionData({ abi: projectsAbi, data: sent.input }) : null;
  if (call?.functionName !== "submit" && call?.functionName !== "submitWithContractSignatures") return [...checks, { about: "checkDeveloper", passed: null, detail: "", source }];

  const [, opinionWord, pieces] = call.args as unknown as readonly [unknown, bigint, readonly Hex[]];
  const terms = unpack(opinionWord, OPINION);
  const opinion = {
    report: structHash, project: report.project, body: monitoring.body, assurance: Number(terms.assurance), materialityPpm: Number(terms.materialityPpm),
    quantityT: report.quantityT, configDigest: digest, signedAt: terms.signedAt,
  };
  const domain = { name: "tonne Projects", version: "1", chainId: net.chainId, verifyingContract: at(net, "Projects") };
  const digests = [
    hashTypedData({ domain, types: { MonitoringReport: signed.MonitoringReport as never }, primaryType: "MonitoringReport", message: message as never }),
    hashTypedData({ domain, types: { MonitoringOpinion: signed.MonitoringOpinion as never }, primaryType: "MonitoringOpinion", message: opinion as never }),
  ] as const;
  const persons = await Promise.all([0, 1, 2].map((i) => signerOfWords(net, digests[i ? 1 : 0], pieces[2 * i], pieces[2 * i + 1], source)));
  const [developer, lead, reviewer] = persons;
  const [party, rights] = developer ? await read(net, "Participants", participantsAbi, "walletOf", developer.wallet) : [0, 0];
  const wallet = (of: typeof developer) => ({ detail: of?.wallet ?? "", byContract: of?.byContract, source });
  checks.push({ about: "checkDeveloper", passed: party === monitoring.developer && (rights & RIGHTS.report) !== 0, ...wallet(developer) });
  const classes = Number(((words[1] ?? 0n) >> 8n) & 0xffn);
  const signers = words.slice(2 + classes).map((word) => unpack(word, SIGNER));
  const { scope } = await read(net, "Projects", projectsAbi, "methodology", monitoring.methodology);
  const day = BigInt(Math.floor(Number(terms.signedAt) / DAY));
  for (const [person, place, role, about] of [[lead, terms.lead, LEAD, "checkLead"], [reviewer, terms.reviewer, REVIEWER, "checkReviewer"]] as const) {
    const signer = signers[Number(place)];
    const passed = !!person && !!signer && toHex(signer.key, { size: 20 }) === person.wallet.toLowerCase() && signer.body === BigInt(monitoring.body)
      && (signer.roles & role) !== 0n && signer.from <= day && day < signer.until
      && ((signer.scopes >> BigInt(scope)) & 1n) === 1n && ((told.args.signers >> place) & 1n) === 1n;
    checks.push({ about, passed, ...wallet(person) });
  }
  return checks;
}
