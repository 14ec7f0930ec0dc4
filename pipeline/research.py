"""The researchers' flow: propose → merge → compare coders → train → evaluate → promote.

`stages` reads a corpus; this module makes new models from it. The command line and the tests
call these functions. Modules that take seconds to load are imported where they are used.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from pipeline.base import paths
from pipeline.base.codebook import read_codebook
from pipeline.base.errors import LabelError, ModelError, TableError
from pipeline.base.tables import read_card, read_table
from pipeline.base.workspace import check_own, find_workspace, workspace_to_write
from pipeline.matrix.provisional import provisional_themes, themes_left_out
from pipeline.tagging.model_folder import (
    CURRENT_FILE,
    check_place,
    find_model,
    model_in_use,
    read_model_card,
    use_model,
)

if TYPE_CHECKING:
    from pipeline.labelling.merge import Merged
    from pipeline.tagging.explain import Reason
    from pipeline.training.compare import Comparison


@dataclass(frozen=True, slots=True)
class Proposal:
    """A task file: its number of paragraphs, and the files written, the main one first."""

    n_paragraphs: int
    files: list[Path]


@dataclass(frozen=True, slots=True)
class CodersCompared:
    """How far coders agree, and where they do not.

    `measured` is about each two of them (`agreement.measure_pairs`), `together` about all (None if
    they are two). `differing` has the codes side by side, with their texts if a run was given;
    `sheet` is the one on which to agree, about `n_in_sheet` of them (None: it was not written).
    """

    measured: pd.DataFrame
    together: pd.DataFrame | None
    differing: pd.DataFrame
    sheet: Path | None
    n_in_sheet: int


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well a model does on authorities it has not seen (`JUDGED`), beside a keyword search.

    `themes`, `overall` and `stance` are its scores (see `scores.tabulate_themes` and the others),
    `slices` those on kinds of document, files of codes, coders and the like (`slices.SLICES`).
    `curve` and `against` are None if not asked for; `no_curve` says why a curve that was asked for
    could not be drawn. `theme_curves` (`more_codes.POINTS`) goes with `curve`, and `more_codes`
    says in words what more codes of each theme would bring. `matrix_changes` has the cells in
    which the two models differ.
    """

    folder: Path
    judged: pd.DataFrame
    themes: pd.DataFrame
    overall: pd.DataFrame
    stance: pd.DataFrame
    slices: pd.DataFrame
    mistakes: pd.DataFrame
    curve: pd.DataFrame | None
    theme_curves: pd.DataFrame | None
    more_codes: dict[str, str]
    no_curve: str
    against: Comparison | None
    against_at_random: Comparison | None
    matrix_changes: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Explanation:
    """A paragraph's text, and why it has each of the themes asked about."""

    text: str
    reasons: list[Reason]


def propose(
    run: Path,
    sheet: Path,
    *,
    number: int = 100,
    form: str = "xlsx",
    seed: int = 0,
    theme: str = "",
    codes: Sequence[Path] | None = None,
    codebook: Path | None = None,
) -> Proposal:
    """Write the paragraphs of a run that are most worth coding to a task file.

    `form` is one of `task_files.FORMATS`. Paragraphs that are coded for every theme in `codes`
    (None: all of ours) are not proposed. With `theme`, the file asks only for that one, and has
    paragraphs that are not coded for it yet. Raises `LabelError` if `sheet` already exists, or if
    the codebook has no such theme.
    """
    from pipeline.labelling.codes import read_codes
    from pipeline.labelling.propose import coded_in_full, propose_paragraphs
    from pipeline.labelling.propose_theme import propose_for_theme
    from pipeline.labelling.task_files import write_proposal

    themes = read_codebook(codebook)
    if theme and theme not in themes:
        raise LabelError(
            f"The codebook has no theme {theme!r}; it has {', '.join(themes)}.",
            "Add an entry with its title, definition and search terms, or give your own codebook "
            "with --codebook.",
        )
    paragraphs = read_table(run, "paragraphs")
    documents = read_table(run, "documents")
    tags = read_table(run, "tags")
    known = read_codes(codes, may_be_none=True)
    if theme:
        proposed = propose_for_theme(
            themes[theme], paragraphs, tags, documents, known, number, seed
        )
        asked = {theme: themes[theme]}
        return Proposal(len(proposed), write_proposal(proposed, asked, sheet, form))
    coded = coded_in_full(known, paragraphs, list(themes))
    thresholds = read_card(run).get("thresholds", {})
    proposed = propose_paragraphs(paragraphs, tags, documents, coded, thresholds, number, seed)
    return Proposal(len(proposed), write_proposal(proposed, themes, sheet, form))


