"""Describes an HDF5 file in the words of described_hdf5.h; the corpus began with such descriptions.

    python describe_hdf5.py FILE >corpus/weights/NAME
"""
import sys

import h5py
import numpy as np

TYPES = {"float32": "f32", "float64": "f64", "uint8": "u8", "int8": "i8", "int32": "i32",
         "int64": "i64", "float16": "f16", ">f4": "big"}


def text(value):
    return (value.decode() if isinstance(value, bytes) else str(value)).replace(" ", "~")


def words(values):
    return " ".join(text(value) for value in np.atleast_1d(values))


def describe_attributes(path, item):
    for name, value in item.attrs.items():
        kind = item.attrs.get_id(name).dtype
        if np.size(value) == 0:
            print("set", path, name, "empty -")
        elif kind.kind in "OS":
            print("set", path, name, "strings" if kind.kind == "S" else "vlen", words(value))
        else:
            print("set", path, name, "i64" if kind.kind in "iu" else "f32", words(value))


def describe(path, item):
    if isinstance(item, h5py.Dataset):
        if item.dtype.kind in "OS":
            print("strings", path, words(item[()]))
        else:
            print("data", path, TYPES.get(str(item.dtype), "compound"), *item.shape)
    elif not item.keys() and not item.attrs:
        print("group", path)
    describe_attributes(path, item)


with h5py.File(sys.argv[1]) as file:
    describe_attributes("/", file)
    file.visititems(describe)
