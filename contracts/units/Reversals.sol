// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditOrigin} from "../../interfaces/units/ICreditOrigin.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {Debt, IIssuance} from "../../interfaces/units/IIssuance.sol";
import {BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IProjects, ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {BatchOffice} from "./BatchOffice.sol";

/// @title Reversals
/// @notice The part of Issuance that says who makes good when carbon is lost again.
abstract contract Reversals is BatchOffice {
    IProjects internal immutable PROJECTS;

    mapping(UnitId id => uint64) private _reversedT;
    mapping(ParticipantId developer => uint64) private _owedT;
    mapping(uint64 debt => Debt) private _debts;
    uint64 private _lastDebt;

    constructor(IProjects projects) {
        PROJECTS = projects;
    }

    /// @inheritdoc IIssuance
    function reverseUnavoidable(UnitId id, UnitId paidFrom, uint64 amountT, bytes32 reason) external {
        if (UnitIdLib.schemeOf(paidFrom) != UnitIdLib.schemeOf(id)) revert IssuanceOtherScheme(id, paidFrom);
        _record(id, amountT);
        projectOf(id); // reverts for what was not issued here

        CREDITS.reverse(paidFrom, address(CREDITS), amountT, reason);
        emit ReversedUnavoidably(id, paidFrom, amountT, msg.sender, reason);
    }

    /// @inheritdoc IIssuance
    function reverseAvoidable(UnitId id, uint64 amountT, bytes32 reason) external returns (uint64 debt) {
        _record(id, amountT);
        ParticipantId developer = PROJECTS.project(projectOf(id)).developer;

        uint64 owed = _takeFrom(PARTICIPANTS.walletsOf(developer), id, amountT, reason);
        if (owed != 0) {
            debt = ++_lastDebt;
            _debts[debt] = Debt({developer: developer, scheme: UnitIdLib.schemeOf(id), owedT: owed, paidT: 0});
            _owedT[developer] += owed;
        }
        emit ReversedAvoidably(id, developer, debt, amountT - owed, owed, msg.sender, reason);
    }

    /// @inheritdoc IIssuance
    function payDebt(uint64 debt, UnitId id, uint64 amountT) external {
        Debt storage d = _debts[debt];
        if (amountT == 0 || amountT > d.owedT || UnitIdLib.schemeOf(id) != d.scheme) {
            revert IssuancePaymentRefused(debt, id, amountT);
        }
        (, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != ParticipantStatus.Active || rights & WalletRights.SURRENDER == 0) {
            revert IssuanceNotPayer(msg.sender);
        }

        d.owedT -= amountT;
        d.paidT += amountT;
        _owedT[d.developer] -= amountT;
        CREDITS.exit(msg.sender, id, amountT, Exit.Cancelled, _referenceOf(debt));
        emit DebtPaid(debt, id, msg.sender, amountT, d.owedT);
    }

    /// @inheritdoc IIssuance
    function reversedOf(UnitId id) external view returns (uint64) {
        return _reversedT[id];
    }

    /// @inheritdoc IIssuance
    function debtOf(uint64 debt) external view returns (Debt memory) {
        return _debts[debt];
    }

    /// @inheritdoc IIssuance
    function owedBy(ParticipantId developer) public view returns (uint64) {
        return _owedT[developer];
    }

    /// @inheritdoc IIssuance
    function lastDebt() external view returns (uint64) {
        return _lastDebt;
    }

    /// @inheritdoc ICreditOrigin
    function projectOf(UnitId id) public view virtual returns (ProjectId);

    /// @dev This contract's address and the debt's number, which no other canceller's reference is.
    function _referenceOf(uint64 debt) private view returns (bytes32) {
        return bytes32(uint256(uint160(address(this))) << 96 | debt);
    }

    /// @dev No more than was issued is lost, whoever paid and whatever was retired meanwhile. What was never valid, or never
    /// verified, cannot be lost.
    function _record(UnitId id, uint64 amountT) private {
        _checkPower(UnitIdLib.schemeOf(id), Powers.ISSUE);
        BatchStatus status = CREDITS.batch(id).status;
        bool valid = status == BatchStatus.Active || status == BatchStatus.Locked;
        if (!valid) revert IOffsetCredits.OffsetBatchStatus(id, status);
        uint256 most = CREDITS.issuedOf(id) - _reversedT[id];
        if (amountT == 0 || amountT > most) revert IssuanceReversalRefused(id, amountT, most);
        _reversedT[id] += amountT;
    }

    /// @dev Takes up to `owed` of a batch out of wallets: a participant has a bounded number of them.
    /// @return owed what they do not hold
    function _takeFrom(address[] memory wallets, UnitId id, uint64 amountT, bytes32 reason)
        private
        returns (uint64 owed)
    {
        owed = amountT;
        for (uint256 i = 0; i < wallets.length && owed != 0; ++i) {
            uint64 held = uint64(CREDITS.balanceOf(wallets[i], UnitId.unwrap(id))); // balances have 64 bits
            uint64 taken = held < owed ? held : owed;
            if (taken == 0) continue;
            CREDITS.reverse(id, wallets[i], taken, reason);
            owed -= taken;
        }
    }
}
