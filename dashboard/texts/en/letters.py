"""English texts of the letters."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "letters.title": "Letters",
    "letters.none": "No letter yet",
    "letters.make": "Make: {kind}",
    "letters.made": "Letter ready: {no}",
    "letters.wrong_status": "The ticket is not in a state for this letter now; refresh the page",
    "letters.col.no": "Number",
    "letters.col.kind": "Kind",
    "letters.col.made": "Made",
    "letters.col.by": "By",
    "letters.col.files": "Download",
    "letters.file.docx": "Word",
    "letters.file.pdf": "PDF",
    "letter.assign": "letter of assignment",
    "letter.forward": "forwarding sheet",
    "letter.accept_notice": "notice of acceptance",
    "letter.reject_notice": "notice of non-acceptance",
    "letter.reply_notice": "notice of reply",
    "verb.import": "Imported from the old system",
}
