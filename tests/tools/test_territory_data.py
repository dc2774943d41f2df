"""The packs' territory data is rebuilt from the public lists, byte for byte; nothing in it is made by hand."""

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import Polygon, box

from huying.kernel import packs
from tools.territory.build import build
from tools.territory.gridded import ordinal, short
from tools.territory.schematic import divide, settled, with_core
from tools.territory.sources import PACKS, Recipe, divisions_of

BUILT = ("divisions", "boundaries", "grids", "places.csv")


@pytest.mark.shared
@pytest.mark.parametrize("name", ["lishui", "dawa", "golmud", "yizheng", "gansu"])
def test_the_shipped_data_is_what_the_script_makes(shared, tmp_path, name):
    build(PACKS[name], shared / "data", tmp_path)
    shipped = packs.find(name)
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    stands = {
        path.relative_to(shipped).as_posix(): path.read_bytes()
        for path in shipped.rglob("*")
        if path.is_file() and path.relative_to(shipped).parts[0] in BUILT
    }
    assert made.keys() == stands.keys()
    assert [path for path in made if made[path] != stands[path]] == []


@pytest.mark.shared
def test_a_municipalitys_pseudo_city_is_flattened_away(shared):
    """In the list 东城区 stands under a city called 市辖区, which is no place: it stands under 北京市."""
    divisions = {one.code: one for one in divisions_of(Recipe("beijing", "11", "", "dawa"), shared / "data")}
    assert divisions["110101000000"].parent == "110000000000"
    assert "110100000000" not in divisions


@settings(deadline=None, max_examples=60)
@given(weights=st.lists(st.floats(0.05, 5), min_size=1, max_size=25), notch=st.floats(0.1, 0.9))
def test_cells_cover_their_county_without_overlap_in_the_proportion_asked(weights, notch):
    county = box(119, 28, 120, 28.7).difference(box(119.4, 28, 119.4 + notch / 3, 28 + notch * 0.6))
    cells = divide(county, weights)
    assert len(cells) == len(weights)
    assert shapely.union_all(cells).symmetric_difference(county).area < 1e-9
    assert sum(cell.area for cell in cells) == pytest.approx(county.area, rel=1e-9)
    for cell, weight in zip(cells, weights, strict=True):
        assert cell.area == pytest.approx(county.area * weight / sum(weights), rel=0.01, abs=1e-5)


def test_urban_cells_lie_together_in_the_middle():
    county = box(119, 28, 121, 30)
    inner, outer = with_core(county, [0.1, 0.1], [1.0, 1.0, 1.0])
    centre = shapely.union_all(inner)
    assert centre.contains(county.centroid)
    assert centre.touches(shapely.union_all(outer))
    assert not centre.intersects(county.boundary)


def test_a_settled_shape_is_valid_on_the_lattice_and_always_written_alike():
    ring = [(0, 0), (0.1000049, 0), (0.1, 0.1), (0, 0.1)]
    first, second = settled(Polygon(ring)), settled(Polygon(ring[2:] + ring[:2]))
    assert first.is_valid
    assert first.wkt == second.wkt
    assert (first.bounds[2], first.bounds[3]) == (0.1, 0.1)


@pytest.mark.parametrize(
    ("official", "said"),
    [("永晖社区居委会", "永晖社区"), ("一村村村委会", "一村村"), ("高溪村委会", "高溪村"), ("人民社区", "人民社区")],
)
def test_a_villages_short_name_is_what_people_say(official, said):
    assert short(official) == said


def test_ordinals_are_written_in_chinese():
    assert [ordinal(n) for n in (1, 10, 11, 20, 21)] == ["一", "十", "十一", "二十", "二十一"]
