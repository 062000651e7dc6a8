"""Make the dataset of a project from what was collected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from morris_mlx.defaults import MAX_MIX_SHARE, MIN_WORDS, SPLIT_SEED, SYSTEM_PROMPT
from morris_mlx.errors import MorrisError, RefusedError, StoppedError, UsageError
from morris_mlx.formats.instruction_rows import read_instruction_rows
from morris_mlx.jobs.events import Note, Progress, Sink, ignore
from morris_mlx.models.catalog import PRACTICE_FOLDER, WINDOW, default_model
from morris_mlx.models.find import ModelFiles, find_model
from morris_mlx.models.load import model_digest
from morris_mlx.pipeline.convert import report_download
from morris_mlx.pipeline.first_use import ready_model
from morris_mlx.pipeline.grounds import settle_grounds
from morris_mlx.pipeline.languages import as_json, find_unknown_languages, sentence_on
from morris_mlx.pipeline.names import settle_names
from morris_mlx.pipeline.questions import NO_ANSWERS, Asker
from morris_mlx.project.conversations import read_conversations
from morris_mlx.project.datasets import dataset_digest, write_dataset
from morris_mlx.project.documents import iter_documents
from morris_mlx.project.folder import Project, open_project
from morris_mlx.project.left_out import read_left_out
from morris_mlx.project.people import check_people
from morris_mlx.project.provenance import (
    Ground,
    Provenance,
    SourceKind,
    add_provenance,
    read_provenance,
    recorded_ground,
)
from morris_mlx.project.redaction_map import remove_unused_maps, write_redaction_map
from morris_mlx.records.corpus import (
    SPLITS,
    Conversation,
    DatasetCard,
    Document,
    DraftRequest,
    Example,
    Message,
    Split,
)
from morris_mlx.text.pii import Person

if TYPE_CHECKING:
    from morris_mlx.prepare import Extras, Prepared

DRAFTING = "drafting your passages plainly:"
BRIEFING = "writing briefs of your texts:"
PREPARING = "preparing:"


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """The settings of a preparation.

    `model` None is the default model; `window` None is the model's, at most WINDOW tokens.
    `people` are redacted besides what is recognized anyway, and so are `named_people`, whom the
    user named. `not_names` are words and phrases that are no names. None for one of these two
    stands for the list that an earlier preparation recorded. Texts of fewer than
    `min_words` words are left out. `rows` are the writer's own
    instruction rows, `mix` is a file of general rows and their share, and `ground` is theirs.
    Raises UsageError for settings that do not go together.
    """

    model: str | None = None
    window: int | None = None
    system_prompt: str = SYSTEM_PROMPT
    seed: int = SPLIT_SEED
    redact: bool = True
    people: tuple[Person, ...] = ()
    named_people: tuple[Person, ...] | None = None
    not_names: tuple[str, ...] | None = None
    languages: tuple[str, ...] = ()
    min_words: int = MIN_WORDS
    enhance: bool = False
    drafts: bool = True
    rows: Path | None = None
    mix: tuple[Path, float] | None = None
    ground: Ground | None = None

    def __post_init__(self) -> None:
        if not self.drafts and not self.enhance:
            raise UsageError(
                "--no-drafts works only with --enhance. Add --enhance, or leave --no-drafts out."
            )
        if self.ground and not (self.rows or self.mix):
            raise UsageError(
                "--ground works only with --mix or --rows. Add one of them, or leave --ground out."
            )
        if self.mix and not 0 < self.mix[1] <= MAX_MIX_SHARE:
            raise UsageError(
                f"--mix has the share {self.mix[1]:g}; it must be above 0 and at most "
                f"{MAX_MIX_SHARE:g}, because a larger share would hide your own style."
            )


def prepare(
    project: Project, request: PrepareRequest, sink: Sink = ignore, asker: Asker = NO_ANSWERS
) -> tuple[DatasetCard, dict[str, Any]]:
    """Make and write the dataset of a project. Return its card and its report.

    The returned report also has the names that were replaced suspiciously often, under
    "frequent_names"; the written one does not, because the dataset must not contain them.

    Raises MissingError when nothing was collected, RefusedError for rows without a ground and
    for a model that cannot make drafts, and UsageError for a window that the model cannot read.
    """
    from morris_mlx.models.chat_tokenizer import load_tokenizer
    from morris_mlx.prepare import prepare_collected, render_report
    from morris_mlx.prepare.redact.frequent_names import most_frequent

    model = default_model() if request.model is None else request.model
    ready_model(model, sink)
    documents, conversations = _collected(project, request.rows is not None)
    if request.redact:
        check_people(project, conversations)
    extras = _extras(project, request, model, bool(documents), sink)
    notes = _settle_rows(project, request, extras, asker)
    files = find_model(model, tokenizer_only=True, report=report_download(sink))
    tokenizer = load_tokenizer(files.folder)
    if remark := _remark_on_training(files):
        sink(Note("untrainable", remark))
    window = _window_within(files, request.window)
    named: tuple[Person, ...] = ()
    not_names: tuple[str, ...] = ()
    if request.redact:
        named, not_names = settle_names(project, request.named_people, request.not_names, sink)
    made = prepare_collected(
        documents,
        conversations,
        tokenizer,
        window,
        request.system_prompt,
        request.seed,
        redact=request.redact,
        people=(*named, *request.people),
        not_names=not_names,
        languages=request.languages,
        min_words=request.min_words,
        extras=extras,
        report=_progress(sink),
        folder=_temporary_folder(project),
    )
    card = DatasetCard(
        model=files.name,
        tokenizer=tokenizer.digest,
        window=window,
        system_prompt=made.system_prompt,
        seed=request.seed,
        digest=dataset_digest(made.examples),
        rows={s: tuple(_origins(made.examples[s])) for s in SPLITS},
        sources=_sources(made.examples, documents, conversations, extras),
        redacted=made.redaction is not None,
        lengths={s: made.lengths[s] for s in SPLITS},
        tokenizer_content=tokenizer.content_digest,
        chat_template=tokenizer.chat_format.template,
    )
    not_collected = _not_collected(project)
    unknown = find_unknown_languages(made.examples, tokenizer.count)
    for one in unknown:
        sink(Note("remark", sentence_on(files.name, one)))
    report = _report(made, card, chats=bool(conversations), enhanced=request.enhance)
    report |= as_json(unknown)
    report["not_collected"] = not_collected
    _write(project, made, card, report, render_report(made, card, not_collected), notes)
    if made.redaction:
        frequent = most_frequent(made.name_counts, made.redaction.words)
        report = {**report, "frequent_names": dict(frequent)}
    return card, report


def _origins(rows: Sequence[Example]) -> Iterator[tuple[str, str]]:
    """Yield the source ID and the task of each row; equal ones are one object."""
    known: dict[str, str] = {}
    for row in rows:
        yield known.setdefault(row.source_id, row.source_id), known.setdefault(row.task, row.task)


def _progress(sink: Sink) -> Callable[[float, str], None]:
    """Return a report of the work done in percent, with the stage as the detail.

    It is called for every text and message, and passes on what a reader can see.
    """
    shown = (-1, "")

    def report(share: float, stage: str) -> None:
        nonlocal shown
        thousandths = int(1000 * share + 1e-9)  # rounded down: 100% is the end
        if (now := (thousandths, stage)) != shown:
            shown = now
            percent = f"{thousandths // 10}%"
            sink(Progress(PREPARING, thousandths / 10, 100.0, f"{stage}, {percent}"))

    return report


def _not_collected(project: Project) -> dict[str, int]:
    """Return how many items `morris collect` left out of all sources, by reason.

    A damaged list is no reason against a dataset.
    """
    counts = Counter[str]()
    with suppress(MorrisError):
        for items in read_left_out(project).values():
            for one in items:
                counts[one.reason] += one.count
    return dict(counts.most_common())


def _write(
    project: Project,
    made: Prepared,
    card: DatasetCard,
    report: dict[str, Any],
    page: str,
    notes: dict[str, Provenance],
) -> None:
    """Write notes and map first, the dataset last.

    There is never a dataset with rows of unknown origin, nor a redacted one whose leaks could not
    be searched for.
    """
    counts = Counter(card.sources.get(i) for rows in card.rows.values() for i, _ in rows)
    open_project(project)
    add_provenance(project, {p: replace(note, rows=counts[p]) for p, note in notes.items()})
    if made.redaction:
        write_redaction_map(project, made.redaction_map, card.digest)
    write_dataset(project, made.examples, card, report, page)
    remove_unused_maps(project)


def _window_within(files: ModelFiles, wanted: int | None) -> int:
    """Return the longest row in tokens. Raises UsageError for more than the model reads."""
    if wanted is not None and wanted > files.window:
        raise UsageError(
            f"--max-seq-length is {wanted}, but {files.name} reads at most {files.window} "
            "tokens. Give a smaller one."
        )
    return wanted or min(WINDOW, files.window)


def _report(made: Prepared, card: DatasetCard, chats: bool, enhanced: bool) -> dict[str, Any]:
    """Return the counts of texts, chats and rows as JSON values."""
    return {
        "documents": made.documents,
        **({"conversations": made.conversations} if chats else {}),
        **({"turns": made.turns} if made.turns else {}),
        "mended": made.repairs,
        "redaction": asdict(made.redaction) if made.redaction else None,
        "overlap": made.overlap,
        "rows": made.rows,
        "rows_in_all": sum(made.rows.values()),
        "longest_row_tokens": made.longest_tokens,
        "window": card.window,
        "digest": card.digest,
        **({"enhanced_prompt": made.system_prompt} if enhanced else {}),
        "other_languages": dict(made.other_languages),
        **made.extras,
    }


def _sources(
    examples: Mapping[Split, Sequence[Example]],
    documents: Sequence[Document],
    conversations: Sequence[Conversation],
    extras: Extras,
) -> dict[str, str]:
    """Return where each row's text or chat was collected, or its file, by the row's source ID."""
    given = [row for file in (extras.mix, extras.rows) if file for row in file.rows]
    known = {d.id: d.source for d in documents}
    known |= {c.id: c.source for c in (*conversations, *given)}
    ids = sorted({e.source_id for rows in examples.values() for e in rows})
    return {i: known[i] for i in ids if i in known}


def _collected(project: Project, rows: bool) -> tuple[Sequence[Document], Sequence[Conversation]]:
    """Return the collected documents and conversations, in temporary files.

    Raises MissingError when there are none, unless `rows` is True: rows are given as a file.
    """
    from morris_mlx.prepare.codecs import CONVERSATIONS, DOCUMENTS
    from morris_mlx.prepare.disk_list import DiskList, temporary_files_in

    with temporary_files_in(_temporary_folder(project)):
        conversations = DiskList(CONVERSATIONS, read_conversations(project))
        if (conversations or rows) and not project.documents.exists():
            return [], conversations
        return DiskList(DOCUMENTS, iter_documents(project)), conversations


def _temporary_folder(project: Project) -> Path | None:
    """Return the folder for temporary files; before anything was collected, the system's."""
    return project.data if project.data.is_dir() else None


