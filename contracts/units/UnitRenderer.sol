// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {LibString} from "solady/utils/LibString.sol";

import {ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {DeviceId} from "../../interfaces/types/MeterTypes.sol";
import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {IEnergyCertificates} from "../../interfaces/units/IEnergyCertificates.sol";
import {IEnergyCredits, Series} from "../../interfaces/units/IEnergyCredits.sol";
import {BatchTerms, IImmobilisationWhole} from "../../interfaces/units/IImmobilisation.sol";
import {Batch, IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {IUnitRenderer} from "../../interfaces/units/IUnitRenderer.sol";
import {IsoDate} from "../lib/IsoDate.sol";
import {SafeText} from "../lib/SafeText.sol";
import {SvgSheet} from "../lib/SvgSheet.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {UnitWords} from "./lib/UnitWords.sol";

/// @title UnitRenderer
/// @notice JSON and picture of every class of units; see {IUnitRenderer}.
/// @dev Assumes that the unit contract and the issuers that it names are this project's own; another's answers spoil nothing but
/// their own metadata.
contract UnitRenderer is IUnitRenderer {
    using SvgSheet for SvgSheet.Sheet;

    /// @dev Blocks of serial numbers that are shown; a batch has 32 at most.
    uint256 private constant MAX_BLOCKS = 4;
    /// @dev Members of {BatchStatus}, {Activity}, {ProjectKind} and {EnergySource}, in their order.
    string private constant STATUS = "None|Active|Locked|Invalidated|Ex ante";
    string private constant ACTIVITIES = "None|Reduction|Removal";
    string private constant KINDS = "None|Forest|Wind|Efficiency|Renewable|Waste|Land|Transport|Industry|Other";
    string private constant SOURCES = "None|Solar|Wind|Hydro|Biomass|Geothermal|Marine";

    /// @dev Facts of an id, as far as they are said: each stands in the attributes and in the picture.
    struct Card {
        bytes attributes;
        SvgSheet.Sheet sheet;
    }

    /// @inheritdoc IUnitRenderer
    function uri(IUnit1155 units, UnitId id) external view returns (string memory) {
        Card memory c = _cardOf(units, id);
        bytes memory json = abi.encodePacked(
            '{"name":"',
            _nameOf(id),
            '","description":"',
            _describe(UnitIdLib.classOf(id)),
            '","decimals":0,"attributes":[',
            c.attributes
        );
        return _asData(abi.encodePacked(json, "],", _image(c.sheet.framed()), "}"));
    }

    /// @inheritdoc IUnitRenderer
    function contractURI(IUnit1155 units) external view returns (string memory) {
        uint8 class = units.unitClass();
        (string memory name, string memory measure) = UnitWords.forClass(class);
        SvgSheet.Sheet memory s = SvgSheet.headed("Units of one class", string.concat(name, "s"), _oneUnit(measure));
        _end(s, units);
        return _asData(
            abi.encodePacked('{"name":"', name, 's","description":"', _describe(class), '",', _image(s.framed()), "}")
        );
    }

    /// @inheritdoc IUnitRenderer
    function picture(IUnit1155 units, UnitId id) external view returns (string memory) {
        return _cardOf(units, id).sheet.framed();
    }

    /* FACTS */

    function _cardOf(IUnit1155 units, UnitId id) private view returns (Card memory c) {
        uint8 class = UnitIdLib.classOf(id);
        (string memory name, string memory measure) = UnitWords.forClass(class);
        c.sheet = SvgSheet.headed(name, _titleOf(id), _oneUnit(measure));
        _first(c, "Class", name);
        _add(c, "Measure", measure);
        _add(c, "Scheme", Strings.toString(SchemeId.unwrap(UnitIdLib.schemeOf(id))));
        _add(c, "Vintage", Strings.toString(UnitIdLib.vintageOf(id)));

        uint256 issued = units.issuedOf(id);
        if (class == UnitIdLib.ENERGY_CERTIFICATE) _addHour(c, id);
        if (issued != 0) {
            if (class == UnitIdLib.OFFSET_CREDIT) _addBatch(c, IOffsetCredits(address(units)), id);
            if (class == UnitIdLib.ENERGY_CREDIT) _addSeries(c, IEnergyCredits(address(units)), id);
            if (class == UnitIdLib.ENERGY_CERTIFICATE) _addDevice(c, IEnergyCertificates(address(units)), id);
        }
        _add(c, "Issued", Strings.toString(issued));
        _add(c, "In circulation", Strings.toString(units.totalSupply(id)));
        _end(c.sheet, units);
    }

    function _addBatch(Card memory c, IOffsetCredits credits, UnitId id) private view {
        Batch memory b = credits.batch(id);
        _add(c, "Batch", _batchName(id));
        _add(c, "Status", _pick(STATUS, uint256(b.status)));
        if (b.retireOnly) _add(c, "Use", "can only be retired");
        uint256 buffer = credits.balanceOf(address(credits), UnitId.unwrap(id));
        if (buffer != 0) _add(c, "In the buffer", Strings.toString(buffer));

        (address issuer,) = credits.originOf(id);
        Traits memory t = ICreditOrigin(issuer).traitsOf(id);
        _add(c, "Mitigation", _pick(ACTIVITIES, uint256(t.activity)));
        _add(c, "Project type", _pick(KINDS, uint256(t.kind)));
        _add(c, "Host country", _country(t.hostCountry));
        if (BatchNumbers.isImmobilised(id)) _addOrigin(c, IImmobilisationWhole(issuer), id);
        else _add(c, "Project", Strings.toString(ProjectId.unwrap(ICreditOrigin(issuer).projectOf(id))));
        for (uint256 i = 0; i < b.blocks.length && i < MAX_BLOCKS; ++i) {
            _add(c, "Serial numbers", UnitWords.serials(b.blocks[i]));
        }
        if (b.blocks.length > MAX_BLOCKS) {
            _add(c, "Further blocks", Strings.toString(b.blocks.length - MAX_BLOCKS));
        }
    }

    /// @dev Texts as the officers of the other registry's border wrote them.
    function _addOrigin(Card memory c, IImmobilisationWhole origin, UnitId id) private view {
        BatchTerms memory terms = origin.termsOf(id);
        _addText(c, "Registry", origin.registryOf(terms.registry).name);
        _addText(c, "Project", terms.project);
        _addText(c, "Methodology", terms.methodologyText);
    }

    function _addSeries(Card memory c, IEnergyCredits credits, UnitId id) private view {
        Series memory s = credits.seriesOf(id);
        _add(c, "Series", Strings.toString(UnitIdLib.batchOf(id)));
        _add(c, "Issuer", Strings.toString(ParticipantId.unwrap(s.issuer)));
        _add(c, "Valid until", _moment(s.expiry));
    }

    function _addHour(Card memory c, UnitId id) private pure {
        _add(c, "Device", Strings.toString(DeviceId.unwrap(BatchNumbers.deviceOf(id))));
        _add(c, "Hour until", _moment(BatchNumbers.hourEndOf(id)));
    }

    function _addDevice(Card memory c, IEnergyCertificates certificates, UnitId id) private view {
        _add(c, "Source", _pick(SOURCES, uint256(certificates.device(BatchNumbers.deviceOf(id)).energy)));
        _add(c, "Valid until", _moment(certificates.expiryOf(id)));
    }

    /// @dev Where the units are, last in every picture.
    function _end(SvgSheet.Sheet memory s, IUnit1155 units) private view {
        s.row("Contract", Strings.toHexString(uint256(uint160(address(units))), 20));
        s.row("Chain", Strings.toString(block.chainid));
    }

    function _first(Card memory c, string memory trait, string memory value) private pure {
        c.attributes = abi.encodePacked('{"trait_type":"', trait, '","value":"', value, '"}');
    }

    /// @param value of this contract: safe in both
    function _add(Card memory c, string memory trait, string memory value) private pure {
        c.sheet.row(trait, value);
        _attribute(c, trait, value);
    }

    /// @param value of a stranger
    function _addText(Card memory c, string memory trait, string memory value) private pure {
        c.sheet.words(trait, value);
        _attribute(c, trait, SafeText.json(value));
    }

    function _attribute(Card memory c, string memory trait, string memory value) private pure {
        c.attributes = abi.encodePacked(c.attributes, ',{"trait_type":"', trait, '","value":"', value, '"}');
    }

    /* WORDS */

    function _nameOf(UnitId id) private pure returns (string memory name) {
        (name,) = UnitWords.forClass(UnitIdLib.classOf(id));
        return string.concat(name, " ", _titleOf(id));
    }

    /// @dev What tells an id from its neighbours: the vintage, and within it batch, series, or device and hour.
    function _titleOf(UnitId id) private pure returns (string memory) {
        uint8 class = UnitIdLib.classOf(id);
        string memory vintage = Strings.toString(UnitIdLib.vintageOf(id));
        if (class == UnitIdLib.OFFSET_CREDIT) return string.concat(vintage, ", batch ", _batchName(id));
        if (class == UnitIdLib.ENERGY_CREDIT) {
            return string.concat(vintage, ", series ", Strings.toString(UnitIdLib.batchOf(id)));
        }
        if (class == UnitIdLib.ENERGY_CERTIFICATE) {
            return string.concat(vintage, ", hour until ", _moment(BatchNumbers.hourEndOf(id)));
        }
        return vintage;
    }

    /// @dev Number of a batch among those of its kind.
    function _batchName(UnitId id) private pure returns (string memory) {
        uint64 number = UnitIdLib.batchOf(id);
        if (number >= BatchNumbers.IMMOBILISED) {
            return string.concat("R", Strings.toString(number - BatchNumbers.IMMOBILISED)); // of another registry
        }
        if (number >= BatchNumbers.EX_ANTE) {
            return string.concat("P", Strings.toString(number - BatchNumbers.EX_ANTE)); // promised
        }
        if (number >= BatchNumbers.AUTHORISED) {
            return string.concat("A", Strings.toString(number - BatchNumbers.AUTHORISED)); // for use abroad
        }
        return Strings.toString(number);
    }

    function _describe(uint8 class) private pure returns (string memory) {
        if (class == UnitIdLib.ALLOWANCE) {
            return "The right of a plant under a cap to emit one tonne of CO2 equivalent.";
        }
        if (class == UnitIdLib.OFFSET_CREDIT) {
            return "One tonne of CO2 equivalent, reduced or removed by a project and verified, with a serial number.";
        }
        if (class == UnitIdLib.ENERGY_CREDIT) {
            return "Credit for energy, issued by a local government against collateral; a unit is a millionth of it.";
        }
        if (class == UnitIdLib.ENERGY_CERTIFICATE) {
            return "One watt-hour of renewable electricity, metered in one hour at one device.";
        }
        return "A unit of a class of its own.";
    }

    function _oneUnit(string memory measure) private pure returns (string memory) {
        return string.concat("one unit = 1 ", measure);
    }

    /// @dev The word at a place of an enumeration.
    function _pick(string memory words, uint256 place) private pure returns (string memory) {
        return LibString.split(words, "|")[place];
    }

    /// @dev ISO 3166-1 numeric, three digits.
    function _country(uint16 code) private pure returns (string memory) {
        return string.concat(code < 10 ? "00" : code < 100 ? "0" : "", Strings.toString(code));
    }

    /// @dev `YYYY-MM-DD hh:mm:ss UTC` of a moment [s].
    function _moment(uint256 time) private pure returns (string memory) {
        uint256 second = time % 1 days;
        return string.concat(
            IsoDate.text(time / 1 days),
            " ",
            _two(second / 1 hours),
            ":",
            _two(second / 1 minutes % 60),
            ":",
            string.concat(_two(second % 60), " UTC")
        );
    }

    function _two(uint256 value) private pure returns (string memory) {
        return string.concat(value < 10 ? "0" : "", Strings.toString(value));
    }

    function _image(string memory svg) private pure returns (bytes memory) {
        return abi.encodePacked('"image":"data:image/svg+xml;base64,', Base64.encode(bytes(svg)), '"');
    }

    function _asData(bytes memory json) private pure returns (string memory) {
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }
}
