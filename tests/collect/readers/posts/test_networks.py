"""Tests of the exports of Reddit and LinkedIn: the writer's posts, no comments."""

from support.text_exports import (
    BOY,
    PAINT,
    claimed_names,
    only_text,
    read_export,
    reasons,
    texts,
    write_files,
    write_zip,
)

from morris_mlx.collect.readers.export_reader import ExportKind

POSTS = "id,permalink,date,ip,subreddit,gildings,title,url,body\n"
COMMENTS = "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\n"


def test_posts_of_reddit_with_a_text_are_taken(tmp_path):
    files = {
        "posts.csv": POSTS
        + f'a,https://r,2024-03-04 10:00:00 UTC,,boats,0,On paint,,"*{PAINT}*\n\n{BOY}"\n'
        + "b,https://r,2024-03-04 10:00:00 UTC,,boats,0,A link,https://x.org,\n"
        + "c,https://r,2024-03-04 10:00:00 UTC,,boats,0,Gone,,[deleted]\n",
        "comments.csv": COMMENTS + "d,https://r,2024-03-04,,boats,0,https://l,,Nonsense!,\n",
        "ip_logs.csv": "date,ip\n",
    }
    pieces = read_export(ExportKind.REDDIT, write_zip(tmp_path / "a.zip", files))
    piece = only_text(pieces)
    assert piece.parsed.text == f"{PAINT}\n\n{BOY}"
    assert (piece.parsed.title, piece.parsed.date, piece.kind) == ("On paint", "2024-03-04", "post")
    assert piece.name == "posts.csv/a"
    assert reasons(pieces) == {
        "no text in it, only pictures, links or embedded parts": 1,
        "deleted by the writer": 1,
        "a comment": 1,
        "account data, not a text": 1,
    }


def test_a_table_of_comments_alone_is_known(tmp_path):
    files = {
        "comments.csv": COMMENTS + "d,https://r,2024-03-04,,boats,0,https://l,,Nonsense!,\n",
        "posts.csv": "id,title\n",
    }
    archive = write_zip(tmp_path / "a.zip", files)
    assert claimed_names(archive) == {ExportKind.REDDIT: set(files)}
    assert reasons(read_export(ExportKind.REDDIT, archive)) == {"a comment": 1}


def test_posts_and_articles_of_linkedin_are_taken(tmp_path):
    article = f"<html><head><title>On boys</title></head><body><h1>On boys</h1><p>{PAINT}</p><p>{BOY}</p></body></html>"
    files = {
        "Shares.csv": f"Date,ShareLink,ShareCommentary\n2024-03-04 10:00:00,https://l,{PAINT}\n2024-03-05 10:00:00,https://l,\n",
        "Articles/Articles/on-boys.html": article,
        "Comments.csv": "Date,Link,Message\n2024-03-04,https://l,Congratulations!\n",
        "messages.csv": "CONVERSATION ID,FROM,TO,CONTENT\n1,A,B,Hi\n",
    }
    pieces = read_export(ExportKind.LINKEDIN, write_zip(tmp_path / "a.zip", files))
    assert texts(pieces) == [f"{PAINT}\n\n{BOY}", PAINT]
    assert reasons(pieces) == {
        "no text in it, only pictures, links or embedded parts": 1,
        "account data, not a text": 2,
    }


def test_tables_of_the_same_names_elsewhere_are_left_alone(tmp_path):
    archive = write_files(
        tmp_path, {"posts.csv": "title,text\nA,B\n", "Profile.csv": "name,size\n"}
    )
    assert claimed_names(archive) == {}
