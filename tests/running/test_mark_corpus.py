from __future__ import annotations

import hashlib
import shutil
from pathlib import PurePosixPath

import pandas as pd
import pytest
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.columns import DOCUMENTS, FAILURES, MARKED, PARAGRAPHS, TAGS, empty_table
from pipeline.base.errors import CorpusError
from pipeline.base.settings import Settings
from pipeline.base.tables import read_table, write_table
from pipeline.documents.extract import extract_bytes
from pipeline.running.cache import FolderCache
from pipeline.running.mark_corpus import copies_of_run, mark_corpus

ONE, TWO = Settings(processes=1, quiet=True), Settings(processes=2, quiet=True)
LINES = [
    "Leaders in Marlowshire know their services well, and they act on what they know of",
    "them. Children wait too long for a first appointment with the health service.",
]
TEXT = " ".join(LINES)
SENTENCE = (TEXT.index("Children"), len(TEXT))


def draw(path, title):
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas = Canvas(str(path), pagesize=(595, 842), invariant=1)
    for number, line in enumerate([title, "", *LINES]):
        canvas.drawString(72, 700 - 14.5 * number, line)
    canvas.save()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    draw(folder / "a.pdf", "Marlowshire in spring")
    draw(folder / "more" / "b.pdf", "Marlowshire in autumn")
    folder.joinpath("broken.pdf").write_bytes(b"%PDF-1.7 and no more")
    folder.joinpath("letter.docx").write_bytes(b"a letter")
    return folder


def rows_of(columns, *rows):
    table = pd.concat([empty_table(columns), pd.DataFrame(rows)], ignore_index=True)
    return table.astype(empty_table(columns).dtypes.to_dict())


def write_tables(
    corpus, out, names=("a.pdf", "broken.pdf", "letter.docx", "more/b.pdf"), span=SENTENCE
):
    """The tables of a run over these files, each with one tagged paragraph of two themes."""
    documents, paragraphs, tags = [], [], []
    for name in names:
        data = (corpus / name).read_bytes()
        sha256 = hashlib.sha256(data).hexdigest()
        doc_id, position = sha256[:12], 0
        if name.endswith(("a.pdf", "b.pdf")):
            texts = [block.text for block in extract_bytes(data, PurePosixPath(name)).blocks]
            position = texts.index(TEXT)
        documents.append(
            dict.fromkeys(DOCUMENTS, "")
            | {
                "doc_id": doc_id,
                "source_file": name,
                "sha256": sha256,
                "familiarity": None,
                "unfamiliar": False,
            }
            | {"n_pages": None if name.endswith("docx") else 1, "n_paragraphs": 1, "n_words": 20}
            | dict.fromkeys(("published_on", "inspected_from", "inspected_to"))
        )
        about = {"paragraph_id": f"{doc_id}:{position:04}", "doc_id": doc_id}
        paragraphs.append(
            dict.fromkeys(PARAGRAPHS, "")
            | about
            | {
                "source_file": name,
                "position": position,
                "page": 1,
                "kind": "paragraph",
                "boilerplate": False,
                "text": TEXT,
            }
        )
        for theme, tagged in (("camhs", True), ("early_help", False)):
            tags.append(
                about
                | {
                    "theme": theme,
                    "probability": 0.9,
                    "tagged": tagged,
                    "stance": "concern" if tagged else "",
                    "model_id": "m",
                }
                | dict(
                    zip(
                        ("carries_from", "carries_to"),
                        span if tagged else (None, None),
                        strict=True,
                    )
                )
            )
    out.mkdir(exist_ok=True)
    for name, columns, rows in (
        ("documents", DOCUMENTS, documents),
        ("paragraphs", PARAGRAPHS, paragraphs),
        ("tags", TAGS, tags),
        ("failures", FAILURES, []),
    ):
        write_table(rows_of(columns, *rows), out, name)


