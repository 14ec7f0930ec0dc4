"""The command line: the only module that prints, and that turns errors into exit codes."""

from __future__ import annotations

import enum
import json
import platform
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from pipeline import paths
from pipeline.agreement import list_disagreements, measure_agreement, pair_codes
from pipeline.clean import clean_text
from pipeline.codebook import Theme, read_codebook
from pipeline.codes import link_codes, read_codes
from pipeline.corpus import read_corpus
from pipeline.errors import ModelError, PipelineError, TableError
from pipeline.evaluate import (
    Comparison,
    compare_models,
    judge_keywords,
    judge_model,
    learning_curve,
    matrix_changes,
    worst_mistakes,
)
from pipeline.explain import explain
from pipeline.label import (
    FORMATS,
    SUFFIXES,
    coder_file,
    merge_codes,
    propose_paragraphs,
    read_filled,
    write_proposal,
)
from pipeline.matrix import build_cells, build_evidence, pivot_matrix
from pipeline.picture import draw_matrix
from pipeline.records import DOCUMENTS, FAILURES, PARAGRAPHS, TAGS
from pipeline.scores import KEYS, bootstrap, score_all, score_stance, score_themes
from pipeline.tables import read_table, write_table
from pipeline.tag import (
    CARD_FILE,
    CURRENT_FILE,
    Model,
    Passage,
    find_model,
    load_model,
    tag_paragraphs,
    use_model,
)
from pipeline.train import NOT_USED_FILE, train_model
from pipeline.workbook import write_workbook

app = typer.Typer(
    help="Read children's-services inspections and build a cross-authority theme matrix.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Corpus = Annotated[
    Path, typer.Argument(help="Folder of reports: PDF, DOCX, HTML, text; subfolders are read too.")
]
Out = Annotated[
    Path, typer.Option("--out", help="Folder for the tables; made if it is not there.")
]
ModelFolder = Annotated[
    Path | None,
    typer.Option("--model", help="Folder of a trained model; default: the shipped one."),
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
Form = enum.StrEnum("Form", {name.replace("-", "_"): name for name in FORMATS})
PACKAGES = ("pdfminer.six", "spacy", "scikit-learn", "pandas", "numpy", "scipy", "skops")


@app.command()
def run(
    corpus: Corpus = paths.SAMPLE_CORPUS, out: Out = paths.OUTPUTS, model: ModelFolder = None
) -> None:
    """Do everything: read CORPUS, tag its paragraphs, write the matrix and its evidence.

    Without arguments it runs on the sample corpus, which is invented, and writes to outputs/.
    """
    started = time.time()
    loaded = load_model(find_model(model))
    n_documents, failures = _extract(corpus, out)
    _tag(out, loaded)
    _matrix(out)
    _write_record(corpus, out, loaded, started)
    _close(n_documents, failures, f"matrix.xlsx, matrix.svg and the tables are in {out}/")


@app.command()
def extract(corpus: Corpus = paths.SAMPLE_CORPUS, out: Out = paths.OUTPUTS) -> None:
    """Read CORPUS into the tables documents, paragraphs and failures."""
    n_documents, failures = _extract(corpus, out)
    _close(n_documents, failures, f"documents, paragraphs and failures are in {out}/")


@app.command()
def tag(
    out: Out = paths.OUTPUTS,
    model: ModelFolder = None,
    input_file: Annotated[
        Path | None,
        typer.Option(
            "--input",
            help='Loose paragraphs instead: JSON lines {"id", "text", "heading"?, "lead_in"?}.',
        ),
    ] = None,
    output_file: Annotated[
        Path | None, typer.Option("--output", help="Where the tags of --input go, as JSON lines.")
    ] = None,
) -> None:
    """Tag the paragraphs that `extract` wrote, or loose ones, by theme."""
    if (input_file is None) != (output_file is None):
        raise typer.BadParameter("--input and --output go together.")
    loaded = load_model(find_model(model))
    if input_file is None or output_file is None:
        n_tags = _tag(out, loaded)
        typer.echo(f"Wrote {n_tags} tags to {out}/tags.csv and .parquet.", err=True)
        return
    ids, passages = _read_passages(input_file)
    _write_passage_tags(output_file, ids, loaded, passages)
    typer.echo(f"Tagged {len(ids)} paragraphs; wrote {output_file}.", err=True)


@app.command()
def matrix(out: Out = paths.OUTPUTS) -> None:
    """Build cells, matrix, workbook and picture from the tables that `extract` and `tag` wrote."""
    _matrix(out)
    typer.echo(f"Wrote cells, matrix, matrix.xlsx and matrix.svg to {out}/.", err=True)


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
            "default: the one in use.",
        ),
    ] = None,
) -> None:
    """Train a new model from all codes; none is overwritten, and none is put to use yet.

    RUNS are output folders of `extract` or `run` with the coded paragraphs of your own reports.
    Codes of other reports are learnt from what an earlier model kept of them.
    """
    folder = train_model(
        read_codes(codes), _paragraphs_of(runs), models, codebook, find_model(base)
    )
    card = json.loads((folder / CARD_FILE).read_text(encoding="utf-8"))
    scores, data = card["scores"], card["data"]
    typer.echo(
        f"Learnt from {data['n_paragraphs']} coded paragraphs; {data['n_codes_not_used']} codes "
        f"were not used ({folder / NOT_USED_FILE} lists them).",
        err=True,
    )
    for theme, score in scores["themes"].items():
        typer.echo(f"  {theme:14} F1 {score['f1']:.3f} on {score['support']} paragraphs", err=True)
    typer.echo(f"  micro-F1 {scores['overall']['micro_f1']:.3f}, by authority", err=True)
    typer.echo(f"Wrote {folder}. To use it: inspection-themes promote {folder}", err=True)


