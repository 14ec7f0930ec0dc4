"""What a run costs, as ratios that any machine can repeat; and long measurements of its numbers.

    python tests/bench.py speed REPORTS     against pdfminer's extract_text on the same PDFs
    python tests/bench.py memory            2,000 documents against 200, all invented
    python tests/bench.py readers REPORTS   pdfium against pdfminer
    python tests/bench.py retrain           all shipped codes with a few new ones, against without
    python tests/bench.py validation 500    intervals of `validate`, in so many simulated rounds
    python tests/bench.py coverage          how often intervals hold what is true, in simulated runs
    python tests/bench.py marked RUN        sentences marked in the copies of a run, and how exactly
    python tests/bench.py familiarity RUN TEXTS
                                            what is unfamiliar: held-out reports of the run in RUN,
                                            a kind left out, other texts (files below TEXTS)
    python tests/bench.py report RUN 5000 [FOLDER]
                                            a report of so many documents, multiplied from those of
                                            the run in RUN: see tests/report_bench.py

Times are of the processor, of all processes together, so that others may use the machine.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
BASELINE = """
import sys
from pathlib import Path
from pdfminer.high_level import extract_text
for path in sorted(Path(sys.argv[1]).rglob("*.pdf")):
    try:
        extract_text(path)
    except Exception as error:
        print(path.name, error)
