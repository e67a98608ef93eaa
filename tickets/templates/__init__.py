"""The letter's two templates: `letter.docx`, made by `build`, and `letter.html` for PDF."""
