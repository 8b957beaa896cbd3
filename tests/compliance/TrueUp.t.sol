// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {AllocationState, IAllocation} from "../../interfaces/compliance/IAllocation.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {InstallationId, MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {ParticipantKinds, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {StrangeWallet} from "./Mocks.sol";
import {AllocationCase} from "./AllocationCase.sol";

/// @dev The correction on verified output, up and down, of a plant and of a fleet.
contract TrueUpTest is AllocationCase {
    /* UP */

    function test_trueUp_issuesTheRiseForAnybodyWhoAsks() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        oracle.set(plant, 2020, 1, MWH, GJ);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllocationTruedUp(CHINA, PERIOD, plant, emitter, MWH, GJ, PRE, FULL, 0);
        vm.prank(stranger);
        allocation.trueUp(CHINA, PERIOD, _one(plant));

        assertEq(_balance(wallet), FULL);
        assertTrue(_stateOf(plant) == AllocationState.Final);
        assertEq(_amountOf(plant), FULL);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), FULL);
    }

    function test_trueUp_revertsASecondTime() public {
        _trueUp(plant, MWH, GJ);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationAlreadyMade.selector, plant, AllocationState.Final)
        );
        allocation.trueUp(CHINA, PERIOD, _one(plant));
    }

    function test_trueUp_revertsBeforeTheReportIsFinal() public {
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationReportNotFinal.selector, plant, 2020));
        allocation.trueUp(CHINA, PERIOD, _one(plant));
    }

    function test_trueUp_isAllOrNothing() public {
        (,, InstallationId silent) = _emitter("silent");
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (plant, silent);
        oracle.set(plant, 2020, 1, MWH, GJ);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationReportNotFinal.selector, silent, 2020));
        allocation.trueUp(CHINA, PERIOD, ids);
        assertTrue(_stateOf(plant) == AllocationState.None);

        oracle.set(silent, 2020, 1, 0, 0);
        allocation.trueUp(CHINA, PERIOD, ids);
        assertEq(_amountOf(plant), FULL);
    }

    function test_trueUp_sumsTheYearsOfAPeriod() public {
        oracle.set(plant, 2021, 1, 400_000, 60_000);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationReportNotFinal.selector, plant, 2022));
        allocation.trueUp(CHINA, LONG_PERIOD, _one(plant));

        oracle.set(plant, 2022, 1, 600_000, 40_000);
        allocation.trueUp(CHINA, LONG_PERIOD, _one(plant));
        (, uint256 amount) = allocation.allocationOf(CHINA, LONG_PERIOD, plant);
        assertEq(amount, FULL);
        assertEq(allowances.balanceOf(wallet, UnitId.unwrap(CEA_2021)), FULL);
    }

    function test_trueUp_isOfAtMostEightYears() public {
        _setPeriod(8, 2021, 2028, 2021, DEADLINE + 3500 days);
        vm.expectPartialRevert(IAllocation.AllocationReportNotFinal.selector); // eight may be
        allocation.trueUp(CHINA, 8, _one(plant));
        _setPeriod(9, 2021, 2029, 2021, DEADLINE + 3500 days);
        vm.expectRevert(
            abi.encodeWithSelector(IAllocation.AllocationTooManyYears.selector, uint16(9), uint256(9), uint256(8))
        );
        allocation.trueUp(CHINA, 9, _one(plant));
    }

    function test_trueUp_servesAClosedPlant() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        installations.closeInstallation(plant);
        _trueUp(plant, MWH, GJ);
        assertEq(_balance(wallet), FULL);
    }

    function test_trueUp_paysWhoeverOperatesThePlantNow() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        address buyerWallet = makeAddr("buyer");
        ParticipantId buyer = _join(buyerWallet, ParticipantKinds.EMITTER);
        vm.prank(wallet);
        installations.offerInstallation(plant, buyer);
        vm.prank(buyerWallet);
        installations.acceptInstallation(plant);

        _trueUp(plant, MWH, GJ);

        assertEq(_balance(wallet), PRE);
        assertEq(_balance(buyerWallet), FULL - PRE);
    }

    function test_trueUp_revertsForAPlantOfAnotherScheme() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationWrongScheme.selector, other, CHINA, OTHER));
        allocation.trueUp(CHINA, PERIOD, _one(other));
    }

    /* THE FREE SHARE IS FULL */

    function _discloseFree(uint256 freeT) private {
        vm.prank(ministry);
        schemes.disclose(CHINA, 2020, FREE_SHARE, uint64(freeT), 0);
    }

    function test_trueUp_neverExceedsTheFreeShare() public {
        _discloseFree(FULL - 1);
        oracle.set(plant, 2020, 1, MWH, GJ);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesUnissued(CHINA, PERIOD, plant, emitter, 1);
        allocation.trueUp(CHINA, PERIOD, _one(plant));
        assertEq(_balance(wallet), FULL - 1);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), FULL - 1);
        assertEq(allocation.unissuedOf(CHINA, PERIOD, plant), 1);
    }

    /// @dev The last plant is final and assessed though nothing is left for it.
    function test_trueUp_ofTheLastPlantsIsFinalWhenTheFreeShareIsFull() public {
        _discloseFree(FULL);
        _trueUp(plant, MWH, GJ);
        (,, InstallationId last) = _emitter("last");
        oracle.set(last, 2020, 900_000, MWH, GJ);
        compliance.trueUpAndAssess(CHINA, PERIOD, _one(last));
        assertTrue(_stateOf(last) == AllocationState.Final);
        assertEq(_amountOf(last), FULL);
        assertEq(allocation.unissuedOf(CHINA, PERIOD, last), FULL);
        assertEq(compliance.obligationOf(last, PERIOD).due, 900_000);
        assertEq(allowances.issuedOf(CEA), FULL);
    }

    function test_trueUp_survivesAFreeShareRevisedBelowWhatWasIssued() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        _discloseFree(PRE - 1);
        _trueUp(plant, MWH, GJ);
        assertEq(allocation.unissuedOf(CHINA, PERIOD, plant), FULL - PRE);
        assertEq(_balance(wallet), PRE);
    }

    function test_issueUnissued_followsARevisedDisclosure() public {
        _discloseFree(FULL - 10);
        _trueUp(plant, MWH, GJ);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationNothingToIssue.selector, plant, 10));
        allocation.issueUnissued(CHINA, PERIOD, _one(plant));

        _discloseFree(FULL - 4);
        vm.expectEmit(address(allocation));
        emit IAllocation.UnissuedAllowancesIssued(CHINA, PERIOD, plant, emitter, 6, 0, 4);
        vm.prank(stranger);
        allocation.issueUnissued(CHINA, PERIOD, _one(plant));
        assertEq(_balance(wallet), FULL - 4);
        _discloseFree(FULL);
        allocation.issueUnissued(CHINA, PERIOD, _one(plant));
        assertEq(_balance(wallet), FULL);
        assertEq(allocation.unissuedOf(CHINA, PERIOD, plant), 0);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationNothingToIssue.selector, plant, 0));
        allocation.issueUnissued(CHINA, PERIOD, _one(plant));
    }

    /// @dev A stranger that sends one plant ahead does not undo the batch.
    function test_issueUnissued_passesOverWhatIsIssued() public {
        _discloseFree(0);
        _trueUp(plant, MWH, GJ);
        (address last,, InstallationId second) = _emitter("second");
        _trueUp(second, MWH, GJ);
        _discloseFree(2 * FULL);
        allocation.issueUnissued(CHINA, PERIOD, _one(second));
        InstallationId[] memory ids = new InstallationId[](3);
        (ids[0], ids[1], ids[2]) = (second, plant, second);
        allocation.issueUnissued(CHINA, PERIOD, ids);
        assertEq(_balance(wallet), FULL);
        assertEq(_balance(last), FULL);
    }

    /// @dev Else each operator of a batch would take all the room that there is.
    function test_issueUnissued_sharesTheRoomAmongABatch() public {
        _discloseFree(0);
        _trueUp(plant, MWH, GJ);
        (address last,, InstallationId second) = _emitter("second");
        _trueUp(second, MWH, GJ);
        _discloseFree(FULL + 5);
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (second, plant);
        allocation.issueUnissued(CHINA, PERIOD, ids);
        assertEq(_balance(last), FULL);
        assertEq(_balance(wallet), 5);
        assertEq(allocation.unissuedOf(CHINA, PERIOD, plant), FULL - 5);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), FULL + 5);
    }

    /// @dev In the order of the call.
    function test_trueUp_cutsTheLaterRiseOfABatch() public {
        _discloseFree(FULL + 5);
        (address last,, InstallationId second) = _emitter("second");
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (second, plant);
        oracle.set(plant, 2020, 1, MWH, GJ);
        oracle.set(second, 2020, 1, MWH, GJ);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesUnissued(CHINA, PERIOD, plant, emitter, FULL - 5);
        allocation.trueUp(CHINA, PERIOD, ids);
        assertEq(_balance(last), FULL);
        assertEq(_balance(wallet), 5);
        assertEq(allocation.unissuedOf(CHINA, PERIOD, second), 0);
    }

    /// @dev A debt is paid out of it first, and needs no room.
    function test_issueUnissued_netsTheDebtFirst() public {
        _discloseFree(FULL - 10);
        _trueUp(plant, MWH, GJ);
        _owe(plant, 7);
        vm.expectEmit(address(allocation));
        emit IAllocation.UnissuedAllowancesIssued(CHINA, PERIOD, plant, emitter, 0, 7, 3);
        allocation.issueUnissued(CHINA, PERIOD, _one(plant));
        assertEq(allocation.debtOf(plant), 0);
    }

    function test_issueUnissued_isForPlantsOfTheScheme() public {
        InstallationId other = _plant(emitter, OTHER, EAST, COAL);
        vm.expectRevert(abi.encodeWithSelector(IAllocation.AllocationWrongScheme.selector, other, CHINA, OTHER));
        allocation.issueUnissued(CHINA, PERIOD, _one(other));
    }

    /* DOWN */

    /// @dev 700,000 MWh and 70,000 GJ would be exactly what was pre-allocated: 100,000 MWh less are 87,700 t.
    function _fallBy(uint256 thousands) internal {
        _trueUp(plant, 700_000 - thousands * 1000, 70_000);
    }

    function _preAllocatedWith(address second) internal {
        _addWallet(wallet, emitter, second, WalletRights.TRADE);
        _preAllocate(PERIOD, plant, MWH, GJ);
    }

    function test_trueUp_clawsBackFromTheWallet() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        oracle.set(plant, 2020, 1, 600_000, 70_000);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllocationTruedUp(CHINA, PERIOD, plant, emitter, 600_000, 70_000, PRE, PRE - 87_700, 0);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, emitter, 87_700, 0, 0);
        allocation.trueUp(CHINA, PERIOD, _one(plant));

        assertEq(_balance(wallet), PRE - 87_700);
        assertEq(allowances.exitedOf(CEA, Exit.ClawedBack), 87_700);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), PRE - 87_700);
        assertEq(allocation.debtOf(plant), 0);
    }

    function test_trueUp_takesWalletsThenLedgerThenADebt() public {
        address second = makeAddr("second wallet");
        _preAllocatedWith(second);
        // 87,700 are due: 10,000 on the primary wallet, 20,000 on the second, 30,000 in the ledger. The rest was sold.
        vm.startPrank(wallet);
        allowances.safeTransferFrom(wallet, second, UnitId.unwrap(CEA), 20_000, "");
        allowances.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(CEA), PRE - 30_000, "");
        vm.stopPrank();
        address third = makeAddr("third party");
        ParticipantId buyer = _join(third, ParticipantKinds.EMITTER);
        exchange.debitUnits(emitter, MARKET, PRE - 60_000, third);
        exchange.offer(emitter, MARKET, 25_000);

        oracle.set(plant, 2020, 1, 600_000, 70_000);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, emitter, 30_000, 30_000, 27_700);
        allocation.trueUp(CHINA, PERIOD, _one(plant));

        assertEq(_balance(wallet) + _balance(second), 0);
        assertEq(exchange.lots(MARKET, emitter), 0);
        assertEq(exchange.inAsks(MARKET, emitter), 0); // the orders were voided
        assertEq(allocation.debtOf(plant), 27_700);
        assertEq(_balance(third), PRE - 60_000); // whoever bought is safe
        assertEq(allocation.freeIssuedOf(CHINA, 2020), PRE - 60_000);
        assertEq(allowances.balanceOf(address(allocation), UnitId.unwrap(CEA)), 0);
        assertEq(ParticipantId.unwrap(buyer), ParticipantId.unwrap(emitter) + 1);
    }

    function test_trueUp_leavesTheLedgerAloneWhileWalletsSuffice() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        _deposit(wallet, PRE - 87_700);
        exchange.offer(emitter, MARKET, 25_000);
        _fallBy(100);
        assertEq(exchange.lots(MARKET, emitter), PRE - 87_700);
        assertEq(exchange.inAsks(MARKET, emitter), 25_000);
    }

    function test_trueUp_leavesFrozenUnitsAndOwesTheirPart() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        vm.prank(ministry);
        allowances.setFrozenTokens(wallet, UnitId.unwrap(CEA), PRE - 7700);

        oracle.set(plant, 2020, 1, 600_000, 70_000);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, emitter, 7700, 0, 80_000);
        allocation.trueUp(CHINA, PERIOD, _one(plant));

        assertEq(_balance(wallet), PRE - 7700);
        assertEq(allocation.debtOf(plant), 80_000);
    }

    function test_trueUp_takesFromASuspendedOperator() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        participants.suspend(emitter, bytes32("reason"));
        _fallBy(100);
        assertEq(_balance(wallet), PRE - 87_700);
    }

    /// @dev Whole lots of 1,000: 87 of them, 700 t become debt.
    function test_trueUp_takesWholeLotsFromTheLedger() public {
        exchange.open(MARKET, CEA, address(allowances), address(currency), 1000);
        _preAllocate(PERIOD, plant, MWH, GJ);
        _deposit(wallet, PRE - PRE % 1000);
        vm.prank(ministry);
        allowances.setFrozenTokens(wallet, UnitId.unwrap(CEA), 1000); // the 720 t below a lot
        oracle.set(plant, 2020, 1, 600_000, 70_000);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, emitter, 0, 87_000, 700);
        allocation.trueUp(CHINA, PERIOD, _one(plant));
    }

    function test_trueUp_owesWhatIsLessThanALot() public {
        exchange.open(MARKET, CEA, address(allowances), address(currency), 100_000);
        _preAllocate(PERIOD, plant, MWH, GJ);
        _deposit(wallet, 600_000);
        oracle.set(plant, 2020, 1, 600_000, 70_000);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, emitter, 22_720, 0, 87_700 - 22_720);
        allocation.trueUp(CHINA, PERIOD, _one(plant));
        assertEq(exchange.lots(MARKET, emitter), 6);
    }

    function test_trueUp_owesWhereThereIsNoMarket() public {
        exchange.open(MarketId.wrap(0), CEA, address(allowances), address(currency), 1);
        _preAllocate(PERIOD, plant, MWH, GJ);
        vm.prank(ministry);
        allowances.setFrozenTokens(wallet, UnitId.unwrap(CEA), PRE);
        _fallBy(100);
        assertEq(allocation.debtOf(plant), 87_700);
    }

    function test_trueUp_clawsBackFromTheBuyerOfThePlant() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        address buyerWallet = makeAddr("buyer");
        ParticipantId buyer = _join(buyerWallet, ParticipantKinds.EMITTER);
        vm.prank(wallet);
        installations.offerInstallation(plant, buyer);
        vm.prank(buyerWallet);
        installations.acceptInstallation(plant);

        oracle.set(plant, 2020, 1, 600_000, 70_000);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, plant, buyer, 0, 0, 87_700);
        allocation.trueUp(CHINA, PERIOD, _one(plant));

        assertEq(_balance(wallet), PRE);
        // The buyer's next allocation for this plant pays.
        _preAllocate(NEXT_PERIOD, plant, MWH, GJ);
        assertEq(allowances.balanceOf(buyerWallet, UnitId.unwrap(CEA_2021)), PRE - 87_700);
    }

    /// @dev All of it was netted, so none was issued; what is clawed back was bought.
    function test_trueUp_takesBoughtUnitsForWhatWasNetted() public {
        _owe(plant, PRE);
        _preAllocate(PERIOD, plant, MWH, GJ);
        allowances.issue(wallet, CEA, 100_000, 0);
        _fallBy(100);
        assertEq(_balance(wallet), 100_000 - 87_700);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), 0);
    }

    function test_trueUp_makesRoomBeforeItIssues() public {
        vm.prank(ministry);
        schemes.disclose(CHINA, 2020, FREE_SHARE, uint64(PRE), 0);
        _preAllocate(PERIOD, plant, MWH, GJ);
        (address newcomer,, InstallationId second) = _emitter("newcomer");
        InstallationId[] memory ids = new InstallationId[](2);
        (ids[0], ids[1]) = (second, plant);
        oracle.set(second, 2020, 1, 100_000, 0);
        oracle.set(plant, 2020, 1, 600_000, 70_000);
        allocation.trueUp(CHINA, PERIOD, ids);
        assertEq(_balance(newcomer), 87_700);
        assertEq(allocation.freeIssuedOf(CHINA, 2020), PRE);
    }

    /// @dev A wallet that refuses units stops neither an issue nor a claw-back, which reaches what is held.
    function test_trueUp_isNotStoppedByAWalletThatRefuses() public {
        StrangeWallet strange = new StrangeWallet();
        ParticipantId owner = _join(address(strange), ParticipantKinds.EMITTER);
        InstallationId refusing = _plant(owner, CHINA, EAST, COAL);
        strange.setRefuses(true);
        _preAllocate(PERIOD, refusing, MWH, GJ);
        address account = HeldAccounts.accountOf(owner);
        assertEq(_balance(account), PRE);

        oracle.set(refusing, 2020, 1, 600_000, 70_000);
        vm.expectEmit(address(allocation));
        emit IAllocation.AllowancesClawedBack(CHINA, PERIOD, refusing, owner, 87_700, 0, 0);
        allocation.trueUp(CHINA, PERIOD, _one(refusing));
        assertEq(_balance(account), PRE - 87_700);
        assertEq(_balance(address(strange)), 0);
    }

    function test_onERC1155Received_refusesEverybodyButTheExchange() public {
        _preAllocate(PERIOD, plant, MWH, GJ);
        IERC1155Receiver receiver = IERC1155Receiver(address(allocation));
        bytes memory refusal = abi.encodeWithSignature("LedgerReceiverRefused(address)", stranger);
        vm.expectRevert(refusal);
        receiver.onERC1155Received(stranger, wallet, UnitId.unwrap(CEA), 1, "");
        vm.expectRevert(refusal);
        receiver.onERC1155BatchReceived(stranger, wallet, _one(1), _one(1), "");
        assertEq(
            receiver.onERC1155Received(address(exchange), wallet, 1, 1, ""), IERC1155Receiver.onERC1155Received.selector
        );
        assertTrue(receiver.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertTrue(receiver.supportsInterface(type(IERC165).interfaceId));
        assertFalse(receiver.supportsInterface(0xffffffff));
    }

    /* A FLEET */

    struct Member {
        address wallet;
        ParticipantId operator;
        InstallationId plant;
        uint8 class;
        uint256 lastMwh;
        uint256 lastGj;
        uint256 mwh;
        uint256 gj;
        uint256 debt;
        uint256 moved;
    }

    function _draw(uint256 seed, uint256 i) private returns (Member memory m) {
        uint256 r = uint256(keccak256(abi.encode(seed, i)));
        m.wallet = makeAddr(string(abi.encodePacked("member", bytes32(r))));
        m.operator = _join(m.wallet, ParticipantKinds.EMITTER);
        m.class = uint8(r % 5);
        m.plant = _plant(m.operator, CHINA, EAST, m.class);
        m.lastMwh = (r >> 8) % 5_000_000;
        m.lastGj = (r >> 40) % 3_000_000;
        m.mwh = (r >> 72) % 5_000_000;
        m.gj = (r >> 104) % 3_000_000;
        m.debt = r >> 136 & 3 == 0 ? (r >> 138) % 400_000 : 0;
        m.moved = (r >> 170) % 1_000_001; // share put into the ledger [ppm]
    }

    /// @dev The formula written out again, one table and no shared code.
    function _plain(Member memory m, uint256 mwh, uint256 gj, uint256 tenths) private pure returns (uint256) {
        uint256[5] memory power = [uint256(0), 8770, 9790, 11_460, 3920];
        uint256[5] memory heat = [uint256(0), 1260, 1260, 1260, 590];
        return mwh * power[m.class] * tenths / 100_000 + gj * heat[m.class] * tenths / 100_000;
    }

    /// forge-config: default.fuzz.runs = 32
    function testFuzz_fleet_conservesAndEqualsAPlainComputation(uint256 seed) public {
        Member[] memory fleet = new Member[](12);
        InstallationId[] memory ids = new InstallationId[](fleet.length);
        uint64[] memory mwh = new uint64[](fleet.length);
        uint64[] memory gj = new uint64[](fleet.length);
        for (uint256 i = 0; i < fleet.length; ++i) {
            fleet[i] = _draw(seed, i);
            (ids[i], mwh[i], gj[i]) = (fleet[i].plant, uint64(fleet[i].lastMwh), uint64(fleet[i].lastGj));
            oracle.set(ids[i], 2020, 1, fleet[i].mwh, fleet[i].gj);
            _owe(ids[i], fleet[i].debt);
        }

        vm.prank(bureau);
        allocation.preAllocate(CHINA, PERIOD, ids, mwh, gj);
        for (uint256 i = 0; i < fleet.length; ++i) {
            uint256 part = _balance(fleet[i].wallet) * fleet[i].moved / 1e6;
            if (part != 0) _deposit(fleet[i].wallet, part);
        }
        allocation.trueUp(CHINA, PERIOD, ids);

        uint256 held = 0;
        for (uint256 i = 0; i < fleet.length; ++i) {
            Member memory m = fleet[i];
            uint256 pre = _plain(m, m.lastMwh, m.lastGj, 7);
            uint256 last = _plain(m, m.mwh, m.gj, 10);
            (AllocationState state, uint256 amount) = allocation.allocationOf(CHINA, PERIOD, m.plant);
            assertTrue(state == AllocationState.Final);
            assertEq(amount, last);

            // What is held, less what is owed, is the final amount less what was owed before: nothing is lost.
            uint256 has = _balance(m.wallet) + exchange.lots(MARKET, m.operator);
            assertEq(has + m.debt, last + allocation.debtOf(m.plant));
            // Debt only where nothing is left to take.
            uint256 received = pre > m.debt ? pre - m.debt : 0;
            if (last < pre && received < pre - last) assertEq(has, 0);
            held += has;
        }
        assertEq(held, allocation.freeIssuedOf(CHINA, 2020));
        assertEq(held, allowances.issuedOf(CEA) - allowances.exitedOf(CEA, Exit.ClawedBack));
    }
}
