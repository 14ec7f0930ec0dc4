from __future__ import annotations

import uuid

from pipeline.exchange.project import guid_of


def test_a_guid_is_of_version_5_and_stays_what_it_is():
    # Exports of earlier versions have these: tools would take other ones for new codes.
    assert guid_of("code", "camhs") == "3b2ec6a0-462b-530c-bd21-726f01214587"
    assert uuid.UUID(guid_of("code", "camhs")).version == 5
    assert guid_of("code", "camhs", "mixed") != guid_of("code", "camhs")
