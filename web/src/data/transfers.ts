/** Transfers of units once the delay of their scheme is over, and how many are not; as the data service has them. */

import type { Net, Source } from "../net";
import { ask, placeOf, type Placed, type Told } from "../service";

export interface Transfer {
  readonly kind: string; // transfer, trade or block
  readonly scheme: number;
  readonly time: number; // [s]
  readonly from: string; // number of a participant, else a wallet
  readonly to: string;
  readonly amount: bigint; // [units]
  readonly source: Source;
}

/** `delayDays` null: `stated` says why nothing is public. */
export interface TransferCount {
  readonly scheme: number; readonly delayDays: number | null; readonly stated: string; readonly public: number; readonly withinDelay: number;
}

interface Row extends Placed {
  readonly kind: string; readonly scheme: number; readonly time: number; readonly amount: number | string;
  readonly from: string | null; readonly to: string | null; readonly seller: number | null; readonly buyer: number | null;
}

const MOST = 500;

/** The latest public ones; null without a data service, which reads fills and blocks of all markets. */
export async function transfers(net: Net): Promise<{ rows: Transfer[]; counts: readonly TransferCount[] } | null> {
  const told = await ask<Told & { rows: readonly Row[]; schemes: readonly TransferCount[] }>(net, "register/transactions", { limit: MOST });
  return told && { counts: told.schemes, rows: told.rows.map(ofRow) };
}

const side = (participant: number | null, wallet: string | null): string => (participant === null ? (wallet ?? "").slice(0, 10) : `#${participant}`);

function ofRow(row: Row): Transfer {
  return {
    kind: row.kind, scheme: row.scheme, time: row.time, amount: BigInt(row.amount), source: placeOf(row),
    from: side(row.seller, row.from), to: side(row.buyer, row.to),
  };
}
