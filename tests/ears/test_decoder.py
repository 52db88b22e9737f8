"""The decoder against the definition: every path of a small graph, every alignment, one by one."""

import itertools
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kitt.ears.decoder import FILLER, Decoder, free_phones
from kitt.ears.g2p.phones import PHONES
from kitt.ears.grammar.graph import PhoneGraph

A, B, C, D = 1, 2, 3, 4


def graph_of(sentences: list[tuple[int, ...]], intents: list[int]) -> PhoneGraph:
    """Each sentence a chain of its own; each phone is a word."""
    phone, arcs, words, finals, final_intents = [], [], [], [], []
    for sentence, intent in zip(sentences, intents, strict=True):
        before = -1
        for p in sentence:
            arcs.append((len(phone), before))
            before = len(phone)
            words.append(p)
            phone.append(p)
        finals.append(before)
        final_intents.append(intent)
    arcs.sort()
    return PhoneGraph(
        phone=np.array(phone),
        arc_from=np.array([a for _, a in arcs]),
        arc_to=np.array([b for b, _ in arcs]),
        state_word=np.array(words),
        final_state=np.array(finals),
        final_intent=np.array(final_intents),
        words=tuple(f"w{i}" for i in range(len(PHONES))),
        intents=tuple(f"intent{i}" for i in range(max(intents) + 1)),
    )


def alignments(sentence: tuple[int, ...], frames: int) -> list[list[int]]:
    """Every symbol sequence of that many frames that CTC collapses to the sentence."""
    symbols = {0, *sentence}
    out = []
    for sequence in itertools.product(sorted(symbols), repeat=frames):
        collapsed = [s for s, _ in itertools.groupby(sequence) if s]
        if tuple(collapsed) == sentence:
            out.append(list(sequence))
    return out


def by_definition(sentence: tuple[int, ...], relative: np.ndarray, filler: float) -> float:
    """Best score of the sentence somewhere in the utterance, the filler before and after it."""
    best = -np.inf
    outside = np.maximum(relative[:, 0], filler)
    for begin in range(len(relative)):
        for end in range(begin + 1, len(relative) + 1):
            inside = relative[begin:end]
            for a in alignments(sentence, end - begin):
                score = float(outside[:begin].sum() + inside[np.arange(len(a)), a].sum() + outside[end:].sum())
                best = max(best, score)
    return best