def merge(
    run: Path,
    sheet: Path,
    coder: str,
    *,
    form: str = "xlsx",
    target: Path | None = None,
    codebook: Path | None = None,
    replace: bool = False,
) -> Merged:
    """Read a filled task file and merge its codes into `target` (None: the coder's own file).

    A file of corrections names its `coder`, and what coders have agreed on is nobody's: there it
    need not be given. With `replace`, codes that the coder gave before are changed, and the
    changes recorded. Raises `LabelError`, and merges nothing, if anything in it is not understood.
    """
    from pipeline.labelling.adjudicate import (
        check_adjudicator,
        is_adjudication,
        read_adjudication,
    )
    from pipeline.labelling.codes import check_coder
    from pipeline.labelling.corrections import read_coder
    from pipeline.labelling.filled import read_filled
    from pipeline.labelling.merge import About, coder_file, find_again, merge_for_coder
    from pipeline.labelling.task_files import FILE_SUFFIXES

    themes = list(read_codebook(codebook))
    paragraphs = read_table(run, "paragraphs")
    documents = read_table(run, "documents")
    sheet = sheet if sheet.suffix else sheet.with_suffix(FILE_SUFFIXES.get(form, ""))
    if is_adjudication(sheet):
        filled, coder = read_adjudication(sheet, themes), check_adjudicator(coder)
    else:
        filled, told = read_filled(sheet, themes), read_coder(sheet)
        coder = coder or told
        check_coder(coder)
    filled = find_again(filled, paragraphs, sheet)
    about = About(sheet, paragraphs, documents, themes)
    target = target or coder_file(workspace_to_write(sheet, run).codes, coder)
    return merge_for_coder(filled, about, coder=coder, target=target, replace=replace)


def compare_coders(
    coders: Sequence[str],
    *,
    run: Path | None = None,
    codes: Sequence[Path] | None = None,
    model: Path | None = None,
    sheet: Path | None = None,
    codebook: Path | None = None,
) -> CodersCompared:
    """Measure how far two or more coders agree; with a `run`, the disagreements have their texts.

    One of the coders may be `codes.MODEL`: the trained model in the folder `model` (None: the
    one in use), which must have tagged the run. With `sheet`, the disagreements in the run that
    are not agreed on yet, if any, are written to a sheet. Raises `LabelError` if coders share no
    paragraph.
    """
    from pipeline.labelling.adjudicate import without_agreed, write_differing
    from pipeline.labelling.agreement import (
        list_disagreements,
        measure_pairs,
        measure_together,
        side_by_side,
    )
    from pipeline.labelling.codes import CONSENSUS, KEYS, MODEL, read_codes
    from pipeline.training.as_coder import codes_of_model, known_prints

    if sheet is not None and run is None:
        raise LabelError("A sheet to agree on needs the texts.", "Give the run with --run.")
    table = read_codes(codes)
    own, texts = table[table["coder"].isin([*coders, CONSENSUS])].reset_index(drop=True), None
    if run is not None:
        paragraphs = read_table(run, "paragraphs")
        own, texts = _link_codes(own, paragraphs)
    if MODEL in coders:
        folder = find_model(model)
        own = known_prints(own, folder)
        tags = None if run is None else _tags_by(folder, run)
        ids = None if texts is None else texts["paragraph_id"]
        own = pd.concat([own, codes_of_model(own, folder, ids, tags)], ignore_index=True)
    if missing := [name for name in coders if name not in set(own["coder"])]:
        known = ", ".join(sorted(set(table["coder"])))
        raise LabelError(f"There are no codes by {missing[0]}.", f"The coders are: {known}.")
    both = side_by_side(own, coders)
    differing = list_disagreements(both, coders)
    if texts is not None:
        known_texts = own[KEYS].join(texts).dropna().drop_duplicates(KEYS)
        differing = differing.merge(known_texts, on=KEYS, how="left")
    written, left = None, differing.head(0)
    if sheet is not None and run is not None:
        left = without_agreed(differing.dropna(subset="paragraph_id"), own)
        documents = read_table(run, "documents")
        if len(left):
            themes = read_codebook(codebook)
            written = write_differing(left, paragraphs, documents, coders, themes, sheet)
    together = measure_together(both, coders) if len(coders) > 2 else None
    measured = measure_pairs(both, coders)
    return CodersCompared(measured, together, differing, written, len(left))


