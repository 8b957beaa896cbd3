/** Bids and offers of the power market: curves that bidders have opened, and what the clearing took of them. */

import { powerMarketAbi } from "../generated/abi/PowerMarket";
import { recent, sourceOf, type Net, type Source } from "../net";
import { unpack } from "../words";
import type { Cleared } from "./power";

/** Sides of a step, as `curve_words` of the project has them. */
export const BID = 0;

/** What became of a step: not cleared yet, taken, at the price (where a part may be taken), not taken. */
export const TAKEN = { open: 0, whole: 1, price: 2, none: 3 } as const;
export type Taken = (typeof TAKEN)[keyof typeof TAKEN];

/** `energyWh` at `price` [micro-credit/kWh] that `participant` asks for, or gives, at a node. */
export interface Step {
  readonly interval: number; readonly participant: number; readonly node: number; readonly side: number;
  readonly energyWh: bigint; readonly price: bigint; readonly taken: Taken; readonly source: Source;
}

const HEAD = { account: 32, node: 8, side: 8, steps: 8 } as const;
const STEP = { price: 32, energyWh: 32 } as const;
const STEPS_PER_WORD = 4;
const STEP_BITS = 64n;

interface Curve { readonly node: number; readonly side: number; readonly energyWh: bigint; readonly price: bigint }

/** The steps of a bidder's words: a head for each node and side, then four steps a word. */
function stepsOf(words: readonly bigint[]): Curve[] {
  const found: Curve[] = [];
  for (let at = 0; at < words.length;) {
    const head = unpack(words[at] ?? 0n, HEAD);
    const count = Number(head.steps);
    for (let i = 0; i < count; i++) {
      const word = words[at + 1 + Math.floor(i / STEPS_PER_WORD)] ?? 0n;
      const step = unpack(word >> (STEP_BITS * BigInt(i % STEPS_PER_WORD)), STEP);
      found.push({ node: Number(head.node), side: Number(head.side), ...step });
    }
    at += 1 + Math.ceil(count / STEPS_PER_WORD);
  }
  return found;
}

function takenOf(step: Curve, price: bigint | undefined): Taken {
  if (price === undefined) return TAKEN.open;
  if (step.price === price) return TAKEN.price;
  return step.side === BID === step.price > price ? TAKEN.whole : TAKEN.none;
}

/** Steps of the newest interval of which curves were opened, by node and side, the best price first. */
export async function opened(net: Net, prices: readonly Cleared[]): Promise<Step[]> {
  const rows = await recent(net, "PowerMarket", powerMarketAbi, "BidOpened", (found) => new Set(found.map((row) => row.args.interval)).size > 1);
  const interval = Math.max(0, ...rows.map((row) => row.args.interval));
  const cleared = prices.find((one) => one.interval === interval);
  const found = rows.filter((row) => row.args.interval === interval).flatMap((row) => stepsOf(row.args.words).map((step): Step => ({
    ...step, interval, participant: row.args.participant, taken: takenOf(step, cleared?.prices[step.node]), source: sourceOf(row),
  })));
  const rank = (s: Step) => (s.side === BID ? -s.price : s.price);
  return found.sort((a, b) => a.node - b.node || a.side - b.side || Number(rank(a) - rank(b)));
}
