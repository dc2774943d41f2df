import json
import shutil
from contextlib import contextmanager
from datetime import timedelta

import pytest

from huying.kernel import bundles, crypto
from huying.kernel.bundles import exchange, files, registry
from huying.kernel.bundles.models import Bundle, IncomingMessage, OutgoingMessage
from huying.kernel.errors import InvalidInput, Unavailable

SECRET = "王秀英 13905780001"


class Town:
    """An inner and an outer zone with a folder each, and the gate between. In these tests they share one database: what one
    zone has is told from the other's by direction and peer."""

    def __init__(self, root, settings):
        self.root, self.settings = root, settings

    @contextmanager
    def zone(self, name):
        before = (self.settings.HUYING_HOME, self.settings.HUYING_ZONE)
        self.settings.HUYING_HOME, self.settings.HUYING_ZONE = self.root / name, name
        try:
            yield
        finally:
            self.settings.HUYING_HOME, self.settings.HUYING_ZONE = before

    def inbound(self, name):
        with self.zone(name):
            return files.folder("inbound")

    def outbound(self, name):
        with self.zone(name):
            return files.folder("outbound")

    def gate(self, source, target):
        """Move every file through; the source keeps none."""
        for path in sorted(self.outbound(source).glob("*.bundle")):
            shutil.move(path, self.inbound(target) / path.name)

    def send(self, *payloads, zone="outer", key=""):
        with self.zone(zone):
            keys = [bundles.send("letter", payload, key=key) for payload in payloads]
            return keys, bundles.pack()

    def receive(self, zone="inner"):
        with self.zone(zone):
            return bundles.receive()


@pytest.fixture
def town(tmp_path, settings, db):
    town = Town(tmp_path, settings)
    cards = {}
    for name in ("outer", "inner"):
        with town.zone(name):
            cards[name] = bundles.own_card()
    for name, other in (("outer", "inner"), ("inner", "outer")):
        with town.zone(name):
            bundles.trust(cards[other])
    return town


@pytest.fixture
def taken(monkeypatch):
    """What the inner zone's handler was given; it answers with a number and refuses a matter without text."""
    given = []

    def take(payload, meta):
        if not payload.get("text"):
            raise InvalidInput("没有内容", cure="请补填")
        if payload["text"] == "break":
            raise RuntimeError("disk on fire")
        given.append((payload["text"], meta.sender, meta.key))
        return {"number": f"M-{len(given)}"}

    monkeypatch.setattr(registry, "_handlers", {"letter": take})
    return given


def outcome(key):
    row = OutgoingMessage.objects.get(key=key)
    return row.state, row.outcome


def test_a_message_crosses_the_gate_is_handled_and_its_receipt_comes_back(town, taken):
    (key,), (path,) = town.send({"text": SECRET})
    assert path.name == "outer-inner-0000000001.bundle"
    town.gate("outer", "inner")
    done = town.receive()
    assert (done.taken, done.accepted) == (["outer-inner-0000000001.bundle"], 1)
    assert taken == [(SECRET, "outer", key)]
    assert list(town.inbound("inner").glob("*.bundle")) == []

    with town.zone("inner"):
        bundles.pack()
    town.gate("inner", "outer")
    town.receive("outer")
    assert outcome(key) == ("accepted", {"number": "M-1"})
    assert Bundle.objects.get(direction="out", peer="inner").acknowledged_at is not None


def test_what_was_sent_cannot_be_read_back_in_the_zone_that_sent_it(town, taken):
    (key,), (path,) = town.send({"text": SECRET})
    row = OutgoingMessage.objects.get(key=key)
    for kept in (bytes(row.sealed), path.read_bytes()):
        assert SECRET.encode() not in kept
        assert json.dumps(SECRET).encode() not in kept
    from huying.kernel.bundles import zones

    context = f"bundle|outer|inner|{key}|letter".encode()
    with town.zone("outer"), pytest.raises(crypto.Damaged):
        zones.open_own(bytes(row.sealed), context)
    with town.zone("inner"):
        assert json.loads(zones.open_own(bytes(row.sealed), context)) == {"text": SECRET}
    town.gate("outer", "inner")
    town.receive()
    with town.zone("inner"):
        bundles.pack()
    town.gate("inner", "outer")
    town.receive("outer")
    assert OutgoingMessage.objects.get(key=key).sealed is None


