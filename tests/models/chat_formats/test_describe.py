"""Description of templates, and templates that cannot be described."""

import pytest

from morris_mlx.models.chat_formats import ZEPHYR, DescriptionError, Template, describe

CHATML = (
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SPECIAL = ("<|im_start|>", "<|im_end|>")


def described(text, special=SPECIAL, added=()):
    return describe(Template(text, {"bos_token": "<s>", "eos_token": "</s>"}), special, added)


def test_every_pair_of_turns_has_a_text_and_an_answer_ends_with_its_token():
    found = described(CHATML)
    assert set(found.gaps) == set(ZEPHYR.gaps) and set(found.replies) == set(ZEPHYR.replies)
    assert found.gaps["user", "assistant"] == "<|im_end|>\n<|im_start|>assistant\n"
    assert (found.end, found.ends["assistant"]) == ("<|im_end|>", "<|im_end|>")
    assert found.markers == () and found.merges


def test_the_digest_depends_on_the_structure_but_not_on_the_text_of_the_template():
    other = CHATML.replace("m.role", "m['role']")
    first, second = described(CHATML), described(other)
    assert first.template_digest != second.template_digest
    assert first.structure_digest() == second.structure_digest()
    assert described(CHATML.replace("\n", " ")).structure_digest() != first.structure_digest()


def test_added_tokens_that_the_template_writes_are_guarded():
    text = CHATML + "{# <think> and user #}"
    assert described(text, added=("<think>", "<h1>", "user", "\n")).guarded == ("<think>",)


def test_words_of_a_default_system_text_are_not_markers():
    start = "{{ 'Use [brackets] and <tags> RIGHTLY: yes.' }}"
    assert "RIGHTLY:" in described(start + CHATML).markers
    assert described("{{ 'You are HELPFUL. Ask: yes. ## Notes\n' }}" + CHATML).markers == ()


def test_white_space_before_an_answer_belongs_to_the_answer():
    found = described(
        CHATML.replace("+ m.content", "+ (' ' if m.role == 'assistant' else '') + m.content")
    )
    assert found.lead == " "
    assert found.replies["user"] == found.gaps["user", "assistant"].rstrip(" ")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{{ raise_exception('ask for access') }}", "refuses a plain conversation .ask for access"),
        ("{{ messages[0].content }}", "leaves out a turn"),
        (CHATML + "{{ messages[-1].content }}", "twice"),
        ("{% for m in messages | reverse %}{{ m.content }}{% endfor %}", "moves it"),
        (
            CHATML.replace("assistant\n' }}", "assistant\n<think>\n' }}"),
            "prompt for a reply .* is not the beginning of the answer in a training row",
        ),
        (CHATML.replace("<|im_end|>", "."), "no special token of the tokenizer ends an answer"),
        (
            CHATML.replace("'<|im_start|>' +", "loop.index ~ '<|im_start|>' +"),
            "in one place .* in another",
        ),
        ("{% for m in messages %}", "unclosed|end of template"),
    ],
)
def test_a_template_that_cannot_be_described_is_refused_with_the_reason(text, reason):
    with pytest.raises(DescriptionError, match=reason):
        described(text)


def test_a_think_block_that_the_prompt_opens_is_closed_in_it():
    """A model that always thinks is asked for the answer itself, as in its rows."""
    opened = CHATML.replace("assistant\n' }}", "assistant\n<think>\n' }}")
    block = "('<think>\n\n</think>\n\n' if m.role == 'assistant' and loop.last else '')"
    found = described(opened.replace("+ m.content", f"+ {block} + m.content"))
    assert found.replies["user"].endswith("assistant\n<think>\n\n</think>\n\n")
    assert found.gaps["user", "assistant"].endswith("assistant\n")
