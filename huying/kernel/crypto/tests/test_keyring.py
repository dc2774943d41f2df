import shutil
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner

from huying.kernel import crypto
from huying.kernel.crypto.backup import export_keys, import_keys
from huying.kernel.crypto.commands import group
from huying.kernel.crypto.keyring import Keyring
from huying.kernel.errors import InvalidInput, Refused, Unavailable
from huying.kernel.words import words

PASSPHRASE = "correct horse battery"


def test_a_key_is_made_at_first_need_readable_by_its_owner_alone(ring):
    assert ring.all() == []
    crypto.seal(b"x", b"")
    (file,) = ring.folder.glob("*.key")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700


def test_processes_that_start_together_agree_on_one_key(tmp_path):
    rings = [Keyring(tmp_path / "keys") for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda ring: ring.current("seal"), rings))
    assert len({key.id for key in made}) == 1
    assert len(list((tmp_path / "keys").glob("*.key"))) == 1


def test_after_rotation_new_values_have_the_new_key_and_old_ones_open(ring):
    old = crypto.seal(b"old", b"c")
    before = ring.current("seal")
    key = crypto.rotate()
    new = crypto.seal(b"new", b"c")
    assert crypto.made_by(old).key_id == before.id
    assert crypto.made_by(new).key_id == key.id != before.id
    assert (crypto.open_(old, b"c"), crypto.open_(new, b"c")) == (b"old", b"new")


def test_a_running_process_takes_up_a_key_another_one_made(ring):
    crypto.seal(b"x", b"")
    other = Keyring(ring.folder)
    made = other.create("seal")
    assert crypto.made_by(crypto.seal(b"x", b"")).key_id == made.id


def test_a_look_up_by_mac_survives_rotation(ring):
    stored = crypto.mac("phone", b"13905780001")
    crypto.rotate("mac")
    assert crypto.mac("phone", b"13905780001") != stored
    assert stored in crypto.mac_candidates("phone", b"13905780001")
    assert stored not in crypto.mac_candidates("phone", b"13905780002")


def test_a_lost_key_is_named(ring):
    sealed = crypto.seal(b"x", b"c")
    key = ring.current("seal")
    (ring.folder / f"{key.id}.key").unlink()
    crypto.seal(b"y", b"c")
    with pytest.raises(crypto.KeyLost, match=key.id):
        crypto.open_(sealed, b"c")


def test_a_damaged_key_file_stops_rather_than_making_another_key(ring):
    crypto.seal(b"x", b"c")
    (file,) = ring.folder.glob("*.key")
    (ring.folder / f"{file.stem}.key.tmp").write_text(file.read_text()[:30])
    (ring.folder / f"{file.stem}.key.tmp").rename(file)
    with pytest.raises(Unavailable, match=file.stem):
        crypto.seal(b"y", b"c")


def test_an_unknown_suite_is_refused_by_name(ring, settings):
    settings.HUYING_CRYPTO = "rot13"
    with pytest.raises(Unavailable, match="rot13"):
        crypto.seal(b"x", b"")


class Shelf:
    """A table with sealed values, as a domain would have one."""

    def __init__(self, n):
        self.rows = [crypto.seal(f"secret {i}".encode(), f"row {i}".encode()) for i in range(n)]
        self.batches = []

    def counts(self):
        found = {}
        for row in self.rows:
            key_id = crypto.made_by(row).key_id
            found[key_id] = found.get(key_id, 0) + 1
        return found

    def reseal(self, outdated, limit):
        todo = [i for i, row in enumerate(self.rows) if crypto.made_by(row).key_id in outdated][:limit]
        for i in todo:
            self.rows[i] = crypto.seal(crypto.open_(self.rows[i], f"row {i}".encode()), f"row {i}".encode())
        self.batches.append(len(todo))
        return len(todo)

    def opened(self):
        return [crypto.open_(row, f"row {i}".encode()).decode() for i, row in enumerate(self.rows)]


@pytest.fixture
def shelf(ring, monkeypatch):
    monkeypatch.setattr("huying.kernel.crypto.stores._stores", {})
    shelf = Shelf(1203)
    crypto.register(crypto.SealedStore("shelf", words("当事人身份", "identities"), "seal", shelf.counts, shelf.reseal))
    return shelf


