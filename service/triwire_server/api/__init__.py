"""Servicers: validate, call the pipeline, encode. Knows no models."""
