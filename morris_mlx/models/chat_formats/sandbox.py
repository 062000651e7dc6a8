"""Rendering of a model's own chat template, in a sandbox with limits on time and length.

A template may come from an untrusted source. It can access only its own values, and it cannot keep
the machine busy: loops, calls and filters check the time and the length of every result, and so do
the lists that it makes and the texts that it writes.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from morris_mlx.models.chat_formats.limits import (
    Meter,
    check_arguments,
    check_operation,
    check_size,
    checked,
    checked_filter,
    text_length,
)
from morris_mlx.records.corpus import Message

if TYPE_CHECKING:
    import jinja2

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
RESERVED = "_morris_"  # the names of the checks, which a template must not assign to
TICK, JOIN, CHECKED = f"{RESERVED}tick", f"{RESERVED}join", f"{RESERVED}checked"


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
            TICK: Meter(),
        }
        pieces: list[str] = []
        total = 0
        try:
            for piece in self._compiled[0].generate(values):
                pieces.append(piece)
                total += len(piece)
                check_size(total)
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

        check_size(len(self.text))
        # Python reads identifiers in this normal form.
        if RESERVED in unicodedata.normalize("NFKC", self.text):
            raise ValueError(f"it uses a name with {RESERVED}, which is reserved")
        environment = _environment()
        tree = environment.parse(self.text)
        names = frozenset(node.name for node in tree.find_all(nodes.Name))
        tree = _limit(tree)
        code = environment.compile(tree)
        return environment.template_class.from_code(environment, code, environment.globals), names


@cache
def _environment() -> Any:
    """Return jinja2's immutable sandbox as transformers sets it up, with the limits."""
    from jinja2 import TemplateError as JinjaError
    from jinja2 import pass_context
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
            check_operation(operator, left, right)
            return super().call_binop(context, operator, left, right)

        def wrap_str_format(self, value: Any) -> None:
            """Leave `str.format` unwrapped, so that it counts as unsafe: it pads without limit."""

        def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
            padding = isinstance(obj, str) and attr in ("format", "format_map")
            return not padding and super().is_safe_attribute(obj, attr, value)

        def call(__self, __context: Any, __called: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
            check_arguments((*args, *kwargs.values()), getattr(__called, "__self__", None))
            return checked(super().call(__context, __called, *args, **kwargs))

    def raise_exception(message: str) -> None:
        raise JinjaError(message)

    def tojson(value: Any, indent: int | None = None, **options: Any) -> str:
        return json.dumps(value, ensure_ascii=False, indent=indent, **options)

    @pass_context
    def write(context: Any, value: Any) -> Any:
        """Count what the template writes, also into a variable. Used for every expression."""
        context[TICK](text_length(value))
        return value

    made = Sandbox(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[loopcontrols, Generation],
        finalize=write,
    )
    made.filters = {
        name: checked_filter(plain) for name, plain in {**made.filters, "tojson": tojson}.items()
    }
    made.filters[CHECKED] = checked
    del made.globals["lipsum"]
    made.globals |= {
        "raise_exception": raise_exception,
        CLOCK: PINNED_DATE.strftime,
        JOIN: lambda *parts: checked("".join(map(str, checked(parts)))),
    }
    return made


def _limit(tree: Any) -> Any:
    """Return the template with checks: of the time in loops and macros, of lengths elsewhere."""
    from jinja2 import nodes
    from jinja2.visitor import NodeTransformer

    def call(name: str, *args: Any) -> Any:
        return nodes.Call(nodes.Name(name, "load"), list(args), [], None, None)

    def checked_node(node: Any) -> Any:
        return nodes.Filter(node, CHECKED, [], [], None, None).set_lineno(node.lineno)

    class Limiter(NodeTransformer):
        """A visitor that puts checks around what can grow."""

        def visit_For(self, node: Any) -> Any:  # noqa: N802 - jinja2's own names
            text = sum(len(data.data) for data in node.find_all(nodes.TemplateData))
            self.generic_visit(node)
            node.body.insert(0, nodes.ExprStmt(call(TICK, nodes.Const(text))))
            return node.set_lineno(node.lineno)

        visit_Macro = visit_CallBlock = visit_For  # noqa: N815

        def visit_AssignBlock(self, node: Any) -> Any:  # noqa: N802
            self.generic_visit(node)
            # The innermost filter of a block has no node: it gets the block's text.
            node.filter = nodes.Filter(node.filter, CHECKED, [], [], None, None)
            node.filter.set_lineno(node.lineno)
            return node

        def visit_Concat(self, node: Any) -> Any:  # noqa: N802
            self.generic_visit(node)
            return call(JOIN, *node.nodes).set_lineno(node.lineno)

        def visit_List(self, node: Any) -> Any:  # noqa: N802
            self.generic_visit(node)
            return checked_node(node)

        visit_Dict = visit_List  # noqa: N815

        def visit_Tuple(self, node: Any) -> Any:  # noqa: N802
            self.generic_visit(node)
            return checked_node(node) if node.ctx == "load" else node

    return Limiter().visit(tree).set_environment(_environment())
