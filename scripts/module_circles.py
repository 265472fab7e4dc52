#!/usr/bin/env python3
"""Fails where the top modules of a crate import each other in a circle.

A top module is a file or folder directly below a crate's src. Reads `crate::MODULE` in code outside of tests.
Usage: scripts/module_circles.py SRC...
"""

import re
import sys
from pathlib import Path

CRATE_PATH = re.compile(r"\bcrate::(\{|\w+)")
COMMENT = re.compile(r"//[^\n]*")
ROOTS = {"lib.rs", "main.rs"}


def top_level_names(group: str) -> set[str]:
    """The first names of a brace list: `a::b, c::{d, e}` has a and c."""
    names, depth, current = set(), 0, ""
    for character in group + ",":
        if character == "," and depth == 0:
            names.add(current.strip().split("::")[0].split(" ")[0])
            current = ""
            continue
        depth += {"{": 1, "}": -1}.get(character, 0)
        current += character
    return names


def balanced(text: str, start: int) -> str:
    """What stands between the brace at `start` and the one that closes it."""
    depth = 0
    for index in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[start + 1 : index]
    return text[start + 1 :]


def imports(path: Path) -> set[str]:
    """The top modules that a file names."""
    code = COMMENT.sub("", path.read_text().split("#[cfg(test)]\nmod ")[0])
    names = set()
    for found in CRATE_PATH.finditer(code):
        if found.group(1) == "{":
            names |= top_level_names(balanced(code, found.end() - 1))
        else:
            names.add(found.group(1))
    return names


def graph(source: Path) -> dict[str, set[str]]:
    """Which top module imports which others."""
    modules: dict[str, set[str]] = {}
    for path in sorted(source.rglob("*.rs")):
        first = path.relative_to(source).parts[0]
        if first in ROOTS or path.name == "tests.rs":
            continue
        modules.setdefault(first.removesuffix(".rs"), set()).update(imports(path))
    return {module: {name for name in used if name in modules and name != module} for module, used in modules.items()}


def circles(edges: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = low[module] = len(index)
        stack.append(module)
        for other in sorted(edges[module]):
            if other not in index:
                visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], index[other])
        if low[module] == index[module]:
            component = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            if len(component) > 1:
                found.append(sorted(component))

    for module in sorted(edges):
        if module not in index:
            visit(module)
    return found


def main() -> int:
    """Prints each circle with the imports that form it."""
    failed = False
    for source in map(Path, sys.argv[1:]):
        edges = graph(source)
        for circle in circles(edges):
            failed = True
            print(f"{source}: these modules import each other in a circle: {', '.join(circle)}")
            for module in circle:
                print(f"  {module} -> {', '.join(sorted(edges[module] & set(circle)))}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
