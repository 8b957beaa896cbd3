// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ObligationState} from "../../interfaces/compliance/ICompliance.sol";
import {ILinks, linkRef} from "../../interfaces/compliance/ILinks.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {ComplianceCase} from "./ComplianceCase.sol";

/// @dev A company with a plant in China holds allowances of the other scheme, which China recognises for a tenth.
contract LinksTest is ComplianceCase {
    UnitId internal constant FOREIGN = UnitId.wrap(uint256(1) << 96 | uint256(2) << 80 | uint256(2020) << 64);
    uint256 internal constant LIMIT = 96_470; // a tenth of 964,700

    ILinks internal links;

    function setUp() public override {
        super.setUp();
        links = ILinks(
            vm.deployCode("Links.sol:Links", abi.encode(installations, schemes, allowances, address(compliance)))
        );
        allowances.setController(address(links), 1 | 2 | 1 << 8 + 1);
        _setParam("link.scheme", 2);
        _setParam("link.limit_ppm", 100_000);
        vm.prank(ministry);
        schemes.disclose(OTHER, 2020, FREE_SHARE, FREE_SHARE, 0);
        allowances.issue(wallet, FOREIGN, 200_000, 0);
    }

    function _recognise(UnitId id, uint256 given) private {
        vm.prank(wallet);
        links.recognise(plant, PERIOD, _one(id), _one(given));
    }

    function _refuse(address who, UnitId id, uint256 given, bytes memory why) private {
        vm.prank(who);
        vm.expectRevert(why);
        links.recognise(plant, PERIOD, _one(id), _one(given));
    }

    function _over(uint256 amount, uint256 room) private view returns (bytes memory) {
        return abi.encodeWithSelector(ILinks.LinksLimitExceeded.selector, plant, amount, room);
    }

    function test_recognise_givesOwnAllowancesForAnotherSchemes() public {
        _assess(plant, EMISSIONS);
        uint256 before = _balance(wallet);
        vm.expectEmit(address(links));
        emit ILinks.UnitsRecognised(CHINA, PERIOD, plant, emitter, wallet, FOREIGN, CEA, 5000, 5000);
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsExited(FOREIGN, wallet, Exit.Surrendered, 5000, linkRef(CHINA, PERIOD, plant));
        vm.expectEmit(address(allowances));
        emit IUnit1155.UnitsIssued(CEA, linkRef(CHINA, PERIOD, plant), 5000, 1);
        _recognise(FOREIGN, 5000);

        assertEq(_balance(wallet), before + 5000);
        assertEq(allowances.exitedOf(FOREIGN, Exit.Surrendered), 5000);
        assertEq(links.recognisedOf(plant, PERIOD), 5000);
        assertEq(links.roomOf(plant, PERIOD), LIMIT - 5000);
        _surrender(CEA, 5000);
    }

    function test_recognise_endsAtTheShareOfTheObligation() public {
        _assess(plant, EMISSIONS);
        _refuse(wallet, FOREIGN, LIMIT + 1, _over(LIMIT + 1, LIMIT));
        _recognise(FOREIGN, LIMIT - 1);
        _refuse(wallet, FOREIGN, 2, _over(2, 1));
        _recognise(FOREIGN, 1);
        _refuse(wallet, FOREIGN, 1, _over(1, 0));
    }

    function test_recognise_endsAtWhatIsStillOpen() public {
        _assess(plant, EMISSIONS);
        _surrender(CEA, EMISSIONS - 10);
        _refuse(wallet, FOREIGN, 11, _over(11, 10));
        _recognise(FOREIGN, 10);
        _surrender(CEA, 10);
        _refuse(
            wallet,
            FOREIGN,
            1,
            abi.encodeWithSelector(ILinks.LinksWrongState.selector, plant, PERIOD, ObligationState.Met)
        );
        assertEq(links.roomOf(plant, PERIOD), 0);
    }

    function test_recognise_sumsTheUnitsOfACall() public {
        _assess(plant, EMISSIONS);
        UnitId[] memory ids = new UnitId[](2);
        uint256[] memory given = new uint256[](2);
        (ids[0], ids[1], given[0], given[1]) = (FOREIGN, FOREIGN, LIMIT, 1);
        vm.startPrank(wallet);
        vm.expectRevert(_over(LIMIT + 1, LIMIT));
        links.recognise(plant, PERIOD, ids, given);
        --given[0];
        links.recognise(plant, PERIOD, ids, given);
        assertEq(links.recognisedOf(plant, PERIOD), LIMIT);
    }

    /// @dev Offsets that were surrendered leave less open, as allowances do.
    function test_recognise_leavesOutWhatOffsetsCovered() public {
        _assess(plant, EMISSIONS);
        _surrender(credit, 7);
        _surrender(CEA, EMISSIONS - 17);
        _refuse(wallet, FOREIGN, 11, _over(11, 10));
        _recognise(FOREIGN, 10);
    }

    function test_recognise_needsAnAssessedObligation() public {
        _refuse(
            wallet,
            FOREIGN,
            1,
            abi.encodeWithSelector(ILinks.LinksWrongState.selector, plant, PERIOD, ObligationState.None)
        );
        assertEq(links.roomOf(plant, PERIOD), 0);
    }

    function test_recognise_convertsMeasuresAndRoundsDown() public {
        _setParam("link.ratio_ppm", 907_184);
        _assess(plant, EMISSIONS);
        _refuse(wallet, FOREIGN, 1, abi.encodeWithSelector(ILinks.LinksTooFew.selector, FOREIGN, 1));
        uint256 before = _balance(wallet);
        _recognise(FOREIGN, 1000);
        assertEq(_balance(wallet), before + 907);
        assertEq(allowances.exitedOf(FOREIGN, Exit.Surrendered), 1000);
        assertEq(links.recognisedOf(plant, PERIOD), 907);
    }

    function test_recognise_refusesWhatThePackDoesNotLinkTo() public {
        _assess(plant, EMISSIONS);
        UnitId third = UnitId.wrap(uint256(1) << 96 | uint256(3) << 80 | uint256(2020) << 64);
        UnitId foreignCredit = UnitId.wrap(uint256(2) << 96 | uint256(2) << 80 | uint256(2020) << 64);
        UnitId[3] memory refused = [third, foreignCredit, CEA];
        for (uint256 i = 0; i < 3; ++i) {
            _refuse(wallet, refused[i], 1, abi.encodeWithSelector(ILinks.LinksUnitRefused.selector, refused[i], 2, 0));
        }
        _setParam("link.oldest_vintage", 2021);
        _refuse(wallet, FOREIGN, 1, abi.encodeWithSelector(ILinks.LinksUnitRefused.selector, FOREIGN, 2, 2021));
    }

    function test_recognise_isNothingWhereThePackHasNoLink() public {
        _assess(plant, EMISSIONS);
        _setParam("link.scheme", type(uint192).max);
        _refuse(wallet, FOREIGN, 1, abi.encodeWithSelector(ILinks.LinksUnitRefused.selector, FOREIGN, 0, 0));
        _setParam("link.scheme", 1); // its own
        _refuse(wallet, CEA, 1, abi.encodeWithSelector(ILinks.LinksUnitRefused.selector, CEA, 0, 0));
        assertEq(links.roomOf(plant, PERIOD), 0);
        _setParam("link.scheme", 2);
        _setParam("link.limit_ppm", type(uint192).max);
        _refuse(wallet, FOREIGN, 1, _over(1, 0));
    }

    function test_recognise_readsTheRulesOfTheDeadline() public {
        _assess(plant, EMISSIONS);
        bytes32 key = keccak256("link.limit_ppm");
        schemes.setParam(CHINA, key, "link.limit_ppm", uint32((uint256(DEADLINE) + 8 hours) / 1 days), 10, 0);
        assertEq(links.roomOf(plant, PERIOD), 9); // 10 ppm of 964,700
        schemes.setParam(CHINA, key, "link.limit_ppm", uint32((uint256(DEADLINE) + 8 hours) / 1 days + 1), 1e6, 0);
        assertEq(links.roomOf(plant, PERIOD), 9);
    }

    function test_recognise_isForTheOperatorSuspendedOrNot() public {
        _assess(plant, EMISSIONS);
        address helper = makeAddr("helper");
        _join(helper, ParticipantKinds.EMITTER);
        _refuse(helper, FOREIGN, 1, abi.encodeWithSelector(ILinks.LinksNotOperator.selector, helper, plant, emitter));
        address second = makeAddr("trades only");
        _addWallet(wallet, emitter, second, WalletRights.TRADE);
        _refuse(second, FOREIGN, 1, abi.encodeWithSelector(ILinks.LinksNotOperator.selector, second, plant, emitter));
        participants.suspend(emitter, 0);
        _recognise(FOREIGN, 1);
    }

    function test_recognise_boundsItsCalls() public {
        vm.startPrank(wallet);
        vm.expectRevert(abi.encodeWithSelector(ILinks.LinksBadCount.selector, 0, 32));
        links.recognise(plant, PERIOD, new UnitId[](0), new uint256[](0));
        vm.expectRevert(abi.encodeWithSelector(ILinks.LinksBadCount.selector, 33, 32));
        links.recognise(plant, PERIOD, new UnitId[](33), new uint256[](33));
        vm.expectPartialRevert(ILinks.LinksUnitRefused.selector); // as many as may be, of no scheme
        links.recognise(plant, PERIOD, new UnitId[](32), new uint256[](32));
        vm.expectRevert(abi.encodeWithSelector(ILinks.LinksLengthMismatch.selector, 1, 2));
        links.recognise(plant, PERIOD, _one(FOREIGN), new uint256[](2));
        vm.stopPrank();
    }

    function testFuzz_recognise_neverExceedsTheShare(uint256[5] calldata wishes) public {
        _assess(plant, EMISSIONS);
        uint256 came = 0;
        for (uint256 i = 0; i < 5; ++i) {
            uint256 wish = bound(wishes[i], 1, 60_000);
            if (came + wish > LIMIT) {
                _refuse(wallet, FOREIGN, wish, _over(wish, LIMIT - came));
            } else {
                _recognise(FOREIGN, wish);
                came += wish;
            }
        }
        assertLe(links.recognisedOf(plant, PERIOD), LIMIT);
        assertEq(allowances.exitedOf(FOREIGN, Exit.Surrendered), came);
    }
}
