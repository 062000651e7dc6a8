"""A project folder: private, and ignored by git."""

from support.small_dataset import write

from morris_mlx.project.documents import write_documents
from morris_mlx.project.folder import open_project
from morris_mlx.records.corpus import Document


def test_files_and_folders_are_private(project):
    write_documents(project, [Document("1", "text")])
    write(project)
    for path in [project.data, *project.data.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
    assert (project.data / ".gitignore").read_text().endswith("*\n")


def test_other_files_of_an_existing_data_folder_stay_in_git(project):
    project.data.mkdir()
    open_project(project)
    ignored = (project.data / ".gitignore").read_text().split()
    private = {"/documents.jsonl", "/drafts.jsonl", "/dataset/", "/private/", "/jobs/"}
    assert "*" not in ignored and private <= set(ignored)


def test_a_list_of_ignored_files_by_an_earlier_version_gets_the_new_names(project):
    project.data.mkdir()
    ignore = project.data / ".gitignore"
    ignore.write_text("/.gitignore\n/documents.jsonl\n/notes-of-mine\n")
    open_project(project)
    listed = ignore.read_text()
    assert listed.startswith("/.gitignore\n/documents.jsonl\n/notes-of-mine\n")
    assert {"/dataset/", "/jobs/"} <= set(listed.split())
    open_project(project)
    assert ignore.read_text() == listed
    ignore.write_text("*.tmp\n")  # the user's own list stays as it is
    open_project(project)
    assert ignore.read_text() == "*.tmp\n"
