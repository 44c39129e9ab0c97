"""Write formulas as MathML, which browsers draw by themselves: no script, no network."""

import re

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.util.logging import getLogger

logger = getLogger(__name__)

# Commands of amsmath that docutils does not know, and what it calls them.
SYNONYMS = {r"\dotsc": r"\ldots", r"\dotsb": r"\cdots", r"\dots": r"\ldots"}

# An accented letter with an index: docutils would hang the index below the letter.
ACCENTED = re.compile(
    r"(\\(?:hat|tilde|bar|dot|vec|widehat|widetilde|overline)\s*"
    r"(?:\{(?:[^{}]|\{[^{}]*\})*\}|\\[A-Za-z]+|[A-Za-z]))_"
)

# Where browsers need to be told what TeX does: a space behind log and its like, unless a
# parenthesis follows, and braces that grow only behind \left.
SPACED = re.compile(r'(<mo>&ApplyFunction;</mo>)(?!\s*<mo stretchy="false">)')
BRACES = re.compile(r"(>(?<!<mrow>)\s*)<mo>({)</mo>|<mo>(})</mo>(?!\s*</mrow>)")


def setup(app):
    """Offer the renderer that `html_math_renderer = "mathml"` chooses."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def visit_inline(writer, node):
    """Write a formula within a line."""
    writer.body.append(converted(node.astext(), node, as_block=False))
    raise nodes.SkipNode


def visit_block(writer, node):
    """Write a formula of its own line, with its number where it has one."""
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    if node["number"]:
        writer.body.append(f'<span class="eqno">({node["number"]})</span>')
    code = node.astext().strip()
    if r"\\" in code and not code.startswith(r"\begin"):
        code = rf"\begin{{aligned}}{code}\end{{aligned}}"
    writer.body.append(converted(code, node, as_block=True) + "</div>\n")
    raise nodes.SkipNode


def converted(code, node, *, as_block):
    """Return MathML; what cannot be converted is a warning, and stays LaTeX."""
    for command, known in SYNONYMS.items():
        code = code.replace(command, known)
    code = ACCENTED.sub(r"\1{}_", code)
    try:
        return as_in_tex(tex2mathml(code, as_block=as_block))
    except MathError as error:
        logger.warning("formula cannot be converted: %s in %s", error, code, location=node)
        return f"<code>{code}</code>"


def as_in_tex(markup):
    """Return MathML with the spaces and the braces of TeX."""
    markup = SPACED.sub(r'\1<mspace width="0.1667em"></mspace>', markup)
    return BRACES.sub(r'\1<mo stretchy="false">\2\3</mo>', markup)
