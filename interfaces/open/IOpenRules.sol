// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {SchemeId} from "../types/Ids.sol";
import {IRuleSource} from "../rules/ILedgerSources.sol";
import {IReportRuleSource} from "../rules/IReportSources.sol";
import {Period} from "../rules/ISchemes.sol";

/// @title IOpenRules
/// @notice The shortest rule book: years are UTC's, every day trades, every vintage counts as disclosed, and one owner holds every power
/// in every scheme.
/// @dev Values hold from the moment they are set. For dates, notice or several officers use `Schemes`.
/// @dev Warning: the owner may halt markets, freeze accounts, accredit verifiers and determine emissions alone.
interface IOpenRules is IRuleSource, IReportRuleSource {
    /// @notice Emitted when a value was set.
    event OpenParamSet(SchemeId indexed scheme, bytes32 indexed key, uint256 value);

    /// @notice Emitted when a period was set.
    event OpenPeriodSet(SchemeId indexed scheme, uint16 indexed periodId, Period period);

    /// @notice Thrown when another account than the owner needs a power.
    error OpenRulesNotOfficer(address officer, uint32 power);

    /// @notice Thrown when a value was never set.
    error OpenRulesNoParam(SchemeId scheme, bytes32 key);

    /// @notice Thrown when a value needs more than 248 bits.
    error OpenRulesValueTooLarge(bytes32 key, uint256 value);

    /// @notice Thrown when a period was never set.
    error OpenRulesNoPeriod(SchemeId scheme, uint16 periodId);

    /// @notice Thrown when a period's last year comes before its first, or is 0.
    error OpenRulesBadPeriod(uint16 firstYear, uint16 lastYear);

    /// @notice Reverts unless `officer` is the owner.
    function checkPower(address officer, SchemeId scheme, uint16 jurisdiction, uint32 power)
        external
        view
        override(IRuleSource, IReportRuleSource);

    /// @notice Sets a value. Owner.
    function setParam(SchemeId scheme, bytes32 key, uint256 value) external;

    /// @notice Sets a period. Owner.
    function setPeriod(SchemeId scheme, uint16 periodId, Period calldata period_) external;
}
