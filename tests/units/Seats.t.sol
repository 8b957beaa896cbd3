// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {DeliveryWord, IParticipants, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {Custody, Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {SeatsHandler} from "./SeatsHandler.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev Neighbours share a word, and nobody can tell.
contract SeatsTest is UnitsBase {
    uint256 internal constant MOST = 2 ** 42 - 1;
    uint256 internal constant SEATS = 9;

    uint256 internal a;

    function setUp() public override {
        super.setUp();
        a = UnitId.unwrap(allowance);
        allowances.setController(controller, ISSUE | EXIT | FORCE);
    }

    /* THREE TO A WORD */

    function test_nineNeighboursTakeThreeSlots() public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _neighbours();
        vm.record();
        vm.prank(controller);
        allowances.issueBatch(to, allowance, amounts, REF);
        (, bytes32[] memory writes) = vm.accesses(address(allowances));
        // Numbers 4 to 12 lie in words 1 to 4, of which the outer ones are not theirs alone; the totals and where the id begins
        // are two more.
        assertEq(_distinct(writes), 6);
        for (uint256 i = 0; i < SEATS; ++i) {
            assertEq(allowances.balanceOf(_wallet(i), a), amounts[i]);
        }
    }

    function testFuzz_oneHolderLeavesTheOthersAlone(uint256 who, uint256 amount, uint256 frozen) public {
        (ParticipantId[] memory to, uint256[] memory amounts) = _neighbours();
        vm.startPrank(controller);
        allowances.issueBatch(to, allowance, amounts, REF);
        for (uint256 i = 0; i < SEATS; ++i) {
            allowances.setFrozenTokens(_wallet(i), a, MOST - i);
        }

        who %= SEATS;
        allowances.setFrozenTokens(_wallet(who), a, bound(frozen, 0, MOST));
        allowances.exit(_wallet(who), allowance, bound(amount, 1, amounts[who]), Exit.ClawedBack, REF);
        allowances.issue(_wallet(who), allowance, MOST - allowances.issuedOf(allowance), REF);
        vm.stopPrank();
        for (uint256 i = 0; i < SEATS; ++i) {
            if (i == who) continue;
            assertEq(allowances.balanceOf(_wallet(i), a), amounts[i]);
            assertEq(allowances.getFrozenTokens(_wallet(i), a), MOST - i);
        }
    }

    function test_transfer_betweenNeighboursAndToOneself() public {
        IAllowances between = IAllowances(_deployAllowances(Custody.Participants));
        between.setController(controller, ISSUE);
        (ParticipantId[] memory to, uint256[] memory amounts) = _neighbours();
        vm.prank(controller);
        between.issueBatch(to, allowance, amounts, REF);

        vm.startPrank(_wallet(2)); // number 6, of the word of 7 and 8
        between.safeTransferFrom(_wallet(2), _wallet(3), a, 50, "");
        between.safeTransferFrom(_wallet(2), _wallet(2), a, amounts[2] - 50, "");
        vm.stopPrank();
        assertEq(between.balanceOf(_wallet(2), a), amounts[2] - 50);
        assertEq(between.balanceOf(_wallet(3), a), amounts[3] + 50);
        assertEq(between.balanceOf(_wallet(4), a), amounts[4]);
    }

    function test_freeze_takesWhatALaneTakes() public {
        vm.startPrank(controller);
        allowances.setFrozenTokens(alice, a, MOST);
        assertEq(allowances.getFrozenTokens(alice, a), MOST);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitAmountTooLarge.selector, allowance, MOST + 1));
        allowances.setFrozenTokens(alice, a, MOST + 1);
    }

    /* A SEAT THAT COMES LATER */

    /// @dev Under Custody.Free anybody holds before he registers.
    function test_aHoldingStaysWhereItBegan() public {
        IAllowances free = _free();
        _brought(free, stranger, 100);
        vm.prank(controller);
        free.setFrozenTokens(stranger, a, 30);
        bytes32 place = _placeOf(free, stranger);

        ParticipantId id = _register(stranger);
        assertEq(free.balanceOf(stranger, a), 100);
        assertEq(free.getFrozenTokens(stranger, a), 30);
        _brought(free, stranger, 5);
        vm.prank(controller);
        free.issueBatch(_one(id), allowance, _one(6), REF);
        vm.prank(stranger);
        free.safeTransferFrom(stranger, bob, a, 11, "");
        assertEq(free.balanceOf(stranger, a), 100);
        assertEq(_placeOf(free, stranger), place);

        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IERC7943MultiToken.ERC7943InsufficientUnfrozenBalance.selector, stranger, a, 71, 70)
        );
        free.safeTransferFrom(stranger, bob, a, 71, "");
    }

    /// @dev A freeze alone keeps the old place; without it the lane begins.
    function test_aLaneBeginsOnceTheOldPlaceIsEmpty() public {
        IAllowances free = _free();
        _brought(free, stranger, 100);
        vm.prank(controller);
        free.setFrozenTokens(stranger, a, 1);
        bytes32 place = _placeOf(free, stranger);
        _register(stranger);

        vm.prank(controller);
        free.exit(stranger, allowance, 100, Exit.ClawedBack, REF); // thaws
        assertEq(free.getFrozenTokens(stranger, a), 0);
        _brought(free, stranger, 40);
        assertEq(free.balanceOf(stranger, a), 40);
        assertNotEq(_placeOf(free, stranger), place);
    }

    function test_aFreezeWithoutUnitsKeepsItsPlaceToo() public {
        IAllowances free = _free();
        vm.prank(controller);
        free.setFrozenTokens(stranger, a, 50);
        ParticipantId id = _register(stranger);
        _register(makeAddr("another"));
        vm.prank(controller);
        free.issueBatch(_one(id), allowance, _one(60), REF);
        assertEq(free.getFrozenTokens(stranger, a), 50);
        assertEq(free.freeOf(stranger, allowance), 10);
    }

    /// @dev The id begins with the freeze, though there is no seat yet.
    function test_aFreezeBeforeAnybodyIsRegisteredKeepsItsPlace() public {
        participants = IParticipants(vm.deployCode("Participants.sol:Participants", abi.encode(address(manager))));
        participants.setRegistrar(officer, 0, true);
        test_aFreezeWithoutUnitsKeepsItsPlaceToo();
    }

    /// @dev Under the strictest custody controllers hold too, and might register.
    function test_aControllerThatRegistersKeepsWhatItHolds() public {
        address ender = makeAddr("ender");
        allowances.setController(ender, EXIT);
        _issue(alice, 100);
        vm.prank(alice);
        allowances.safeTransferFrom(alice, ender, a, 60, "");
        _register(ender);
        assertEq(allowances.balanceOf(ender, a), 60);
        vm.prank(ender);
        allowances.exit(ender, allowance, 60, Exit.Cancelled, REF);
        assertEq(allowances.totalSupply(allowance), 40);
    }

    /// @dev What a wallet holds is not its participant's: a lost or removed wallet keeps it.
    function test_aRemovedWalletKeepsItsPlace() public {
        _issue(alice, 100);
        vm.startPrank(aliceDesk);
        participants.setPrimaryWallet(aliceDesk);
        participants.removeWallet(alice);
        vm.stopPrank();
        assertEq(allowances.balanceOf(alice, a), 100);
        ParticipantId second = _register(alice);
        assertEq(allowances.balanceOf(alice, a), 100);
        vm.prank(controller);
        allowances.issueBatch(_one(second), allowance, _one(1), REF);
        assertEq(allowances.balanceOf(alice, a), 101);
    }

    /* STEPS */

    function _free() private returns (IAllowances free) {
        free = IAllowances(_deployAllowances(Custody.Free));
        free.setController(controller, ISSUE | EXIT | FORCE);
    }

    function _brought(IAllowances units, address to, uint256 amount) private {
        vm.prank(controller);
        units.issue(to, allowance, amount, REF);
    }

    /// @dev Slot that a freeze of `account` writes; leaves the freeze as it is.
    function _placeOf(IAllowances units, address account) private returns (bytes32) {
        uint256 frozen = units.getFrozenTokens(account, a);
        vm.record();
        vm.prank(controller);
        units.setFrozenTokens(account, a, frozen);
        (, bytes32[] memory writes) = vm.accesses(address(units));
        assertEq(writes.length, 1);
        return writes[0];
    }

    function _neighbours() private returns (ParticipantId[] memory to, uint256[] memory amounts) {
        (to, amounts) = (new ParticipantId[](SEATS), new uint256[](SEATS));
        for (uint256 i = 0; i < SEATS; ++i) {
            (to[i], amounts[i]) = (_register(_wallet(i)), 1000 + i);
        }
    }

    function _wallet(uint256 i) private pure returns (address) {
        return address(uint160(1000 + i));
    }

    function _one(ParticipantId id) private pure returns (ParticipantId[] memory ids) {
        ids = new ParticipantId[](1);
        ids[0] = id;
    }

    function _one(uint256 amount) private pure returns (uint256[] memory amounts) {
        amounts = new uint256[](1);
        amounts[0] = amount;
    }

    function _distinct(bytes32[] memory slots) private pure returns (uint256 count) {
        for (uint256 i = 0; i < slots.length; ++i) {
            bool seen = false;
            for (uint256 j = 0; j < i; ++j) {
                if (slots[j] == slots[i]) seen = true;
            }
            if (!seen) ++count;
        }
    }
}

