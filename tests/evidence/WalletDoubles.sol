// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A wallet that is a contract and signs what its one owner signed, as a Safe with one owner does; and can
/// misbehave in any way while it is asked.
contract OwnedWallet {
    enum Mood {
        Honest,
        Refusing,
        Reverting,
        Empty,
        Short,
        Dirty,
        Long,
        Burning,
        Calling
    }

    error OwnedWalletFails();

    address private immutable OWNER;
    Mood private _mood;
    bytes private _call;

    constructor(address owner) {
        OWNER = owner;
    }

    function become(Mood mood) external {
        _mood = mood;
    }

    /// @dev What it calls back while it is asked.
    function plan(bytes calldata data) external {
        (_mood, _call) = (Mood.Calling, data);
    }

    /// @dev Any call, as the owner would send it.
    function act(address target, bytes calldata data) external {
        (bool done,) = target.call(data);
        require(done);
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external returns (bytes4) {
        Mood mood = _mood;
        if (mood == Mood.Refusing) return 0xffffffff;
        if (mood == Mood.Reverting) revert OwnedWalletFails();
        if (mood == Mood.Calling) {
            (bool done,) = msg.sender.call{gas: 200_000}(_call);
            return done ? bytes4(0) : bytes4(0x1626ba7e);
        }
        if (mood != Mood.Honest) _misbehave(mood);
        (bytes32 r, bytes32 s, uint8 v) =
            (bytes32(signature[:32]), bytes32(signature[32:64]), uint8(bytes1(signature[64:])));
        return ecrecover(digest, v, r, s) == OWNER ? bytes4(0x1626ba7e) : bytes4(0xffffffff);
    }

    function _misbehave(Mood mood) private pure {
        bytes32 magic = bytes32(bytes4(0x1626ba7e));
        assembly ("memory-safe") {
            // Behind the magic word, so that a reader of memory that nothing was written to would find it.
            mstore(0, magic)
            switch mood
            case 3 { return(0, 0) } // Empty
            case 4 { return(0, 4) } // Short
            case 5 {
                mstore(0, or(magic, 1)) // Dirty
                return(0, 32)
            }
            case 6 { return(0, 350000) } // Long
            default {
                for {} // Burning
                 1 {} {}
            }
        }
    }
}
