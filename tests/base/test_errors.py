from __future__ import annotations

import pickle
import traceback

import pytest

from pipeline.base.errors import FetchError, LabelError


def test_python_shows_what_to_do_next():
    error = LabelError("There is no file a.xlsx.", "Check the path.")
    shown = "".join(traceback.format_exception(error))
    assert shown.count("Check the path.") == 1
    # The command line prints the hint itself.
    assert str(error) == "There is no file a.xlsx."
    assert not hasattr(LabelError("Without a hint."), "__notes__")


@pytest.mark.parametrize("error", [LabelError("a.", "b."), FetchError("a.", "b.", 404)])
def test_an_error_of_another_process_is_the_same(error):
    back = pickle.loads(pickle.dumps(error))
    assert (type(back), str(back), back.__dict__) == (type(error), "a.", error.__dict__)
    assert back.__notes__ == ["b."]
