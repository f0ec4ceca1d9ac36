"""Finished work, found again by its content: in this process, and among replicas. Knows no models."""
