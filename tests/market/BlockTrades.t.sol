// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {BookHoldingLimitExceeded, BookInsufficientCash, BookInsufficientLots} from "../../interfaces/BookTypes.sol";
import {BlockFees, BlockStatistics, BlockTicket, IBlockTrades, TicketStatus} from "../../interfaces/IBlockTrades.sol";
import {Account} from "../../interfaces/IExchange.sol";
import {IExchangeBase, MarketConfig, MarketRules} from "../../interfaces/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/Ids.sol";
import {RulesDouble} from "./MarketDoubles.sol";
import {ContractWallet, DeskBase, HostileWallet, ReentrantWallet, VerboseWallet} from "./DeskBase.sol";

contract BlockTradesTest is DeskBase {
    bytes32 private constant REASON = "agreed before the listing";

    IBlockTrades private blocks;
    address private anybody = makeAddr("anybody");
    uint64 private nonces;

    function setUp() public override {
        super.setUp();
        blocks = IBlockTrades(deployCode("BlockTrades.sol:BlockTrades", abi.encode(exchange)));
        exchange.setController(address(blocks), 16);
        _afternoon(FIRST_DAY);
    }

    // ------------------------------------------------------------------ tickets

    function _ticket(uint256 lots, uint256 price) private returns (BlockTicket memory) {
        return BlockTicket({
            market: market,
            seller: _id(sellerId),
            sellerWallet: seller,
            buyer: _id(buyerId),
            buyerWallet: buyer,
            lots: uint40(lots),
            price: uint64(price),
            nonce: ++nonces,
            deadline: uint64(vm.getBlockTimestamp() + 365 days)
        });
    }

    function _sign(uint256 key, bytes32 hash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function _trade(BlockTicket memory ticket) private {
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.prank(anybody);
        blocks.trade(ticket, bySeller, byBuyer);
    }

    function _refused(BlockTicket memory ticket, bytes memory why) private {
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.expectRevert(why);
        blocks.trade(ticket, bySeller, byBuyer);
    }

    function _approve(BlockTicket memory ticket) private {
        vm.prank(officer);
        blocks.approve(ticket, REASON);
    }

    function _setFees(uint16 sellerPpm, uint16 buyerPpm) private {
        vm.prank(officer);
        blocks.setFees(market, BlockFees(sellerPpm, buyerPpm));
    }

    // ------------------------------------------------------------------ trading

    function test_trade_settlesInTheLedger() public {
        BlockTicket memory ticket = _ticket(150_000, 523_400);
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.expectEmit(address(blocks));
        emit IBlockTrades.BlockTraded(
            market, _id(sellerId), _id(buyerId), hash, FIRST_DAY, 5_234, 150_000, 78_510_000_000, 0, 0
        );
        vm.prank(anybody);
        blocks.trade(ticket, bySeller, byBuyer);
        Account memory a = _account(sellerId);
        assertEq(a.lots, LOTS - 150_000);
        assertEq(a.cash, 10_000 + 78_510_000_000);
        a = _account(buyerId);
        assertEq(a.lots, 151_000);
        assertEq(a.lotsBought, 150_000);
        assertEq(a.lotsFree, 1_000, "what was bought is not for sale today");
        assertEq(a.cash, CENTS * 100 - 78_510_000_000);
        assertEq(uint256(blocks.ticketStatus(hash)), uint256(TicketStatus.Traded));
    }

    function test_trade_takesATicketOnce() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        _trade(ticket);
        _refused(
            ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesTicketSpent.selector, hash, TicketStatus.Traded)
        );
        ticket.nonce = ++nonces;
        _trade(ticket);
    }

    function test_trade_endsWithTheDeadline() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.deadline = uint64(vm.getBlockTimestamp() - 1);
        _refused(
            ticket,
            abi.encodeWithSelector(
                IBlockTrades.BlockTradesTicketExpired.selector, blocks.ticketHash(ticket), ticket.deadline
            )
        );
        ticket.deadline += 1;
        _trade(ticket);
    }

    function test_trade_needsTwoParticipants() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyer = ticket.seller;
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesSelfTrade.selector, _id(sellerId)));
    }

    function test_trade_needsBothSignatures() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, seller, hash));
        blocks.trade(ticket, byBuyer, byBuyer);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, buyer, hash));
        blocks.trade(ticket, bySeller, bySeller);
        vm.expectRevert(abi.encodeWithSelector(IBlockTrades.BlockTradesBadSignature.selector, buyer, hash));
        blocks.trade(ticket, bySeller, "");
    }

    function testFuzz_trade_bindsEveryField(uint256 field, uint64 change) public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes32 hash = blocks.ticketHash(ticket);
        field = bound(field, 0, 8);
        change = uint64(bound(change, 1, type(uint16).max));
        if (field == 0) ticket.market = MarketId.wrap(MarketId.unwrap(market) ^ uint16(change));
        if (field == 1) ticket.seller = ParticipantId.wrap(sellerId ^ uint24(change));
        if (field == 2) ticket.sellerWallet = address(uint160(seller) ^ change);
        if (field == 3) ticket.buyer = ParticipantId.wrap(buyerId ^ uint24(change));
        if (field == 4) ticket.buyerWallet = address(uint160(buyer) ^ change);
        if (field == 5) ticket.lots ^= uint40(change);
        if (field == 6) ticket.price ^= change;
        if (field == 7) ticket.nonce ^= change;
        if (field == 8) ticket.deadline ^= change;
        assertTrue(blocks.ticketHash(ticket) != hash);
    }

    function test_ticketHash_isTheGoldenOne() public {
        string memory json = vm.readFile("tests/vectors/eip712.json");
        string memory at = ".BlockTicket.message.";
        BlockTicket memory ticket = BlockTicket({
            market: MarketId.wrap(uint16(vm.parseJsonUint(json, string.concat(at, "market")))),
            seller: _id(uint24(vm.parseJsonUint(json, string.concat(at, "seller")))),
            sellerWallet: vm.parseJsonAddress(json, string.concat(at, "sellerWallet")),
            buyer: _id(uint24(vm.parseJsonUint(json, string.concat(at, "buyer")))),
            buyerWallet: vm.parseJsonAddress(json, string.concat(at, "buyerWallet")),
            lots: uint40(vm.parseJsonUint(json, string.concat(at, "lots"))),
            price: uint64(vm.parseJsonUint(json, string.concat(at, "price"))),
            nonce: uint64(vm.parseJsonUint(json, string.concat(at, "nonce"))),
            deadline: uint64(vm.parseJsonUint(json, string.concat(at, "deadline")))
        });
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("tonne BlockTrades"),
                keccak256("1"),
                block.chainid,
                address(blocks)
            )
        );
        bytes32 golden = vm.parseJsonBytes32(json, ".BlockTicket.structHash");
        assertEq(blocks.ticketHash(ticket), MessageHashUtils.toTypedDataHash(domain, golden));
        assertEq(
            MessageHashUtils.toTypedDataHash(vm.parseJsonBytes32(json, ".BlockTicket.separator"), golden),
            vm.parseJsonBytes32(json, ".BlockTicket.digest")
        );
    }

    function test_trade_needsActivePartiesWithTheRightToTrade() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes memory why = abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, seller, _id(sellerId));
        participants.set(seller, sellerId, ALL_RIGHTS, 3);
        _refused(ticket, why);
        participants.set(seller, sellerId, ALL_RIGHTS ^ 1, 2);
        _refused(ticket, why);
        participants.set(seller, buyerId + 1, ALL_RIGHTS, 2);
        _refused(ticket, why);
        participants.set(seller, sellerId, 1, 2);
        participants.set(buyer, buyerId, ALL_RIGHTS, 3);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, buyer, _id(buyerId)));
        participants.set(buyer, buyerId, 1, 2);
        _trade(ticket);
    }

    function test_trade_isNotForNobody() public {
        (address stranger, uint256 key) = makeAddrAndKey("stranger");
        participants.set(stranger, 0, 1, 2);
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.buyer = ParticipantId.wrap(0);
        ticket.buyerWallet = stranger;
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(key, hash);
        vm.expectRevert(
            abi.encodeWithSelector(IBlockTrades.BlockTradesNotParty.selector, stranger, ParticipantId.wrap(0))
        );
        blocks.trade(ticket, bySeller, byBuyer);
    }

    // ------------------------------------------------------------------ size, hours, band

    function test_trade_needsAMarketWithBlockTrades() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        ticket.market = MarketId.wrap(7);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesNotOffered.selector, MarketId.wrap(7)));
        ticket.market = market;
        MarketRules memory r = _rules();
        r.blockMinimumLots = 0;
        vm.prank(officer);
        exchange.setMarketRules(market, r);
        _afternoon(FIRST_DAY + 3);
        bytes memory why = abi.encodeWithSelector(IBlockTrades.BlockTradesNotOffered.selector, market);
        _refused(ticket, why);
        vm.expectRevert(why);
        blocks.band(market);
    }

    function test_trade_startsAtTheMinimum() public {
        BlockTicket memory ticket = _ticket(99_999, 480_000);
        _refused(
            ticket,
            abi.encodeWithSelector(IBlockTrades.BlockTradesTooFewLots.selector, uint256(99_999), uint256(100_000))
        );
        _trade(_ticket(100_000, 480_000));
    }

    function test_trade_needsTheBlockSession() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        bytes memory why = abi.encodeWithSelector(
            IBlockTrades.BlockTradesOutsideSession.selector, market, uint256(13 hours), uint256(15 hours)
        );
        uint256 midnight = FIRST_DAY * 1 days - LOCAL;
        vm.warp(midnight + 10 hours); // listed orders trade
        _refused(ticket, why);
        vm.warp(midnight + 15 hours);
        _refused(ticket, why);
        vm.warp(midnight + 13 hours - 1);
        _refused(ticket, why);
        vm.warp(midnight + 13 hours);
        _trade(ticket);
    }

    function test_trade_needsAnOpenedDay() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        vm.warp((FIRST_DAY + 3) * 1 days - LOCAL + 14 hours);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesDayNotOpened.selector, market, FIRST_DAY + 3));
        exchange.openDay(market);
        _trade(ticket);
    }

    function test_trade_needsAMarketThatIsNotHalted() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        vm.prank(officer);
        exchange.halt(market, "fire");
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesMarketHalted.selector, market));
        _approve(ticket);
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesMarketHalted.selector, market));
        vm.prank(officer);
        exchange.resume(market, "out");
        _trade(ticket);
    }

    function test_trade_keepsTheBlockBandOfThePreviousClose() public {
        (uint256 low, uint256 high) = blocks.band(market);
        assertEq(low, 3_360);
        assertEq(high, 6_240);
        _refused(
            _ticket(100_000, 335_900),
            abi.encodeWithSelector(IBlockTrades.BlockTradesOutsideBand.selector, uint256(3_359), low, high)
        );
        _refused(
            _ticket(100_000, 624_100),
            abi.encodeWithSelector(IBlockTrades.BlockTradesOutsideBand.selector, uint256(6_241), low, high)
        );
        _trade(_ticket(100_000, 336_000));
        _trade(_ticket(100_000, 624_000));
    }

    /// @dev A listed trade moves the last price, not the middle of the band; the next day's band has the new close.
    function test_band_staysAllDayAndFollowsTheClose() public {
        _place(seller, SELL, 5_123, 10);
        _take(buyer, BUY, 5_123, 10);
        (uint256 low, uint256 high) = blocks.band(market);
        assertEq(low, 3_360);
        assertEq(high, 6_240);
        _afternoon(FIRST_DAY + 3);
        (low, high) = blocks.band(market);
        assertEq(low, 3_586, "5,123 x 0.7 = 3,586.1");
        assertEq(high, 6_660, "5,123 x 1.3 = 6,659.9");
    }

    /// @dev Half a tick goes up on both sides, as with the daily band: 5,005 x 0.7 = 3,503.5; x 1.3 = 6,506.5.
    function test_band_roundsTiesUp() public {
        _place(seller, SELL, 5_005, 10);
        _take(buyer, BUY, 5_005, 10);
        _afternoon(FIRST_DAY + 3);
        (uint256 low, uint256 high) = blocks.band(market);
        assertEq(low, 3_504);
        assertEq(high, 6_507);
    }

    function test_trade_needsAPriceOnTheGrid() public {
        uint64[4] memory prices = [uint64(480_001), 0, 99, 57_600 * 100];
        for (uint256 i; i < prices.length; ++i) {
            BlockTicket memory ticket = _ticket(100_000, prices[i]);
            _approve(ticket); // not even an officer lets these pass
            _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesPriceOffGrid.selector, uint256(prices[i])));
        }
    }

    function test_trade_countsAGridFromItsBase() public {
        MarketConfig memory config = _config();
        config.basePrice = 100_000;
        config.rules.blockBandPpm = 999_999;
        UnitId other = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | (uint256(2019) << 64) | 1);
        vm.prank(officer);
        MarketId second = exchange.createMarket(other, SCHEME, address(currency), config);
        vm.warp((FIRST_DAY + 3) * 1 days - LOCAL + 14 hours);
        exchange.openDay(second);
        BlockTicket memory ticket = _ticket(100_000, 100_000);
        ticket.market = second;
        _refused(ticket, abi.encodeWithSelector(IBlockTrades.BlockTradesPriceOffGrid.selector, uint256(100_000)));
        ticket.price = 100_100;
        units.mint(seller, UnitId.unwrap(other), 100_000);
        vm.prank(seller);
        units.safeTransferFrom(seller, address(exchange), UnitId.unwrap(other), 100_000, "");
        currency.mint(buyer, 101_000_000);
        vm.startPrank(buyer);
        currency.approve(address(exchange), 101_000_000);
        exchange.depositCash(second, 101_000_000);
        vm.stopPrank();
        _trade(ticket);
        assertEq(blocks.dayStatistics(second, FIRST_DAY + 3).lowTick, 1);
    }

    // ------------------------------------------------------------------ the ledger's own refusals

    function test_trade_doesNotResellWhatWasBoughtToday() public {
        _trade(_ticket(200_000, 400_000));
        BlockTicket memory back = _ticket(150_000, 400_000);
        (back.seller, back.buyer) = (back.buyer, back.seller);
        (back.sellerWallet, back.buyerWallet) = (back.buyerWallet, back.sellerWallet);
        bytes32 hash = blocks.ticketHash(back);
        bytes memory byBuyer = _sign(sellerKey, hash);
        bytes memory bySeller = _sign(buyerKey, hash);
        vm.expectRevert(abi.encodeWithSelector(BookInsufficientLots.selector, 1_000, 150_000));
        blocks.trade(back, bySeller, byBuyer);
        _afternoon(FIRST_DAY + 3);
        blocks.trade(back, bySeller, byBuyer);
        assertEq(_account(buyerId).lots, 51_000);
    }

    function test_trade_keepsTheHoldingLimit() public {
        vm.prank(officer);
        exchange.setHoldingLimit(_id(buyerId), market, 150_000);
        _refused(
            _ticket(149_001, 480_000),
            abi.encodeWithSelector(BookHoldingLimitExceeded.selector, int256(149_000), uint256(149_001))
        );
        _trade(_ticket(149_000, 480_000));
    }

    function test_trade_needsFreeLotsAndCash() public {
        _place(seller, SELL, 5_000, 99_999);
        _place(seller, SELL, 5_000, 99_999);
        _place(seller, SELL, 5_000, 99_999);
        _refused(_ticket(100_004, 400_000), abi.encodeWithSelector(BookInsufficientLots.selector, 100_003, 100_004));
        uint256 cash = CENTS * 100;
        _place(buyer, BUY, 4_400, 50_000);
        uint256 free = _account(buyerId).cashFree;
        assertTrue(free < cash);
        uint256 price = (free / 100_003 / 100 + 1) * 100;
        BlockTicket memory ticket = _ticket(100_003, price);
        _approve(ticket);
        _refused(ticket, abi.encodeWithSelector(BookInsufficientCash.selector, free, 100_003 * price));
    }

    function test_trade_isNotForFrozenAccounts() public {
        BlockTicket memory ticket = _ticket(100_000, 480_000);
        uint24[2] memory sides = [sellerId, buyerId];
        for (uint256 i; i < 2; ++i) {
            vm.prank(officer);
            exchange.freezeAccount(_id(sides[i]), market, true);
            _refused(
                ticket, abi.encodeWithSelector(IExchangeBase.ExchangeAccountFrozen.selector, _id(sides[i]), market)
            );
            vm.prank(officer);
            exchange.freezeAccount(_id(sides[i]), market, false);
        }
        _trade(ticket);
    }

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
        bytes32 slot = keccak256(abi.encode(FIRST_DAY, keccak256(abi.encode(market, uint256(3)))));
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
