/**
 * Decodes the packed event that holds all fills of one order: `OrdersFilled(taker, request, fills)`.
 *
 * `fills` is a row of records of 12 bytes, in the order in which the incoming order met the resting ones:
 *
 *     tick 16 bits | ended 1 | index 23 | maker 24 | lots 32        high to low
 *
 * `ended` = 0: `lots` changed hands at the price of `tick`, between the event's taker and `maker`.
 * `ended` = 1: the resting order of `maker` lost `lots` without a trade, because it was the taker's own, or
 * void, or expired, or would have taken its participant over the holding limit. `tonne/fills.py` is the same in Python;
 * both are tested with `tests/vectors/fills.json`.
 *
 * The taker buys if bit 64 of the event's `request` is 0. A trade is worth
 * `lots * (base price + tick * tick size)` in 0.0001 of the currency.
 */

export type Hex = `0x${string}`;

/** One meeting of an incoming order with a resting one. */
export type Fill = {
  readonly tick: number;
  /** The resting order lost `lots` without a trade. */
  readonly ended: boolean;
  /** Place of the resting order in the queue of its price. */
  readonly index: number;
  /** Participant of the resting order. */
  readonly maker: number;
  readonly lots: number;
};

/** Bytes of one record. */
export const RECORD = 12;

/** All records of one event. `fills` is the event's argument as viem and ethers give it. */
export function decodeFills(fills: Hex): Fill[] {
  const digits = fills.slice(2);
  if (!fills.startsWith("0x") || digits.length % (2 * RECORD) !== 0 || /[^0-9a-fA-F]/.test(digits)) {
    throw new RangeError(`fill records are hex of ${RECORD} bytes each, but this was given: ${fills}`);
  }
  const found: Fill[] = [];
  for (let at = 0; at < digits.length; at += 2 * RECORD) {
    const part = (from: number, to: number): number =>
      Number.parseInt(digits.slice(at + from, at + to), 16);
    const place = part(4, 10);
    found.push({
      tick: part(0, 4),
      ended: place >= 0x800000,
      index: place & 0x7fffff,
      maker: part(10, 16),
      lots: part(16, 24),
    });
  }
  return found;
}

/** The reverse of {@link decodeFills}. */
export function encodeFills(fills: readonly Fill[]): Hex {
  const part = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
  const records = fills.map(
    ({ tick, ended, index, maker, lots }) =>
      part(tick, 4) + part((ended ? 0x800000 : 0) + index, 6) + part(maker, 6) + part(lots, 8),
  );
  return `0x${records.join("")}`;
}
