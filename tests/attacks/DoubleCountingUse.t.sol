// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {Place, IImmobilisation, RequestKind} from "../../interfaces/units/IImmobilisation.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {IOffsetCredits, Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {ISerialSets} from "../../interfaces/units/ISerialSets.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev Attempts to use one unit twice; docs/double-counting.md names the line that refuses each.
contract DoubleCountingUseTest is AttackCase {
    uint256 private constant ALL = 68_000; // what the developer got

    /* OVERLAPPING BLOCKS */

    function test_overlappingBlocks_ofAnotherRegistry() public {
        _immobilise(FIRST, LAST, dora);
        _immobiliseRefused(authority, FIRST, LAST, FIRST, LAST);
        _immobiliseRefused(authority, LAST, LAST + 100, FIRST, LAST);
        _immobiliseRefused(admin, FIRST + 100, LAST - 100, FIRST, LAST);
    }

    /// @dev What waits for an officer's word is taken already.
    function test_overlappingBlocks_requestedTwice() public {
        vm.startPrank(dora);
        immobilisation.request(_lodging(FIRST, LAST), 0);
        vm.expectRevert(_overlap(LAST, LAST + 1, FIRST, LAST));
        immobilisation.request(_lodging(LAST, LAST), FIRST);
        vm.stopPrank();
    }

    function test_overlappingBlocks_pastTheSetByAnAdministrator() public {
        _immobilise(FIRST, LAST, dora);
        Recipient[] memory to = new Recipient[](1);
        to[0] = Recipient(admin, LAST - FIRST + 1);
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetNotIssuer.selector, admin));
        credits.issueBlock(foreign, to, SerialBlock(verra, 0, FIRST, LAST), WHY);
    }

    function test_overlappingBlocks_underASecondSeriesByAnAdministrator() public {
        _immobilise(FIRST, LAST, dora);
        vm.startPrank(admin);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadRegistry.selector, "VERRA"));
        immobilisation.addRegistry(CHINA, "VERRA", false, 2_000_000, "another");
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadIssuance.selector, verra, 13488));
        immobilisation.recordUsed(CHINA, verra, _used(13488, 0), WHY);
        vm.stopPrank();
    }

    /* RE-OPEN A USED BLOCK */

    function test_usedBlock_immobilisedAgain() public {
        _immobilise(FIRST, LAST, dora);
        _retire(dora, foreign, LAST - FIRST + 1);
        _immobiliseRefused(authority, FIRST, LAST, FIRST, LAST);
        _immobiliseRefused(admin, FIRST, FIRST, FIRST, LAST);
    }

    /// @dev The request that brought the block here is gone: nothing can be freed with it.
    function test_usedBlock_freedByAnAdministrator() public {
        vm.prank(dora);
        uint64 request = immobilisation.request(_lodging(FIRST, LAST), 0);
        vm.prank(authority);
        immobilisation.finaliseImmobilisation(request, WHY);
        _retire(dora, foreign, LAST - FIRST + 1);
        vm.startPrank(admin);
        vm.expectRevert(
            abi.encodeWithSelector(IImmobilisation.ImmobilisationNoRequest.selector, request, RequestKind.Immobilise)
        );
        immobilisation.revertImmobilisation(request, 0, WHY);
        vm.stopPrank();
    }

    /// @dev Its units end here while they wait to be released: then the release fails.
    function test_usedBlock_releasedByAnAdministrator() public {
        _immobilise(FIRST, LAST, dora);
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(immobilisation), UnitId.unwrap(foreign), 100, abi.encode(ACCOUNT));
        uint64 request = immobilisation.requestCount();
        Place[] memory places = new Place[](1);
        places[0] = Place(FIRST, 0);
        vm.startPrank(admin);
        credits.exit(address(immobilisation), foreign, 100, Exit.Surrendered, WHY);
        vm.expectRevert(_insufficient(address(immobilisation), 0, 100, foreign));
        immobilisation.finaliseRelease(request, places, WHY);
        vm.stopPrank();
    }

    /* IMMOBILISE WHAT WAS RETIRED ELSEWHERE */

    function test_retiredElsewhere_immobilised() public {
        vm.prank(authority);
        immobilisation.recordUsed(CHINA, verra, _used(0, 0), WHY);
        _immobiliseRefused(authority, FIRST + 5, FIRST + 9, FIRST, LAST);
        _immobiliseRefused(admin, FIRST, LAST, FIRST, LAST);
    }

    function test_retiredElsewhere_whileHere() public {
        _immobilise(FIRST, LAST, dora);
        vm.prank(admin);
        vm.expectRevert(_overlap(FIRST, LAST + 1, FIRST, LAST));
        immobilisation.recordUsed(CHINA, verra, _used(0, FIRST), WHY);
    }

    /* RETIRE TWICE */

    function test_retireTwice_fromAWallet() public {
        uint256 number = _retire(dora, credit, ALL);
        SerialBlock[] memory blocks = registry.serialsOf(number);
        assertEq(blocks[0].last - blocks[0].first + 1, ALL);
        vm.prank(dora);
        vm.expectRevert(_insufficient(dora, 0, 1, credit));
        registry.retire(credit, 1, _claim());
    }

    function test_retireTwice_byAnAdministrator() public {
        _retire(dora, credit, ALL);
        vm.startPrank(admin);
        vm.expectRevert(_insufficient(dora, 0, 1, credit));
        credits.exitWithSerials(dora, credit, 1, Exit.Retired, WHY);
        vm.expectRevert(_insufficient(dora, 0, 1, credit));
        credits.forcedTransfer(dora, admin, UnitId.unwrap(credit), 1);
        vm.stopPrank();
    }

    /// @dev What an administrator ends over a holder's head has its serial numbers, which no certificate repeats.
    function test_retireTwice_oneSerialByAnAdministrator() public {
        vm.prank(admin);
        SerialBlock[] memory ended = credits.exitWithSerials(dora, credit, 10, Exit.Retired, WHY);
        SerialBlock[] memory blocks = registry.serialsOf(_retire(dora, credit, 10));
        assertEq(blocks[0].first, ended[0].last + 1);
    }

    /// @dev The buffer is nobody's to retire.
    function test_retireTwice_outOfTheBufferByAnAdministrator() public {
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(credits)));
        credits.exit(address(credits), credit, 1, Exit.Retired, WHY);
    }

    /* RETIRE WHAT IS LISTED FOR SALE */

    function test_listedForSale_retiredFromTheWallet() public {
        _list();
        vm.prank(dora);
        vm.expectRevert(_insufficient(dora, 0, 10, credit));
        registry.retire(credit, 10, _claim());
    }

    /// @dev The ledger lets it go, and ends the order with it: nobody buys what was retired.
    function test_listedForSale_retiredFromTheLedger() public {
        _list();
        _fund(emitterWallet, 1_000_000);
        vm.prank(dora);
        registry.retireFromLedger(credit, 10, _claim(), dora);
        assertEq(_place(emitterWallet, BUY, 10), 0);
        assertEq(exchange.account(developer, market).lots, ALL / 10 - 1);
    }

    function test_listedForSale_retiredByAnAdministrator() public {
        _list();
        vm.startPrank(admin);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(exchange)));
        credits.exit(address(exchange), credit, 10, Exit.Retired, WHY);
        // Through the ledger it takes the lots from their owner, and the order ends.
        exchange.debitUnits(developer, market, 1, admin);
        vm.stopPrank();
        _fund(emitterWallet, 1_000_000);
        assertEq(_place(emitterWallet, BUY, 10), 0);
    }

    /* SELL WHAT IS RETIRED */

    function test_retired_soldFromTheWallet() public {
        _retire(dora, credit, ALL);
        vm.startPrank(dora);
        vm.expectRevert(_insufficient(dora, 0, 10, credit));
        credits.safeTransferFrom(dora, emitterWallet, UnitId.unwrap(credit), 10, "");
        vm.expectRevert(_insufficient(dora, 0, 10, credit));
        credits.safeTransferFrom(dora, address(exchange), UnitId.unwrap(credit), 10, "");
        vm.stopPrank();
    }

    function test_retired_soldInTheLedger() public {
        _list();
        vm.startPrank(dora);
        registry.retireFromLedger(credit, ALL, _claim(), dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementLedgerShort.selector, credit, 1, 0));
        registry.retireFromLedger(credit, 10, _claim(), dora);
        vm.stopPrank();
        assertEq(exchange.account(developer, market).lots, 0);
    }

    function test_retired_soldByAnAdministrator() public {
        _list();
        vm.prank(dora);
        registry.retireFromLedger(credit, ALL, _claim(), dora);
        vm.startPrank(admin);
        assertEq(exchange.forcedTransfer(developer, emitter, market, 1), 0);
        assertEq(exchange.debitUnits(developer, market, 1, admin), 0);
        vm.stopPrank();
        assertEq(exchange.account(emitter, market).lots, 0);
    }

    /* A CERTIFICATE */

    function test_certificate_transferred() public {
        uint256 number = _retire(dora, credit, 10);
        bytes memory locked = abi.encodeWithSelector(IRetirementRegistry.RetirementCertificateLocked.selector, number);
        IERC721 nft = IERC721(address(registry));
        address[2] memory callers = [dora, admin];
        for (uint256 i; i < 2; ++i) {
            vm.startPrank(callers[i]);
            vm.expectRevert(locked);
            nft.transferFrom(dora, admin, number);
            vm.expectRevert(locked);
            nft.safeTransferFrom(dora, admin, number);
            vm.expectRevert(locked);
            nft.approve(admin, number);
            vm.stopPrank();
        }
        assertEq(nft.ownerOf(number), dora);
    }

    /// @dev No other contract is ever asked for serial numbers of credits.
    function test_certificate_fromForgedCreditsByAnAdministrator() public {
        IOffsetCredits forged =
            IOffsetCredits(_new("OffsetCredits", abi.encode(manager, participants, schemes, address(0))));
        vm.prank(admin);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementClassTaken.selector, 2, credits));
        registry.addUnitContract(address(forged));
    }

    /* HELP */

    /// @dev All of the developer's units, offered in the market.
    function _list() private {
        _openMarket(credit);
        _deposit(dora, credit, ALL);
        _place(dora, SELL, ALL / 10);
    }

    function _immobiliseRefused(address by, uint64 first, uint64 last, uint64 otherFirst, uint64 otherLast) private {
        // The hint that fits: none before the first of the other, else the other.
        uint64 hint = first > otherFirst ? otherFirst : 0;
        vm.prank(by);
        vm.expectRevert(_overlap(first, last + 1, otherFirst, otherLast));
        immobilisation.immobilise(_lodging(first, last), by, hint);
    }

    function _overlap(uint64 from, uint64 until, uint64 first, uint64 last) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, from, until, first, last + 1);
    }

    function _insufficient(address from, uint256 balance, uint256 needed, UnitId id)
        private
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(
            IERC1155Errors.ERC1155InsufficientBalance.selector, from, balance, needed, UnitId.unwrap(id)
        );
    }
}