# --- drafts and instruction rows ----------------------------------------------------------
def _remark_on_training(files: ModelFiles) -> str:
    """Return a remark, shown before the work starts, if Morris cannot train a base; else ""."""
    from morris_mlx.models.config import read_config
    from morris_mlx.models.judge import require_trainable_base

    try:
        require_trainable_base(read_config(files.folder), files.name)
    except MorrisError as error:
        return f"{error} The dataset is made anyway; mlx-lm's own trainer can use it."
    return ""


def _extras(
    project: Project, request: PrepareRequest, model: str, texts: bool, sink: Sink
) -> Extras:
    """Read the files of rows and find the drafting model now, so that errors come at once.

    `texts`: documents were collected. Turns of a chat are no passages that could be drafted.
    """
    from morris_mlx.prepare import Extras

    rows = read_instruction_rows(request.rows) if request.rows else None
    mix = read_instruction_rows(request.mix[0]) if request.mix else None
    share = request.mix[1] if request.mix else 0.0
    if not (request.enhance and texts) or not request.drafts:
        return Extras(enhance=request.enhance, rows=rows, mix=mix, mix_share=share)
    files = find_model(model, report=report_download(sink))
    if files.folder == PRACTICE_FOLDER:
        raise RefusedError(
            "The practice base cannot rewrite a text, so it cannot make plain drafts or briefs. "
            "Use `--model zephyr`, or leave them out: `--enhance --no-drafts`."
        )
    return Extras(
        enhance=True,
        draft_many=_drafting(project, files, DRAFTING, sink),
        drafting_window=files.window,
        brief_many=_drafting(project, files, BRIEFING, sink),
        rows=rows,
        mix=mix,
        mix_share=share,
    )


