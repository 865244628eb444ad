"""What a run has found so far, in a file, so that another can go on from there."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Use:
    """One run of a scenario with all rights.

    Attributes:
        seconds: How long it took.
        grants: Keys of the grants that it needed.
    """

    seconds: float
    grants: list[str]


@dataclass
class Results:
    """What is known of scenarios and removals.

    Attributes:
        uses: Name of a scenario -> its use of grants.
        caught: Key of a grant -> what failed without it; nothing where all went on.
    """

    path: Path
    uses: dict[str, Use] = field(default_factory=dict)
    caught: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, path: Path, *, resume: bool) -> Results:
        """Return what a file says; nothing where a run begins anew."""
        if not (resume and path.exists()):
            return cls(path)
        known = json.loads(path.read_text())
        uses = {name: Use(**use) for name, use in known["uses"].items()}
        return cls(path, uses, known["caught"])

    def users(self, key: str) -> list[str]:
        """Name the scenarios that need a grant, the quickest first.

        What most scenarios need happens all the time, as the reading of a queue does: first come
        those that also need most of the other grants of its role.
        """
        users = [name for name, use in self.uses.items() if key in use.grants]
        role = key.rsplit(" ", 2)[0]
        always = 2 * len(users) > len(self.uses)

        def place(name: str) -> tuple[int, float]:
            of_role = sum(grant.startswith(f"{role} ") for grant in self.uses[name].grants)
            return (-of_role if always else 0, self.uses[name].seconds)

        return sorted(users, key=place)

    def users_of_role(self, key: str) -> list[str]:
        """Name the scenarios that need any grant of a grant's role, the quickest first."""
        role = f"{key.rsplit(' ', 2)[0]} "
        users = [
            name
            for name, use in self.uses.items()
            if any(grant.startswith(role) for grant in use.grants)
        ]
        return sorted(users, key=lambda name: self.uses[name].seconds)

    def note_use(self, scenario: str, seconds: float, keys: Iterable[str]) -> None:
        """Keep which grants a scenario needed."""
        self.uses[scenario] = Use(round(seconds, 1), sorted(keys))
        self._write()

    def note_removal(self, key: str, failure: str) -> None:
        """Keep what failed without a grant."""
        self.caught[key] = failure
        self._write()

    def _write(self) -> None:
        uses = {name: asdict(use) for name, use in self.uses.items()}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps({"uses": uses, "caught": self.caught}, indent=1))
