"""Sealed values: known answers of the ciphers and hashes, and what a value that was changed or moved does."""

import hashlib

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from db.encryption.keys import CipherKind, DigestKind, FixedKeys, KeyRing, KeyVersion, new_ring
from db.encryption.vault import (
    HASHES,
    INDEX,
    SM4GCM,
    Sealed,
    Sealer,
    SealError,
    Vault,
    aead,
    blind_index,
    decrypt,
    version_of,
)
from db.errors import DataError
from db.input_values import luhn, normal_bank_card, normal_phone, normal_resident_number
from db.members import BANK_CARD, PHONE, RESIDENT_NUMBER
from db.personal_data.member_columns import personal_columns

NUMBER = "371003199001011234"
RINGS = [new_ring(cipher, digest) for cipher in CipherKind for digest in DigestKind]


@pytest.fixture(params=RINGS, ids=lambda ring: f"{ring.newest.cipher.value} {ring.newest.digest.value}")
def ring(request) -> KeyRing:
    return request.param


def sealed(ring: KeyRing, row: int = 7) -> bytes:
    return Sealer(ring.newest, RESIDENT_NUMBER).seal(row, NUMBER)


def opened(ring: KeyRing, value: bytes, *, table="member", column="resident_number", row=7) -> str:
    return decrypt(ring, [Sealed(table, column, row, value)])[0]


def test_aes_256_gcm_gives_the_answer_of_its_specification():
    cipher = aead(CipherKind.AES_256_GCM, bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2))
    nonce, bound = bytes.fromhex("cafebabefacedbaddecaf888"), bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    clear = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    answer = bytes.fromhex(
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )
    assert cipher.encrypt(nonce, clear, bound) == answer
    assert cipher.decrypt(nonce, answer, bound) == clear


def test_sm4_gcm_gives_the_answer_of_rfc_8998():
    cipher = SM4GCM(bytes.fromhex("0123456789abcdeffedcba9876543210"))
    nonce, bound = bytes.fromhex("00001234567800000000abcd"), bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    clear = bytes.fromhex("".join(letter * 16 for letter in "abcdefea"))
    answer = bytes.fromhex(
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
        "83de3541e4c2b58177e065a9bf7b62ec"
    )
    assert cipher.encrypt(nonce, clear, bound) == answer
    assert cipher.decrypt(nonce, answer, bound) == clear
    with pytest.raises(InvalidTag):
        cipher.decrypt(nonce, answer, bound + b"x")