def train(
    runs: Sequence[Path] = (),
    *,
    codes: Sequence[Path] | None = None,
    codebook: Path | None = None,
    models: Path | None = None,
    base: Path | None = None,
    encoder: Path | None = None,
    teacher: Path | None = None,
) -> Path:
    """Train a new model from all codes; returns its folder in `models`. It is not yet in use.

    `runs` are output folders with the coded paragraphs of your own reports. Codes of other reports
    are learnt from the counts kept with the model `base` (None: the one in use, if any). With
    `encoder`, a new encoder is fine-tuned from the sentence encoder in that folder; it learns from
    the larger one in the folder `teacher`, too. Codes, codebook and models (None) are those of the
    workspace.
    """
    from pipeline.labelling.codes import CODES_COLUMNS, read_codes, themes_of
    from pipeline.labelling.direction import read_direction
    from pipeline.training.lessons import Start
    from pipeline.training.train import train_model

    if teacher and not encoder:
        raise ModelError(
            "A teacher (--teacher) teaches a new encoder, and none is asked for.",
            "Give --encoder, too: the folder of the sentence encoder that learns from it.",
        )
    start = Start(encoder, teacher) if encoder else None
    # First: nobody should wait for a model that has no place.
    models = models or workspace_to_write(*runs, option="--models").models
    workspace = find_workspace()
    places = (workspace.models, paths.MODELS)
    if base is None and any((place / CURRENT_FILE).is_file() for place in places):
        base = find_model()
    themes = read_codebook(codebook)
    table = read_codes(codes, themes=[*themes])
    paragraphs = _paragraphs_of(runs)
    # Your codebook may lack a theme of the project's own sentences.
    known = [*read_codebook(paths.CODEBOOK) | themes]
    invented, sentences = read_direction(*workspace.direction_files(), themes=known)
    coded = [theme for theme in themes_of(table) if (table[theme] != "").any()]
    if shared := [theme for theme in coded if theme in themes_of(invented)]:
        table = pd.concat([table, invented[[*CODES_COLUMNS, *shared]]], ignore_index=True)
        table = table.fillna("")
        paragraphs = pd.concat([paragraphs, sentences], ignore_index=True)
    kinds = _kinds_of_documents(runs)
    return train_model(table, paragraphs, models, codebook, base, start, kinds)


def renew(
    runs: Sequence[Path] = (), *, model: Path | None = None, codes: Sequence[Path] | None = None
) -> Path:
    """Work out again what a model's folder says about kinds of document; returns the folder.

    `runs` are output folders with the documents that it learnt from: with them, it learns which
    documents are familiar. Its tags stay the same.
    """
    from pipeline.labelling.codes import read_codes
    from pipeline.training.renew import renew_model

    folder = find_model(model)
    check_own(folder)
    renew_model(folder, read_codes(codes), _kinds_of_documents(runs), _paragraphs_of(runs))
    return folder


