"""What a lab's Python files say without being run: imports, routes, and what these ask for."""

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from common.grading.opening.decoding import decode
from common.grading.service.finding import walk

LONGEST_BYTES = 1 << 18
MOST_FILES = 200
MODELS = re.compile(
    r"sklearn|catboost|xgboost|lightgbm|torch|tensorflow|keras|transformers|onnxruntime"
    r"|statsmodels|prophet|ultralytics|joblib|skops|spacy|gensim|mlflow|torchvision|timm|fasttext"
    r"|sentence_transformers|surprise|nltk|implicit|autogluon|pycaret|openvino|tflite_runtime"
    r"|vosk|whisper|diffusers|pickle"
)
SERVICES = re.compile(
    r"fastapi|flask|streamlit|gradio|aiohttp|tornado|django|sanic|bottle|falcon|starlette"
    r"|litestar|quart|dash|litserve|bentoml|uvicorn|http|socketserver|wsgiref|robyn|nicegui"
    r"|chainlit|panel|grpc"
)
PREDICTS = re.compile(r"\.(?:predict(?:_proba)?|fit|forward|generate|transform|inference)\s*\(|pipeline\s*\(")
METHODS = ("get", "post", "put", "patch")
NOT_INPUT = {"headers", "environ", "os", "config", "session", "cookies", "st"}
FEATURES = re.compile(r"feature|column|field|col", re.I)


@dataclass
class Route:
    """A path of the service, and the names that its function reads from a request."""

    method: str
    path: str
    how: str = "json"
    fields: dict[str, str] = field(default_factory=dict)  # name: "number", "text" or ""


@dataclass(frozen=True)
class Source:
    path: Path
    text: str
    tree: ast.Module | None

    @property
    def imports(self) -> set[str]:
        return set(imports(self.tree)) if self.tree else set(_words(self.text))


def read_sources(folder: Path) -> list[Source]:
    """Read a folder's Python files; one that is not Python is kept as text."""
    found = []
    for path in walk(folder):
        if path.suffix == ".py" and 0 < path.stat().st_size <= LONGEST_BYTES and len(found) < MOST_FILES:
            text = decode(path.read_bytes())
            found.append(Source(path, text, parse(text)))
    return found


