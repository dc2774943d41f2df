"""What indicators and measures may be called, and the words of analytics that the log is read by."""

from huying.kernel.words import Words, words

CODE = r"^[a-z][a-z0-9_]{0,59}$"
KIND = "indicator"
LIMITS = "indicator_limits"

LOGGED: dict[str, Words] = {
    "draft": words("起草指标定义", "definition drafted"),
    "redraft": words("修改草稿", "draft changed"),
    "discard": words("作废草稿", "draft discarded"),
    "publish": words("发布指标定义", "definition put in force"),
    "withdraw": words("停用指标", "indicator withdrawn"),
    "limits_drafted": words("起草阈值", "thresholds drafted"),
    "limits_redrafted": words("修改阈值草稿", "draft of thresholds changed"),
    "limits_discarded": words("作废阈值草稿", "draft of thresholds discarded"),
    "limits_published": words("发布阈值", "thresholds put in force"),
}
LOGGED_KINDS: dict[str, Words] = {
    KIND: words("指标定义", "indicator definition"),
    LIMITS: words("随程序指标的阈值", "thresholds of an indicator that comes with Huying"),
}
