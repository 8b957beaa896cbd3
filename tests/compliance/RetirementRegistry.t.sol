// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {IERC5192} from "../../interfaces/standards/IERC5192.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {Recipient, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    Certificate,
    CertificateAnswer,
    Claim,
    IRetirementRegistry
} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {Exit, IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {VenueStub} from "../units/Stubs.sol";
import {RetirementCase} from "./RetirementCase.sol";

contract RetirementRegistryTest is RetirementCase {
    bytes private constant COUNTRIES = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCG"
        "CHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGL"
        "GMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLA"
        "LBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONP"
        "NRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSV"
        "SXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

    /* RETIRE */

    function testFuzz_retire_movesUnitsToACertificate(uint256 amount) public {
        amount = bound(amount, 1, 10_000);
        Claim memory claim = _claim();
        SerialBlock[] memory blocks = new SerialBlock[](1);
        blocks[0] = SerialBlock({registry: 1, series: 0, first: 1, last: uint64(amount)});

        vm.expectEmit(address(registry));
        emit IERC721.Transfer(address(0), dora, 1);
        vm.expectEmit(address(registry));
        emit IERC5192.Locked(1);
        vm.expectEmit(address(registry));
        emit IRetirementRegistry.UnitsRetired(1, credit, developer, dora, amount, blocks, claim);
        vm.prank(dora);
        assertEq(registry.retire(credit, amount, claim), 1);

        Certificate memory c = registry.certificate(1);
        assertEq(c.holder, dora);
        assertEq(UnitId.unwrap(c.unit), UnitId.unwrap(credit));
        assertEq(c.amount, amount);
        assertEq(c.retiredAt, block.timestamp);
        assertEq(c.periodStart, claim.periodStart);
        assertEq(c.periodEnd, claim.periodEnd);
        assertEq(bytes32(c.country), bytes32(claim.country));
        assertEq(c.claimHash, keccak256(abi.encode(claim)));
        assertEq(credits.exitedOf(credit, Exit.Retired), amount);
        assertEq(credits.balanceOf(dora, UnitId.unwrap(credit)), 10_000 - amount);
    }

    function testFuzz_serialsOf_followEachOtherWithoutGap(uint8[6] memory amounts) public {
        uint64 next = 1;
        for (uint256 i = 0; i < 6; ++i) {
            uint256 amount = uint256(amounts[i]) + 1;
            vm.startPrank(dora);
            uint256 number = registry.retire(credit, amount, _claim());
            registry.cancel(credit, 3, REASON); // another way out takes its serials from the same row
            vm.stopPrank();
            SerialBlock[] memory blocks = registry.serialsOf(number);
            assertEq(blocks.length, 1);
            assertEq(blocks[0].first, next);
            assertEq(blocks[0].last, next + amount - 1);
            next = blocks[0].last + 1 + 3;
        }
        assertEq(registry.lastCertificate(), 6);
    }

    function test_serialsOf_areTheBlocksOfAnotherRegistry() public {
        UnitId foreign = _id(2, VINTAGE, 1 << 63 | 1);
        SerialBlock[] memory told = new SerialBlock[](2);
        told[0] = SerialBlock({registry: 2, series: 9, first: 101, last: 110});
        told[1] = SerialBlock({registry: 2, series: 9, first: 501, last: 505});
        Recipient[] memory to = new Recipient[](1);
        for (uint256 i = 0; i < 2; ++i) {
            to[0] = Recipient(dora, told[i].last - told[i].first + 1);
            vm.prank(immobilisation);
            credits.issueBlock(foreign, to, told[i], REASON);
        }
        vm.prank(dora);
        uint256 number = registry.retire(foreign, 15, _claim());
        assertEq(keccak256(abi.encode(registry.serialsOf(number))), keccak256(abi.encode(told)));
    }

    function test_retire_takesAllowancesWithoutSerials() public {
        _issue(alice, 10);
        vm.prank(alice);
        uint256 number = registry.retire(allowance, 4, _claim());
        assertEq(registry.serialsOf(number).length, 0);
        assertEq(allowances.exitedOf(allowance, Exit.Retired), 4);
    }

    function test_retire_revertsBeyondTheBalance() public {
        vm.prank(dora);
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, dora, 10_000, 10_001, UnitId.unwrap(credit)
            )
        );
        registry.retire(credit, 10_001, _claim());
    }

    function test_retire_revertsForNothing() public {
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitZeroAmount.selector, credit));
        registry.retire(credit, 0, _claim());
    }

    function test_retire_revertsTwice() public {
        vm.startPrank(dora);
        registry.retire(credit, 10_000, _claim());
        vm.expectRevert(
            abi.encodeWithSelector(
                IERC1155Errors.ERC1155InsufficientBalance.selector, dora, 0, 1, UnitId.unwrap(credit)
            )
        );
        registry.retire(credit, 1, _claim());
        vm.stopPrank();
    }

    function test_retire_revertsForAStranger() public {
        _expectRight(stranger, WalletRights.SURRENDER);
        vm.prank(stranger);
        registry.retire(credit, 1, _claim());
    }

    function test_retire_revertsWithoutTheRightToSurrender() public {
        _expectRight(clerk, WalletRights.SURRENDER);
        vm.prank(clerk);
        registry.retire(credit, 1, _claim());
    }

    function test_retire_revertsForASuspendedParticipant() public {
        _suspend(developer);
        _expectRight(dora, WalletRights.SURRENDER);
        vm.prank(dora);
        registry.retire(credit, 1, _claim());
    }

    function test_retire_revertsForAClassWithoutContract() public {
        UnitId odd = _id(3, VINTAGE, 1);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementClassUnknown.selector, odd));
        registry.retire(odd, 1, _claim());
    }

    function test_retireFor_givesTheCertificateToAnother() public {
        vm.prank(dora);
        uint256 number = registry.retireFor(credit, 5, _claim(), stranger);
        assertEq(_nft().ownerOf(number), stranger);
        assertEq(_nft().balanceOf(stranger), 1);
        assertEq(_nft().balanceOf(dora), 0);
    }

    function test_retireFor_revertsForNobody() public {
        vm.prank(dora);
        vm.expectRevert(IRetirementRegistry.RetirementHolderMissing.selector);
        registry.retireFor(credit, 5, _claim(), address(0));
    }

    function test_retireFor_revertsWithoutTheRightToSurrender() public {
        _expectRight(clerk, WalletRights.SURRENDER);
        vm.prank(clerk);
        registry.retireFor(credit, 5, _claim(), stranger);
    }

    function test_retireForMany_numbersThemInARow() public {
        (uint256[] memory amounts, Claim[] memory claims, address[] memory holders) = _many(50);
        vm.prank(dora);
        uint256 first = registry.retireForMany(credit, amounts, claims, holders);
        assertEq(first, 1);
        assertEq(registry.lastCertificate(), 50);
        uint64 next = 1;
        for (uint256 i = 0; i < 50; ++i) {
            assertEq(registry.certificate(first + i).holder, holders[i]);
            SerialBlock memory b = registry.serialsOf(first + i)[0];
            assertEq(b.first, next);
            assertEq(b.last, next + amounts[i] - 1);
            next = b.last + 1;
        }
    }

    function test_retireForMany_keepsEachOnesClaim() public {
        (uint256[] memory amounts, Claim[] memory claims, address[] memory holders) = _many(3);
        claims[1].beneficiary = "second";
        claims[2].periodEnd -= 1;
        vm.prank(dora);
        uint256 first = registry.retireForMany(credit, amounts, claims, holders);
        for (uint256 i = 0; i < 3; ++i) {
            assertTrue(registry.isClaimOf(first + i, claims[i]));
            assertEq(registry.certificate(first + i).periodEnd, claims[i].periodEnd);
        }
    }

    function test_retireForMany_revertsForTooManyAndForNone() public {
        (uint256[] memory amounts, Claim[] memory claims, address[] memory holders) = _many(51);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementItemCount.selector, 51, 50));
        registry.retireForMany(credit, amounts, claims, holders);
        (amounts, claims, holders) = _many(0);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementItemCount.selector, 0, 50));
        registry.retireForMany(credit, amounts, claims, holders);
    }

    function test_retireForMany_revertsForUnequalLengths() public {
        (uint256[] memory amounts, Claim[] memory claims, address[] memory holders) = _many(2);
        vm.startPrank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementLengthMismatch.selector, 2, 1));
        registry.retireForMany(credit, amounts, new Claim[](1), holders);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementLengthMismatch.selector, 2, 3));
        registry.retireForMany(credit, amounts, claims, new address[](3));
        vm.stopPrank();
    }

    function test_retireForMany_revertsWithoutTheRightToSurrender() public {
        (uint256[] memory amounts, Claim[] memory claims, address[] memory holders) = _many(2);
        _expectRight(clerk, WalletRights.SURRENDER);
        vm.prank(clerk);
        registry.retireForMany(credit, amounts, claims, holders);
    }

    /* CLAIMS */

    function test_claim_namesSomebodyInClearOrAsACommitmentNotBoth() public {
        Claim memory claim = _claim();
        claim.commitment = keccak256("salted");
        _refuse(claim, abi.encodeWithSelector(IRetirementRegistry.RetirementBeneficiaryMissing.selector));
        claim.beneficiary = "";
        vm.prank(dora);
        registry.retire(credit, 1, claim);
        claim.commitment = 0;
        _refuse(claim, abi.encodeWithSelector(IRetirementRegistry.RetirementBeneficiaryMissing.selector));
    }

    function test_claim_isShort() public {
        Claim memory claim = _claim();
        claim.beneficiary = string(new bytes(129));
        _refuse(claim, abi.encodeWithSelector(IRetirementRegistry.RetirementTextTooLong.selector, 129, 128));
        claim.beneficiary = string(new bytes(128));
        claim.purpose = string(new bytes(257));
        _refuse(claim, abi.encodeWithSelector(IRetirementRegistry.RetirementTextTooLong.selector, 257, 256));
        claim.purpose = string(new bytes(256));
        vm.prank(dora);
        registry.retire(credit, 1, claim);
    }

    function test_claim_hasAPeriodThatEndsAfterItStarts() public {
        Claim memory claim = _claim();
        claim.periodEnd = claim.periodStart - 1;
        _refuse(
            claim,
            abi.encodeWithSelector(
                IRetirementRegistry.RetirementPeriodInvalid.selector, claim.periodStart, claim.periodEnd
            )
        );
        uint32 latest = uint32(block.timestamp / 1 days + 366);
        claim.periodEnd = latest + 1; // and so the year 2149
        _refuse(
            claim,
            abi.encodeWithSelector(IRetirementRegistry.RetirementPeriodInvalid.selector, claim.periodStart, latest + 1)
        );
        claim.periodEnd = latest;
        vm.prank(dora);
        registry.retire(credit, 1, claim);
        claim.periodEnd = claim.periodStart;
        vm.prank(dora);
        registry.retire(credit, 1, claim);
    }

    /// @dev Days of a claim have 16 bits, and a claim may reach 366 days ahead.
    function test_claim_endsWithTheYear2149() public {
        vm.warp((uint256(type(uint16).max) - 366) * 1 days);
        Claim memory claim = _claim();
        claim.periodEnd = type(uint16).max;
        vm.prank(dora);
        assertEq(registry.certificate(registry.retire(credit, 1, claim)).periodEnd, type(uint16).max);
        vm.warp((uint256(type(uint16).max) - 365) * 1 days);
        claim.periodEnd = claim.periodStart;
        _refuse(
            claim,
            abi.encodeWithSelector(
                IRetirementRegistry.RetirementPeriodInvalid.selector, claim.periodStart, claim.periodStart
            )
        );
    }

    /// @dev Every pair of capitals, and what lies beside them: ZZ, EU and AA were taken.
    function test_claim_hasACountryOfTheStandard() public {
        Claim memory claim = _claim();
        bytes memory countries = COUNTRIES;
        uint256 known;
        for (uint256 first = 64; first <= 91; ++first) {
            for (uint256 second = 64; second <= 91; ++second) {
                claim.country = bytes2(uint16(first << 8 | second));
                if (_isOneOf(countries, claim.country)) {
                    ++known;
                    vm.prank(dora);
                    registry.retire(credit, 1, claim);
                } else {
                    _refuse(
                        claim,
                        abi.encodeWithSelector(IRetirementRegistry.RetirementCountryInvalid.selector, claim.country)
                    );
                }
            }
        }
        assertEq(known, 249);
    }

    function testFuzz_claim_hasACountryOfTwoCapitals(bytes2 country) public {
        vm.assume(!_isOneOf(COUNTRIES, country));
        Claim memory claim = _claim();
        claim.country = country;
        _refuse(claim, abi.encodeWithSelector(IRetirementRegistry.RetirementCountryInvalid.selector, country));
    }

    function _isOneOf(bytes memory countries, bytes2 country) private pure returns (bool) {
        for (uint256 i = 0; i < countries.length; i += 2) {
            if (countries[i] == country[0] && countries[i + 1] == country[1]) return true;
        }
        return false;
    }

    /* CERTIFICATES TO OTHERS */

    function test_answer_isTheHoldersAndCanChange() public {
        vm.prank(dora);
        uint256 number = registry.retireFor(credit, 1, _claim(), stranger);
        assertTrue(registry.answerOf(number) == CertificateAnswer.None);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementNotItsHolder.selector, number, dora));
        registry.answerCertificate(number, false);
        vm.startPrank(stranger);
        vm.expectEmit(address(registry));
        emit IRetirementRegistry.CertificateAnswered(number, stranger, false);
        registry.answerCertificate(number, false);
        assertTrue(registry.answerOf(number) == CertificateAnswer.Declined);
        registry.answerCertificate(number, true);
        assertTrue(registry.answerOf(number) == CertificateAnswer.Accepted);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementCertificateUnknown.selector, number + 1));
        registry.answerCertificate(number + 1, true);
        vm.stopPrank();
    }

    /* CLAIMS */

    function test_isClaimOf_knowsEveryWord() public {
        Claim memory claim = _claim();
        vm.prank(dora);
        uint256 number = registry.retire(credit, 1, claim);
        assertTrue(registry.isClaimOf(number, claim));
        claim.purpose = "another";
        assertFalse(registry.isClaimOf(number, claim));
    }

    /* FROM THE LEDGER */

    function test_retireFromLedger_debitsAndRetires() public {
        _deposit(100);
        vm.prank(dora);
        uint256 number = registry.retireFromLedger(credit, 40, _claim(), stranger);
        assertEq(ledger.lots(), 6);
        assertEq(registry.certificate(number).amount, 40);
        assertEq(registry.certificate(number).holder, stranger);
        assertEq(credits.exitedOf(credit, Exit.Retired), 40);
        assertEq(credits.balanceOf(address(registry), UnitId.unwrap(credit)), 0);
    }

    function test_retireFromLedger_revertsWhenTheLedgerIsShort() public {
        _deposit(100);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementLedgerShort.selector, credit, 11, 10));
        registry.retireFromLedger(credit, 110, _claim(), dora);
    }

    function test_retireFromLedger_revertsForAFrozenAccount() public {
        _deposit(100);
        ledger.set(credits, credit, 10, true);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementLedgerFrozen.selector, credit));
        registry.retireFromLedger(credit, 10, _claim(), dora);
    }

    function test_retireFromLedger_revertsForPartOfALot() public {
        _deposit(100);
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementNotWholeLots.selector, credit, 15, 10));
        registry.retireFromLedger(credit, 15, _claim(), dora);
    }

    function test_retireFromLedger_revertsWhereThereIsNoMarket() public {
        vm.prank(dora);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementNotWholeLots.selector, credit, 15, 0));
        registry.retireFromLedger(credit, 15, _claim(), dora);
    }

    function test_retireFromLedger_revertsWithoutTheRightToSurrender() public {
        _deposit(100);
        _expectRight(clerk, WalletRights.SURRENDER);
        vm.prank(clerk);
        registry.retireFromLedger(credit, 10, _claim(), dora);
    }

    function test_registry_takesNoUnitsButOutOfTheLedger() public {
        VenueStub other = new VenueStub();
        vm.expectRevert(
            abi.encodeWithSelector(IRetirementRegistry.RetirementNotExpected.selector, dora, address(other))
        );
        VenueStub(address(registry)).onERC1155Received(dora, address(other), 1, 1, "");
        // The Exchange's own act moves the Exchange's own units: one of the two is not enough.
        address exchange = address(ledger);
        vm.expectRevert(
            abi.encodeWithSelector(IRetirementRegistry.RetirementNotExpected.selector, exchange, address(other))
        );
        VenueStub(address(registry)).onERC1155Received(exchange, address(other), 1, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementNotExpected.selector, dora, exchange));
        VenueStub(address(registry)).onERC1155Received(dora, exchange, 1, 1, "");
        uint256[] memory none = new uint256[](0);
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementNotExpected.selector, dora, dora));
        VenueStub(address(registry)).onERC1155BatchReceived(dora, dora, none, none, "");
    }

    /* CANCEL */

    function test_cancel_isNoRetirement() public {
        vm.expectEmit(address(registry));
        emit IRetirementRegistry.UnitsCancelled(1, credit, developer, dora, 30, REASON);
        vm.prank(dora);
        assertEq(registry.cancel(credit, 30, REASON), 1);
        assertEq(credits.exitedOf(credit, Exit.Cancelled), 30);
        assertEq(credits.exitedOf(credit, Exit.Retired), 0);
        assertEq(registry.lastCertificate(), 0);
    }

    function test_cancel_needsTheRightToManage() public {
        _expectRight(clerk, WalletRights.MANAGE);
        vm.prank(clerk);
        registry.cancel(credit, 30, REASON);
    }

    /* WIRING */

    function test_addUnitContract_isRestrictedAndOncePerClass() public {
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, officer));
        registry.addUnitContract(address(credits));
        vm.expectRevert(abi.encodeWithSelector(IRetirementRegistry.RetirementClassTaken.selector, 2, address(credits)));
        registry.addUnitContract(address(credits));
        assertEq(registry.unitContract(2), address(credits));
        assertEq(registry.unitContract(3), address(0));
    }
}
