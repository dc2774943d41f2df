"""What points at a person is taken out before a text is indexed, and a query shaped like it is refused.

Search is not a search of persons (domain rule: rights 2). Telephone, identity-card, passport, bank-card numbers, vehicle
plates, e-mail and messenger addresses are recognised by their shape; names by the words that introduce or follow them,
and, once known, wherever else they stand in the same text. Names the caller already knows (the parties of the record)
are given in `known` and always go. So does the door of a dwelling. Where in doubt it masks: a word less is found, never a
person more.
"""

import re
import unicodedata
from collections.abc import Iterable

from huying.kernel.search.names import (
    COMMON_WORDS,
    FAMILY,
    FAMILY_MIXED,
    FAMILY_PLAIN,
    FAMILY_TWO,
    GIVEN,
    WORDS_LIKE_NAMES,
)
from huying.kernel.words import Words, words

BLANK = "＊"

_HAN = "\u4e00-\u9fff"
_TWO = rf"(?:{FAMILY_TWO})[{_HAN}]{{1,2}}"
_NAME = rf"(?!{COMMON_WORDS})(?:{_TWO}|[{FAMILY}][{_HAN}]{{1,2}})"
_ANY_NAME = rf"(?:{_TWO}|[{FAMILY}{FAMILY_MIXED}][{_HAN}]{{1,2}})"
_TITLE = (
    "先生|女士|小姐|太太|阿姨|大爷|大妈|大叔|大姐|大哥|师傅|老师|医生|大夫|护士|律师|警官|法官|老板|经理|主任|书记|局长|处长|科长|"
    "院长|校长|村长|队长|所长|组长|同志|某某?"
)
_END = (
    rf"(?=[^{_HAN}]|$|[，。、；：,.;:\s]|先生|女士|身份证|电话|手机|联系|家住|住在|住址|现住"
    r"|是|系|男|女|今年|来自|反映|投诉|举报|咨询)"
)

# Behind one door lives one household: the building is a place, the door points at people.
_DWELLING = re.compile(
    r"(?<![\d.])\d{1,2}\s*单元(?:\s*\d{1,2}\s*[层楼])?\s*\d{2,4}\s*[室号户]?"
    r"|(?<=[幢栋座楼层])\s*\d{3,4}\s*[室户]?(?![\d.]|米|元|人|户|平)|(?<![\d.])\d{3,4}\s*室"
)

_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"[\w.+-]+\s*@\s*[\w-]+(?:\.[\w-]+)+", re.ASCII)),
    (
        "account",
        re.compile(
            r"(?i)(?P<lead>微信号?|wechat|qq群?号?|支付宝|钉钉号?|抖音号|账号|卡号|护照号?码?|驾驶证号?|身份证号?码?|车牌号?码?|学号|社保号)"
            r"(?P<gap>\s*(?:码|是|为|[:：=])?\s*)(?P<hide>[a-z0-9_@.·-]{4,}(?<![.·-]))"
        ),
    ),
    (
        "plate",
        re.compile(
            r"(?i)[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领]\s?[a-z]\s?[·•.\-]?\s?"
            r"(?=[a-z]*\d)(?:[a-hj-np-z0-9]{5,6}|[a-hj-np-z0-9]{4}[挂学警港澳使领])(?![a-z0-9])"
        ),
    ),
    # a passport's letter, an identity card's closing X, and any number long enough to ring or to pay with
    ("number", re.compile(r"(?<!\d)\(?\+?\d{2,6}\)?(?:[\s\-—–_.·*]{1,2}\(?\d{2,8}\)?){1,5}x?(?!\d)")),
    ("number", re.compile(r"(?i)\b[a-z]{0,2}\d{7,}x?|\d{7,}x?")),
    ("number", re.compile(r"[〇零一二三四五六七八九幺两]{7,}")),
    ("dwelling", _DWELLING),
)
_DATED = re.compile(r"(?:19|20)\d{2}[\s.\-—–_]{1,2}\d{1,2}[\s.\-—–_]{1,2}\d{1,2}(?:[\s.\-—–_]{1,2}\d{1,2}){0,3}")
_LED = (
    re.compile(
        rf"(?:我叫|我名叫|我的名字是|我的名字叫|名字[叫是为]|姓名|联系人|投诉人|举报人|来电人|反映人|申请人|当事人|户主|法定代表人|法人代表|负责人"
        rf"|经办人|承包人|房东|业主|村民|居民|市民|职工|患者|学生|老人|家长)(?:姓名|叫|名叫|是|为)?\s*[:：]?\s*(?P<name>{_NAME}){_END}"
    ),
    re.compile(rf"(?:我叫|我名叫|我的名字[是叫]|姓名\s*[:：]|联系人\s*[:：])\s*(?P<name>{_ANY_NAME})"),
    re.compile(rf"(?:本人|我是|我系|一个叫|名叫|叫做|名为)\s*[:：]?\s*(?P<name>{_NAME}){_END}"),
    re.compile(
        rf"(?!{COMMON_WORDS})(?P<name>(?:{FAMILY_TWO})[{_HAN}]{{0,2}}?|[{FAMILY}][{_HAN}]{{0,2}}?|[{FAMILY_MIXED}])(?:{_TITLE})"
    ),
    re.compile(rf"(?P<name>{_NAME})\s*[,，(（]?\s*(?:身份证|手机|电话|联系电话|[男女][,，])"),
)
_TELLING = re.compile(
    r"(?i)姓名|名字|身份证|证件号|手机号|电话号|车牌号|银行卡号|户籍|谁投诉|谁举报|name\s*[:：=]|phone\s*[:：=]"
)
# A family name of two characters begins hardly any other word; 东方 does (东方明珠), so it needs a given name's characters.
_PLAIN_NAME = re.compile(
    rf"(?:[{FAMILY_PLAIN}][{GIVEN}]{{1,2}}|(?:{FAMILY_TWO})[{GIVEN}]{{1,2}}|(?!东方)(?:{FAMILY_TWO})[{_HAN}]{{1,2}})"
)


