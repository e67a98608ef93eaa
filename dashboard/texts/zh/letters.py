"""Chinese texts of the letters."""

from collections.abc import Mapping

TEXTS: Mapping[str, str] = {
    "letters.title": "公文",
    "letters.none": "还没有公文",
    "letters.make": "制作{kind}",
    "letters.made": "公文已就绪：{no}",
    "letters.wrong_status": "工单现在的状态不能制作这种公文，请刷新后再看",
    "letters.col.no": "文号",
    "letters.col.kind": "文种",
    "letters.col.made": "制作时间",
    "letters.col.by": "制作人",
    "letters.col.files": "下载",
    "letters.file.docx": "Word",
    "letters.file.pdf": "PDF",
    "letter.assign": "交办函",
    "letter.forward": "办理转送单",
    "letter.accept_notice": "受理告知书",
    "letter.reject_notice": "不予受理告知书",
    "letter.reply_notice": "答复告知书",
    "verb.import": "历史导入",
}
