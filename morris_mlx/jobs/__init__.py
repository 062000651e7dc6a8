"""Steps of the pipeline as processes of their own, and the events that they report.

from morris_mlx.jobs.runner import follow, read_job

follow(read_job(project, "train-1"), print)
"""
