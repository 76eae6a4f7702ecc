"""Takes the solution out of a script: what stays is its docstring, some names, and what is to be written."""

import ast
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path

OURS = "common"  # a student's repository stands alone
WIDTH = 100  # of a comment
FOLDER = "LAB = Path(__file__).resolve().parent  # read and write below it, from wherever this is run"
FRAME = """\
def main() -> None:
{todo}
    raise NotImplementedError("main")


if __name__ == "__main__":
    try:
        main()
    except NotImplementedError as missing:
        sys.exit(f"{path}: {{missing}}() is not written yet, see the TODO in it")
"""


def hand_out(script: Path, path: str, keep: Sequence[str], steps: Sequence[str], paragraphs: int) -> str:
    """Return `script` as it stands at `path` of a student's repository; KeyError for an unknown name.

    Of its constants and functions those in `keep` stay. `steps` of the task are what its main() is to do.
    `paragraphs` of its docstring stay below the command.
    """
    source = script.read_text("utf-8")
    tree = ast.parse(source)
    named = {name: node for node in tree.body for name in _names(node)}
    nodes = sorted((named[name] for name in keep), key=lambda node: node.lineno)
    constants = [
        _lines(source, node.lineno, node.end_lineno) for node in nodes if isinstance(node, ast.Assign)
    ]
    functions = [_unwritten(source, node) for node in nodes if isinstance(node, ast.FunctionDef)]
    head = [
        _docstring(ast.get_docstring(tree), path, paragraphs),
        _imports(tree, nodes),
        "\n".join([FOLDER, *constants]),
    ]
    todo = textwrap.indent("\n".join(textwrap.fill(f"TODO: {step}", WIDTH) for step in steps), "    # ")
    return "\n\n\n".join(["\n\n".join(head), *functions, FRAME.format(todo=todo, path=path)])


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [node.name] if isinstance(node, ast.FunctionDef) else []


def _lines(source: str, first: int, last: int) -> str:
    """Return these lines, counted from 1, with the comments at their ends."""
    return "\n".join(source.splitlines()[first - 1 : last])


def _unwritten(source: str, node: ast.FunctionDef) -> str:
    """Return a function's signature and docstring; in the place of its body, that it is to be written."""
    written = node.body[1:] if ast.get_docstring(node) else node.body
    told = [line for line in _lines(source, node.lineno, written[0].lineno - 1).splitlines() if line.strip()]
    while told[-1].lstrip().startswith("#"):  # it explains the body
        told.pop()
    return "\n".join([*told, f'    raise NotImplementedError("{node.name}")  # TODO'])


def _docstring(ours: str, path: str, paragraphs: int) -> str:
    """Return the first line, the command without our options, and what stays of the rest."""
    first, _, *rest = ours.split("\n\n")
    return "\n\n".join([f'"""{first}', f"Run it by: python3 {path}", *rest[:paragraphs]]) + '\n"""'


def _imports(tree: ast.Module, nodes: Iterable[ast.stmt]) -> str:
    """Return the imports that the frame and these nodes need, once the functions have no body."""
    used = {name for node in nodes for name in _mentioned(node)}
    lines = {"import sys": "sys", "from pathlib import Path": "pathlib"}  # and the package that each is of
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            package = (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in used]
            if node.names and package != OURS:
                lines[ast.unparse(node)] = package
    ordered = sorted(lines, key=lambda line: (line.startswith("from"), line))
    groups = (
        [line for line in ordered if (lines[line] in sys.stdlib_module_names) is own] for own in (True, False)
    )
    return "\n\n".join("\n".join(group) for group in groups if group)


def _mentioned(node: ast.stmt) -> set[str]:
    """Return the names in a constant, or in the signature of a function."""
    parts = [node.args, node.returns] if isinstance(node, ast.FunctionDef) else [node]
    return {name.id for part in parts if part for name in ast.walk(part) if isinstance(name, ast.Name)}
