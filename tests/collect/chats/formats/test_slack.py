"""Tests of the Slack parser."""

import json
import zipfile

import pytest
from support.chat_exports import (
    ME,
    START,
    adds_up,
    collected,
    left_out,
    slack_user,
    turns,
    write_slack,
)

from morris_mlx.errors import MorrisError


def slack(folder, rows, **more):
    users = [slack_user("U1", ME), slack_user("U2", "Ann", profile={"display_name": "annie"})]
    files = {
        "users.json": [*users, slack_user("U3", "Robot", is_bot=True)],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "channels.json": [{"id": "C1", "name": "garden", "members": ["U1", "U2"]}],
        "D1/2023-11-14.json": rows,
    }
    return write_slack(folder, files | more)


def row(user, text, ts=START, **more):
    return {"type": "message", "user": user, "text": text, "ts": f"{ts}.000100"} | more


def test_markup_is_rendered_and_other_than_typed_messages_are_skipped(tmp_path):
    rows = [
        row("U2", "Ask <@U1> in <#C1|garden>: <https://x.example|this> &amp; &lt;that&gt; <!here>"),
        row("U1", "&gt; her words\nMine.", START + 1),
        row("U1", "&gt; her words", START + 2),
        row("U3", "Beep.", START + 3),
        row("U1", "Beep, too.", START + 4, bot_id="B1"),
        row("U1", "has joined", START + 5, subtype="channel_join"),
        row("U1", "A file's caption", START + 6, subtype="file_share"),
    ]
    found = collected(slack(tmp_path, rows), me=(ME,))
    asked = f"Ask @{ME} in #garden: this & <that> @here"
    assert turns(found) == [[("user", asked), ("assistant", "Mine.\n\nA file's caption")]]
    assert left_out(found) == {"written by a bot": 2, "only a quotation": 1, "service message": 1}
    assert adds_up(found)


def test_a_thread_is_a_separate_conversation(tmp_path):
    rows = [
        row("U2", "Root.", START, thread_ts=f"{START}.000100"),
        row("U2", "Something else.", START + 10),
        row("U1", "To the root.", START + 20, thread_ts=f"{START}.000100"),
        row("U1", "To something else.", START + 30),
    ]
    found = collected(
        slack(tmp_path, [], **{"garden/2023-11-14.json": rows}), me=(ME,), groups=True
    )
    assert sorted(turns(found)) == [
        [("user", "Root."), ("assistant", "To the root.")],
        [("user", "Something else."), ("assistant", "To something else.")],
    ]


def test_an_error_names_the_damaged_file_and_message(tmp_path):
    with pytest.raises(MorrisError, match=r"D1/2023-11-14\.json is damaged.*no list"):
        collected(slack(tmp_path, {"a": 1}), me=(ME,))
    with pytest.raises(MorrisError, match=r"D1/2023-11-14\.json, message 1 .*no time"):
        collected(slack(tmp_path, [{"type": "message", "user": "U1", "text": "x"}]), me=(ME,))


def test_a_lone_surrogate_in_a_sender_id_is_removed(tmp_path):
    rows = [row("U1", "Hello, you."), row("U?", "Yes, who else?", START + 1)]
    path = slack(tmp_path, rows)
    with zipfile.ZipFile(path) as archive:
        members = {
            name: archive.read(name).replace(b'"U?"', b'"U\\ud800"') for name in archive.namelist()
        }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    found = collected(path, me=(ME,))
    assert found.own == 1
    names = [c.names for contacts in found.people.values() for c in contacts]
    assert json.dumps(names, ensure_ascii=False).encode("utf-8")


@pytest.mark.parametrize("name", ["Ivo Brandt", "ivo brandt", "@ivo", "ivo@example.org", "U1"])
def test_the_writer_may_be_named_by_any_of_their_names(name, tmp_path):
    profile = {"display_name": "iv", "real_name": "Ivo Brandt", "email": "ivo@example.org"}
    users = [slack_user("U1", "Ivo", real_name="I. Brandt", profile=profile)]
    users.append(slack_user("U2", "Ann"))
    rows = [row("U2", "Hi."), row("U1", "Yes?", START + 1)]
    path = slack(tmp_path, rows, **{"users.json": users})
    assert turns(collected(path, me=(name,))) == [[("user", "Hi."), ("assistant", "Yes?")]]


def test_an_enterprise_grid_is_read_with_its_workspaces(tmp_path):
    rows = [row("U2", "Hi."), row("U1", "Yes?", START + 1)]
    users = [slack_user("U1", ME), slack_user("U2", "Ann")]
    files = {
        "org_users.json": users,
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "D1/2023-11-14.json": rows,
        "teams/one/channels.json": [{"id": "C1", "name": "garden", "members": ["U1", "U2"]}],
        "teams/one/users.json": users,
        "teams/one/garden/2023-11-14.json": rows,
    }
    found = collected(write_slack(tmp_path, files), me=(ME,), groups=True)
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]] * 2
    assert found.summaries == ("Slack: 2 chats, 2 messages of yours",)


def test_an_export_without_lists_is_read_by_its_folders(tmp_path):
    rows = [row("U2", "Hi."), row("U1", "Yes?", START + 1)]
    users = [slack_user("U1", ME), slack_user("U2", "Ann")]
    files = {"users.json": users, "garden/2023-11-14.json": rows, "D024BE/2023-11-14.json": rows}
    path = write_slack(tmp_path, files)
    found = collected(path, me=(ME,))
    assert turns(found) == [[("user", "Hi."), ("assistant", "Yes?")]]
    assert left_out(found) == {"in a group (--groups takes them)": 2}
    (people,) = found.people.values()
    assert [c.names for c in people] == [("Ann", "ann")]
