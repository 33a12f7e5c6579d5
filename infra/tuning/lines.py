"""The lines of tuning files: a question of our judge and its answer, as Gemini and chat models are tuned.

Gemini: a `GenerateContent` example as Google Cloud documents it for supervised fine-tuning (decision 0024). Chat: the
messages of OpenAI's chat completions with the answer as the assistant's, just as our judge sends them.
"""

import base64
import json
from collections.abc import Callable, Mapping

from workers.language.asking import Picture, Question
from workers.language.openai_chat import data_url, messages

Address = Callable[[Picture], str]
"""Where a picture lies."""
Part = Mapping[str, object]


def gemini(question: Question, answer: str, address: Address | None) -> str:
    """A line for Gemini; with no `address` the pictures are inside."""
    shown = [_part(part, address) for part in question.parts]
    return _line(
        {
            "systemInstruction": {"role": "system", "parts": [{"text": question.system}]},
            "contents": [{"role": "user", "parts": shown}, {"role": "model", "parts": [{"text": answer}]}],
        }
    )


def chat(question: Question, answer: str, address: Address | None) -> str:
    """A line for models that are tuned by chats; with no `address` the pictures are inside."""
    asked = messages(question, address=address or data_url)
    return _line({"messages": [*asked, {"role": "assistant", "content": answer}]})


def _part(part: str | Picture, address: Address | None) -> Part:
    if isinstance(part, str):
        return {"text": part}
    if address is None:
        return {"inlineData": {"mimeType": part.mime, "data": base64.b64encode(part.data).decode()}}
    return {"fileData": {"mimeType": part.mime, "fileUri": address(part)}}


def _line(made: Mapping[str, object]) -> str:
    return json.dumps(made, ensure_ascii=False) + "\n"
