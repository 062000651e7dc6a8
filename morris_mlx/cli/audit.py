"""`morris audit`: the checks before an adapter's texts are shown → adapters/NAME/audit.html."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from morris_mlx.cli.options import Backend, Json, SameAsName, one_adapter
from morris_mlx.cli.output import (
    event_sink,
    print_json,
    print_table,
    print_wrapped,
    stopped_with,
    wrapped,
)
from morris_mlx.defaults import ADAPTER_NAME, AUDIT_ANSWERS
from morris_mlx.errors import RefusedError, UsageError
from morris_mlx.project.folder import current_project
from morris_mlx.text.numbers import counted

if TYPE_CHECKING:
    from morris_mlx.pipeline.audit import AuditDone
    from morris_mlx.records.audit import AuditCheck


def audit(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help=f"The adapter's name. Default: {ADAPTER_NAME}."),
    ] = None,
    adapter: SameAsName = None,
    answers: Annotated[
        int | None,
        typer.Option(
            "--answers",
            help=f"Number of texts to generate, 20 to 10,000. Default: {AUDIT_ANSWERS}.",
        ),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="First random seed of the texts. Default: 0.", min=0)
    ] = None,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Only compute all hashes of adapter, dataset and base again, and name the files "
            "and places that changed.",
        ),
    ] = False,
    backend: Backend = "auto",
    as_json: Json = False,
) -> None:
    """Check an adapter for copies of your texts and for private items.

    Texts are generated and searched for copies of the training texts and for redacted items.
    Training rows are tested for passages that the model knows by heart, and planted secrets
    (`morris prepare --canaries`) for being remembered. The losses are computed again by other
    engines, and each row is traced to its source. An adapter that passes may be used with `morris
    generate --publish`. If a check fails: exit code 4, with a list of what is wrong. The report is
    kept as adapters/NAME/audit.html.

    \b
    Example:
        morris audit mine
        morris audit mine --verify
    """
    from morris_mlx.pipeline.audit import AuditRequest
    from morris_mlx.pipeline.audit import audit as audit_adapter

    chosen = one_adapter([name], adapter)
    if verify:
        if answers is not None or seed is not None or backend != "auto":
            raise UsageError(
                "--verify compares files and generates nothing, so it takes no --answers, --seed "
                "or --backend. Leave them out, or leave out --verify."
            )
        _verify(chosen, as_json)
        return
    texts = AUDIT_ANSWERS if answers is None else answers
    request = AuditRequest(chosen, texts, seed or 0, backend)
    stopped = f"Stopped. The audit of {chosen} was not finished. Run the same command again."
    with stopped_with(stopped), event_sink() as sink:
        done = audit_adapter(current_project(), request, sink)
    if as_json:
        print_json(asdict(done.report) | {"passed": done.report.passed, "page": str(done.page)})
    else:
        print_audit(done)
    if not done.report.passed:
        listed = "".join(
            f"\n  {check.name}: {p}" for check in done.report.failed for p in check.problems
        )
        raise RefusedError(f"The adapter {chosen} did not pass the audit.{listed}")


def print_audit(done: AuditDone) -> None:
    """Print the result of each check, and what to do next."""
    from morris_mlx.audit.report import SIGNS, TITLES, headline, next_step

    report = done.report
    print_table(
        [
            ("check", "result"),
            *((TITLES[check.name], SIGNS[check.status]) for check in report.checks),
        ]
    )
    for check in report.checks:
        _print_check(TITLES[check.name], check)
    print(f"\n{headline(report)}")
    print_wrapped(next_step(report))
    print(f"Report: {done.page}")


def _print_check(title: str, check: AuditCheck) -> None:
    print(f"\n{wrapped(f'{title}: {check.summary}')}")
    for remark in check.remarks:
        print_wrapped(remark, "  ")


def _verify(name: str, as_json: bool) -> None:
    from morris_mlx.pipeline.audit_subject import verify as verify_files

    found = verify_files(current_project(), name)
    if as_json:
        print_json({"files": found.files, "changes": list(found.changes), "audited": found.audited})
    if found.changes:
        listed = "".join(f"\n  {change}" for change in found.changes)
        origin = "training and audit" if found.audited else "training"
        raise RefusedError(
            f"The files of {name} are not those of its {origin}:{listed}\n"
            "Restore them from a copy, or train and audit again."
        )
    if as_json:
        return
    if found.audited:
        print(f"Unchanged: {counted(found.files, 'file')} of {name}, its dataset and its base.")
    else:
        print(
            f"The weights of {name}, its rows and its base are those of the training. It has no "
            f"audit,\nso its other files cannot be compared. Next: morris audit {name}"
        )
