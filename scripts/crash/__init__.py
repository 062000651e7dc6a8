"""What scripts/crash_matrix.py is made of."""
