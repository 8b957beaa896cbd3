// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DayOperations} from "./DayOperations.sol";
import {LedgerOperations} from "./LedgerOperations.sol";
import {PoolOperations} from "./PoolOperations.sol";
import {SignedOperations} from "./SignedOperations.sol";

/// @dev Random operations of every kind, each done to the Exchange and to the model, everything compared after each.
abstract contract BookOperations is SignedOperations, LedgerOperations, PoolOperations, DayOperations {
    function step(uint256 i) external {
        // A closed market is left alone for a few operations, then the next session begins.
        if (_model.trades() != 0 && _roll(2) == 0) _stepToSession();
        else _stepAny(_roll(100));
        _compare();
        if (i % 25 != 0) return;
        _compareDepth();
        _comparePools();
    }

    function _stepAny(uint256 dice) private {
        if (dice < 40) _stepPlace();
        else if (dice < 48) _stepSigned();
        else if (dice < 54) _stepBatch();
        else if (dice < 61) _stepCancel();
        else if (dice < 67) _stepMoney();
        else if (dice < 70) _stepForce();
        else if (dice < 82) _stepPool();
        else if (dice < 93) _stepSettle();
        else if (dice < 95) _stepDisown();
        else if (dice < 96) _stepHalt();
        else if (dice < 97) _stepOpen();
        else _stepTime();
    }
}