@app.command()
def label(
    run: Annotated[Path, typer.Argument(help="Output folder of `run`.")] = paths.OUTPUTS,
    sheet: Annotated[
        Path, typer.Option("--sheet", help="The file to write; with --read, the filled one.")
    ] = Path("to-code.xlsx"),
    number: Annotated[
        int, typer.Option("--number", "-n", min=1, help="How many paragraphs.")
    ] = 100,
    form: Annotated[
        Form, typer.Option("--format", help="What the file is for; Excel by default.")
    ] = Form.xlsx,
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
    themes = read_codebook(codebook)
    paragraphs = read_table(run, "paragraphs", PARAGRAPHS, written_by="extract")
    documents = read_table(run, "documents", DOCUMENTS, written_by="extract")
    if read:
        target = codes[0] if codes else coder_file(paths.CODES, coder)
        added = merge_codes(
            read_filled(sheet, list(themes)),
            paragraphs,
            documents,
            list(themes),
            coder.strip(),
            time.strftime("%Y-%m-%d"),
            target,
        )
        typer.echo(f"Added {len(added)} coded paragraphs to {target}.", err=True)
        return
    tags = read_table(run, "tags", TAGS, written_by="tag")
    coded = set(read_codes(codes)["fingerprint"])
    # The thresholds of the model that made the tags, if it is the one in use; near enough if not.
    thresholds = load_model(find_model()).thresholds
    proposed = propose_paragraphs(paragraphs, tags, documents, coded, thresholds, number, seed)
    if sheet == Path("to-code.xlsx"):
        sheet = sheet.with_suffix(SUFFIXES[form.value])
    written = write_proposal(proposed, themes, sheet, form.value)
    typer.echo(
        f"Wrote {len(proposed)} paragraphs to {', '.join(map(str, written))}. When they are "
        f'coded: inspection-themes label {run} --read --sheet {sheet} --coder "Your name"',
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
    folder, table, paragraphs = find_model(model), read_codes(codes), _paragraphs_of(runs)
    judged = judge_model(folder, table, paragraphs)
    _print_scores(folder, judged)
    if curve:
        points = learning_curve(folder, table)
        write_table(points, out, "learning-curve")
        typer.echo("\nLearning curve, on a fifth of the authorities:")
        typer.echo(points.round(3).to_string(index=False))
    mistakes = worst_mistakes(judged)
    if paragraphs is not None:
        texts = link_codes(table.drop_duplicates(KEYS), paragraphs)[0]
        mistakes = mistakes.merge(texts[[*KEYS, "paragraph_id", "text"]], on=KEYS, how="left")
    write_table(mistakes, out, "mistakes")
    typer.echo(f"\nThe {len(mistakes)} worst mistakes are in {out}/mistakes.csv.")
    if against is not None:
        _print_comparison(compare_models(judged, judge_model(against, table, paragraphs)), against)
        for run in runs or []:
            changes = matrix_changes(
                read_table(run, "paragraphs", PARAGRAPHS, written_by="extract"),
                read_table(run, "documents", DOCUMENTS, written_by="extract"),
                folder,
                against,
            )
            name = f"matrix-changes-{run.name}"
            write_table(changes, out, name)
            typer.echo(f"\n{len(changes)} cells of {run} would change ({out}/{name}.csv):")
            typer.echo(changes.head(10).round(3).to_string(index=False))


@app.command()
def promote(
    model: Annotated[Path, typer.Argument(help="The model folder to put to use.")],
    codes: Codes = None,
    force: Annotated[bool, typer.Option("--force", help="Even if it is worse.")] = False,
) -> None:
    """Make a model the default, if on the same codes it is not worse than the present one."""
    load_model(model)
    current = find_model(models=model.parent) if (model.parent / CURRENT_FILE).is_file() else None
    if current is not None and current.resolve() != model.resolve():
        table = read_codes(codes)
        comparison = compare_models(judge_model(model, table), judge_model(current, table))
        _print_comparison(comparison, current)
        if not comparison.not_worse and not force:
            raise ModelError(
                f"{model} is not shown to be as good as {current}; it was not put to use.",
                "Look at `inspection-themes evaluate`, or use --force.",
            )
    use_model(model)
    typer.echo(f"{model} is in use now.", err=True)


@app.command(name="explain")
def explain_paragraph(
    paragraph_id: Annotated[str, typer.Argument(help="As in the tables.")],
    out: Out = paths.OUTPUTS,
    theme: Annotated[
        list[str] | None, typer.Option("--theme", help="Default: the themes it is tagged with.")
    ] = None,
    model: ModelFolder = None,
) -> None:
    """Show why a paragraph has its themes: the sentence that carries each, and the words."""
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


def _print_scores(folder: Path, judged: pd.DataFrame) -> None:
    """The model's scores with intervals, beside a keyword search and no tags at all."""
    by_keyword = judge_keywords(folder, judged)
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
    for name, table in (("model", judged), ("keyword search", by_keyword)):
        overall = score_all(table)
        span = " ({:.3f}-{:.3f})".format(*interval["micro_f1"]) if name == "model" else ""
        typer.echo(
            f"{name:15} micro-F1 {overall['micro_f1']:.3f}{span}, macro-F1 "
            f"{overall['macro_f1']:.3f}, mean average precision "
            f"{overall['mean_average_precision']:.3f}"
        )
    shares = [s["support"] / s["n"] for s in scores.values()]
    typer.echo(
        f"{'majority':15} micro-F1 0.000, macro-F1 0.000, mean average precision "
        f"{sum(shares) / len(shares):.3f} (no paragraph carries a theme)"
    )
    stance = score_stance(judged)
    if stance["n"]:
        typer.echo(
            f"Stance, on {stance['n']} rightly tagged: accuracy {stance['accuracy']:.3f}, macro "
            f"F1 {stance['macro_f1']:.3f}; majority {stance['majority_accuracy']:.3f} and "
            f"{stance['majority_macro_f1']:.3f}"
        )


def _print_comparison(comparison: Comparison, other: Path) -> None:
    if not comparison.n:
        typer.echo(f"\nNo code can be used to compare it with {other.name}.")
        return
    typer.echo(
        f"\nAgainst {other.name}, on the {comparison.n} paragraphs that both can be judged on: "
        f"{comparison.verdict}{' beyond noise' if comparison.verdict != 'no different' else ''}."
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


def _extract(corpus: Path, out: Path) -> tuple[int, pd.DataFrame]:
    reading = read_corpus(corpus)
    for name in ("documents", "paragraphs", "failures"):
        write_table(getattr(reading, name), out, name)
    return len(reading.documents), reading.failures


def _tag(out: Path, model: Model) -> int:
    paragraphs = read_table(out, "paragraphs", PARAGRAPHS, written_by="extract")
    tags = tag_paragraphs(paragraphs, model)
    write_table(tags, out, "tags")
    return int(tags["tagged"].sum())


def _matrix(out: Path) -> None:
    documents = read_table(out, "documents", DOCUMENTS, written_by="extract")
    paragraphs = read_table(out, "paragraphs", PARAGRAPHS, written_by="extract")
    tags = read_table(out, "tags", TAGS, written_by="tag")
    themes = _themes_of(tags)
    cells = build_cells(tags, documents)
    write_table(cells, out, "cells")
    write_table(pivot_matrix(cells), out, "matrix")
    evidence = build_evidence(tags, paragraphs, documents)
    write_workbook(out / "matrix.xlsx", cells, evidence, themes)
    draw_matrix(cells, themes, out)


def _themes_of(tags: pd.DataFrame) -> dict[str, Theme]:
    """The codebook's themes that the tags use; one that only the model knows goes by its id."""
    codebook = read_codebook()
    return {
        theme: codebook.get(theme, Theme(theme, theme, "", "", (), ()))
        for theme in dict.fromkeys(tags["theme"])
    }


def _read_passages(path: Path) -> tuple[list[str], list[Passage]]:
    ids, passages = [], []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path} cannot be read: {error}.", "Give a UTF-8 file.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            parts = [row["text"], row.get("heading") or "", row.get("lead_in") or ""]
            if not all(isinstance(part, str) for part in parts):
                raise TypeError("text, heading and lead_in must be strings")
            passage = Passage(*map(clean_text, parts))
            ids.append(row["id"])
            passages.append(passage)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise TableError(
                f"{path}, line {number}: {type(error).__name__}: {error}.",
                'Each line is a JSON object with "id" and "text".',
            ) from error
    return ids, passages


def _write_passage_tags(path: Path, ids: list[str], model: Model, passages: list[Passage]) -> None:
    tagging = model.read(passages)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        for row, passage_id in enumerate(ids):
            themes = {
                theme: {
                    "probability": round(float(tagging.probability[row, column]), 4),
                    "tagged": bool(tagging.tagged[row, column]),
                    "stance": tagging.stance[row][column],
                    "carries": tagging.carries[row, column].tolist(),
                }
                for column, theme in enumerate(model.themes)
            }
            file.write(json.dumps({"id": passage_id, "themes": themes}, ensure_ascii=False) + "\n")


def _write_record(corpus: Path, out: Path, model: Model, started: float) -> None:
    documents = read_table(out, "documents", DOCUMENTS, written_by="extract")
    record = {
        "corpus": corpus.name,
        "inputs": dict(zip(documents["source_file"], documents["sha256"], strict=True)),
        "n_failures": len(read_table(out, "failures", FAILURES, written_by="extract")),
        "model_id": model.model_id,
        "thresholds": model.thresholds,
        "versions": {name: metadata.version(name) for name in ("inspection-themes", *PACKAGES)},
        "python": platform.python_version(),
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
        "seconds": round(time.time() - started, 1),
    }
    (out / "run.json").write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _close(n_documents: int, failures: pd.DataFrame, written: str) -> None:
    """Say what was read and what was not, and leave with the exit code that tells it."""
    duplicates = failures["stage"].eq("duplicate")
    failed = failures[~duplicates]
    for row in failed.head(10).itertuples():
        typer.echo(f"  not read: {row.source_file}: {row.reason} {row.what_to_do}", err=True)
    parts = [f"Read {n_documents} documents"]
    if len(failed):
        parts.append(f"{len(failed)} not read (failures.csv says why)")
    if duplicates.any():
        parts.append(f"{duplicates.sum()} there twice")
    typer.echo(f"{', '.join(parts)}; {written}.", err=True)
    if len(failed):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line: exit code 0 all well, 1 some files failed, 2 wrong usage."""
    try:
        app()
    except PipelineError as error:
        typer.echo(f"inspection-themes: {error} {error.hint}".rstrip(), err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
