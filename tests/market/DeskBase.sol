// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MarketRules} from "../../interfaces/market/IExchangeBase.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MarketBase} from "./MarketBase.sol";

/// @dev A market with China's rules for block trades, and two participants who know each other.
abstract contract DeskBase is MarketBase {
    uint256 internal constant LOTS = 400_000;
    uint256 internal constant CENTS = 4_000_000_000; // 40m yuan

    uint24 internal sellerId;
    uint24 internal buyerId;
    address internal seller;
    address internal buyer;
    uint256 internal sellerKey;
    uint256 internal buyerKey;

    function setUp() public virtual override {
        super.setUp();
        (seller, sellerKey) = makeAddrAndKey("seller");
        (buyer, buyerKey) = makeAddrAndKey("buyer");
        (sellerId,) = _trader("seller", LOTS, 100);
        (buyerId,) = _trader("buyer", 1_000, CENTS);
    }

    function _rules() internal view virtual override returns (MarketRules memory r) {
        r = super._rules();
        r.blockMinimumLots = 100_000;
        r.blockBandPpm = 300_000;
        r.blockSession = [52, 60]; // 13:00 to 15:00
    }

    /// @dev Opens a trading day and goes to two in the afternoon.
    function _afternoon(uint256 day) internal {
        _open(day);
        vm.warp(day * 1 days - LOCAL + 14 hours);
    }

    function _id(uint24 id) internal pure returns (ParticipantId) {
        return ParticipantId.wrap(id);
    }
}

/// @dev A contract wallet that says yes to one hash, or to everything.
contract ContractWallet {
    bytes32 public allowed;
    bool public agreesToAll;

    function allow(bytes32 hash) external {
        allowed = hash;
    }

    function agreeToAll() external {
        agreesToAll = true;
    }

    function isValidSignature(bytes32 hash, bytes calldata) external view returns (bytes4) {
        return agreesToAll || hash == allowed ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @dev A wallet that comes back into the desk while it is asked for its signature, then says yes.
contract HostileWallet {
    address private immutable TARGET;
    bytes private _call;
    uint256 public calls;

    constructor(address target) {
        TARGET = target;
    }

    function prepare(bytes calldata call) external {
        _call = call;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        ++calls; // refused: nobody may write while a signature is checked
        (bool done,) = TARGET.call(_call);
        require(done);
        return this.isValidSignature.selector;
    }
}

/// @dev As {HostileWallet}, without writing anything itself: only the desk's own refusal is in its way.
contract ReentrantWallet {
    address private immutable TARGET;
    bytes private _call;

    constructor(address target) {
        TARGET = target;
    }

    function prepare(bytes calldata call) external {
        _call = call;
    }

    function isValidSignature(bytes32, bytes calldata) external returns (bytes4) {
        (bool done,) = TARGET.call(_call);
        require(!done, "it let me in");
        return this.isValidSignature.selector;
    }
}

/// @dev A wallet that answers a question with far more bytes than it was asked for, the right ones first.
contract VerboseWallet {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        bytes32 word = bytes32(this.isValidSignature.selector);
        assembly ("memory-safe") {
            mstore(0, word)
            return(0, 100000)
        }
    }
}
