"""Figures and HTML of a run."""
