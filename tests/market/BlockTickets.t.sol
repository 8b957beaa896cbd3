// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {
    BlockFees,
    BlockStatistics,
    BlockTicket,
    IBlockTrades,
    TicketStatus
} from "../../interfaces/market/IBlockTrades.sol";
import {MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {RulesDouble} from "./MarketDoubles.sol";
import {IContractSigned} from "../../interfaces/types/IContractSigned.sol";
import {ContractWallet, HostileWallet, ReentrantWallet, VerboseWallet} from "./DeskBase.sol";
import {BlockTradesBase} from "./BlockTradesBase.sol";

/// @dev Around a trade: cancelling, the override, fees, statistics, strange signers.
contract BlockTicketsTest is BlockTradesBase {
    // ------------------------------------------------------------------ cancelling

    function test_cancel_byEitherParty() public {
        address[2] memory wallets = [seller, buyer];
        for (uint256 i; i < 2; ++i) {
            BlockTicket memory ticket = _ticket(100_000, 480_000);
            bytes32 hash = blocks.ticketHash(ticket);
            vm.expectEmit(address(blocks));
            emit IBlockTrades.TicketCancelled(hash, _id(i == 0 ? sellerId : buyerId));
            vm.prank(wallets[i]);
            blocks.cancel(ticket);
            _refused(
                ticket,
                abi.encodeWithSelector(IBlockTrades.BlockTradesTicketSpent.selector, hash, TicketStatus.Cancelled)
            );
        }
    }

    function test_cancel_isForWalletsOfThePartiesThatMayTrade() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        (uint24 otherId, address other) = _join("other");
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, other, _id(otherId)));
        vm.prank(other);
        blocks.cancel(ticket);
        participants.set(other, sellerId, ALL_RIGHTS ^ 1, 2);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, other, _id(sellerId)));
        vm.prank(other);
        blocks.cancel(ticket);
        participants.set(other, sellerId, 1, 2); // a delegate
        vm.prank(other);
        blocks.cancel(ticket);
    }

    function test_cancel_isOnceAndBeforeTheTrade() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        _trade(ticket);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesTicketSpent.selector, hash, TicketStatus.Traded));
        vm.prank(seller);
        blocks.cancel(ticket);
        ticket = _ticket(100_000, 480_000);
        vm.startPrank(seller);
        blocks.cancel(ticket);
        hash = blocks.ticketHash(ticket);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTrades.BlockTradesTicketSpent.selector, hash, TicketStatus.Cancelled)
        );
        blocks.cancel(ticket);
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ the override

    function test_approve_letsSmallAndFarTicketsPassAndSaysWhy() public {
        BlockTicket memory ticket = _ticket(62_277, 329_900); // a day's total of 62,277 t and -31.3 % both happened
        bytes32 hash = blocks.ticketHash(ticket);
        vm.expectEmit(address(blocks));
        emit IBlockTrades.TicketApproved(hash, market, officer, REASON);
        _approve(ticket);
        assertEq(uint256(blocks.ticketStatus(hash)), uint256(TicketStatus.Approved));
        _trade(ticket);
        assertEq(_account(buyerId).lots, 63_277);
    }

    function test_approve_isForOneTicketOnly() public {
        BlockTicket memory ticket = _ticket(62_277, 480_000);
        _approve(ticket);
        ticket.nonce = ++nonces;
        _refused(
            ticket,
            abi.encodeWithSelector(IBlockTrades.BlockTradesTooFewLots.selector, uint256(62_277), uint256(100_000))
        );
    }

    function test_approve_isForOfficersOfTheMarketWithAReason() public {
        BlockTicket memory ticket = _ticket(62_277, 480_000);
        rules.grant(anybody, 32); // another power is not enough
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, anybody, uint32(16)));
        vm.prank(anybody);
        blocks.approve(ticket, REASON);
        vm.startPrank(officer);
        vm.expectRevert(IBlockTrades.BlockTradesNoReason.selector);
        blocks.approve(ticket, 0);
        blocks.approve(ticket, REASON);
        bytes32 hash = blocks.ticketHash(ticket);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesTicketStatus.selector, hash, TicketStatus.Open));
        blocks.approve(ticket, REASON);
        vm.stopPrank();
    }

    function test_withdrawApproval_closesTheDoorAgain() public {
        BlockTicket memory ticket = _ticket(62_277, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        vm.prank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTrades.BlockTradesTicketStatus.selector, hash, TicketStatus.Approved)
        );
        blocks.withdrawApproval(ticket, REASON);
        _approve(ticket);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, anybody, uint32(16)));
        vm.prank(anybody);
        blocks.withdrawApproval(ticket, REASON);
        vm.expectEmit(address(blocks));
        emit IBlockTrades.TicketApprovalWithdrawn(hash, market, officer, REASON);
        vm.prank(officer);
        blocks.withdrawApproval(ticket, REASON);
        _refused(
            ticket,
            abi.encodeWithSelector(IBlockTrades.BlockTradesTooFewLots.selector, uint256(62_277), uint256(100_000))
        );
    }

    function test_approve_cannotReviveACancelledTicket() public {
        BlockTicket memory ticket = _ticket(62_277, 480_000);
        _approve(ticket);
        vm.prank(buyer);
        blocks.cancel(ticket);
        bytes32 hash = blocks.ticketHash(ticket);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesTicketStatus.selector, hash, TicketStatus.Open));
        _approve(ticket);
    }

    function test_approve_doesNotMakeATicketOfNothing() public {
        BlockTicket memory ticket = _ticket(0, 480_000);
        _approve(ticket);
        _refused(
            ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesTooFewLots.selector, uint256(0), uint256(100_000))
        );
    }

    // ------------------------------------------------------------------ fees

    function test_setFees_holdsFromTheNextDay() public {
        vm.expectEmit(address(blocks));
        emit IBlockTrades.BlockFeesSet(market, BlockFees(300, 700), FIRST_DAY + 1);
        _setFees(300, 700);
        assertEq(blocks.feesOn(market, FIRST_DAY).sellerPpm, 0);
        assertEq(blocks.feesOn(market, FIRST_DAY + 1).buyerPpm, 700);
        _setFees(400, 800); // a second thought on the same day leaves today alone
        assertEq(blocks.feesOn(market, FIRST_DAY).sellerPpm, 0);
        assertEq(blocks.feesOn(market, FIRST_DAY + 1).sellerPpm, 400);
        vm.warp(vm.getBlockTimestamp() + 1 days);
        _setFees(0, 0);
        assertEq(blocks.feesOn(market, FIRST_DAY + 1).buyerPpm, 800);
        assertEq(blocks.feesOn(market, FIRST_DAY + 2).buyerPpm, 0);
    }

    function test_trade_paysFeesOfBothSidesRoundedUp() public {
        _setFees(333, 777);
        _afternoon(FIRST_DAY + 3);
        uint256 before = _account(OPERATOR).cash;
        _trade(_ticket(100_001, 480_100));
        uint256 turnover = uint256(100_001) * 480_100;
        uint256 sellerFee = (turnover * 333 + 999_999) / 1_000_000;
        uint256 buyerFee = (turnover * 777 + 999_999) / 1_000_000;
        assertTrue(turnover * 333 % 1_000_000 != 0 && turnover * 777 % 1_000_000 != 0, "something to round");
        assertEq(_account(sellerId).cash, 10_000 + turnover - sellerFee);
        assertEq(_account(buyerId).cash, CENTS * 100 - turnover - buyerFee);
        assertEq(_account(OPERATOR).cash, before + sellerFee + buyerFee);
        assertEq(blocks.dayStatistics(market, FIRST_DAY + 3).fees, sellerFee + buyerFee);
    }

    function test_trade_worksForTheFeeAccountItself() public {
        _setFees(333, 777);
        _afternoon(FIRST_DAY + 3);
        participants.set(buyer, OPERATOR, ALL_RIGHTS, 2);
        _deposit(buyer, 0, CENTS);
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyer = _id(OPERATOR);
        uint256 before = _account(OPERATOR).cash;
        _trade(ticket);
        uint256 turnover = uint256(100_000) * 480_000;
        assertEq(_account(OPERATOR).cash, before - turnover + turnover * 333 / 1_000_000);
        assertEq(_account(sellerId).cash, 10_000 + turnover - turnover * 333 / 1_000_000);
    }

    function test_setFees_isForOfficersAndNeedsAFeeAccount() public {
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, anybody, uint32(16)));
        vm.prank(anybody);
        blocks.setFees(market, BlockFees(1, 1));
        MarketConfig memory config = _config();
        config.feeAccount = ParticipantId.wrap(0);
        (config.rules.takerFeePpm, config.rules.makerFeePpm) = (0, 0);
        UnitId other = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(2019) << 64) | 1);
        vm.startPrank(officer);
        MarketId second = exchange.createMarket(other, SCHEME, address(currency), config);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesNoFeeAccount.selector, second));
        blocks.setFees(second, BlockFees(0, 1));
        blocks.setFees(second, BlockFees(0, 0));
        vm.stopPrank();
    }

    // ------------------------------------------------------------------ statistics

    function test_dayStatistics_countEachTrade() public {
        _trade(_ticket(100_000, 500_000));
        _trade(_ticket(110_000, 400_000));
        _trade(_ticket(120_000, 450_000));
        BlockStatistics memory s = blocks.dayStatistics(market, FIRST_DAY);
        assertEq(s.lots, 330_000);
        assertEq(s.turnover, 50_000_000_000 + 44_000_000_000 + 54_000_000_000);
        assertEq(s.trades, 3);
        assertEq(s.lowTick, 4_000);
        assertEq(s.highTick, 5_000);
        s = blocks.monthStatistics(market, 2021, 7);
        assertEq(s.lots, 330_000);
        assertEq(s.turnover, 148_000_000_000);
        assertEq(s.trades, 3);
        assertEq(blocks.dayStatistics(market, FIRST_DAY + 1).trades, 0);
        assertEq(blocks.monthStatistics(market, 2021, 8).trades, 0);
    }

    function test_trade_stopsBeforeADayOverflows() public {
        bytes32 slot = keccak256(abi.encode(FIRST_DAY, keccak256(abi.encode(market, uint256(4)))));
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        vm.store(address(blocks), slot, bytes32(uint256((1 << 20) - 1) << 200));
        assertEq(blocks.dayStatistics(market, FIRST_DAY).trades, (1 << 20) - 1, "the slot is the day's");
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesDayFull.selector, market, FIRST_DAY));
        vm.store(address(blocks), slot, bytes32(uint256((1 << 20) - 2) << 200));
        _trade(ticket);
    }

    // ------------------------------------------------------------------ strange signers

    function _walletOfBuyer(address wallet) private {
        participants.add(buyerId, wallet, 1);
    }

    function test_trade_takesContractWallets() public {
        ContractWallet wallet = new ContractWallet();
        _walletOfBuyer(address(wallet));
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyerWallet = address(wallet);
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, address(wallet), hash));
        blocks.trade(ticket, bySeller, "");
        wallet.allow(hash);
        blocks.trade(ticket, bySeller, "");
        assertEq(_account(buyerId).lotsBought, 100_000);
    }

    function test_trade_givesAYesManNothingOfOthers() public {
        ContractWallet wallet = new ContractWallet();
        wallet.agreeToAll();
        _walletOfBuyer(address(wallet));
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.sellerWallet = address(wallet); // agrees for the seller, whose wallet it is not
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, address(wallet), _id(sellerId))
        );
        blocks.trade(ticket, "", byBuyer);
    }

    function test_trade_isNotReenteredByASigner() public {
        HostileWallet hostile = new HostileWallet(address(blocks));
        ReentrantWallet reentrant = new ReentrantWallet(address(blocks));
        address[2] memory wallets = [address(hostile), address(reentrant)];
        for (uint256 i; i < 2; ++i) {
            _walletOfBuyer(wallets[i]);
            BlockTicket memory ticket = _ticket(100_000, 400_000);
            ticket.buyerWallet = wallets[i];
            bytes32 hash = blocks.ticketHash(ticket);
            bytes memory bySeller = _sign(sellerKey, hash);
            bytes memory again = abi.encodeCall(IBlockTrades.trade, (ticket, bySeller, ""));
            HostileWallet(wallets[i]).prepare(again);
            if (i == 0) {
                vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, wallets[i], hash));
                blocks.trade(ticket, bySeller, "");
                assertEq(hostile.calls(), 0, "a question writes nothing");
                assertEq(_account(buyerId).lots, 1_000);
            } else {
                blocks.trade(ticket, bySeller, "");
                assertEq(_account(buyerId).lots, 101_000, "once");
                assertEq(blocks.dayStatistics(market, FIRST_DAY).trades, 1);
            }
        }
    }

    function test_trade_survivesAVerboseSigner() public {
        VerboseWallet wallet = new VerboseWallet();
        _walletOfBuyer(address(wallet));
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyerWallet = address(wallet);
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        blocks.trade(ticket, bySeller, "");
        assertEq(_account(buyerId).lots, 101_000);
    }

    /// @dev A key signs for its account though that has code of its own (EIP-7702); a contract's answer is said.
    function test_trade_takesTheKeyOfAnAccountWithCode_andSaysWhoSignedByContract() public {
        ContractWallet wallet = new ContractWallet();
        vm.etch(seller, address(wallet).code);
        _walletOfBuyer(address(wallet));
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyerWallet = address(wallet);
        bytes32 hash = blocks.ticketHash(ticket);
        wallet.allow(hash);
        bytes memory bySeller = _sign(sellerKey, hash);
        vm.expectEmit(address(blocks));
        emit IContractSigned.SignedByContract(address(wallet), hash);
        blocks.trade(ticket, bySeller, "");
        assertEq(_account(buyerId).lots, 101_000);
    }

    // ------------------------------------------------------------------ what always holds

    /// @dev Nothing is made or lost, whatever the size, the price and the fees; the buyer pays what seller and fee account get.
    function testFuzz_trade_conserves(uint256 lots, uint256 tick, uint16 sellerPpm, uint16 buyerPpm) public {
        _setFees(sellerPpm, buyerPpm);
        _afternoon(FIRST_DAY + 3);
        lots = bound(lots, 100_000, LOTS);
        (uint256 low, uint256 high) = blocks.band(market);
        tick = bound(tick, low, high);
        currency.mint(buyer, 100_000_000_000);
        _deposit(buyer, 0, 100_000_000_000);
        uint256 cash = _account(sellerId).cash + _account(buyerId).cash + _account(OPERATOR).cash;
        uint256 proceeds = _account(sellerId).cash;
        uint256 turnover = lots * tick * 100;
        _trade(_ticket(lots, tick * 100));
        assertEq(_account(sellerId).cash + _account(buyerId).cash + _account(OPERATOR).cash, cash);
        assertEq(_account(sellerId).lots + _account(buyerId).lots, LOTS + 1_000);
        proceeds = _account(sellerId).cash - proceeds;
        assertTrue(proceeds * 1_000_000 <= turnover * (1_000_000 - sellerPpm), "the payer rounds up");
        assertTrue((proceeds + 1) * 1_000_000 > turnover * (1_000_000 - sellerPpm), "by less than one");
    }
}
