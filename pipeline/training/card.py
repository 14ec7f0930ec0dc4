"""The model card: what a model learnt from, how well it does and what it is for."""

from __future__ import annotations

import math
import platform
from importlib import metadata
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure

from pipeline.base.counted import counted
from pipeline.base.files import write_whole
from pipeline.labelling.codes import KEYS, LANGUAGE_MODEL, NO, themes_of
from pipeline.matrix.intervals import MIN_VALIDATED, MIN_VALIDATED_DOCUMENTS, is_validated
from pipeline.tagging.model_folder import NOT_USED_FILE
from pipeline.training.provisional import find_provisional
from pipeline.training.scores import (
    NOT_KNOWN,
    bootstrap,
    calibration_bins,
    count_errors,
    describe_errors,
    drawn_at_random,
    errors_between,
    judge,
    said,
    score_all,
    score_stance,
    score_themes,
    stance_decisions,
)

CARD_TEXT_FILE = "card.md"
CALIBRATION_FILE = "calibration.svg"
INTENDED_USE = (
    "For finding and counting paragraphs of inspection reports by theme. Not for judging an "
    "authority, nor for relying on a single paragraph without reading it."
)
KNOWN_LIMITS = (
    "It may do worse on texts unlike those that it learnt from. Short list items depend on the "
    "heading above them. The stances `mixed` and `neutral` are rare and often missed."
)
# What a model depends on: another version may give another one.
LEARNT_WITH = (
    "inspection-themes",
    "numpy",
    "onnx",
    "onnxruntime",
    "pandas",
    "scikit-learn",
    "scipy",
    "skops",
    "spacy",
)
CODED_BY_MACHINE = (
    "paragraphs were coded by a language model that applied the codebook to each, not by "
    "practitioners. Its agreement with itself says nothing about agreement between people."
)


def make_card(
    codes: pd.DataFrame,
    held_out: pd.DataFrame,
    thresholds: dict[str, float],
    n_not_used: int,
    folds: int,
    kinds: pd.Series | None = None,
) -> dict:
    """All that the card says, as plain values. `codes` are settled, with a row per paragraph.

    `kinds` gives the document type of a `doc_id`.
    """
    judged = judge(codes, held_out)
    machine = sum(
        all(coder.startswith(LANGUAGE_MODEL) for coder in coders.split(" + "))
        for coders in codes["coder"]
    )
    intervals, at_random = bootstrap(judged), drawn_at_random(judged)
    kinds = pd.Series(dtype=str) if kinds is None else kinds
    return {
        "thresholds": {theme: round(cut, 4) for theme, cut in thresholds.items()},
        "data": {
            "n_paragraphs": len(codes),
            "n_documents": int(codes["doc_id"].nunique()),
            "authorities": sorted(set(codes["authority"])),
            "n_codes_not_used": n_not_used,
            "drawn": {str(k): int(n) for k, n in codes["drawn"].value_counts().items()},
            "coders": {str(k): int(n) for k, n in codes["coder"].value_counts().items()},
            "codes_by_theme": {
                theme: {str(k): int(n) for k, n in codes[theme].value_counts().items() if k}
                for theme in themes_of(codes)
            },
        },
        "splits": (
            f"{folds} folds by authority: words and sentences of a paragraph are scored by models "
            "that have not seen its authority. The last step, which weighs these scores, and the "
            "thresholds are also fitted on other authorities, but on scores by models that had "
            "seen this one. A model that has seen nothing of a fifth of the authorities scores up "
            "to 0.01 lower on them (see the learning curve of `evaluate`)."
        ),
        "scores": {
            "overall": _rounded(score_all(judged)),
            "themes": _rounded(score_themes(judged)),
            "stance": _rounded(score_stance(judged)),
            "intervals": _rounded(intervals),
            "at_random": _rounded(_score_at_random(at_random)),
            "kinds": score_kinds(at_random, kinds),
        },
        "provisional": find_provisional(judged),
        "errors": count_errors(judged),
        "kinds": validate_kinds(at_random, kinds),
        "calibration": {
            theme: _rounded(
                calibration_bins(rows["code"].to_numpy() != NO, rows["probability"].to_numpy())
            )
            for theme, rows in judged.groupby("theme", sort=False)
        },
        "coded_by": f"{machine} of {len(codes)} {CODED_BY_MACHINE}" if machine else "",
        "intended_use": INTENDED_USE,
        "limits": KNOWN_LIMITS,
        "versions": {
            "python": platform.python_version(),
            **{name: metadata.version(name) for name in LEARNT_WITH},
        },
    }


