"""Rendering of a model's own chat template, in a sandbox with limits on time and length.

A template may come from an untrusted source. It can access only its own values, and it cannot keep
the machine busy: loops, calls and filters check the time and the length of every result.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from morris_mlx.records.corpus import Message

if TYPE_CHECKING:
    import jinja2

# CPU time of one rendering. A real template takes less than a millisecond, but on a busy machine it
# may be paused for seconds.
MAX_SECONDS = 2.0
MAX_SIZE = 1_000_000  # characters of a template, and of anything that it makes
MAX_EXPONENT = 64
# A template that writes today's date would change a model's prompts, and with them its training
# rows, every day. This is the date that Llama's templates write if they cannot read the clock.
PINNED_DATE = date(2024, 7, 26)
# Names under which templates ask whether the model thinks before its answer, and for the date.
SWITCHES: Mapping[str, Any] = {
    "enable_thinking": False,
    "thinking": False,
    "date_string": PINNED_DATE.strftime("%d %b %Y"),
}
CLOCK = "strftime_now"
PADDING = re.compile(r"%[^a-zA-Z%]*[\d*]")  # as in `%1000d`
TICK, JOIN, CHECKED = "_morris_tick", "_morris_join", "_morris_checked"


class TemplateError(ValueError):
    """The error for a template that does not render, with its own message or the reason."""


class Template:
    """A compiled chat template. `tokens` are texts of special tokens by name, as `bos_token`."""

    def __init__(self, text: str, tokens: Mapping[str, str]) -> None:
        self.text, self.tokens = text, dict(tokens)

    @cached_property
    def digest(self) -> str:
        """The hash of the template's text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    @cached_property
    def switches(self) -> dict[str, str]:
        """The pinned values that this template reads, as texts."""
        used = self._compiled[1]
        switches = {name: json.dumps(value) for name, value in SWITCHES.items() if name in used}
        return switches | ({CLOCK: PINNED_DATE.isoformat()} if CLOCK in used else {})

    def render(self, messages: Sequence[Message], reply: bool = False) -> str:
        """Return the text of a conversation; with `reply`, the prompt for the next answer.

        Raises TemplateError when the template refuses the conversation or exceeds a limit.
        """
        import jinja2

        values = {
            **self.tokens,
            **SWITCHES,
            "messages": [{"role": m.role, "content": m.content} for m in messages],
            "tools": None,
            "documents": None,
            "add_generation_prompt": reply,
            TICK: _tick(time.thread_time() + MAX_SECONDS),
        }
        pieces: list[str] = []
        total = 0
        try:
            for piece in self._compiled[0].generate(values):
                pieces.append(piece)
                total += len(piece)
                _check_size(total)
        except jinja2.TemplateError as error:
            raise TemplateError(str(error.message or error)) from error
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
            raise TemplateError(f"{type(error).__name__}: {error}") from error
        except (RuntimeError, SyntaxError, NameError, AssertionError, MemoryError) as error:
            raise TemplateError(f"it cannot be computed ({type(error).__name__})") from error
        return "".join(pieces)

    @cached_property
    def _compiled(self) -> tuple[jinja2.Template, frozenset[str]]:
        """The template, and the names that it reads."""
        from jinja2 import nodes

        _check_size(len(self.text))
        environment = _environment()
        tree = environment.parse(self.text)
        names = frozenset(node.name for node in tree.find_all(nodes.Name))
        _limit(tree)
        code = environment.compile(tree)
        return environment.template_class.from_code(environment, code, environment.globals), names


