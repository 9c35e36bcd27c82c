"""Which models score: the champion, and the challenger that is on trial against it.

A challenger scores every payment (shadow) and decides those of a share of cards or customers (canary). The
share is drawn by a keyed hash with a purpose and a salt of its own (`models.cohort_draw`): the same one is in
it, or not, in every attempt and phase, on every machine, independently of the holdout.

Invariants
- A trial is of one challenger against one champion: when either changes, it is over. A new one begins with
  its own number, and nothing measured before counts for it.
- A control that asks for what is so already changes nothing: withdrawing twice, promoting the champion, the
  halt of a trial that is over. So it is safe to send one again.
- What is promoted is what is on trial.
"""

from typing import Final, Literal

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from models.cohort_draw import draw_seed, in_share
from models.messages import (
    ChallengerChange,
    ChallengerHalt,
    ModelChange,
    ModelsChange,
    PromoteChange,
    TrialBounds,
)
from models.rollout.score_stability import BINS

PURPOSE: Final = "canary"
AGED: Final = 10
"""A window is judged with this part of its payments at least: a tenth."""


class Trial(Struct, frozen=True):
    """A challenger's trial; fields without a line of their own as in `models.messages.ChallengerChange`."""

    number: int
    """Counts an engine's trials from 1."""
    sha256: str
    """The challenger's artefact."""
    share: int
    """Share of cards or customers whose payments it decides."""
    by: Literal["card", "customer"]
    """Whether the share is drawn by card or by customer."""
    salt: str
    """Another salt draws others."""
    bounds: TrialBounds
    """The bounds it must keep."""

    def share_of(self, cards: NDArray[np.uint64], customers: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which payments belong to the share, by hashes of their cards and customers (0: a guest, who goes
        by the card).
        """
        if self.share == 0:
            return np.zeros(len(cards), np.bool_)
        keys = cards if self.by == "card" else np.where(customers == 0, cards, customers)
        return in_share(keys, draw_seed(PURPOSE, self.salt), self.share)


class ModelsInEffect(Struct, frozen=True):
    """The artefacts in effect, by SHA-256."""

    champion: str | None = None
    """The model that decides; None before the first."""
    trial: Trial | None = None
    """The trial that is running."""
    trials: int = 0
    """How many trials there have been."""

    def after(self, change: ModelsChange) -> "ModelsInEffect":
        """What is in effect after a change. Raises `ValueError` for one that cannot be.

        >>> a, b = "a" * 64, "b" * 64
        >>> on_trial = ModelsInEffect(a).after(ChallengerChange(b, share=50_000))
        >>> on_trial.after(PromoteChange(b)) == ModelsInEffect(b, None, 1)
        True
        >>> on_trial.after(ChallengerHalt(1, b, "scores", 2, 1)) == ModelsInEffect(a, None, 1)
        True
        """
        match change:
            case ModelChange(sha256=sha256):
                return self if sha256 == self.champion else ModelsInEffect(sha256, None, self.trials)
            case ChallengerChange(sha256=None):
                return ModelsInEffect(self.champion, None, self.trials)
            case ChallengerChange(sha256=str(sha256)):
                return self._with_trial(sha256, change)
            case PromoteChange(sha256=sha256):
                return self._promoted(sha256)
            case ChallengerHalt(trial=number):
                over = self.trial is None or self.trial.number != number
                return self if over else ModelsInEffect(self.champion, None, self.trials)
            case _:
                raise TypeError(f"{type(change).__name__} does not change which models score")

    def _with_trial(self, sha256: str, change: ChallengerChange) -> "ModelsInEffect":
        if self.champion is None:
            raise ValueError("there is no model in effect that it could challenge: publish it as the model")
        reference = change.bounds.reference
        if reference is not None and (len(reference) != BINS or not any(reference)):
            raise ValueError(f"bounds.reference: expected {BINS} counts, one a bin, not all of them 0")
        least = change.bounds.window_payments // AGED
        if reference is not None and sum(reference) < least:
            raise ValueError(
                f"bounds.reference: {sum(reference):,} payments, with a window of "
                f"{change.bounds.window_payments:,} it needs {least:,}, or scores would never be compared"
            )
        number = self.trials + 1
        trial = Trial(number, sha256, change.share, change.by, change.salt, change.bounds)
        return ModelsInEffect(self.champion, trial, number)

    def _promoted(self, sha256: str) -> "ModelsInEffect":
        if self.trial is not None and self.trial.sha256 == sha256:
            return ModelsInEffect(sha256, None, self.trials)
        if self.champion == sha256:
            return self
        on_trial = "no challenger is" if self.trial is None else f"{self.trial.sha256} is"
        raise ValueError(f"{sha256} is not on trial, {on_trial}: what is promoted must have been tried")
