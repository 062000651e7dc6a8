"""Tests of the reader of MDX files."""

from support.document_files import parsed, text_of

from morris_mlx.collect.readers.documents.mdx import strip_mdx

MDX = """\
---
title: On paint
date: 2024-03-04
---
import Chart from '../chart'
import { A,
  B } from "b"

export const meta = {
  a: 1,

  b: [2],
}

It rained {/* a comment */}for days{' '}and <Em>nights</Em>.

<Chart data={[{a: 1}]} title="a > b" />

<Note type="x">
    The gate was shut.
</Note>

import duties rose, and {props.name} fell.

```js
import X from 'x'
```

The end.
"""


def test_text_is_kept_and_components_are_not(tmp_path):
    (tmp_path / "a.mdx").write_text(MDX, encoding="utf-8")
    found = parsed(tmp_path / "a.mdx")
    assert (found.title, found.date) == ("On paint", "2024-03-04")
    assert text_of(tmp_path / "a.mdx").split("\n\n") == [
        "It rained for days and nights.",
        "The gate was shut.",
        "import duties rose, and fell.",
        "The end.",
    ]


def test_a_statement_without_an_end_does_not_take_the_text_with_it():
    text = "export const a = {\n" + "\n".join(f"Line {n}." for n in range(300))
    assert strip_mdx(text).endswith("Line 299.")


def test_comparisons_and_braces_in_code_stay():
    text = "If 1 < 2 and B > A.\n\n```\n<X/> {y}\n```\n"
    assert strip_mdx(text) == text
