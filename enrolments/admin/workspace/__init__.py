"""Organisers' workspace: everybody in one searchable list, and each run's page with its tabs."""
