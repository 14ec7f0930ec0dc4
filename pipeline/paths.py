"""Where the project keeps its files. Imports nothing of ours."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# In a checkout the folders stand beside the package; an installed wheel carries them inside.
ROOT = _PACKAGE.parent if (_PACKAGE.parent / "pyproject.toml").is_file() else _PACKAGE / "shipped"

CORPUS = ROOT / "corpus"
SAMPLE_CORPUS = CORPUS / "sample"
AUTHORITIES = CORPUS / "reference" / "authorities.csv"
CODEBOOK = CORPUS / "codebook.toml"
CODES = CORPUS / "codes"
MODELS = ROOT / "models"
# Outputs belong to whoever runs the command, so they go where it is run.
OUTPUTS = Path("outputs")
