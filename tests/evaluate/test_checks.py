"""Checks of generated text: faults are found, and flawless texts pass."""

import time
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from morris_mlx.defaults import sample_folder
from morris_mlx.evaluate import check_text
from morris_mlx.models.chat_formats import ZEPHYR
from morris_mlx.text.copying import find_copies, normalize_words
from morris_mlx.text.front_matter import without_front_matter

COLUMNS = {
    path.name: without_front_matter(path.read_text(encoding="utf-8")).strip()
    for path in sorted((sample_folder() / "columns").glob("*.md"))
}
BROKEN_OFF = "49-audio-guide.md"  # the joke of this column is that its last sentence has no end
PROSE = (
    "The committee met on Tuesday and agreed that nothing could be agreed, which it wrote down, "
    "read aloud and sent to every member by the slowest post. Nobody answered. The chairman called "
    "that a consensus, and had it framed above the radiator, where it curled."
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def kinds(text, finish_reason="stop", learned=()):
    return [finding.kind for finding in check_text(text, finish_reason, learned)]


def details(text, finish_reason="stop", learned=()):
    return " / ".join(f.detail for f in check_text(text, finish_reason, learned))


def test_the_structure_of_the_models_own_format_is_found():
    own = replace(ZEPHYR, markers=("[USER]",), guarded=("[USER]", "<|end_of_answer|>"), end="<|x|>")
    for forged in ("[USER]", "[ user ]", "<|end_of_answer|>"):
        found = check_text(f"{forged} {PROSE}", "stop", (), own)
        assert [f.kind for f in found] == ["template"], forged
    assert check_text(f"[USER] {PROSE}", "stop") == ()
    assert [f.kind for f in check_text("[USER]", "stop", (), own)] == ["template", "empty"]


# --- flawless texts -----------------------------------------------------------------------
@pytest.mark.parametrize("name", COLUMNS)
def test_every_sample_column_passes(name):
    assert kinds(COLUMNS[name]) == (["unfinished"] if name == BROKEN_OFF else [])


def test_every_sample_brief_passes():
    for path in (sample_folder() / "briefs").glob("*.md"):
        assert kinds(without_front_matter(path.read_text(encoding="utf-8"))) == []


def test_a_column_is_a_copy_of_itself():
    learned = list(COLUMNS.values())
    found = check_text(learned[5], "stop", learned)
    assert [f.kind for f in found] == ["copy"]
    assert (
        f"{len(normalize_words(learned[5]))} words in a row as in training text 6"
        in found[0].detail
    )
    assert len(found[0].detail) < 200


SENTENCES = st.lists(
    st.lists(
        st.from_regex(r"[a-zа-я]{2,9}", fullmatch=True),
        min_size=4,
        max_size=14,
        unique=True,
    ),
    min_size=1,
    max_size=12,
    unique_by=tuple,
).map(lambda ss: [" ".join(s).capitalize() + "." for s in ss])


@quick
@given(SENTENCES, st.sampled_from([" ", "\n", "\n\n"]))
def test_sentences_that_end_and_differ_pass(sentences, gap):
    assert kinds(gap.join(sentences)) == []


# --- leftovers --------------------------------------------------------------------------
@pytest.mark.parametrize(
    "piece",
    [
        *ZEPHYR.stop_strings,
        ZEPHYR.end,
        "<s>",
        "< | user | >",
        "<|USER|>",
        "< / S >",
        "<|us",
        "<|",
        "</",
        "</s",
        "user|>",
        "< | assistant",
        "＜｜User｜＞",
        "<|im_start|>",
        "<|eot_id|>",
        "[INST]",
        "[ / inst ]",
        "<<SYS>>",
        "<unk>",
        "<0x0A>",
        "<start_of_turn>",
        "[Your Name]",
        "[your company name]",
        "[Name]",
        "[Date]",
        "[Recipient’s Name]",
        "[Company Name]",
        "[insert joke about trains]",
        "[Ваше имя]",
        "[Имя]",
        "[вставьте дату здесь]",
        "{title}",
        "{{ name }}",
        "${first_name}",
        "<your name>",
        "As an AI language model",
        "I’m just an AI assistant",
        "as a large language model",
        "как языковая модель",
        "Я — большая языковая модель",
        "Lorem ipsum dolor sit amet",
    ],
)
def test_a_leftover_is_found(piece):
    text = f"{PROSE} {piece}"
    assert "template" in kinds(text), piece
    assert sum("template" in k for k in kinds(text)) == 1  # one piece, one finding


@pytest.mark.parametrize(
    "honest",
    [
        "It cost 3 < 4 and 5 > 2, or a|b, as the manual had it.",
        "I <3 you; a << b; x <- y; he wrote f <| x and went home.",
        "He said that [the minister] was [sic] “nearly [your father]’s age”.",
        "[Exit, pursued by a bear] [Enter Hamlet] [name withheld] [1] [citation needed]",
        "See [your name](https://example.org) and [the title](b.html).",
        "Let {a} and {b, c} be sets; write \\emph{word} or $x_{max}$ or {“key”: 1}.",
        "‘As an AI language model,’ it said, ‘I cannot taste the soup.’",
        "“Well, as an AI language model, I decline,” said the till.",
        '"Speaking as an AI language model, no," said the till.',
        "«Я — языковая модель», — ответила касса.",
        "The user and the assistant met the system. As an airman I model hats.",
        "A language model, as a rule, has no hat.",
        "Dear user: press 1. INST is a town. </b> and <b> are bold.",
    ],
)
def test_a_flawless_text_that_resembles_a_leftover_passes(honest):
    assert kinds(honest) == []


@quick
@given(
    st.sampled_from([*ZEPHYR.stop_strings, ZEPHYR.end]),
    st.lists(st.sampled_from(["", " ", "  ", "\n"]), min_size=13, max_size=13),
    st.booleans(),
    st.integers(0, len(PROSE)),
)
def test_a_marker_is_found_with_any_spacing_case_and_position(marker, gaps, upper, at):
    spelt = "".join(c + gap for c, gap in zip(marker, gaps, strict=False))
    spelt = spelt.upper() if upper else spelt
    assert "template" in kinds(PROSE[:at] + spelt + PROSE[at:])


def test_each_leftover_is_reported_once_as_written():
    told = details(f"{PROSE} <|user|> Hello. <|user|> Yours, [Your Name].")
    assert told.count("<|user|>") == 1 and "[Your Name]" in told


# --- repetition -------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text",
    [
        PROSE + " and so on" * 6 + ".",
        PROSE + " He came back to the same room and sat down." * 3,
        PROSE + "\n\n" + "I will not do it again.\n" * 4,
        (PROSE + "\n\n") * 3,
        "very " * 13 + "good.",
        "a" * 20,
        PROSE + " o" + "n" * 30 + ".",
        "Ha" * 30,
        "х" * 40,
        PROSE + " " + "." * 200,
        PROSE + " " + "- " * 200,
        PROSE + "!" * 150,
        "1. The trains are late again.\n2. The trains are late again.\n3. The trains are late again.\n"
        "4. The trains are late again.\n",
        "Снова и снова одно и то же. " * 4,
    ],
)
def test_degenerate_repetition_is_found(text):
    assert "repetition" in kinds(text), text


