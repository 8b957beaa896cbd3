// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketRules} from "../../interfaces/IExchangeBase.sol";
import {BookOperations} from "./BookOperations.sol";

/// @dev The Exchange against {BookModel}: the same random operations on both, everything compared after each.
abstract contract DifferentialBase is BookOperations {
    uint256 internal constant OPERATIONS = 1_000;

    function _run(uint256 seed) internal {
        _random = seed;
        for (uint256 i; i < OPERATIONS; ++i) {
            this.step(i); // a call of its own, so that memory does not pile up
        }
        assertGt(_trades, OPERATIONS / 200, "trades");
        assertGt(_ended, OPERATIONS / 1000, "orders ended without trade");
        assertGt(_refused, OPERATIONS / 200, "refusals");
        assertGt(_days, OPERATIONS / 250, "days");
        assertGt(_batches, OPERATIONS / 250, "batches");
    }
}

/// @dev A market with a daily band, whose orders end with the day.
contract DifferentialTest is DifferentialBase {
    function _lasts() internal pure override returns (bool) {
        return false;
    }

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: long.fuzz.runs = 25
    function testFuzz_exchange_agreesWithThePlainModel(uint256 seed) public {
        _run(seed);
    }
}

/// @dev A market without a band, whose orders last.
contract LastingDifferentialTest is DifferentialBase {
    function _lasts() internal pure override returns (bool) {
        return true;
    }

    function _rules() internal view override returns (MarketRules memory r) {
        r = super._rules();
        r.bandPpm = 0;
    }

    /// forge-config: default.fuzz.runs = 4
    /// forge-config: long.fuzz.runs = 25
    function testFuzz_lastingMarket_agreesWithThePlainModel(uint256 seed) public {
        _run(seed);
        assertGt(_oldTrades, OPERATIONS / 200, "trades with orders of earlier days");
        assertGt(_expired, 0, "expired orders cleared away");
    }
}
