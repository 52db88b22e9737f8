"""Questions of kitt's own, and what the driver says to them: yes, no, never mind, the other one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kitt.ears.judge import UNCLEAR
from kitt.mind.context import Context, Request
from kitt.mind.replies import Reply, small_talk
from kitt.mind.turn import Turn
from kitt.mind.typed import Reading
from kitt.types import Heard

if TYPE_CHECKING:
    from kitt.mind.assistant import Assistant

SURE = 0.5
"""What the ears are less sure of was perhaps no command at all: nobody is asked which of two it was."""


def decides(heard: Request, before: Context) -> bool:
    """Whether it is said to a question of kitt's, or can be said to one only."""
    if heard.intent in ("TalkYes", "TalkNo", "TalkNeverMind"):
        return True
    return (heard.intent == "TalkUndo" and before.waits) or (
        heard.intent == "FollowOther" and (before.instead is not None or bool(before.choice))
    )


def unclear(heard: Heard) -> tuple[Reading, Reading] | None:
    """The two things that the ears could not tell apart, None where they heard one or none."""
    if not heard.reason.startswith(UNCLEAR) or heard.confidence < SURE:
        return None
    first = heard.n_best[0]
    second = next((c for c in heard.n_best if c.intent != first.intent), None)
    if second is None:
        return None
    one, other = (Reading(c.intent, c.slots, c.text, 0.0, heard.language) for c in (first, second))
    return one, other


def which_of_two(mind: Assistant, first: Reading, second: Reading, words: str, t_ns: int) -> Turn:
    """Two readings are nearly as good: a yes means the first, "the other one" the second."""
    one, other = (Request(r.intent, r.slots) for r in (first, second))
    mind.context = mind.context.asking(one, t_ns, instead=other)
    said = mind.talk.say("talk.which_of_two", first=first.said, second=second.said).text
    return mind.told(Turn(t_ns, words, mind.language, said=said, asked_back=True))


def decided(mind: Assistant, heard: Request, t_ns: int) -> Reply:
    """A yes or a no to what was asked."""
    was = mind.context
    mind.context = was.settled()
    if was.pending and heard.intent == "TalkYes":
        # which of two was meant says nothing yet of whether it shall be done
        return mind.reply(was.pending, t_ns) if was.instead else mind.do(was.pending, t_ns, yes=True)
    if was.instead and heard.intent == "FollowOther":
        return mind.reply(was.instead, t_ns)
    if was.choice and heard.intent == "FollowOther":
        # "the second one" of the names just said, and no other window; a call is asked about in any case
        return mind.do(Request("PhoneCall", {"contact": was.choice[1]}), t_ns, yes=False)
    if was.waits and heard.intent != "TalkYes":
        return Reply(mind.talk.say("confirm.cancelled", mind.nth("cancelled")).text)
    if heard.intent == "TalkNeverMind":
        return small_talk(mind, heard, t_ns)
    return Reply(mind.talk.say("talk.nothing_asked").text)
