"""What came of coding, training and evaluating, in a few lines on the terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.base.counted import counted
from pipeline.cli.say import as_typed, say
from pipeline.tagging.model_folder import NOT_USED_FILE, read_model_card

SHOWN_CHANGES = 10
CLEAR = ("better", "worse")

if TYPE_CHECKING:
    from pipeline.labelling.merge import Merged
    from pipeline.research import Evaluation
    from pipeline.training.compare import Comparison


def print_merged(merged: Merged, sheet: Path) -> None:
    """Say what came of reading a filled-in sheet."""
    already = merged.n_coded - merged.n_added
    others = f"; the other {already} were already there" if already else ""
    say(
        f"{sheet} has {counted(merged.n_coded, 'coded paragraph')}. Added {merged.n_added} of "
        f"them to {merged.target}{others}.",
        err=True,
    )
    if merged.n_changed:
        say(f"{merged.n_changed} codes that were there before were changed.", err=True)
    if merged.n_partly:
        say(
            f"{merged.n_partly} of them are coded for some themes only: a theme left empty is not "
            "coded where `read` is not `yes`, or if the file did not ask for it.",
            err=True,
        )


def print_trained(folder: Path) -> None:
    """Say what a new model learnt from, and how good it is, as its card has it."""
    from pipeline.training.scores import said

    card = read_model_card(folder)
    scores, data = card["scores"], card["data"]
    say(
        f"Learnt from {counted(data['n_paragraphs'], 'coded paragraph')}. Not used: "
        f"{counted(data['n_codes_not_used'], 'code')} (see {folder / NOT_USED_FILE}).",
        err=True,
    )
    _print_not_found(folder, data["coders"])
    for theme, score in scores["themes"].items():
        more = card["more_codes"][theme]
        say(
            f"  {theme:14} F1 {said(score['f1'])} on {score['support']} paragraphs; {more}",
            err=True,
        )
    for theme, why in card["provisional"].items():
        say(
            f"  {theme} is provisional: {why}. It is tagged, but not counted unless you name it "
            "with --with-theme.",
            err=True,
        )
    say(f"  micro-F1 {scores['overall']['micro_f1']:.3f}, on unseen authorities", err=True)
    for note in card["notes"]:
        say(f"  Note: {note}", err=True)
    say(f"Wrote {folder}. To use it: {as_typed('promote', folder)}", err=True)


def _print_not_found(folder: Path, learnt: Mapping[str, int]) -> None:
    """Say whose paragraphs were missing: without the run, those of one's own reports are.

    `learnt` has the coders of the paragraphs that a model learnt from. Of the codes that come with
    the project nobody has all the paragraphs.
    """
    from pipeline.labelling.codes import CONSENSUS, LANGUAGE_MODEL
    from pipeline.training.material import NO_PARAGRAPH

    not_used = pd.read_csv(folder / NOT_USED_FILE, dtype=str, keep_default_na=False)
    missing, known = Counter[str](), Counter[str]()
    for coders, n in learnt.items():
        known.update(dict.fromkeys(coders.split(" + "), n))
    for coders, reason in zip(not_used["coder"], not_used["reason"], strict=True):
        known.update(coders.split(" + "))
        if reason == NO_PARAGRAPH:
            missing.update(coders.split(" + "))
    del missing[CONSENSUS]
    own = [coder for coder in missing if not coder.startswith(LANGUAGE_MODEL)]
    for coder in own:
        paragraphs = counted(known[coder], "paragraph")
        say(f"  Not found: {missing[coder]} of the {paragraphs} coded by {coder}.", err=True)
    if own:
        say("  Name each run that holds them: inspection-themes train my-matrix", err=True)


def print_scores(done: Evaluation) -> None:
    """Print a model's scores beside those of the baselines."""
    from pipeline.training.scores import NOT_KNOWN, said

    n_paragraphs = len(done.judged.drop_duplicates(["doc_id", "fingerprint"]))
    say(
        f"Model {done.folder.name}, on {n_paragraphs} paragraphs of "
        f"{done.judged['authority'].nunique()} authorities it has not seen:"
    )
    say(done.themes.round(3).to_string(index=False, na_rep=NOT_KNOWN))
    for row in done.overall.itertuples():
        say(
            f"{row.who:24} micro-F1 {said(row.micro_f1)}{_interval(row.low, row.high)}, macro-F1 "
            f"{said(row.macro_f1)}, mean average precision {said(row.mean_average_precision)}"
        )
    for row in done.stance.itertuples():
        say(
            f"Stance, on {row.n} correct tags{row.drawn}: accuracy {row.accuracy:.3f}, macro-F1 "
            f"{row.macro_f1:.3f}; always the commonest {row.majority_accuracy:.3f} and "
            f"{row.majority_macro_f1:.3f}"
        )


def _interval(low: float, high: float) -> str:
    return "" if pd.isna(low) else f" ({low:.3f}-{high:.3f})"


def print_slices(scored: pd.DataFrame, where: Path) -> None:
    """Print the scores on parts of the paragraphs that are worth showing."""
    from pipeline.training.scores import said
    from pipeline.training.slices import AT_RANDOM, slices_to_show

    shown = slices_to_show(scored)
    if shown.empty:
        return
    only = " drawn at random" if shown["drawn"][0] == AT_RANDOM else ""
    say(f"\nOn parts of the paragraphs{only} ({where} has all):")
    for row in shown.itertuples():
        interval = _interval(row.micro_f1_low, row.micro_f1_high)
        stance = f", stance {row.stance_accuracy:.3f} of {row.n_stances}" if row.n_stances else ""
        say(
            f"  {f'{row.slice} {row.value}':44} {row.n_paragraphs:5}  micro-F1 "
            f"{said(row.micro_f1)}{interval}, macro-F1 {said(row.macro_f1)}{stance}"
        )


def print_matrix_changes(changed: pd.DataFrame, where: Path) -> None:
    """Print what would change in the matrix of each run, the largest changes first."""
    if changed.empty:
        say("\nNo cell of the matrix would change.")
        return
    say(f"\n{counted(len(changed), 'cell')} would change ({where} lists all):")
    shown = changed.groupby("run").head(SHOWN_CHANGES)
    say(shown.round(3).to_string(index=False))


def print_comparison(comparison: Comparison, other: Path) -> None:
    """Print how a model compares with another one, by overall score and by theme."""
    if comparison.lost:
        say(f"\nIt lacks the themes {', '.join(comparison.lost)} of {other.name}.")
    if not comparison.n:
        say(
            f"\nThere are no codes on which to compare it with {other.name}, or all themes of "
            "that one are provisional."
        )
        return
    say(
        f"\nAgainst {other.name}, on the {comparison.n} paragraphs on which both can be judged: "
        f"{comparison.verdict}{' beyond chance' if comparison.verdict in CLEAR else ''}."
    )
    if not comparison.is_fair:
        say(
            f"These are few of the {comparison.n_old} on which {other.name} can be judged, so "
            "this says little."
        )
    for name, difference in comparison.difference.items():
        low, high = comparison.interval[name]
        between = "" if pd.isna(low) else f" ({low:+.3f} to {high:+.3f})"
        say(f"  {name:14} {difference:+.3f}{between}")