def validate_kinds(at_random: pd.DataFrame, kinds: pd.Series) -> dict[str, dict]:
    """What the card says of each kind of document: how many of its paragraphs were coded at
    random, from how many documents, and how often tags were right and wrong on them.

    For each theme, and for each stance of tagged paragraphs, that is in the fields of
    `intervals.Errors`. `kinds` is by doc_id.
    """
    between = errors_between(at_random, kinds)
    of_stance = errors_between(stance_decisions(at_random), kinds)
    return _rounded(
        {
            str(kind): {
                "n_paragraphs": len(judged.drop_duplicates(KEYS)),
                "n_documents": int(judged["doc_id"].nunique()),
                "errors": describe_errors(judged, between),
                "stances": describe_errors(stance_decisions(judged), of_stance),
            }
            for kind, judged in at_random.groupby(at_random["doc_id"].map(kinds))
        }
    )


def score_kinds(at_random: pd.DataFrame, kinds: pd.Series) -> dict[str, dict]:
    """The scores that the card has of each kind of document; `kinds` is by doc_id."""
    by_kind = at_random.groupby(at_random["doc_id"].map(kinds))
    return _rounded({str(kind): _score_at_random(judged) for kind, judged in by_kind})


def _score_at_random(judged: pd.DataFrame) -> dict:
    if judged.empty:
        return {"n": 0}
    return {
        "n": len(judged.drop_duplicates(KEYS)),
        "overall": score_all(judged),
        "themes": score_themes(judged),
        "stance": score_stance(judged),
    }


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 4)
    return value


def write_card(card: dict, folder: Path) -> None:
    """Write the card for people to read: `card.md`, with `calibration.svg`."""
    write_card_text(card, folder)
    _draw_calibration(card["calibration"], folder / CALIBRATION_FILE)


