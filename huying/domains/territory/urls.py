from django.urls import path, register_converter

from huying.domains.territory import pages


class DivisionCode:
    regex = "[1-9][0-9]{11}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class GridCode(DivisionCode):
    regex = "[1-9][0-9]{14}"


register_converter(DivisionCode, "division")
register_converter(GridCode, "grid")

# Boundaries, names and places are public; residents' forms need them too.
site = [
    path("territory.geojson", pages.geojson, name="territory_geojson"),
    path("place-picker", pages.picker, name="territory_picker"),
    path("place-picker/found", pages.picker_found, name="territory_picker_found"),
]
desk = [
    path("territory/", pages.browse, name="territory_tree"),
    path("territory/check", pages.check, name="territory_hygiene"),
    path("territory/<division:code>/", pages.division, name="territory_division"),
    path("territory/<division:code>/change/<slug:act>", pages.change, name="territory_change"),
    path("territory/<division:code>/grids", pages.grid_list, name="territory_grids"),
    path("territory/<grid:code>/", pages.grid, name="territory_grid"),
    path("territory/<grid:code>/change/<slug:act>", pages.change_grid, name="territory_grid_change"),
]
