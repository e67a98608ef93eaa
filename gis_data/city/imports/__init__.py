"""Importers: each reads a file, judges every row, and gives the layers of a new version with a report.

`mapping` says how a file is read, `report` what came of it, `merge` makes the new version; `roads`, `osm`,
`areas` and `places` each know one kind of file. Nothing is written here but the new bundle.
"""
