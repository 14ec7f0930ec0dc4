"""Where the project keeps its files. Imports nothing of ours."""

from __future__ import annotations

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent
# In a checkout the folders stand beside the package; an installed wheel carries them inside.
ROOT = PACKAGE.parent if (PACKAGE.parent / "pyproject.toml").is_file() else PACKAGE / "shipped"

CORPUS = ROOT / "corpus"
SAMPLE_CORPUS = CORPUS / "sample"
AUTHORITIES = CORPUS / "reference" / "authorities.csv"
CODEBOOK = CORPUS / "codebook.toml"
CODES = CORPUS / "codes"
MODELS = ROOT / "models"
# Outputs belong to whoever runs the command, so they go where it is run.
OUTPUTS = Path("outputs")
