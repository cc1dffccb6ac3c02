"""Writes weights as Keras 3 does, with h5py alone.

    python keras3_file.py KERAS2.h5 OUT [--nameless] [--bfloat16] [--archive stored|deflated]

The numbers come from a ResNet-50 in layout keras2, with or without its head.
--nameless: as Keras before 3.6, without the attribute `name`.
--archive:  a .keras file, as model.save writes it; its config.json is a stand-in.

Compared by hand with the files that Keras 3.12.1 writes from the same model (save_weights and save): every
group, data set, shape, dtype, attribute and number is the same, but for optimiser state, which a model has
only after compile(); and --nameless with Keras 3.0.5, --bfloat16 with the dtype policy "bfloat16".
"""
import argparse
import io
import pathlib
import re
import sys
import zipfile

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "golden" / "networks"))
import keras_graphs  # noqa: E402


def snake_case(name):
    """MaxPooling2D is max_pooling2d."""
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def bfloat16(values):
    """Two opaque bytes: the upper half of a float32, rounded to nearest even."""
    bits = np.ascontiguousarray(values, "<f4").view("<u4").astype("u8")
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype("<u2").view("V2")


def write_layers(f, graph, put, named=True):
    """put(group, name, layer, weight) makes one data set."""
    model = f.create_group("vars")
    if named:
        model.attrs["name"] = graph.name
    counts = {}
    for layer in graph.in_file_order():
        kind = snake_case(layer.kind)
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        group = f.create_group(f"layers/{kind}_{number}/vars" if number else f"layers/{kind}/vars")
        if named:
            group.attrs["name"] = "input_layer" if layer.kind == "InputLayer" else layer.name
        for i, weight in enumerate(layer.weights):
            put(group, str(i), layer, weight)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("source")
    p.add_argument("out")
    p.add_argument("--nameless", action="store_true")
    p.add_argument("--bfloat16", action="store_true")
    p.add_argument("--archive", choices=["stored", "deflated"])
    args = p.parse_args()
    source = h5py.File(args.source)

    def put(group, name, layer, weight):
        values = source[layer.name][f"{layer.name}/{weight.keras}:0"][()]
        if args.bfloat16:
            group.create_dataset(name, data=bfloat16(values)).attrs["dtype"] = "bfloat16"
        else:
            group[name] = values

    out = io.BytesIO() if args.archive else args.out
    with h5py.File(out, "w") as f:
        write_layers(f, keras_graphs.resnet50("predictions" in source), put, not args.nameless)
    if args.archive:
        how = zipfile.ZIP_DEFLATED if args.archive == "deflated" else zipfile.ZIP_STORED
        with zipfile.ZipFile(args.out, "w", how, compresslevel=1) as z:
            z.writestr("metadata.json", '{"keras_version": "3.12.1"}')
            z.writestr("config.json", "{}")
            z.writestr("model.weights.h5", out.getvalue())


if __name__ == "__main__":
    main()
