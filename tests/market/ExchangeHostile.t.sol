// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {IExchange, IExchangeCore} from "../../interfaces/market/IExchange.sol";
import {MarketConfig} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev A currency that calls its holder back in the middle of a transfer, as ERC-777 did.
contract CallingCurrency is ERC20("Calling", "CALL") {
    address private _called;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function callBack(address who) external {
        _called = who;
    }

    function decimals() public pure override returns (uint8) {
        return 2;
    }

    function _update(address from, address to, uint256 amount) internal override {
        if (_called != address(0) && from != address(0)) HostileWallet(_called).whileMoving();
        super._update(from, to, amount);
    }
}

/// @dev A currency that says it paid and does not, or that says no without reverting.
contract LyingCurrency is ERC20("Lying", "LIE") {
    bool private immutable ANSWER;

    constructor(bool answer) {
        ANSWER = answer;
    }

    function transferFrom(address, address, uint256) public view override returns (bool) {
        return ANSWER;
    }
}

/// @dev A wallet that uses every way back into the Exchange that a transfer gives it.
contract HostileWallet is ERC1155Holder {
    IExchange private immutable EXCHANGE;
    MarketId private immutable MARKET;
    bytes[] private _calls;
    uint256 public succeeded;
    bytes public lastAnswer;

    constructor(IExchange exchange, MarketId market) {
        EXCHANGE = exchange;
        MARKET = market;
    }

    function plan(bytes calldata data) external {
        _calls.push(data);
    }

    function run(bytes calldata data) external {
        (bool ok, bytes memory answer) = address(EXCHANGE).call(data);
        lastAnswer = answer;
        require(ok, "refused");
    }

    function approve(ERC20 currency, uint256 amount) external {
        currency.approve(address(EXCHANGE), amount);
    }

    function whileMoving() public {
        while (_calls.length != 0) {
            bytes memory data = _calls[_calls.length - 1];
            _calls.pop();
            (bool ok, bytes memory answer) = address(EXCHANGE).call(data);
            if (ok) ++succeeded;
            else lastAnswer = answer;
        }
    }

    function onERC1155Received(address, address, uint256, uint256, bytes memory) public override returns (bytes4) {
        whileMoving();
        return this.onERC1155Received.selector;
    }
}

