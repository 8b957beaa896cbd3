/** Schemes: disclosures by vintage, periods, parameters as they hold. */

import { schemesAbi } from "../generated/abi/Schemes";
import { events, read, sourceOf, type Net, type Source } from "../net";

export interface Disclosure { readonly vintage: number; readonly cap: bigint; readonly free: bigint; readonly auction: bigint; readonly revision: number; readonly source: Source }
export interface Period { readonly id: number; readonly first: number; readonly last: number; readonly vintage: number; readonly report: number; readonly surrender: number; readonly source: Source }
export interface Param { readonly key: string; readonly value: bigint; readonly from: number; readonly source: Source }

export interface Scheme {
  readonly number: number;
  readonly name: string;
  readonly utcOffset: number;
  readonly noticeDays: number;
  readonly active: boolean;
  readonly disclosures: readonly Disclosure[];
  readonly periods: readonly Period[];
  readonly params: ReadonlyMap<string, Param>;
  readonly source: Source;
}

/** The end of a parameter: a value that says it has none from that day on. */
const NO_VALUE = (1n << 192n) - 1n;

export async function schemes(net: Net): Promise<Scheme[]> {
  const of = <E extends "SchemeCreated" | "VintageDisclosed" | "PeriodSet" | "ParamSet">(name: E) => events(net, "Schemes", schemesAbi, name);
  const [created, disclosed, periods, params] = await Promise.all([of("SchemeCreated"), of("VintageDisclosed"), of("PeriodSet"), of("ParamSet")]);
  const today = Math.floor(Date.now() / 86_400_000);
  return Promise.all(created.map(async (row): Promise<Scheme> => {
    const { scheme, name, utcOffset, noticeDays } = row.args;
    const info = await read(net, "Schemes", schemesAbi, "schemeInfo", scheme);
    const vintages = new Map<number, Disclosure>();
    for (const d of disclosed.filter((d) => d.args.scheme === scheme)) {
      const { vintage, capT, freeT, auctionT, revision } = d.args;
      vintages.set(vintage, { vintage, cap: capT, free: freeT, auction: auctionT, revision, source: sourceOf(d) });
    }
    const terms = new Map<number, Period>();
    for (const p of periods.filter((p) => p.args.scheme === scheme)) {
      const { period, periodId } = p.args;
      terms.set(periodId, {
        id: periodId, first: period.firstYear, last: period.lastYear, vintage: period.vintage, report: period.reportDeadline,
        surrender: period.surrenderDeadline, source: sourceOf(p),
      });
    }
    const values = new Map<string, Param>();
    for (const p of params.filter((p) => p.args.scheme === scheme && p.args.fromDay <= today)) {
      const { keyText, value, fromDay } = p.args;
      const before = values.get(keyText);
      if (before && before.from > fromDay) continue;
      if (value === NO_VALUE) values.delete(keyText);
      else values.set(keyText, { key: keyText, value, from: fromDay, source: sourceOf(p) });
    }
    return {
      number: scheme, name, utcOffset, noticeDays, active: info.activatedAt !== 0, disclosures: [...vintages.values()],
      periods: [...terms.values()], params: values, source: sourceOf(row),
    };
  }));
}

/** Time zone of the first scheme [s east of UTC]; 0 where there is none yet. */
export const zone = async (net: Net): Promise<number> => (await events(net, "Schemes", schemesAbi, "SchemeCreated"))[0]?.args.utcOffset ?? 0;

/** Compliance periods of a scheme, the newest last. */
export async function periods(net: Net, scheme: number): Promise<Period[]> {
  return [...((await schemes(net)).find((s) => s.number === scheme)?.periods ?? [])].sort((a, b) => a.id - b.id);
}
