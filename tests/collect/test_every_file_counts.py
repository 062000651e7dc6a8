"""Property test: every file of a random folder is in one place, and the numbers add up."""

import random
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.chat_exports import ME
from support.writers_folder import EXPORTS, KINDS, write_export, write_file

from morris_mlx.collect import ChatOptions, take_inventory
from morris_mlx.errors import MorrisError
from morris_mlx.pipeline.collect import CollectRequest, collect
from morris_mlx.project.documents import read_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.provenance import Ground

FOLDERS = ("", "a/", "a/deep/", "files/", "chats/")
files = st.lists(
    st.tuples(st.sampled_from(FOLDERS), st.integers(0, len(KINDS) - 1)), min_size=1, max_size=24
)
exports = st.lists(
    st.tuples(st.sampled_from(FOLDERS), st.integers(0, len(EXPORTS) - 1)), max_size=4
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files, exports, st.sampled_from([(), (ME,)]), st.integers(0, 10**6))
def test_every_file_is_a_text_or_of_a_chat_or_left_out(files, exports, me, seed):
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place).resolve() / "texts"
        expected = sum(
            write_file(folder / inside, number, KINDS[kind], rng)
            for number, (inside, kind) in enumerate(files)
        )
        expected += sum(
            write_export(folder / inside, number, which, rng)
            for number, (inside, which) in enumerate(exports)
        )
        inventory = take_inventory([folder])
        sources = inventory.sources
        assert len(sources) == len(set(sources)) == expected
        project = Project(Path(place) / "home")
        options = ChatOptions(groups=True, dates="day-first", me=me if exports else ())
        request = CollectRequest((folder,), options, ground=Ground.own)
        try:
            result = collect(project, request)
        except MorrisError as error:
            assert len(str(error)) > 30 and not project.documents.exists()
            return
        counts = result.texts.files
        assert counts.total == expected
        documents = read_documents(project) if project.documents.exists() else []
        texts = {_file_of(document.source, sources) for document in documents}
        left = {skipped.source for skipped in result.texts.skipped} & set(sources) - texts
        assert counts.texts == len(texts) and counts.left_out == len(left)
        assert set(sources) - texts - left <= set(inventory.chat_files)


def _file_of(source, sources):
    """Return the file of a document, which may be a part of it."""
    return next(s for s in sources if source == s or source.startswith(f"{s}/"))
