"""Lines, evidence and their tree: canonical, bound, and refused with a code when malformed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tonne.crypto.merkle import leaf_hash, merkle_proof, merkle_root, verify_proof
from tonne.evidence import manifest as ev

LINES = ev.power_plant_lines(
    power_mwh=3_000_000, heat_gj=100_000, emissions_t=2_640_000, fuel="coal", process_t=1_200
)
FILES = ev.manifest_of({"meters/unit-1.csv": b"1,2,3", "coal.pdf": b"%PDF"})


def _leaves(count: int) -> list[bytes]:
    return [leaf_hash(i.to_bytes(32, "big") * 2) for i in range(count)]


def test_roots_are_soliditys_too():
    """The same values are in tests/lib/Merkle.t.sol."""
    assert merkle_root([]) == bytes(32)
    assert (
        merkle_root(_leaves(5)).hex()
        == "41daa804515fbc94f330a1820f15303b9c72afefcaa771af3b7731fe64dff2c8"
    )
    assert (
        merkle_root(_leaves(200)).hex()
        == "f8ca02861110b3003e43bc028d1b8cb0efec22ae5cc1e8cb3898c1438accff5b"
    )


@given(st.integers(1, 60), st.data())
def test_a_proof_holds_for_its_leaf_and_place_only(count, data):
    leaves = _leaves(count)
    index, other = (data.draw(st.integers(0, count - 1)) for _ in range(2))
    proof, root = merkle_proof(leaves, index), merkle_root(leaves)
    assert verify_proof(root, leaves[index], index, count, proof)
    assert verify_proof(root, leaves[index], other, count, proof) == (other == index)
    assert not verify_proof(root, leaf_hash(b"other"), index, count, proof)
    assert not verify_proof(root, leaves[index], index, count, [*proof, bytes(32)])
    assert not verify_proof(root, leaves[index], count, count, proof)


def test_lines_add_up():
    assert ev.totals(LINES) == ev.Totals(2_640_000, 3_000_000, 100_000, 5)
    assert ev.parse_lines(ev.plain(LINES)) == LINES


def test_tonnes_round_up_once():
    lines = ev.parse_lines([dict(ev.plain(LINES)[3], gases={"CO2": 1, "CH4": 1}) for _ in range(2)])
    assert ev.totals(lines).emissions_t == 1  # 2 × 29 kg
    assert ev.totals(ev.power_plant_lines(power_mwh=1, heat_gj=0, emissions_t=0, fuel="coal")) == (
        ev.Totals(0, 1, 0, 5)
    )


def test_only_output_counts_as_output():
    bought = dict(ev.plain(LINES)[0], category="purchased")
    assert ev.totals(ev.parse_lines([bought])).power_mwh == 0


@pytest.mark.parametrize(
    ("field", "signed"),
    [("emissionsT", 1), ("powerMwh", 1), ("heatGj", 1), ("gwpSet", 1), ("lineCount", 1)],
)
def test_the_signed_figure_that_lines_do_not_come_to_is_named(field, signed):
    sums = {"emissionsT": 2_640_000, "powerMwh": 3_000_000, "heatGj": 100_000, "gwpSet": 5}
    sums["lineCount"] = len(LINES)
    assert ev.unlike_totals(LINES, sums) is None
    assert ev.unlike_totals(LINES, sums | {field: sums[field] + signed}) == (field, sums[field])


WORKS = ev.plain(
    ev.industry_lines(
        product="clinker",
        product_t=1_000,
        emissions_t=800,
        process="limestone",
        process_t=500,
        fuel="coal",
    )
)


@pytest.mark.parametrize("told", [{}, {"product": "Clinker"}, {"source": "WORKS"}])
def test_a_product_of_a_source_has_one_line(told):
    with pytest.raises(ev.EvidenceError) as refused:
        ev.parse_lines([*WORKS, WORKS[0] | told])
    assert (refused.value.code, refused.value.field) == ("REPORT_LINES_TWICE", "lines.3.product")
    assert "in line 1 already" in refused.value.message


@pytest.mark.parametrize(
    "told", [{"source": "kiln 2"}, {"product": "cement"}, {"category": "purchased"}, {"unit": "GJ"}]
)
def test_other_sources_products_and_what_is_bought_stand_beside_it(told):
    assert len(ev.parse_lines([*WORKS, WORKS[0] | told])) == 4


def test_tonnes_of_product_are_bound_by_the_root_alone():
    """The report signs no total of them: a tonne more keeps every signed total, and is another root."""
    lines = ev.parse_lines(WORKS)
    more = ev.parse_lines([WORKS[0] | {"quantity": 1_001}, *WORKS[1:]])
    assert ev.totals(more) == ev.totals(lines) and ev.lines_root(more) != ev.lines_root(lines)


def test_every_line_and_its_place_is_bound():
    root = ev.lines_root(LINES)
    assert ev.lines_root(LINES[::-1]) != root
    changed = LINES[0].model_copy(update={"quantity": LINES[0].quantity + 1})
    assert ev.lines_root((changed, *LINES[1:])) != root


@pytest.mark.parametrize(
    "spoil, code",
    [
        ({"quantity": -1}, "REPORT_LINES_FORMAT"),
        ({"quantity": 1.5}, "REPORT_LINES_FORMAT"),
        ({"quantity": "7"}, "REPORT_LINES_FORMAT"),
        ({"unit": "tonnes"}, "REPORT_LINES_FORMAT"),
        ({"category": "other"}, "REPORT_LINES_FORMAT"),
        ({"gases": {"CO": 1}}, "REPORT_LINES_FORMAT"),
        ({"product": ""}, "REPORT_LINES_FORMAT"),
        ({"note": "x"}, "REPORT_LINES_FORMAT"),
        ({"gwpSet": 3}, "REPORT_LINES_FORMAT"),
        ({"gwpSet": 6}, "REPORT_LINES_GWP"),
    ],
)
def test_a_malformed_line_is_refused(spoil, code):
    raw = ev.plain(LINES)
    raw[1] = {**raw[1], **spoil}
    with pytest.raises(ev.EvidenceError) as caught:
        ev.parse_lines(raw)
    assert caught.value.code == code


@pytest.mark.parametrize("raw", [None, {}, "lines", [1], [[]]])
def test_what_are_no_lines_is_refused(raw):
    with pytest.raises(ev.EvidenceError):
        ev.parse_lines(raw)


def test_no_lines_or_too_many_are_refused():
    for raw in ([], ev.plain(LINES[:1]) * (ev.MAX_LINES + 1)):
        with pytest.raises(ev.EvidenceError) as caught:
            ev.parse_lines(raw)
        assert caught.value.code == "REPORT_LINES_COUNT"


def test_manifest_is_sorted_and_bound(tmp_path):
    for file, body in (("coal.pdf", b"%PDF"), ("meters/unit-1.csv", b"1,2,3")):
        path = tmp_path / file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(body)
    assert ev.manifest_of_folder(tmp_path) == FILES
    assert ev.changed_files(FILES, tmp_path) == []
    (tmp_path / "coal.pdf").write_bytes(b"%PDF2")
    assert ev.changed_files(FILES, tmp_path) == ["coal.pdf"]
    assert ev.manifest_root(ev.manifest_of_folder(tmp_path)) != ev.manifest_root(FILES)


@pytest.mark.parametrize(
    "change, code",
    [
        (lambda raw: raw[::-1], "REPORT_EVIDENCE_ORDER"),
        (lambda raw: [raw[0], raw[0]], "REPORT_EVIDENCE_ORDER"),
        (lambda raw: [{**raw[0], "path": "/etc/passwd"}], "REPORT_EVIDENCE_PATH"),
        (lambda raw: [{**raw[0], "path": "../x"}], "REPORT_EVIDENCE_PATH"),
        (lambda raw: [{**raw[0], "sha256": "AB" * 32}], "REPORT_EVIDENCE_FORMAT"),
        (lambda raw: [{**raw[0], "bytes": -1}], "REPORT_EVIDENCE_FORMAT"),
        (lambda raw: {"files": raw}, "REPORT_EVIDENCE_FORMAT"),
    ],
)
def test_a_bad_manifest_is_refused(change, code):
    with pytest.raises(ev.EvidenceError) as caught:
        ev.parse_manifest(change(ev.plain(FILES)))
    assert caught.value.code == code