def test_a_message_that_is_refused_tells_its_sender_why_and_the_others_go_on(town, taken):
    keys, _paths = town.send({"text": "一"}, {"text": ""}, {"text": "三"})
    town.gate("outer", "inner")
    done = town.receive()
    assert (done.accepted, done.messages_refused) == (2, 1)
    with town.zone("inner"):
        bundles.pack()
    town.gate("inner", "outer")
    town.receive("outer")
    assert [outcome(key)[0] for key in keys] == ["accepted", "refused", "accepted"]
    assert outcome(keys[1])[1]["reason"] == "没有内容 — 请补填"


def test_a_bundle_that_comes_twice_is_one(town, taken):
    _keys, (path,) = town.send({"text": "一"})
    again = path.read_bytes()
    town.gate("outer", "inner")
    town.receive()
    (town.inbound("inner") / path.name).write_bytes(again)
    assert town.receive().known == [path.name]
    assert len(taken) == 1


def test_a_message_sent_under_one_key_is_handled_once_whichever_bundle_brings_it(town, taken):
    town.send({"text": "一"}, key="client-key-1")
    town.gate("outer", "inner")
    town.receive()
    OutgoingMessage.objects.filter(key="client-key-1").delete()  # the outer zone was restored from an older backup
    town.send({"text": "一"}, key="client-key-1")
    town.gate("outer", "inner")
    town.receive()
    assert len(taken) == 1
    town.send({"text": "一"}, key="client-key-1")
    assert OutgoingMessage.objects.filter(key="client-key-1").count() == 1


def test_a_gap_is_named_waited_for_and_healed_in_order(town, taken):
    for text in ("一", "二", "三"):
        town.send({"text": text})
    second = town.outbound("outer") / "outer-inner-0000000002.bundle"
    second.unlink()
    town.gate("outer", "inner")
    done = town.receive()
    assert [text for text, *_ in taken] == ["一"]
    assert done.missing == {"outer": [2]}
    with town.zone("outer"):
        bundles.write_again("inner", [2])
        with pytest.raises(InvalidInput, match="9"):
            bundles.write_again("inner", [9])
    town.gate("outer", "inner")
    done = town.receive()
    assert done.missing == {}
    assert [text for text, *_ in taken] == ["一", "二", "三"]


def test_a_bundle_written_again_is_the_very_same_file(town, taken):
    _keys, (path,) = town.send({"text": "一"})
    before = path.read_bytes()
    with town.zone("outer"):
        (again,) = bundles.write_again("inner", [1])
    assert again.read_bytes() == before


