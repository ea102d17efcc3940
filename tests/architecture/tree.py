"""The source tree as its tests see it: modules, what they import and what they call."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = tuple(sorted(path.parent.name for path in (ROOT / "services").glob("*/__init__.py")))


@dataclass(frozen=True, slots=True)
class Module:
    """One source file."""

    path: str
    """From the root of the checkout: "shared/store.py"."""
    text: str
    tree: ast.Module

    def calls(self) -> Iterator[ast.Call]:
        """Yield every call in the module."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield node

    def method_calls(self) -> Iterator[tuple[str, ast.Call]]:
        """Yield every call of a method, with the name of the method."""
        for call in self.calls():
            if isinstance(call.func, ast.Attribute):
                yield call.func.attr, call

    def imported(self) -> dict[str, str]:
        """Return the names that `from … import` brings in, and the module each comes from."""
        return {
            alias.asname or alias.name: node.module or ""
            for node in ast.walk(self.tree)
            if isinstance(node, ast.ImportFrom)
            for alias in node.names
        }


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """Return the modules below these folders; without any, of the product."""
    return tuple(
        read(path)
        for folder in folders or ("shared", "services")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


def read(path: Path) -> Module:
    """Read one module."""
    text = path.read_text(encoding="utf-8")
    return Module(path.relative_to(ROOT).as_posix(), text, ast.parse(text))


def module_of(source: str, path: str = "made/up.py") -> Module:
    """Return a module that is only in the mind of a test, to try a guard on."""
    return Module(path, source, ast.parse(source))
