// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

import {ICreditPayouts} from "../../interfaces/power/ICreditPayouts.sol";
import {IEnergyCredits, Series} from "../../interfaces/units/IEnergyCredits.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Payouts} from "../parties/Payouts.sol";
import {Pausable} from "../rules/Pausable.sol";

/// @title CreditPayouts
/// @notice Part of custodians of EnergyCredits: what they owe to participants; see {ICreditPayouts}.
abstract contract CreditPayouts is ICreditPayouts, Payouts, Pausable {
    IParticipants public immutable PARTICIPANTS;
    IEnergyCredits public immutable CREDITS;

    constructor(IParticipants participants, IEnergyCredits credits) {
        (PARTICIPANTS, CREDITS) = (participants, credits);
    }

    /// @inheritdoc ICreditPayouts
    function expirePayout(ParticipantId payee, UnitId credit) external {
        Series memory s = CREDITS.seriesOf(credit);
        if (block.timestamp <= s.expiry) revert CreditPayoutsStillGood(credit, s.expiry);
        uint256 amount = _takePayout(ParticipantId.unwrap(payee), UnitId.unwrap(credit));
        emit PayoutExpired(payee, credit, amount, msg.sender);

        address[] memory holder = new address[](1);
        holder[0] = PARTICIPANTS.primaryWallet(s.issuer);
        CREDITS.safeTransferFrom(address(this), holder[0], UnitId.unwrap(credit), amount, "");
        CREDITS.sweep(credit, holder);
    }

    function _owe(ParticipantId to, UnitId credit, uint64 amount) internal {
        _creditPayout(ParticipantId.unwrap(to), UnitId.unwrap(credit), amount);
    }

    /// @dev From a wallet of the participant with WITHDRAW to one of its wallets.
    function _mayWithdraw(address caller, uint256 payee, address to) internal view override returns (bool) {
        (ParticipantId owner, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(caller);
        (ParticipantId receiver,,) = PARTICIPANTS.walletOf(to);
        return ParticipantId.unwrap(owner) != 0 && ParticipantId.unwrap(owner) == payee && receiver == owner
            && status == ParticipantStatus.Active && rights & WalletRights.WITHDRAW != 0;
    }

    function _payOut(uint256 asset, address to, uint256 amount) internal virtual override {
        _requireUnpaused();
        CREDITS.safeTransferFrom(address(this), to, asset, amount, "");
    }

    function _manager() internal view override returns (address) {
        return IAccessManaged(address(CREDITS)).authority();
    }
}
