"""Frozen records that pass between the steps. They validate themselves and do nothing else."""
