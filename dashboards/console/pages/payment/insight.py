"""What only the log knows of a payment: its vector, and what another input would have changed.

Invariants
- At most `AT_ONCE_MAX` questions are worked on and `WAITING_MAX` wait; the next is refused in words.
- Who asks waits `ANSWER_MAX_S` at most. What takes longer ends by the time limits of Kafka's client, and
  its place is taken until then.
"""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, Any, Final, TypeVar

from dashboards.console.pages.payment.features_in_words import FeatureWords, in_words
from dashboards.console.pages.payment.story import ms
from streams.errors import Outage, TollgateError

if TYPE_CHECKING:
    from models.messages import Verdict
    from models.policy import Counterfactual
    from streams.inspect import PaymentCase, RescoredVerdict
    from streams.settings import Settings

AT_ONCE_MAX: Final = 2
WAITING_MAX: Final = 6
ANSWER_MAX_S: Final = 20.0
Answer = TypeVar("Answer")


class NotKnown(Outage):
    """The log cannot tell, now or any more; the message says why."""


class PaymentInsight:
    """Answers from the log of one engine. `settings`: None where the log cannot be reached from here."""

    def __init__(self, settings: "Settings | None", engine: str, answer_max_s: float = ANSWER_MAX_S) -> None:
        self._settings, self._engine, self._answer_max_s = settings, engine, answer_max_s
        self._pool = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="payment-insight")
        self._places = threading.BoundedSemaphore(AT_ONCE_MAX + WAITING_MAX)

    def features(self, decision: Mapping[str, Any]) -> list[FeatureWords]:
        """The vector that the payment was decided by, in words. Raises NotKnown."""
        return self._bounded(lambda: self._features(decision))

    def why_not(self, decision: Mapping[str, Any], wanted: "Verdict | None") -> "Counterfactual":
        """The smallest change that changes the verdict. Raises NotKnown."""
        return self._bounded(lambda: self._why_not(decision, wanted))

    def what_if(self, decision: Mapping[str, Any], changes: Mapping[str, float]) -> "RescoredVerdict":
        """The payment scored and judged again with these inputs changed. Raises NotKnown."""
        return self._bounded(lambda: self._what_if(decision, changes))

    def names(self) -> tuple[str, ...]:
        """Inputs that can be changed: features of the catalogue in use, in its order."""
        return tuple(self._catalogue().names) if self._settings is not None else ()

    def close(self) -> None:
        """Takes no more questions."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _bounded(self, work: Callable[[], Answer]) -> Answer:
        if self._settings is None:
            raise NotKnown("The log cannot be reached from this console, so this cannot be computed here")
        if not self._places.acquire(blocking=False):
            raise NotKnown("Others are computing already, and more wait: try again in a moment")
        future = self._pool.submit(work)
        future.add_done_callback(lambda _: self._places.release())
        try:
            return future.result(self._answer_max_s)
        except FutureTimeout:
            future.cancel()
            raise NotKnown(
                f"This takes longer than {self._answer_max_s:g} s: the log may be slow, try again later"
            ) from None
        except TollgateError as failure:
            raise NotKnown(str(failure)) from failure

    def _features(self, decision: Mapping[str, Any]) -> list[FeatureWords]:
        case = self._case(decision)
        if case.vector is None:
            raise NotKnown(
                "The vector is no longer on the log, or was made with another catalogue of features than the "
                "one in use: what the warehouse knows is in the habit above"
            )
        return in_words(self._catalogue(), case.vector.tolist())

    def _why_not(self, decision: Mapping[str, Any], wanted: "Verdict | None") -> "Counterfactual":
        from streams.inspect import SuppliedInputs, counterfactual, in_effect_at

        case = self._case(decision)
        context = in_effect_at(self._known, self._engine, self._catalogue(), ms(decision["received_at"]))
        return counterfactual(context, case, SuppliedInputs(), wanted)

    def _what_if(self, decision: Mapping[str, Any], changes: Mapping[str, float]) -> "RescoredVerdict":
        from streams.inspect import context_at, rescored

        case = self._case(decision)
        context = context_at(
            self._known, self._engine, self._catalogue(), ms(decision["received_at"]), lambda _: True
        )
        return rescored(context, case, changes)

    def _case(self, decision: Mapping[str, Any]) -> "PaymentCase":
        from streams.inspect import payment_decided_at, with_usable_vector

        case = payment_decided_at(
            self._known.kafka(), self._engine, str(decision["merchant_account"]), str(decision["payment_id"]),
            int(decision["sequence"]), ms(decision["decided_at"]),
        )  # fmt: skip
        return with_usable_vector(case, self._catalogue())

    def _catalogue(self) -> Any:
        from streams.control_plane import in_use

        return in_use(self._known)

    @property
    def _known(self) -> "Settings":
        assert self._settings is not None
        return self._settings
