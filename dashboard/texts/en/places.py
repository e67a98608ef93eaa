"""English texts of maps and places."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "nav.hotspots": "Hotspots",
    "hot.heading": "Hotspots",
    "hot.total": "{n} tickets",
    "hot.made": "counted {time}",
    "hot.xlsx": "Export Excel",
    "hot.print": "Print",
    "hot.span": "Period",
    "hot.span.today": "Today",
    "hot.span.yesterday": "Yesterday",
    "hot.span.7d": "7 days",
    "hot.span.30d": "30 days",
    "hot.span.days": "Days given",
    "hot.kind": "Kind",
    "hot.category": "Category",
    "hot.district": "District",
    "hot.vs": "Compare",
    "hot.vs.prev": "Period before",
    "hot.vs.none": "No",
    "hot.layer.clusters": "Significant clusters",
    "hot.layer.density": "Density",
    "hot.layer.surge": "Surge",
    "hot.layer.districts": "Tickets per 10,000 people",
    "hot.layer.change": "Against the period before",
    "hot.tab.clusters": "Clusters",
    "hot.tab.density": "Density",
    "hot.tab.surge": "Surge",
    "hot.tab.districts": "Districts",
    "hot.tab.change": "Change",
    "hot.unit.clusters": "tickets",
    "hot.unit.density": "per km²",
    "hot.unit.surge": "times",
    "hot.unit.districts": "per 10,000",
    "hot.about.clusters": (
        "Shade is the number; a bold outline is a cluster by test: on a random "
        "map any outline appears in at most 5 % of cases."
    ),
    "hot.about.density": (
        "Only where tickets lie, mostly where people are. Not a test, no "
        "ground for a decision by itself."
    ),
    "hot.about.surge": (
        "Tickets against the place's own like periods; a number marks what the test found to surge."
    ),
    "hot.about.districts": (
        "Tickets per 10,000 residents, those known by district alone included; "
        "a solid border surges."
    ),
    "hot.about.change": "The difference of two periods, not a test.",
    "hot.outline": "cluster by test",
    "hot.less": "fewer",
    "hot.more": "more",
    "hot.play": "Play",
    "hot.stop": "Stop",
    "hot.whole": "Whole period",
    "hot.city": "The city",
    "hot.ranking": "Ranking",
    "hot.where": "Place",
    "hot.tickets": "Tickets",
    "hot.usual": "Usual",
    "hot.sure": "How sure",
    "hot.none": (
        "No ticket of this period can be put on the map. Choose another period or fewer conditions."
    ),
    "hot.choose": "Press a cell, a district or a place of the ranking to see why.",
    "hot.too_few": "Too few for any test to say anything; the ranking is by number only.",
    "hot.no_history": "There is no earlier period to compare with: surge is not judged.",
    "hot.city_up": (
        "{n} tickets, usually about {expected}: the whole city surges ({p}). "
        "Look for the city's reason first."
    ),
    "hot.city_even": (
        "{n} tickets, usually about {expected}; the city as a whole does not surge ({p})."
    ),
    "hot.left.area": "{n} known by street or district only",
    "hot.left.default": "{n} on a default point, set apart",
    "hot.left.no": "{n} without a place",
    "hot.left.outside": "{n} outside the city",
    "hot.place_them": "Place them →",
    "hot.n": "{n} tickets",
    "hot.expected": "usually about {n}",
    "hot.clustered": "cluster, {p}",
    "hot.surging": "surge {ratio} times, {p}",
    "hot.before": "{n} in the period before",
    "hot.rate": "{n} per 10,000 people",
    "hot.no_people": "population unknown",
    "hot.p_least": "p < 0.001",
    "hot.chance": "may be chance",
    "hot.mark.cluster": "cluster {p}",
    "hot.mark.surge": "surge {ratio}×",
    "hot.trend.new": "new",
    "hot.trend.emerging": "emerging",
    "hot.trend.persistent": "persistent",
    "hot.trend.recurring": "recurring",
    "hot.trend.fading": "fading",
    "hot.open": "Show these {n}",
    "hot.instruct": "Instruct",
    "hot.people": "about {n} residents, {rate} per 10,000",
    "hot.by_category": "Categories",
    "hot.by_unit": "Units",
    "hot.by_hour": "Hour of the day",
    "hot.lift": "{n} times the city's",
    "hot.groups": "{n} groups look like one matter, the largest has {m}",
    "hot.samples": "Latest tickets",
    "hot.hidden": "(confidential)",
    "hot.cell": "Cell",
    "hot.about": "About",
    "hot.col.name": "Place",
    "hot.col.tickets": "Tickets",
    "hot.col.expected": "Usual",
    "hot.col.per_km2": "Per km²",
    "hot.col.per_10k": "Per 10,000",
    "hot.col.gi": "Gi*",
    "hot.col.gi_p": "Cluster p",
    "hot.col.cluster": "Cluster",
    "hot.col.ratio": "Ratio",
    "hot.col.surge_p": "Surge p",
    "hot.col.surge": "Surge",
    "hot.col.trend": "Trend",
    "today.hot": "{n} hotspots ↗",
    "today.hot_stale": "stopped at {time}",
    "today.hot_city": "city-wide surge",
    "today.hot_ratio": "surge {n}×",
    "hot.city_mean": (
        "Fewer than four comparable periods: clusters are against the city's mean, "
        "so where many people live stands out."
    ),
}
