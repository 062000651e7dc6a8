"""Writer of comparisons of adapters: data/comparison/report.json and report.html."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from morris_mlx.files import make_folder, remove_folder, write_json, write_text
from morris_mlx.project.datasets import PAGE_FILE, REPORT_FILE
from morris_mlx.project.folder import Project, open_project
from morris_mlx.records.comparison import Comparison


def write_comparison(project: Project, comparison: Comparison, page: str) -> Path:
    """Write a comparison in the place of the last one, and return the path of its page."""
    open_project(project)
    folder = make_folder(project.comparison)
    write_json(folder / REPORT_FILE, asdict(comparison))
    write_text(folder / PAGE_FILE, page)
    return folder / PAGE_FILE


def remove_comparison(project: Project) -> None:
    """Remove the last comparison, which quotes texts."""
    remove_folder(project.comparison)
