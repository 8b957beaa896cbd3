// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";

import {
    AccountId,
    BookNotFilled,
    OrderId,
    OrderRequest,
    SelfTrade,
    Side,
    TimeInForce
} from "../../interfaces/types/BookTypes.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {IExchangeGateway, SignedCancel, SignedOrder} from "../../interfaces/market/IExchangeGateway.sol";
import {IExchangeLens, OrderTerms} from "../../interfaces/market/IExchangeLens.sol";
import {IContractSigned} from "../../interfaces/types/IContractSigned.sol";
import {MarketId, ParticipantId} from "../../interfaces/types/Ids.sol";
import {OwnedWallet} from "../evidence/WalletDoubles.sol";
import {ContractWallet} from "./GatewayDoubles.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev Orders that a wallet signs and somebody else sends.
contract SignedOrdersTest is MarketBase {
    uint8 private constant TRADE = 1;
    uint8 private constant WITHDRAW = 2;
    uint8 private constant SUSPENDED = 3;

    IExchangeGateway private gateway;
    uint24 private sellerId;
    address private seller;
    uint256 private key;
    address private stranger = makeAddr("stranger");

    function setUp() public override {
        super.setUp();
        gateway = IExchangeGateway(deployCode("ExchangeGateway.sol:ExchangeGateway", abi.encode(exchange)));
        exchange.setController(address(gateway), 8);
        (sellerId, seller) = _trader("seller", 1_000, 1_000_000);
        (, key) = makeAddrAndKey("seller");
        _open(FIRST_DAY);
    }

    function _terms(uint32 lots) private view returns (OrderTerms memory t) {
        t.market = market;
        t.side = Side.Sell;
        t.tick = 4_810;
        t.lots = lots;
    }

    function _signed(uint256 nonce, uint32 lots) private view returns (SignedOrder memory order) {
        order.wallet = seller;
        order.terms = _terms(lots);
        order.nonce = nonce;
        order.deadline = uint64(block.timestamp + 1 hours);
    }

    function _sign(uint256 signer, bytes32 digest) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(signer, digest);
        return abi.encodePacked(r, s, v);
    }

    function _sign(SignedOrder memory order) private view returns (bytes memory) {
        return _sign(key, gateway.orderDigest(order));
    }

    function _refused(SignedOrder memory order, bytes memory signature, bytes memory reason) private {
        vm.prank(stranger);
        vm.expectRevert(reason);
        gateway.placeSigned(order, signature);
        assertFalse(gateway.nonceUsed(order.wallet, order.nonce), "a refused order may come again");
    }

    // ------------------------------------------------------------------ placing

    function test_placeSigned_isPlacedByAnybodyForTheSigner() public {
        SignedOrder memory order = _signed(7, 10);
        bytes memory signature = _sign(order);
        vm.expectEmit(true, true, false, false, address(gateway));
        emit IExchangeGateway.SignedOrderUsed(seller, 7, OrderId.wrap(0));
        vm.prank(stranger);
        OrderId id = gateway.placeSigned(order, signature);
        (uint256 lots, ParticipantId owner) = lens.order(id);
        assertEq(lots, 10);
        assertEq(ParticipantId.unwrap(owner), sellerId);
        assertTrue(gateway.nonceUsed(seller, 7));
    }

    /// @dev 256 nonces share a word: one that is spent, or cancelled, stays so when another is spent.
    function test_placeSigned_spendsANonceBesideThoseOfItsWord() public {
        SignedOrder memory first = _signed(1, 10);
        bytes memory signature = _sign(first);
        gateway.placeSigned(first, signature);
        vm.prank(seller);
        gateway.cancelNonces(0, 1 << 3);
        SignedOrder memory second = _signed(2, 10);
        gateway.placeSigned(second, _sign(second));
        assertTrue(gateway.nonceUsed(seller, 1));
        assertTrue(gateway.nonceUsed(seller, 3));
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayNonceUsed.selector, seller, 1));
        gateway.placeSigned(first, signature);
    }

    /// @dev Every field arrives: the gateway packs what the Lens packs, and the Exchange says so in its event.
    function testFuzz_placeSigned_packsAsTheLensDoes(uint256 seed, uint256 nonce, uint64 deadline) public {
        (, address buyer) = _trader("buyer", 0, 100_000_000);
        _place(buyer, BUY, 4_790, 500);
        OrderTerms memory t = _terms(uint32(1 + seed % 400));
        t.tick = uint16(4_320 + (seed >> 16) % 470);
        t.timeInForce = TimeInForce((seed >> 32) % 3);
        t.selfTrade = SelfTrade((seed >> 40) % 3);
        t.minimumLots = uint32((seed >> 48) % t.lots);
        t.maximumCost = uint64((seed >> 64) & ((1 << 52) - 1));
        t.maximumFills = uint16((seed >> 128) & 0xfff);
        t.maximumHoles = uint16((seed >> 144) & 0xfff);
        deadline = uint64(bound(deadline, block.timestamp, type(uint64).max));
        SignedOrder memory order = SignedOrder(seller, t, nonce, deadline);
        bytes memory signature = _sign(order);

        OrderRequest expected = lens.encode(t);
        vm.expectEmit(true, true, false, false, address(exchange));
        emit IFills.OrdersFilled(AccountId.unwrap(_accountId(sellerId)), OrderRequest.unwrap(expected), "");
        gateway.placeSigned(order, signature);
    }

    function test_placeSigned_refusesATermThatDoesNotFit() public {
        SignedOrder memory order = _signed(1, 10);
        order.terms.maximumFills = 0x1000;
        _refused(
            order,
            _sign(order),
            abi.encodeWithSelector(IExchangeLens.LensValueTooWide.selector, bytes32("maximumFills"), 0x1000)
        );
    }

    function test_placeSigned_countsOnce() public {
        SignedOrder memory order = _signed(300, 10);
        bytes memory signature = _sign(order);
        gateway.placeSigned(order, signature);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayNonceUsed.selector, seller, 300));
        gateway.placeSigned(order, signature);
        assertEq(_account(sellerId).lotsInAsks, 10);
    }

    function test_placeSigned_takesNoncesInAnyOrderAndKeepsWalletsApart() public {
        uint256[4] memory nonces = [type(uint256).max, 255, 0, 256];
        for (uint256 i; i < 4; ++i) {
            SignedOrder memory order = _signed(nonces[i], 1);
            gateway.placeSigned(order, _sign(order));
            assertFalse(gateway.nonceUsed(stranger, nonces[i]));
        }
        assertEq(_account(sellerId).lotsInAsks, 4);
        assertFalse(gateway.nonceUsed(seller, 1));
    }

    function test_placeSigned_endsAtItsDeadline() public {
        SignedOrder memory order = _signed(1, 1);
        order.deadline = uint64(block.timestamp);
        gateway.placeSigned(order, _sign(order));
        order = _signed(2, 1);
        order.deadline = uint64(block.timestamp - 1);
        _refused(
            order,
            _sign(order),
            abi.encodeWithSelector(IExchangeGateway.GatewayDeadlinePassed.selector, order.deadline, block.timestamp)
        );
    }

    /// @dev Whatever is changed after signing, the signature is of something else.
    function testFuzz_placeSigned_bindsEveryField(uint256 field, uint256 bits) public {
        SignedOrder memory order = _signed(1, 10);
        bytes memory signature = _sign(order);
        bytes memory words = abi.encode(order);
        // Width of each field; the wallet stays: another one is another signer.
        uint256[16] memory widths = [uint256(160), 16, 1, 1, 1, 1, 16, 32, 32, 52, 12, 12, 12, 12, 256, 64];
        field = bound(field, 1, 15);
        uint256 change = widths[field] == 256 ? bits : bits % (1 << widths[field]);
        if (change == 0) change = 1;
        assembly {
            let at := add(add(words, 32), mul(field, 32))
            mstore(at, xor(mload(at), change))
        }
        order = abi.decode(words, (SignedOrder));
        vm.assume(order.deadline >= block.timestamp);
        _refused(
            order,
            signature,
            abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, seller, gateway.orderDigest(order))
        );
    }

    function test_placeSigned_refusesAnotherSignerAndAMalleableSignature() public {
        SignedOrder memory order = _signed(1, 10);
        bytes32 digest = gateway.orderDigest(order);
        bytes memory reason = abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, seller, digest);
        (, uint256 other) = makeAddrAndKey("stranger");
        _refused(order, _sign(other, digest), reason);
        _refused(order, "", reason);

        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        uint256 n = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        _refused(order, abi.encodePacked(r, n - uint256(s), v ^ 7), reason);
    }

    function test_placeSigned_isOfThisContractAndChain() public {
        SignedOrder memory order = _signed(1, 10);
        bytes memory signature = _sign(order);
        IExchangeGateway second =
            IExchangeGateway(deployCode("ExchangeGateway.sol:ExchangeGateway", abi.encode(exchange)));
        exchange.setController(address(second), 8);
        bytes32 digest = second.orderDigest(order);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, seller, digest));
        second.placeSigned(order, signature);

        vm.chainId(5);
        digest = gateway.orderDigest(order);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, seller, digest));
        gateway.placeSigned(order, signature);
    }

    function test_placeSigned_obeysTheBook() public {
        SignedOrder memory order = _signed(1, 10);
        order.terms.timeInForce = TimeInForce.FillOrKill;
        _refused(order, _sign(order), abi.encodeWithSelector(BookNotFilled.selector, 0, 10));
    }

    // ------------------------------------------------------------------ who may sign

    function test_placeSigned_needsTheGatewaysRight() public {
        exchange.setController(address(gateway), 0);
        SignedOrder memory order = _signed(1, 10);
        _refused(
            order,
            _sign(order),
            abi.encodeWithSelector(IExchangeBase.ExchangeNotController.selector, address(gateway), 8)
        );
    }

    /// @dev A right that was taken back takes back what was signed under it, though the Exchange has it in mind.
    function test_placeSigned_asksTheRegisterNow() public {
        _place(seller, SELL, 4_820, 1);
        SignedOrder memory order = _signed(1, 10);
        participants.set(seller, sellerId, ALL_RIGHTS & ~TRADE, 2);
        _refused(
            order, _sign(order), abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, seller, TRADE)
        );
        participants.set(seller, sellerId, ALL_RIGHTS, SUSPENDED);
        _refused(
            order,
            _sign(order),
            abi.encodeWithSelector(IExchangeBase.ExchangeParticipantNotActive.selector, sellerId, SUSPENDED)
        );
        participants.set(seller, 0, 0, 0);
        _refused(order, _sign(order), abi.encodeWithSelector(IExchangeBase.ExchangeWalletUnknown.selector, seller));
        participants.set(seller, sellerId, TRADE, 2);
        gateway.placeSigned(order, _sign(order));
    }

    function test_aDelegateTradesForItsParticipantAndCannotWithdraw() public {
        (address delegate, uint256 hers) = makeAddrAndKey("delegate");
        participants.add(sellerId, delegate, TRADE);

        _place(delegate, SELL, 4_820, 5);
        SignedOrder memory order = _signed(1, 10);
        order.wallet = delegate;
        OrderId id = gateway.placeSigned(order, _sign(hers, gateway.orderDigest(order)));
        assertEq(_account(sellerId).lotsInAsks, 15, "both are its participant's");
        vm.prank(seller);
        exchange.cancel(id);

        bytes memory reason = abi.encodeWithSelector(IExchangeBase.ExchangeRightMissing.selector, delegate, WITHDRAW);
        vm.startPrank(delegate);
        vm.expectRevert(reason);
        exchange.withdrawUnits(market, 1, delegate);
        vm.expectRevert(reason);
        exchange.withdrawUnits(market, 1, seller);
        vm.expectRevert(reason);
        exchange.withdrawCash(market, 1, delegate);
        vm.stopPrank();
    }

    function test_aDelegateCannotTradeForOthers() public {
        (address delegate, uint256 hers) = makeAddrAndKey("delegate");
        (uint24 otherId,) = _trader("other", 100, 0);
        participants.add(otherId, delegate, TRADE);
        SignedOrder memory order = _signed(1, 10);
        bytes32 digest = gateway.orderDigest(order); // names the seller's wallet
        _refused(
            order,
            _sign(hers, digest),
            abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, seller, digest)
        );
    }

    function test_placeSigned_aContractSignsByERC1271() public {
        ContractWallet wallet = new ContractWallet();
        participants.add(sellerId, address(wallet), TRADE);
        SignedOrder memory order = _signed(1, 10);
        order.wallet = address(wallet);
        bytes32 digest = gateway.orderDigest(order);
        bytes memory reason =
            abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, address(wallet), digest);
        _refused(order, "", reason);
        wallet.approve(digest, ContractWallet.Mood.Refusing);
        _refused(order, "", reason);
        wallet.approve(digest, ContractWallet.Mood.Short);
        _refused(order, "", reason);
        wallet.approve(digest, ContractWallet.Mood.Failing);
        _refused(order, "", reason);
        wallet.approve(digest, ContractWallet.Mood.Honest);
        gateway.placeSigned(order, "");
        assertEq(_account(sellerId).lotsInAsks, 10);
    }

    function test_placeSigned_aContractAskedForItsSignatureCannotComeBack() public {
        ContractWallet wallet = new ContractWallet();
        participants.add(sellerId, address(wallet), TRADE);
        SignedOrder memory order = _signed(1, 10);
        order.wallet = address(wallet);
        wallet.approve(gateway.orderDigest(order), ContractWallet.Mood.Calling);
        wallet.plan(abi.encodeCall(IExchangeGateway.cancelNonces, (0, 4)));
        gateway.placeSigned(order, "");
        assertEq(_account(sellerId).lotsInAsks, 10);
        assertFalse(gateway.nonceUsed(address(wallet), 2), "it was asked, not called");
    }

    /// @dev An account with code of its own and a key besides (EIP-7702) signs by its key, and its code is not asked.
    function test_placeSigned_takesTheKeyOfAnAccountWithCode() public {
        ContractWallet code = new ContractWallet();
        vm.etch(seller, address(code).code);
        SignedOrder memory order = _signed(1, 10);
        bytes memory signature = _sign(order);
        vm.recordLogs();
        gateway.placeSigned(order, signature);
        assertEq(_account(sellerId).lotsInAsks, 10);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            assertNotEq(logs[i].topics[0], IContractSigned.SignedByContract.selector);
        }
    }

    function test_placeSigned_saysThatAContractSigned() public {
        ContractWallet wallet = new ContractWallet();
        participants.add(sellerId, address(wallet), TRADE);
        SignedOrder memory order = _signed(1, 10);
        order.wallet = address(wallet);
        bytes32 digest = gateway.orderDigest(order);
        wallet.approve(digest, ContractWallet.Mood.Honest);
        vm.expectEmit(address(gateway));
        emit IContractSigned.SignedByContract(address(wallet), digest);
        gateway.placeSigned(order, "");
    }

    /// @dev Nobody signs for the zero address, to which a broken signature recovers.
    function test_placeSigned_isNotForTheZeroAddress() public {
        SignedOrder memory order = _signed(1, 10);
        order.wallet = address(0);
        bytes32 digest = gateway.orderDigest(order);
        bytes memory broken = abi.encodePacked(bytes32(uint256(1)), bytes32(uint256(1)), uint8(3));
        _refused(
            order, broken, abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, address(0), digest)
        );
    }

    // ------------------------------------------------------------------ many at once

    /// @dev A wallet that burns all it is given, or answers without end, costs who sends it a bounded sum, and stops none of
    /// the others.
    function test_placeSignedBatch_boundsWhatAWalletsAnswerCosts() public {
        SignedOrder[] memory orders = new SignedOrder[](3);
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i; i < 2; ++i) {
            OwnedWallet wallet = new OwnedWallet(stranger);
            wallet.become(i == 0 ? OwnedWallet.Mood.Burning : OwnedWallet.Mood.Long);
            participants.add(sellerId, address(wallet), TRADE);
            orders[i] = _signed(i, 10);
            orders[i].wallet = address(wallet);
        }
        orders[2] = _signed(2, 5);
        signatures[2] = _sign(orders[2]);
        uint256 before = gasleft();
        OrderId[] memory ids = gateway.placeSignedBatch{gas: 3_000_000}(orders, signatures);
        assertLt(before - gasleft(), 2_000_000);
        assertEq(OrderId.unwrap(ids[0]), 0);
        assertTrue(OrderId.unwrap(ids[1]) != 0 && OrderId.unwrap(ids[2]) != 0);
    }

    function test_placeSignedBatch_passesOverWhatIsRefused() public {
        SignedOrder[] memory orders = new SignedOrder[](3);
        bytes[] memory signatures = new bytes[](3);
        for (uint256 i; i < 3; ++i) {
            orders[i] = _signed(i, uint32(10 + i));
            if (i == 1) orders[i].terms.lots = 5_000; // more than there is
            signatures[i] = _sign(orders[i]);
        }
        vm.expectEmit(true, true, true, false, address(gateway));
        emit IExchangeGateway.SignedOrderRefused(seller, 1, stranger, "");
        vm.prank(stranger);
        OrderId[] memory ids = gateway.placeSignedBatch(orders, signatures);
        assertTrue(OrderId.unwrap(ids[0]) != 0 && OrderId.unwrap(ids[2]) != 0);
        assertEq(OrderId.unwrap(ids[1]), 0);
        assertFalse(gateway.nonceUsed(seller, 1), "it may come again");
        assertEq(_account(sellerId).lotsInAsks, 22);
    }

    function test_placeSignedBatch_isBounded() public {
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayTooManyOrders.selector, 201, 200));
        gateway.placeSignedBatch(new SignedOrder[](201), new bytes[](201));
        OrderId[] memory ids = gateway.placeSignedBatch(new SignedOrder[](200), new bytes[](200));
        assertEq(ids.length, 200);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayLengthsDiffer.selector, 2, 1));
        gateway.placeSignedBatch(new SignedOrder[](2), new bytes[](1));
    }

    // ------------------------------------------------------------------ taking back

    function test_cancelNonces_endsWhatWasSigned() public {
        SignedOrder memory order = _signed(258, 10);
        bytes memory signature = _sign(order);
        vm.expectEmit(address(gateway));
        emit IExchangeGateway.NoncesCancelled(seller, 1, 4);
        vm.prank(seller);
        gateway.cancelNonces(1, 4);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayNonceUsed.selector, seller, 258));
        gateway.placeSigned(order, signature);
        order = _signed(257, 10);
        gateway.placeSigned(order, _sign(order));
        vm.prank(seller);
        gateway.cancelNonces(1, type(uint256).max);
        assertTrue(gateway.nonceUsed(seller, 511));
        assertFalse(gateway.nonceUsed(seller, 512));
    }

    function test_cancelNonces_isForOnesOwn() public {
        vm.prank(stranger);
        gateway.cancelNonces(0, type(uint256).max);
        SignedOrder memory order = _signed(1, 10);
        gateway.placeSigned(order, _sign(order));
    }

    function _cancel(OrderId id, uint256 nonce) private view returns (SignedCancel memory) {
        return SignedCancel(seller, id, nonce, uint64(block.timestamp));
    }

    function test_cancelSigned_endsTheOrderOnce() public {
        OrderId id = _place(seller, SELL, 4_810, 10);
        SignedCancel memory c = _cancel(id, 9);
        bytes memory signature = _sign(key, gateway.cancelDigest(c));
        vm.expectEmit(address(gateway));
        emit IExchangeGateway.SignedOrderUsed(seller, 9, id);
        vm.prank(stranger);
        gateway.cancelSigned(c, signature);
        assertEq(_account(sellerId).lotsInAsks, 0);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayNonceUsed.selector, seller, 9));
        gateway.cancelSigned(c, signature);
    }

    function test_cancelSigned_refusesOthersAndTheLate() public {
        OrderId id = _place(seller, SELL, 4_810, 10);
        SignedCancel memory c = _cancel(id, 9);
        bytes memory signature = _sign(key, gateway.cancelDigest(c));
        (address other, uint256 hers) = makeAddrAndKey("other");
        participants.add(++lastParticipant, other, ALL_RIGHTS);
        SignedCancel memory forged = _cancel(id, 9);
        forged.wallet = other;
        bytes memory hersOn = _sign(hers, gateway.cancelDigest(forged));
        vm.expectRevert();
        gateway.cancelSigned(forged, hersOn); // not hers to cancel
        bytes32 digest = gateway.cancelDigest(c);
        vm.expectRevert(abi.encodeWithSelector(IExchangeGateway.GatewayBadSignature.selector, seller, digest));
        gateway.cancelSigned(c, hersOn);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IExchangeGateway.GatewayDeadlinePassed.selector, c.deadline, block.timestamp)
        );
        gateway.cancelSigned(c, signature);
        assertEq(_account(sellerId).lotsInAsks, 10);
    }

    // ------------------------------------------------------------------ what wallets sign

    function test_orderDigest_isWhatWalletsSign() public {
        string memory json = vm.readFile("tests/vectors/eip712.json");
        address place = vm.parseJsonAddress(json, ".SignedOrder.domain.contract");
        vm.etch(place, address(gateway).code);
        vm.chainId(vm.parseJsonUint(json, ".SignedOrder.domain.chainId"));
        IExchangeGateway golden = IExchangeGateway(place);

        SignedOrder memory o;
        string memory m = ".SignedOrder.message.";
        o.wallet = vm.parseJsonAddress(json, string.concat(m, "wallet"));
        o.terms.market = MarketId.wrap(uint16(vm.parseJsonUint(json, string.concat(m, "market"))));
        o.terms.side = Side(vm.parseJsonUint(json, string.concat(m, "side")));
        o.terms.timeInForce = TimeInForce(vm.parseJsonUint(json, string.concat(m, "timeInForce")));
        o.terms.postOnly = vm.parseJsonBool(json, string.concat(m, "postOnly"));
        o.terms.selfTrade = SelfTrade(vm.parseJsonUint(json, string.concat(m, "selfTrade")));
        o.terms.tick = uint16(vm.parseJsonUint(json, string.concat(m, "tick")));
        o.terms.lots = uint32(vm.parseJsonUint(json, string.concat(m, "lots")));
        o.terms.minimumLots = uint32(vm.parseJsonUint(json, string.concat(m, "minimumLots")));
        o.terms.maximumCost = uint64(vm.parseJsonUint(json, string.concat(m, "maximumCost")));
        o.terms.maximumFills = uint16(vm.parseJsonUint(json, string.concat(m, "maximumFills")));
        o.terms.maximumHoles = uint16(vm.parseJsonUint(json, string.concat(m, "maximumHoles")));
        o.terms.expiry = uint16(vm.parseJsonUint(json, string.concat(m, "expiry")));
        o.terms.maximumLevels = uint16(vm.parseJsonUint(json, string.concat(m, "maximumLevels")));
        o.nonce = vm.parseJsonUint(json, string.concat(m, "nonce"));
        o.deadline = uint64(vm.parseJsonUint(json, string.concat(m, "deadline")));
        assertEq(golden.orderDigest(o), vm.parseJsonBytes32(json, ".SignedOrder.digest"));

        SignedCancel memory c;
        m = ".SignedCancel.message.";
        c.wallet = vm.parseJsonAddress(json, string.concat(m, "wallet"));
        c.order = OrderId.wrap(vm.parseJsonUint(json, string.concat(m, "order")));
        c.nonce = vm.parseJsonUint(json, string.concat(m, "nonce"));
        c.deadline = uint64(vm.parseJsonUint(json, string.concat(m, "deadline")));
        assertEq(golden.cancelDigest(c), vm.parseJsonBytes32(json, ".SignedCancel.digest"));
    }
}

/// @dev The event of the Exchange, with a request that is a number.
interface IFills {
    event OrdersFilled(uint40 indexed taker, uint256 indexed request, bytes fills);
}