def mask(text: str, known: Iterable[str] = (), *, doors: bool = True) -> str:
    """`text` (NFKC) with every identifier in it replaced by `BLANK`; lengths are not kept, so that they tell nothing.

    doors: a dwelling's too. A printed order keeps it, for whoever must go there.
    """
    masked = unicodedata.normalize("NFKC", text)
    for told in sorted({unicodedata.normalize("NFKC", part).strip() for part in known}, key=len, reverse=True):
        if len(told) > 1:
            masked = re.sub(re.escape(told), BLANK, masked, flags=re.IGNORECASE)
    for kind, shape in _SHAPES:
        if shape is _DWELLING and not doors:
            continue
        masked = shape.sub(_hide_number if kind == "number" else _hide, masked)
    names = {match["name"] for pattern in _LED for match in pattern.finditer(masked)}
    for name in sorted(names, key=len, reverse=True):
        # a family name alone is hidden only before its title: "王先生", never in "王府井"
        masked = re.sub(rf"{name}(?={_TITLE})", BLANK, masked) if len(name) == 1 else masked.replace(name, BLANK)
    return masked


def without_dwelling(text: str) -> str:
    """A place without the door behind which somebody lives: "桂花苑9幢1单元301室" is "桂花苑9幢"."""
    return _DWELLING.sub("", unicodedata.normalize("NFKC", text))


def _hide(match: re.Match[str]) -> str:
    if "lead" in match.re.groupindex:
        return f"{match['lead']}{match['gap']}{BLANK}"
    return BLANK


def _hide_number(match: re.Match[str]) -> str:
    found = match[0]
    digits = sum(map(str.isdigit, found))
    if found[0] in "〇零一二三四五六七八九幺两":
        return BLANK
    parted = any(not char.isalnum() for char in found)
    if parted and (digits < 7 or (digits < 10 and not _rings(found)) or _DATED.fullmatch(found)):
        return found
    return BLANK


def _rings(found: str) -> bool:
    """A local telephone number written in groups: 212 1234, 2212-1234."""
    groups = re.findall(r"\d+", found)
    return (
        len(groups) == 2 and len(groups[1]) == 4 and len(groups[0]) in {3, 4} and not groups[0].startswith(("19", "20"))
    )


def refuses(query: str) -> Words | None:
    """Why `query` may not be searched, or None. A query shaped like a person's identifier is refused, not emptied."""
    folded = unicodedata.normalize("NFKC", query).strip()
    if _TELLING.search(folded):
        return words(
            "不能按人查找：请按事项、地点或编号查找。",
            "People are not searched for: search by matter, place or number.",
        )
    if mask(folded) != folded:
        return words(
            "查询里有像电话、证件、车牌、账号、姓名或门牌户室的内容。系统不按人查找；请用事项、地点或编号。",
            "The query looks like a telephone, document, plate, account number, name or flat. People are not searched for; "
            "use the matter, place or number.",
        )
    for part in re.split(r"[\s,，;；]+", folded):
        if part not in WORDS_LIKE_NAMES and _PLAIN_NAME.fullmatch(part):
            return words(
                f"“{part}”像一个人的姓名。系统不按人查找；请用事项、地点或编号。",
                f"“{part}” looks like a person's name. People are not searched for; use the matter, place or number.",
            )
    return None
