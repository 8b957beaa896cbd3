// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";
import {ParticipantId} from "../../interfaces/Ids.sol";
import {IEmissionsOracle} from "../../interfaces/IEmissionsOracle.sol";
import {SignerSet, SignerWord} from "../lib/SignerSet.sol";
import {ReportHash} from "./ReportHash.sol";

/// @dev What the bodies of one report sign, and with whom.
struct Panel {
    uint256[] words; //    the signer set starts at `words[first]`
    uint256 first;
    uint256 persons; //    lead 8 | reviewer 8 for each body, the first lowest
    uint256 count; //      bodies, at most 8
    uint256 scopes; //     [bits] accreditations each person needs
    uint256 signedAt; //   [s]
    uint256 buffer; //     of the opinion, see {ReportHash}
    bytes32 separator; //  EIP-712
    uint256 signatures; // where the first lead's signature is in calldata
}

/// @title Panels
/// @notice Checks lead verifier and reviewer of every body of a report.
/// @dev s is not compared with half the order here: the compact form has 255 bits for it, which leaves a second form to one
/// signature in 2^127, and nothing takes a signature for an identity.
/// One loop in assembly, because a signature may cost 4,500 gas and calldata and recovery alone are 4,130: it only
/// finds out whether anything is wrong. What is wrong is then said by {_explain}, in Solidity, with the same checks one
/// by one as {SignerSet-pair} makes them for one body.
library Panels {
    /// @return bodies bit o: the body with ordinal o signed
    /// @dev Assumes that the last body's persons are not both number 0, which would end the loop too soon.
    function check(Panel memory p) internal view returns (uint256 bodies) {
        uint256 failed;
        assembly ("memory-safe") {
            let base := add(mload(p), shl(5, add(mload(add(p, 0x20)), 1)))
            let last := sub(sub(mload(mload(p)), mload(add(p, 0x20))), 1)
            let persons := mload(add(p, 0x40))
            let buffer := mload(add(p, 0xc0))
            let sigs := mload(add(p, 0x100))

            // Layout of {SignerWord}: roles at 184 (1 leads, 2 reviews), scopes at 192, days on top.
            let leadBits := or(shl(192, mload(add(p, 0x80))), shl(184, 1))
            let reviewerBits := or(shl(192, mload(add(p, 0x80))), shl(184, 2))
            let tomorrow := shl(240, add(div(timestamp(), 86400), 1))
            let signed := not(shl(240, not(div(mload(add(p, 0xa0)), 86400))))

            // Behind the opinion in its buffer: input of the recovery at 0x140, what is hashed for the digest at 0x1c0.
            mstore(add(buffer, 0x1c0), shl(240, 0x1901))
            mstore(add(buffer, 0x1c2), mload(add(p, 0xe0)))
            // A failed recovery writes nothing. What then stands here is zero or the key of a person before, who is
            // another one: bodies do not repeat, and lead and reviewer differ.
            mstore(0x00, 0)

            for {} persons {} {
                let b := and(shr(8, persons), 0xff)
                let a := and(persons, 0xff)
                persons := shr(16, persons)
                failed := or(failed, or(eq(a, b), or(gt(a, last), gt(b, last))))
                a := mload(add(base, shl(5, a)))
                b := mload(add(base, shl(5, b)))

                failed := or(failed, or(and(not(a), leadBits), and(not(b), reviewerBits)))
                failed := or(failed, or(lt(a, tomorrow), lt(b, tomorrow)))
                failed := or(failed, or(gt(shl(16, a), signed), gt(shl(16, b), signed)))
                failed := or(failed, shr(232, shl(72, xor(a, b)))) // the 24 bits of the body, at 160
                {
                    let bit := shl(and(shr(216, a), 0xff), 1)
                    failed := or(failed, and(bodies, bit))
                    bodies := or(bodies, bit)
                }

                mstore(add(buffer, 0x80), and(shr(160, a), 0xffffff))
                mstore(add(buffer, 0x1e2), keccak256(buffer, 0x140))
                mstore(add(buffer, 0x140), keccak256(add(buffer, 0x1c0), 0x42))

                {
                    let vs := calldataload(add(sigs, 0x20))
                    mstore(add(buffer, 0x160), add(27, shr(255, vs)))
                    mstore(add(buffer, 0x1a0), shr(1, shl(1, vs)))
                    mstore(add(buffer, 0x180), calldataload(sigs))
                    pop(staticcall(gas(), 1, add(buffer, 0x140), 0x80, 0x00, 0x20))
                    failed := or(failed, shl(96, xor(mload(0x00), a)))
                }
                {
                    let vs := calldataload(add(sigs, 0x60))
                    mstore(add(buffer, 0x160), add(27, shr(255, vs)))
                    mstore(add(buffer, 0x1a0), shr(1, shl(1, vs)))
                    mstore(add(buffer, 0x180), calldataload(add(sigs, 0x40)))
                    pop(staticcall(gas(), 1, add(buffer, 0x140), 0x80, 0x00, 0x20))
                    failed := or(failed, shl(96, xor(mload(0x00), b)))
                }
                sigs := add(sigs, 0x80)
            }
        }
        if (failed != 0) _explain(p);
    }

    /// @notice The body of the first two persons.
    function firstBody(Panel memory p) internal pure returns (uint256) {
        return ParticipantId.unwrap(SignerSet.bodyOf(SignerWord.wrap(p.words[p.first + (p.persons & 0xff)])));
    }

    /// @dev Reverts with the first thing that is wrong, body by body.
    function _explain(Panel memory p) private view {
        uint256 bodies;
        uint256 persons = p.persons;
        for (uint256 i; i < p.count; ++i) {
            uint256 lead = persons & 0xff;
            uint256 reviewer = persons >> 8 & 0xff;
            persons >>= 16;
            (SignerWord a, SignerWord b) = SignerSet.pair(p.words, p.first, lead, reviewer, p.scopes, p.signedAt);
            uint256 bit = 1 << SignerSet.ordinalOf(a);
            if (bodies & bit != 0) revert IEmissionsOracle.EmissionsRepeatedBody(SignerSet.bodyOf(a));
            bodies |= bit;

            bytes32 digest =
                MessageHashUtils.toTypedDataHash(p.separator, ReportHash.hashOpinion(p.buffer, SignerSet.bodyOf(a)));
            bytes32[4] calldata signatures;
            uint256 offset = p.signatures + i * 0x80;
            assembly ("memory-safe") {
                signatures := offset
            }
            SignerSet.requireSigned(a, lead, digest, signatures[0], signatures[1]);
            SignerSet.requireSigned(b, reviewer, digest, signatures[2], signatures[3]);
        }
        // The loop has found nothing: then the fast check is at fault, and nothing is accepted.
        assert(false);
    }
}