def parse(text: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings(action="ignore"):  # of a submission's own strings
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _words(text: str) -> Iterator[str]:
    for match in re.finditer(r"^\s*(?:import|from)\s+(\w+)", text, re.M):
        yield match[1]


def imports(tree: ast.AST) -> Iterator[str]:
    """Yield the top names of all that is imported."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def certain_imports(tree: ast.Module) -> Iterator[str]:
    """Yield what is imported as soon as the file is: not in a function, nor where a failure is expected."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(ast.Module([node], []))


def has_model(sources: list[Source]) -> bool:
    return any(_imports_any(source, MODELS) or PREDICTS.search(source.text) for source in sources)


def has_service(sources: list[Source]) -> bool:
    return any(_imports_any(source, SERVICES) for source in sources)


def _imports_any(source: Source, names: re.Pattern[str]) -> bool:
    return any(names.fullmatch(name) for name in source.imports)


def routes(sources: list[Source]) -> list[Route]:
    """Return the routes that the files declare, those that predict first."""
    found: list[Route] = []
    for source in sources:
        if source.tree is None:
            continue
        features = _features(source.tree)
        for node in ast.walk(source.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                for decorator in node.decorator_list:
                    found += _declared(decorator, node, features)
            if isinstance(node, ast.FunctionDef) and node.name in ("do_POST", "do_GET"):
                found += _handled(node, source.tree, features)
    found.sort(key=lambda route: (not is_telling(route.path), route.method == "GET", not route.fields))
    return found[:50]


def is_telling(path: str) -> bool:
    return bool(
        re.search(
            r"predict|infer|classif|score|recogni|detect|analy|forecast|estimat|model|sentiment", path, re.I
        )
    )


def _declared(
    decorator: ast.expr, node: ast.FunctionDef | ast.AsyncFunctionDef, features: list[str]
) -> Iterator[Route]:
    if not (isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute) and decorator.args):
        return
    path = decorator.args[0].value if isinstance(decorator.args[0], ast.Constant) else None
    if not isinstance(path, str) or not path.startswith("/"):
        return
    word = decorator.func.attr
    methods = [word.upper()] if word in METHODS else ["GET"] if word == "route" else []
    for keyword in decorator.keywords:
        if keyword.arg == "methods" and isinstance(keyword.value, ast.List | ast.Tuple):
            methods = [item.value.upper() for item in keyword.value.elts if isinstance(item, ast.Constant)]
    for method in methods:
        yield from _route(method, path, node, features)


def _handled(node: ast.FunctionDef, tree: ast.Module, features: list[str]) -> Iterator[Route]:
    """Yield the paths with which http.server's handler compares its own."""
    paths = [
        word.value
        for compare in ast.walk(node)
        if isinstance(compare, ast.Compare | ast.Call)
        for word in ast.walk(compare)
        if isinstance(word, ast.Constant)
        and isinstance(word.value, str)
        and re.fullmatch(r"/[\w/-]*", word.value)
    ]
    for path in dict.fromkeys([*paths, "/predict", "/"]):
        yield from _route(node.name.removeprefix("do_"), path, tree, features)


def _route(method: str, path: str, node: ast.AST, features: list[str]) -> Iterator[Route]:
    words = {attribute.attr for attribute in ast.walk(node) if isinstance(attribute, ast.Attribute)}
    names = _fields(node) or dict.fromkeys(features, "")
    if method == "GET":
        how, names = "query", names or _typed(node)
    elif words & {"form"}:
        how = "form"
    elif words & {"files"}:
        how = "multipart"
    else:
        how = "query" if "args" in words and not words & {"json", "get_json", "data"} else "json"
    yield Route(method, path, how, names)


def _typed(node: ast.AST) -> dict[str, str]:
    """Return the arguments of a function that FastAPI would fill from a query."""
    kinds = {"float": "number", "int": "number", "str": "text"}
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {}
    given = {one.arg: ast.unparse(one.annotation) for one in node.args.args if one.annotation}
    return {name: kinds[kind] for name, kind in given.items() if kind in kinds}


def _fields(node: ast.AST) -> dict[str, str]:
    """Return the names by which a function takes parts of a request, and what it turns them into."""
    names: dict[str, str] = {}
    for part in ast.walk(node):
        kind = ""
        inner = part
        if (
            isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in ("float", "int", "str")
        ):
            kind = "text" if part.func.id == "str" else "number"
            inner = part.args[0] if part.args else part
        name = _field(inner)
        if name and (kind or name not in names):
            names[name] = kind
    return names


def _field(node: ast.AST) -> str:
    """Return "x" of data["x"] and data.get("x"), where `data` may be of a request."""
    key, holder = None, None
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        key, holder = node.slice, node.value
    elif (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("get", "getlist")
    ):
        key, holder = (node.args[0] if node.args else None), node.func.value
    if not isinstance(key, ast.Constant) or not isinstance(key.value, str) or not key.value.strip("/"):
        return ""
    if key.value.startswith("/"):  # a route, as in @app.get("/predict")
        return ""
    last = holder.attr if isinstance(holder, ast.Attribute) else getattr(holder, "id", "")
    return "" if last in NOT_INPUT or last.isupper() else key.value


def _features(tree: ast.Module) -> list[str]:
    """Return the first list of names that the file calls its features or columns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.List | ast.Tuple):
            target = getattr(node.targets[0], "id", "")
            words = [item.value for item in node.value.elts if isinstance(item, ast.Constant)]
            if FEATURES.search(target) and words and all(isinstance(word, str) for word in words):
                return words
    return []