def files_below(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*.*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def marked(corpus, tmp_path_factory):
    """A run that was marked in one process."""
    out = tmp_path_factory.mktemp("out")
    write_tables(corpus, out)
    assert mark_corpus(corpus, out, FolderCache(out / ".kept"), ONE)
    return out


def test_pdfs_are_marked_and_others_are_not(corpus, marked):
    copies = copies_of_run(marked, read_table(marked, "documents"))
    assert copies == {"a.pdf": marked / "marked", "more/b.pdf": marked / "marked"}
    places = read_table(marked, "places")
    assert places["carries_to"].tolist() == [len(TEXT)] * 2 and places["page"].tolist() == [1, 1]
    assert (places["left"].round() == 105).all() and (places["bottom"] > 650).all()


def test_a_file_that_cannot_be_marked_is_listed(marked):
    (row,) = read_table(marked, "failures").to_dict("records")
    assert (row["source_file"], row["stage"]) == ("broken.pdf", MARKED)
    assert "damaged" in row["reason"] and row["what_to_do"]


def test_two_processes_make_the_same(corpus, marked, tmp_path):
    out = tmp_path / "out"
    write_tables(corpus, out)
    mark_corpus(corpus, out, FolderCache(out / ".kept"), TWO)
    for name in ("places.parquet", "places.csv", "failures.parquet"):
        assert (out / name).read_bytes() == (marked / name).read_bytes()
    assert files_below(out / "marked") == files_below(marked / "marked")


def test_originals_stay_as_they_are(corpus, marked):
    documents = read_table(marked, "documents").set_index("source_file")["sha256"]
    for name, sha256 in documents.items():
        assert hashlib.sha256((corpus / name).read_bytes()).hexdigest() == sha256


@pytest.fixture
def again(marked, tmp_path):
    """A copy of the marked run, to mark again."""
    return shutil.copytree(marked, tmp_path / "again")


def test_a_second_run_writes_only_what_changed(corpus, marked, again):
    folder, cache = again / "marked", FolderCache(again / ".kept")
    times = {path: path.stat().st_mtime_ns for path in folder.rglob("*.pdf")}
    assert mark_corpus(corpus, again, cache, ONE)
    assert times == {path: path.stat().st_mtime_ns for path in folder.rglob("*.pdf")}
    assert (again / "places.parquet").read_bytes() == (marked / "places.parquet").read_bytes()
    assert len(read_table(again, "failures")) == 1
    # One was spoilt; the other is of a document that is gone.
    folder.joinpath("a.pdf").write_bytes(b"spoilt")
    write_tables(corpus, again, names=("a.pdf",))
    mark_corpus(corpus, again, cache, ONE)
    assert files_below(folder) == {
        name: content
        for name, content in files_below(marked / "marked").items()
        if "b.pdf" not in name
    }
    assert not folder.joinpath("more").exists() and read_table(again, "failures").empty


def test_a_report_that_changed_meanwhile_is_tried_again_next_time(corpus, again, tmp_path):
    changed = shutil.copytree(corpus, tmp_path / "reports")
    draw(changed / "a.pdf", "Marlowshire in summer")
    folder = again / "marked"
    shutil.rmtree(folder)
    assert not mark_corpus(changed, again, FolderCache(again / ".kept"), ONE)
    assert set(read_table(again, "failures")["source_file"]) == {"a.pdf", "broken.pdf"}
    assert set(files_below(folder)) >= {"more/b.pdf"} and not (folder / "a.pdf").exists()


def test_sentences_that_are_not_found_are_listed(corpus, again):
    write_tables(corpus, again, names=("a.pdf",))
    paragraphs = read_table(again, "paragraphs").assign(text=f"{TEXT} And more.")
    write_table(paragraphs, again, "paragraphs")
    mark_corpus(corpus, again, FolderCache(again / ".kept"), ONE)
    assert "1 of its carrying sentences" in read_table(again, "failures")["reason"][0]
    assert copies_of_run(again, read_table(again, "documents")) == {}


def test_nothing_of_others_is_touched(corpus, tmp_path):
    write_tables(corpus, tmp_path, names=("a.pdf",))
    folder = tmp_path / "marked"
    folder.mkdir()
    folder.joinpath("mine.txt").write_text("mine", encoding="utf-8")
    for reports in (corpus, folder):
        with pytest.raises(CorpusError, match="marked copies go"):
            mark_corpus(reports, tmp_path, FolderCache(tmp_path / ".kept"), ONE)
    assert folder.joinpath("mine.txt").read_text(encoding="utf-8") == "mine"
