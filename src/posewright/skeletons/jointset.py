"""`JointSet`: what the columns of an array of keypoints or joints mean."""

from __future__ import annotations

from dataclasses import dataclass, field

from posewright.errors import UsageError, require


@dataclass(frozen=True)
class JointSet:
    """An ordered set of named points on the body, as some dataset or network defines it."""

    name: str
    joints: tuple[str, ...]
    """Names in column order."""
    edges: tuple[tuple[str, str], ...]
    """Pairs to draw as lines."""
    pairs: tuple[tuple[str, str], ...]
    """(left, right) counterparts; points not named here are on the mid-line."""
    parents: tuple[int, ...] | None = None
    """Index of each joint's parent, -1 for the root; None for surface keypoints that form no tree."""
    source: str = ""
    """Where the definition comes from: a paper or a specification."""
    _index: dict[str, int] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        require(len(set(self.joints)) == len(self.joints), f"{self.name}: a joint name occurs twice")
        known = set(self.joints)
        for group in (self.edges, self.pairs):
            for a, b in group:
                require(a in known and b in known, f"{self.name}: unknown joint in ({a}, {b})")
        if self.parents is not None:
            require(len(self.parents) == len(self.joints), f"{self.name}: {len(self.parents)} parents for {len(self.joints)} joints")
        self._index.update({joint: i for i, joint in enumerate(self.joints)})

    def __len__(self) -> int:
        return len(self.joints)

    def __contains__(self, joint: object) -> bool:
        return joint in self._index

    def __hash__(self) -> int:
        return hash((self.name, self.joints))

    def index(self, joint: str) -> int:
        """Column of `joint`.

        Raises:
            UsageError: the set has no such joint.
        """
        if joint not in self._index:
            raise UsageError(f"{self.name} has no joint '{joint}'. It has: {', '.join(self.joints)}")
        return self._index[joint]

    def indices(self, *joints: str) -> list[int]:
        """Columns of several joints."""
        return [self.index(joint) for joint in joints]

    def mirror(self) -> list[int]:
        """Column order that swaps left and right."""
        order = list(range(len(self)))
        for left, right in self.pairs:
            i, j = self.index(left), self.index(right)
            order[i], order[j] = j, i
        return order
