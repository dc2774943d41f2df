"""What indicators and measures may be called, and the words of analytics that the log is read by."""

from huying.kernel.words import Words, words

CODE = r"^[a-z][a-z0-9_]{0,59}$"
KIND = "indicator"

LOGGED: dict[str, Words] = {
    "draft": words("起草指标定义", "definition drafted"),
    "redraft": words("修改草稿", "draft changed"),
    "discard": words("作废草稿", "draft discarded"),
    "publish": words("发布指标定义", "definition put in force"),
    "withdraw": words("停用指标", "indicator withdrawn"),
}
LOGGED_KINDS: dict[str, Words] = {KIND: words("指标定义", "indicator definition")}