def test_a_loop_is_reported_with_its_length_and_number():
    told = details(PROSE + " round and round it goes" * 7 + ".")
    assert "the same 5 words 7 times in a row: “round and round it goes”" in told


def test_loops_that_vary_a_little_are_found():
    names = ["Ann", "Bob", "Cid", "Dot", "Eve", "Fay", "Gus", "Hal", "Ida", "Joe"]
    text = " ".join(f"{n} went to the market and bought a pound of pears." for n in names)
    assert kinds(text) == ["repetition"]


VILLANELLE_A, VILLANELLE_B = (
    "The kettle sings before the morning light,",
    "And nobody has told the dog to wait.",
)
VILLANELLE = "\n".join(
    line
    for n in range(6)
    for line in (
        VILLANELLE_A if n in (0, 1, 3) else VILLANELLE_B if n in (2, 4) else "A window rattles,",
        f"The {['first', 'second', 'third', 'fourth', 'fifth', 'sixth'][n]} of all the milkmen passes late,",
        VILLANELLE_B
        if n in (0, 5)
        else f"With {['ab', 'cd', 'ef', 'gh', 'ij', 'kl'][n]} bottles in a crate.",
    )
)


@pytest.mark.parametrize(
    "text",
    [
        VILLANELLE,
        "Row, row, row your boat\nGently down the stream.\nMerrily, merrily, merrily, merrily,\n"
        "Life is but a dream.",
        "We all live in a yellow submarine,\na yellow submarine,\na yellow submarine.",
        "The woods are lovely, dark and deep,\nBut I have promises to keep,\n"
        "And miles to go before I sleep,\nAnd miles to go before I sleep.",
        "No. No. No. No. No. Never, never, never.",
        "ha ha ha ha ha",
        "хахахахаха",
        "Aaaaargh!!!!!!!!!!",
        "- eggs\n- milk\n- bread\n- butter\n- tea",
        "\n".join(f"{n}. Platform {n} is closed" for n in range(1, 30)),
        "| a | b |\n|---|---|\n" + "\n".join(f"| x{n} | y{n} |" for n in range(40)),
        "A title\n" + "=" * 80 + "\n\nA text.\n" + "-" * 80 + "\nAnother text.",
        "Left." + " " * 400 + "Right.",
    ],
)
def test_refrains_lists_and_drawn_lines_pass(text):
    assert kinds(text) == []


