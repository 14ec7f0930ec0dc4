from __future__ import annotations

import json
import pickle
import subprocess
import sys
import zipfile

import pytest
from sklearn.linear_model import LinearRegression

from pipeline.base.errors import ModelError
from pipeline.tagging.model_file import load_parts, skops_io


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.skops"


class Hostile:
    def __reduce__(self):
        return (print, ("this must never run",))


def test_pickle_under_our_name_is_refused(path, capsys):
    (path).write_bytes(pickle.dumps(Hostile()))
    with pytest.raises(ModelError, match="not a skops model file"):
        load_parts(path)
    assert capsys.readouterr().out == ""


def test_foreign_type_is_refused(path):
    schema = {
        "__class__": "Popen", "__module__": "subprocess", "__loader__": "ObjectNode", "__id__": 1,
        "content": {"__class__": "dict", "__module__": "builtins", "__loader__": "DictNode", "__id__": 2,
                    "content": {}, "key_types": {"__class__": "list", "__module__": "builtins",
                    "__loader__": "ListNode", "__id__": 3, "content": []}},
        "protocol": 2, "_skops_version": "0.11",
    }  # fmt: skip
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    with pytest.raises(ModelError, match=r"subprocess\.Popen"):
        load_parts(path)


def test_estimators_that_are_not_ours_are_refused_though_skops_trusts_them(path):
    skops_io.dump({"names": LinearRegression()}, path)
    with pytest.raises(ModelError, match=r"foreign types: sklearn\.linear_model\._base\.Linear"):
        load_parts(path)


def test_loading_skops_does_not_load_all_of_scikit_learn():
    code = (
        "import sys, pipeline.tagging.model_file, sklearn.utils;"
        "print('sklearn.neural_network' in sys.modules, len(sklearn.utils.all_estimators()) > 100)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
