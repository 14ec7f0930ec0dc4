"""How to install an extra. The project is on no index, so it is done in its folder."""

from __future__ import annotations


def how_to_install(extra: str, package: str = "") -> str:
    """What to do where an extra is missing, and perhaps a `package` beside it."""
    # Quotation marks that every shell knows, also those of Windows.
    wanted = " ".join(filter(None, [f'".[{extra}]"', package]))
    return (
        "In the folder of the project, run: "
        f".venv/bin/python -m pip install -c constraints.txt -e {wanted} "
        r"(Windows: .venv\Scripts\python)."
    )
