"""People, places and organizations of a text, and their comparison across languages."""
