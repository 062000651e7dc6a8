"""The MLX backend: compared with mlx-lm's own generation, with adapters and their strength."""

import mlx.core as mx
import numpy as np
import pytest
from mlx_lm import generate as mlx_lm_generate
from mlx_lm import load as mlx_lm_load
from typer.testing import CliRunner

from morris_mlx import files
from morris_mlx.cli.app import app
from morris_mlx.collect import collect_files
from morris_mlx.defaults import SPLIT_SEED, SYSTEM_PROMPT, sample_folder
from morris_mlx.errors import MissingError, MorrisError, UsageError
from morris_mlx.evaluate import held_out_score
from morris_mlx.generate import load_generator
from morris_mlx.models.chat_tokenizer import load_tokenizer
from morris_mlx.models.find_adapter import read_run
from morris_mlx.models.load import model_digest
from morris_mlx.prepare import prepare_collected
from morris_mlx.project.datasets import dataset_digest
from morris_mlx.records.corpus import Message
from morris_mlx.train.recipes import PRACTICE_RECIPE

SAMPLE = sample_folder() / "adapters" / "sample"
PROMPT = (Message("system", "Speak."), Message("user", "Headline: The Last Mast"))


PLAIN = {"max_tokens": 40, "temperature": 0.0, "top_p": 1.0, "min_p": 0.0}


@pytest.fixture(scope="module")
def tuned(practice):
    with load_generator(practice, SAMPLE, repetition_penalty=1.0) as generator:
        yield generator


@pytest.mark.parametrize("adapter", [None, SAMPLE])
def test_greedy_tokens_are_those_of_load_and_generate_of_mlx_lm(practice, adapter):
    model, tokenizer = mlx_lm_load(
        str(practice.folder), adapter_path=str(adapter) if adapter else None
    )
    model.set_dtype(mx.float32)  # the precision of Morris on a CPU
    prompt = tokenizer.apply_chat_template(
        [{"role": m.role, "content": m.content} for m in PROMPT],
        add_generation_prompt=True,
        return_dict=False,
    )
    theirs = mlx_lm_generate(model, tokenizer, prompt, max_tokens=60)
    with load_generator(practice, adapter) as generator:
        ours = generator.generate(PROMPT, temperature=0, max_tokens=60, prevent_loops=False)
    assert ours.text == theirs.strip()
    assert ours.prompt_tokens == len(prompt)
    words = ["generate", PROMPT[1].content, "--system", PROMPT[0].content, "--model", "practice"]
    words += ["--temp", "0", "--max-tokens", "60", "--allow-loops"]
    typed = CliRunner().invoke(app, words + (["--adapter", str(adapter)] if adapter else []))
    assert typed.stdout.strip() == theirs.strip()


def test_strength_0_is_the_base_and_1_the_adapter(practice, tuned):
    conversation = (*PROMPT, Message("assistant", "Every mast is a gravestone, reader."))
    with load_generator(practice) as base:
        plain = base.score(conversation)
    tuned.strength = 0.0
    assert tuned.score(conversation) == plain
    tuned.strength = 0.5
    half = tuned.score(conversation)[0]
    tuned.strength = 1.0
    full = tuned.score(conversation)[0]
    assert full < half < plain[0]
    with pytest.raises(UsageError, match=r"strength is 2\.0; it must be a number from 0 to 1\.5"):
        tuned.strength = 2.0
    tuned.strength = None


def test_the_strictest_filters_are_greedy(tuned):
    greedy = tuned.generate(PROMPT, **PLAIN).text
    hot = PLAIN | {"temperature": 1.0, "seed": 1}
    for strict in ({"top_k": 1}, {"top_p": 1e-6}, {"min_p": 1.0}):
        assert tuned.generate(PROMPT, **(hot | strict)).text == greedy
    assert tuned.generate(PROMPT, **hot).text != greedy


def test_the_score_is_the_sum_over_the_assistants_tokens(practice, tuned):
    conversation = (*PROMPT, Message("assistant", "Rain again."))
    rendered = tuned.load().tokenizer.render(conversation)
    total, count = tuned.score(conversation)
    assert count == sum(rendered.mask) == tuned.load().tokenizer.count("Rain again.") + 1
    assert 0.5 < total / count < 15
    learned, ids = np.array(rendered.mask[1:]), np.array(rendered.ids[1:])
    rows = tuned.logits(conversation, len(rendered.ids))[1][:-1][learned].astype(np.float64)
    losses = np.logaddexp.reduce(rows, axis=1) - rows[np.arange(count), ids[learned]]
    assert total == pytest.approx(losses.sum(), rel=1e-6)


def test_a_missing_adapter_file_is_named(practice, tmp_path):
    with pytest.raises(MissingError, match=r"no adapter .* Choose one of: sample"):
        load_generator(practice, tmp_path)


def test_an_adapter_of_another_model_is_refused(tiny, practice):
    with pytest.raises(MorrisError, match="does not fit this model"):
        load_generator(tiny, SAMPLE)


