"""Files of a street, good and bad."""

from __future__ import annotations

from pathlib import Path

import pytest

from tonne.errors import TonneError
from tonne.simulation.energy_day.model import street_file
from tonne.simulation.energy_day.model.street_file import Street

START = 1_465_171_200
METERS = "interval_start_utc,L00_import_wh,G00_export_wh,GRID_import_wh,GRID_export_wh"
LOSSES = "interval_start_utc,line_loss_milliwh,trafo_loss_milliwh"


def write(folder: Path, count: int = 3) -> Path:
    """A street that draws 100 Wh, gives 30 Wh, and loses 5 Wh, for a few intervals."""
    starts = [START + 900 * n for n in range(count)]
    meters = [METERS, *(f"{s},100,30,75,0" for s in starts)]
    losses = [LOSSES, *(f"{s},2000,3000" for s in starts)]
    (folder / "x_meters_15min.csv").write_text("\n".join(meters) + "\n")
    (folder / "x_losses_15min.csv").write_text("\n".join(losses) + "\n")
    return folder


def test_the_grid_s_import_is_what_the_street_is_given(tmp_path: Path) -> None:
    found = street_file.read(write(tmp_path, 2))
    assert found == Street(
        (START, START + 900),
        {"L00": ((100, 0),) * 2, "G00": ((0, 30),) * 2, "GRID": ((0, 75),) * 2},
        (5_000, 5_000),
    )


@pytest.mark.parametrize(
    "file, old, new, line",
    [
        ("meters", METERS, METERS.replace("interval_start_utc", "time"), 1),
        ("meters", METERS, METERS.replace("GRID", "TOWN"), 1),
        ("meters", "L00_import_wh", "L00", 1),
        ("meters", "100,30", "-100,30", 2),
        ("meters", "100,30", "100", 2),
        ("meters", f"{START + 900}", f"{START + 901}", 3),
        ("losses", f"{START + 900}", f"{START + 9_000}", 3),
        ("losses", "line_loss_milliwh", "loss", 1),
        ("losses", "2000,3000", "2.5,3000", 2),
    ],
)
def test_a_bad_file_is_refused_with_its_line(
    tmp_path: Path, file: str, old: str, new: str, line: int
) -> None:
    path = write(tmp_path) / f"x_{file}_15min.csv"
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(TonneError) as refused:
        street_file.read(tmp_path)
    assert refused.value.code == "STREET_FORM"
    assert f"line {line}:" in refused.value.message


def test_a_folder_has_one_street(tmp_path: Path) -> None:
    with pytest.raises(TonneError) as none:
        street_file.read(tmp_path)
    write(tmp_path)
    (tmp_path / "y_meters_15min.csv").write_text("")
    with pytest.raises(TonneError) as two:
        street_file.read(tmp_path)
    assert none.value.code == two.value.code == "STREET_NOT_FOUND"