/// @dev Tokens and wallets that come back in the middle of a call gain nothing by it.
contract ExchangeHostileTest is MarketBase {
    UnitId private constant OTHER = UnitId.wrap((uint256(2) << 96) | (uint256(1) << 80) | 7);

    HostileWallet private wallet;
    uint24 private id;

    function _arm() private {
        wallet = new HostileWallet(exchange, market);
        id = ++lastParticipant;
        participants.add(id, address(wallet), ALL_RIGHTS);
    }

    function _withCalling(CallingCurrency calling) private returns (MarketConfig memory c) {
        c = _config();
        vm.prank(officer);
        market = exchange.createMarket(OTHER, SCHEME, address(calling), c);
    }

    function test_withdrawUnits_toAWalletThatWithdrawsAgain() public {
        _arm();
        (, address other) = _trader("other", 500, 0);
        units.mint(address(wallet), UnitId.unwrap(UNIT), 100);
        vm.prank(address(wallet));
        units.safeTransferFrom(address(wallet), address(exchange), UnitId.unwrap(UNIT), 100, "");
        bytes memory out = abi.encodeCall(IExchangeCore.withdrawUnits, (market, 100, address(wallet)));
        wallet.plan(out);
        wallet.run(out);
        assertEq(wallet.succeeded(), 0, "the lots had left the account before the units left");
        assertEq(units.balanceOf(address(wallet), UnitId.unwrap(UNIT)), 100);
        assertEq(units.balanceOf(address(exchange), UnitId.unwrap(UNIT)), 500);
        assertEq(exchange.marketAssets(market).lots, 500);
        vm.prank(other);
        exchange.withdrawUnits(market, 500, other);
    }

    function test_withdrawUnits_toAWalletThatSellsWhatIsLeaving() public {
        _arm();
        _open(FIRST_DAY);
        units.mint(address(wallet), UnitId.unwrap(UNIT), 100);
        vm.prank(address(wallet));
        units.safeTransferFrom(address(wallet), address(exchange), UnitId.unwrap(UNIT), 100, "");
        wallet.plan(abi.encodeCall(IExchangeCore.place, (_order(SELL, 4_800, 1, DAY_ORDER))));
        wallet.run(abi.encodeCall(IExchangeCore.withdrawUnits, (market, 100, address(wallet))));
        assertEq(wallet.succeeded(), 0);
        (, uint16 ask) = lens.best(market);
        assertEq(ask, 0);
    }

    function test_withdrawCash_inACurrencyThatCallsBack() public {
        CallingCurrency calling = new CallingCurrency();
        _withCalling(calling);
        _arm();
        _fund(calling, makeAddr("victim"), ++lastParticipant, 1_000);
        calling.mint(address(wallet), 1_000);
        wallet.approve(calling, 1_000);
        wallet.run(abi.encodeCall(IExchangeCore.depositCash, (market, 1_000)));
        calling.callBack(address(wallet));
        bytes memory out = abi.encodeCall(IExchangeCore.withdrawCash, (market, 1_000, address(wallet)));
        wallet.plan(out);
        wallet.plan(out);
        wallet.run(out);
        assertEq(wallet.succeeded(), 0);
        assertEq(calling.balanceOf(address(wallet)), 1_000);
        assertEq(calling.balanceOf(address(exchange)), 1_000, "the victim's");
        assertEq(exchange.marketAssets(market).cash, 100_000);
    }

    function test_depositCash_cannotBeSpentAndTakenBackOnTheWay() public {
        CallingCurrency calling = new CallingCurrency();
        _withCalling(calling);
        _arm();
        _fund(calling, makeAddr("victim"), ++lastParticipant, 1_000);
        calling.mint(address(wallet), 400);
        wallet.approve(calling, 400);
        calling.callBack(address(wallet));
        // Credited, not yet paid: taken out at once, then paid all the same.
        wallet.plan(abi.encodeCall(IExchangeCore.withdrawCash, (market, 400, address(wallet))));
        wallet.run(abi.encodeCall(IExchangeCore.depositCash, (market, 400)));
        assertEq(wallet.succeeded(), 1);
        assertEq(calling.balanceOf(address(wallet)), 400);
        assertEq(calling.balanceOf(address(exchange)), 1_000);
        assertEq(exchange.marketAssets(market).cash, 100_000);
        assertEq(exchange.account(ParticipantId.wrap(id), market).cash, 0);
    }

    function test_depositCash_revertsWhenTheCurrencySaysNo() public {
        LyingCurrency lying = new LyingCurrency(false);
        vm.prank(officer);
        MarketId theirs = exchange.createMarket(OTHER, SCHEME, address(lying), _config());
        (, address someone) = _join("someone");
        vm.prank(someone);
        vm.expectRevert();
        exchange.depositCash(theirs, 100);
    }

    /// @dev Whoever admits a currency that lies ruins that market, and no other.
    function test_depositCash_aLyingCurrencyReachesItsOwnMarketOnly() public {
        (, address honest) = _trader("honest", 0, 1_000);
        LyingCurrency lying = new LyingCurrency(true);
        vm.prank(officer);
        MarketId theirs = exchange.createMarket(OTHER, SCHEME, address(lying), _config());
        (, address thief) = _join("thief");
        vm.startPrank(thief);
        exchange.depositCash(theirs, 1_000);
        vm.expectRevert();
        exchange.moveCash(theirs, market, 100_000);
        vm.expectRevert();
        exchange.withdrawCash(theirs, 1_000, thief);
        vm.stopPrank();
        vm.prank(honest);
        exchange.withdrawCash(market, 1_000, honest);
        assertEq(currency.balanceOf(honest), 1_000);
    }

    function test_onERC1155Received_ordersOfADepositCannotComeFromAnother() public {
        _open(FIRST_DAY);
        (, address honest) = _join("honest");
        _arm();
        units.mint(honest, UnitId.unwrap(UNIT), 10);
        vm.prank(honest);
        units.setApprovalForAll(address(wallet), true);
        bytes memory order = abi.encode(OrderRequest.unwrap(_order(SELL, 4_800, 10, DAY_ORDER)));
        vm.prank(address(wallet));
        vm.expectRevert();
        units.safeTransferFrom(honest, address(exchange), UnitId.unwrap(UNIT), 10, order);
    }

    function _fund(CallingCurrency calling, address who, uint24 participant, uint256 cents) private {
        participants.add(participant, who, ALL_RIGHTS);
        calling.mint(who, cents);
        vm.startPrank(who);
        calling.approve(address(exchange), cents);
        exchange.depositCash(market, cents);
        vm.stopPrank();
    }
}
