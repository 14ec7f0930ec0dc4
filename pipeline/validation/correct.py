"""A run's own validation → the error rates by which its shares are corrected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from pipeline.base.tables import read_card
from pipeline.matrix.intervals import MIN_CODED, OF_THIS_RUN, read_errors
from pipeline.validation.figures import domains
from pipeline.validation.kept import ERRORS_FILE, FOLDER, digest_of_run, read_errors_file


def errors_of_kinds(answers: pd.DataFrame, counts: pd.DataFrame) -> dict:
    """By kind: `n_paragraphs` and `n_documents` that were coded, and `errors` by theme.

    The sample is weighted, so its paragraphs cannot just be counted. `errors` are what a simple
    random sample would have shown that knows recall and false alarms as exactly (see
    `TwoGroups.counts`). Left out are kinds of which fewer than `figures.LEAST_CODED` were coded,
    and themes that coders gave to fewer than `MIN_CODED` of them. How little is known of the
    others shows in the width of the intervals.
    """
    kinds: dict[str, dict] = {}
    for domain in domains(answers, counts):
        if domain.slice == "document_type":
            own = answers[answers["document_type"] == domain.value]
            kind = kinds.setdefault(
                domain.value,
                {
                    "n_paragraphs": int(own["paragraph_id"].nunique()),
                    "n_documents": int(own["doc_id"].nunique()),
                    "errors": {},
                },
            )
            n_yes, groups = domain.answers["yes"].sum(), domain.groups
            if groups.in_tagged.n and MIN_CODED <= n_yes <= len(domain.answers) - MIN_CODED:
                found = groups.counts()
                kind["errors"][domain.theme] = {name: round(n, 3) for name, n in found.items()}
    return kinds


def read_corrected_card(run: Path) -> dict:
    """The card of the model, with the errors that the run's own validation found.

    Where the codes of a theme in a kind suffice, they take the place of the card's; what the card
    says of other themes of a kind stays if that kind was validated. A validation of other tables
    than the run now has is not used.
    """
    card, said = read_card(run), read_errors_file(run)
    if said is None or is_outdated(run):
        return card
    kinds = dict(card.get("kinds") or {})
    for kind, themes in _sufficient(said["kinds"]).items():
        before, own = kinds.get(kind, {}), said["kinds"][kind]
        errors = {t: before["errors"][t] for k, t in read_errors(card) if k == kind}
        # The sample says nothing of stances.
        stances = {s: before["stances"][s] for k, s in read_errors(card, "stances") if k == kind}
        note = _say(own, themes, [theme for theme in errors if theme not in themes])
        errors |= {
            theme: _with_between(errors.get(theme, {}), own["errors"][theme]) for theme in themes
        }
        kinds[kind] = {
            **before,
            **own,
            "errors": errors,
            "stances": stances,
            OF_THIS_RUN: note,
        }
    return {**card, "kinds": kinds}


def _with_between(before: Mapping, own: Mapping) -> dict:
    """A run's own errors, with how much they differ between authorities by the card: one sample
    cannot say that."""
    return {name: n for name, n in before.items() if name.endswith("_between")} | dict(own)


def corrected_themes(run: Path) -> dict[str, list[str]]:
    """The themes, by kind, whose shares are corrected by the run's own validation."""
    said = read_errors_file(run)
    return {} if said is None else _sufficient(said["kinds"])


def _sufficient(kinds: dict) -> dict[str, list[str]]:
    """The kinds and themes on which the model was better than guessing, see `read_errors`."""
    own = {kind: said | {OF_THIS_RUN: ""} for kind, said in kinds.items()}
    themes: dict[str, list[str]] = {}
    for kind, theme in read_errors({"kinds": own}):
        themes.setdefault(kind, []).append(theme)
    return themes


def _say(own: dict, themes: Sequence[str], others: Sequence[str]) -> str:
    by_card = f"; those of {', '.join(others)} by the model's card" if others else ""
    return (
        f"{own['n_paragraphs']:,} paragraphs of {own['n_documents']} documents of this run were "
        "drawn at random and coded (validation.html). The shares of "
        f"{', '.join(themes)} are corrected by these{by_card}."
    )


def is_outdated(run: Path) -> bool:
    """Whether the run has changed since it was validated."""
    said = read_errors_file(run)
    return said is not None and said.get("run") != digest_of_run(run)


def say_outdated(run: Path) -> str:
    """What to know of a validation that cannot be used any more; empty if there is none."""
    if (run / ERRORS_FILE).exists() and read_errors_file(run) is None:
        return (
            f"{run / ERRORS_FILE} cannot be read, and is not used. Read the filled-in sheet again "
            "with validate --read."
        )
    if not is_outdated(run):
        return ""
    return (
        f"{run / ERRORS_FILE} is about this run as it was before, and is not used. Rename the "
        f"folder {run / FOLDER}, and draw a new sample with validate."
    )
