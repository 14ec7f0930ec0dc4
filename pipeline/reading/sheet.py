"""A page as it is shown: turned and cut, with its text in the direction of most of its letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pdfminer.utils import Matrix, Rect, mult_matrix

from pipeline.base.records import Figure, Page
from pipeline.reading.lines import (
    LEVEL,
    Shape,
    TextRun,
    box_of,
    is_small,
    lines_of_text_runs,
)
from pipeline.reading.rules import MAX_BOXES, Rules

# Bold type is imitated by printing a text again a little to the right, a shadow by printing it in
# grey a little below. It is so many font sizes away at most, and not many text runs before.
SAME_PLACE = 0.12
MAX_RUNS_BETWEEN = 12


def turn_of(media: Rect, rotation: int) -> Matrix:
    """The way from a page's own coordinates to those in which it is shown.

    `rotation` is that of its /Rotate, in degrees; the lower left corner of `media` becomes 0, 0.
    """
    left, low, right, high = media
    turns: dict[int, Matrix] = {
        90: (0, -1, 1, 0, -low, right),
        180: (-1, 0, 0, -1, right, high),
        270: (0, 1, -1, 0, high, -left),
    }
    return turns.get(rotation % 360, (1, 0, 0, 1, -left, -low))


def way_back(turn: Matrix) -> Matrix:
    """The way from where a page is shown to its own coordinates, by the way there (`turn_of`).

    >>> way_back(turn_of((10, 20, 605, 862), 90))
    (0, 1, -1, 0, 605, 20)
    """
    a, b, c, d, e, f = turn
    # A page is only turned and moved, so the way back turns by the same in the other direction.
    return (a, c, b, d, -(a * e + b * f), -(c * e + d * f))


def shown_box(media: Rect, crop: Rect, turn: Matrix) -> Rect:
    """The left, bottom, right and top of what is seen of a page, where it is shown.

    Only the crop box within the media box is visible, if it is not empty.
    """
    left, low = max(media[0], crop[0]), max(media[1], crop[1])
    right, high = min(media[2], crop[2]), min(media[3], crop[3])
    if left >= right or low >= high:
        left, low, right, high = media
    return box_of((left, low, right, high), turn)


@dataclass(slots=True)
class Direction:
    """Text that runs in one direction, and the way to the coordinates in which it is upright."""

    turn: Matrix
    width: float
    height: float
    runs: list[TextRun] = field(default_factory=list)

    def upright(self, matrix: Matrix) -> Matrix:
        """A text's matrix on the page → the one in the coordinates of this direction."""
        return mult_matrix(matrix, self.turn)

    def take(self, run: TextRun, slope: tuple[float, float]) -> None:
        """Keep a run whose baseline goes on by `slope` (right and up), if it may be read.

        Text at an angle (draft stamps, chart axes) belongs to no paragraph, nobody sees what is
        outside the crop box (printers' marks), and what is printed twice is read once.
        """
        along, up = slope
        shown = 0 <= run.baseline <= self.height and run.x1 > 0 and run.x0 < self.width
        if run.text and shown and abs(up) <= abs(along) * LEVEL and not self._has_printed(run):
            self.runs.append(run)

    def _has_printed(self, run: TextRun) -> bool:
        """Whether a run repeats one shortly before it, in its place."""
        # A loop, as it is asked of every run: `any` takes nearly twice as long.
        for other in self.runs[-MAX_RUNS_BETWEEN:]:
            if other.text == run.text and _are_one(other, run):
                return True
        return False

    @property
    def n_letters(self) -> int:
        """How much text there is."""
        return sum(len(run.text) for run in self.runs)


def _are_one(run: TextRun, other: TextRun) -> bool:
    """Whether two runs of the same text are one to the eye; two narrow letters are not."""
    away = abs(other.x0 - run.x0)
    return (
        away <= SAME_PLACE * run.size
        and 2 * away < run.x1 - run.x0
        and abs(other.baseline - run.baseline) <= SAME_PLACE * run.size
        and abs(other.size - run.size) < 0.1
        and other.furniture == run.furniture
    )


class Sheet:
    """Collects the text runs, small shapes and rules of a page, and makes its lines."""

    def __init__(self, box: Rect) -> None:
        """`box` is what is seen of the page, as `shown_box` gives it."""
        left, low, right, high = box
        width, height = right - left, high - low
        turn: Matrix = (1, 0, 0, 1, -left, -low)
        climbing = mult_matrix(turn, (0, -1, 1, 0, 0, width))
        falling = mult_matrix(turn, (0, 1, -1, 0, height, 0))
        self._upright = Direction(turn, width, height)
        self._climbing = Direction(climbing, height, width)
        self._falling = Direction(falling, height, width)
        self._shapes: list[Shape] = []
        self._boxes: list[Rect] = []

    def direction(self, matrix: Matrix) -> Direction:
        """The direction of a text, by its matrix on the page."""
        along, up = matrix[:2]
        if abs(along) > abs(up) * LEVEL:
            return self._upright
        return self._climbing if up > 0 else self._falling

    def draw(self, box: Rect, matrix: Matrix) -> None:
        """Keep a box in which something is drawn: it may be a bullet, or a rule of a table."""
        shape = Shape(*box_of(box, mult_matrix(matrix, self._upright.turn)))
        if is_small(shape):
            self._shapes.append(shape)
        elif len(self._boxes) <= MAX_BOXES:
            self._boxes.append(shape)

    def page(self, number: int, figures: tuple[Figure, ...] = ()) -> Page:
        """The page, in the direction of most of its text: landscape tables are often turned.

        `figures` are its described pictures.
        """
        most = max((self._upright, self._climbing, self._falling), key=lambda way: way.n_letters)
        shapes: Sequence[Shape] = self._shapes if most is self._upright else ()
        turn = mult_matrix(way_back(self._upright.turn), most.turn)
        rules = Rules([box_of(box, turn) for box in self._boxes], most.height)
        lines = lines_of_text_runs(most.runs, most.height, shapes, rules)
        return Page(number, most.height, tuple(lines), figures)