def _settle_rows(
    project: Project, request: PrepareRequest, extras: Extras, asker: Asker
) -> dict[str, Provenance]:
    """Return the notes of files of rows, by path. Raises RefusedError without an answer."""
    notes: dict[str, Provenance] = {}
    if extras.mix:
        path = str(extras.mix.path)
        ground = settle_grounds(project, (path,), (), request.ground, asker)[path]
        notes[path] = Provenance(SourceKind.general_rows, ground)
    if extras.rows:
        path = str(extras.rows.path)
        given = None if extras.mix else request.ground
        noted = recorded_ground(read_provenance(project), path)
        notes[path] = Provenance(SourceKind.rows, given or noted or Ground.own)
    return notes


def _drafting(project: Project, files: ModelFiles, stage: str, sink: Sink) -> Any:
    """Return a function from requests to drafts; the model is loaded when one is missing."""
    from morris_mlx.generate import load_generator
    from morris_mlx.prepare.style.settings import DRAFT_TEMPERATURE, DRAFT_TOKENS
    from morris_mlx.project.drafts import draft_with_cache

    settings: dict[str, Any] = {"temperature": DRAFT_TEMPERATURE, "max_tokens": DRAFT_TOKENS}
    settings["system_prompt"] = ""  # a plain draft must not have the writer's style
    maker = f"{model_digest(files.folder)} {sorted(settings.items())}"

    def remark(text: str) -> None:
        sink(Note("remark", text))

    def complete_many(asked: Sequence[Sequence[Message]]) -> Iterator[str]:
        with load_generator(files, say=remark, **settings) as generator:
            for result in generator.generate_many(asked):
                if result.finish_reason == "cancelled":
                    raise StoppedError(
                        "Stopped. The drafts made so far are kept. Run the same command again "
                        "to continue."
                    )
                yield result.text

    def draft_many(requests: Sequence[DraftRequest]) -> Iterator[str]:
        def show(done: int, total: int) -> None:
            sink(Progress(stage, done, total))

        yield from draft_with_cache(project, maker, complete_many, show)(requests)

    return draft_many
