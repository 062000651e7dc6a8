"""Memory of a training run: the machine, the estimate, the plan and the check."""
