// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccountLine, AreaTerms, RunTotals} from "../../interfaces/power/IPowerSettlement.sol";

/// @title SettlementMath
/// @notice Value of deliveries. Payers pay rounded up, payees receive rounded down.
/// @dev Energy has 48 bits, prices 32, parts per million 21: exact amounts stay below 2^104. `tonne/power/settlement.py`
/// is the same in Python.
library SettlementMath {
    int256 internal constant PPM = 1_000_000;
    int256 internal constant PER_KWH = 1_000;
    int256 private constant EXACT = PPM * PER_KWH;

    /// @dev Rounded down, below 0 too.
    function floorDiv(int256 a, int256 b) internal pure returns (int256 q) {
        q = a / b;
        if (a % b < 0) --q;
    }

    /// @notice Delivered beyond contracts and losses [Wh]; negative when short.
    function imbalance(AccountLine calldata l) internal pure returns (int256) {
        int256 sold = int256(uint256(l.soldWh)) - int256(uint256(l.boughtWh)) + l.tradedWh;
        return int256(l.meteredWh) - sold - int256(uint256(l.lossWh));
    }

    /// @notice Value of `wh` of imbalance [10^-9 micro-credit]: a short position pays the price plus the spread, a long one
    /// receives the price minus the spread.
    function worth(int256 wh, uint256 price, AreaTerms memory a) internal pure returns (int256) {
        int256 spread = int256(uint256(a.spreadPpm));
        return wh * int256(price) * (wh < 0 ? PPM + spread : PPM - spread);
    }

    /// @notice Amount of an account for an interval [micro-credit].
    function net(AccountLine calldata l, uint256 price, AreaTerms memory a) internal pure returns (int256) {
        int256 metered = l.meteredWh;
        int256 fee = metered < 0 ? -metered * int256(uint256(a.feeImport)) : metered * int256(uint256(a.feeExport));
        return floorDiv(int256(l.soldWh * price), PER_KWH) + floorDiv(-int256(l.boughtWh * price), PER_KWH)
            + floorDiv(worth(imbalance(l), price, a), EXACT) + floorDiv(-fee, PER_KWH);
    }

    /// @notice Remainder of a run for the operator, besides fees, and for the surplus account [micro-credit].
    /// @param openWh metered difference that lines do not bear
    function remainder(RunTotals calldata t, int256 openWh, uint256 price, AreaTerms memory a)
        internal
        pure
        returns (int256 operator, int256 surplus)
    {
        int256 sold = int256(uint256(t.soldWh)) - int256(uint256(t.boughtWh));
        int256 own = worth(openWh, price, a);
        int256 exact = sold * int256(price) * PPM + worth(int256(uint256(t.longWh)), price, a)
            + worth(-int256(uint256(t.shortWh)), price, a) + own;
        return (floorDiv(own, EXACT), floorDiv(-exact, EXACT));
    }

    /// @notice Least sum of fees, which each account's rounding only makes larger, by less than one each [micro-credit].
    function leastFees(RunTotals calldata t, AreaTerms memory a) internal pure returns (uint256) {
        uint256 exact = uint256(t.importWh) * a.feeImport + uint256(t.exportWh) * a.feeExport;
        return (exact + uint256(PER_KWH) - 1) / uint256(PER_KWH);
    }

    /// @notice Share of an account in a day's returned surplus, rounded down [micro-credit].
    function returned(int256 surplus, uint256 volumeWh, uint256 allWh) internal pure returns (int256) {
        return surplus <= 0 || allWh == 0 ? int256(0) : int256(uint256(surplus) * volumeWh / allWh);
    }
}
