"""The city's names and numbers: from what is said to where it is, and back."""