def test_rekeying_seals_everything_anew_in_batches_and_under_the_new_algorithm(shelf, settings):
    settings.HUYING_CRYPTO = "sm"
    assert crypto.rekey() == {"shelf": 1203}
    assert {crypto.made_by(row).algorithm for row in shelf.rows} == {"sm4-gcm"}
    assert shelf.opened() == [f"secret {i}" for i in range(1203)]
    assert shelf.batches == [500, 500, 203, 0]
    assert crypto.rekey() == {"shelf": 0}


def test_rekeying_that_was_stopped_goes_on_where_it_stood(shelf):
    crypto.rotate()

    def stop(name, done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        crypto.rekey(stop)
    assert sorted(shelf.counts().values()) == [500, 703]
    assert crypto.rekey() == {"shelf": 703}
    assert shelf.opened()[1202] == "secret 1202"


def test_a_restore_without_the_key_says_what_is_lost_and_the_backup_cures_it(shelf, ring, tmp_path):
    backup = tmp_path / "usb"
    assert export_keys(backup, PASSPHRASE) == 1
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    key = ring.current("seal")
    shutil.rmtree(ring.folder)
    crypto.seal(b"a new one", b"")

    (lost,) = crypto.lost()
    assert (lost.store.name, lost.key_id, lost.rows) == ("shelf", key.id, 1203)

    assert [k.id for k in import_keys(backup, PASSPHRASE)] == [key.id]
    assert crypto.lost() == []
    assert shelf.opened()[0] == "secret 0"
    assert import_keys(backup, PASSPHRASE) == []


def test_the_key_backup_shows_no_key_and_opens_only_to_its_passphrase(ring, tmp_path):
    crypto.seal(b"x", b"")
    export_keys(tmp_path / "usb", PASSPHRASE)
    body = (tmp_path / "usb").read_bytes()
    assert ring.current("seal").secret not in body
    assert ring.current("seal").secret.hex().encode() not in body
    with pytest.raises(InvalidInput):
        import_keys(tmp_path / "usb", "another passphrase")
    (tmp_path / "cut").write_bytes(body[:-1])
    with pytest.raises(InvalidInput):
        import_keys(tmp_path / "cut", PASSPHRASE)


def test_the_key_backup_is_refused_inside_the_data_folder_and_never_overwrites(ring, tmp_path, settings):
    crypto.seal(b"x", b"")
    settings.HUYING_HOME = tmp_path / "home"
    with pytest.raises(Refused):
        export_keys(tmp_path / "home" / "backup" / "keys", PASSPHRASE)
    export_keys(tmp_path / "usb", PASSPHRASE)
    with pytest.raises(InvalidInput):
        export_keys(tmp_path / "usb", PASSPHRASE)
    with pytest.raises(InvalidInput):
        export_keys(tmp_path / "usb2", "short")


def test_the_commands_tell_of_keys_and_losses_but_never_a_key(shelf, ring, tmp_path):
    run = CliRunner().invoke
    secret = ring.current("seal").secret.hex()
    assert run(group, ["check"]).exit_code == 0
    assert run(group, ["rotate"]).exit_code == 0
    listed = run(group, ["list"])
    assert listed.output.count("aes-256-gcm") == 2
    assert listed.output.count("current") == 1
    assert "1203 sealed anew" in run(group, ["rekey"]).output
    done = run(group, ["export", str(tmp_path / "usb")], env={"HUYING_KEYS_PASSPHRASE": PASSPHRASE})
    assert "2 keys written" in done.output
    shutil.rmtree(ring.folder)
    checked = run(group, ["check"])
    assert checked.exit_code == 1
    assert "1203 × identities" in checked.output
    added = run(group, ["import", str(tmp_path / "usb")], env={"HUYING_KEYS_PASSPHRASE": PASSPHRASE})
    assert "2 keys added" in added.output
    assert run(group, ["check"]).exit_code == 0
    assert secret not in listed.output + done.output + checked.output + added.output
