"""KITT's mind: one turn of the conversation, from what was heard to what is said and done. The whole loop on a page.

    heard -> leans on what was said before? -> question to the eyes | the car | a note | small talk -> said, done, kept

Plain and synchronous, deterministic given its inputs: nothing here asks a clock, every call says when it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from kitt.errors import KittError
from kitt.mind import answers, car_questions, contradictions, notes
from kitt.mind.asking_back import decided, decides, unclear, which_of_two
from kitt.mind.car_replies import came_of, contradicted, undone, work
from kitt.mind.changes import Changes
from kitt.mind.context import Context, Request, meant, resolved
from kitt.mind.notebook import Notebook
from kitt.mind.persona import Persona, carried
from kitt.mind.phone_book import named
from kitt.mind.recipes import Asked, RecipeReply, Recipes
from kitt.mind.replies import Reply, small_talk
from kitt.mind.talk import Misses, Talk
from kitt.mind.turn import Evidence, Turn
from kitt.mind.typed import Reading
from kitt.mind.vehicle.action import Vehicle
from kitt.mind.vehicle.actions import TABLE
from kitt.mind.vehicle.hands import Hands
from kitt.mind.vehicle.simulated import SimulatedCar
from kitt.mind.witness import Witness
from kitt.types import LANGUAGES, Heard, Scene, Signals, Warning

NEAR = 0.12
"""Readings of a typed sentence that lie closer together than this are asked back."""
Read = Callable[[str, str], list[Reading]]
"""(typed, language now spoken) -> what it may mean, nearest first."""


class Assistant:
    """The mind of one drive. Feed `see` with every frame, `hear` or `read` with what is said, `tick` with time."""

    def __init__(
        self,
        *,
        language: str = "en",
        units: str = "metres",
        car: Vehicle | None = None,
        book: Notebook | None = None,
        drive: str = "",
        begun_ns: int | None = None,
        epoch_ns: int | None = None,
        utc_offset_s: int = 0,
        contacts: Sequence[str] = (),
        recipes: Recipes | None = None,
    ) -> None:
        """begun_ns: when the drive begins, on the clock of all times given, None where the first picture is taken for
        it; epoch_ns: the same moment (else that of 0) since the Unix epoch, None where nobody knows; contacts: full
        names in the phone; recipes: what users have added. Raises KittError for an unknown language or unit.
        """
        if language not in LANGUAGES:
            raise KittError(f"unknown language '{language}'; allowed: {', '.join(LANGUAGES)}")
        if units not in answers.UNITS:
            raise KittError(f"unknown units '{units}'; allowed: {', '.join(answers.UNITS)}")
        self.language = self.language_before = language
        self.units = units
        self.contacts = tuple(contacts)
        self.hands = Hands(car or SimulatedCar(), self.contacts)
        self.book = book or Notebook.open(None, drive, epoch_ns or 0)
        self.persona = Persona(drive=drive)
        self.talks = {one: Talk.load(one) for one in ("en", "fr", "es")}
        self.context = Context()
        self.misses = Misses()
        self.asked: dict[str, int] = {}
        """How often each intent of small talk came, so that its replies change."""
        self.volume = 5
        """Of kitt's voice, 1 to 9."""
        self.changes = Changes()
        self.quiet = False
        self.break_ns: int | None = None
        """When to suggest a break."""
        self._begun_ns, self._epoch_ns, self.utc_offset_s = begun_ns or 0, epoch_ns, utc_offset_s
        self.seen = Witness(self.book, begun_ns)
        self.recipes = recipes
        self.promised: dict[int, RecipeReply] = {}
        """What recipes say once the car has done what they ordered, by the action's number."""

    @property
    def talk(self) -> Talk:
        return self.talks[self.language]

    def see(self, scene: Scene, signals: Signals, warnings: Iterable[Warning] = ()) -> None:
        """Take in a frame's scene, the car's signals, and the warnings that were given with it."""
        given = tuple(warnings)
        self.seen.see(scene, signals, given)
        for warning in given:
            self.persona.warned(warning.t_ns)

    def close(self) -> None:
        """The drive is over: what it has shown is written down; notebook and car are let go."""
        self.seen.write()
        self.book.close()
        self.hands.vehicle.close()

    def epoch_at(self, t_ns: int) -> int | None:
        """A time since the Unix epoch, where it is known."""
        return None if self._epoch_ns is None else self._epoch_ns + t_ns - self._begun_ns

    def tick(self, t_ns: int) -> list[Turn]:
        """What came of actions that the car took its time for, the notebook's troubles, a break that is due."""
        turns = [came_of(self, action, t_ns) for action in self.hands.poll(t_ns)]
        while self.book.trouble:
            trouble = self.book.trouble.pop(0)
            turns.append(Turn(t_ns, "", self.language, said=self.talk.say(trouble.key).text, note=trouble.line))
        if self.break_ns is not None and t_ns >= self.break_ns:
            self.break_ns = None
            turns.append(Turn(t_ns, "", self.language, said=self.talk.say("break.due").text))
        return turns

    def hear(self, heard: Heard) -> Turn:
        """Answer what the ears heard; what they rejected was not understood, or is asked back if one of two."""
        t_ns = heard.t_end_ns
        if two := unclear(heard):
            self.language_before, self.language = self.language, heard.language
            return which_of_two(self, *two, heard.text, t_ns)
        if heard.rejected or not heard.intent:
            return self._missed(t_ns, heard.text if not heard.rejected else "")
        self.language_before, self.language = self.language, heard.language
        return self.answer(Request(heard.intent, heard.slots), heard.text, t_ns)

    def read(self, typed: str, t_ns: int, understand: Read) -> Turn:
        """Answer a typed sentence, in the language it is in."""
        picked = named(typed.strip(" .,!?"), self.context.at(t_ns).choice)
        if len(picked) == 1:
            return self.answer(Request("PhoneCall", {"contact": picked[0]}), typed, t_ns)
        readings = understand(typed, self.language)
        if not readings:
            return self._missed(t_ns, typed)
        best = readings[0]
        others = [one for one in readings[1:] if one.said != best.said]
        self.language_before, self.language = self.language, best.language
        if best.cost > 0 and others and others[0].cost - best.cost < NEAR:
            return which_of_two(self, best, others[0], typed, t_ns)
        return self.answer(Request(best.intent, best.slots), typed, t_ns)

    def answer(self, heard: Request, words: str, t_ns: int) -> Turn:
        """One turn. `heard`: intent and slots as they were understood."""
        self.misses.understood()
        self.context = self.context.at(t_ns)
        heard = meant(heard, self.context)
        spoken = self.language
        reply = self.reply(heard, t_ns)
        said = reply.text
        if reply.may_joke and (quip := self._quip(heard, reply, t_ns)):
            said = f"{said} {quip}".strip()
        turn = Turn(
            t_ns,
            words,
            self.language if heard.intent == "TalkLanguage" else spoken,
            heard.intent,
            dict(heard.slots),
            said,
            reply.actions,
            reply.evidence,
            reply.asks,
            urgent=heard.intent == "StopTalking",
            note=self.recipes.take_problems() if self.recipes else "",
        )
        return self.told(turn)

    def reply(self, heard: Request, t_ns: int) -> Reply:
        """What is said and done: a decision, or what was asked with what it leans on put in."""
        if decides(heard, self.context):
            return decided(self, heard, t_ns)
        self.context = self.context.settled()
        if heard.intent == "TalkUndo":
            return undone(self, t_ns)
        wanted = resolved(heard, self.context)
        if wanted is None:
            key = "talk.other_than_what" if heard.intent == "FollowOther" else "talk.nothing_before"
            return Reply(self.talk.say(key).text)
        if wanted.undo_first:
            self.hands.undo(t_ns, speed_mps=self.seen.signals.speed_mps, yes=True)
        return self.do(Request(wanted.intent, wanted.slots), t_ns, yes=False)

    def do(self, wanted: Request, t_ns: int, *, yes: bool) -> Reply:
        """A request that leans on nothing. yes: the driver has confirmed it."""
        if wanted.intent in answers.INTENTS:
            return self._looked(wanted, t_ns)
        if wanted.intent in TABLE:
            return work(self, wanted, t_ns, yes=yes)
        if wanted.intent == contradictions.INTENT:
            slots = dict(wanted.slots)
            return contradicted(self, Request(str(slots.pop("of")), slots), t_ns)
        if self.recipes and wanted.intent in self.recipes.intents(self.language):
            return self._cooked(self.recipes, wanted, t_ns)
        if wanted.intent in car_questions.INTENTS:
            return car_questions.answer(wanted.intent, wanted.slots, self.hands.vehicle, self.talk, t_ns)
        question = None if yes else notes.confirmation(wanted.intent, wanted.slots, self.talk)
        if question is not None:
            self.context = self.context.asking(wanted, t_ns)
            return Reply(question.text, asks=True)
        noted = notes.reply(wanted.intent, wanted.slots, t_ns, self.book, self.talk, self.seen.frame)
        if noted is not None:
            if wanted.intent == "DriveForget":
                self.seen.sightings.forget()
            if noted.key in notes.CHANGED:
                self.changes.noted(self.hands.latest)
            evidence = Evidence(self.seen.frame, values=dict(noted.values))
            return Reply(noted.text, evidence=evidence, may_joke=noted.key not in notes.FAILED)
        return small_talk(self, wanted, t_ns)

    def _looked(self, wanted: Request, t_ns: int) -> Reply:
        view = self.seen.view(t_ns)
        found = answers.answer(wanted.intent, dict(wanted.slots), view, self.language, self.units)
        self.context = self.context.answered(wanted, found.about, t_ns)
        evidence = Evidence(found.frame_index, found.track_ids, found.values)
        return Reply(found.text, evidence=evidence, may_joke=view.present is not None and found.topic != "behind")

    def _cooked(self, recipes: Recipes, wanted: Request, t_ns: int) -> Reply:
        """A recipe's answer; what it orders is done as if the driver had said it."""
        asked = Asked(wanted.intent, wanted.slots, self.language, self.seen.view(t_ns), self.book)
        made = recipes.answer(asked, self.nth(wanted.intent))
        assert made
        if made.order:
            return work(self, Request(made.order.intent, made.order.slots, then=made), t_ns, yes=False)
        about = made.track_ids[0] if len(made.track_ids) == 1 else answers.NO_TRACK
        self.context = self.context.answered(wanted, about, t_ns)
        return Reply(made.text, evidence=Evidence(made.frame_index, made.track_ids, made.values))

    def _missed(self, t_ns: int, words: str) -> Turn:
        said = self.misses.missed(self.talk)
        return Turn(t_ns, words, self.language, said=said.text if said else "")

    def _quip(self, heard: Request, reply: Reply, t_ns: int) -> str | None:
        if self.quiet:
            return None
        values = carried(heard.slots, reply.evidence.values, reply.evidence.track_ids)
        return self.persona.quip(heard.intent, t_ns, self.seen.calm, values, self.language)

    @property
    def road_calm(self) -> bool:
        """Whether nothing comes near soon."""
        return self.seen.calm

    def nth(self, what: str) -> int:
        """How often that came before, so that what is said to it changes."""
        self.asked[what] = self.asked.get(what, 0) + 1
        return self.asked[what] - 1

    def told(self, turn: Turn) -> Turn:
        """The turn, once it is kept what was said."""
        if turn.said and turn.intent != "TalkRepeat":
            self.context = replace(self.context, said=turn.said)
        return turn