def write_card_text(card: dict, folder: Path) -> None:
    """Write `card.md`, whole or not at all."""
    scores, data = card["scores"], card["data"]
    rows = [
        "| theme | paragraphs | precision | recall | F1 | 95% interval | average precision | "
        "calibration error | threshold |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for theme, s in scores["themes"].items():
        ends = scores["intervals"].get(theme)
        rows.append(
            f"| {theme} | {s['support']} of {s['n']} | {s['precision']:.2f} | "
            f"{said(s['recall'], 2)} | {said(s['f1'])} | "
            f"{'{:.2f}–{:.2f}'.format(*ends) if ends else NOT_KNOWN} | "
            f"{said(s['average_precision'])} | {s['calibration_error']:.3f} | "
            f"{card['thresholds'][theme]:.2f} |"
        )
    overall, stance = scores["overall"], scores["stance"]
    lines = [
        f"# Model {card['model_id']}",
        card["intended_use"],
        "## What it learnt from",
        f"{counted(data['n_paragraphs'], 'coded paragraph')} from "
        f"{counted(data['n_documents'], 'document')}, of authorities: {len(data['authorities'])}. "
        f"Not used: {counted(data['n_codes_not_used'], 'code')} ({NOT_USED_FILE} says why). "
        "How the paragraphs were drawn: "
        + ", ".join(f"{name or 'not recorded'} {n}" for name, n in data["drawn"].items())
        + ".",
        f"Of these paragraphs, {card['n_paragraphs_learnt_from_counts']} were learnt from the "
        f"counts kept with the model {card['learnt_from_counts_of']}."
        if card["learnt_from_counts_of"]
        else "",
        card["coded_by"],
        "## How well it does",
        card["splits"],
        "\n".join(rows),
        f"Micro-F1 {overall['micro_f1']:.3f} "
        f"({scores['intervals']['micro_f1'][0]:.3f}–{scores['intervals']['micro_f1'][1]:.3f}), "
        f"macro-F1 {overall['macro_f1']:.3f} "
        f"({scores['intervals']['macro_f1'][0]:.3f}–{scores['intervals']['macro_f1'][1]:.3f}), "
        f"mean average precision {overall['mean_average_precision']:.3f}. For the intervals, "
        "whole authorities are resampled.",
        _random_text(scores["at_random"]),
        _kinds_table(scores["kinds"], card["kinds"]),
        _stance_text(stance),
        "With more codes: "
        + "; ".join(f"{theme}: {says}" for theme, says in card["more_codes"].items())
        + "."
        if card.get("more_codes")
        else "",
        *(
            f"**{theme} is provisional**: {why}. Its tags are not counted in the matrix and the "
            "report, unless it is named with --with-theme."
            for theme, why in card["provisional"].items()
        ),
        "Paragraphs that may carry a theme are also read by a transformer, fine-tuned on "
        f"the codes of model {card['encoder']['made_in']} and invented sentences about direction "
        "(`corpus/direction.jsonl`). What it says here of a paragraph that it learnt from comes "
        "from one that had seen only the other half of the authorities."
        if card["encoder"]["made_in"]
        else "",
        f"![Probability against share of paragraphs that carry the theme]({CALIBRATION_FILE})",
        "## Limits",
        " ".join([card["limits"], *card["notes"]]),
    ]
    write_whole(folder / CARD_TEXT_FILE, "\n\n".join(line for line in lines if line) + "\n")


def _random_text(scores: dict) -> str:
    if not scores["n"]:
        return "No paragraph was drawn at random: nothing is known about paragraphs as they come."
    overall = scores["overall"]
    each = ", ".join(f"{theme} {said(s['f1'])}" for theme, s in scores["themes"].items())
    return (
        f"On only the {scores['n']} paragraphs drawn at random, which are easier than those "
        f"chosen because a model was unsure: micro-F1 {said(overall['micro_f1'])}, macro-F1 "
        f"{said(overall['macro_f1'])}, mean average precision "
        f"{said(overall['mean_average_precision'])} ({each}). {_stance_text(scores['stance'])}"
    )


def _kinds_table(kinds: dict, validation: dict) -> str:
    """The scores of each kind of document, on paragraphs drawn at random."""
    if not kinds:
        return ""
    rows = [
        "By kind of document, on paragraphs drawn at random. Shares are corrected only where "
        f"at least {MIN_VALIDATED} of them, from {MIN_VALIDATED_DOCUMENTS} documents, are of the "
        "kind:",
        "",
        "| document type | paragraphs | documents | validated | micro-F1 | macro-F1 | "
        "mean average precision | stance |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind, s in kinds.items():
        overall, known = s["overall"], validation[kind]
        stance = f"{s['stance']['accuracy']:.3f}" if s["stance"]["n"] else ""
        rows.append(
            f"| {kind} | {s['n']} | {known['n_documents']} | "
            f"{'yes' if is_validated(known) else 'no'} | {said(overall['micro_f1'])} | "
            f"{said(overall['macro_f1'])} | {said(overall['mean_average_precision'])} | {stance} |"
        )
    return "\n".join(rows)


def _stance_text(stance: dict) -> str:
    if not stance["n"]:
        return "No paragraph was tagged correctly, so stance could not be scored."
    return (
        f"Stance, on {stance['n']} correct tags: accuracy {stance['accuracy']:.3f}, "
        f"macro-F1 {stance['macro_f1']:.3f}; always giving the most common one: "
        f"{stance['majority_accuracy']:.3f} and {stance['majority_macro_f1']:.3f}."
    )


def _draw_calibration(calibration: dict[str, list], path: Path) -> None:
    with rc_context({"svg.hashsalt": "inspection-themes"}):
        _draw(calibration).savefig(path, metadata={"Date": None, "Creator": "inspection-themes"})


def _draw(calibration: dict[str, list]) -> Figure:
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for (theme, bins), marker in zip(calibration.items(), "osD^vPX*" * 9, strict=False):
        p, share, _ = np.array(bins).T
        axes.plot(p, share, marker=marker, markersize=4, linewidth=1, label=theme)
    axes.set(xlabel="probability", ylabel="share that carries the theme", xlim=(0, 1), ylim=(0, 1))
    axes.legend(frameon=False, fontsize=8)
    return figure