def posteriors_of(symbols: list[int], sure: float = 0.9) -> np.ndarray:
    """Log posteriors that favour these symbols, one a frame."""
    p = np.full((len(symbols), len(PHONES)), (1 - sure) / (len(PHONES) - 1), np.float32)
    p[np.arange(len(symbols)), symbols] = sure
    return np.log(p)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3).map(tuple), min_size=1, max_size=4, unique=True
    ),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
)
def test_finds_the_best_alignment_of_every_intent(sentences: list[tuple[int, ...]], frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    log_posteriors = np.log(rng.dirichlet(np.full(len(PHONES), 0.3), frames) + 1e-6).astype(np.float32)
    graph = graph_of(sentences, list(range(len(sentences))))
    relative = log_posteriors - log_posteriors.max(1, keepdims=True)
    expected = {f"intent{i}": by_definition(s, relative, -2.5) for i, s in enumerate(sentences)}

    found = Decoder(graph).decode(log_posteriors, n_best=10, filler=-2.5)

    possible = {k: v for k, v in expected.items() if v > -np.inf}
    assert {p.intent for p in found} == set(possible)
    for path in found:
        assert path.score == pytest.approx(possible[path.intent], abs=1e-3)
    assert [p.score for p in found] == sorted((p.score for p in found), reverse=True)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_finds_the_best_way_where_many_ways_meet(wide: int, narrow: int, frames: int, seed: int) -> None:
    # every state of a layer goes on to every state of the next: more arcs into a state than are searched by rank
    rng = np.random.default_rng(seed)
    layers = [[int(p) for p in rng.integers(A, D + 1, n)] for n in (wide, narrow, 1)]
    first = np.cumsum([0, wide, narrow])
    arcs = [(to, -1) for to in range(wide)]
    for k in (1, 2):
        arcs += [(first[k] + to, first[k - 1] + at) for to in range(len(layers[k])) for at in range(len(layers[k - 1]))]
    phone = np.array([p for layer in layers for p in layer])
    graph = replace(
        graph_of([(A,)], [0]),
        phone=phone,
        arc_from=np.array([a for _, a in sorted(arcs)]),
        arc_to=np.array([b for b, _ in sorted(arcs)]),
        state_word=phone,
        final_state=np.array([len(phone) - 1]),
        final_intent=np.array([0]),
    )
    log_posteriors = np.log(rng.dirichlet(np.full(len(PHONES), 0.3), frames) + 1e-6).astype(np.float32)
    relative = log_posteriors - log_posteriors.max(1, keepdims=True)
    expected = {s: by_definition(s, relative, -2.5) for s in set(itertools.product(*layers))}

    found = Decoder(graph).decode(log_posteriors, filler=-2.5)

    best = max(expected.values())
    assert bool(found) == (best > -np.inf)
    for path in found:
        assert path.score == pytest.approx(best, abs=1e-3)
        said = tuple(int(w.text[1:]) for w in path.words)
        assert expected[said] == pytest.approx(best, abs=1e-3)


def test_a_search_keeps_less_than_a_byte_a_state_and_frame() -> None:
    sentences = [tuple(int(p) for p in row) for row in np.random.default_rng(0).integers(1, len(PHONES), (500, 10))]
    decoder = Decoder(graph_of(sentences, [0] * len(sentences)))
    frames = np.zeros((400, len(PHONES)), np.float32)
    tracemalloc.start()
    decoder.decode(frames)
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < 0.5 * len(frames) * len(decoder.graph.phone)


def test_words_come_with_their_frames() -> None:
    graph = graph_of([(A, B), (C, D)], [0, 1])
    path = Decoder(graph).decode(posteriors_of([0, 0, A, A, 0, B, 0, 0]))[0]
    assert path.intent == "intent0"
    assert path.text == f"w{A} w{B}"
    assert [(w.first_frame, w.last_frame) for w in path.words] == [(2, 3), (5, 5)]
    assert path.score == pytest.approx(0.0, abs=1e-5)
    assert path.phones == 2


def test_a_doubled_phone_needs_a_blank_between() -> None:
    decoder = Decoder(graph_of([(A, A)], [0]))
    assert decoder.decode(posteriors_of([A, 0, A]))[0].score == pytest.approx(0.0, abs=1e-5)
    assert decoder.decode(posteriors_of([A, A, A]))[0].score < -3


def test_the_second_best_intent_is_exact_where_endings_look_alike() -> None:
    graph = graph_of([(A, B), (A, C)], [0, 1])
    first, second = Decoder(graph).decode(posteriors_of([A, B]))
    assert (first.intent, second.intent) == ("intent0", "intent1")
    assert first.score - second.score == pytest.approx(np.log(0.9 / (0.1 / (len(PHONES) - 1))), abs=1e-3)


def test_speech_around_the_sentence_costs_the_filler() -> None:
    decoder = Decoder(graph_of([(A, B)], [0]))
    path = decoder.decode(posteriors_of([C, D, A, B, C]), filler=-2.0)[0]
    assert path.score == pytest.approx(-6.0, abs=1e-5)
    assert decoder.decode(posteriors_of([C, D, A, B, C]), filler=0.0)[0].score == pytest.approx(0.0, abs=1e-5)


def test_knows_when_a_sentence_may_end() -> None:
    search = Decoder(graph_of([(A, B), (A, B, C)], [0, 1])).start()
    may_end = []
    for frame in posteriors_of([0, A, B, 0, C, 0]):
        search.step(frame)
        may_end.append(search.may_end(1.0))
    assert may_end == [False, False, True, True, True, True]


def test_phones_beside_the_sentence_are_counted_before_within_and_after_it() -> None:
    decoder = Decoder(graph_of([(A, B)], [0]))

    def beside(symbols: list[int]) -> float:
        return decoder.decode(posteriors_of(symbols, sure=0.9999))[0].beside

    assert beside([0, A, A, 0, B, 0]) == 0
    assert beside([C, C, 0, A, B]) == pytest.approx(1.0)
    assert beside([A, B, 0, C, D, 0]) == pytest.approx(2.0)
    assert beside([A, C, D, B]) == pytest.approx(2.0)
    assert beside([C, A, D, B, 0, C]) == pytest.approx(3.0)
    assert beside([A, C]) == 0, "a phone taken for another one is weighed by the score of its word"


def test_a_phone_beside_counts_as_far_as_the_network_was_sure() -> None:
    decoder = Decoder(graph_of([(A, B)], [0]))
    posteriors = posteriors_of([C, A, B])
    posteriors[0, [0, C]] = np.log([0.4, 0.6])
    assert decoder.decode(posteriors)[0].beside == pytest.approx(np.log(0.6 / 0.4) / -FILLER, abs=1e-5)


def test_nothing_heard_is_no_path() -> None:
    assert Decoder(graph_of([(A,)], [0])).decode(np.zeros((0, len(PHONES)), np.float32)) == []


def test_free_phones_are_collapsed() -> None:
    assert free_phones(posteriors_of([0, A, A, 0, A, B])).tolist() == [A, A, B]