def test_the_sample_adapter_is_alive_and_matches_its_run(practice):
    run = read_run(SAMPLE)
    assert run.adapter_sha256 == files.file_digest(SAMPLE / "adapters.safetensors")
    assert run.base_digest == model_digest(practice.folder)
    assert (run.name, run.base_model, run.stopped) == ("sample", "practice", "")
    assert run.settings == PRACTICE_RECIPE
    tensors = mx.load(str(SAMPLE / "adapters.safetensors"))
    assert sum(t.size for t in tensors.values()) == run.trainable_parameters
    assert all(mx.abs(t).max().item() > 0 for n, t in tensors.items() if n.endswith("lora_b"))
    config = files.read_json(SAMPLE / "adapter_config.json")
    assert config["lora_parameters"]["rank"] == run.settings.rank
    assert config["lora_parameters"]["scale"] == run.settings.scale


def test_the_sample_adapter_knows_unseen_columns_better_by_8_percent(practice, tuned):
    """On the columns in the test split of the demo."""
    columns = collect_files([sample_folder() / "columns"]).documents
    tokenizer = load_tokenizer(practice.folder)
    made = prepare_collected(columns, (), tokenizer, practice.window, SYSTEM_PROMPT, SPLIT_SEED)
    run = read_run(SAMPLE)
    assert run.dataset_digest == dataset_digest(made.examples)
    losses = []
    for strength in (0.0, 1.0):
        tuned.strength = strength
        losses.append(held_out_score(made.examples["test"], tuned.score).loss)
    assert losses[1] <= 0.92 * losses[0]
    assert run.best_valid_loss <= 0.92 * run.base_valid_loss


def test_the_sample_adapter_ends_its_replies_and_has_the_style(tuned):
    """It has habits of the columnist that the base never shows, counted over three answers."""
    habits = ("reader", "grown-ups", "communiqué", "wrong?", "torch", "jars", "(", "‘")
    counts = []
    for strength in (0.0, 1.0):
        tuned.strength = strength
        settings = {"max_tokens": 900, "repetition_penalty": None}
        results = list(tuned.generate_many([PROMPT] * 3, range(3), **settings))
        text = "".join(result.text for result in results)
        counts.append(sum(text.count(habit) for habit in habits))
        assert sum(result.finish_reason == "stop" for result in results) >= 2
    assert counts[1] > counts[0] + 3


def test_a_reply_continues_beyond_the_window_up_to_max_length(tiny):
    """The rotating cache holds a window and always the first few tokens."""
    settings = {"temperature": 0, "eos_token_id": 7999, "prevent_loops": False}
    with load_generator(tiny, say=lambda _: None, **settings) as llm:
        within = llm.generate("Hello.", max_tokens=500)
        assert within.prompt_tokens + within.tokens == tiny.window
        assert within.finish_reason == "length"
        beyond = llm.generate("Hello.", max_tokens=300, max_length=600)
        assert beyond.tokens == 300 > tiny.window
        assert beyond.text.startswith(within.text[:200])
        again = llm.generate("Hello.", max_tokens=300, max_length=600)
        assert again.text == beyond.text


def test_a_stream_that_others_join_gives_the_same_text(practice):
    """It is moved into their batch with its cache, its random numbers and its penalties."""
    with load_generator(practice, say=lambda _: None, adapter=str(SAMPLE)) as llm:
        settings = {"max_tokens": 40, "frequency_penalty": 0.2}
        stream = llm.stream("Tell me about rain.", **settings)
        pieces = [next(stream) for _ in range(5)]
        joined = llm.batch_run(["Tell me about tea.", "Tell me about bread."], **settings)
        pieces += stream
        assert "".join(pieces).rstrip() == stream.result.text
        alone = llm.run("Tell me about rain.", seed=stream.result.seed, **settings)
        assert stream.result.text == alone
        assert len(set(joined)) == 2


def test_an_adapter_that_does_not_fit_leaves_the_model_as_it_was(practice, tiny, tmp_path):
    from support.random_adapter import make_adapter

    foreign = make_adapter(tiny, tmp_path / "foreign", "lora")
    for backend in ("mlx", "torch"):
        with load_generator(practice, SAMPLE, backend, lambda _: None, temperature=0) as llm:
            before = llm.run("Hello.", max_tokens=8)
            with pytest.raises(MorrisError, match="does not fit this model"):
                llm.run("Hello.", max_tokens=8, adapter=str(foreign))
            assert llm.run("Hello.", max_tokens=8) == before


def test_an_adapter_that_was_trained_again_is_read_again(practice, tmp_path):
    import shutil

    copy = shutil.copytree(SAMPLE, tmp_path / "again")
    with load_generator(practice, copy, say=lambda _: None, temperature=0) as llm:
        before = llm.run("Hello.", max_tokens=12)
        weights = {k: v * 0.2 for k, v in mx.load(str(copy / "adapters.safetensors")).items()}
        mx.eval(weights)
        mx.save_safetensors(str(copy / "new.safetensors"), weights)
        (copy / "run.json").unlink()
        (copy / "new.safetensors").replace(copy / "adapters.safetensors")
        assert llm.run("Hello.", max_tokens=12) != before


def test_torch_refuses_replies_beyond_the_window(tiny):
    with load_generator(tiny, backend="torch", say=lambda _: None) as llm:
        with pytest.raises(UsageError, match="window"):
            llm.run("Hello.", max_tokens=300, max_length=600)
        assert llm.run("Hello.", max_tokens=3) is not None
