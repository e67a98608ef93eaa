"""The city's own map pictures: drawn here from its bundle, with Chinese names, nothing fetched from outside."""
