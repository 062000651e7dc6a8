"""Full-text search in notes and documents."""

import pytest

from morris_mlx.errors import MissingError, UsageError
from morris_mlx.project.documents import write_documents
from morris_mlx.project.folder import Project
from morris_mlx.project.notes import NotesIndex, Passage, project_passages, read_notes
from morris_mlx.records.corpus import Document

NOTES = (
    "Anna Petrova was born in Tver in 1961.\n\n"
    "The bakery in Mill Lane sold 400 buns a day.\n\n"
    "Собаку Анны Петровой зовут Полкан."
)
COMMON = frozenset(["the", "in", "was", "a", "where", "from", "what", "did", "day"])


@pytest.fixture
def index():
    with NotesIndex([Passage("notes.md", NOTES)], COMMON) as made:
        yield made


def found(index, text):
    return [passage.text.split()[0] for passage in index.search(text, 3)]


def test_a_name_or_a_number_is_enough(index):
    assert found(index, "We asked about Petrova.") == ["Anna"]
    assert found(index, "It was the year 1961.") == ["Anna"]


def test_other_words_must_be_two(index):
    assert found(index, "a bakery closed") == []
    assert found(index, "the bakery and its buns") == ["The"]


def test_russian_words_are_found_in_other_cases(index):
    assert found(index, "мы гуляли с собакой Анны") == ["Собаку"]


def test_a_text_is_no_note_on_itself(index):
    assert found(index, "The bakery in Mill Lane sold 400 buns a day.") == []


def test_search_operators_are_ordinary_words(index):
    assert found(index, 'NEAR("bakery" OR * buns) AND bakery') == ["The"]


def test_a_long_note_is_found_in_passages():
    text = " ".join(f"Sentence number {n} is about nothing much." for n in range(50))
    with NotesIndex([Passage("n", f"{text} Then Kuragin left for Tomsk.")], COMMON) as index:
        (passage,) = index.search("the same as Kuragin", 3)
    assert "Kuragin" in passage.text and len(passage.text.split()) <= 80


def test_documents_of_the_project_are_searched(tmp_path):
    project = Project(tmp_path)
    assert list(project_passages(project)) == []
    write_documents(project, [Document("1", "About Tver.", title="Tver", source="/a/tver.md")])
    assert list(project_passages(project)) == [Passage("Tver", "About Tver.")]


def test_notes_that_cannot_be_read_are_named(tmp_path):
    with pytest.raises(MissingError, match="no file"):
        read_notes([tmp_path / "none.md"])
    (tmp_path / "odd.md").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(UsageError, match="not UTF-8"):
        read_notes([tmp_path / "odd.md"])
