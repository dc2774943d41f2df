"""A long list of choices is drawn in one pass, as Django's own templates would draw it."""

from html.parser import HTMLParser

from django import forms

from huying.kernel.pages.narrowing import NarrowingSelect


class Seen(HTMLParser):
    """What a browser makes of it: tags with their attributes in no order, words without the blanks around them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[object] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.parts.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.parts.append(data.strip())


def test_a_list_drawn_in_one_pass_is_what_django_draws() -> None:
    choices = [("", "—"), (1, "信访局 <一科> & “二科”"), ("城区", [(2, "公安局"), (3, "城管局")])]
    widget = NarrowingSelect(also={2: 'gaj "公安"'}, attrs={"required": True, "disabled": False, "id": "id_unit"})
    widget.choices = choices
    for value in ("", 1, "3", None):
        ours, theirs = widget.render("unit_id", value), forms.Select.render(widget, "unit_id", value)
        assert Seen(ours).parts == Seen(theirs).parts
    assert ("option", {"value": "2", "data-also": 'gaj "公安"'}) in Seen(widget.render("unit_id", 1)).parts
    assert "&lt;一科&gt;" in widget.render("unit_id", 1)
