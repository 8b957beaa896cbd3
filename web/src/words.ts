/** Fields packed into one word, the first lowest. */
export function unpack<K extends string>(word: bigint, layout: Readonly<Record<K, number>>): Record<K, bigint> {
  const found = {} as Record<K, bigint>;
  let rest = word;
  for (const name of Object.keys(layout) as K[]) {
    const width = BigInt(layout[name]);
    found[name] = rest & ((1n << width) - 1n);
    rest >>= width;
  }
  return found;
}

export function pack<K extends string>(values: Readonly<Partial<Record<K, bigint>>>, layout: Readonly<Record<K, number>>): bigint {
  let word = 0n;
  let shift = 0n;
  for (const name of Object.keys(layout) as K[]) {
    const value = values[name] ?? 0n;
    const width = BigInt(layout[name]);
    if (value < 0n || value >> width !== 0n) throw new RangeError(`${name} does not fit: ${value}`);
    word |= value << shift;
    shift += width;
  }
  return word;
}

// The layouts are those of interfaces/types/.
export const REQUEST = {
  lots: 32, tick: 16, market: 16, side: 1, timeInForce: 3, postOnly: 1, selfTrade: 2, gap: 1, maximumFills: 12,
  maximumHoles: 12, minimumLots: 32, maximumCost: 52, expiry: 12, maximumLevels: 12,
} as const;
export const ORDER = { index: 24, epoch: 24, tick: 16, side: 8, market: 16 } as const;
export const RESTING = { id: 128, lots: 32, lastDay: 96 } as const;
export const ACCOUNT = { participant: 24, market: 16 } as const;
export const UNIT = { batch: 64, vintage: 16, scheme: 16, unitClass: 8 } as const;
export const PLANT = {
  operator: 24, scheme: 16, jurisdiction: 16, benchmarkClass: 8, status: 8, capacityKw: 40, buyer: 24, accepted: 8,
} as const;
export const RECORD = {
  emissions: 40, power: 40, heat: 40, revision: 8, status: 8, submittedAt: 32, finalAt: 32, config: 16, body: 24, bodies: 8,
} as const;
export const REPORT = {
  installation: 32, year: 16, revision: 8, emissionsT: 40, powerMwh: 40, heatGj: 40, gwpSet: 8, lineCount: 32, signedAt: 40,
} as const;
export const OPINION = { signedAt: 40, materialityPpm: 32, assurance: 8, lead: 8, reviewer: 8 } as const;
export const TERMS = { finalAt: 32, config: 16, body: 24, bodies: 8, persons: 128, sequence: 47, qualified: 1 } as const;
