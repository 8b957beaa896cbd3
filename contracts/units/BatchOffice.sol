// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IIssuance} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title BatchOffice
/// @notice The part of Issuance where officers lock and invalidate batches, and sellers make them retire-only.
abstract contract BatchOffice is IIssuance {
    IParticipants internal immutable PARTICIPANTS;
    ISchemes internal immutable SCHEMES;
    IOffsetCredits internal immutable CREDITS;

    constructor(IParticipants participants, ISchemes schemes, IOffsetCredits credits) {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
        CREDITS = credits;
    }

    /// @inheritdoc IIssuance
    function setLocked(UnitId id, bool locked, bytes32 reason) external {
        _checkPower(UnitIdLib.schemeOf(id), Powers.FREEZE);
        CREDITS.setBatchStatus(id, locked ? BatchStatus.Locked : BatchStatus.Active, msg.sender, reason);
    }

    /// @inheritdoc IIssuance
    function invalidateBatch(UnitId id, bytes32 reason) external {
        _checkPower(UnitIdLib.schemeOf(id), Powers.ISSUE);
        CREDITS.setBatchStatus(id, BatchStatus.Invalidated, msg.sender, reason);
    }

    /// @inheritdoc IIssuance
    function setRetireOnly(UnitId id) external {
        (ParticipantId seller, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(msg.sender);
        uint256 held = CREDITS.balanceOf(msg.sender, UnitId.unwrap(id));
        uint256 outside = CREDITS.totalSupply(id) - CREDITS.balanceOf(address(CREDITS), UnitId.unwrap(id));
        bool may = status == ParticipantStatus.Active && rights & WalletRights.MANAGE != 0;
        if (!may || held == 0 || held != outside) revert IssuanceNotSeller(id, msg.sender, held, outside);

        CREDITS.setRetireOnly(id, seller);
    }

    /// @dev The caller must hold the power in all of the scheme: a batch is not of one jurisdiction.
    function _checkPower(SchemeId scheme, uint32 power) internal view {
        SCHEMES.checkPower(msg.sender, scheme, 0, power);
    }
}
