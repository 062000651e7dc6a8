"""Build the practice base from a folder of plain text files, or measure it.

    python scripts/build/practice_base.py TEXTS --held-out HELDOUT --work WORK
    python scripts/build/practice_base.py TEXTS --held-out HELDOUT --evaluate

Needs torch. Stopped at any moment, the same command goes on from the last checkpoint in WORK.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from practice.corpus import encode_works, read_works, train_tokenizer, write_tokenizer
from tokenizers import Tokenizer

PACKAGE_FOLDER = Path(__file__).resolve().parents[2] / "morris_mlx" / "practice"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def prepare_tokens(args: argparse.Namespace) -> tuple[Tokenizer, np.ndarray, dict[str, str]]:
    """The tokenizer and the encoded texts, made once and kept in the work folder."""
    from practice.model import Shape

    shape = Shape()
    works = read_works(args.texts, without=args.held_out)
    tokenizer_file, tokens_file = args.work / "tokenizer.json", args.work / "tokens.npy"
    if not tokenizer_file.exists():
        say(f"Training the tokenizer on {len(works)} works")
        write_tokenizer(train_tokenizer(works, shape.vocab_size), args.work)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    if not tokens_file.exists():
        say("Encoding")
        temporary = args.work / "tokens.new.npy"
        np.save(temporary, encode_works(works, tokenizer))
        temporary.replace(tokens_file)
    return tokenizer, np.load(tokens_file), works


def build(args: argparse.Namespace) -> None:
    import torch
    from practice.chat_rows import chat_batches
    from practice.export import export_model
    from practice.model import Shape
    from practice.pretrain import Trainer
    from practice.schedule import STEP_TOKENS, Stage, text_batches

    args.work.mkdir(parents=True, exist_ok=True)
    tokenizer, tokens, works = prepare_tokens(args)
    say(f"{len(tokens):,} tokens of text; torch {torch.__version__}")
    trainer = Trainer(Shape(), args.work)
    text_stage = Stage("text", int(args.tokens) // STEP_TOKENS, matrix_lr=5e-3, other_lr=3e-3)
    chat_stage = Stage(
        "chat",
        int(args.chat_tokens) // STEP_TOKENS,
        matrix_lr=1.5e-3,
        other_lr=1e-3,
        decay=0.9,
        long_from=0.0,
    )
    trainer.restore("last")
    # With more --tokens than last time the text stage goes on, and the chat stage starts anew.
    if trainer.stage_name == "chat" and trainer.text_steps < text_stage.steps:
        trainer.restore("text")
    if trainer.stage_name in ("", "text") and trainer.step < text_stage.steps:
        trainer.run(text_stage, text_batches(tokens, text_stage, trainer.step, seed=1))
    if trainer.stage_name == "text":
        trainer.text_steps, trainer.stage_name, trainer.step = trainer.step, "chat", 0
    if trainer.step < chat_stage.steps:
        batches = chat_batches(works, tokenizer, tokens, chat_stage, trainer.step, seed=2)
        trainer.run(chat_stage, batches)
    seen = (trainer.text_steps + trainer.step) * STEP_TOKENS
    export_model(trainer.model, args.work, args.out, len(works), seen)
    say(f"Finished: {args.out}. Measure it with --evaluate.")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("texts", type=Path, help="folder of .txt files to learn from")
    parser.add_argument(
        "--held-out", type=Path, required=True, help="folder of .txt files never learned"
    )
    parser.add_argument(
        "--work", type=Path, default=Path("build/practice"), help="checkpoints, metrics"
    )
    parser.add_argument(
        "--out", type=Path, default=PACKAGE_FOLDER, help="where the finished base goes"
    )
    parser.add_argument(
        "--tokens", type=float, default=36e6, help="pre-training tokens (default 36e6)"
    )
    parser.add_argument(
        "--chat-tokens", type=float, default=4e6, help="chat stage tokens (default 4e6)"
    )
    parser.add_argument("--evaluate", action="store_true", help="only measure the base in --out")
    args = parser.parse_args()
    if args.evaluate:
        from practice.measure import measure

        measure(args.texts, args.held_out, args.out)
    else:
        build(args)


if __name__ == "__main__":
    main()
