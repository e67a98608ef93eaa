"""Makes `letter.docx`, the page of GB/T 9704: `python -m tickets.templates.build`. A test holds the two together."""

from pathlib import Path
from typing import Any

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph
from docx.text.run import Run

FILE = Path(__file__).with_name("letter.docx")
HEAD_FONT, BODY_FONT, FORM_FONT, PAGE_FONT = "方正小标宋简体", "仿宋_GB2312", "黑体", "宋体"
RED = RGBColor(0xD7, 0x00, 0x0F)
THREE, TWO, FOUR = Pt(16), Pt(22), Pt(14)
"""三号, 二号, 四号."""


def build() -> Any:  # noqa: ANN401 - docx types its factory so
    """Return the template as an open document."""
    document = Document()
    _page(document)
    _fonts(document.styles["Normal"].element, BODY_FONT)
    document.styles["Normal"].font.size = THREE
    _line(document, "{{ head }}", HEAD_FONT, Pt(28), WD_ALIGN_PARAGRAPH.CENTER, color=RED, exact=42)
    _line(document, "", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.CENTER)
    _rule(_line(document, "{{ no }}", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.CENTER))
    _line(document, "", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.CENTER, exact=14)
    _line(document, "{{ title }}", HEAD_FONT, TWO, WD_ALIGN_PARAGRAPH.CENTER, exact=36, after=8)
    _line(document, "{%p if to %}", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.LEFT)
    _line(document, "{{ to }}：", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.LEFT)
    _line(document, "{%p endif %}", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.LEFT)
    _each(document, "said")
    _table(document)
    _each(document, "closing", together=True)
    _line(document, "", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.CENTER, together=True)
    for text in ("{{ sign }}（盖章）", "{{ date }}"):
        line = _line(document, text, BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.CENTER, together=True)
        line.paragraph_format.left_indent = THREE * 6
    return document


def _page(document: Any) -> None:  # noqa: ANN401 - docx types its factory so
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    document.settings.odd_and_even_pages_header_footer = True
    for footer, side in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        line = footer.paragraphs[0]
        line.alignment = side
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = FOUR
        for part in ("— ", "PAGE", " —"):
            run = _run(line, "" if part == "PAGE" else part, PAGE_FONT, FOUR)
            if part == "PAGE":
                _field(run, part)


def _field(run: Run, name: str) -> None:
    for kind, text in (("begin", ""), ("", name), ("end", "")):
        made = OxmlElement("w:instrText" if text else "w:fldChar")
        if text:
            made.text = text
        else:
            made.set(qn("w:fldCharType"), kind)
        run._r.append(made)


def _line(
    document: Any,  # noqa: ANN401 - docx types its factory so
    text: str,
    font: str,
    size: Pt,
    side: WD_ALIGN_PARAGRAPH,
    *,
    color: RGBColor | None = None,
    exact: float = 28,
    after: float = 0,
    first: int = 0,
    together: bool = False,
) -> Paragraph:
    """Add a paragraph; exact, after : points; first : characters of indent; together : not parted by a page."""
    made: Paragraph = document.add_paragraph()
    made.alignment = side
    shape = made.paragraph_format
    shape.line_spacing_rule, shape.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(exact)
    shape.space_before, shape.space_after = Pt(0), Pt(after)
    shape.first_line_indent = size * first
    shape.keep_together, shape.keep_with_next = together, together and "date" not in text
    _run(made, text, font, size, color=color)
    return made


def _run(line: Paragraph, text: str, font: str, size: Pt, *, color: RGBColor | None = None) -> Run:
    run = line.add_run(text)
    run.font.size = size
    _fonts(run._r, font)
    if color is not None:
        run.font.color.rgb = color
    return run


def _fonts(element: Any, font: str) -> None:  # noqa: ANN401 - an XML element of docx
    """Name the font for Chinese too: without `eastAsia` Word takes its own."""
    fonts = element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)


def _rule(line: Paragraph) -> None:
    """Draw the red line 4 mm below the number."""
    borders = OxmlElement("w:pBdr")
    bottom = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "18"), ("space", "11"), ("color", str(RED))):
        bottom.set(qn(f"w:{name}"), value)
    borders.append(bottom)
    line._p.get_or_add_pPr().insert_element_before(
        borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr"
    )


def _each(document: Any, name: str, *, together: bool = False) -> None:  # noqa: ANN401 - see build
    for text in (f"{{%p for part in {name} %}}", "{{ part }}", "{%p endfor %}"):
        _line(
            document, text, BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.JUSTIFY, first=2, together=together
        )


def _table(document: Any) -> None:  # noqa: ANN401 - docx types its factory so
    _line(document, "{%p if rows or blank %}", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.LEFT)
    table: Table = document.add_table(rows=6, cols=2, style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    cells = (
        ("{%tr for label, value in rows %}", ""), ("{{ label }}", "{{ value }}"), ("{%tr endfor %}", ""),
        ("{%tr for label in blank %}", ""), ("{{ label }}", ""), ("{%tr endfor %}", ""),
    )  # fmt: skip
    for row, words in zip(table.rows, cells, strict=True):
        for cell, text, width in zip(row.cells, words, (Mm(30), Mm(126)), strict=True):
            cell.width = width
            _cell(cell, text)
    table.rows[4].height = Mm(13)
    _line(document, "{%p endif %}", BODY_FONT, THREE, WD_ALIGN_PARAGRAPH.LEFT)


def _cell(cell: _Cell, text: str) -> None:
    line = cell.paragraphs[0]
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.EXACTLY
    line.paragraph_format.line_spacing = Pt(21)
    line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(2)
    _run(line, text, FORM_FONT if "label" in text else BODY_FONT, FOUR)


if __name__ == "__main__":
    build().save(str(FILE))
