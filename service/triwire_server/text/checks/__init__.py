"""Doubts that need no values: copies, loops, languages, lengths, quotations."""
