import pytest

from handlers.chat import emojis
from handlers.chat.errors import BadRequest, TooLong


@pytest.mark.parametrize(
    "emoji", ["👍", "👍🏽", "❤", "❤️", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🇩🇪", "1️⃣", "#⃣", "↔️", "‼️", "ℹ️", "™️", "🫨", "\U0001fae9"]
)
def test_emoji_are_taken(emoji: str) -> None:
    assert emojis.emoji({"emoji": emoji}) == emoji


@pytest.mark.parametrize(
    "text", ["", "a", "1", "#", "😀a", "a😀", "<b>", " ", "😀 ", "\u202e😀", "\ufe0f", "\u200d", "ä", "中", "😀\n"]
)
def test_other_texts_are_not(text: str) -> None:
    with pytest.raises(BadRequest):
        emojis.emoji({"emoji": text})


def test_an_emoji_has_an_end() -> None:
    with pytest.raises(TooLong):
        emojis.emoji({"emoji": "😀" * 17})
