"""codings.py - bodies coded and decoded, by Python's zlib and by the libraries of brotli and zstd"""

import ctypes
import ctypes.util
import zlib

ROOM = 1 << 24
PIECE = 1 << 17


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


def plain(coding, data):
    """What a body of this coding means; it must be whole."""
    if coding is None:
        return data
    if coding == "gzip":
        reader = zlib.decompressobj(wbits=31)
        body = reader.decompress(data)
        assert reader.eof and not reader.unused_data
        return body
    return {"br": _plain_br, "zstd": _plain_zstd}[coding](data)


def _plain_br(data):
    library, out = _library("brotlidec"), ctypes.create_string_buffer(ROOM)
    size = ctypes.c_size_t(ROOM)
    library.BrotliDecoderDecompress.argtypes = [
        ctypes.c_size_t, ctypes.c_char_p, ctypes.POINTER(ctypes.c_size_t), ctypes.c_char_p,
    ]
    assert library.BrotliDecoderDecompress(len(data), data, ctypes.byref(size), out) == 1
    return out.raw[: size.value]


def _plain_zstd(data):
    library, out = _library("zstd"), ctypes.create_string_buffer(ROOM)
    library.ZSTD_decompress.restype = ctypes.c_size_t
    library.ZSTD_decompress.argtypes = [
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t,
    ]
    n = library.ZSTD_decompress(out, ROOM, data, len(data))
    assert not library.ZSTD_isError(ctypes.c_size_t(n))
    return out.raw[:n]


class Reader:
    """What the bytes so far mean, as a client decodes them while they come."""

    def __init__(self, coding):
        self.read = {None: bytes, "gzip": zlib.decompressobj(wbits=31).decompress, "br": _BrReader(),
                     "zstd": _ZstdReader()}[coding]


class _BrReader:
    def __init__(self):
        self.library = _library("brotlidec")
        self.library.BrotliDecoderCreateInstance.restype = ctypes.c_void_p
        self.library.BrotliDecoderDecompressStream.argtypes = [
            ctypes.c_void_p, ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_char_p),
            ctypes.POINTER(ctypes.c_size_t), ctypes.POINTER(ctypes.c_void_p), ctypes.c_void_p,
        ]
        self.state = self.library.BrotliDecoderCreateInstance(None, None, None)

    def __call__(self, data):
        size, at = ctypes.c_size_t(len(data)), ctypes.c_char_p(data)
        read, code = b"", 3
        while code == 3:  # it needs more room
            out = ctypes.create_string_buffer(PIECE)
            room, to = ctypes.c_size_t(PIECE), ctypes.c_void_p(ctypes.addressof(out))
            code = self.library.BrotliDecoderDecompressStream(
                self.state, ctypes.byref(size), ctypes.byref(at), ctypes.byref(room),
                ctypes.byref(to), None)
            read += out.raw[: PIECE - room.value]
        assert code in (1, 2) and size.value == 0  # over, or more is needed
        return read


class _Buffer(ctypes.Structure):
    _fields_ = [("at", ctypes.c_void_p), ("size", ctypes.c_size_t), ("used", ctypes.c_size_t)]


class _ZstdReader:
    def __init__(self):
        self.library = _library("zstd")
        self.library.ZSTD_createDStream.restype = ctypes.c_void_p
        self.library.ZSTD_decompressStream.restype = ctypes.c_size_t
        self.library.ZSTD_decompressStream.argtypes = [
            ctypes.c_void_p, ctypes.POINTER(_Buffer), ctypes.POINTER(_Buffer),
        ]
        self.stream = self.library.ZSTD_createDStream()

    def __call__(self, data):
        kept, read = ctypes.create_string_buffer(data, len(data)), b""
        given = _Buffer(ctypes.addressof(kept), len(data), 0)
        is_full = False
        while given.used < given.size or is_full:
            room = ctypes.create_string_buffer(PIECE)
            out = _Buffer(ctypes.addressof(room), PIECE, 0)
            code = self.library.ZSTD_decompressStream(
                self.stream, ctypes.byref(out), ctypes.byref(given))
            assert not self.library.ZSTD_isError(ctypes.c_size_t(code))
            is_full = out.used == PIECE
            read += room.raw[: out.used]
        return read
