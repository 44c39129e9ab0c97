"""Reports of a fit: sections of sentences, tables and pictures, as a folder with one page."""

from causalrep.report.page import Picture, Report, Section, Table
from causalrep.report.sections import fit_sections, score_section
from causalrep.report.terminal import show

__all__ = ["Picture", "Report", "Section", "Table", "fit_sections", "score_section", "show"]
