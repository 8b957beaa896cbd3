// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/Ids.sol";
import {Signatures} from "./Signatures.sol";

/// @dev An accredited person in one word, lowest first:
/// `key 160 | body 24 | roles 8 | scopes 24 | body's ordinal 8 | validFrom 16 | validUntil 16`. Dates in days since
/// 1970-01-01 UTC; `validUntil` is the first day no longer.
type SignerWord is uint256;

/// @dev What a signer has to be, for one opinion; one word in the layout of {SignerWord}, with only the bits that must be
/// set, and the mask of the bits that are compared.
struct Requirement {
    uint256 digest; // what was signed
    uint256 wanted;
    uint256 mask;
    uint256 signedDay; // [days]
    uint256 today; //     [days]
}

/// @title SignerSet
/// @notice Persons accredited to sign, at most 255, kept as words in contract code (see {CodeWords}).
/// @dev A signer is named by its place in the set, so that repeated signers are one bit compared.
library SignerSet {
    uint256 internal constant LIMIT = 255;

    uint256 private constant KEY_MASK = type(uint160).max;
    uint256 private constant BODY_SHIFT = 160;
    uint256 private constant ROLES_SHIFT = 184;
    uint256 private constant SCOPES_SHIFT = 192;
    uint256 private constant ORDINAL_SHIFT = 216;
    uint256 private constant FROM_SHIFT = 224;
    uint256 private constant UNTIL_SHIFT = 240;

    /// @notice Thrown when the signer set has no such person.
    error SignersUnknown(uint256 signer, uint256 count);
    /// @notice Thrown when one person signs twice.
    error SignersRepeated(uint256 signer);
    /// @notice Thrown when a person belongs to another body than the opinion says.
    error SignersWrongBody(uint256 signer, ParticipantId body, ParticipantId expected);
    /// @notice Thrown when a person is not accredited for the role.
    error SignersWrongRole(uint256 signer, uint256 roles, uint256 needed);
    /// @notice Thrown when a person is not accredited for what is verified.
    error SignersWrongScope(uint256 signer, uint256 scopes, uint256 needed);
    /// @notice Thrown when a person was not accredited on the day of signing, or is no longer.
    error SignersAccreditationOver(uint256 signer, uint256 signedDay, uint256 validFrom, uint256 validUntil);
    /// @notice Thrown when a person's signature does not recover to the accredited key.
    error SignersBadSignature(uint256 signer, address recovered, address expected);

    function pack(
        address key,
        ParticipantId body,
        uint8 roles,
        uint24 scopes,
        uint8 ordinal,
        uint16 validFrom,
        uint16 validUntil
    ) internal pure returns (SignerWord) {
        return SignerWord.wrap(
            uint256(uint160(key)) | uint256(ParticipantId.unwrap(body)) << BODY_SHIFT | uint256(roles) << ROLES_SHIFT
                | uint256(scopes) << SCOPES_SHIFT | uint256(ordinal) << ORDINAL_SHIFT
                | uint256(validFrom) << FROM_SHIFT | uint256(validUntil) << UNTIL_SHIFT
        );
    }

    function keyOf(SignerWord w) internal pure returns (address) {
        return address(uint160(SignerWord.unwrap(w)));
    }

    function bodyOf(SignerWord w) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(uint24(SignerWord.unwrap(w) >> BODY_SHIFT));
    }

    function rolesOf(SignerWord w) internal pure returns (uint8) {
        return uint8(SignerWord.unwrap(w) >> ROLES_SHIFT);
    }

    function scopesOf(SignerWord w) internal pure returns (uint24) {
        return uint24(SignerWord.unwrap(w) >> SCOPES_SHIFT);
    }

    function ordinalOf(SignerWord w) internal pure returns (uint8) {
        return uint8(SignerWord.unwrap(w) >> ORDINAL_SHIFT);
    }

    function validFromOf(SignerWord w) internal pure returns (uint16) {
        return uint16(SignerWord.unwrap(w) >> FROM_SHIFT);
    }

    function validUntilOf(SignerWord w) internal pure returns (uint16) {
        return uint16(SignerWord.unwrap(w) >> UNTIL_SHIFT);
    }

    /// @notice What a person of `body` with `scopes` [bits] has to be.
    function requirement(bytes32 digest, uint256 body, uint256 scopes, uint256 signedAt)
        internal
        view
        returns (Requirement memory r)
    {
        uint256 scopeBits = scopes << SCOPES_SHIFT;
        r.digest = uint256(digest);
        r.wanted = body << BODY_SHIFT | scopeBits;
        r.mask = uint256(type(uint24).max) << BODY_SHIFT | scopeBits;
        r.signedDay = signedAt / 1 days;
        r.today = block.timestamp / 1 days;
    }

    /// @notice Checks that person `index` has the role and signed.
    /// @param words the set starts at `words[first]`
    /// @param seen bits of the persons who signed so far
    /// @return seenNow `seen` with this person's bit
    /// @return word the person
    function check(
        uint256[] memory words,
        uint256 first,
        uint256 index,
        uint256 role,
        Requirement memory r,
        bytes32 sigR,
        bytes32 sigVs,
        uint256 seen
    ) internal view returns (uint256 seenNow, SignerWord word) {
        // `first` is below `words.length`, `index` below 256.
        unchecked {
            if (first + index >= words.length) revert SignersUnknown(index, words.length - first);
            uint256 w;
            assembly ("memory-safe") {
                w := mload(add(words, mul(add(add(first, index), 1), 32)))
            }
            uint256 roleBits = role << ROLES_SHIFT;
            bool accredited = w & (r.mask | roleBits) == r.wanted | roleBits
                && (w >> FROM_SHIFT & type(uint16).max) <= r.signedDay && r.today < w >> UNTIL_SHIFT;
            if (!accredited) _refuse(SignerWord.wrap(w), index, role, r);

            seenNow = seen | 1 << index;
            if (seenNow == seen) revert SignersRepeated(index);

            address recovered = Signatures.recover(bytes32(r.digest), sigR, sigVs);
            if (uint160(recovered) != w & KEY_MASK) {
                revert SignersBadSignature(index, recovered, keyOf(SignerWord.wrap(w)));
            }
            word = SignerWord.wrap(w);
        }
    }

    /// @dev Says why, in the order a person would ask.
    function _refuse(SignerWord word, uint256 index, uint256 role, Requirement memory r) private pure {
        uint256 body = uint24(r.wanted >> BODY_SHIFT);
        if (ParticipantId.unwrap(bodyOf(word)) != body) {
            revert SignersWrongBody(index, bodyOf(word), ParticipantId.wrap(uint24(body))); // 24 bits by the line above
        }
        if (rolesOf(word) & role == 0) revert SignersWrongRole(index, rolesOf(word), role);
        uint256 scopes = uint24(r.wanted >> SCOPES_SHIFT);
        if (scopesOf(word) & scopes != scopes) revert SignersWrongScope(index, scopesOf(word), scopes);
        revert SignersAccreditationOver(index, r.signedDay, validFromOf(word), validUntilOf(word));
    }
}
