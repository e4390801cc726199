"""When who speaks, and what a message carries; see loadtests/schedule.py."""

from __future__ import annotations

from itertools import islice

import pytest

from loadtests.schedule import Speech, dues


def test_a_speaker_speaks_evenly() -> None:
    """Two a second from second 100 on, beginning at half an interval."""
    assert list(islice(dues(100.0, 2.0, 0.5), 3)) == [100.25, 100.75, 101.25]


def test_a_text_carries_its_speech() -> None:
    """What is heard tells who said it as the how many-th, and when it was due."""
    speech = Speech("r1", "ann", 7, 1700000000.25)
    assert Speech.of_text(speech.text(200)) == speech
    assert len(speech.text(200)) == 200


def test_a_text_is_never_cut() -> None:
    speech = Speech("r1", "ann", 7, 1700000000.25)
    assert Speech.of_text(speech.text(1)) == speech


@pytest.mark.parametrize("text", ["hello", "a|b|c|d|e|f", "load|too|few", ""])
def test_what_people_say_is_no_speech(text: str) -> None:
    assert Speech.of_text(text) is None
