// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {BatchTerms, IImmobilisation, IImmobilisationWhole, Lodging} from "../../interfaces/units/IImmobilisation.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ISchemes} from "../../interfaces/rules/ISchemes.sol";
import {ISerialSets} from "../../interfaces/units/ISerialSets.sol";
import {ImmobilisationBase} from "../units/ImmobilisationBase.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @notice Attacks on the serial numbers of other registries: taken without evidence, cost or end, by wallets, officers and
/// other schemes; and one issuance under two texts.
contract ForeignSerialsAttackTest is ImmobilisationBase {
    uint128 private constant BOND = 500_00;
    ISettlementCurrency private currency;
    address private treasury = makeAddr("treasury");

    function setUp() public override {
        super.setUp();
        AccessManager manager = new AccessManager(address(this));
        currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        desk = IImmobilisationWhole(
            vm.deployCode(
                "Immobilisation.sol:Immobilisation",
                abi.encode(participants, schemes, credits, currency, treasury, BOND)
            )
        );
        vm.startPrank(officer);
        verra = desk.addRegistry(SCHEME, "VERRA", true, LARGEST, DESCRIPTOR);
        forest = desk.openBatch(_terms(verra));
        vm.stopPrank();
        currency.mint(alice, 100 * BOND);
        vm.prank(alice);
        currency.approve(address(desk), type(uint256).max);
    }

    /// @dev A wallet reserved all serial numbers of a registry in one call.
    function test_request_isOfABlockAtMost() public {
        _refuse(
            1,
            type(uint64).max - 1,
            abi.encodeWithSelector(ISerialSets.SerialsBlockTooLarge.selector, 1, type(uint64).max - 1, LARGEST)
        );
        _refuse(
            1, LARGEST + 1, abi.encodeWithSelector(ISerialSets.SerialsBlockTooLarge.selector, 1, LARGEST + 1, LARGEST)
        );
        _request(1, LARGEST, 0);
    }

    function test_request_needsEvidence() public {
        Lodging memory bare = _lodging(forest, 0, 1, 9);
        bare.evidence = 0;
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNoEvidence.selector, forest));
        vm.prank(alice);
        desk.request(bare, 0);
    }

    /// @dev It did so again and again, and each time the officer had to end it.
    function test_request_againAndAgain_costsABondEach() public {
        for (uint64 i = 1; i <= 3; ++i) {
            _request(100, 199, 0);
            vm.prank(i == 2 ? alice : officer); // withdrawn in the second round, refused in the others
            desk.revertImmobilisation(i, 0, REASON);
            assertEq(currency.balanceOf(alice), (100 - i) * BOND);
            assertEq(_owed(uint160(treasury)), i * BOND);
        }
        vm.prank(treasury);
        IPayouts(address(desk)).withdrawPayout(uint160(treasury), uint160(address(currency)), treasury);
        assertEq(currency.balanceOf(treasury), 3 * BOND);
    }

    function test_request_withoutTheBond_reservesNothing() public {
        vm.prank(bob);
        vm.expectRevert();
        desk.request(_lodging(forest, 0, 100, 199), 0);
    }

    function test_request_eightAtATimeForAllWalletsOfAParticipant() public {
        for (uint64 i = 1; i <= 8; ++i) {
            _request(i * 100, i * 100 + 9, (i - 1) * 100);
        }
        bytes memory many = abi.encodeWithSelector(IImmobilisation.ImmobilisationTooManyRequests.selector, alpha, 8);
        _refuse(1000, 1009, many);
        vm.expectRevert(many);
        vm.prank(aliceDesk);
        desk.request(_lodging(forest, 0, 1000, 1009), 800);
        vm.prank(officer);
        desk.revertImmobilisation(1, 0, REASON);
        _request(1000, 1009, 800);
    }

    function test_request_expires_forAnybodyToEnd_andTheBondComesBack() public {
        uint64 number = _request(100, 199, 0);
        vm.warp(vm.getBlockTimestamp() + 30 days - 1);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, stranger));
        vm.prank(stranger);
        desk.revertImmobilisation(number, 0, REASON);
        vm.warp(vm.getBlockTimestamp() + 1);
        vm.prank(stranger);
        desk.revertImmobilisation(number, 0, REASON);
        _checkBondBack();
        _request(100, 199, 0);
    }

    /// @dev A pause stops the answer, and so it moves the time for it.
    function test_request_expiresLaterByAPause() public {
        uint64 number = _request(100, 199, 0);
        vm.warp(vm.getBlockTimestamp() + 30 days - 1);
        IPausable(address(desk)).pause(1 days);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, stranger));
        vm.prank(stranger);
        desk.revertImmobilisation(number, 0, REASON);
    }

    function test_finalise_givesTheBondBack_toTheApplicantAlone() public {
        uint64 number = _request(100, 199, 0);
        vm.mockCall(address(credits), abi.encodeWithSelector(credits.issueBlock.selector), "");
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);
        address[3] memory others = [bob, aliceDesk, stranger];
        for (uint256 i; i < 3; ++i) {
            vm.expectPartialRevert(IPayouts.PayoutsNotPayee.selector);
            vm.prank(others[i]);
            IPayouts(address(desk)).withdrawPayout(_alpha(), uint160(address(currency)), others[i]);
        }
        vm.expectPartialRevert(IPayouts.PayoutsNotPayee.selector);
        vm.prank(alice);
        IPayouts(address(desk)).withdrawPayout(_alpha(), uint160(address(currency)), bob);
        IPausable(address(desk)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        vm.prank(alice);
        IPayouts(address(desk)).withdrawPayout(_alpha(), uint160(address(currency)), alice);
        skip(1 days);
        _checkBondBack();
    }

    /// @dev An officer recorded half the numbers of a registry as retired in one call.
    function test_recordUsed_isOfABlockAtMost() public {
        vm.expectRevert(
            abi.encodeWithSelector(ISerialSets.SerialsBlockTooLarge.selector, 1, type(uint64).max / 2, LARGEST)
        );
        vm.prank(officer);
        desk.recordUsed(SCHEME, verra, _used(0, 1, type(uint64).max / 2, 0), PROOF);
    }

    /// @dev Another scheme's officer opened a batch of the registry and took four billion serial numbers.
    function test_anotherScheme_takesNoNumbersUnlessItIsAdmitted() public {
        BatchTerms memory terms = _terms(verra);
        terms.scheme = OTHER_SCHEME;
        bytes memory foreign =
            abi.encodeWithSelector(ISerialSets.SerialsForeignRegistry.selector, verra, SCHEME, OTHER_SCHEME);
        vm.startPrank(otherOfficer);
        vm.expectRevert(foreign);
        desk.openBatch(terms);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        desk.admitScheme(verra, OTHER_SCHEME, true);
        vm.stopPrank();

        vm.prank(officer);
        desk.admitScheme(verra, OTHER_SCHEME, true);
        assertTrue(desk.isAdmitted(verra, OTHER_SCHEME));
        vm.prank(otherOfficer);
        UnitId theirs = desk.openBatch(terms);
        vm.prank(alice);
        desk.request(_lodging(theirs, 0, 1, 9), 0);
        vm.prank(officer);
        desk.admitScheme(verra, OTHER_SCHEME, false);
        vm.expectRevert(foreign);
        vm.prank(alice);
        desk.request(_lodging(theirs, 0, 10, 19), 1);
        vm.expectRevert(foreign);
        vm.prank(otherOfficer);
        desk.immobilise(_lodging(theirs, 0, 10, 19), bob, 1);
    }

    /// @dev `GS11235` and `GS011235` were two series, and one block of 2,497 t came in twice. The chain knows an issuance by
    /// its number alone, whatever serial number stands beside it.
    function test_oneIssuance_underTwoTexts_isOne() public {
        vm.startPrank(officer);
        uint32 gold = desk.addRegistry(SCHEME, "GOLD", false, LARGEST, "descriptor of GOLD");
        UnitId stoves = desk.openBatch(_terms(gold));
        Lodging memory block_ = _lodging(stoves, 30_306, 1, 2_497);
        block_.serial = "GS1-1-UG-GS11235-16-2024-30306-1-2497";
        vm.mockCall(address(credits), abi.encodeWithSelector(credits.issueBlock.selector), "");
        desk.immobilise(block_, alice, 0);
        block_.serial = "GS1-1-UG-GS011235-16-2024-30306-1-2497";
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 1, 2_498, 1, 2_498));
        desk.immobilise(block_, alice, 0);
        vm.stopPrank();
    }

    /// @dev What was used elsewhere comes back by two offices only.
    function test_undoUse_byOneOfficerAlone_isRefused() public {
        vm.startPrank(officer);
        desk.recordUsed(SCHEME, verra, _used(0, 1, 50, 0), PROOF);
        desk.contestUse(verra, 0, 1, 50, REASON);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsNotProposed.selector, verra, officer));
        desk.undoUse(verra, 0, 1, 50, 1, 0);
        vm.stopPrank();
    }

    function _refuse(uint64 first, uint64 last, bytes memory why) private {
        vm.expectRevert(why);
        _request(first, last, 0);
    }

    function _checkBondBack() private {
        assertEq(currency.balanceOf(alice), 99 * BOND);
        assertEq(_owed(_alpha()), BOND);
        vm.prank(alice);
        IPayouts(address(desk)).withdrawPayout(_alpha(), uint160(address(currency)), alice);
        assertEq(currency.balanceOf(alice), 100 * BOND);
    }

    function _owed(uint256 payee) private view returns (uint256) {
        return IPayouts(address(desk)).payoutOf(payee, uint160(address(currency)));
    }

    function _alpha() private view returns (uint256) {
        return uint256(uint24(uint256(bytes32(abi.encode(alpha)))));
    }
}
