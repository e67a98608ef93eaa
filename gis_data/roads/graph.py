"""The canonical graph: the same table as networkx sees it, for whoever wants its algorithms, and as the oracle."""

import networkx as nx
import numpy as np

from gis_data.roads.network import Network


def digraph(network: Network) -> nx.DiGraph:
    """Return the open roads of a version as a DiGraph between node indexes.

    Of parallel edges an arc keeps the best of each measure and says which it is: `length` (metres) with
    `shortest`, `time` (seconds) with `quickest` (edge indexes), and `edges`, all of them. It knows no turn
    restrictions; `line_graph` does.
    """
    table = network.table
    graph = nx.DiGraph(version=network.version)
    graph.add_nodes_from(range(table.nodes))
    length, time = _costs(network)
    for edge, (u, v) in enumerate(zip(table.u.tolist(), table.v.tolist(), strict=True)):
        if not np.isfinite(length[edge]):
            continue
        arc = graph.get_edge_data(u, v)
        if arc is None:
            graph.add_edge(
                u,
                v,
                length=length[edge],
                time=time[edge],
                shortest=edge,
                quickest=edge,
                edges=(edge,),
            )
            continue
        arc["edges"] = (*arc["edges"], edge)
        if length[edge] < arc["length"]:
            arc["length"], arc["shortest"] = length[edge], edge
        if time[edge] < arc["time"]:
            arc["time"], arc["quickest"] = time[edge], edge
    return graph


def line_graph(network: Network) -> nx.DiGraph:
    """Return the open roads as a graph of edges, every forbidden turn left out: exact, and large.

    A node is an edge's index; beside them stand ("from", n) and ("to", n) for every node n of the roads,
    where ways begin and end. An arc costs what the edge it leads onto costs.
    """
    table = network.table
    length, time = _costs(network)
    banned = set(map(tuple, table.turns.tolist()))
    out: dict[int, list[int]] = {}
    tails, heads = table.u.tolist(), table.v.tolist()
    open_ = [edge for edge in range(table.edges) if np.isfinite(length[edge])]
    for edge in open_:
        out.setdefault(tails[edge], []).append(edge)
    graph = nx.DiGraph(version=network.version)
    for edge in open_:
        graph.add_edge(("from", tails[edge]), edge, length=length[edge], time=time[edge])
        graph.add_edge(edge, ("to", heads[edge]), length=0.0, time=0.0)
        for after in out.get(heads[edge], ()):
            if (edge, after) not in banned:
                graph.add_edge(edge, after, length=length[after], time=time[after])
    return graph


def _costs(network: Network) -> tuple[list[float], list[float]]:
    everything = np.arange(network.table.edges, dtype=np.int32)
    length = network.now["length"].of_edges(everything)
    return length.tolist(), network.now["time"].of_edges(everything).tolist()
