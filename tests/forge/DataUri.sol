// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Base64} from "solady/utils/Base64.sol";
import {LibString} from "solady/utils/LibString.sol";

import {Vm} from "./Vm.sol";

/// @dev Reads metadata as a wallet does: the data URI, the JSON in it, the picture in that.
library DataUri {
    Vm private constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    string private constant JSON = "data:application/json;base64,";
    string private constant SVG = "data:image/svg+xml;base64,";

    function json(string memory uri) internal pure returns (string memory) {
        return _decoded(uri, JSON);
    }

    /// @dev The picture of a document of {json}.
    function image(string memory document) internal pure returns (string memory) {
        return _decoded(vm.parseJsonString(document, ".image"), SVG);
    }

    /// @dev Value of the first attribute of a name; reverts where there is none.
    function attribute(string memory document, string memory trait) internal view returns (string memory) {
        for (uint256 i = 0;; ++i) {
            string memory at = string.concat(".attributes[", vm.toString(i), "]");
            require(vm.keyExistsJson(document, at), trait);
            if (LibString.eq(vm.parseJsonString(document, string.concat(at, ".trait_type")), trait)) {
                return vm.parseJsonString(document, string.concat(at, ".value"));
            }
        }
    }

    function has(string memory document, string memory trait) internal view returns (bool) {
        for (uint256 i = 0;; ++i) {
            string memory at = string.concat(".attributes[", vm.toString(i), "]");
            if (!vm.keyExistsJson(document, at)) return false;
            if (LibString.eq(vm.parseJsonString(document, string.concat(at, ".trait_type")), trait)) return true;
        }
    }

    function _decoded(string memory uri, string memory head) private pure returns (string memory) {
        require(LibString.startsWith(uri, head), uri);
        return string(Base64.decode(LibString.slice(uri, bytes(head).length)));
    }
}
