"""What figures call the datasets they come from."""

from typing import Any

from huying.analytics import values
from huying.domains.exchange import services
from huying.domains.exchange.tests import made
from huying.kernel.actors import Actor


def test_what_a_demo_generates_is_called_so_wherever_figures_name_their_source(asked: Any) -> None:
    rows = [made.row(code="second", name={"zh": "消防检查", "en": "Fire checks"}, owner="housing", feed="generated")]
    services.put_datasets(actor=Actor.system("test"), rows=rows)
    assert (values.spoken()["dataset:second"].zh, values.marked()["dataset:second"].en) == (
        "消防检查（演示生成）",
        "Fire checks (generated for the demo)",
    )
    assert "演示" not in values.spoken()["dataset:fires_monthly"].zh