def test_a_half_arrived_bundle_waits_for_its_rest(town, taken):
    _keys, (path,) = town.send({"text": "一"})
    whole = path.read_bytes()
    path.unlink()
    target = town.inbound("inner") / path.name
    for length in (0, 3, 8, 11, 40, len(whole) // 2, len(whole) - 1):
        target.write_bytes(whole[:length])
        done = town.receive()
        assert list(done.partial) == [path.name], length
        assert target.exists()
    target.write_bytes(whole)
    assert town.receive().taken == [path.name]


def test_no_byte_of_a_bundle_can_be_changed(town, taken):
    _keys, (path,) = town.send({"text": "一"})
    whole = path.read_bytes()
    path.unlink()
    target = town.inbound("inner") / path.name
    for at in range(0, len(whole), 19):
        changed = bytearray(whole)
        changed[at] ^= 1
        target.write_bytes(bytes(changed))
        done = town.receive()
        assert not done.taken
        assert done.refused or done.partial
        target.unlink(missing_ok=True)
    assert taken == []
    assert Bundle.objects.filter(direction="in").count() == 0


def test_a_strangers_or_anothers_bundle_is_laid_aside_with_its_reason(town, taken, settings):
    _keys, (path,) = town.send({"text": "一"})
    own = path.read_bytes()
    with town.zone("stranger"):
        stranger = bundles.own_card()
        files.write(town.inbound("inner") / "a.bundle", files.compose("inner", 1, "2026-11-22T10:00:00+08:00", []))
    (town.inbound("inner") / "b.bundle").write_bytes(b"MZ this is no bundle")
    (town.inbound("inner") / "c.bundle").write_bytes(own + b"more")
    with town.zone("outer"):
        files.write(town.inbound("inner") / "d.bundle", files.compose("elsewhere", 1, "2026-11-22T10:00:00+08:00", []))
    done = town.receive()
    assert {name: why.split(",")[0].split(":")[0] for name, why in done.refused.items()} == {
        "a.bundle": "from zone 'stranger'",
        "b.bundle": "not a bundle",
        "c.bundle": "4 bytes too many",
        "d.bundle": "meant for zone 'elsewhere'",
    }
    aside = town.inbound("inner") / "refused"
    assert sorted(p.name for p in aside.glob("*.bundle")) == ["a.bundle", "b.bundle", "c.bundle", "d.bundle"]
    assert "stranger" in (aside / "a.bundle.reason").read_text()
    assert stranger.zone == "stranger"
    with town.zone("inner"):
        assert bundles.status()["refused_files"] == 4


def test_a_number_taken_with_other_content_is_refused(town, taken):
    town.send({"text": "一"})
    town.gate("outer", "inner")
    town.receive()
    with town.zone("outer"):
        files.write(town.inbound("inner") / "x.bundle", files.compose("inner", 1, "2026-11-22T10:00:00+08:00", []))
    assert "other content" in town.receive().refused["x.bundle"]


def test_a_handler_that_breaks_loses_nothing_and_holds_the_order(town, taken, monkeypatch):
    town.send({"text": "一"})
    town.send({"text": "break"})
    town.send({"text": "三"})
    town.gate("outer", "inner")
    done = town.receive()
    assert list(done.failed) == ["outer-inner-0000000002.bundle"]
    assert [text for text, *_ in taken] == ["一"]
    assert IncomingMessage.objects.count() == 1
    whole = registry._handlers["letter"]
    monkeypatch.setitem(
        registry._handlers,
        "letter",
        lambda payload, meta: whole({**payload, "text": payload["text"].replace("break", "二")}, meta),
    )
    assert len(town.receive().taken) == 2
    assert [text for text, *_ in taken] == ["一", "二", "三"]


def test_a_topic_nobody_handles_is_refused_by_name(town, monkeypatch):
    monkeypatch.setattr(registry, "_handlers", {})
    (key,), _paths = town.send({"text": "一"})
    town.gate("outer", "inner")
    assert town.receive().messages_refused == 1
    assert "letter" in IncomingMessage.objects.get(key=key).outcome["reason"]


def test_large_messages_are_spread_over_bundles_and_none_waits_for_ever(town, taken, monkeypatch):
    monkeypatch.setattr(exchange, "BYTES_PER_BUNDLE", 3000)
    _keys, paths = town.send({"text": "大" * 5000}, {"text": "一" * 300}, {"text": "二" * 300}, {"text": "三" * 900})
    assert len(paths) == 3
    town.gate("outer", "inner")
    assert town.receive().accepted == 4
    assert [text[0] for text, *_ in taken] == ["大", "一", "二", "三"]


def test_what_gathers_is_sent_just_before_packing_until_there_is_no_more(town, taken, monkeypatch):
    gathered = [{"text": "一"}, {"text": "二"}]

    def feed():
        if not gathered:
            return False
        bundles.send("letter", gathered.pop(0))
        return True

    monkeypatch.setattr(registry, "_feeders", [feed])
    with town.zone("outer"):
        assert len(bundles.pack()) == 1
    town.gate("outer", "inner")
    assert town.receive().accepted == 2


def test_the_lag_tells_what_waits_what_is_unanswered_and_what_is_missing(town, taken, clock):
    with town.zone("outer"):
        bundles.send("letter", {"text": "一"})
        clock.move(timedelta(hours=1))
        assert bundles.lag().waiting == timedelta(hours=1)
        bundles.pack()
        bundles.send("letter", {"text": "二"})
        bundles.pack()
        lag = bundles.lag()
        assert (lag.waiting, lag.unanswered) == (timedelta(), timedelta(hours=1))
    first, *_ = sorted((town.root / "outer" / "outbound").glob("*.bundle"))
    first.rename(town.root / "lost")
    town.gate("outer", "inner")
    with town.zone("inner"):
        bundles.receive()
        assert bundles.lag().missing == {"outer": [1]}


def test_a_zones_card_is_never_silently_replaced(town):
    with town.zone("inner"):
        other = bundles.Card("outer", bundles.own_card().sign, bundles.own_card().seal)
        with pytest.raises(InvalidInput):
            bundles.trust(other)
        with pytest.raises(InvalidInput):
            bundles.Card.from_text('{"huying": "zone card 1", "zone": "x", "sign": "00", "seal": "00"}')
        with pytest.raises(Unavailable):
            bundles.send("letter", {}, to="nowhere")


def test_the_national_cipher_carries_messages_too(town, taken, settings):
    settings.HUYING_CRYPTO = "sm"
    town.send({"text": SECRET})
    settings.HUYING_CRYPTO = "aes"
    town.gate("outer", "inner")
    assert town.receive().accepted == 1
