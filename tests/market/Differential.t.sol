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
        _checkKinds();
        _checkKindsOfLedger();
    }

    /// @dev What a run must have met at least: less than half of what nearly all do.
    function _checkKinds() private view {
        assertGe(_trades, OPERATIONS / 50, "trades");
        assertGe(_ended, OPERATIONS / 200, "orders ended without trade");
        assertGe(_refused, OPERATIONS / 10, "refusals");
        assertGe(_days, OPERATIONS / 200, "days");
        assertGe(_batches, OPERATIONS / 200, "batches");
        assertGe(_signedPlaced, OPERATIONS / 125, "signed orders");
        assertGe(_signedRefused, OPERATIONS / 200, "signed orders refused");
        assertGe(_signedCancelled, OPERATIONS / 500, "signed cancels");
        assertGe(_depositedAndPlaced, 1, "deposits with orders");
        assertGe(_lastPriceDays, 1, "days that close at the last price");
        assertGe(_smallDays, 1, "days with a minimum above one lot");
        assertGe(_cappedDays, 1, "days on which the market caps prices");
    }

    function _checkKindsOfLedger() private view {
        for (uint256 kind; kind < 3; ++kind) {
            assertGe(_settled[kind], 1, "settlements of each kind");
        }
        assertGe(_settled[0] + _settled[1] + _settled[2], OPERATIONS / 200, "settlements");
        assertGe(_settlementsRefused, OPERATIONS / 200, "settlements refused");
        assertGe(_limitsSet, OPERATIONS / 200, "holding limits");
        assertGe(_groupings, 1, "participants put into groups");
        assertGe(_model.claims(), 1, "claims on the pool of a group");
        assertGe(_model.gathered() + _roomMoved, 1, "room from another account");
    }
}

/// @dev A market with a daily band, whose orders end with the day.
contract DifferentialTest is DifferentialBase {
    function _lotSizes() internal pure override returns (uint256[2] memory) {
        return [uint256(10), 4];
    }

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
    function _lotSizes() internal pure override returns (uint256[2] memory) {
        return [uint256(3), 5];
    }

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
