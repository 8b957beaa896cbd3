// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {Signatures} from "./Signatures.sol";

/// @dev An accredited person in one word, lowest first:
/// `key 160 | body 24 | roles 8 | scopes 24 | body's ordinal 8 | validFrom 16 | validUntil 16`. Dates in days since
/// 1970-01-01 UTC; `validUntil` is the first day no longer.
type SignerWord is uint256;

/// @title SignerSet
/// @notice Persons accredited to sign, at most 255, kept as words in contract code (see {CodeWords}).
/// @dev A signer is named by its place in the set, so that repeated signers are one bit compared.
library SignerSet {
    uint256 internal constant LIMIT = 255;

    uint256 private constant LEAD = 1;
    uint256 private constant REVIEWER = 2;

    uint256 private constant BODY_SHIFT = 160;
    uint256 private constant BODY_MASK = 0xffffff0000000000000000000000000000000000000000; // 24 bits from BODY_SHIFT
    uint256 private constant ROLES_SHIFT = 184;
    uint256 private constant SCOPES_SHIFT = 192;
    uint256 private constant ORDINAL_SHIFT = 216;
    uint256 private constant FROM_SHIFT = 224;
    uint256 private constant UNTIL_SHIFT = 240;

    /// @notice Thrown when the signer set has no such person.
    error SignersUnknown(uint256 signer, uint256 count);
    /// @notice Thrown when one person would lead and review.
    error SignersRepeated(uint256 signer);
    /// @notice Thrown when the reviewer belongs to another body than the lead verifier, or both to another than named.
    error SignersWrongBody(uint256 signer, ParticipantId body, ParticipantId expected);
    /// @notice Thrown when a person is not accredited for the role.
    error SignersWrongRole(uint256 signer, uint256 roles, uint256 needed);
    /// @notice Thrown when a person is not accredited for the verified scope.
    error SignersWrongScope(uint256 signer, uint256 scopes, uint256 needed);
    /// @notice Thrown when a person was not accredited on the day of signing, or is no longer.
    error SignersAccreditationOver(uint256 signer, uint256 signedDay, uint256 validFrom, uint256 validUntil);
    /// @notice Thrown when a person's signature is not of the accredited key, or of the accredited contract.
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
                | uint256(scopes) << SCOPES_SHIFT | uint256(ordinal) << ORDINAL_SHIFT | uint256(validFrom) << FROM_SHIFT
                | uint256(validUntil) << UNTIL_SHIFT
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

    /// @notice The two persons who sign for a body, accredited on the day of signing and today.
    /// @param words the set starts at `words[first]`
    /// @param scopes [bits] each of them needs all of these
    /// @param signedAt [s]
    /// @dev Gas: one comparison word for both persons; why it failed is worked out only then.
    function pair(
        uint256[] memory words,
        uint256 first,
        uint256 lead,
        uint256 reviewer,
        uint256 scopes,
        uint256 signedAt
    ) internal view returns (SignerWord leadWord, SignerWord reviewerWord) {
        uint256 wrong;
        assembly ("memory-safe") {
            let base := add(words, shl(5, add(first, 1)))
            let count := sub(mload(words), first)
            // `lead` and `reviewer` are below 256, so a read beyond the set stays close by; it fails on `count`.
            leadWord := mload(add(base, shl(5, lead)))
            reviewerWord := mload(add(base, shl(5, reviewer)))
            let needed := shl(SCOPES_SHIFT, scopes)
            // Roles: 1 leads, 2 reviews.
            let leadBits := or(needed, shl(ROLES_SHIFT, 1))
            let reviewerBits := or(needed, shl(ROLES_SHIFT, 2))
            wrong := or(xor(and(leadWord, leadBits), leadBits), xor(and(reviewerWord, reviewerBits), reviewerBits))
            wrong := or(wrong, and(xor(leadWord, reviewerWord), BODY_MASK))
            // `validUntil` is on top: a word below tomorrow's is over. `validFrom` comes next.
            let tomorrow := shl(UNTIL_SHIFT, add(div(timestamp(), 86400), 1))
            wrong := or(wrong, or(lt(leadWord, tomorrow), lt(reviewerWord, tomorrow)))
            let signed := not(shl(UNTIL_SHIFT, not(div(signedAt, 86400))))
            wrong := or(wrong, or(gt(shl(16, leadWord), signed), gt(shl(16, reviewerWord), signed)))
            wrong := or(wrong, or(iszero(lt(lead, count)), iszero(lt(reviewer, count))))
            wrong := or(wrong, eq(lead, reviewer))
        }
        if (wrong != 0) _refusePair(words, first, lead, reviewer, scopes, signedAt / 1 days);
    }

    /// @notice Reverts unless person `index` signed `digest`.
    function requireSigned(
        SignerWord word,
        uint256 index,
        bytes32 digest,
        bytes32 r,
        bytes32 vs,
        bytes[] calldata contractSignatures
    ) internal {
        address recovered = Signatures.signerOf(digest, r, vs, contractSignatures);
        if (recovered != keyOf(word)) revert SignersBadSignature(index, recovered, keyOf(word));
    }

    /// @dev Reverts with the first fault found.
    function _refusePair(
        uint256[] memory words,
        uint256 first,
        uint256 lead,
        uint256 reviewer,
        uint256 scopes,
        uint256 signedDay
    ) private view {
        uint256 count = words.length - first;
        if (lead >= count) revert SignersUnknown(lead, count);
        if (reviewer >= count) revert SignersUnknown(reviewer, count);
        if (lead == reviewer) revert SignersRepeated(lead);
        SignerWord a = SignerWord.wrap(words[first + lead]);
        SignerWord b = SignerWord.wrap(words[first + reviewer]);
        if (bodyOf(a) != bodyOf(b)) revert SignersWrongBody(reviewer, bodyOf(b), bodyOf(a));
        if (rolesOf(a) & LEAD == 0) revert SignersWrongRole(lead, rolesOf(a), LEAD);
        if (rolesOf(b) & REVIEWER == 0) revert SignersWrongRole(reviewer, rolesOf(b), REVIEWER);
        if (scopesOf(a) & scopes != scopes) revert SignersWrongScope(lead, scopesOf(a), scopes);
        if (scopesOf(b) & scopes != scopes) revert SignersWrongScope(reviewer, scopesOf(b), scopes);
        bool leadHolds = validFromOf(a) <= signedDay && block.timestamp / 1 days < validUntilOf(a);
        (uint256 who, SignerWord over) = leadHolds ? (reviewer, b) : (lead, a);
        revert SignersAccreditationOver(who, signedDay, validFromOf(over), validUntilOf(over));
    }
}