/// @dev Any moves in any order, between accounts that register, leave and come again.
contract SeatsInvariantTest is UnitsBase {
    SeatsHandler internal handler;
    IAllowances internal free;

    function setUp() public override {
        super.setUp();
        free = IAllowances(_deployAllowances(Custody.Free));
        free.setController(controller, ISSUE | EXIT | FORCE);
        free.setVenue(address(venue));
        handler = new SeatsHandler(free, participants, allowance, controller, officer, address(venue));
        targetContract(address(handler));
    }

    function invariant_everybodyHoldsWhatThePlainBooksSay() public view {
        uint256 sum = 0;
        for (uint256 i = 0; i < handler.count(); ++i) {
            address account = handler.accounts(i);
            uint256 balance = handler.balance(account);
            uint256 frozen = handler.frozen(account);
            assertEq(free.balanceOf(account, UnitId.unwrap(allowance)), balance);
            assertEq(free.getFrozenTokens(account, UnitId.unwrap(allowance)), frozen);
            assertEq(free.freeOf(account, allowance), balance > frozen ? balance - frozen : 0);
            sum += balance;
        }
        assertEq(free.totalSupply(allowance), sum);
        assertEq(free.issuedOf(allowance), handler.issued());
    }

    function invariant_aSeatIsForEverAndNobodyElses() public view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            address account = handler.accounts(i);
            (WalletWord word,) = participants.readParties(account, account);
            assertEq(word.seatOf(), handler.seat(account));
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(word.seatOf() == 0 || word.seatOf() != handler.seat(handler.accounts(j)));
            }
        }
        ParticipantId[] memory ids = new ParticipantId[](1);
        for (uint256 n = 4; n <= participants.participantCount(); ++n) {
            ids[0] = ParticipantId.wrap(uint24(n));
            DeliveryWord told = participants.deliveriesOf(ids)[0];
            assertEq(told.walletOf(), participants.primaryWallet(ids[0]));
            assertEq(told.seatOf(), handler.seat(told.walletOf()));
        }
    }

    /// @dev Every kind of move happens: without this the invariants above could hold of nothing.
    function test_handler_makesEveryMove() public {
        handler.issue(0, 500);
        handler.freeze(0, 100);
        handler.join(0);
        handler.join(1);
        handler.issueBatch(0, 2, 1000);
        handler.invite(0, 2);
        handler.transfer(0, 2, 0, true);
        handler.force(0, 1, 50);
        handler.exit(0, 1, false);
        handler.leave(0);
        handler.join(0);
        handler.replace(1, 3);
        string[10] memory names =
            ["issue", "issueBatch", "transfer", "freeze", "force", "exit", "join", "joinAgain", "invite", "leave"];
        for (uint256 i = 0; i < names.length; ++i) {
            assertGt(handler.moves(names[i]), 0, names[i]);
        }
        assertGt(handler.moves("replace"), 0);
        invariant_everybodyHoldsWhatThePlainBooksSay();
        invariant_aSeatIsForEverAndNobodyElses();
    }
}
