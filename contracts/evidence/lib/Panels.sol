// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {IEmissionsReports} from "../../../interfaces/evidence/IEmissionsOracle.sol";
import {SignerSet, SignerWord} from "../../lib/SignerSet.sol";
import {OracleConfigLib} from "./OracleConfigLib.sol";
import {ReportHash} from "./ReportHash.sol";

/// @dev The opinion of one report's bodies and the persons who sign it.
struct Panel {
    uint256[] words; //    the signer set starts at `words[first]`
    uint256 first;
    uint256 persons; //    lead 8 | reviewer 8 for each body, the first lowest
    uint256 count; //      bodies, 1 to 8
    uint256 scopes; //     [bits] accreditations each person needs
    uint256 signedAt; //   [s]
    uint256 buffer; //     of the opinion, see {ReportHash}
    bytes32 separator; //  EIP-712
    uint256 signatures; // where the first lead's signature is in calldata
}

/// @title Panels
/// @notice Checks lead verifier and reviewer of every body of a report.
/// @dev A further signature may cost 4,500 gas, of which calldata and recovery alone are 4,130. So there are two ways:
/// {_checkEach} is the rule, body by body, and reverts with the fault; {_checkFast} is one loop in assembly that
/// answers yes only where the rule does, and anything else is left to the rule.
library Panels {
    using OracleConfigLib for uint256;

    /// @dev One in each of eight 16-bit lanes.
    uint256 private constant LANES = 0x00010001000100010001000100010001;

    /// @notice Reverts unless every body's two persons are accredited and signed; bodies in rising order, each once.
    /// @param contractSignatures of persons who sign by a contract, see {Signatures}
    function check(Panel memory p, uint256 rules, bytes[] calldata contractSignatures) internal {
        // No accreditation has ended or is yet to begin: no person's dates need a look.
        bool allValid = block.timestamp / 1 days < rules.earliestUntil() && p.signedAt / 1 days >= rules.latestFrom();
        if (!allValid || !_wellNamed(p) || !_checkFast(p)) _checkEach(p, contractSignatures);
    }

    /// @notice The body of the first two persons.
    /// @dev Assumes that {check} has passed.
    function firstBody(Panel memory p) internal pure returns (uint256 body) {
        assembly ("memory-safe") {
            let place := add(mload(add(p, 0x20)), and(mload(add(p, 0x40)), 0xff))
            body := and(shr(160, mload(add(mload(p), shl(5, add(place, 1))))), 0xffffff)
        }
    }

    /// @notice Bit o: the body with ordinal o is among those that signed.
    function bodies(Panel memory p) internal pure returns (uint256 bits) {
        for (uint256 i; i < p.count; ++i) {
            bits |= 1 << SignerSet.ordinalOf(SignerWord.wrap(p.words[p.first + (p.persons >> (16 * i) & 0xff)]));
        }
    }

    /// @dev Every person is in the set, and lead and reviewer of a body are two: for all bodies at once, one 16-bit lane
    /// each.
    function _wellNamed(Panel memory p) private pure returns (bool) {
        // Lanes hold at most 0x1ff, so none runs over into the next.
        unchecked {
            uint256 leads = p.persons & LANES * 0xff;
            uint256 reviewers = p.persons >> 8 & LANES * 0xff;
            uint256 guard = LANES << 8;
            uint256 last = LANES * (p.words.length - p.first - 1) | guard;
            bool inside = (last - leads) & (last - reviewers) & guard == guard;
            uint256 used = guard & (1 << (16 * p.count)) - 1;
            return inside && ((leads ^ reviewers) + LANES * 0xff) & guard == used;
        }
    }

    /// @dev Assumes {_wellNamed} and valid dates. The loop ends with the last body, whose two persons are not both number 0.
    function _checkFast(Panel memory p) private view returns (bool ok) {
        uint256 failed;
        assembly ("memory-safe") {
            let base := add(mload(p), shl(5, add(mload(add(p, 0x20)), 1)))
            let persons := mload(add(p, 0x40))
            // Before the opinion in its buffer: the recovery's input, at 0x80 the input of the digest.
            let room := sub(mload(add(p, 0xc0)), 0xe0)
            let sigs := mload(add(p, 0x100))
            // Layout of {SignerWord}: body at 160, roles at 184 (1 leads, 2 reviews), scopes at 192.
            let scopes := shl(192, mload(add(p, 0x80)))
            let previous := 0

            mstore(add(room, 0x80), shl(240, 0x1901))
            mstore(add(room, 0x82), mload(add(p, 0xe0)))
            // A failed recovery writes nothing. The slot then holds zero or the key of a person before, who is
            // another one: bodies do not repeat, and lead and reviewer differ.
            mstore(0x20, 0)

            for {} persons {} {
                let a := mload(add(base, and(shl(5, persons), 0x1fe0)))
                let b := mload(add(base, and(shr(3, persons), 0x1fe0)))
                persons := shr(16, persons)
                failed := or(failed, and(not(a), or(scopes, shl(184, 1))))
                failed := or(failed, and(not(b), or(scopes, shl(184, 2))))
                {
                    let body := and(shr(160, a), 0xffffff)
                    failed := or(failed, or(iszero(gt(body, previous)), xor(body, and(shr(160, b), 0xffffff))))
                    previous := body
                    mstore(add(room, 0x160), body)
                }
                mstore(add(room, 0xa2), keccak256(add(room, 0xe0), 0x140))
                mstore(room, keccak256(add(room, 0x80), 0x42))

                {
                    let vs := calldataload(add(sigs, 0x20))
                    mstore(add(room, 0x20), add(27, shr(255, vs)))
                    mstore(add(room, 0x40), calldataload(sigs))
                    mstore(add(room, 0x60), shr(1, shl(1, vs)))
                }
                pop(staticcall(gas(), 1, room, 0x80, 0x20, 0x20))
                failed := or(failed, shl(96, xor(mload(0x20), a)))
                {
                    let vs := calldataload(add(sigs, 0x60))
                    mstore(add(room, 0x20), add(27, shr(255, vs)))
                    mstore(add(room, 0x40), calldataload(add(sigs, 0x40)))
                    mstore(add(room, 0x60), shr(1, shl(1, vs)))
                }
                pop(staticcall(gas(), 1, room, 0x80, 0x20, 0x20))
                failed := or(failed, shl(96, xor(mload(0x20), b)))
                sigs := add(sigs, 0x80)
            }
            ok := iszero(failed)
        }
    }

    /// @dev The rule, and the way of persons who sign by a contract; reverts with the first fault.
    function _checkEach(Panel memory p, bytes[] calldata contractSignatures) private {
        ParticipantId previous;
        uint256 persons = p.persons;
        for (uint256 i; i < p.count; ++i) {
            uint256 lead = persons & 0xff;
            uint256 reviewer = persons >> 8 & 0xff;
            persons >>= 16;
            (SignerWord a, SignerWord b) = SignerSet.pair(p.words, p.first, lead, reviewer, p.scopes, p.signedAt);
            ParticipantId body = SignerSet.bodyOf(a);
            if (ParticipantId.unwrap(body) <= ParticipantId.unwrap(previous)) {
                revert IEmissionsReports.EmissionsBodyOrder(body, previous);
            }
            previous = body;

            bytes32 digest = MessageHashUtils.toTypedDataHash(p.separator, ReportHash.hashOpinion(p.buffer, body));
            bytes32[4] calldata signatures;
            uint256 offset = p.signatures + i * 0x80;
            assembly ("memory-safe") {
                signatures := offset
            }
            SignerSet.requireSigned(a, lead, digest, signatures[0], signatures[1], contractSignatures);
            SignerSet.requireSigned(b, reviewer, digest, signatures[2], signatures[3], contractSignatures);
        }
    }
}