def evaluate(
    runs: Sequence[Path] = (),
    *,
    model: Path | None = None,
    against: Path | None = None,
    codes: Sequence[Path] | None = None,
    curve: bool = True,
) -> Evaluation:
    """Score a model (None: the one in use) on authorities it has not seen.

    With `runs`, codes of new authorities count too and mistakes have their texts. With `against`
    as well, the result shows what would change in the matrix of each run. What is provisional in
    the model `against` is not asked of the other.
    """
    from pipeline.labelling.codes import read_codes
    from pipeline.training import evaluate as evaluation
    from pipeline.training import slices
    from pipeline.training.compare import (
        MATRIX_CHANGES,
        changes_in_run,
        compare_models,
        judge_counted,
    )
    from pipeline.training.scores import (
        drawn_at_random,
        score_themes,
        tabulate_overall,
        tabulate_stance,
        tabulate_themes,
    )

    folder, table, paragraphs = find_model(model), read_codes(codes), _paragraphs_of(runs)
    other = None if against is None else judge_counted(against, table, paragraphs)
    aligned, said = evaluation.hear_model(folder, table, paragraphs)
    judged = evaluation.judge_heard(folder, aligned, said)
    by_keyword = evaluation.judge_keywords(folder, judged, paragraphs)
    by_majority = evaluation.judge_majority
    by_whom = {"model": judged, "keyword search": by_keyword, "majority": by_majority(judged)}
    if len(random := drawn_at_random(judged)):
        by_whom |= {
            "model, drawn at random": random,
            "keyword search, likewise": drawn_at_random(by_keyword),
            "majority, likewise": by_majority(random),
        }
    scored = slices.score_slices(
        [
            *slices.slices_of_documents(judged, _about_documents(runs)),
            *slices.slices_of_files(codes or find_workspace().code_files(), said),
            *slices.slices_of_coders(aligned, said),
        ]
    )
    mistakes = _with_texts(evaluation.worst_mistakes(judged), table, paragraphs)
    compared, at_random = None, None
    changes = pd.DataFrame(columns=[*MATRIX_CHANGES, "run"])
    if against is not None and other is not None:
        compared = compare_models(judged, other)
        other_random = drawn_at_random(other)
        if len(random) and len(other_random):
            at_random = compare_models(random, other_random)
        changed = [changes_in_run(run, folder, against) for run in runs]
        changes = pd.concat(changed, ignore_index=True) if changed else changes
    over_authorities, over_themes, more, no_curve = None, None, dict[str, str](), ""
    if curve:
        try:
            kept = evaluation.kept_codes(folder, table)
            over_authorities = evaluation.learning_curve(kept)
            over_themes, more = evaluation.theme_curves(kept, score_themes(judged))
        except ModelError as error:
            # The scores are known all the same: one's own codes may be of new authorities only.
            no_curve = str(error)
    return Evaluation(
        folder=folder,
        judged=judged,
        themes=tabulate_themes(judged, by_keyword),
        overall=tabulate_overall(by_whom),
        stance=tabulate_stance(judged),
        slices=scored,
        mistakes=mistakes,
        curve=over_authorities,
        theme_curves=over_themes,
        more_codes=more,
        no_curve=no_curve,
        against=compared,
        against_at_random=at_random,
        matrix_changes=changes,
    )


def compare_with_current(
    model: Path, codes: Sequence[Path] | None = None
) -> tuple[Path, Comparison] | None:
    """The model in use and how another one compares with it; None if there is no other.

    What is provisional in the model in use is not asked of the other. Raises `ModelError` if
    either is damaged.
    """
    from pipeline.labelling.codes import read_codes
    from pipeline.tagging.model import load_model
    from pipeline.training.compare import compare_on

    load_model(model)
    current = model_in_use()
    if current is None or current.resolve() == model.resolve():
        return None
    return current, compare_on(read_codes(codes), model, current)


def check_promotion(
    model: Path, *, with_themes: Collection[str] = (), force: bool = False
) -> None:
    """Raise an error if a model cannot be promoted, however it compares with the one in use.

    `CorpusError` or `ModelError` if it is not where a model in use may be; `ModelError` if it has
    not all of `with_themes` or, unless you `force` it, has a provisional theme that is not among
    them.
    """
    check_place(model)
    if (unnamed := themes_left_out(read_model_card(model), with_themes)) and not force:
        theme, why = next(iter(unnamed.items()))
        others = f" (so is {', '.join([*unnamed][1:])})" if len(unnamed) > 1 else ""
        raise ModelError(
            f"{model} was not promoted: its theme {theme} is provisional{others}: {why}.",
            "Code more with `inspection-themes label --theme`, or name each of these themes with "
            "--with-theme: it is then tagged, but still not counted.",
        )


def promote(
    model: Path,
    compared: tuple[Path, Comparison] | None,
    *,
    with_themes: Collection[str] = (),
    force: bool = False,
) -> dict[str, str]:
    """Make a model the one in use, if it is not worse than the present one.

    `compared` is what `compare_with_current` gave; None promotes the model without comparison.
    Returns its provisional themes, with the reasons. Raises `ModelError` if it is worse or
    damaged, and as `check_promotion` does.
    """
    from pipeline.tagging.model import load_model

    check_promotion(model, with_themes=with_themes, force=force)
    load_model(model)
    if compared is not None and (doubts := compared[1].doubts):
        raise ModelError(
            f"{model} has not been shown to be as good as {compared[0]}, so it was not promoted: "
            f"{'; '.join(doubts)}.",
            "See `inspection-themes evaluate`. To use it all the same, add --force.",
        )
    use_model(model)
    return provisional_themes(read_model_card(model))


