"""Copies of shared libraries in which symbols have lost a prefix of their names.

It knows 64-bit little-endian ELF, which is what Linux has on x86-64 and on 64-bit ARM.
"""

from __future__ import annotations

import struct
from typing import Any

# Numbers of the ELF format: kinds of sections, a tag of the dynamic section, visibilities.
DYNSYM, SYSV_HASH, DYNAMIC, GNU_HASH = 11, 5, 6, 0x6FFFFFF6
SONAME = 14
HIDDEN, PROTECTED = 2, 3
SYMBOL_BYTES = 24


def without_prefix(source: bytes, prefix: bytes) -> bytes:
    """Return a shared library like `source` whose symbols have lost `prefix`.

    The file keeps its size and layout: a name begins some bytes later, and the hash tables are
    filled anew for the new names. The renamed symbols are *protected*: others find them, and the
    library itself always calls its own. All others are *hidden*, so that a second OpenBLAS in the
    process never meets the insides of this one. The library's own name loses the prefix too, or
    a package that needs the true one would get this copy.

    Raises ValueError for what is no 64-bit little-endian ELF library with such symbols.
    """
    if source[:6] != b"\x7fELF\x02\x01":
        raise ValueError("the library is not a 64-bit little-endian ELF file")
    copy = bytearray(source)
    try:
        table, header_bytes, count = _read("<Q", copy, 0x28)[0], *_read("<HH", copy, 0x3A)
        headers = [_read("<IIQQQQIIQQ", copy, table + header_bytes * i) for i in range(count)]
        kinds = {header[1]: header for header in headers}
        symbols, strings = kinds[DYNSYM], headers[kinds[DYNSYM][6]]
        if symbols[5] > len(copy):
            raise ValueError("it names more symbols than it has bytes")
        names = _rename(copy, symbols[4], symbols[5] // SYMBOL_BYTES, strings[4], prefix)
        if GNU_HASH in kinds:
            _fill_gnu_hash(copy, kinds[GNU_HASH][4], names)
        if SYSV_HASH in kinds:
            _fill_sysv_hash(copy, kinds[SYSV_HASH][4], len(names))
        _rename_library(copy, kinds[DYNAMIC][4], kinds[DYNAMIC][5], strings[4], prefix)
    except (struct.error, LookupError, ValueError) as error:
        raise ValueError(f"the library is damaged ({error!r})") from error
    if not any(names):
        raise ValueError(f"the library has no symbols that begin with {prefix.decode()}")
    return bytes(copy)


def _read(form: str, data: bytearray, place: int) -> tuple[Any, ...]:
    return struct.unpack_from(form, data, place)


def _name_at(data: bytearray, place: int) -> bytes:
    return bytes(data[place : data.index(0, place)])


def _rename(copy: bytearray, start: int, count: int, strings: int, prefix: bytes) -> list[bytes]:
    """Rename the symbols and set their visibility. Return the new names, b"" for hidden ones."""
    names = [b""] * count
    for number in range(count):
        place = start + SYMBOL_BYTES * number
        name_at, info, _, section = _read("<IBBH", copy, place)
        if not section or not info >> 4:  # used here but not defined, or local already
            continue
        name = _name_at(copy, strings + name_at)
        copy[place + 5] = HIDDEN
        if name.startswith(prefix):
            names[number] = name.removeprefix(prefix)
            struct.pack_into("<IBB", copy, place, name_at + len(prefix), info, PROTECTED)
    return names


def _fill_gnu_hash(copy: bytearray, place: int, names: list[bytes]) -> None:
    """Fill DT_GNU_HASH: a Bloom filter, then one bucket, so that the symbols keep their order."""
    _, first, words, shift = _read("<4I", copy, place)
    if not 0 < words < len(copy):
        raise ValueError("its hash table has no filter")
    hashes = [gnu_hash(name) for name in names[first:]]
    bloom = [0] * words
    for value in hashes:  # hidden symbols have one, too: the chain has a place for each
        bloom[value // 64 % words] |= 1 << value % 64 | 1 << (value >> shift) % 64
    chain = [value & ~1 for value in hashes]
    chain[-1] |= 1  # marks the end
    struct.pack_into("<I", copy, place, 1)
    struct.pack_into(f"<{words}QI{len(chain)}I", copy, place + 16, *bloom, first, *chain)


def gnu_hash(name: bytes) -> int:
    """Return the hash of a symbol's name that DT_GNU_HASH uses."""
    value = 5381
    for byte in name:
        value = (value * 33 + byte) & 0xFFFFFFFF
    return value


def _fill_sysv_hash(copy: bytearray, place: int, count: int) -> None:
    """Fill DT_HASH with one bucket: a chain of all symbols, which needs no hash at all."""
    chain = [0, *range(2, count), 0]
    struct.pack_into(f"<II{1 + count}I", copy, place, 1, count, 1, *chain)


def _rename_library(copy: bytearray, start: int, size: int, strings: int, prefix: bytes) -> None:
    """Cut the prefix, and what stands before it, off the name that the library gives itself."""
    for place in range(start, start + size, 16):
        tag, value = _read("<QQ", copy, place)
        cut = _name_at(copy, strings + value).find(prefix) if tag == SONAME else -1
        if cut >= 0:
            struct.pack_into("<Q", copy, place + 8, value + cut + len(prefix))
