from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.base.encodings import decode_text
from pipeline.base.errors import ExtractionError
from pipeline.base.settings import Limits


def test_a_text_that_is_too_long_is_not_decoded():
    assert decode_text(b"12345", Limits(text_bytes=5)) == "12345"
    with pytest.raises(ExtractionError):
        decode_text(b"12345", Limits(text_bytes=4))


def test_line_and_page_breaks_stay_and_other_controls_go():
    assert decode_text(b"a\tb\r\nc\fd\x00\x07\xe2\x80\x8be") == "a\tb\r\nc\fde"


QUOTED = "The council’s plans – “clear ones” – cost "
MIXED = {
    "a byte of Windows-1252": (QUOTED.encode() + b"\xa35", QUOTED + "£5"),
    "its apostrophe, with a mark": (b"\xef\xbb\xbf" + QUOTED.encode() + b"Farwick\x92s pay", QUOTED + "Farwick’s pay"),
    "a character cut in two": (QUOTED.encode() + b"Farwick\xe2\x80s pay", QUOTED + "Farwick\ufffds pay"),
    "a byte that nothing means": (QUOTED.encode() + b"\x81", QUOTED + "\ufffd"),
    "all of it Windows-1252": (QUOTED.encode("cp1252"), QUOTED),
    "Windows-1252 with one that looks like UTF-8": ((QUOTED + "Ã©").encode("cp1252"), QUOTED + "Ã©"),
}  # fmt: skip


@pytest.mark.parametrize("name", MIXED)
def test_a_stray_byte_does_not_change_the_encoding(name):
    data, expected = MIXED[name]
    assert decode_text(data) == expected


@settings(deadline=None)
@given(
    st.text(
        st.characters(blacklist_categories=["Cc", "Cf", "Cs", "Co", "Cn"], max_codepoint=0xFFFF),
        min_size=1,
    )
)
def test_what_was_encoded_is_decoded(text):
    expected = text.replace("\u00a0", " ")
    assert decode_text(text.encode()) == expected
    assert decode_text(text.encode("utf-16")) == expected
