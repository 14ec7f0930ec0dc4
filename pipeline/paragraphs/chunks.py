"""Lines of one page that belong together: what there is between lines and blocks."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.base.records import Line

PROSE = ("paragraph", "list_item")
# What stands in the middle of a text without ending it.
ASIDES = ("footnote", "figure")
# Of fewer words, text beside other text is a cell of a table.
MIN_PROSE_WORDS = 15


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines of one page that belong together.

    `edge` is how far to the right the lines around its last line reach, in points; `continued` are
    its lines after a break, `turns` says which of all its lines begin another page, as (number of
    the line, page); `cells` are the lines of each cell of a row; `above` is as in `Block`.
    """

    lines: tuple[Line, ...]
    page: int
    edge: float
    kind: str = "paragraph"
    continued: tuple[Line, ...] = ()
    turns: tuple[tuple[int, int], ...] = ()
    cells: tuple[tuple[Line, ...], ...] = ()
    above: tuple[str, ...] = ()

    @property
    def all_lines(self) -> tuple[Line, ...]:
        """Its lines before and after a break."""
        return self.lines + self.continued

    @property
    def last_line(self) -> Line:
        """The last of `all_lines`, at once, though there be thousands."""
        return (self.continued or self.lines)[-1]

    @property
    def is_prose(self) -> bool:
        """Whether it is text rather than a name or a figure: an item, or of enough words."""
        n_words = sum(len(line.text.split()) for line in self.lines)
        return self.kind == "list_item" or (self.kind in PROSE and n_words >= MIN_PROSE_WORDS)
