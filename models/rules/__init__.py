"""Pure rules: folds and formulas. No clock, no store, no framework."""
