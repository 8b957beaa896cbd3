// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest, SelfTrade, Side, TimeInForce} from "../../interfaces/types/BookTypes.sol";
import {IExchangeGateway, Permit, SignedCancel, SignedOrder} from "../../interfaces/market/IExchangeGateway.sol";
import {OrderTerms} from "../../interfaces/market/IExchangeLens.sol";
import {Vm} from "../forge/Vm.sol";
import {BookModel} from "./BookModel.sol";
import {OrderOperations} from "./OrderOperations.sol";

/// @dev Orders and cancels that came by the gateway: signed by their wallets and sent by a stranger, or with a deposit.
abstract contract SignedOperations is OrderOperations {
    uint256 internal _signedPlaced;
    uint256 internal _signedRefused;
    uint256 internal _signedCancelled;
    uint256 internal _depositedAndPlaced;
    uint256 private _nonce;

    function _stepSigned() internal {
        uint256 dice = _roll(10);
        if (dice < 4) _stepPlaceSigned();
        else if (dice < 6) _stepPlaceSignedBatch();
        else if (dice < 8) _stepCancelSigned();
        else _stepDepositAndPlace();
    }

    function _stepPlaceSigned() private {
        (BookModel.Placing memory p,) = _draw(_roll(PEOPLE));
        SignedOrder memory order = _signed(p);
        bytes4 fault = _spoil(order);
        bytes memory signature = _sign(p.who, gateway.orderDigest(order));
        if (fault == IExchangeGateway.GatewayBadSignature.selector) signature[3] ^= 0x01;
        vm.recordLogs();
        vm.prank(_stranger);
        try gateway.placeSigned(order, signature) returns (OrderId id) {
            assertEq(bytes32(fault), 0, "a faulty one went through");
            BookModel.Record[] memory records = _fillsOf(vm.getRecordedLogs());
            BookModel.Result memory r = _model.place(p);
            _compareRecords(records, _model.records());
            _countOld(records, !p.sell);
            _compareRest(p, id, r);
            assertTrue(gateway.nonceUsed(order.wallet, order.nonce), "nonce spent");
            ++_signedPlaced;
        } catch (bytes memory reason) {
            ++_signedRefused;
            if (fault == 0) fault = _modelRefusal(abi.encodeCall(_model.place, (p)));
            assertEq(bytes32(bytes4(reason)), bytes32(fault), "refusal of a signed order");
        }
    }

    /// @dev Now and then a deadline that is over, a nonce that was used, or a signature of something else.
    function _spoil(SignedOrder memory order) private returns (bytes4) {
        uint256 dice = _roll(20);
        if (dice == 0) {
            order.deadline = uint64(block.timestamp - 1);
            return IExchangeGateway.GatewayDeadlinePassed.selector;
        }
        if (dice == 1) return IExchangeGateway.GatewayBadSignature.selector;
        if (dice != 2) return 0;
        order.nonce = type(uint256).max; // given up when the test began
        return IExchangeGateway.GatewayNonceUsed.selector;
    }

    /// @dev Up to four orders of anybody: those that are refused stop none of the others.
    function _stepPlaceSignedBatch() private {
        uint256 count = 1 + _roll(4);
        BookModel.Placing[] memory placings = new BookModel.Placing[](count);
        SignedOrder[] memory orders = new SignedOrder[](count);
        bytes[] memory signatures = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            (placings[i],) = _draw(_roll(PEOPLE));
            orders[i] = _signed(placings[i]);
            signatures[i] = _sign(placings[i].who, gateway.orderDigest(orders[i]));
        }
        vm.recordLogs();
        vm.prank(_stranger);
        OrderId[] memory ids = gateway.placeSignedBatch(orders, signatures);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        BookModel.Record[] memory records = _fillsOf(logs);
        uint256 from;
        for (uint256 i; i < count; ++i) {
            bytes4 refusal = _refusalIn(logs, orders[i]);
            if (refusal == 0) {
                BookModel.Result memory r = _model.place(placings[i]);
                BookModel.Record[] memory theirs = _model.records();
                _compareRecords(_part(records, from, theirs.length), theirs);
                from += theirs.length;
                _compareBatched(placings[i], ids[i], r);
                ++_signedPlaced;
            } else {
                bytes4 why = _modelRefusal(abi.encodeCall(_model.place, (placings[i])));
                assertEq(bytes32(refusal), bytes32(why), "refusal in a batch of signed orders");
                assertEq(OrderId.unwrap(ids[i]), 0, "refused, and rests");
                ++_signedRefused;
            }
        }
        assertEq(from, records.length, "records of the batch");
    }

    function _refusalIn(Vm.Log[] memory logs, SignedOrder memory order) private pure returns (bytes4) {
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IExchangeGateway.SignedOrderRefused.selector) continue;
            if (uint256(logs[i].topics[2]) != order.nonce) continue;
            return bytes4(abi.decode(logs[i].data, (bytes)));
        }
        return 0;
    }

    function _part(BookModel.Record[] memory all, uint256 from, uint256 count)
        private
        pure
        returns (BookModel.Record[] memory part)
    {
        part = new BookModel.Record[](count);
        for (uint256 i; i < count && from + i < all.length; ++i) {
            part[i] = all[from + i];
        }
    }

    /// @dev Mostly by the owner. What is no longer open is passed over.
    function _stepCancelSigned() private {
        if (_placed.length == 0) return;
        uint256 n = _recent();
        uint24 who = _roll(5) == 0 ? _ids[_roll(PEOPLE)] : _owners[n];
        SignedCancel memory cancel =
            SignedCancel(_wallets[who - _ids[0]], _placed[n], _nonce++, uint64(block.timestamp + 1));
        bytes memory signature = _sign(who, gateway.cancelDigest(cancel));
        uint256[] memory serials = new uint256[](1);
        serials[0] = _serials[n];
        bytes memory call = abi.encodeCall(_model.batch, (who, serials, new BookModel.Placing[](0)));
        vm.prank(_stranger);
        try gateway.cancelSigned(cancel, signature) {
            _model.batch(who, serials, new BookModel.Placing[](0));
            ++_signedCancelled;
        } catch (bytes memory reason) {
            ++_signedRefused;
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal of a signed cancel");
        }
    }

    /// @dev Cash, and up to two orders that it may be needed for: all of it or nothing.
    function _stepDepositAndPlace() private {
        uint256 who = _roll(PEOPLE);
        uint256 cents = 1 + _roll(300_000);
        BookModel.Placing[] memory placings = new BookModel.Placing[](_roll(3));
        OrderRequest[] memory requests = new OrderRequest[](placings.length);
        for (uint256 i; i < requests.length; ++i) {
            (placings[i], requests[i]) = _draw(who);
        }
        currency.mint(_wallets[who], cents);
        vm.prank(_wallets[who]);
        currency.approve(address(exchange), cents); // as the permit would: this one is none
        vm.recordLogs();
        vm.prank(_wallets[who]);
        try gateway.depositAndPlace(market, cents, Permit(0, 0, 0, 0), requests) returns (OrderId[] memory placed) {
            BookModel.Record[] memory records = _fillsOf(vm.getRecordedLogs());
            BookModel.Result[] memory results = _model.depositAndPlace(_ids[who], cents, placings);
            _compareRecords(records, _model.records());
            for (uint256 i; i < placed.length; ++i) {
                _compareBatched(placings[i], placed[i], results[i]);
            }
            ++_depositedAndPlaced;
        } catch (bytes memory reason) {
            bytes memory call = abi.encodeCall(_model.depositAndPlace, (_ids[who], cents, placings));
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal of a deposit with orders");
        }
    }

    // ------------------------------------------------------------------ signing

    function _signed(BookModel.Placing memory p) private returns (SignedOrder memory order) {
        order.wallet = _wallets[p.who - _ids[0]];
        order.nonce = _nonce++;
        order.deadline = uint64(block.timestamp);
        OrderTerms memory t = order.terms;
        t.market = market;
        t.side = p.sell ? Side.Sell : Side.Buy;
        t.timeInForce = TimeInForce(p.force);
        t.postOnly = p.postOnly;
        t.selfTrade = SelfTrade(p.selfTrade);
        t.tick = uint16(p.tick);
        t.lots = uint32(p.lots);
        t.minimumLots = uint32(p.minimum);
        t.maximumCost = uint64(p.maximumCost);
        t.maximumFills = p.records == 200 ? 0 : uint16(p.records);
        t.maximumHoles = p.holes == 200 ? 0 : uint16(p.holes);
        t.expiry = p.expiry == 0 ? 0 : uint16(p.expiry - (FIRST_DAY - 1));
        t.maximumLevels = uint16(p.levels);
    }

    function _sign(uint24 who, bytes32 digest) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_keys[who - _ids[0]], digest);
        return abi.encodePacked(r, s, v);
    }
}