def explain(
    paragraph_id: str,
    out: Path = paths.OUTPUTS,
    *,
    themes: Sequence[str] = (),
    model: Path | None = None,
) -> Explanation:
    """Why a paragraph has each of `themes` (none given: those it is tagged with).

    Raises `TableError` for an unknown paragraph or theme.
    """
    from pipeline.tagging.explain import explain as explain_passage
    from pipeline.tagging.model import load_model
    from pipeline.tagging.passages import Passage

    paragraphs = read_table(out, "paragraphs")
    found = paragraphs[paragraphs["paragraph_id"] == paragraph_id]
    if found.empty:
        raise TableError(f"There is no paragraph {paragraph_id} in {out}.", "Look in tags.csv.")
    row, loaded = found.iloc[0], load_model(find_model(model))
    if unknown := [name for name in themes if name not in loaded.themes]:
        raise TableError(
            f"There is no theme {unknown[0]!r}.", f"The model has {', '.join(loaded.themes)}."
        )
    passage = Passage(row["text"], row["heading"], row["lead_in"])
    if not themes:
        tagged = loaded.tag([passage]).tagged[0]
        themes = [theme for theme, yes in zip(loaded.themes, tagged, strict=True) if yes]
    return Explanation(passage.text, [explain_passage(loaded, passage, name) for name in themes])


def _paragraphs_of(runs: Sequence[Path]) -> pd.DataFrame | None:
    """The paragraphs of several runs; a paragraph that is in two of them appears once."""
    if not runs:
        return None
    tables = [read_table(run, "paragraphs") for run in runs]
    return pd.concat(tables, ignore_index=True).drop_duplicates("paragraph_id")


def _kinds_of_documents(runs: Sequence[Path]) -> pd.Series:
    """The document type of every document that came with codes, or that is in one of the runs."""
    return _about_documents(runs)["document_type"]


def _about_documents(runs: Sequence[Path]) -> dict[str, pd.Series]:
    """`document_type`, `framework` and `run` of documents, by `doc_id`.

    Of the documents that came with codes only the first two are known.
    """
    tables = [read_table(run, "documents").assign(run=run.resolve().name) for run in runs]
    shipped = pd.read_csv(paths.CODED_DOCUMENTS, dtype=str, keep_default_na=False)
    every = pd.concat([shipped, *tables]).drop_duplicates("doc_id").set_index("doc_id")
    in_runs = [table.set_index("doc_id")["run"] for table in tables]
    run_of = pd.concat(in_runs) if in_runs else pd.Series(dtype=str)
    return {
        **{name: every[name] for name in ("document_type", "framework")},
        "run": run_of[~run_of.index.duplicated()],
    }


def _with_texts(
    rows: pd.DataFrame, codes: pd.DataFrame, paragraphs: pd.DataFrame | None
) -> pd.DataFrame:
    """Rows about coded paragraphs, with the id and text of those that are available."""
    from pipeline.labelling.codes import KEYS
    from pipeline.labelling.link import link_codes

    if paragraphs is None:
        return rows
    texts = link_codes(codes.drop_duplicates(KEYS), paragraphs)[0]
    return rows.merge(texts[[*KEYS, "paragraph_id", "text"]], on=KEYS, how="left")


def _link_codes(
    codes: pd.DataFrame, paragraphs: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The codes, with one fingerprint for each paragraph, and row by row its id and text."""
    from pipeline.labelling.link import link_codes

    linked, absent = link_codes(codes, paragraphs)
    both = pd.concat([linked, absent], ignore_index=True)
    return both[codes.columns], both[["paragraph_id", "text"]]


def _tags_by(model: Path, run: Path) -> pd.DataFrame:
    """The tags of a run. Raises `LabelError` if another model gave them."""
    said, own = read_card(run).get("model_id"), read_model_card(model)["model_id"]
    if said != own:
        raise LabelError(
            f"{run} was tagged by the model {said}, not by {own}.",
            f"Name the folder of {said} with --model, or tag the run again.",
        )
    return read_table(run, "tags")
