"""Files of models: fetched, converted once, kept in the cache folder and verified. Knows no requests."""
