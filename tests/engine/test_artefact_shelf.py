"""Which artefacts a control may name: those that came whole before it, whoever else writes the topic."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.messages import ArtefactPart, artefact_parts
from streams.engine.decision import artefact_shelf
from streams.engine.decision.artefact_shelf import ArtefactShelf, InvalidPartError


def name(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def parts(content: bytes, size: int = 4) -> list[ArtefactPart]:
    """A file in small parts."""
    cuts = [*range(0, len(content), size), len(content)]
    return [ArtefactPart(name(content), len(content), a, content[a:b]) for a, b in pairwise(cuts)]


def shelf_of(*given: ArtefactPart) -> ArtefactShelf:
    shelf = ArtefactShelf()
    for part in given:
        shelf.add(part)
    return shelf


def test_a_file_is_there_once_its_last_part_came() -> None:
    *first, last = parts(b"a model of trees")
    shelf = shelf_of(*first)
    assert last.sha256 not in shelf
    shelf.add(last)
    assert last.sha256 in shelf
    assert shelf.content(last.sha256) == b"a model of trees"


def test_real_parts_make_the_file_again() -> None:
    content = bytes(range(256)) * 6_000
    assert name(content) in shelf_of(*artefact_parts(name(content), content))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda part: ArtefactPart(part.sha256, part.size, part.start + 4, part.data),
        lambda part: ArtefactPart(part.sha256, part.size + 1, part.start, part.data),
        lambda part: ArtefactPart(part.sha256, part.size, part.start, part.data * 9),
        lambda part: ArtefactPart("0" * 64, part.size, part.start, part.data),
    ],
)
def test_a_part_that_does_not_fit_is_refused_and_the_right_one_still_taken(wrong) -> None:  # type: ignore[no-untyped-def]
    first, second, third, last = parts(b"a model of trees")
    shelf = shelf_of(first)
    with pytest.raises(InvalidPartError):
        shelf.add(wrong(second))
    for part in (second, third, last):
        shelf.add(part)
    assert first.sha256 in shelf


def test_parts_of_another_file_under_this_name_are_refused_and_it_can_be_sent_again() -> None:
    right, forged = parts(b"a model of trees"), parts(b"a model of weeds")
    renamed = [ArtefactPart(right[0].sha256, part.size, part.start, part.data) for part in forged]
    shelf = shelf_of(*renamed[:-1])
    with pytest.raises(InvalidPartError, match="its parts give"):
        shelf.add(renamed[-1])
    for part in right:
        shelf.add(part)
    assert right[0].sha256 in shelf


def test_two_publishers_at_once_do_no_harm() -> None:
    (a0, a1, a2, a3), (b0, b1, b2, b3) = parts(b"a model of trees"), parts(b"a model of trees")
    assert a0.sha256 in shelf_of(a0, b0, a1, b1, a2, b2, a3, b3)


def test_garbage_cannot_fill_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefact_shelf, "HELD_BYTES_MAX", 1_000)
    monkeypatch.setattr(artefact_shelf, "COMPLETE_MAX", 50)
    shelf = ArtefactShelf()
    for number in range(500):
        shelf.add(ArtefactPart(f"{number:064x}", 900, 0, bytes(400)))
        shelf.add(ArtefactPart(f"{number:064x}", 900, 400, bytes(400)))
        whole = b"%d" % number
        shelf.add(ArtefactPart(name(whole), len(whole), 0, whole))
        held = shelf.contents()
        assert len(held) <= artefact_shelf.INCOMPLETE_MAX
        assert sum(map(len, held.values())) <= 1_000
    document = shelf.document()
    assert document
    assert len(document.complete) == 50
    assert sum(map(len, shelf._recent.values())) <= 1_000


def test_what_a_control_has_named_gives_way_to_no_garbage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefact_shelf, "COMPLETE_MAX", 8)
    monkeypatch.setattr(artefact_shelf, "NAMED_MAX", 3)
    models = [b"model %d" % number for number in range(5)]
    shelf = ArtefactShelf()
    for model in models:
        shelf.add(ArtefactPart(name(model), len(model), 0, model))
        shelf.keep(name(model))
    for number in range(50):
        shelf = ArtefactShelf.restored(shelf.document(), shelf.contents())
        whole = b"%d" % number
        shelf.add(ArtefactPart(name(whole), len(whole), 0, whole))
        assert (shelf.given_way == 1) == (number >= 8)
    assert [name(model) in shelf for model in models] == [False, False, True, True, True]
    assert name(b"49") in shelf
    assert name(b"41") not in shelf
    document = shelf.document()
    assert document
    assert (len(document.complete), document.named) == (11, 3)


def test_what_gave_way_is_refused_with_advice() -> None:
    first, *_, last = parts(b"a model of trees")
    others = [ArtefactPart(f"{n:064x}", 9, 0, b"x") for n in range(artefact_shelf.INCOMPLETE_MAX)]
    shelf = shelf_of(first, *others)
    with pytest.raises(InvalidPartError, match="again from its start"):
        shelf.add(last)


@given(st.lists(st.sampled_from([*parts(b"one"), *parts(b"two files"), *parts(b"three of them")])), st.data())
def test_snapshots_do_not_show(given: list[ArtefactPart], data: st.DataObject) -> None:
    whole, cut = ArtefactShelf(), ArtefactShelf()
    stop = data.draw(st.integers(0, len(given)))
    for number, part in enumerate(given):
        if number == stop:
            cut = ArtefactShelf.restored(cut.document(), cut.contents())
        for shelf in (whole, cut):
            try:
                shelf.add(part)
            except InvalidPartError:
                continue
    assert whole.document() == cut.document()
    assert whole.contents() == cut.contents()
