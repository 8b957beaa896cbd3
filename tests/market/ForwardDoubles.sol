// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC20, IERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";

import {ForwardTerms, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";

/// @dev A currency that keeps one part in a hundred of every transfer.
contract LeakyCurrency is ERC20("Leaky", "LKY") {
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) _burn(to, value / 100);
    }
}

/// @dev A currency that its issuer closes to one wallet.
contract BlockingCurrency is ERC20("Blocking", "BLK") {
    address private _refused;

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function refuse(address wallet) external {
        _refused = wallet;
    }

    function _update(address from, address to, uint256 value) internal override {
        require(to != _refused);
        super._update(from, to, value);
    }
}

/// @dev A buyer's wallet that comes back while units arrive.
contract StrikingPayer is IERC1155Receiver {
    IForwardPurchases private immutable FORWARDS;
    uint256 private _id;
    UnitId private _unit;
    bool private _refuses;
    bool private _burns;
    uint256 public succeeded;

    constructor(address forwards) {
        FORWARDS = IForwardPurchases(forwards);
    }

    function approve(IERC20 currency, uint256 amount) external {
        currency.approve(address(FORWARDS), amount);
    }

    function offer(ForwardTerms calldata terms) external returns (uint256) {
        return FORWARDS.offer(terms);
    }

    function refuse() external {
        _refuses = true;
    }

    /// @dev From now on its hook uses up all gas that it is given.
    function burn() external {
        _burns = true;
    }

    function plan(uint256 id, UnitId unit) external {
        (_id, _unit) = (id, unit);
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        require(!_refuses);
        while (_burns) {}
        _try(abi.encodeCall(FORWARDS.end, (_id)));
        _try(abi.encodeCall(FORWARDS.deliver, (_id, _unit, 1)));
        _try(abi.encodeCall(FORWARDS.accept, (_id)));
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return 0;
    }

    function supportsInterface(bytes4) external pure returns (bool) {
        return true;
    }

    function _try(bytes memory data) private {
        (bool done,) = address(FORWARDS).call(data);
        if (done) ++succeeded;
    }
}

/// @dev A currency that is a seller too, and calls in the middle of a transfer to itself or away from the forwards.
contract StrikingCurrency is ERC20("Striking", "STR") {
    IForwardPurchases private immutable FORWARDS;
    IParticipants private immutable REGISTER;
    bytes private _data;
    bool private _striking;
    uint256 public succeeded;

    constructor(IForwardPurchases forwards, IParticipants register) {
        (FORWARDS, REGISTER) = (forwards, register);
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function accept(uint256 id) external {
        _approve(address(this), address(FORWARDS), type(uint256).max);
        FORWARDS.accept(id);
    }

    function approveUnits(IERC1155 units) external {
        units.setApprovalForAll(address(FORWARDS), true);
    }

    function deliverAgain(uint256 id, UnitId unit, uint64 amount) external {
        _data = abi.encodeCall(FORWARDS.deliver, (id, unit, amount));
        FORWARDS.deliver(id, unit, amount);
    }

    function collectAgain() external {
        (ParticipantId own,,) = REGISTER.walletOf(address(this));
        _data =
            abi.encodeCall(FORWARDS.withdrawPayout, (ParticipantId.unwrap(own), uint160(address(this)), address(this)));
        FORWARDS.withdrawPayout(ParticipantId.unwrap(own), uint160(address(this)), address(this));
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external pure returns (bytes4) {
        return this.onERC1155Received.selector;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (from == address(FORWARDS) && !_striking) {
            _striking = true;
            (bool done,) = address(FORWARDS).call(_data);
            _striking = false;
            if (done) ++succeeded;
        }
        super._update(from, to, value);
    }
}
