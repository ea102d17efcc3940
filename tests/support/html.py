"""A page's HTML as a small tree, so that tests can ask what stands where."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img", "input"),
        *("link", "meta", "param", "source", "track", "wbr", "path", "rect"),
    )
)


class Node:
    """One element: its name, attributes, children (elements and texts) and parent."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Node | None) -> None:
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children: list[Node | str] = []

    def get(self, name: str, default: str = "") -> str:
        """The value of an attribute."""
        return self.attributes.get(name, default)

    def all(self, *tags: str, **attributes: str) -> list[Node]:
        """Every element below with one of these names and all these attributes (`class_` too)."""
        return [node for node in self.walk() if node.matches(tags, attributes)]

    def one(self, *tags: str, **attributes: str) -> Node:
        """The only such element; anything else is a fault of the page."""
        found = self.all(*tags, **attributes)
        assert len(found) == 1, f"expected one {tags} {attributes}, found {len(found)}"
        return found[0]

    def matches(self, tags: tuple[str, ...], attributes: dict[str, str]) -> bool:
        """Has this element one of the names, and the attributes?"""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        css = wanted.pop("class", None)
        return (
            (not tags or self.tag in tags)
            and all(self.attributes.get(name) == value for name, value in wanted.items())
            and (css is None or css in self.get("class").split())
        )

    def walk(self) -> Iterator[Node]:
        """Every element below this one, in the order of the page."""
        for child in self.children:
            if isinstance(child, Node):
                yield child
                yield from child.walk()

    def within(self, tag: str) -> bool:
        """Does the element stand inside such an element?"""
        return self.parent is not None and (self.parent.tag == tag or self.parent.within(tag))

    @property
    def raw_text(self) -> str:
        """The text as it stands, as a text area keeps it."""
        return "".join(
            child if isinstance(child, str) else child.raw_text for child in self.children
        )

    @property
    def text(self) -> str:
        """The text with its white space collapsed; scripts are no text."""
        parts = (
            child
            if isinstance(child, str)
            else ""
            if child.tag in {"script", "style"}
            else f"{child.text} "
            if child.tag in {"p", "li", "td", "th", "div", "h1", "h2", "h3", "dt", "dd", "option"}
            else child.text_inline
            for child in self.children
        )
        return " ".join("".join(parts).split())

    @property
    def text_inline(self) -> str:
        """The text of an element inside a line: the spaces at its edges count."""
        return "".join(
            child if isinstance(child, str) else child.text_inline for child in self.children
        )


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Node("#document", {}, None)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(node)
        if tag not in VOID:
            self.here = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        node = Node(tag, {name: value or "" for name, value in attrs}, self.here)
        self.here.children.append(node)

    def handle_endtag(self, tag: str) -> None:
        open_node: Node | None = self.here
        while open_node is not None and open_node.tag != tag:
            open_node = open_node.parent
        if open_node is not None and open_node.parent is not None:
            self.here = open_node.parent

    def handle_data(self, data: str) -> None:
        self.here.children.append(data)


def parse(html: str) -> Node:
    """Read a page."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.root
