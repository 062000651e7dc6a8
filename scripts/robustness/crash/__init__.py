"""The parts of scripts/robustness/crash_matrix.py."""
