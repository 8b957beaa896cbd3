// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    AdjustmentStatus,
    FirstTransfer,
    IArticle6,
    ItmoBlock,
    ItmoPurpose,
    ItmoState
} from "../../interfaces/compliance/IArticle6.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {RetirementCase} from "./RetirementCase.sol";

/// @dev Serial numbers 1 to 10,000 of a Chinese project; China hosts, Japan (392) and Switzerland (756) may acquire.
abstract contract Article6Case is RetirementCase {
    uint16 internal constant CHINA = 156;
    uint16 internal constant JAPAN = 392;
    uint16 internal constant SWISS = 756;
    bytes16 internal constant APPROACH = "CA0001";
    bytes32 internal constant DOCUMENT = "letter";
    bytes32 internal constant OBLIGATION = bytes32(uint256(1) << 48 | 7 << 32 | 42); // scheme 1, period 7, plant 42

    IArticle6 internal article6;
    address internal beijing = makeAddr("focal point of China");
    address internal tokyo = makeAddr("focal point of Japan");
    address internal bern = makeAddr("focal point of Switzerland");

    function setUp() public override {
        super.setUp();
        article6 = IArticle6(vm.deployCode("Article6.sol:Article6", abi.encode(manager, credits, registry)));
        article6.setFocalPoint(beijing, CHINA);
        article6.setFocalPoint(tokyo, JAPAN);
        article6.setFocalPoint(bern, SWISS);
    }

    /* SHORT FORMS */

    function _authorise(uint64 first, uint64 last, ItmoPurpose purpose, FirstTransfer definition, uint64 hint)
        internal
        returns (uint32)
    {
        vm.prank(beijing);
        return article6.authorise(credit, first, last, purpose, definition, APPROACH, DOCUMENT, hint);
    }

    function _ndc() internal {
        _authorise(1, 1_000, ItmoPurpose.Ndc, FirstTransfer.None, 0);
    }

    function _other(FirstTransfer definition) internal {
        _authorise(1, 1_000, ItmoPurpose.Other, definition, 0);
    }

    function _transfer(uint64 block_, uint64 first, uint64 last, uint16 acquirer) internal {
        vm.prank(beijing);
        article6.transfer(credit, block_, first, last, acquirer);
    }

    function _acquire(address by, uint64 block_, uint64 first, uint64 last) internal {
        vm.prank(by);
        article6.acquire(credit, block_, first, last);
    }

    function _use(address by, uint64 block_, uint64 first, uint64 last, uint256 certificate) internal {
        vm.prank(by);
        article6.use(credit, block_, first, last, certificate);
    }

    /// @dev All 1,000 acquired by Japan.
    function _acquired() internal {
        _ndc();
        _transfer(1, 1, 1_000, JAPAN);
        _acquire(tokyo, 1, 1, 1_000);
    }

    function _retire(uint256 amount) internal returns (uint256) {
        vm.prank(dora);
        return registry.retire(credit, amount, _claim());
    }

    function _cancelUnits(uint256 amount, uint64 first) internal returns (uint256, SerialBlock[] memory blocks) {
        vm.prank(dora);
        uint256 number = registry.cancel(credit, amount, REASON);
        blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 1, series: 0, first: first, last: first + uint64(amount) - 1});
        return (number, blocks);
    }

    function _record(address by, uint64 block_, uint16 year, uint64 amount) internal returns (AdjustmentStatus status) {
        vm.prank(by);
        article6.recordAdjustment(credit, block_, year, amount);
        (, status) = article6.adjustmentOf(credit, block_);
    }

    function _expectBlock(uint64 first, uint64 last, ItmoState state, uint16 acquirer) internal view {
        ItmoBlock memory b = article6.blockOf(credit, first);
        assertEq(b.first, first);
        assertEq(b.last, last);
        assertTrue(b.state == state);
        assertEq(b.acquirer, acquirer);
    }

    function _expectNotParty(address by, uint16 speaksFor, uint16 needed) internal {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotParty.selector, by, speaksFor, needed));
    }

    function _expectState(uint64 block_, ItmoState state) internal {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6WrongState.selector, credit, block_, state));
    }

    function _expectNotProved(uint64 first, uint64 last, uint256 evidence) internal {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotProved.selector, credit, first, last, evidence));
    }
}
