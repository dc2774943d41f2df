import re
import unicodedata
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel import ids
from huying.kernel.errors import InvalidInput

divisions = st.integers(110000, 829999).map(str)
days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
numbers = st.builds(ids.matter_number, divisions, days, st.integers(1, 9_999_999))


def test_a_number_reads_division_date_sequence_check():
    number = ids.matter_number("331102004000", date(2026, 11, 22), 318)
    assert number.startswith("331102-20261122-00318-")
    assert ids.parse_matter_number(number) == ids.MatterNumber("331102", date(2026, 11, 22), 318, number[-1])


def test_the_check_character_is_that_of_the_identity_card():
    # GB 11643's own example number: 11010519491231002 has X. Division 110105, day 1949-12-31 and a sequence of 00002
    # differ in length, so the scheme is compared through an independent reckoning: sum of digit × 2^k mod 11 is 1.
    number = ids.matter_number("110105", date(1949, 12, 31), 2).replace("-", "")
    values = [10 if c == "X" else int(c) for c in number]
    assert sum(v * 2**k for k, v in enumerate(reversed(values))) % 11 == 1


@given(divisions, days, st.integers(1, 10**12 - 1))
def test_what_is_written_is_read_back(division, day, sequence):
    parsed = ids.parse_matter_number(ids.matter_number(division, day, sequence))
    assert (parsed.division, parsed.day, parsed.sequence) == (division, day, sequence)
    assert str(parsed) == ids.matter_number(division, day, sequence)


@given(numbers)
def test_it_is_read_however_people_write_it(number):
    wide = number.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789X-"})
    for written in (number.lower(), number.replace("-", ""), number.replace("-", " – "), wide, f"  {number}\n"):
        assert str(ids.parse_matter_number(written)) == number


@given(numbers, st.data())
def test_every_single_wrong_digit_is_found(number, data):
    plain = number.replace("-", "")
    at = data.draw(st.integers(0, len(plain) - 1))
    for wrong in "0123456789X" if at == len(plain) - 1 else "0123456789":
        if wrong != plain[at]:
            with pytest.raises(InvalidInput):
                ids.parse_matter_number(plain[:at] + wrong + plain[at + 1 :])


@given(numbers)
def test_every_swap_of_two_neighbours_is_found(number):
    plain = number.replace("-", "")
    for at in range(len(plain) - 1):
        if plain[at] != plain[at + 1]:
            with pytest.raises(InvalidInput):
                ids.parse_matter_number(plain[:at] + plain[at + 1] + plain[at] + plain[at + 2 :])


def _with_check(digits: str) -> str:
    from stdnum.iso7064 import mod_11_2

    return digits + mod_11_2.calc_check_digit(digits)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "没有填写"),
        ("331102-2026112A-00318-1", "A"),
        ("331102-20261122-31-1", "位"),
        ("1" * 60, "位"),
        (_with_check("331102" + "20260230" + "00001"), "20260230"),
        (_with_check("331102" + "20261122" + "00000"), "顺序号"),
        (_with_check("331102" + "20261122" + "000318"), "顺序号"),
    ],
)
def test_the_error_names_what_is_wrong(text, names):
    with pytest.raises(InvalidInput) as caught:
        ids.parse_matter_number(text)
    assert names in caught.value.message
    assert caught.value.cure


@pytest.mark.parametrize(("division", "sequence"), [("3311", 1), ("33110a", 1), ("331102", 0), ("３３１１０２", 1)])
def test_a_number_is_never_made_from_nonsense(division, sequence):
    with pytest.raises(ValueError):
        ids.matter_number(division, date(2026, 1, 1), sequence)


def plain(text):
    return re.sub(r"[^0-9X]", "", unicodedata.normalize("NFKC", text).upper())


@given(st.text(max_size=40) | st.text("0123456789Xx- ", min_size=18, max_size=26))
def test_any_text_is_a_number_or_a_clear_refusal(text):
    with suppress(InvalidInput):
        assert str(ids.parse_matter_number(text)).replace("-", "") in plain(text)


def test_query_codes_are_sixteen_digits_in_fours_and_do_not_repeat():
    codes = {ids.query_code() for _ in range(2000)}
    assert len(codes) == 2000
    assert all([len(part) for part in code.split("-")] == [4, 4, 4, 4] for code in codes)
    assert 10**ids.QUERY_CODE_DIGITS >= 2**50
    assert len({code[0] for code in codes}) == 10


def test_a_query_code_is_read_with_or_without_its_dashes():
    assert ids.plain_query_code("４２０７ 1183—9056-2214") == "4207118390562214"
    assert ids.plain_query_code("4207-1183-9056-221") == ""
    assert ids.plain_query_code("4207-1183-9056-22l4") == ""


def test_what_is_stored_of_a_query_code_opens_only_its_own_record():
    code = ids.query_code()
    stored = ids.query_code_digest(code, "matter:17")
    assert ids.query_code_matches(f" {code.replace('-', '')} ", "matter:17", stored)
    assert not ids.query_code_matches(code, "matter:18", stored)
    assert not ids.query_code_matches(ids.query_code(), "matter:17", stored)
    assert not ids.query_code_matches("", "matter:17", stored)
    assert ids.plain_query_code(code).encode() not in stored
