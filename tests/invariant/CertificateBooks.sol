// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {Certificate, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";

/// @title CertificateBooks
/// @notice Every certificate as it was when it was made, and the serial numbers that have left for good.
abstract contract CertificateBooks is Test {
    struct Gone {
        UnitId unit;
        uint256 first;
        uint256 last;
    }

    IRetirementRegistry public immutable REGISTRY;
    uint256 public certificates;
    mapping(uint256 number => bytes32) private _certified; // hash of certificate and serial numbers
    Gone[] private _gone;

    constructor(IRetirementRegistry registry) {
        REGISTRY = registry;
    }

    /// @dev Takes up the certificates of an act. Promises: they are numbered one after the other, and have as many serial
    /// numbers as tonnes, none of which has left before.
    function _keepCertificates(UnitId id, uint256 count, uint256 amount, bool hasSerials) internal {
        uint256 tonnes = 0;
        for (uint256 i = 0; i < count; ++i) {
            uint256 number = ++certificates;
            Certificate memory c = REGISTRY.certificate(number);
            SerialBlock[] memory blocks = REGISTRY.serialsOf(number);
            _certified[number] = keccak256(abi.encode(c, blocks));
            assertEq(UnitId.unwrap(c.unit), UnitId.unwrap(id), "a certificate of another unit");
            uint256 serials = 0;
            for (uint256 j = 0; j < blocks.length; ++j) {
                _leaveForGood(id, blocks[j].first, blocks[j].last);
                serials += blocks[j].last + 1 - blocks[j].first;
            }
            assertEq(serials, hasSerials ? c.amount : 0, "serial numbers of a certificate");
            tonnes += c.amount;
        }
        assertEq(REGISTRY.lastCertificate(), certificates, "certificates beside the acts");
        assertEq(tonnes, amount, "certificates for more than was retired");
    }

    /// @dev Serial numbers of one exit. Promise: none leaves twice, by whatever exit.
    function _leaveForGood(UnitId id, uint256 first, uint256 last) internal {
        for (uint256 i = 0; i < _gone.length; ++i) {
            if (UnitId.unwrap(_gone[i].unit) != UnitId.unwrap(id)) continue;
            assertTrue(last < _gone[i].first || first > _gone[i].last, "a serial number left twice");
        }
        _gone.push(Gone(id, first, last));
    }

    /// @dev Promise: a certificate never changes.
    function checkCertificates() external view {
        for (uint256 number = 1; number <= certificates; ++number) {
            bytes32 now_ = keccak256(abi.encode(REGISTRY.certificate(number), REGISTRY.serialsOf(number)));
            assertEq(now_, _certified[number], "a certificate changed");
        }
    }
}
