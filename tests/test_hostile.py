"""Every kind of bad input, in one corpus with good documents that must not notice."""

from __future__ import annotations

import codecs
import multiprocessing
import os
import re
import shutil
from collections.abc import Callable
from functools import partial

import pytest
from corpora import read_corpus
from hostile import (
    LETTER,
    claim_of_pages,
    cmap_from_elsewhere,
    compression_bomb,
    docx,
    docx_bomb,
    docx_of_entities,
    docx_of_nested_tables,
    docx_that_lies,
    docx_that_points_to,
    filters_on_filters,
    forms_that_multiply,
    good_pdf,
    hostile_cmap,
    many_pages,
    objects_in_objects,
    page_of_many_objects,
    page_tree_that_is_deep,
    page_tree_that_loops,
    references_that_loop,
    zipped,
)
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from pipeline.base.settings import DEFAULT_LIMITS, Limits, Settings
from pipeline.running.cache import FolderCache
from pipeline.running.corpus import write_corpus
from pipeline.running.listing import list_documents

# Ten times what the dearest harmless file takes on a slow machine.
TIGHT = Limits(seconds=30, memory=600_000_000, pages=100)
SETTINGS = Settings(TIGHT, processes=2, quiet=True)
SECRET = "what only the owner of this machine may read"
READ = None
WINDOWS = os.name == "nt"

# What is in the file, or what makes it if that takes long, and what `failures` says of it; READ
# where it is read like any other.
FILES: dict[str, tuple[bytes | Callable[[], bytes], str | None]] = {
    "empty.pdf": (b"", "is empty"),
    "cut off.pdf": (good_pdf()[:300], "damaged|cannot be read|no text"),
    "web page.pdf": (b"<!DOCTYPE html><html><body><p>Not found</p></body></html>", "web page"),
    "photo.pdf": (b"\xff\xd8\xff\xe0" + b"JFIF" * 99, "JPEG"),
    "loop.pdf": (page_tree_that_loops(), READ),
    "references.pdf": (references_that_loop(), READ),
    "deep tree.pdf": (page_tree_that_is_deep(5_000), "cannot be read"),
    "nested.pdf": (objects_in_objects(100_000), READ),
    "bomb.pdf": (partial(compression_bomb, 800), "more than 600 MB of memory"),
    "filters.pdf": (partial(filters_on_filters, 3), "no text"),
    "objects.pdf": (partial(page_of_many_objects, 50_000), READ),
    "claim.pdf": (claim_of_pages(1_000_000, 100_000), READ),
    "pages.pdf": (many_pages(150), "more than 100 pages"),
    "cmap elsewhere.pdf": (cmap_from_elsewhere(), "no text"),
    "wrong encoding.txt": (LETTER.encode("cp1252"), READ),
    "utf-16.txt": (
        codecs.BOM_UTF16_BE + LETTER.replace("Thorne", "Ash").encode("utf-16-be"),
        READ,
    ),
    "utf-8 with a mark.txt": (codecs.BOM_UTF8 + LETTER.encode(), READ),
    "noise.txt": (bytes(range(256)) * 40, "not PDF"),
    "nul.txt": (LETTER.replace("Thorne", "Th\0orne").encode(), READ),
    "right to left.txt": (LETTER.replace("Dear", "\u202eDear\u200b\u2066").encode(), READ),
    "long.txt": (b"Visits are timely. " * 1_200_000, "text is 23 MB"),
    "one line.txt": (b"a" * 1_000_000 + b" b", "no paragraph of text"),
    "bomb.docx": (partial(docx_bomb, 300), "unpacks to 300 MB"),
    "lying bomb.docx": (partial(docx_that_lies, 300), READ),
    "nested.docx": (docx_of_nested_tables(2_000), "damaged"),
    "entities.docx": (docx_of_entities(), "damaged"),
    "points elsewhere.docx": (docx_that_points_to("/SECRET"), READ),
    "not a document.docx": (zipped({"x": b"y"}), "zip archive"),
    "good.docx": (docx("Visits to children are timely."), READ),
    "a 'quoted' \"name\" \n with $HOME; ünd mehr – だ.txt": (
        LETTER.replace("Thorne", "Birch").encode(),
        READ,
    ),
    "=cmd|' !A1.txt": (LETTER.replace("Thorne", "Holm").encode(), READ),
    "good.txt": (LETTER.encode() + b"\n", READ),
    "good.pdf": (good_pdf(), READ),
}


if WINDOWS:  # which cannot hold such names
    FILES = {name: file for name, file in FILES.items() if not re.search(r'["\n|!]', name)}

# These would go on for hours: whatever the limit is, they reach it.
ENDLESS = {
    "cmap.pdf": hostile_cmap(60_000),
    "forms.pdf": forms_that_multiply(9, 10),
}


def test_endless_files_are_given_up(tmp_path):
    for name, data in ENDLESS.items():
        (tmp_path / name).write_bytes(data)
    (tmp_path / "good.txt").write_text(LETTER, encoding="utf-8")
    tables = read_corpus(tmp_path, Settings(Limits(seconds=2), processes=2, quiet=True))
    assert tables.documents["source_file"].tolist() == ["good.txt"]
    reasons = tables.failures.set_index("source_file")["reason"]
    assert set(reasons.index) == set(ENDLESS)
    assert reasons.str.contains("more than 2 seconds").all()


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.txt"
    secret.write_text(SECRET)
    for name, (data, _) in FILES.items():
        data = data if isinstance(data, bytes) else data()
        path = folder / name
        path.write_bytes(data.replace(b"/SECRET", os.fsencode(secret)))
    draw_encrypted(folder / "password.pdf", "needed")
    draw_encrypted(folder / "owner password.pdf", "")
    draw_picture(folder / "scan.pdf")
    if not WINDOWS:
        (folder / "link out.txt").symlink_to(secret)
        (folder / "link to nothing.txt").symlink_to(folder / "nothing")
        (folder / "link to a folder").symlink_to(secret.parent)
        os.mkfifo(folder / "pipe.txt")
    shutil.copy(folder / "good.pdf", folder / "the same again.pdf")
    return read_corpus(folder, SETTINGS)


