"""Which packs are there: the shipped ones by name, any other by its folder."""

from pathlib import Path

from django.utils.translation import gettext as _

from huying.kernel.errors import InvalidInput

SHIPPED = Path(__file__).resolve().parents[2] / "packs"


def shipped() -> list[str]:
    return sorted(path.parent.name for path in SHIPPED.glob("*/pack.yaml"))


def find(name: str) -> Path:
    """The folder of the shipped pack `name`, or the folder `name` itself. Raises InvalidInput."""
    if name in shipped():
        return SHIPPED / name
    folder = Path(name).expanduser()
    if (folder / "pack.yaml").is_file():
        return folder.resolve()
    raise InvalidInput(
        _("没有名为“%(name)s”的地方包，也没有这样一个含 pack.yaml 的文件夹。") % {"name": name},
        cure=_("随附的地方包：%(names)s。") % {"names": "、".join(shipped()) or "—"},
    )
