"""Frozen values that pass between the steps."""
