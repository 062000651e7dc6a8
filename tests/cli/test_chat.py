"""`morris chat` with the practice base: commands that change what answers, and a real terminal."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

from support.workspace import morris

WORDS = ("chat", "sample", "--max-tokens", 6, "--seed", 3)


def chat(home, *lines):
    result = morris(*WORDS, home=home, stdin="".join(f"{line}\n" for line in lines))
    assert result.returncode == 0, result.stderr
    return result.stdout


def answers(shown):
    return re.findall(r"^\w+: (.*)$", shown, re.M)


def test_strength_and_base_change_the_answer(tmp_path):
    plain = answers(chat(tmp_path, "Tell me about rain.", "/stats"))
    weak = answers(chat(tmp_path, "/strength 0", "Tell me about rain."))
    base = answers(chat(tmp_path, "/base", "Tell me about rain."))
    back = answers(chat(tmp_path, "/base", "/adapter sample", "Tell me about rain."))
    assert plain[1] == back[1] and plain[1] != base[1]
    assert weak[1]


def test_a_draft_is_rewritten_by_what_answers_now(tmp_path):
    draft = "/rewrite The ferry was late and nobody minded."
    sample, base, back = (
        [
            line
            for line in chat(tmp_path, *changes, draft).splitlines()
            if "from here on" not in line
        ]
        for changes in ((), ("/base",), ("/base", "/adapter sample"))
    )
    assert sample == back != base


def test_the_figures_of_an_answer_and_refusals_are_told(tmp_path):
    said = chat(
        tmp_path, "/stats", "/strength 7", "/adapter", "/adapter nobody", "/adapter sample-columns",
        "Hello.", "/stats", "/system", "/system Be brief.", "/system",
    )  # fmt: skip
    assert "There is no reply yet." in said and "Give a number from 0 to 1.5" in said
    assert "Give the name of an adapter" in said and "There is no adapter 'nobody'" in said
    assert "sample-columns was trained on smollm2, and this chat runs practice" in said
    assert re.search(r"sample, strength 1, seed \d+: prompt \d+ tokens, reply 6 tokens in", said)
    assert "The system prompt: Be brief." in said


def read_until(terminal, wanted, seconds=120):
    seen = ""
    end = time.monotonic() + seconds
    while wanted not in seen:
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert ready, f"{wanted!r} was not printed: {seen!r}"
        try:
            seen += os.read(terminal, 4096).decode(errors="replace")
        except OSError:
            break
    assert wanted in seen, seen
    return seen


def test_on_a_terminal_ctrl_c_stops_the_answer_and_the_history_is_private(tmp_path):
    mine, theirs = pty.openpty()
    variables = {"MORRIS_HOME": str(tmp_path), "MORRIS_CACHE": str(tmp_path / "cache")}
    process = subprocess.Popen(
        [sys.executable, "-m", "morris_mlx", "chat", "sample", "--max-tokens", "2000"],
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
        env=os.environ | variables | {"TERM": "xterm"}, preexec_fn=lambda: os.close(mine),
    )  # fmt: skip
    os.close(theirs)
    try:
        read_until(mine, "> ")
        os.write(mine, b"Write a long letter.\r")
        read_until(mine, " ")
        time.sleep(1)
        os.kill(process.pid, signal.SIGINT)
        read_until(mine, "…")
        os.write(mine, b"/stats\r")
        read_until(mine, "tokens/s")
        os.write(mine, b"quit\r")
        assert process.wait(60) == 0
    finally:
        process.kill()
        os.close(mine)
    history = tmp_path / "cache" / "chat_history"
    assert history.stat().st_mode & 0o077 == 0
    assert "Write a long letter." in history.read_text()
