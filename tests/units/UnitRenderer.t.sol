// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {DataUri} from "forge-std/DataUri.sol";
import {LibString} from "solady/utils/LibString.sol";

import {Activity, MethodologyId, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {IERC7572} from "../../interfaces/standards/IERC7572.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {Device, EnergySource, IEnergyCertificatesDevices} from "../../interfaces/units/IEnergyCertificates.sol";
import {BatchTerms} from "../../interfaces/units/IImmobilisation.sol";
import {Batch, BatchStatus, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {CertificateBase} from "./CertificateBase.sol";
import {EnergyBase} from "./EnergyBase.sol";
import {ImmobilisationBase} from "./ImmobilisationBase.sol";
import {UnitsBase} from "./UnitsBase.sol";

/// @dev What wallets read of allowances and of this registry's credits.
contract UnitRendererTest is UnitsBase {
    using DataUri for string;

    function test_uri_namesAnAllowanceByItsVintage() public {
        _issue(alice, 700);
        string memory json = allowances.uri(UnitId.unwrap(allowance)).json();
        assertEq(vm.parseJsonString(json, ".name"), "Emission allowance 2020");
        assertEq(vm.parseJsonUint(json, ".decimals"), 0);
        assertGt(bytes(vm.parseJsonString(json, ".description")).length, 20);
        assertEq(json.attribute("Class"), "Emission allowance");
        assertEq(json.attribute("Measure"), "tCO2e");
        assertEq(json.attribute("Scheme"), "1");
        assertEq(json.attribute("Vintage"), "2020");
        assertEq(json.attribute("Issued"), "700");
        assertEq(json.attribute("In circulation"), "700");
    }

    function test_uri_ofAnIdThatNothingWasIssuedOf_saysWhatTheIdSays() public view {
        string memory json = credits.uri(UnitId.unwrap(_id(2, VINTAGE, 5))).json();
        assertEq(vm.parseJsonString(json, ".name"), "Offset credit 2020, batch 5");
        assertEq(json.attribute("Issued"), "0");
        assertFalse(json.has("Status"));
    }

    function test_uri_hasThePictureOfTheId() public {
        _issue(alice, 700);
        string memory json = allowances.uri(UnitId.unwrap(allowance)).json();
        string memory svg = json.image();
        assertEq(svg, renderer.picture(allowances, allowance));
        _assertShows(svg, '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 ');
        _assertShows(svg, ">2020<");
        _assertShows(svg, ">700<");
        _assertShows(svg, LibString.toHexString(address(allowances)));
        _assertShows(svg, string.concat(">", vm.toString(block.chainid), "<"));
    }

    function test_uri_tellsABatchAsItStands() public {
        UnitId id = _batch(7, 1000, 100_000);
        string memory json = credits.uri(UnitId.unwrap(id)).json();
        assertEq(vm.parseJsonString(json, ".name"), "Offset credit 2020, batch 7");
        assertEq(json.attribute("Batch"), "7");
        assertEq(json.attribute("Status"), "Active");
        assertEq(json.attribute("In the buffer"), "100");
        assertEq(json.attribute("Mitigation"), "Reduction");
        assertEq(json.attribute("Project type"), "Forest");
        assertEq(json.attribute("Host country"), "156");
        assertEq(json.attribute("Project"), "1");
        assertEq(json.attribute("Serial numbers"), "1-0-1-1000");
        assertFalse(json.has("Use"));
        assertFalse(json.has("Registry"));
    }

    function test_uri_followsTheState() public {
        UnitId id = _batch(7, 1000);
        vm.prank(dora);
        issuance.setRetireOnly(id);
        vm.prank(address(batchDesk));
        credits.setBatchStatus(id, BatchStatus.Locked, officer, REASON);
        string memory json = credits.uri(UnitId.unwrap(id)).json();
        assertEq(json.attribute("Status"), "Locked");
        assertEq(json.attribute("Use"), "can only be retired");
        assertFalse(json.has("In the buffer"));
    }

    function test_uri_numbersBatchesAmongTheirKind() public view {
        assertEq(_nameOf(_id(2, VINTAGE, 1 << 61 | 4)), "Offset credit 2020, batch A4");
        assertEq(_nameOf(_id(2, VINTAGE, 1 << 62 | 4)), "Offset credit 2020, batch P4");
        assertEq(_nameOf(_id(2, VINTAGE, 1 << 63 | 4)), "Offset credit 2020, batch R4");
    }

    /// @dev A member without a word would make the answer revert.
    function test_uri_hasAWordForEveryMember() public {
        UnitId id = _batch(7, 1000);
        uint256 raw = UnitId.unwrap(id);
        for (uint256 kind = 0; kind <= uint256(type(ProjectKind).max); ++kind) {
            Activity activity = Activity(kind % 3);
            Traits memory t = Traits(activity, ProjectKind(kind), 4, MethodologyId.wrap(0));
            vm.mockCall(address(issuance), abi.encodeCall(ICreditOrigin.traitsOf, (id)), abi.encode(t));
            assertEq(credits.uri(raw).json().attribute("Host country"), "004");
        }
        for (uint256 status = 0; status <= uint256(type(BatchStatus).max); ++status) {
            Batch memory b = credits.batch(id);
            b.status = BatchStatus(status);
            vm.mockCall(address(credits), abi.encodeCall(IOffsetCredits.batch, (id)), abi.encode(b));
            assertTrue(credits.uri(raw).json().has("Status"));
        }
    }

    function test_contractURI_tellsTheClass() public view {
        string memory json = IERC7572(address(allowances)).contractURI().json();
        assertEq(vm.parseJsonString(json, ".name"), "Emission allowances");
        assertGt(bytes(vm.parseJsonString(json, ".description")).length, 20);
        _assertShows(json.image(), LibString.toHexString(address(allowances)));
        assertEq(vm.parseJsonString(IERC7572(address(credits)).contractURI().json(), ".name"), "Offset credits");
    }

    function _nameOf(UnitId id) private view returns (string memory) {
        return vm.parseJsonString(credits.uri(UnitId.unwrap(id)).json(), ".name");
    }

    function _assertShows(string memory text, string memory part) private pure {
        if (!LibString.contains(text, part)) assertEq(text, part);
    }
}

/// @dev Energy credits by series.
contract UnitRendererSeriesTest is EnergyBase {
    using DataUri for string;

    function test_uri_tellsASeries() public {
        _found();
        _grantTo(alice, 30);
        string memory json = energy.uri(UnitId.unwrap(series)).json();
        assertEq(
            vm.parseJsonString(json, ".name"),
            string.concat("Energy credit ", json.attribute("Vintage"), ", series ", json.attribute("Series"))
        );
        assertEq(json.attribute("Measure"), "micro-credit");
        assertEq(json.attribute("Valid until"), "2022-02-01 00:00:00 UTC");
        assertEq(json.attribute("Issued"), "30");
        assertEq(vm.parseJsonString(IERC7572(address(energy)).contractURI().json(), ".name"), "Energy credits");
    }
}

/// @dev Certificates by device and hour.
contract UnitRendererHourTest is CertificateBase {
    using DataUri for string;

    function test_uri_tellsAnHour() public {
        _found();
        UnitId id = _certified(HOUR, 1, 4000);
        string memory json = certificates.uri(UnitId.unwrap(id)).json();
        string memory until = json.attribute("Hour until");
        assertTrue(LibString.endsWith(vm.parseJsonString(json, ".name"), until));
        assertEq(json.attribute("Device"), "1");
        assertEq(json.attribute("Source"), "Wind");
        assertEq(json.attribute("Measure"), "Wh");
        assertEq(json.attribute("Issued"), "4000");
        assertEq(
            vm.parseJsonString(IERC7572(address(certificates)).contractURI().json(), ".name"), "Energy certificates"
        );
    }

    function test_uri_hasAWordForEverySourceThatIsCertified() public {
        _found();
        UnitId id = _certified(HOUR, 1, 4000);
        for (uint256 source = 0; source <= uint256(EnergySource.Marine); ++source) {
            Device memory d = certificates.device(farm);
            d.energy = EnergySource(source);
            vm.mockCall(address(certificates), abi.encodeCall(IEnergyCertificatesDevices.device, (farm)), abi.encode(d));
            assertTrue(certificates.uri(UnitId.unwrap(id)).json().has("Source"));
        }
    }
}

/// @dev Texts of strangers: credits of other registries.
contract UnitRendererStrangersTest is ImmobilisationBase {
    using DataUri for string;

    uint256 private constant MOST = 16_000;
    uint64 private _last;

    function test_uri_tellsTheRegistryOfOriginAndItsProject() public {
        _immobilise(1, 40, 0);
        string memory json = credits.uri(UnitId.unwrap(forest)).json();
        assertEq(vm.parseJsonString(json, ".name"), "Offset credit 2020, batch R1");
        assertEq(json.attribute("Registry"), "VERRA");
        assertEq(json.attribute("Project"), "2498");
        assertEq(json.attribute("Methodology"), "VM0015");
        assertEq(json.attribute("Host country"), "600");
        assertEq(json.attribute("Serial numbers"), "2-0-1-40");
    }

    function test_uri_showsFourBlocksAndCountsTheRest() public {
        for (uint64 i = 0; i < 6; ++i) {
            _immobilise(10 * i + 1, 10 * i + 9, i == 0 ? 0 : 10 * i - 9);
        }
        string memory json = credits.uri(UnitId.unwrap(forest)).json();
        assertEq(json.attribute("Further blocks"), "2");
        assertTrue(LibString.contains(json.image(), ">2-0-31-39<"));
        assertFalse(LibString.contains(json.image(), ">2-0-41-49<"));
    }

    function test_uri_hostileNamesStayNames() public {
        string memory project = '"},{"trait_type":"Issued","value":"9"},{"x":"\\';
        string memory method = "</text><script>alert('x')</script>&\"";
        string memory json = _uriOf(project, method).json();
        assertEq(json.attribute("Project"), project);
        assertEq(json.attribute("Methodology"), method);
        assertEq(json.attribute("Issued"), "10");
        string memory svg = json.image();
        assertFalse(LibString.contains(svg, "<script"));
        assertTrue(LibString.contains(svg, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;"));
    }

    function test_uri_hidesWhatIsNoTextOrTurnsTheReading() public {
        string memory json = _uriOf(string(bytes(hex"41ff42")), unicode"\u202Eevil\u0000\u000A").json();
        assertEq(bytes(json.attribute("Project")), bytes(unicode"A\uFFFDB"));
        assertEq(json.attribute("Methodology"), unicode"\uFFFDevil\uFFFD\uFFFD");
        assertTrue(LibString.contains(json.image(), unicode">\uFFFDevil\uFFFD\uFFFD<"));
    }

    /// @dev The longest texts, of what grows most when escaped.
    function test_uri_isBounded() public {
        assertLt(bytes(_uriOf(_repeat('"', 64), _repeat('"', 200))).length, MOST);
        assertLt(bytes(_uriOf(_repeat(string(bytes(hex"ff")), 64), _repeat(string(bytes(hex"ff")), 200))).length, MOST);
    }

    function testFuzz_uri_isReadByAParser(bytes memory project, bytes memory method) public {
        if (project.length == 0) project = "-";
        string memory json = _uriOf(_first(project, 64), _first(method, 200)).json();
        assertTrue(json.has("Project"));
        assertEq(json.attribute("Issued"), "10");
        assertTrue(LibString.endsWith(json.image(), "</svg>"));
    }

    function _uriOf(string memory project, string memory method) private returns (string memory) {
        BatchTerms memory terms = _terms(verra);
        (terms.project, terms.methodologyText) = (project, method);
        vm.startPrank(officer);
        UnitId id = desk.openBatch(terms);
        uint64 before = _last == 0 ? 0 : _last - 10; // the block before it
        desk.immobilise(_lodging(id, 0, _last + 1, _last + 10), alice, before);
        vm.stopPrank();
        _last += 11;
        return credits.uri(UnitId.unwrap(id));
    }

    function _first(bytes memory text, uint256 most) private pure returns (string memory) {
        if (text.length > most) {
            assembly ("memory-safe") {
                mstore(text, most) // shortens it
            }
        }
        return string(text);
    }

    function _repeat(string memory text, uint256 times) private pure returns (string memory) {
        return LibString.repeat(text, times);
    }
}
