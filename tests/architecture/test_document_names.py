"""mongoengine keeps one registry of documents by class name for the whole process."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_no_two_document_classes_share_a_name() -> None:
    """Two of one name in one process: the second hides the first when a connection is replaced."""
    names = Counter(
        node.name
        for file in ROOT.glob("services/*/documents.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith("Document")
    )

    assert names, "the services have documents"
    assert {name for name, times in names.items() if times > 1} == set()
