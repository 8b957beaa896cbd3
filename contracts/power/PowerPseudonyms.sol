// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPowerMarket, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {IPowerPseudonyms, NewPseudonym} from "../../interfaces/power/IPowerPseudonyms.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PowerStore} from "./PowerStore.sol";

/// @title PowerPseudonyms
/// @notice Part of the extension of {PowerMarket}: pseudonyms, and transfers between them and their sponsor.
abstract contract PowerPseudonyms is PowerStore, EIP712, IPowerPseudonyms {
    bytes32 private constant CONSENT_TYPEHASH = keccak256("AccountConsent(address key,uint24 sponsor,uint40 deadline)");

    /// @inheritdoc IPowerPseudonyms
    function openPseudonyms(NewPseudonym[] calldata accounts) external returns (PowerAccountId first) {
        ParticipantId sponsor = _participantWith(msg.sender, WalletRights.TRADE);
        _checkItems(accounts.length, accounts.length);
        uint256 next = FIRST_PSEUDONYM + _pseudonymCount; // 2^32 of them are more than a chain holds
        first = _id(next);
        _pseudonymCount += accounts.length;
        for (uint256 i; i < accounts.length; ++i) {
            PowerAccountId account = _id(next + i);
            _open(account, sponsor, accounts[i]);
            _move(_accountOfParticipant(sponsor), account, accounts[i].credits);
        }
    }

    function _open(PowerAccountId account, ParticipantId sponsor, NewPseudonym calldata n) private {
        uint256 known = _accountOf(n.signer);
        if (known != 0) revert PowerSignerTaken(n.signer, _id(known));
        bool agreed = block.timestamp <= n.deadline
            && SignatureChecker.isValidSignatureNow(n.signer, consentDigest(n.signer, sponsor, n.deadline), n.signature);
        if (!agreed) revert PowerNoConsent(n.signer, sponsor, n.deadline);

        _pseudonyms[n.signer] = account;
        _accounts[PowerAccountId.unwrap(account)].sponsor = sponsor;
        emit PseudonymOpened(account, sponsor, n.signer);
    }

    /// @inheritdoc IPowerPseudonyms
    function fund(PowerAccountId[] calldata accounts, uint96[] calldata amounts) external {
        ParticipantId sponsor = _participantWith(msg.sender, WalletRights.TRADE);
        _checkItems(accounts.length, amounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            _checkSponsor(accounts[i], sponsor);
            _move(_accountOfParticipant(sponsor), accounts[i], amounts[i]);
        }
    }

    /// @inheritdoc IPowerPseudonyms
    function sweep(PowerAccountId[] calldata accounts) external {
        ParticipantId sponsor = _participantWith(msg.sender, WalletRights.TRADE);
        _checkItems(accounts.length, accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            _checkSponsor(accounts[i], sponsor);
            uint96 free = _accounts[PowerAccountId.unwrap(accounts[i])].free;
            _move(accounts[i], _accountOfParticipant(sponsor), free);
        }
    }

    /// @inheritdoc IPowerPseudonyms
    function consentDigest(address key, ParticipantId sponsor, uint40 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CONSENT_TYPEHASH, key, sponsor, deadline)));
    }

    function _checkSponsor(PowerAccountId account, ParticipantId sponsor) private view {
        if (_accounts[PowerAccountId.unwrap(account)].sponsor != sponsor) revert PowerNotSponsor(account, sponsor);
    }

    function _move(PowerAccountId from, PowerAccountId to, uint96 amount) private {
        if (amount == 0) return;
        _takeFree(PowerAccountId.unwrap(from), amount);
        emit IPowerMarket.CreditsMoved(from, to, amount);
        _credit(PowerAccountId.unwrap(to), amount);
    }
}
