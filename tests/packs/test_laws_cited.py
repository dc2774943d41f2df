"""An article number in a pack's indicators and datasets was looked at once: what it says stands here. Another is added with its
words.

Where the number isn't sure a pack names the law alone.
"""

import re

import pytest

from huying.kernel import packs

SAYS = {
    "人民调解法": {17: "调解自愿", 26: "调解不成告知途径", 31: "协议应当履行，监督履行"},
    "保障农民工工资支付条例": {26: "工资专用账户", 28: "实名登记", 32: "工资保证金"},
    "劳动争议调解仲裁法": {14: "十五日未达成协议可仲裁", 43: "四十五日结案，可延十五日"},
    "反家庭暴力法": {15: "公安机关及时出警", 28: "七十二小时、二十四小时内裁定"},
    "安全生产法": {
        27: "负责人考核合格",
        30: "特种作业持证",
        41: "隐患排查治理",
        51: "安全生产责任保险",
        62: "监督检查计划",
        86: "整改落实评估并公开",
    },
    "政府信息公开条例": {33: "二十个工作日答复"},
    "未成年人保护法": {11: "强制报告"},
    "水污染防治法": {72: "饮用水状况每季度公开"},
    "法律援助法": {43: "七日内决定"},
    "消费者权益保护法": {46: "七个工作日处理并告知"},
    "消防法": {17: "重点单位定期演练", 54: "通知消除火灾隐患"},
    "特种设备安全法": {40: "定期检验"},
    "环境保护法": {57: "举报"},
    "生产安全事故报告和调查处理条例": {9: "一小时内报告", 29: "六十日内提交调查报告"},
    "行政复议法": {62: "六十日内决定"},
    "行政诉讼法": {3: "负责人应当出庭"},
    "道路交通安全法": {13: "安全技术检验", 29: "事故频发路段报告治理", 70: "自行协商处理"},
    "重大行政决策程序暂行条例": {15: "公开征求意见期限"},
    "食品安全法": {36: "小作坊和摊贩", 47: "自查", 63: "召回", 87: "抽样检验"},
    "药品管理法": {100: "抽查检验"},
}
DIGITS = {digit: n for n, digit in enumerate("零一二三四五六七八九")}
CITED = re.compile(r"(?:中华人民共和国)?([^；，\s]+?)\s*第([零一二三四五六七八九十百\d]+)条")


def number(text):
    """62 of "六十二" or "62"."""
    if text.isdigit():
        return int(text)
    hundreds, _, rest = text.rpartition("百")
    tens, ten, ones = rest.lstrip("零").rpartition("十")
    return (
        100 * (DIGITS[hundreds] if hundreds else 0)
        + (10 * (DIGITS[tens] if tens else 1) if ten else 0)
        + (DIGITS[ones] if ones else 0)
    )


@pytest.mark.parametrize("name", ["dawa", "gansu", "golmud", "lishui", "yizheng"])
def test_every_article_cited_was_looked_at(name):
    pack = packs.check(packs.find(name))
    cited = {
        (law, number(article))
        for row in (*pack.rows("indicators"), *pack.rows("datasets"))
        for law, article in CITED.findall(row.reference)
    }
    assert cited - {(law, article) for law, articles in SAYS.items() for article in articles} == set()


@pytest.mark.parametrize(
    ("text", "n"), [("三", 3), ("十", 10), ("十七", 17), ("六十二", 62), ("四十", 40), ("100", 100)]
)
def test_an_article_is_read_in_both_writings(text, n):
    assert number(text) == n
