"""Models: one file per architecture, each with its language codes, forced tokens and limits."""
