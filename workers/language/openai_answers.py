"""Reading what OpenAI and its likes answer; nothing is taken for granted, since the library checks no types."""

from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion
from openai.types.chat.chat_completion import Choice

from workers.language.asking import Blocked, Fruitless, Reply, Token
from workers.language.prices import Counts, Prices
from workers.language.troubles import LONGEST_SAID


def reply(model: str, answer: ChatCompletion, prices: Prices) -> Reply:
    """What the model said; raises `Blocked` and `Fruitless`."""
    usage = prices.usage(model, counts(answer.usage))
    choices: object = answer.choices
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, Choice) or choice.message is None:
        told = getattr(answer, "error", None) or getattr(answer, "message", None) or "no choices"
        raise Fruitless(f"{model} answered with nothing: {_line(told)}", usage)
    finish = choice.finish_reason
    if refusal := choice.message.refusal:
        raise Blocked(f"{model} would not answer: {_line(refusal)}", usage)
    if finish == "content_filter":
        raise Blocked(f"{model} would not answer: content filter", usage)
    text: object = choice.message.content
    cut = finish == "length"
    if not isinstance(text, str) or not (text or cut):
        if text is None and cut:
            text = ""
        else:
            raise Fruitless(f"{model} answered with nothing: {_line(finish or 'no reason given')}", usage)
    return Reply(text, usage, cut=cut, tokens=tokens(choice), model=str(answer.model or model))


def counts(usage: CompletionUsage | None) -> Counts:
    """The tokens used."""
    if not isinstance(usage, CompletionUsage):
        return Counts()
    cached = getattr(usage.prompt_tokens_details, "cached_tokens", None)
    return Counts(_whole(usage.prompt_tokens), _whole(usage.completion_tokens), _whole(cached))


def tokens(choice: Choice) -> list[Token]:
    """The tokens of the answer with what else could have stood there."""
    content = choice.logprobs.content if choice.logprobs else None
    found = []
    for step in content or []:
        odds = {one.token: one.logprob for one in step.top_logprobs or []}
        found.append(Token(step.token, {**odds, step.token: step.logprob}))
    return found


def _whole(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0


def _line(told: object) -> str:
    return " ".join(str(told).split())[:LONGEST_SAID]
