// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {DeliveryWord, IParticipants, WalletRights, WalletWord} from "../../interfaces/parties/IParticipants.sol";
import {PartiesTest} from "./PartiesTest.sol";

/// @dev The number an address was given when its first application was approved is its own for ever, whatever becomes of it.
contract SeatsTest is PartiesTest {
    ParticipantId internal first;

    function setUp() public override {
        super.setUp();
        first = active(PLANT_A, EMITTER);
    }

    function test_seat_isTheNumberThatWasGiven() public {
        ParticipantId second = active(PLANT_B, EMITTER);
        assertEq(_seatOf(PLANT_A), ParticipantId.unwrap(first));
        assertEq(_seatOf(PLANT_B), ParticipantId.unwrap(second));
        _assertDelivery(first, PLANT_A, ParticipantId.unwrap(first));
        _assertDelivery(second, PLANT_B, ParticipantId.unwrap(second));
    }

    function test_seat_isNotGivenToAnInvitedWallet() public {
        withWallet(PLANT_A, first, STRANGER, WalletRights.ALL);
        assertEq(_seatOf(STRANGER), 0);

        vm.prank(PLANT_A);
        parties.setPrimaryWallet(STRANGER);
        _assertDelivery(first, STRANGER, 0);
        vm.prank(STRANGER);
        parties.setPrimaryWallet(PLANT_A);
        _assertDelivery(first, PLANT_A, ParticipantId.unwrap(first));
    }

    function test_seat_staysWithARemovedWallet() public {
        _removeFounder();
        assertEq(_seatOf(PLANT_A), ParticipantId.unwrap(first));
        (WalletWord word,) = parties.readParties(PLANT_A, PLANT_A);
        assertFalse(word.isSomebody());
        assertFalse(word.isActive());
        assertFalse(word.areActive(word));
        assertFalse(word.may(WalletRights.TRADE));
    }

    function test_seat_isTheOldOneWhenAnAddressAppliesAgain() public {
        _removeFounder();
        ParticipantId second = active(PLANT_A, EMITTER);
        assertEq(_seatOf(PLANT_A), ParticipantId.unwrap(first));
        _assertDelivery(second, PLANT_A, ParticipantId.unwrap(first));
        _assertDelivery(first, STRANGER, 0);
    }

    function test_seat_isKeptByAWalletThatIsInvitedElsewhere() public {
        _removeFounder();
        ParticipantId second = active(PLANT_B, EMITTER);
        withWallet(PLANT_B, second, PLANT_A, WalletRights.ALL);
        assertEq(_seatOf(PLANT_A), ParticipantId.unwrap(first));
    }

    function test_seat_isNotInheritedByAFreshWallet() public {
        _replace(PLANT_A, STRANGER);
        assertEq(_seatOf(PLANT_A), ParticipantId.unwrap(first));
        assertEq(_seatOf(STRANGER), 0);
        _assertDelivery(first, STRANGER, 0);
    }

    function test_deliveriesOf_areInTheOrderAsked() public {
        ParticipantId second = active(PLANT_B, EMITTER);
        ParticipantId[] memory ids = new ParticipantId[](3);
        (ids[0], ids[1], ids[2]) = (second, first, ParticipantId.wrap(9));
        DeliveryWord[] memory words = parties.deliveriesOf(ids);
        assertEq(words[0].walletOf(), PLANT_B);
        assertEq(words[1].walletOf(), PLANT_A);
        assertEq(DeliveryWord.unwrap(words[2]), 0);

        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsTooMany.selector, 201, 200));
        parties.deliveriesOf(new ParticipantId[](201));
    }

    /* STEPS */

    /// @dev Another wallet becomes the primary one and removes the one that applied.
    function _removeFounder() private {
        withWallet(PLANT_A, first, STRANGER, WalletRights.ALL);
        vm.startPrank(STRANGER);
        parties.setPrimaryWallet(STRANGER);
        parties.removeWallet(PLANT_A);
        vm.stopPrank();
    }

    function _replace(address lost, address fresh) private {
        (address[] memory wallets, uint8[] memory rights) = (new address[](1), new uint8[](1));
        (wallets[0], rights[0]) = (fresh, WalletRights.ALL);
        assertTrue(lost != fresh);
        recovered(first, wallets, rights);
    }

    function _seatOf(address wallet) private view returns (uint256) {
        (WalletWord word,) = parties.readParties(wallet, wallet);
        return word.seatOf();
    }

    function _assertDelivery(ParticipantId id, address wallet, uint256 seat) private view {
        DeliveryWord[] memory words = parties.deliveriesOf(one(id));
        assertEq(words[0].walletOf(), wallet);
        assertEq(words[0].seatOf(), seat);
    }
}