@quick
@given(
    st.lists(st.from_regex(r"[a-z]{2,8}", fullmatch=True), min_size=1, max_size=60),
    st.integers(3, 6),
    st.sampled_from(["", PROSE]),
)
def test_a_loop_of_any_period_is_found(unit, times, before):
    times = max(times, 1 + -(-12 // len(unit)))  # with twelve words beyond the first time
    assert "repetition" in kinds(f"{before} " + " ".join(unit * times))


def test_a_long_text_is_checked_in_time():
    text = " ".join(f"w{n % 9973} x{n}." for n in range(100_000))
    started = time.process_time()
    assert kinds(text + " " * 50_000 + "-" * 100 + "\nEnd.") == []
    assert time.process_time() - started < 20


# --- the end ----------------------------------------------------------------------------
@pytest.mark.parametrize(
    "text", ["", " \n\t", "...", "— ? !", "“”", ZEPHYR.end, "<|user|>\n", "\u200b", "\ufeff"]
)
def test_a_text_of_marks_alone_is_empty(text):
    assert "empty" in kinds(text)
    assert "empty" in kinds(text, "length")


@pytest.mark.parametrize("text", ["ok", "👍", "❤️", "7", "да", "好", "lol no"])
def test_a_short_reply_passes(text):
    assert kinds(text) == []


@pytest.mark.parametrize("reason", ["length", "timeout", "cancelled"])
def test_a_text_that_was_cut_is_unfinished_with_any_ending(reason):
    assert kinds(PROSE, reason) == ["unfinished"]
    assert kinds("ok", reason) == ["unfinished"]


@pytest.mark.parametrize(
    "ending",
    ["and then he", "and then he,", "The reasons were these:", "because of the", "«и потом"],
)
def test_prose_that_ends_within_a_sentence_is_unfinished(ending):
    assert kinds(f"{PROSE} {ending}") == ["unfinished"]
    assert kinds(f"{PROSE}\n\nThe next day {ending}") == ["unfinished"]


@pytest.mark.parametrize(
    "ending",
    [
        "‘So that’s all right, then.’",
        "(He did.)",
        "*He did.*",
        "He did…",
        "Did he?”",
        "He did 😂",
        "See https://example.org/a",
        "\n\nAmbrose Thirkettle",
        "\n\nYours sincerely,\nA. Thirkettle",
        "\n\n12 May 2019",
        "\n\n- eggs\n- milk",
        "\n\n(Applause)",
        "\n\nSENT FROM THE POLE STOP",
        "\n\n| a | b |",
        "\n\nThe sea is calm tonight\nThe tide is full the moon lies fair",
        "But I—",
    ],
)
def test_prose_with_an_ending_passes(ending):
    assert kinds(f"{PROSE} {ending}") == []


def test_verse_without_full_stops_passes():
    assert (
        kinds("\n".join(f"{n} was a {n * 2} that {n * 3} a {n * 4}, and no" for n in "abcdefgh"))
        == []
    )


# --- copies -----------------------------------------------------------------------------
WORD = st.from_regex(r"[a-z]{1,8}|[а-яё]{1,8}", fullmatch=True)
GAP = st.sampled_from(
    [
        " ",
        ", ",
        "; ",
        " – ",
        "—",
        "-",
        "\n\n",
        "… ",
        ".\n",
        "” “",
        " (",
        ") ",
        " * ",
        "\u00a0",
        "!",
        " «",
    ]
)


def joined(words, gaps):
    return "".join(word + gap for word, gap in zip(words, gaps, strict=False))


def own(words):
    """Return words of no other text, which separate runs that must not join."""
    return " ".join(f"zz{n}q{word}" for n, word in enumerate(words))


@quick
@given(
    st.lists(WORD, min_size=13, max_size=13),
    st.lists(GAP, min_size=13, max_size=13),
    st.lists(GAP, min_size=13, max_size=13),
    st.lists(WORD, max_size=20),
    st.lists(WORD, max_size=20),
    st.lists(WORD, max_size=20),
    st.booleans(),
    st.integers(0, 5),
)
def test_thirteen_copied_words_are_always_found(
    run, gaps, others, before, after, context, upper, at
):
    copied = joined(run, others)
    text = f"{' '.join(before)} {copied.upper() if upper else copied} {' '.join(after)}"
    learned = [own(context)] * at + [f"{own(context)} {joined(run, gaps)} {own(after)}"]
    found = find_copies([text], learned).longest
    assert len(found.words) >= 13
    assert found.source == at
    assert "copy" in kinds(text, "stop", learned)


@quick
@given(
    st.lists(st.lists(WORD, min_size=1, max_size=12), min_size=1, max_size=6),
    st.lists(GAP, min_size=12, max_size=12),
    st.booleans(),
)
@example([["a"] * 12] * 6, [" "] * 12, False)
def test_twelve_copied_words_are_never_reported(runs, gaps, apart):
    text = " ".join(f"qq{n} {joined(run, gaps)}" for n, run in enumerate(runs))
    learned = [f"ww{n} {joined(run, gaps)} yy{n}" for n, run in enumerate(runs)]
    found = find_copies([text], learned if apart else [" ".join(learned)]).longest
    assert len(found.words) <= 12
    assert "copy" not in kinds(text, "stop", learned if apart else [" ".join(learned)])


RUN = "it was the best of times it was the worst of times it was don’t"


def test_a_copy_is_reported_by_its_ends_alone():
    told = details("x " + RUN + " y", "stop", ["nothing here", "So, " + RUN])
    assert told == (
        "15 words in a row as in training text 2 (“so it was the …”): “it was the best … times it was dont”"
    )


def test_training_texts_are_read_as_a_stream_and_once():
    read = []

    def texts():
        for number in range(5):
            read.append(number)
            yield f"text number {number}"

    assert kinds("ok", "stop", texts()) == [] and read == [0, 1, 2, 3, 4]


def test_a_million_words_take_seconds():
    words = [f"w{n * 7919 % 5003}" for n in range(1_000_000)]
    texts = [" ".join(words[n : n + 1000]) for n in range(0, len(words), 1000)]
    output = " ".join(words[500_100:500_113])
    text = " ".join(f"{w} u{n}" for n, w in enumerate(words[:1000])) + " " + output + "."
    started = time.process_time()
    assert "13 words in a row as in training text" in details(text, "stop", texts)
    assert time.process_time() - started < 20
