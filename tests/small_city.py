"""A city of two roads: small enough to know every name of it."""

import geopandas as gpd
import shapely

LON, LAT = 114.30, 33.60
METRIC = "+proj=tmerc +lat_0=33.6 +lon_0=114.3 +ellps=WGS84 +units=m"


def frame(shapes: list[object], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


def layers() -> dict[str, gpd.GeoDataFrame]:
    east = shapely.LineString([(LON - 0.05, LAT), (LON + 0.05, LAT)])
    north = shapely.LineString([(LON, LAT - 0.05), (LON, LAT + 0.05)])
    square = shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1)
    numbers = [1, 2, 3, 5, 8, 21]
    return {
        "districts": frame([square], adcode=["990101"], name=["莲湖区"]),
        "streets": frame([square], code=["990101001"], adcode=["990101"], name=["望江街道"]),
        "grids": frame([square], code=["990101001001"], street=["990101001"], name=["一网格"]),
        "nodes": frame([shapely.Point(LON, LAT)], id=["n1"]),
        "roads": frame(
            [east, north], way=["w1", "w2"], name=["长江东路", "中山南路"], u=["n0", "n1"], v=["n1", "n2"],
            length=[9000.0, 9000.0],
        ),
        "places": frame(
            [shapely.Point(LON + 0.01, LAT + 0.01)], name=["人民公园"], kind=["park"], address=["莲湖区长江东路8号"],
        ),
        "addresses": frame(
            [shapely.Point(LON + 0.001 * n, LAT + 0.0002) for n in numbers], road=["长江东路"] * 6,
            number=[f"{n}号" for n in numbers], name=["", "", "", "", "世纪名邸", ""],
            district=["990101"] * 6,
        ),
    }  # fmt: skip
