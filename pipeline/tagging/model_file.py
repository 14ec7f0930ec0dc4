"""A model's file → its parts, safely."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import sklearn.utils

from pipeline.base.errors import ModelError
from pipeline.base.files import unpacked_size

MAX_MODEL_BYTES = 500_000_000  # unpacked
# Everything that our model files hold, and how skops restores it. skops alone would also trust any
# estimator, and loaders that fetch functions by name.
ALLOWED_TYPES = frozenset(
    {
        "builtins.dict",
        "builtins.list",
        "builtins.str",
        "builtins.tuple",
        "numpy.float64",
        "numpy.ndarray",
        "sklearn.dummy.DummyClassifier",
        "sklearn.feature_extraction.text.TfidfTransformer",
        "sklearn.kernel_approximation.Nystroem",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "DictNode",
        "JsonNode",
        "ListNode",
        "NdArrayNode",
        "ObjectNode",
        "TupleNode",
        "TypeNode",
    }
)
# What skops has to be told of these; it knows the others.
TRUSTED = sorted(name for name in ALLOWED_TYPES if name.startswith("sklearn."))


def _import_skops() -> ModuleType:
    """skops without the estimators that it would trust by itself, of which there are hundreds.

    To find them it imports all of scikit-learn, which took every process a second of its start.
    """
    find_all = sklearn.utils.all_estimators
    sklearn.utils.all_estimators = list
    try:
        return import_module("skops.io")
    finally:
        sklearn.utils.all_estimators = find_all


skops_io = _import_skops()


def load_parts(path: Path) -> dict:
    """The parts of the model in a file.

    Raises `ModelError` if the file is no skops file, too large, or holds any type that is not in
    `ALLOWED_TYPES`: such a file could run code.
    """
    hint = "Use only model folders written by `inspection-themes train`."
    try:
        with zipfile.ZipFile(path) as archive:
            if unpacked_size(archive) > MAX_MODEL_BYTES:
                raise ModelError(f"{path} is too large to be one of our models.", hint)
            held = set(_types_in(json.loads(archive.read("schema.json"))))
        if foreign := sorted(held - ALLOWED_TYPES):
            raise ModelError(
                f"{path} holds foreign types: {', '.join(foreign[:5])}. It was not loaded.", hint
            )
        return skops_io.load(path, trusted=TRUSTED)
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{path} is not a skops model file ({type(error).__name__}). It was not loaded.", hint
        ) from error


def _types_in(schema: object) -> Iterator[str]:
    """Every type that a skops schema names, and the loader that restores it."""
    if isinstance(schema, dict):
        if "__class__" in schema or "__loader__" in schema:
            yield f"{schema.get('__module__')}.{schema.get('__class__')}"
            yield str(schema.get("__loader__"))
        for part in schema.values():
            yield from _types_in(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from _types_in(part)
