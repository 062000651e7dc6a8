"""Tests of Signal's chats as the exporters of Signal Desktop write them."""

from support.chat_exports import adds_up, collected, left_out, turns

from morris_mlx.collect.archives import SingleFile
from morris_mlx.collect.chats.formats.signal import parse_signal
from morris_mlx.collect.chats.messages import ParseContext

SIGTOP = """Conversation: Ann (+447700900123)

From: Ann (+447700900123)
Type: incoming
Sent: Wed, 13 Jun 2018 21:20:00 +0200
Received: Wed, 13 Jun 2018 21:20:01 +0200
Reaction: 👍 from You

From: the window I see
the harbour.

And more.

From: You
Type: outgoing
Sent: Wed, 13 Jun 2018 21:21:00 +0200

> From: Ann
> Sent: Wed, 13 Jun 2018 21:20:00 +0200
>
> From: the window I see

I will come.

From: You
Type: outgoing
Sent: Wed, 13 Jun 2018 21:22:00 +0200
Edited: 2 versions

| Version: 2
| Sent: Wed, 13 Jun 2018 21:23:00 +0200
|
| Tomorrow.
|
| Version: 1
| Sent: Wed, 13 Jun 2018 21:22:00 +0200
|
| Today.

From: Ann
Type: call-history
Sent: Wed, 13 Jun 2018 21:24:00 +0200

"""


def collect_text(tmp_path, text, name="Ann.txt", **options):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return collected(path, **options)


def test_sigtop_is_read_without_quotations_and_earlier_versions(tmp_path):
    found = collect_text(tmp_path, SIGTOP)
    said = "From: the window I see\nthe harbour.\nAnd more."
    assert turns(found) == [[("user", said), ("assistant", "I will come.\n\nTomorrow.")]]
    assert left_out(found) == {"service message": 1} and adds_up(found)
    (people,) = found.people.values()
    assert [(c.id, c.names) for c in people] == [("signal/Ann", ("Ann",))]


def test_sigtop_without_a_heading_has_the_name_of_the_file(tmp_path):
    found = collect_text(tmp_path, SIGTOP.partition("\n\n")[2])
    assert found.own == 2 and found.writers == ("You",)


def test_one_line_for_each_message_is_read(tmp_path):
    text = (
        "2018-06-13 21:20 Ann: Hello\n"
        "2018-06-13 21:21 You: [reply to Ann on 2018-06-13 21:20, 1 attachment] Yes\n"
        "2018-06-13 21:22 You: [timer-notification message]\n"
    )
    found = collect_text(tmp_path, text)
    assert turns(found) == [[("user", "Hello"), ("assistant", "Yes")]]
    assert left_out(found) == {"service message": 1}


def test_markdown_is_read_and_the_owner_is_me(tmp_path):
    text = (
        "[2019-05-29, 15:04] Me: How is everyone?  \n"
        "[2019-05-29, 15:10] Ann: Well.  \n![a picture](media/a.jpg)  \n(- Me: 👍 -)\n"
        "[2019-05-29, 15:20] Bo: \n> How is everyone?\n\nI am not.\n"
    )
    found = collect_text(tmp_path, text, "chat.md", groups=True)
    expected = [("assistant", "How is everyone?"), ("user", "Well."), ("user", "I am not.")]
    assert turns(found) == [expected]
    assert found.writers == ("Me",)


def test_a_file_that_was_cut_after_its_heading_has_no_messages(tmp_path):
    path = tmp_path / "Ann.txt"
    path.write_text("Conversation: Ann\n\nFrom: Ann\n")
    assert list(parse_signal(SingleFile(path), path.name, ParseContext())) == []
