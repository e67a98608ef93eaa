"""值班管理: the phone book, the roster with swaps and handovers, notices, the log that writes itself, the report."""
