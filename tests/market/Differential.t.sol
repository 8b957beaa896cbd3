// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {BookOperations} from "./BookOperations.sol";

/// @dev The Exchange against {BookModel}: the same random operations on both, everything compared after each.
abstract contract DifferentialBase is BookOperations {
    uint256 internal constant OPERATIONS = 1_000;

    function _run(uint256 seed) internal {
        _random = seed;
        _steps(0, OPERATIONS);
        // What is rare may be missing by chance. It is awaited, so that only what never happens fails; by itself a
        // test has gas for some 1,500 operations.
        vm.pauseGasMetering();
        for (uint256 i = OPERATIONS; i < 3 * OPERATIONS && bytes(_missing()).length != 0; i += OPERATIONS / 10) {
            _steps(i, i + OPERATIONS / 10);
        }
        assertEq(_missing(), "", "a kind of operation that a run must have met");
    }

    function _steps(uint256 first, uint256 end) private {
        for (uint256 i = first; i < end; ++i) {
            this.step(i); // a call of its own, so that memory does not pile up
        }
    }

    /// @dev The first kind that the run has met too seldom; empty when there is none.
    function _missing() internal view virtual returns (string memory) {
        if (_trades < OPERATIONS / 50) return "trades";
        if (_ended < OPERATIONS / 200) return "orders ended without trade";
        if (_refused < OPERATIONS / 10) return "refusals";
        if (_days < OPERATIONS / 200) return "days";
        if (_batches < OPERATIONS / 200) return "batches";
        if (_signedPlaced < OPERATIONS / 125) return "signed orders";
        if (_signedRefused < OPERATIONS / 200) return "signed orders refused";
        if (_signedCancelled < OPERATIONS / 500) return "signed cancels";
        if (_depositedAndPlaced == 0) return "deposits with orders";
        if (_lastPriceDays == 0) return "days that close at the last price";
        if (_smallDays == 0) return "days with a minimum above one lot";
        if (_cappedDays == 0) return "days on which the market caps prices";
        return _missingOfLedger();
    }

    function _missingOfLedger() private view returns (string memory) {
        for (uint256 kind; kind < 3; ++kind) {
            if (_settled[kind] == 0) return "settlements of each kind";
        }
        if (_settled[0] + _settled[1] + _settled[2] < OPERATIONS / 200) return "settlements";
        if (_settlementsRefused < OPERATIONS / 200) return "settlements refused";
        if (_limitsSet < OPERATIONS / 200) return "holding limits";
        if (_groupings == 0) return "participants put into groups";
        if (_model.claims() == 0) return "claims on the pool of a group";
        if (_model.gathered() + _roomMoved == 0) return "room from another account";
        return "";
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
    }

    function _missing() internal view override returns (string memory) {
        if (_oldTrades <= OPERATIONS / 200) return "trades with orders of earlier days";
        if (_expired == 0) return "expired orders cleared away";
        return super._missing();
    }
}
