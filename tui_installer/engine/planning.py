"""The engine plans: what would bring a step into place, take it back, leave the cluster, or mend what failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tui_installer.engine.looking import Looking
from tui_installer.engine.protection import protected
from tui_installer.engine.shutting_down import shutdown
from tui_installer.model.step import Plan, Problem


class Planning(Looking):
    """What it looks at, it plans for; nothing is changed, and no plan harms what lives on the host."""

    def plan(self, step_id: str) -> Plan:
        """What the step would do now. May raise `StateError`."""
        self._looks.begin(steps=(step_id,))
        return self._seen(step_id).plan

    def stands(self, step_id: str) -> bool:
        """Whether later steps may build on that one, as it was looked at last."""
        return step_id in self._settled

    def waits(self, step_id: str) -> Problem | None:
        """That an earlier step is not in place now, as a problem; None: they all are."""
        earlier = self._unsettled(step_id)
        self._looks.begin(steps=earlier)
        return self._waits(step_id, earlier)

    def _unsettled(self, step_id: str) -> list[str]:
        """The earlier steps that were not seen to stand."""
        before = self.stack.steps[: self.stack.steps.index(self.stack.step(step_id))]
        return [earlier.id for earlier in before if earlier.id not in self._settled]

    def _waits(self, step_id: str, earlier: Sequence[str]) -> Problem | None:
        for each in earlier:
            if (look := self._seen(each)).stands:
                continue
            title, built = self.stack.step(each).title, self.stack.step(step_id).title
            found = "of which it cannot be told whether it is in place" if look.unknown else "which is not in place"
            text = f"{built} is built on {title}, {found}."
            hint = f"First: {title} (tui-installer apply {each})."
            return Problem(f"{step_id}.waits", text, (look.unknown,) if look.unknown else (), hint)
        return None

    def plan_undo(self, step_id: str, rest: Sequence[str] = ()) -> Plan:
        """What would take the step back: what it leaves by itself, then the inverses of what stands, newest first.

        It is refused while a later step stands: that one is built on this one; and if one of `rest`, which are to be
        taken back after it, is refused as leaving the cluster.
        """
        self._looks.begin(steps=(step_id,))
        return self._protected(self._taking_back.undo(step_id, rest))

    def foresee_undo(self, steps: Sequence[str]) -> tuple[Plan, ...]:
        """What would take these steps back, one after the other: the first as `plan_undo` has it, each of the others as
        far as it can be told before its turn. What lives on this host is judged then: those before it may end it."""
        self._looks.begin(steps=steps)
        first, *rest = steps
        later = [self._taking_back.foreseen(each) for each in rest]
        return (self._protected(self._taking_back.undo(first, rest)), *later)

    def plan_revert(self, step_id: str) -> Plan:
        """What would take back what stands of the newest attempt at a step, and nothing that is older."""
        self._looks.begin(steps=(step_id,))
        return self._protected(self._taking_back.newest(step_id))

    def confirm_leaving(self, cluster: str) -> None:
        """Keep the cluster's name as it was typed, for the next attempt alone. Raises `AnswersError`."""
        if membership := next((step.id for step in self.stack.steps if step.leaves), ""):
            self.keep(membership, replace(self.given(membership), confirm=cluster))

    def plan_leave(self, _: str = "") -> Plan:
        """What would take this host out of the cluster, whose name was typed: see `confirm_leaving`. Raises
        `NoSuchStep`."""
        self._looks.begin()
        return self._protected(self._taking_back.leave())

    def confirm_shutdown(self, host: str) -> None:
        """Keep this host's name as it was typed, for the next attempt alone. Raises `AnswersError`."""
        last = self.stack.steps[-1].id
        if hasattr(given := self.given(last), "shut_down"):
            self.keep(last, replace(given, shut_down=host))

    def plan_shutdown(self, _: str = "") -> Plan:
        """What would shut this host down in order; its name was typed: see `confirm_shutdown`. Raises `NoSuchStep`."""
        self._looks.begin()
        return self._protected(shutdown(self.stack, self._seen, lambda: self.known))

    def plan_mend(self, step_id: str) -> Plan:
        """The remedy of what the newest attempt at a step failed with; no changes: none is known that is safe.

        Once it is done the step is planned again: that is to mend and go on.
        """
        self._looks.begin()
        remedies = [problem.remedy for problem in self.failure(step_id) if problem.remedy]
        return self._protected(Plan(step_id, remedies[0].runs if remedies else (), action="mend"))

    def _protected(self, plan: Plan) -> Plan:
        """The plan; without any change if it would harm what lives on this host."""
        return protected(plan, self.stack.alive, self._looks.context.here)
