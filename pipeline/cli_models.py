"""The commands of researchers: code paragraphs, train, evaluate and promote models, see why.

They are part of the command line, `cli`. What takes seconds to load is imported where it is used.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from pipeline import paths
from pipeline.codebook import read_codebook
from pipeline.errors import ModelError, TableError
from pipeline.models import (
    CURRENT_FILE,
    NOT_USED_FILE,
    find_model,
    read_model_card,
    use_model,
)
from pipeline.records import DOCUMENTS, PARAGRAPHS, TAGS
from pipeline.tables import read_card, read_table, write_table

if TYPE_CHECKING:
    from pipeline.evaluate import Comparison

app = typer.Typer()

ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="Folder of a trained model; default: the one in use."),
]
Runs = Annotated[
    list[Path] | None,
    typer.Argument(help="Output folders of `extract` or `run`.", show_default=False),
]
Codes = Annotated[
    list[Path] | None,
    typer.Option("--codes", help="Codes files; default: corpus/codes/*.csv."),
]
CodebookFile = Annotated[Path, typer.Option("--codebook", help="The themes.")]
SHEET = Path("to-code")


@app.command()
def train(
    runs: Runs = None,
    codes: Codes = None,
    codebook: CodebookFile = paths.CODEBOOK,
    models: Annotated[
        Path, typer.Option("--models", help="Where the new model folder goes.")
    ] = paths.MODELS,
    base: Annotated[
        Path | None,
        typer.Option(
            "--base",
            help="Model whose kept counts stand in for texts that are not at hand; "
            "default: the one in use, if there is one.",
        ),
    ] = None,
    encoder: Annotated[
        Path | None,
        typer.Option(
            "--encoder",
            help="Fine-tune the stance encoder anew, from the sentence encoder in this folder: an "
            "hour, and the extra `encoder`. Default: keep that of the base.",
        ),
    ] = None,
) -> None:
    """Train a new model from all codes; none is overwritten, and none is put to use yet.

    RUNS are output folders of `extract` or `run` with the coded paragraphs of your own reports.
    Codes of other reports are learnt from what an earlier model kept of them.
    """
    from pipeline.codes import read_codes
    from pipeline.train import train_model

    if base is None and (paths.MODELS / CURRENT_FILE).is_file():
        base = find_model()
    folder = train_model(read_codes(codes), _paragraphs_of(runs), models, codebook, base, encoder)
    card = read_model_card(folder)
    scores, data = card["scores"], card["data"]
    typer.echo(
        f"Learnt from {data['n_paragraphs']} coded paragraphs; {data['n_codes_not_used']} codes "
        f"were not used ({folder / NOT_USED_FILE} lists them).",
        err=True,
    )
    for theme, score in scores["themes"].items():
        typer.echo(f"  {theme:14} F1 {score['f1']:.3f} on {score['support']} paragraphs", err=True)
    typer.echo(f"  micro-F1 {scores['overall']['micro_f1']:.3f}, by authority", err=True)
    for note in card["notes"]:
        typer.echo(f"  Note: {note}", err=True)
    typer.echo(f"Wrote {folder}. To use it: inspection-themes promote {folder}", err=True)


@app.command()
def label(
    run: Annotated[Path, typer.Argument(help="Output folder of `run`.")] = paths.OUTPUTS,
    sheet: Annotated[
        Path, typer.Option("--sheet", help="The file to write; with --read, the filled one.")
    ] = SHEET,
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, help="How many paragraphs.")
    ] = 100,
    form: Annotated[
        str, typer.Option("--format", help="xlsx, label-studio, doccano or prodigy.")
    ] = "xlsx",
    seed: Annotated[int, typer.Option(help="Another number draws other paragraphs.")] = 0,
    read: Annotated[
        bool, typer.Option("--read", help="Read the filled file back and merge its codes.")
    ] = False,
    coder: Annotated[str, typer.Option("--coder", help="Who coded; needed with --read.")] = "",
    codes: Codes = None,
    codebook: CodebookFile = paths.CODEBOOK,
) -> None:
    """Propose the paragraphs of RUN that are most worth coding, or read the coded file back.

    The codes read back go to a file of the coder's own, corpus/codes/CODER.csv, or to --codes.
    """
    from pipeline import label as labels
    from pipeline.codes import read_codes

    themes = read_codebook(codebook)
    paragraphs = read_table(run, "paragraphs", PARAGRAPHS, written_by="extract")
    documents = read_table(run, "documents", DOCUMENTS, written_by="extract")
    if read:
        own = labels.coder_file(paths.CODES, coder)
        target = codes[0] if codes else own
        sheet = sheet if sheet.suffix else sheet.with_suffix(labels.SUFFIXES.get(form, ""))
        filled = labels.read_filled(sheet, list(themes))
        added = labels.merge_codes(
            filled,
            sheet,
            paragraphs,
            documents,
            list(themes),
            coder.strip(),
            time.strftime("%Y-%m-%d"),
            target,
        )
        typer.echo(
            f"{sheet} has {len(filled)} coded paragraphs. Added {len(added)} coded paragraphs to "
            f"{target}{', the others were there' if len(added) < len(filled) else ''}.",
            err=True,
        )
        if partly := sum(len(item.codes) < len(themes) for item in filled):
            typer.echo(
                f"In {partly} of them only some themes are coded: where `read` is not `yes`, "
                "themes left empty are not coded.",
                err=True,
            )
        return
    tags = read_table(run, "tags", TAGS, written_by="tag")
    coded = labels.coded_in_full(read_codes(codes), paragraphs, list(themes))
    thresholds = read_card(run).get("thresholds", {})
    proposed = labels.propose_paragraphs(
        paragraphs, tags, documents, coded, thresholds, number, seed
    )
    written = labels.write_proposal(proposed, themes, sheet, form)
    typer.echo(
        f"Wrote {len(proposed)} paragraphs to {', '.join(map(str, written))}. When they are "
        f'coded: inspection-themes label {run} --read --sheet {written[0]} --coder "Your name"',
        err=True,
    )


@app.command()
def agreement(
    first: Annotated[str, typer.Argument(help="A coder.")],
    second: Annotated[str, typer.Argument(help="Another coder.")],
    run: Annotated[
        Path | None, typer.Option("--run", help="Output folder with the texts, to show them.")
    ] = None,
    codes: Codes = None,
    out: Annotated[Path, typer.Option("--out", help="Where the two tables go.")] = Path(
        "agreement"
    ),
) -> None:
    """Report how far two coders agree on the paragraphs that both coded, and where they do not."""
    from pipeline.agreement import list_disagreements, measure_agreement, pair_codes
    from pipeline.codes import KEYS, link_codes, read_codes

    table = read_codes(codes)
    pairs = pair_codes(table, first, second)
    measured, differing = measure_agreement(pairs), list_disagreements(pairs)
    if run is not None:
        paragraphs = read_table(run, "paragraphs", PARAGRAPHS, written_by="extract")
        texts = link_codes(table.drop_duplicates(KEYS), paragraphs)[0]
        differing = differing.merge(texts[[*KEYS, "paragraph_id", "text"]], on=KEYS, how="left")
    write_table(measured, out, "agreement")
    write_table(differing, out, "disagreements")
    typer.echo(measured.round(3).to_string(index=False))
    typer.echo(f"{len(differing)} codes differ; {out}/disagreements.csv lists them.", err=True)


@app.command()
def evaluate(
    runs: Runs = None,
    model: ModelFolder = None,
    against: Annotated[
        Path | None, typer.Option("--against", help="Another model to compare it with.")
    ] = None,
    codes: Codes = None,
    curve: Annotated[
        bool, typer.Option(help="Train again on less to show whether more codes would help.")
    ] = True,
    out: Annotated[Path, typer.Option("--out", help="Where the tables go.")] = Path("evaluation"),
) -> None:
    """Score a model on authorities it has not seen, beside a keyword search and no tags at all.

    RUNS are output folders of `extract` or `run`: with them, codes of new authorities count too,
    mistakes are shown with their text, and --against also says what would change in the matrix.
    """
    from pipeline import evaluate as evaluation
    from pipeline.codes import KEYS, link_codes, read_codes
    from pipeline.scores import drawn_at_random

    folder, table, paragraphs = find_model(model), read_codes(codes), _paragraphs_of(runs)
    judged = evaluation.judge_model(folder, table, paragraphs)
    _print_scores(folder, judged, paragraphs)
    if curve:
        points = evaluation.learning_curve(folder, table)
        write_table(points, out, "learning-curve")
        typer.echo("\nLearning curve, on a fifth of the authorities:")
        typer.echo(points.round(3).to_string(index=False))
    mistakes = evaluation.worst_mistakes(judged)
    if paragraphs is not None:
        texts = link_codes(table.drop_duplicates(KEYS), paragraphs)[0]
        mistakes = mistakes.merge(texts[[*KEYS, "paragraph_id", "text"]], on=KEYS, how="left")
    write_table(mistakes, out, "mistakes")
    typer.echo(f"\nThe {len(mistakes)} worst mistakes are in {out}/mistakes.csv.")
    if against is not None:
        other = evaluation.judge_model(against, table, paragraphs)
        _print_comparison(evaluation.compare_models(judged, other), against)
        at_random = [drawn_at_random(table) for table in (judged, other)]
        if all(map(len, at_random)):
            typer.echo("\nOnly on paragraphs drawn at random:", nl=False)
            _print_comparison(evaluation.compare_models(*at_random), against)
        changes = [
            evaluation.matrix_changes(
                read_table(run, "paragraphs", PARAGRAPHS, written_by="extract"),
                read_table(run, "documents", DOCUMENTS, written_by="extract"),
                folder,
                against,
            ).assign(run=str(run))
            for run in runs or []
        ]
        if changes:
            changed = pd.concat(changes, ignore_index=True)
            write_table(changed, out, "matrix-changes")
            typer.echo(
                f"\n{len(changed)} cells would change ({out}/matrix-changes.csv lists all):"
            )
            typer.echo(changed.groupby("run").head(10).round(3).to_string(index=False))


@app.command()
def promote(
    model: Annotated[Path, typer.Argument(help="The model folder to put to use.")],
    codes: Codes = None,
    force: Annotated[bool, typer.Option("--force", help="Even if it is worse.")] = False,
) -> None:
    """Make a model the default, if on the same codes it is not worse than the present one."""
    from pipeline.codes import read_codes
    from pipeline.evaluate import compare_models, judge_model
    from pipeline.tag import load_model

    load_model(model)
    current = find_model(models=model.parent) if (model.parent / CURRENT_FILE).is_file() else None
    if current is not None and current.resolve() != model.resolve() and not force:
        table = read_codes(codes)
        comparison = compare_models(judge_model(model, table), judge_model(current, table))
        _print_comparison(comparison, current)
        if not comparison.not_worse:
            raise ModelError(
                f"{model} is not shown to be as good as {current}; it was not put to use.",
                "Look at `inspection-themes evaluate`, or use --force.",
            )
    use_model(model)
    typer.echo(f"{model} is in use now.", err=True)


@app.command(name="explain")
def explain_paragraph(
    paragraph_id: Annotated[str, typer.Argument(help="As in the tables.")],
    out: Annotated[Path, typer.Option("--out", help="Output folder of `run`.")] = paths.OUTPUTS,
    theme: Annotated[
        list[str] | None, typer.Option("--theme", help="Default: the themes it is tagged with.")
    ] = None,
    model: ModelFolder = None,
) -> None:
    """Show why a paragraph has its themes: the sentence that carries each, and the words."""
    from pipeline.explain import explain
    from pipeline.features import Passage
    from pipeline.tag import load_model

    paragraphs = read_table(out, "paragraphs", PARAGRAPHS, written_by="extract")
    found = paragraphs[paragraphs["paragraph_id"] == paragraph_id]
    if found.empty:
        raise TableError(f"There is no paragraph {paragraph_id} in {out}.", "Look in tags.csv.")
    row, loaded = found.iloc[0], load_model(find_model(model))
    passage = Passage(row["text"], row["heading"], row["lead_in"])
    tagging = loaded.read([passage])
    tagged = [t for t, yes in zip(loaded.themes, tagging.tagged[0], strict=True) if yes]
    if unknown := [name for name in theme or () if name not in loaded.themes]:
        raise typer.BadParameter(f"{unknown[0]} is none of {', '.join(loaded.themes)}.")
    typer.echo(row["text"])
    for name in theme or tagged:
        reason = explain(loaded, passage, name)
        words = ", ".join(f"{row['text'][w.start : w.end]} {w.weight:+.2f}" for w in reason.words)
        typer.echo(
            f"\n{name}: probability {reason.probability:.2f}"
            f"{', ' + reason.stance if reason.tagged else ', not tagged'}"
            f"\n  sentence: {row['text'][reason.start : reason.end]}\n  words: {words}"
        )
    if not (theme or tagged):
        typer.echo("\nNo theme; ask for one with --theme.")


def _print_scores(folder: Path, judged: pd.DataFrame, paragraphs: pd.DataFrame | None) -> None:
    """The model's scores with intervals, beside a keyword search and what most paragraphs have."""
    from pipeline.codes import KEYS
    from pipeline.evaluate import judge_keywords, judge_majority
    from pipeline.scores import (
        bootstrap,
        drawn_at_random,
        score_all,
        score_stance,
        score_themes,
    )

    by_keyword = judge_keywords(folder, judged, paragraphs)
    scores, keyword, interval = score_themes(judged), score_themes(by_keyword), bootstrap(judged)
    rows = [
        {
            "theme": theme,
            "support": s["support"],
            "precision": s["precision"],
            "recall": s["recall"],
            "F1": s["f1"],
            "95 %": "{:.3f}-{:.3f}".format(*interval[theme]),
            "avg. precision": s["average_precision"],
            "ECE": s["calibration_error"],
            "keyword F1": keyword[theme]["f1"],
        }
        for theme, s in scores.items()
    ]
    typer.echo(
        f"Model {folder.name}, on {judged.drop_duplicates(KEYS).shape[0]} paragraphs of "
        f"{judged['authority'].nunique()} authorities it has not seen:"
    )
    typer.echo(pd.DataFrame(rows).round(3).to_string(index=False))
    lines = {"model": judged, "keyword search": by_keyword, "majority": judge_majority(judged)}
    if len(at_random := drawn_at_random(judged)):
        lines |= {
            "model, drawn at random": at_random,
            "keyword search, likewise": drawn_at_random(by_keyword),
            "majority, likewise": judge_majority(at_random),
        }
    for name, table in lines.items():
        overall = score_all(table)
        span = " ({:.3f}-{:.3f})".format(*bootstrap(table)["micro_f1"])
        typer.echo(
            f"{name:24} micro-F1 {overall['micro_f1']:.3f}{span}, macro-F1 "
            f"{overall['macro_f1']:.3f}, mean average precision "
            f"{overall['mean_average_precision']:.3f}"
        )
    for name, table in (("", judged), (" drawn at random", at_random)):
        stance = score_stance(table)
        if stance["n"]:
            typer.echo(
                f"Stance, on {stance['n']} rightly tagged{name}: accuracy "
                f"{stance['accuracy']:.3f}, macro-F1 {stance['macro_f1']:.3f}; majority "
                f"{stance['majority_accuracy']:.3f} and {stance['majority_macro_f1']:.3f}"
            )


def _print_comparison(comparison: Comparison, other: Path) -> None:
    if comparison.lost:
        typer.echo(f"\nIt lacks the themes {', '.join(comparison.lost)} of {other.name}.")
    if not comparison.n:
        typer.echo(f"\nNo code can be used to compare it with {other.name}.")
        return
    typer.echo(
        f"\nAgainst {other.name}, on the {comparison.n} paragraphs that both can be judged on: "
        f"{comparison.verdict}{' beyond noise' if comparison.verdict != 'no different' else ''}."
    )
    if not comparison.is_fair:
        typer.echo(
            f"That is few of the {comparison.n_old} on which {other.name} can be judged: it says "
            "little."
        )
    for name, difference in comparison.difference.items():
        low, high = comparison.interval[name]
        typer.echo(f"  {name:14} {difference:+.3f} ({low:+.3f} to {high:+.3f})")


def _paragraphs_of(runs: list[Path] | None) -> pd.DataFrame | None:
    """The paragraphs of several runs, those of a document that is in two of them once."""
    if not runs:
        return None
    tables = [read_table(run, "paragraphs", PARAGRAPHS, written_by="extract") for run in runs]
    return pd.concat(tables, ignore_index=True).drop_duplicates("paragraph_id")