@cache
def _environment() -> Any:
    """Return jinja2's immutable sandbox as transformers sets it up, with the limits."""
    from jinja2 import TemplateError as JinjaError
    from jinja2.ext import Extension, loopcontrols
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """The tag that marks answers for a trainer; its content is rendered unchanged."""

        tags = {"generation"}  # noqa: RUF012 - jinja2's own name

        def parse(self, parser: Any) -> Any:
            next(parser.stream)
            return parser.parse_statements(("name:endgeneration",), drop_needle=True)

    class Sandbox(ImmutableSandboxedEnvironment):
        """The sandbox, with checks of every operation that makes long texts."""

        intercepted_binops = frozenset({"+", "*", "**", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            _check_operation(operator, left, right)
            return super().call_binop(context, operator, left, right)

        def wrap_str_format(self, value: Any) -> None:
            """Leave `str.format` unwrapped, so that it counts as unsafe: it pads without limit."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            padding = isinstance(obj, str) and attr in ("format", "format_map")
            return not padding and super().is_safe_attribute(obj, attr, value)

        def call(__self, __context: Any, __called: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
            _check_arguments((getattr(__called, "__self__", None), *args, *kwargs.values()))
            return _checked(super().call(__context, __called, *args, **kwargs))

    def raise_exception(message: str) -> None:
        raise JinjaError(message)

    def tojson(value: Any, indent: int | None = None, **options: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent, **options)

    made = Sandbox(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols, Generation])
    made.filters = {
        name: _checked_filter(plain) for name, plain in {**made.filters, "tojson": tojson}.items()
    }
    made.filters[CHECKED] = _checked
    del made.globals["lipsum"]
    made.globals |= {
        "raise_exception": raise_exception,
        CLOCK: PINNED_DATE.strftime,
        JOIN: lambda *parts: _checked("".join(map(str, parts))),
    }
    return made


def _limit(tree: Any) -> None:
    """Make every loop and macro check the time, and every concatenation the length."""
    from jinja2 import nodes

    def call(name: str, *args: Any) -> Any:
        return nodes.Call(nodes.Name(name, "load"), list(args), [], None, None)

    for node in [*tree.find_all((nodes.For, nodes.Macro, nodes.CallBlock, nodes.AssignBlock))]:
        node.body.insert(0, nodes.ExprStmt(call(TICK)).set_lineno(node.lineno))
        if isinstance(node, nodes.AssignBlock):
            node.filter = nodes.Filter(node.filter, CHECKED, [], [], None, None)
            node.filter.set_lineno(node.lineno)
    for node in [*tree.find_all(nodes.Concat)]:
        # A node cannot be replaced in its parent: it becomes a join of one, which is checked.
        node.nodes = [call(JOIN, *node.nodes).set_lineno(node.lineno)]
    tree.set_environment(_environment())


def _tick(deadline: float) -> Callable[[], None]:
    def check() -> None:
        if time.thread_time() > deadline:
            raise ValueError(f"it needs more than {MAX_SECONDS:g} seconds of CPU time")

    return check


def _check_size(size: float) -> None:
    if size > MAX_SIZE:
        raise ValueError(f"it is or makes a text of more than {MAX_SIZE:,} characters")


def _size(value: Any) -> float:
    """Return the size of a value: its length, or the absolute value of a number."""
    if isinstance(value, (str, list, tuple, dict)):
        return len(value)
    return abs(value) if isinstance(value, (int, float)) else 0


def _checked(value: Any) -> Any:
    """Return a value. Raises ValueError if it is too long."""
    if not isinstance(value, (int, float)):
        _check_size(_size(value))
    return value


def _check_operation(operator: str, left: Any, right: Any) -> None:
    """Raise ValueError for an operation whose result would be too long."""
    if operator == "%" and isinstance(left, str):
        _check_padding(left)
    first, second = _size(left), _size(right)
    if operator == "**":
        _check_size(0 if first <= 1 or second <= MAX_EXPONENT else math.inf)
    elif operator in "+*":
        _check_size(first * second if operator == "*" else first + second)


def _check_padding(text: str) -> None:
    if PADDING.search(text):
        raise ValueError("it pads a text with %")


def _check_arguments(values: Sequence[Any]) -> None:
    """Raise ValueError for arguments that may make a result that is too long.

    A replacement, a join or an indentation makes at most the product of two sizes.
    """
    *_, second, first = sorted((0.0, 0.0, *map(_size, values)))
    _check_size(max(first, first * second))


def _checked_filter(plain: Callable[..., Any]) -> Callable[..., Any]:
    """Return a filter that checks its arguments and the length of its result."""

    @functools.wraps(plain)
    def checked(*args: Any, **kwargs: Any) -> Any:
        values = [
            value for value in args if isinstance(value, (str, list, tuple, dict, int, float))
        ]
        if plain.__name__ == "do_format" and values and isinstance(values[0], str):
            _check_padding(values[0])
        _check_arguments((*values, *kwargs.values()))
        return _checked(plain(*args, **kwargs))

    return checked
