"""No function is written twice, not even under other names."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("causalrep", "discovery", "identifiability", "simulators")
SHORTEST = 4
SHORTEST_RENAMED = 6


class Renamer(ast.NodeTransformer):
    """Replace each name of a function by the position at which it occurs first."""

    def __init__(self):
        self.order = {}

    def rename(self, name):
        return f"v{self.order.setdefault(name, len(self.order))}"

    def visit_Name(self, node):
        return ast.Name(self.rename(node.id), node.ctx)

    def visit_arg(self, node):
        return ast.arg(self.rename(node.arg))

    def visit_keyword(self, node):
        return ast.keyword(self.rename(node.arg or "**"), self.visit(node.value))


def functions():
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", node


def body_of(function):
    has_docstring = ast.get_docstring(function) is not None
    return "\n".join(ast.unparse(node) for node in function.body[has_docstring:])


def renamed_body_of(function):
    names = Renamer()
    return "\n".join(ast.unparse(names.visit(node)) for node in ast.parse(body_of(function)).body)


@pytest.mark.parametrize(
    ("text_of", "shortest"), [(body_of, SHORTEST), (renamed_body_of, SHORTEST_RENAMED)]
)
def test_no_function_is_written_twice(text_of, shortest):
    places = defaultdict(list)
    for where, function in functions():
        text = text_of(function)
        if text.count("\n") >= shortest - 1:
            places[text].append(where)
    assert not [twice for twice in places.values() if len(twice) > 1]


def test_sees_through_other_names():
    def renamed(code):
        return renamed_body_of(ast.parse(code).body[0])

    first = renamed("def f(a, b):\n  c = a.T @ b\n  return np.sum(c, axis=b)")
    assert first == renamed("def g(x, y):\n  z = x.T @ y\n  return xp.sum(z, axis=y)")
    assert first != renamed("def h(x, y):\n  z = x.T @ y\n  return xp.sum(z, axis=x)")
