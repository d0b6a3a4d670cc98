"""codings.py - bodies coded and decoded, by Python's zlib and by the libraries of brotli and zstd"""

import ctypes
import ctypes.util
import zlib

ROOM = 1 << 24


def _library(name):
    try:
        return ctypes.CDLL(ctypes.util.find_library(name) or f"lib{name}.so.1")
    except OSError as reason:
        raise AssertionError(f"the gateway needs lib{name} too: {reason}") from reason


def _deflate(data, bits):
    packer = zlib.compressobj(wbits=bits)
    return packer.compress(data) + packer.flush()


def gzip(data):
    return _deflate(data, 31)


def deflate(data):
    return _deflate(data, 15)


def bare_deflate(data):
    return _deflate(data, -15)


def br(data):
    out, size = ctypes.create_string_buffer(len(data) * 2 + 1024), ctypes.c_size_t()
    size.value = len(out)
    library = _library("brotlienc")
    library.BrotliEncoderCompress.argtypes = [
        ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_size_t, ctypes.c_char_p,
        ctypes.POINTER(ctypes.c_size_t), ctypes.c_char_p,
    ]
    assert library.BrotliEncoderCompress(5, 22, 0, len(data), data, ctypes.byref(size), out)
    return out.raw[: size.value]


def zstd(data):
    library = _library("zstd")
    library.ZSTD_compress.restype = ctypes.c_size_t
    library.ZSTD_compress.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int,
    ]
    out = ctypes.create_string_buffer(len(data) * 2 + 1024)
    n = library.ZSTD_compress(out, len(out), data, len(data), 3)
    assert not library.ZSTD_isError(ctypes.c_size_t(n))
    return out.raw[:n]
