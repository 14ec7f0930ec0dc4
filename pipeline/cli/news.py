"""What is new since the run before, in a few lines on the terminal."""

from __future__ import annotations

import pandas as pd

from pipeline.base.codebook import name_themes
from pipeline.base.counted import counted
from pipeline.cli.say import say
from pipeline.matrix.movements import clear_flags
from pipeline.report.news import News, say_not_compared

SHOWN, SHOWN_CELLS, SHOWN_SENTENCES = 20, 5, 3


def print_news(news: News) -> None:
    """Print what is new since last time, on the standard output: a scheduler can keep it."""
    day = news.since[:10]
    if news.is_empty:
        say(f"Nothing new since {day}.")
        return
    say(f"New since {day}: {counted(len(news.new), 'document')}.")
    for row in news.new.head(SHOWN).itertuples():
        on = row.published_on or row.inspected_to
        told = (row.authority, row.document_type, on, row.overall_effectiveness, row.url)
        say(f"- {', '.join(str(part) for part in told if part)}")
    if (left := len(news.new) - SHOWN) > 0:
        say(f"- and {left} more, which run.json lists")
    if news.gone:
        left = len(news.gone) - SHOWN
        more = f" and {left} more, which run.json lists" if left > 0 else ""
        say(f"No longer there: {', '.join(news.gone[:SHOWN])}{more}.")
    if news.not_compared:
        say(say_not_compared(news))
    _print_cells(news)
    _print_sentences(news)


def _print_cells(news: News) -> None:
    if news.movements.empty:
        return
    clear = news.clear
    others = f"{counted(len(news.movements), 'cell')} changed"
    if clear.empty:
        say(f"{others}, none beyond chance.")
        return
    say(f"{others}, {len(clear)} of them beyond chance:")
    titles = {theme: known.title for theme, known in name_themes(clear["theme"]).items()}
    shown = clear.head(SHOWN_CELLS)
    for row, flags in zip(shown.itertuples(), clear_flags(shown).itertuples(), strict=True):
        parts = []
        if flags.share_moved:
            parts.append(
                f"share {row.share_moved}: {100 * row.difference:+.1f} points from other "
                "documents to new ones of their kind; in all "
                f"{row.before_share:.1%} → {row.share:.1%}"
            )
        if flags.balance_moved:
            parts.append(
                f"strengths among strengths and concerns {row.balance_moved}, "
                f"{_percent(row.before_balance)} → {_percent(row.balance)}"
            )
        say(f"- {row.authority}, {titles[row.theme]}: {'; '.join(parts)}")
    if (left := len(clear) - SHOWN_CELLS) > 0:
        say(f"- and {left} more: see New in report.html")


def _print_sentences(news: News) -> None:
    if news.to_read.empty:
        return
    titles = {theme: known.title for theme, known in name_themes(news.to_read["theme"]).items()}
    say("To read first:")
    for row in news.to_read.head(SHOWN_SENTENCES).itertuples():
        where = row.url or f"{row.source_file}, page {row.page}"
        say(f"- {row.authority}, {titles[row.theme]}, {row.stance}: “{row.sentence}” ({where})")


def _percent(share: float) -> str:
    return "none said" if pd.isna(share) else f"{share:.0%}"
