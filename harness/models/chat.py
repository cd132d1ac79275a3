"""From a chat to token ids, so that no text of a user can open or close a turn.

A template writes turns with special tokens ("<|user|>") around the content. Were the rendered text
encoded as it is, a question or a retrieved passage that contains "<|assistant|>" would inject a
turn. So special tokens within a content are taken out before rendering, and encoded as ordinary
characters in their place; everything else is encoded as the template's authors intended.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from harness.models.base import Message, ModelError

Turns = list[dict[str, str]]

# A noncharacter of Unicode: it stands for a piece that was taken out. Where a text has it itself,
# it is taken out like a special token.
_MARK = "\ufdd0"
_PLACE = re.compile(f"{_MARK}([0-9]+){_MARK}")


class ChatEncoder:
    """Encodes chats with a template and a tokenizer.

    `render` writes the turns as text, with the start of the assistant's turn at its end.
    `encode(text, special)` gives token ids, parsing special tokens or not, and adds none itself.
    """

    def __init__(
        self,
        render: Callable[[Turns], str],
        encode: Callable[[str, bool], list[int]],
        special_tokens: Iterable[str],
    ) -> None:
        self._render = render
        self._encode = encode
        words = sorted({*special_tokens, _MARK}, key=lambda word: (-len(word), word))
        self._special = re.compile("|".join(map(re.escape, words)))

    def __call__(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of the chat.

        Raises:
            ModelError: `template`, the template refuses these turns.
        """
        taken: list[str] = []

        def take(found: re.Match[str]) -> str:
            taken.append(found[0])
            return f"{_MARK}{len(taken) - 1}{_MARK}"

        turns = [
            {"role": message.role, "content": self._special.sub(take, message.content)}
            for message in messages
        ]
        try:
            text = self._render(turns)
        # A template is code of the model's authors, and may raise what it likes.
        except Exception as error:
            raise ModelError("template", f"the chat template failed: {error}") from error
        ids: list[int] = []
        # Splitting at a group gives text and numbers of taken pieces in turn.
        for index, piece in enumerate(_PLACE.split(text)):
            if index % 2:
                ids += self._encode(taken[int(piece)], False)
            elif piece:
                ids += self._encode(piece, True)
        return ids
