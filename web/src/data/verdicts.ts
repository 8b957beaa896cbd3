/** What a verification body says beside its opinion: a verdict, and the findings that bear it. */

import { keccak256, stringToHex, type Hex } from "viem";
import { canonical } from "../canonical";
import { whole } from "../format";
import { Told } from "../told";

/** In the signed assurance of an opinion, beside its level: the chain tells that it is qualified. */
export const QUALIFIED = 0x80;

export const VERDICTS = ["unqualified", "qualified", "adverse"] as const;
export type Verdict = (typeof VERDICTS)[number];

/** `misstatementT` is of either sign, and 0 where the finding changes no figure. */
export interface Finding { readonly about: string; readonly text: string; readonly misstatementT: number; readonly resolved: boolean }

export interface Said { readonly verdict: Verdict; readonly findings: readonly Finding[] }

export interface Statement extends Said {
  readonly report: Hex; readonly body: number; readonly signedAt: number; readonly leadSignature: Hex | null; readonly reviewerSignature: Hex | null;
}

const PPM = 1_000_000;

/** A finding as a form gives it. */
export function findingOf(about: string, text: string, misstatement: string): Finding {
  const tonnes = misstatement.trim().replace(/[,，\s]/g, "").replace("−", "-") || "0";
  if (!/^-?\d{1,15}$/.test(tonnes)) throw new Told("badTonnes", { text: misstatement });
  if (!about.trim() || !text.trim()) throw new Told("findingEmpty");
  return { about: about.trim(), text: text.trim(), misstatementT: Number(tonnes), resolved: false };
}

/** Refuses a verdict that its findings do not bear, by the rule of `tonne report opinion`. */
export function requireFitting({ verdict, findings }: Said, emissionsT: number, materialityPpm: number): void {
  const open = findings.filter((f) => !f.resolved);
  const misstated = open.reduce((sum, f) => sum + Math.abs(f.misstatementT), 0);
  if (verdict !== "unqualified" && !open.length) throw new Told("verdictNeedsFinding");
  if (verdict === "unqualified" && open.length) throw new Told("verdictHasFindings", { count: String(open.length) });
  if (verdict === "qualified" && misstated > Math.floor((emissionsT * materialityPpm) / PPM)) throw new Told("verdictMaterial", { sum: whole(misstated) });
}

/** Refuses an opinion signed as qualified without the body's findings, and the reverse, by the rule of `tonne report`. */
export function requireTold(opinions: readonly { readonly body: number; readonly assurance: number }[], statements: readonly Statement[]): void {
  for (const { body, assurance } of opinions) {
    const stated = statements.some((s) => s.body === body && s.verdict === "qualified");
    if (assurance >= QUALIFIED && !stated) throw new Told("statementMissing", { body: String(body) });
    if (assurance < QUALIFIED && stated) throw new Told("qualificationUntold", { body: String(body) });
  }
}

/** The fields of a statement that its persons sign. */
export const struct = (s: Statement) => ({
  report: s.report, body: s.body, verdict: VERDICTS.indexOf(s.verdict) + 1, signedAt: s.signedAt,
  findings: keccak256(stringToHex(canonical(s.findings))),
});
