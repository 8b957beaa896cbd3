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
import {UnitId} from "../../interfaces/types/Ids.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {RetirementCase} from "./RetirementCase.sol";

/// @dev Serial numbers 1 to 10,000 of a Chinese project; China hosts, Japan (392) and Switzerland (756) may acquire. The first
/// batch that is set apart is `unit`.
abstract contract Article6Case is RetirementCase {
    uint16 internal constant CHINA = 156;
    uint16 internal constant JAPAN = 392;
    uint16 internal constant SWISS = 756;
    bytes16 internal constant APPROACH = "CA0001";
    bytes32 internal constant DOCUMENT = "letter";
    bytes32 internal constant OBLIGATION = bytes32(uint256(1) << 48 | 7 << 32 | 42); // scheme 1, period 7, plant 42

    IArticle6 internal article6;
    UnitId internal unit = _id(2, VINTAGE, 2 ** 61 + 1);
    address internal beijing = makeAddr("focal point of China");
    address internal tokyo = makeAddr("focal point of Japan");
    address internal bern = makeAddr("focal point of Switzerland");

    function setUp() public override {
        super.setUp();
        bytes memory args = abi.encode(manager, participants, credits, issuance, registry);
        article6 = IArticle6(vm.deployCode("Article6.sol:Article6", args));
        credits.setController(address(article6), EXIT | 1 << (8 + uint256(Exit.SetApart)));
        article6.setFocalPoint(beijing, CHINA);
        article6.setFocalPoint(tokyo, JAPAN);
        article6.setFocalPoint(bern, SWISS);
    }

    /* SHORT FORMS */

    /// @dev Dora may have them set apart; what is for a contribution is for Japan's.
    function _authorise(uint64 amountT, ItmoPurpose purpose, FirstTransfer definition) internal returns (uint32) {
        uint16 acquirer = purpose == ItmoPurpose.Other ? 0 : JAPAN;
        vm.prank(beijing);
        return article6.authorise(credit, amountT, developer, acquirer, purpose, definition, APPROACH, DOCUMENT);
    }

    function _setApart(uint32 authorisation, uint64 amountT) internal returns (UnitId) {
        vm.prank(dora);
        return article6.setApart(authorisation, amountT);
    }

    /// @dev 1,000 t, set apart.
    function _apart(ItmoPurpose purpose, FirstTransfer definition) internal {
        assertTrue(_setApart(_authorise(1_000, purpose, definition), 1_000) == unit);
    }

    function _ndc() internal {
        _apart(ItmoPurpose.Ndc, FirstTransfer.None);
    }

    function _other(FirstTransfer definition) internal {
        _apart(ItmoPurpose.Other, definition);
    }

    function _transfer(uint64 block_) internal {
        vm.prank(beijing);
        article6.transfer(unit, block_);
    }

    function _acquire(address by, uint64 block_) internal {
        vm.prank(by);
        article6.acquire(unit, block_);
    }

    function _use(address by, uint64 block_, uint64 first, uint64 last, uint256 certificate) internal {
        vm.prank(by);
        article6.use(unit, block_, first, last, certificate);
    }

    /// @dev All 1,000 acquired by Japan.
    function _acquired() internal {
        _ndc();
        _transfer(1);
        _acquire(tokyo, 1);
    }

    /// @dev Towards the contribution of the Party that acquired them, else for other purposes.
    function _retire(uint256 amount) internal returns (uint256) {
        uint16 party = issuance.outcomeOf(unit).party;
        vm.prank(dora);
        return registry.retireOutcome(unit, amount, _claim(), dora, party);
    }

    function _cancelUnits(uint256 amount, uint64 first) internal returns (uint256, SerialBlock[] memory blocks) {
        vm.prank(dora);
        uint256 number = registry.cancel(unit, amount, REASON);
        blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 1, series: 0, first: first, last: first + uint64(amount) - 1});
        return (number, blocks);
    }

    function _record(address by, uint64 block_, uint16 year, uint64 amount) internal returns (AdjustmentStatus status) {
        vm.prank(by);
        article6.recordAdjustment(unit, block_, year, amount);
        (, status) = article6.adjustmentOf(unit, block_);
    }

    function _expectBlock(uint64 first, uint64 last, ItmoState state, uint16 acquirer) internal view {
        ItmoBlock memory b = article6.blockOf(unit, first);
        assertEq(b.first, first);
        assertEq(b.last, last);
        assertTrue(b.state == state);
        assertEq(b.acquirer, acquirer);
    }

    function _expectNotParty(address by, uint16 speaksFor, uint16 needed) internal {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotParty.selector, by, speaksFor, needed));
    }

    function _expectState(uint64 block_, ItmoState state) internal {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6WrongState.selector, unit, block_, state));
    }

    function _expectNotProved(uint64 first, uint64 last, uint256 evidence) internal {
        vm.expectRevert(abi.encodeWithSelector(IArticle6.Article6NotProved.selector, unit, first, last, evidence));
    }
}
