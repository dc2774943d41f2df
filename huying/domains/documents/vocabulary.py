"""What may be attached, what is printed, what becomes of records at the end."""

from dataclasses import dataclass
from enum import StrEnum

from huying.kernel.words import Words, words

MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class FileKind:
    """A kind of file that is taken in: its ending, its media type, its longest size in bytes."""

    ending: str
    media_type: str
    longest: int
    words: Words


FILE_KINDS: dict[str, FileKind] = {
    kind.ending: kind
    for kind in (
        FileKind("jpg", "image/jpeg", 20 * MEGABYTE, words("照片", "photo")),
        FileKind("png", "image/png", 20 * MEGABYTE, words("图片", "picture")),
        FileKind("webp", "image/webp", 20 * MEGABYTE, words("图片", "picture")),
        FileKind("pdf", "application/pdf", 30 * MEGABYTE, words("PDF", "PDF")),
        FileKind(
            "docx",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            20 * MEGABYTE,
            words("文字文稿", "text document"),
        ),
        FileKind(
            "xlsx",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            20 * MEGABYTE,
            words("电子表格", "spreadsheet"),
        ),
        FileKind("txt", "text/plain", 2 * MEGABYTE, words("纯文本", "plain text")),
        FileKind("csv", "text/csv", 20 * MEGABYTE, words("表格文本", "comma-separated table")),
    )
}


class Origin(StrEnum):
    REPORTER = "reporter"
    STAFF = "staff"
    FORM = "form"


ORIGIN_WORDS: dict[Origin, Words] = {
    Origin.REPORTER: words("反映人提交", "from the reporter"),
    Origin.STAFF: words("工作人员上传", "uploaded by staff"),
    Origin.FORM: words("系统制作", "printed form"),
}


class Form(StrEnum):
    TRANSFER = "transfer"
    RECEIPT = "receipt"
    REPLY = "reply"
    URGING = "urging"
    SUPERVISION = "supervision"


FORM_WORDS: dict[Form, Words] = {
    Form.TRANSFER: words("转办单", "transfer slip"),
    Form.RECEIPT: words("受理回执", "receipt"),
    Form.REPLY: words("答复函", "reply letter"),
    Form.URGING: words("催办通知", "urging notice"),
    Form.SUPERVISION: words("督办通知", "supervision notice"),
}
# The word between place and year in a number: 莲都转〔2026〕18号.
FORM_SIGNS: dict[Form, str] = {
    Form.TRANSFER: "转",
    Form.RECEIPT: "受",
    Form.REPLY: "复",
    Form.URGING: "催",
    Form.SUPERVISION: "督",
}


class Ending(StrEnum):
    """What is done when the period is over."""

    DE_IDENTIFY = "de_identify"
    DELETE = "delete"


ENDING_WORDS: dict[Ending, Words] = {
    Ending.DE_IDENTIFY: words("去标识", "de-identified"),
    Ending.DELETE: words("删除", "deleted"),
}

# How the log names what is done here (kernel.audit.naming).
LOGGED: dict[str, Words] = {
    "document.attached": words("附上文件", "file attached"),
    "document.detached": words("移除文件", "file removed"),
    "document.issued": words("出具文书", "form issued"),
    "record.held": words("依法保全", "placed under a legal hold"),
    "record.hold_lifted": words("解除保全", "legal hold lifted"),
    "record.delete": words("到期删除", "deleted at the end of its period"),
    "record.de_identify": words("到期去标识", "de-identified at the end of its period"),
}
LOGGED_KINDS: dict[str, Words] = {"document": words("文件", "document")}
