"""`morris list`: the adapters of this project, with the figures to choose by."""

from __future__ import annotations

from dataclasses import asdict

from morris_mlx.cli.options import Json
from morris_mlx.cli.output import print_json, print_table, print_wrapped
from morris_mlx.pipeline.adapters import AdapterState, AuditState, ListedAdapter, list_adapters
from morris_mlx.pipeline.convert import gigabytes
from morris_mlx.project.folder import current_project

HEADING = ("adapter", "trained", "base", "loss", "base's loss", "way to you", "audit", "size")
MEANING = (
    "loss: on the validation rows, smaller is better. way to you: the position between the base "
    "(0 %) and your own texts (100 %), measured by `morris evaluate`."
)
EMPTY = "There is no adapter of yours yet. Next: morris collect YOUR_FOLDER"


def list_command(as_json: Json = False) -> None:
    """List the adapters with their losses, positions, audits and sizes.

    The adapters that come with Morris are listed below yours.

    \b
    Example:
        morris list
        morris show mine
    """
    found = list_adapters(current_project())
    if as_json:
        print_json({"adapters": [asdict(adapter) for adapter in found]})
        return
    print_table([HEADING, *(_row(adapter) for adapter in found)])
    for adapter in found:
        if adapter.state is not AdapterState.READY:
            print_wrapped(f"{adapter.name}: {explain_state(adapter)}")
    print()
    print_wrapped(MEANING)
    if all(adapter.built_in for adapter in found):
        print(EMPTY)


def explain_state(adapter: ListedAdapter) -> str:
    """Return what the state of an adapter means, and what to do."""
    name = adapter.name
    return {
        AdapterState.READY: "ready.",
        AdapterState.TRAINING: "is being trained now. Follow it: morris jobs",
        AdapterState.UNFINISHED: (
            f"its training has not come to its end. Continue it: morris train --resume {name}"
        ),
        AdapterState.NONE_KEPT: (
            "no step of its training was better than the base, so only the last one was kept, as "
            f"{name}/last."
        ),
        AdapterState.DAMAGED: (
            f"damaged. {adapter.note or 'Files are missing.'} Train again, or remove it: "
            f"morris rm {name}"
        ),
    }[adapter.state]


def _row(adapter: ListedAdapter) -> tuple[str, ...]:
    return (
        f"{adapter.name} (built in)" if adapter.built_in else adapter.name,
        adapter.written[:10] or "–",
        adapter.base or "–",
        "–" if adapter.best_loss is None else f"{adapter.best_loss:.3f}",
        "–" if adapter.base_loss is None else f"{adapter.base_loss:.3f}",
        "–" if adapter.voice is None else f"{100 * adapter.voice:.0f} %",
        "–" if adapter.audit is AuditState.NONE else adapter.audit,
        gigabytes(adapter.size_bytes),
    )
