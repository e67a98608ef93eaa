"""The demo city 云州市: fictional and labelled so, the same every time, shipped as `yunzhou.zip`."""

from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd

from gis_data.city import bundle
from gis_data.city.demo.addresses import addresses
from gis_data.city.demo.areas import areas
from gis_data.city.demo.ground import METRIC_CRS
from gis_data.city.demo.network import network
from gis_data.city.demo.places import places
from gis_data.city.demo.regions import regions
from gis_data.city.demo.streets import plan
from gis_data.city.manifest import SHIPPED, About, Source

ABOUT = About(
    id="yunzhou",
    name="云州市",
    label="演示城市（虚构）",
    adcode="990100",
    metric_crs=METRIC_CRS,
    attribution="虚构数据",
    sources=(Source(layer="*", source="gis_data.city.demo"),),
)


def build() -> Mapping[str, gpd.GeoDataFrame]:
    """Return every layer of the demo city; takes some seconds."""
    admin = regions()
    roads = network(plan())
    return {
        "districts": admin.districts, "streets": admin.streets, "grids": admin.grids,
        "nodes": roads.nodes, "roads": roads.roads, "turns": roads.turns,
        "places": places(roads, admin), "addresses": addresses(roads, admin),
        "areas": areas(admin),
    }  # fmt: skip


def ship(path: Path = SHIPPED) -> str:
    """Write the shipped bundle anew; return its SHA-256."""
    return bundle.write(path, ABOUT, build())
