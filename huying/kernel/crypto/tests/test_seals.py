import hashlib
import time

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from huying.kernel import crypto

SAME_RING = examples(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)


@SAME_RING
@given(plain=st.binary(max_size=300), context=st.binary(max_size=60))
def test_what_is_sealed_opens_in_its_context(suite, plain, context):
    assert crypto.open_(crypto.seal(plain, context), context) == plain


def test_a_value_moved_to_another_row_does_not_open(suite):
    sealed = crypto.seal("王某 13905780001".encode(), b"party:1")
    with pytest.raises(crypto.Damaged):
        crypto.open_(sealed, b"party:2")


def test_no_byte_of_a_sealed_value_can_be_changed_or_cut(suite):
    sealed = crypto.seal(b"secret", b"c")
    for at in range(len(sealed)):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises((crypto.Damaged, crypto.KeyLost)):
            crypto.open_(bytes(changed), b"c")
    for length in range(len(sealed)):
        with pytest.raises(crypto.Damaged):
            crypto.open_(sealed[:length], b"c")


def test_the_same_secret_twice_does_not_look_the_same(suite):
    assert crypto.seal(b"13905780001", b"c") != crypto.seal(b"13905780001", b"c")
    assert b"13905780001" not in crypto.seal(b"13905780001", b"c")


def test_a_value_says_by_which_algorithm_and_key_it_was_made(ring, settings):
    for name, sealing, authenticating in (("aes", "aes-256-gcm", "hmac-sha256"), ("sm", "sm4-gcm", "hmac-sm3")):
        settings.HUYING_CRYPTO = name
        assert crypto.made_by(crypto.seal(b"x", b"")) == crypto.Made(sealing, ring.current("seal").id)
        assert crypto.made_by(crypto.mac("chain", b"x")) == crypto.Made(authenticating, ring.current("mac").id)


def test_the_algorithms_are_the_standard_ones(ring, settings):
    sealed = crypto.seal(b"plain", b"ctx")
    key, head, nonce, body = ring.current("seal"), sealed[:6], sealed[6:18], sealed[18:]
    assert AESGCM(key.secret).decrypt(nonce, body, head + b"ctx") == b"plain"
    settings.HUYING_CRYPTO = "sm"
    sealed = crypto.seal(b"plain", b"ctx")
    key, head, nonce, body = ring.current("seal"), sealed[:6], sealed[6:18], sealed[18:]
    reading = Cipher(algorithms.SM4(key.secret), modes.GCM(nonce, body[-16:])).decryptor()
    reading.authenticate_additional_data(head + b"ctx")
    assert reading.update(body[:-16]) + reading.finalize() == b"plain"


def test_values_of_both_suites_are_read_side_by_side(ring, settings):
    settings.HUYING_CRYPTO = "aes"
    old, old_tag, old_digest = crypto.seal(b"a", b"1"), crypto.mac("chain", b"a"), crypto.digest(b"a")
    settings.HUYING_CRYPTO = "sm"
    new, new_tag, new_digest = crypto.seal(b"b", b"2"), crypto.mac("chain", b"b"), crypto.digest(b"b")
    assert (crypto.open_(old, b"1"), crypto.open_(new, b"2")) == (b"a", b"b")
    assert crypto.mac_verify("chain", b"a", old_tag)
    assert crypto.mac_verify("chain", b"b", new_tag)
    assert crypto.digest_verify(b"a", old_digest)
    assert crypto.digest_verify(b"b", new_digest)


def test_a_mac_holds_for_its_purpose_and_data_alone(suite):
    tag = crypto.mac("chain", b"row 1")
    assert crypto.mac_verify("chain", b"row 1", tag)
    assert not crypto.mac_verify("chain", b"row 2", tag)
    assert not crypto.mac_verify("query code", b"row 1", tag)
    assert not crypto.mac_verify("chain", b"row 1", tag[:-1] + bytes([tag[-1] ^ 1]))
    assert not crypto.mac_verify("chain", b"row 1", b"")
    assert not crypto.mac_verify("chain", b"row 1", b"nonsense of some length")


def test_a_sealed_value_is_no_mac_and_a_mac_is_not_sealed(suite):
    with pytest.raises(crypto.Damaged):
        crypto.open_(crypto.mac("chain", b"x"), b"")
    assert not crypto.mac_verify("chain", b"x", crypto.seal(b"x", b""))


def test_digests_name_their_algorithm(ring, settings):
    assert crypto.digest(b"abc") == "sha256:" + hashlib.sha256(b"abc").hexdigest()
    settings.HUYING_CRYPTO = "sm"
    # GB/T 32905-2016, example 1
    assert crypto.digest(b"abc") == "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert not crypto.digest_verify(b"abd", crypto.digest(b"abc"))
    assert not crypto.digest_verify(b"abc", "md5:900150983cd24fb0d6963f7d28e17f72")


def test_a_digest_in_pieces_is_the_digest_of_the_whole(suite):
    assert crypto.digest_of([b"a", b"", b"bc"]) == crypto.digest(b"abc")


def test_sealing_keeps_up_with_bulk_intake(ring):
    crypto.seal(b"", b"")
    best = 0.0
    for _ in range(5):
        begun = time.process_time()
        for _ in range(2000):
            crypto.seal(b"x" * 200, b"identities.party:matter:17:reporter")
        best = max(best, 2000 / (time.process_time() - begun))
    assert best >= 20_000, f"{best:.0f} seals a second"
