// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllowances} from "../../interfaces/IAllowances.sol";
import {UnitId} from "../../interfaces/Ids.sol";
import {IParticipants} from "../../interfaces/IParticipants.sol";
import {ISchemes} from "../../interfaces/ISchemes.sol";
import {Custody} from "../../interfaces/IUnit1155.sol";
import {UnitIds} from "../lib/UnitIds.sol";
import {Unit1155} from "./Unit1155.sol";

/// @title Allowances
/// @notice Emission allowances of every scheme; see {IAllowances}.
contract Allowances is Unit1155, IAllowances {
    /// @param custody_ Who may hold allowances outside the venue: in China only the venue changes their owner.
    constructor(address authority_, IParticipants participants, ISchemes schemes, Custody custody_)
        Unit1155(authority_, participants, schemes, UnitIds.ALLOWANCE, custody_)
    {}

    /// @inheritdoc IAllowances
    function issue(address to, UnitId id, uint256 amount, bytes32 evidence) external {
        _checkIssue(id);
        _countIssue(id, amount);
        _credit(to, id, amount);
        emit UnitsIssued(id, evidence, amount, 1);

        _offer(address(0), to, id, amount);
    }

    /// @inheritdoc IAllowances
    function issueBatch(address[] calldata to, UnitId id, uint256[] calldata amounts, bytes32 evidence) external {
        if (to.length != amounts.length) revert UnitLengthMismatch(to.length, amounts.length);
        _checkItems(to.length);
        _checkIssue(id);

        uint256 total = 0;
        uint256 recipients = 0;
        for (uint256 i = 0; i < to.length; ++i) {
            uint256 amount = amounts[i];
            if (amount == 0) continue;
            _credit(to[i], id, amount);
            total += amount;
            ++recipients;
        }
        _countIssue(id, total);
        emit UnitsIssued(id, evidence, total, recipients);

        // Hooks come last: a recipient that calls back sees the whole issue done.
        for (uint256 i = 0; i < to.length; ++i) {
            if (amounts[i] == 0) continue;
            _offer(address(0), to[i], id, amounts[i]);
        }
    }

    /// @dev The caller must be a controller that may issue, and the vintage must have been disclosed.
    function _checkIssue(UnitId id) private view {
        _checkController(ISSUE);
        SCHEMES.requireDisclosed(UnitIds.schemeOf(id), UnitIds.vintageOf(id));
    }
}
