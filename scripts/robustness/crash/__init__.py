"""What scripts/robustness/crash_matrix.py is made of."""
