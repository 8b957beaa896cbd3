// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {Quote} from "../../interfaces/market/IExchangeLens.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {BookComparison} from "./BookComparison.sol";
import {BookModel} from "./BookModel.sol";

/// @dev Random orders of every kind, singly and in batches, and cancels: each to the Exchange and to the model.
abstract contract OrderOperations is BookComparison {
    function _stepPlace() internal {
        (BookModel.Placing memory p, OrderRequest request) = _draw(_roll(PEOPLE));
        Quote memory quote = lens.quote(request, ParticipantId.wrap(p.who));
        vm.recordLogs();
        vm.prank(_wallets[p.who - _ids[0]]);
        try exchange.place(request) returns (OrderId id, uint256 filled, uint256 cash) {
            BookModel.Record[] memory records = _fillsOf(vm.getRecordedLogs());
            BookModel.Result memory r = _model.place(p);
            assertEq(filled, r.filled, "filled");
            assertEq(cash, r.cash, "cash moved");
            _compareRecords(records, _model.records());
            _countOld(records, !p.sell);
            _compareRest(p, id, r);
            assertEq(quote.refusal.length, 0, "quote refuses");
            assertEq(quote.filled, filled, "quote filled");
            assertEq(quote.cash, cash, "quote cash");
            assertEq(quote.rests != 0, r.rests, "quote rests");
        } catch (bytes memory reason) {
            ++_refused;
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(abi.encodeCall(_model.place, (p)))), "refusal");
            assertEq(keccak256(quote.refusal), keccak256(reason), "refusal of the quote");
        }
    }

    function _compareRest(BookModel.Placing memory p, OrderId id, BookModel.Result memory r) internal {
        assertEq(OrderId.unwrap(id) != 0, r.rests, "rests");
        if (!r.rests) return;
        assertEq(OrderId.unwrap(id) & 0xffffff, r.index, "index");
        uint256 lastDay = p.force == 0 ? _model.localDay() : p.force == 4 ? p.expiry : 0;
        assertEq(lens.lastDayOf(id), lastDay, "last day");
        _placed.push(id);
        _owners.push(p.who);
        _serials.push(r.serial);
        _placedOn[_placeInQueue(p.sell, p.tick, r.index)] = _model.localDay();
    }

    /// @dev An order with any choice of kinds, caps and limits, near the last price.
    function _draw(uint256 who) internal returns (BookModel.Placing memory p, OrderRequest) {
        p.who = _ids[who];
        p.sell = _roll(2) == 0;
        uint256 middle = _model.last();
        p.tick = _roll(50) == 0 ? _roll(57_599) : middle + _roll(13) - 6;
        p.lots = _roll(60) == 0 ? _roll(200_000) : 1 + _roll(_roll(2) == 0 ? 3 : 40); // small ones make long queues
        if (_roll(8) == 0) {
            // Far into the other side.
            p.tick = p.sell ? middle - 6 : middle + 6;
            p.lots = 20 + _roll(60);
        }
        p.force = _force();
        if (p.force == 4) p.expiry = _model.localDay() + _roll(5) - (_roll(8) == 0 ? 1 : 0);
        p.postOnly = p.force != 1 && p.force != 2 && _roll(8) == 0;
        p.selfTrade = _roll(3);
        p.records = _roll(4) == 0 ? 1 + _roll(3) : 200;
        p.holes = _roll(4) == 0 ? 1 + _roll(2) : 200;
        p.levels = _roll(4) == 0 ? 1 + _roll(3) : 0;
        p.minimum = _roll(12) == 0 ? 1 + _roll(p.lots + 1) : 0;
        p.maximumCost = !p.sell && _roll(6) == 0 ? (1 + _roll(p.lots + 1)) * p.tick * 100 + _roll(10_000) : 0;
        if (p.maximumCost >> 52 != 0) p.maximumCost = 0;
        return (p, _request(p));
    }

    function _force() internal returns (uint256) {
        uint256 dice = _roll(20);
        if (dice < 6) return 1;
        if (dice < 8) return 2;
        if (_lasts()) return dice < 11 ? 0 : dice < 16 ? 3 : 4;
        return dice < 19 ? 0 : 3 + _roll(2); // refused
    }

    function _request(BookModel.Placing memory p) internal view returns (OrderRequest) {
        OrderRequest request = _order(p.sell ? SELL : BUY, p.tick, p.lots, p.force);
        uint256 records = p.records == 200 ? 0 : p.records;
        uint256 holes = p.holes == 200 ? 0 : p.holes;
        uint256 expiry = p.expiry == 0 ? 0 : p.expiry - (FIRST_DAY - 1);
        return _with(
            request,
            (p.postOnly ? POST_ONLY : 0) | (p.selfTrade << 69) | (records << 72) | (holes << 84) | (p.minimum << 96)
                | (p.maximumCost << 128) | (expiry << 180) | (p.levels << 192)
        );
    }

    /// @dev Cancels and orders of one participant in one call: all of it or nothing. One of each is a replacement.
    function _stepBatch() internal {
        uint256 who = _roll(PEOPLE);
        uint256 cancels = _placed.length == 0 ? 0 : _roll(3);
        uint256[] memory serials = new uint256[](cancels);
        OrderId[] memory ids = new OrderId[](cancels);
        for (uint256 i; i < cancels; ++i) {
            uint256 n = _recent();
            for (uint256 tries; tries < 6 && _owners[n] != _ids[who]; ++tries) {
                n = _recent();
            }
            (ids[i], serials[i]) = (_placed[n], _serials[n]);
        }
        BookModel.Placing[] memory placings = new BookModel.Placing[](_roll(4));
        OrderRequest[] memory requests = new OrderRequest[](placings.length);
        for (uint256 i; i < requests.length; ++i) {
            (placings[i], requests[i]) = _draw(who);
        }
        bytes memory call = abi.encodeCall(_model.batch, (_ids[who], serials, placings));
        vm.recordLogs();
        vm.prank(_wallets[who]);
        try exchange.batch(ids, requests) returns (OrderId[] memory placed) {
            ++_batches;
            BookModel.Record[] memory records = _fillsOf(vm.getRecordedLogs());
            BookModel.Result[] memory results = _model.batch(_ids[who], serials, placings);
            _compareRecords(records, _model.records());
            for (uint256 i; i < placed.length; ++i) {
                _compareBatched(placings[i], placed[i], results[i]);
            }
        } catch (bytes memory reason) {
            ++_refused;
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal of the batch");
        }
    }

    /// @dev A later order of the same batch may have met it already.
    function _compareBatched(BookModel.Placing memory p, OrderId id, BookModel.Result memory r) internal {
        assertEq(OrderId.unwrap(id) != 0, r.rests, "rests");
        if (!r.rests) return;
        assertEq(OrderId.unwrap(id) & 0xffffff, r.index, "index");
        _placed.push(id);
        _owners.push(p.who);
        _serials.push(r.serial);
        _placedOn[_placeInQueue(p.sell, p.tick, r.index)] = _model.localDay();
    }

    /// @dev Mostly one of the last 25.
    function _recent() internal returns (uint256) {
        uint256 back = _roll(_roll(3) == 0 ? _placed.length : _placed.length < 25 ? _placed.length : 25);
        return _placed.length - 1 - back;
    }

    function _stepCancel() internal {
        if (_placed.length == 0) return;
        // Mostly by its owner.
        uint256 n = _recent();
        (uint256 before, uint256 oldest) = _model.expired();
        if (before != 0 && _roll(2) == 0) n = oldest - 1; // serial numbers begin with 1
        OrderId id = _placed[n];
        uint256 who = _roll(5) == 0 ? _roll(PEOPLE) : _owners[n] - _ids[0];
        vm.prank(_wallets[who]);
        try exchange.cancel(id) {
            _model.cancel(_ids[who], _serials[n]);
            (uint256 left,) = _model.expired();
            _expired += before - left;
        } catch (bytes memory reason) {
            ++_refused;
            bytes memory call = abi.encodeCall(_model.cancel, (_ids[who], _serials[n]));
            assertEq(bytes32(bytes4(reason)), bytes32(_modelRefusal(call)), "refusal to cancel");
        }
    }
}