def draw_encrypted(path, password: str) -> None:
    canvas = Canvas(str(path), encrypt=StandardEncryption(password, "owner", canCopy=0))
    canvas.drawString(72, 700, f"Visits to children are timely here ({path.stem}).")
    canvas.save()


def draw_picture(path) -> None:
    canvas = Canvas(str(path))
    canvas.rect(50, 50, 300, 300, fill=1)
    canvas.save()


OTHERS = {
    "password.pdf": "needs a password",
    "owner password.pdf": READ,
    "scan.pdf": "pictures and no text",
    "the same again.pdf": "a copy of good.pdf",
}
# Windows lets only administrators make links, and has no pipes in folders.
ENTRIES = {
    "link out.txt": "outside the folder",
    "link to nothing.txt": "does not exist",
    "link to a folder": "link to a folder",
    "pipe.txt": "not a regular file",
}
EXPECTED = {name: reason for name, (_, reason) in FILES.items()} | OTHERS
if not WINDOWS:
    EXPECTED |= ENTRIES


@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_read_or_its_row_says_what_and_what_to_do(tables, name):
    failures = tables.failures.set_index("source_file")
    documents = set(tables.documents["source_file"])
    if EXPECTED[name] is READ:
        assert name in documents, failures["reason"].get(name)
        return
    assert name not in documents
    failure = failures.loc[name]
    assert failure["what_to_do"]
    assert re.search(EXPECTED[name], failure["reason"]), failure["reason"]


def test_nothing_is_lost_and_nothing_else_is_there(tables):
    listed = [*tables.documents["source_file"], *tables.failures["source_file"]]
    assert sorted(listed) == sorted(EXPECTED)


def test_what_lies_elsewhere_is_not_read(tables):
    texts = tables.paragraphs["text"]
    assert not texts.str.contains(SECRET).any()
    assert not texts.str.contains("root:").any()


def test_texts_come_out_clean_whatever_they_were_written_in(tables):
    paragraphs = tables.paragraphs
    for name in ("wrong encoding.txt", "utf-8 with a mark.txt", "nul.txt", "right to left.txt"):
        texts = paragraphs.loc[paragraphs["source_file"] == name, "text"].tolist()
        assert "Dear Ms Thorne" in texts, name
        assert "Focused visit to Kent local authority children’s services" in texts, name
    assert not paragraphs["text"].str.contains("[\0\u200b\u202e\u2066\ufeff]").any()


def test_image_only_pdf_is_told_about_recognition(tables):
    failure = tables.failures.set_index("source_file").loc["scan.pdf"]
    assert "ocr" in failure["what_to_do"].lower()


def test_file_that_is_too_large_is_not_even_hashed(tmp_path):
    with (tmp_path / "large.txt").open("wb") as file:
        file.truncate(DEFAULT_LIMITS.file_bytes + 1)
    [failure] = list_documents(tmp_path, DEFAULT_LIMITS).failures
    assert "the limit is 200 MB" in failure["reason"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda path: path.unlink(), "disappeared"),
        (lambda path: path.write_text("Something else by now."), "changed"),
    ],
)
def test_file_that_vanishes_or_changes_during_the_run(tmp_path, change, reason):
    corpus, out = tmp_path / "corpus", tmp_path / "out"
    corpus.mkdir()
    for name in ("a.txt", "b.txt"):
        (corpus / name).write_text(f"{LETTER}\n\n{name}")
    listing = list_documents(corpus, TIGHT)
    change(corpus / "a.txt")
    gathered = write_corpus(listing, out, FolderCache(out / "kept"), SETTINGS)
    [failure] = gathered.failures
    assert failure["source_file"] == "a.txt" and reason in failure["reason"]
    assert list(gathered.found) == ["b.txt"]
    assert not gathered.lasting


@pytest.mark.skipif(WINDOWS, reason="the test closes files as Linux and macOS do")
def test_file_that_may_not_be_read(tmp_path):
    (tmp_path / "mine.txt").write_text(LETTER)
    (tmp_path / "closed").mkdir()
    (tmp_path / "closed" / "hidden.txt").write_text(LETTER)
    (tmp_path / "mine.txt").chmod(0)
    (tmp_path / "closed").chmod(0)
    (tmp_path / "yours.txt").write_text(LETTER)
    listing = as_nobody(tmp_path)
    (tmp_path / "closed").chmod(0o700)
    reasons = {row["source_file"]: row["reason"] for row in listing.failures}
    assert set(reasons) == {"mine.txt", "closed"} and list(listing.files) == ["yours.txt"]
    assert all("cannot be opened" in reason for reason in reasons.values())


def as_nobody(folder):
    """List a folder as somebody who is not root, for whom nothing is closed."""
    if os.geteuid() != 0:
        return list_documents(folder, DEFAULT_LIMITS)
    for parent in [folder, *folder.parents[:3]]:
        parent.chmod(0o755)
    context = multiprocessing.get_context("fork")
    there, here = context.Pipe()

    def listed():
        os.setuid(65534)
        there.send(list_documents(folder, DEFAULT_LIMITS))

    process = context.Process(target=listed)
    process.start()
    process.join(30)
    assert here.poll()
    return here.recv()
