// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AreaTerms, DayState, RunTotals} from "../../../interfaces/power/IPowerSettlement.sol";
import {AccountLine} from "../../lib/AccountLine.sol";

/// @dev Prices of an interval [micro-credit/kWh].
struct ImbalancePrices {
    uint256 cleared; // of energy sold and bought in the clearing
    uint256 shortPays;
    uint256 longGets;
}

/// @title SettlementMath
/// @notice Value of deliveries. Payers pay rounded up, payees receive rounded down.
/// @dev Energy has 48 bits, prices 32 and one more with a spread: exact amounts stay below 2^84, and nothing overflows.
/// `tonne/power/settlement.py` is the same in Python.
library SettlementMath {
    int256 internal constant PER_KWH = 1_000;

    /// @dev Rounded down, below 0 too.
    function floorDiv(int256 a, int256 b) internal pure returns (int256 q) {
        q = a / b;
        if (a % b < 0) --q;
    }

    /// @notice Energy delivered of what was accepted, at least: what was sold and bought less all imbalances; and metered
    /// energy [Wh].
    function delivered(RunTotals calldata t) internal pure returns (uint256 backedWh, uint256 meteredWh) {
        uint256 accepted = uint256(t.soldWh) + t.boughtWh;
        uint256 open = uint256(t.longWh) + t.shortWh;
        return (accepted < open ? 0 : accepted - open, uint256(t.importWh) + t.exportWh);
    }

    /// @notice Value of `wh` of imbalance [10^-3 micro-credit]: a short position pays, a long one receives.
    function worth(int256 wh, ImbalancePrices memory p) internal pure returns (int256) {
        unchecked {
            return wh * int256(wh < 0 ? p.shortPays : p.longGets);
        }
    }

    /// @notice Amount of an account for an interval [micro-credit].
    function net(AccountLine memory l, ImbalancePrices memory p, AreaTerms memory a) internal pure returns (int256) {
        unchecked {
            int256 metered = l.meteredWh();
            int256 fee = metered < 0 ? -metered * int256(uint256(a.feeImport)) : metered * int256(uint256(a.feeExport));
            return floorDiv(int256(l.soldWh() * p.cleared), PER_KWH)
                + floorDiv(-int256(l.boughtWh() * p.cleared), PER_KWH) + floorDiv(worth(l.imbalanceWh(), p), PER_KWH)
                + floorDiv(-fee, PER_KWH);
        }
    }

    /// @notice Remainder of a run for the operator, besides fees, and for the surplus account [micro-credit].
    /// @param openWh metered difference that lines do not bear
    function remainder(RunTotals calldata t, int256 openWh, ImbalancePrices memory p)
        internal
        pure
        returns (int256 operator, int256 surplus)
    {
        unchecked {
            int256 sold = int256(uint256(t.soldWh)) - int256(uint256(t.boughtWh));
            int256 own = worth(openWh, p);
            int256 exact = sold * int256(p.cleared) + worth(int256(uint256(t.longWh)), p)
                + worth(-int256(uint256(t.shortWh)), p) + own;
            return (floorDiv(own, PER_KWH), floorDiv(-exact, PER_KWH));
        }
    }

    /// @notice Least sum of fees, which each account's rounding only makes larger, by less than one each [micro-credit].
    function leastFees(RunTotals calldata t, AreaTerms memory a) internal pure returns (uint256) {
        unchecked {
            uint256 exact = uint256(t.importWh) * a.feeImport + uint256(t.exportWh) * a.feeExport;
            return (exact + uint256(PER_KWH) - 1) / uint256(PER_KWH);
        }
    }

    /// @notice A day's return to its accounts, by metered volume: its surplus, unless that is a deficit, and what was carried to
    /// it; nothing where nothing was metered [micro-credit].
    function returning(DayState memory d) internal pure returns (uint256) {
        if (d.volumeWh == 0) return 0;
        return (d.surplus > 0 ? uint256(int256(d.surplus)) : 0) + d.carried; // 88 and 96 bits
    }

    /// @notice Share of an account in a day's return, rounded down [micro-credit].
    function returned(DayState memory d, uint256 volumeWh) internal pure returns (int256) {
        uint256 all = returning(d);
        return all == 0 ? int256(0) : int256(all * volumeWh / d.volumeWh); // volumes have 72 bits
    }
}
