"""Tests of the reader of Scrivener projects."""

from morris_mlx.collect.archives import FolderArchive
from morris_mlx.collect.readers.documents.scrivener import claim_scrivener, read_scrivener
from morris_mlx.collect.readers.reader import LeftOut, TextPiece

ITEM = (
    '<BinderItem UUID="{id}" ID="{id}" Type="{type}" Created="2024-03-04 10:00:00 +0000"><Title>{title}'
    "</Title><MetaData><IncludeInCompile>{compiled}</IncludeInCompile></MetaData><Children>{inner}"
    "</Children></BinderItem>"
)


def item(id_, title, inner="", type_="Text", compiled="Yes"):
    return ITEM.format(id=id_, title=title, inner=inner, type=type_, compiled=compiled)


def test_the_manuscript_is_read_in_the_order_of_the_binder(tmp_path):
    inner = item("B", "The gate") + item("A", "Paint") + item("N", "Notes", compiled="No")
    binder = (
        item("D", "Draft", item("F", "Chapter", inner, "Folder"), "DraftFolder")
        + item("R", "Research", item("S", "A source"), "ResearchFolder")
        + item("T", "Trash", item("U", "Gone"), "TrashFolder")
    )
    project = tmp_path / "novel.scriv"
    for id_ in "ABNSUX":
        folder = project / "Files" / "Data" / id_
        folder.mkdir(parents=True)
        (folder / "content.rtf").write_bytes(
            rb"{\rtf1\ansi <$Scr_Ps::0>Text " + id_.encode() + rb".\par}"
        )
    (project / "novel.scrivx").write_text(
        f"<ScrivenerProject><Binder>{binder}</Binder></ScrivenerProject>"
    )
    archive = FolderArchive(tmp_path)
    (claim,) = claim_scrivener(archive)
    assert claim.root == "novel.scriv/" and len(claim.names) == 7
    found = list(read_scrivener(archive, claim))
    texts = [p for p in found if isinstance(p, TextPiece)]
    assert [(p.parsed.title, p.parsed.text, p.parsed.date) for p in texts] == [
        ("The gate", "Text B.", "2024-03-04"),
        ("Paint", "Text A.", "2024-03-04"),
    ]
    assert texts[0].name == "novel.scriv/Files/Data/B/content.rtf"
    reasons = [p.reason.partition(" the ")[0] for p in found if isinstance(p, LeftOut)]
    assert reasons == ["not compiled into", "outside", "in", "not in"]


def test_a_project_of_an_older_version_is_read(tmp_path):
    (tmp_path / "Files" / "Docs").mkdir(parents=True)
    (tmp_path / "Files" / "Docs" / "3.rtf").write_bytes(rb"{\rtf1\ansi It rained.\par}")
    binder = item("D", "Draft", item("3", "Paint"), "DraftFolder")
    (tmp_path / "x.scrivx").write_text(
        f"<ScrivenerProject><Binder>{binder}</Binder></ScrivenerProject>"
    )
    archive = FolderArchive(tmp_path)
    (claim,) = claim_scrivener(archive)
    assert [p.parsed.text for p in read_scrivener(archive, claim)] == ["It rained."]