"""
PARAGRAPHS, WORDS = 160, 80


class Cost(NamedTuple):
    """Processor and clock seconds of a command and its children; memory of the largest, in MB."""

    processor: float
    clock: float
    megabytes: float


def measure(*arguments: object) -> Cost:
    begun = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, _, used = os.wait4(process.pid, 0)
    # Linux counts kilobytes, macOS bytes.
    unit = 1e6 if sys.platform == "darwin" else 1e3
    return Cost(used.ru_utime + used.ru_stime, time.monotonic() - begun, used.ru_maxrss / unit)


def run(corpus: Path, out: Path, *options: object) -> Cost:
    return measure("-m", "pipeline", "run", corpus, "--out", out, *options)


def speed(reports: Path) -> None:
    """Cold run, second run, and one report more, against pdfminer alone."""
    with tempfile.TemporaryDirectory() as place:
        corpus, out = Path(place, "corpus"), Path(place, "out")
        for path in reports.rglob("*.pdf"):
            own = corpus / path.relative_to(reports)
            own.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, own)
        held_back = sorted(corpus.rglob("*.pdf"))[0]
        n = len(list(corpus.rglob("*.pdf")))
        alone = measure("-c", BASELINE, corpus)
        cold = run(corpus, out)
        second = run(corpus, out)
        away = held_back.rename(Path(place, "one.pdf"))
        run(corpus, Path(place, "fewer"))
        away.rename(held_back)
        one_more = run(corpus, Path(place, "fewer"))
    print(f"{n} PDFs; pdfminer's extract_text alone: {alone.processor:.1f} s of processor")
    print(f"cold run / extract_text, processor:  {cold.processor / alone.processor:.2f}")
    print(f"cold run, processor / clock:         {cold.processor / cold.clock:.2f}")
    print(f"second run / cold run, processor:    {second.processor / cold.processor:.3f}")
    print(f"second run / cold run, clock:        {second.clock / cold.clock:.3f}")
    print(f"one report more / cold run:          {one_more.processor / cold.processor:.3f}")
    print(f"largest process:                     {cold.megabytes:.0f} MB")


def memory() -> None:
    """The largest process over many invented documents against a tenth of them."""
    costs = {}
    with tempfile.TemporaryDirectory() as place:
        for n in (200, 2_000):
            corpus = Path(place, f"corpus-{n}")
            make_corpus(corpus, n)
            costs[n] = run(corpus, Path(place, f"out-{n}"))
            print(f"{n} documents: {costs[n].megabytes:.0f} MB, {costs[n].processor:.0f} s")
    print(f"largest process, 2,000 / 200: {costs[2_000].megabytes / costs[200].megabytes:.2f}")


def make_corpus(folder: Path, n: int) -> None:
    """Write `n` invented texts as long as reports are."""
    sources = ROOT.joinpath("corpus", "sources").glob("*.txt")
    words = " ".join(path.read_text(encoding="utf-8") for path in sources).split()
    names = ["Kent", "Medway", "Leeds", "Luton", "Devon", "Torbay", "Bexley", "Hull"]
    folder.mkdir(parents=True)
    for number in range(n):
        chance = random.Random(number)
        paragraphs = []
        for _ in range(PARAGRAPHS):
            at = chance.randrange(len(words) - WORDS)
            paragraphs.append(" ".join(words[at : at + WORDS]).strip("#*-").capitalize() + ".")
        title = f"Focused visit to {chance.choice(names)} local authority children’s services"
        text = "\n\n".join([f"Number {number}", title, *paragraphs])
        folder.joinpath(f"{number:05}.txt").write_text(text, encoding="utf-8")


def readers(reports: Path) -> None:
    """Processor seconds of the pages of all PDFs with each reader, in one process."""
    sys.path.insert(0, str(ROOT))
    from pipeline.reading import read_pdf, read_pdfium

    contents = [path.read_bytes() for path in sorted(reports.rglob("*.pdf"))]
    spent = []
    for module in (read_pdf, read_pdfium):
        begun = time.process_time()
        for content in contents:
            list(module.read_pages(content))
        spent.append(time.process_time() - begun)
        print(f"{module.__name__}: {spent[-1]:.1f} s")
    print(f"pages with pdfium / pdfminer: {spent[1] / spent[0]:.2f}")


def marked(out: Path, shown: int = 10) -> None:
    """How many carrying sentences are marked in the copies of a run, and how exactly.

    What PDFium finds under the highlights (letters whose middle is in one) must be the sentence,
    but for spaces, hyphens, ligatures and raised numbers of footnotes, which its text leaves out.
    """
    sys.path.insert(0, str(ROOT))
    import pandas as pd
    from highlights import plain, text_under_highlights

    from pipeline.base.codebook import name_themes

    documents, paragraphs, tags = (
        pd.read_parquet(out / f"{name}.parquet") for name in ("documents", "paragraphs", "tags")
    )
    texts = paragraphs.set_index("paragraph_id")["text"]
    given = tags[tags["tagged"] & tags["carries_from"].notna()]
    themes = name_themes(given["theme"])
    paged = documents[documents["n_pages"].notna()]
    n = n_marked = n_exact = n_strict = 0
    for row in paged.itertuples():
        copy = out / "marked" / row.source_file
        under = text_under_highlights(copy.read_bytes()) if copy.is_file() else {}
        own = given[given["doc_id"] == row.doc_id]
        for tag in own.drop_duplicates(["paragraph_id", "carries_from"]).itertuples():
            n += 1
            name = f"{tag.paragraph_id} {themes[tag.theme].title}"
            if name not in under:
                print(f"not marked: {row.source_file}, {name}")
                continue
            n_marked += 1
            wanted = plain(texts[tag.paragraph_id][tag.carries_from : tag.carries_to])
            found, all_found = (plain(text) for text in under[name])
            n_exact += found == wanted
            n_strict += all_found == wanted
            if found != wanted and shown:
                shown -= 1
                print(f"{row.source_file}, {name}\n  wanted: {wanted}\n  found:  {found}")
    print(f"{n} carrying sentences in {len(paged)} PDFs")
    print(f"marked:                           {n_marked} ({n_marked / n:.2%})")
    print(f"marked exactly:                   {n_exact} ({n_exact / n:.2%})")
    print(f"without a footnote's number in it: {n_strict} ({n_strict / n:.2%})")


def retrain() -> None:
    """Held-out scores on the shipped codes: of the shipped model, and retrained with new codes.

    As on a machine with only the project: a twentieth of the sample's paragraphs are the new
    report, and all else is learnt from the counts kept with the model.
    """
    import warnings

    sys.path.insert(0, str(ROOT))
    import pandas as pd

    from pipeline.base.paths import CODES
    from pipeline.labelling.codes import read_codes, settle_codes
    from pipeline.tagging.model_folder import HELD_OUT_FILE, find_model
    from pipeline.training.scores import judge, score_all, score_stance
    from pipeline.training.train import train_model

    sample, shipped = CODES / "sample.csv", find_model()
    old = read_codes([path for path in CODES.glob("*.csv") if path != sample])
    new = read_codes([sample]).iloc[::20].assign(coder="researcher")
    begun = time.process_time()
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run(ROOT / "corpus" / "sample", Path(place, "out"))
        paragraphs = pd.read_parquet(Path(place, "out", "paragraphs.parquet"))
        folder = train_model(
            pd.concat([old, new]), paragraphs, Path(place, "models"), base=shipped
        )
        said = [pd.read_parquet(model / HELD_OUT_FILE) for model in (shipped, folder)]
    print(f"retraining, processor: {time.process_time() - begun:.0f} s")
    judged = [judge(settle_codes(old), table) for table in said]
    themes, stance = (list(map(score, judged)) for score in (score_all, score_stance))
    for name, (before, after), score in (
        ("micro-F1", themes, "micro_f1"),
        ("macro-F1", themes, "macro_f1"),
        ("stance, accuracy", stance, "accuracy"),
        ("stance, macro-F1", stance, "macro_f1"),
    ):
        change = after[score] - before[score]
        print(f"{name + ':':<18}{before[score]:.3f} -> {after[score]:.3f} ({change:+.3f})")


def coverage() -> None:
    """Coverage of the intervals of shares and of differences, by what varies."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    import numpy as np
    import simulated

    worlds = {
        "nothing varies": simulated.CALM,
        "dispersion 2": simulated.World(recall_sd=0, false_alarms_sd=0),
        "errors vary": simulated.World(dispersion=1),
        "both": simulated.World(),
        "both, 3 authorities in a run": simulated.World(authorities=3),
        "both, errors vary twice as much": simulated.World(recall_sd=0.1, false_alarms_sd=0.01),
    }
    shares = ((0.0, 0.03), (0.02, 0.02), (0.03, 0.12), (0.06, 0.06), (0.15, 0.05), (0.2, 0.3))
    print(f"{'':34}shares: mean, least    differences: mean, least")
    for name, world in worlds.items():
        rng = np.random.default_rng(0)
        runs = min(300, 9_000 // world.authorities)
        found = np.array(
            [
                simulated.coverage(rng, world, *pair, size, runs)
                for pair in shares
                for size in (20, 60, 250)
            ]
        )
        means, least = found.mean(axis=0), found.min(axis=0)
        print(f"{name:34}{means[0]:.3f}, {least[0]:.3f}    {means[1]:.3f}, {least[1]:.3f}")


def familiarity(run: Path, texts: Path) -> None:
    """The share of documents called unfamiliar, each judged by what others' authorities taught.

    Every kind of which the model learnt from enough documents is left out in turn, but for the
    commonest.
    """
    sys.path.insert(0, str(ROOT))
    import numpy as np
    import pandas as pd

    from pipeline.base.columns import substantive_rows
    from pipeline.base.paths import CODED_DOCUMENTS
    from pipeline.labelling.codes import read_codes
    from pipeline.tagging.model_folder import COUNTS_FILE, find_model
    from pipeline.training.folds import grouped_folds
    from pipeline.training.kept_counts import KeptCounts, read_counts
    from pipeline.training.reference import ENOUGH_OF_A_KIND, learn_familiarity

    kept = read_counts(find_model() / COUNTS_FILE)
    kinds = pd.read_csv(CODED_DOCUMENTS, dtype=str).set_index("doc_id")["document_type"]
    authorities = read_codes().drop_duplicates("doc_id").set_index("doc_id")["authority"]
    paragraphs = pd.read_parquet(run / "paragraphs.parquet")
    paragraphs = paragraphs[substantive_rows(paragraphs)]
    documents = pd.read_parquet(run / "documents.parquet").set_index("doc_id")
    others = [
        path.read_text(encoding="utf-8", errors="ignore")
        for path in sorted(texts.rglob("*"))
        if path.is_file() and path.suffix in (".txt", ".md", ".rst", "")
    ]
    # As long as a short report: 400 words and more.
    others = list(dict.fromkeys(text for text in others if 3_000 < len(text) < 200_000))
    by_document = dict(list(paragraphs.groupby("doc_id")["text"]))
    learnt_kind = pd.Series(kept.doc_id).map(kinds).to_numpy()
    n_of_kind = pd.Series(kept.doc_id).groupby(learnt_kind).nunique()
    everyone = np.array(sorted({*authorities, *documents["authority"]}))
    fold_of = dict(zip(everyone, grouped_folds(everyone, 5), strict=True))
    learnt_fold = pd.Series(kept.doc_id).map(authorities).map(fold_of).to_numpy()
    # The commonest kind is what all others are measured by.
    enough = n_of_kind[n_of_kind >= ENOUGH_OF_A_KIND].drop(n_of_kind.idxmax())
    for left in [*enough.index, "nothing"]:
        found = []
        for fold in range(5):
            rows = np.flatnonzero((learnt_kind != left) & (learnt_fold != fold))
            less = KeptCounts(
                kept.doc_id[rows], kept.fingerprint[rows], kept.names, kept.counted.take(rows)
            )
            known = learn_familiarity(less, authorities, kinds, paragraphs)
            for doc_id, own in by_document.items():
                row = documents.loc[doc_id]
                if fold_of[row["authority"]] == fold:
                    found.append((row["document_type"], known.judge(own)[1]))
            found += [("other texts", known.judge([text])[1]) for text in others if not fold]
        table = pd.DataFrame(found, columns=["kind", "unfamiliar"]).groupby("kind")["unfamiliar"]
        print(f"\nleft out: {left}\n{table.agg(['size', 'mean']).round(3).to_string()}")


def validation(rounds: int) -> None:
    """How often the intervals of a validation hold what is true, by the number of codes.

    In one kind of document the model is good, in the other it is bad (see `samples`). Beside it
    the usual interval of prediction-powered inference: the same estimate, and 1.96 standard errors
    by document.
    """
    sys.path.insert(0, str(ROOT))
    import numpy as np
    import pandas as pd
    from samples import make_world, validate_world

    from pipeline.matrix.intervals import MIN_CODED, Errors, corrected_share

    rng = np.random.default_rng(0)
    for number in (100, 200, 400):
        rows = []
        for seed in range(rounds):
            if seed % 10 == 0:
                world = make_world(rng)
            for where, theme, domain, share, recall, precision in validate_world(
                world, number, seed
            ):
                groups, answers = domain.groups, domain.answers
                for name, estimate, true in (
                    ("share", groups.share(), share),
                    ("recall", groups.recall(), recall),
                    ("precision", groups.precision(), precision),
                ):
                    rows.append(
                        (name, where, theme, true, estimate.value, estimate.low, estimate.high)
                    )
                weight = answers["weight"] / answers["weight"].sum()
                error = answers["yes"] - answers["tagged"]
                part = weight * (error - (weight * error).sum())
                spread = 1.96 * float(np.sqrt((part.groupby(answers["doc_id"]).sum() ** 2).sum()))
                usual = groups.tagged_share + float((weight * error).sum())
                rows.append(("usual", where, theme, share, usual, usual - spread, usual + spread))
                if answers["yes"].sum() >= MIN_CODED and groups.in_tagged.n and where != "all":
                    of = np.array([domain.n_tagged]), np.array([domain.n_paragraphs])
                    found = corrected_share(*of, Errors(**groups.counts()))
                    rows.append(("corrected", where, theme, share, *(x[0] for x in found)))
        columns = ["what", "where", "theme", "true", "value", "low", "high"]
        table = pd.DataFrame(rows, columns=columns).dropna()
        table["holds"] = (table["low"] <= table["true"]) & (table["true"] <= table["high"])
        table["width"], table["off"] = table["high"] - table["low"], table["value"] - table["true"]
        each = table.groupby(["what", "where", "theme"])[["holds", "width", "off"]].mean()
        print(f"\n{number} codes, {rounds} rounds; mean and least over kinds and themes")
        of = each.groupby("what")
        print(
            pd.DataFrame(
                {
                    "holds": of["holds"].mean(),
                    "at worst": of["holds"].min(),
                    "width": of["width"].mean(),
                    "largest bias": of["off"].agg(lambda off: off.abs().max()),
                }
            ).round(3)
        )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["speed", reports]:
            speed(Path(reports))
        case ["readers", reports]:
            readers(Path(reports))
        case ["memory"]:
            memory()
        case ["marked", folder]:
            marked(Path(folder))
        case ["coverage"]:
            coverage()
        case ["familiarity", folder, texts]:
            familiarity(Path(folder), Path(texts))
        case ["report", folder, number, *kept]:
            sys.path.insert(0, str(ROOT))
            from report_bench import report

            report(Path(folder), int(number), Path(kept[0]) if kept else None)
        case ["retrain"]:
            retrain()
        case ["validation", rounds]:
            validation(int(rounds))
        case _:
            sys.exit(__doc__)