@pytest.mark.parametrize(
    ("digest", "answer"),
    [
        (DigestKind.SHA_256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (DigestKind.SM3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"),
    ],
)
def test_a_blind_index_is_hmac_by_its_definition_over_column_and_value_cut_to_128_bits(digest, answer):
    name = HASHES[digest]
    assert hashlib.new(name, b"abc").hexdigest() == answer
    version = KeyVersion(1, CipherKind.AES_256_GCM, digest, bytes(32), bytes(range(32)))
    key = version.index_key.ljust(64, b"\0")
    inner = hashlib.new(name, bytes(byte ^ 0x36 for byte in key) + b"member.resident_number\x1f" + NUMBER.encode())
    outer = hashlib.new(name, bytes(byte ^ 0x5C for byte in key) + inner.digest())
    assert blind_index(version, RESIDENT_NUMBER, NUMBER) == outer.digest()[:INDEX]
    assert Sealer(version, RESIDENT_NUMBER).index(NUMBER) == outer.digest()[:INDEX]


def test_what_is_sealed_can_be_opened_and_does_not_show_the_value(ring):
    value = sealed(ring)
    assert opened(ring, value) == NUMBER
    assert NUMBER.encode() not in value
    assert len(value) == 3 + 12 + len(NUMBER) + 16
    assert version_of(value) == 1


def test_the_same_value_is_never_sealed_alike(ring):
    assert len({sealed(ring) for _ in range(1_000)}) == 1_000


def test_a_change_of_any_byte_is_found(ring):
    value = sealed(ring)
    for place in range(len(value)):
        changed = value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :]
        with pytest.raises(SealError) as error:
            opened(ring, changed)
        assert NUMBER not in str(error.value)


@pytest.mark.parametrize("length", [0, 1, 3, 15, 30, 31, 48])
def test_a_value_that_was_cut_off_is_found(ring, length):
    with pytest.raises(SealError):
        opened(ring, sealed(ring)[:length])


@pytest.mark.parametrize("elsewhere", [{"row": 8}, {"row": 77}, {"column": "phone"}, {"table": "principal"}])
def test_a_value_moved_to_another_row_or_column_does_not_open(ring, elsewhere):
    with pytest.raises(SealError, match="comes from another row or column"):
        opened(ring, sealed(ring), **elsewhere)


def test_another_key_under_the_same_number_does_not_open_it(ring):
    with pytest.raises(SealError, match="another key under the number 1"):
        opened(new_ring(ring.newest.cipher), sealed(ring))


def test_a_version_that_is_missing_is_named_with_those_that_are_there(ring):
    value = sealed(ring.with_new(CipherKind.AES_256_GCM, DigestKind.SHA_256))
    with pytest.raises(SealError, match=r"key version 2, which is not in the key ring \(it has 1\)"):
        opened(ring, value)


def test_a_version_under_another_cipher_is_refused():
    ring = new_ring(CipherKind.SM4_GCM)
    value = bytes([1]) + sealed(ring)[1:]
    with pytest.raises(SealError, match="names another cipher"):
        opened(ring, value)


def test_old_versions_open_until_they_are_dropped(ring):
    value = sealed(ring)
    newer = ring.with_new(CipherKind.SM4_GCM, DigestKind.SM3)
    assert opened(newer, value) == NUMBER
    assert version_of(sealed(newer)) == 2
    with pytest.raises(SealError, match="key version 1"):
        opened(newer.without({1}), value)


def test_values_of_several_rows_are_opened_in_order(ring):
    vault = Vault(FixedKeys(ring))
    rows = [(row, f"13800{row:06d}") for row in range(50)]
    values = [Sealed("member", "phone", row, vault.seal(PHONE, row, phone)) for row, phone in rows]
    assert vault.open(reversed(values)) == [phone for _, phone in reversed(rows)]


def test_blind_indexes_are_equal_for_equal_values_of_a_column_and_for_no_others(ring):
    vault = Vault(FixedKeys(ring))
    assert vault.indexes(PHONE, "13800138000") == vault.indexes(PHONE, "13800138000")
    assert vault.indexes(PHONE, "13800138000") != vault.indexes(PHONE, "13800138001")
    assert vault.indexes(PHONE, "13800138000") != vault.indexes(RESIDENT_NUMBER, "13800138000")
    assert vault.indexes(PHONE, "13800138000") != Vault(FixedKeys(new_ring())).indexes(PHONE, "13800138000")


def test_while_keys_are_rotated_a_value_is_searched_under_every_version(ring):
    old = Vault(FixedKeys(ring)).indexes(PHONE, "13800138000")
    new = Vault(FixedKeys(ring.with_new(CipherKind.AES_256_GCM, DigestKind.SM3))).indexes(PHONE, "13800138000")
    assert len(new) == 2
    assert new[0] not in old
    assert new[1:] == old


def test_neither_a_ring_nor_its_errors_print_a_key(ring):
    for key in (ring.newest.key, ring.newest.index_key):
        assert repr(key)[2:10] not in repr(ring)
        assert key.hex() not in repr(ring)


def test_random_values_of_aesgcm_are_what_the_library_seals():
    ring = new_ring()
    value = sealed(ring)
    bound = value[:3] + b"member.resident_number\x1f7"
    assert AESGCM(ring.newest.key).decrypt(value[3:15], value[15:], bound) == NUMBER.encode()


def test_personal_values_are_written_with_their_index_and_the_parts_that_masks_show(ring):
    vault = Vault(FixedKeys(ring))
    card = "620000000000000001" + luhn("620000000000000001")
    made = personal_columns(
        vault,
        7,
        resident_number=" 37100319900101002x",
        phone="+86 138-0013-8000",
        bank_card=card,
        birth_date="1990-01-01",
    )
    assert opened(ring, made["resident_number"]) == "37100319900101002X"
    assert made["resident_number_region"] == "371003"
    assert made["resident_number_index"] == vault.indexes(RESIDENT_NUMBER, "37100319900101002X")[0]
    assert opened(ring, made["phone"], column="phone") == "13800138000"
    assert made["phone_head"] == "138"
    assert opened(ring, made["bank_card"], column=BANK_CARD.column) == card
    assert opened(ring, made["birth_date"], column="birth_date") == "1990-01-01"
    assert made["birth_year_from"] == 1990
    assert {name for name, value in made.items() if isinstance(value, bytes)} | {
        "resident_number_region",
        "phone_head",
        "birth_year_from",
    } == set(made)


def test_a_value_that_is_taken_away_takes_its_index_and_parts_along(ring):
    made = personal_columns(
        Vault(FixedKeys(ring)), 7, resident_number=None, phone=None, bank_card=None, birth_date=None
    )
    assert set(made.values()) == {None}
    assert {"resident_number_index", "resident_number_region", "phone_index", "bank_card", "birth_date"} <= set(made)


@pytest.mark.parametrize(
    ("normal", "bad"),
    [
        (normal_resident_number, "37100319900101123"),
        (normal_resident_number, "37100319900101123Y"),
        (normal_resident_number, "３７１００３１９９００１０１１２３４"),
        (normal_phone, "1380013800"),
        (normal_phone, "phone number"),
        (normal_bank_card, "6200000000000000011"),
        (normal_bank_card, "62"),
    ],
)
def test_a_value_without_the_form_of_its_kind_is_refused_and_not_repeated(normal, bad):
    with pytest.raises(DataError) as error:
        normal(bad)
    assert bad not in str(error.value)


def test_a_day_of_birth_that_is_none_is_refused(ring):
    with pytest.raises(DataError, match="YYYY-MM-DD"):
        personal_columns(Vault(FixedKeys(ring)), 7, birth_date="1990-02-30")


@pytest.mark.parametrize(("digits", "check"), [("7992739871", "3"), ("620000000000000", "5"), ("0", "0")])
def test_luhn_gives_known_check_digits(digits, check):
    assert luhn(digits) == check
