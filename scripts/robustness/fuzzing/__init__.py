"""Damaged inputs for everything of the package that reads what others wrote: see scripts/robustness/fuzz.py.

target    what is tried, with its valid seeds
mutate    seeds → damaged inputs
attempt   one input under its limits; what counts as a crash; the smallest input that shows it
worker    a target in a process of its own, by random or coverage-guided damage
watch     over that process: whatever kills or hangs it is a crash, too
registry  all targets
"""
