"""Provisional themes: those of which a model's card says that too little is known of them.

They are tagged like any other, but their tags are counted only if a theme is asked for by name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from pipeline.base.errors import ModelError


def provisional_themes(card: Mapping) -> dict[str, str]:
    """The provisional themes of a model's card, each with the reason; {} for older cards."""
    return dict(card.get("provisional") or {})


def themes_left_out(card: Mapping, asked_for: Collection[str]) -> dict[str, str]:
    """The provisional themes, with their reasons, without those `asked_for` by name.

    Raises `ModelError` for a name that the card's model does not know.
    """
    known = card.get("thresholds", {})
    for theme in asked_for:
        if theme not in known:
            raise ModelError(
                f"The model has no theme {theme!r}.", f"It has {', '.join(known) or 'none'}."
            )
    return {t: why for t, why in provisional_themes(card).items() if t not in asked_for}


def check_some_counted(card: Mapping, left_out: Collection[str]) -> None:
    """Raise `ModelError` if all themes of the card's model are `left_out`.

    Without a theme, documents that are tagged look like those that are not.
    """
    if left_out and set(card.get("thresholds", {})) <= set(left_out):
        raise ModelError(
            "All themes of the model are provisional, so there is nothing to count; their tags "
            "are in the table `tags`.",
            f"Name those to count with --with-theme: {', '.join(left_out)}.",
        )


def say_provisional(card: Mapping, left_out: Collection[str]) -> list[str]:
    """A line on each provisional theme: that it is not counted, or that it is all the same."""
    return [
        f"{theme} is provisional and not counted: {why}."
        if theme in left_out
        else f"{theme} is provisional, but counted as asked for: {why}."
        for theme, why in provisional_themes(card).items()
    ]
