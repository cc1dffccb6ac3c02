"""Writes HDF5 files that are unusual, wrong or hostile into a folder.

    python odd_files.py FOLDER

Most weights have shapes only: their numbers were never written, so that a file takes kilobytes.
"""
import pathlib
import sys

import h5py
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "golden" / "networks"))
import keras3_file  # noqa: E402
import keras_graphs  # noqa: E402
import specs  # noqa: E402
import write_hdf5  # noqa: E402

OUT = pathlib.Path(sys.argv[1])
OUT.mkdir()


def create(name):
    return h5py.File(OUT / name, "w", libver="earliest")


def shape_only(group, name, shape, dtype="f4"):
    group.create_dataset(name, shape, dtype, chunks=True if shape else None)


# What types look like, and what they hold.

def types():
    with create("types.h5") as f:
        f["little"] = np.array([[1.5, -2.0, 3.25], [4.0, 5.0, -0.0]], "<f4")
        f["big"] = np.array([1.5, -2.0, 3.25], ">f4")
        f.create_dataset("packed", data=np.arange(1000, dtype="<i4"), compression="gzip", shuffle=True)
        f["scalar"] = np.int64(-7)
        f["empty"] = np.zeros((0, 3), "f4")
        f["half"] = np.zeros(2, "f2")
        f["group/inner"] = np.array([1, 255], "u1")
        f["variable"] = np.array(["a", "", "größer"], h5py.string_dtype())
        f["fixed"] = np.array([b"ab", b"abc", b""], "S3")
        f["group/compound"] = np.zeros(2, [("a", "f4"), ("b", "i4")])
        f.attrs["variable"] = np.array(["x", "yz"], h5py.string_dtype())
        f.attrs["fixed"] = np.array([b"conv1", b"bn"], "S5")
        f.attrs["one"] = "word"
        f.attrs["none"] = np.array([])
        f.attrs["number"] = 2.5
        f["group"].attrs["integer"] = np.int32(3)
        for name, pad in (("terminated", h5py.h5t.STR_NULLTERM), ("spaces", h5py.h5t.STR_SPACEPAD)):
            kind = h5py.h5t.C_S1.copy()
            kind.set_size(6)
            kind.set_strpad(pad)
            space = h5py.h5s.create_simple((2,))
            attribute = h5py.h5a.create(f.id, name.encode(), kind, space)
            values = [b"ab\0\0\0\0", b"cde\0\0\0"] if name == "terminated" else [b"ab    ", b"c d   "]
            attribute.write(np.array(values, "V6").view("S6"), mtype=kind)


# torchvision's layout

def torchvision(name, model="resnet18", edit=lambda f: None, top=True):
    with create(name) as f:
        for tensor, shape, _ in specs.NETWORKS[model]():
            if top or not tensor.startswith("fc."):
                shape_only(f, tensor, shape)
                if tensor.endswith("running_var"):
                    f[tensor.replace("running_var", "num_batches_tracked")] = np.int64(0)
        edit(f)


def replace(f, name, shape, dtype="f4"):
    del f[name]
    shape_only(f, name, shape, dtype)


def missing(f):
    del f["layer2.0.conv1.weight"], f["bn1.running_var"]


def missing_block(f):
    for name in list(f):
        if name.startswith("layer4.1."):
            del f[name]


def misshapen(f):
    replace(f, "layer1.0.conv1.weight", (64, 64, 3, 1))
    replace(f, "bn1.bias", (1, 64))


def wrong_type(f):
    replace(f, "conv1.weight", (64, 3, 7, 7), "f8")
    replace(f, "bn1.weight", (64,), "i4")


def unknown(f):
    shape_only(f, "layer1.0.conv3.weight", (64, 64))
    shape_only(f, "extra", (3,))


def everything(f):
    missing(f)
    misshapen(f)
    unknown(f)


def five_classes(f):
    replace(f, "fc.weight", (5, 512))
    replace(f, "fc.bias", (5,))


def too_many_classes(f):
    replace(f, "fc.weight", (1 << 30, 512))


def half_a_head(f):
    del f["fc.bias"]


def soft_link(f):
    del f["bn1.bias"]
    f["bn1.bias"] = h5py.SoftLink("/bn1.weight")


def external_link(f):
    del f["bn1.bias"]
    f["bn1.bias"] = h5py.ExternalLink("/etc/passwd", "/bn1.weight")


def virtual(f):
    del f["bn1.bias"]
    layout = h5py.VirtualLayout((64,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (64,))
    f.create_virtual_dataset("bn1.bias", layout)


def other_file(f):
    del f["bn1.bias"]
    f.create_dataset("bn1.bias", (64,), "f4", external=[("/etc/passwd", 0, 256)])


def not_a_number(f):
    """The first tensor that is read, and the only one with numbers."""
    values = np.zeros((64, 3, 7, 7), "f4")
    values[1, 2, 3, 4] = np.nan
    del f["conv1.weight"]
    f["conv1.weight"] = values


def infinite(f):
    del f["conv1.weight"]
    f["conv1.weight"] = np.full((64, 3, 7, 7), -np.inf, "f4")


def loop(f):
    f.create_group("a/b")
    f["a/b/c"] = f["a"]


def seven_dimensions(f):
    shape_only(f, "deep", (1,) * 7)


def too_big(f):
    shape_only(f, "huge", (1 << 40, 1 << 20))


# Keras's layouts: shapes only

def file_shape(weight):
    if len(weight.shape) == 4:
        return weight.shape[2:] + weight.shape[1::-1]
    return weight.shape[::-1]


def keras(name, graph, weight_name, edit=lambda f: None, place="/"):
    with create(name) as file:
        f = file.require_group(place)
        layers = graph.in_file_order()
        write_hdf5.write_names(f, "layer_names", [layer.name for layer in layers], False)
        for layer in layers:
            g = f.create_group(layer.name)
            names = [weight_name(layer, w) for w in layer.weights]
            write_hdf5.write_names(g, "weight_names", names, False)
            for weight, w in zip(names, layer.weights):
                shape_only(g, weight, file_shape(w))
        edit(f)


def keras1_name(suffix=""):
    return lambda layer, w: f"{layer.name}_{write_hdf5.KERAS1_NAMES[w.keras]}{suffix}:0"


def keras2_name(layer, w):
    return f"{layer.name}/{w.keras}:0"


def keras_resnet(blocks):
    keras_graphs.RESNET50_STAGES = tuple(zip((64, 128, 256, 512), blocks))
    graph = keras_graphs.resnet50()
    keras_graphs.RESNET50_STAGES = tuple(zip((64, 128, 256, 512), (3, 4, 6, 3)))
    return graph


def keras1_wrong(f):
    replace(f, "res2a_branch2a/res2a_branch2a_W:0", (1, 1, 64, 32))
    names = [n for n in f["bn3b_branch2c"].attrs["weight_names"] if b"std" not in n]
    f["bn3b_branch2c"].attrs["weight_names"] = names


def keras2_swapped(f):
    """The transposed head that somebody forgot to transpose."""
    replace(f, "predictions/predictions/kernel:0", (10, 2048))


def two_heads(f):
    f.attrs["layer_names"] = list(f.attrs["layer_names"]) + [b"probs"]
    f.copy("predictions", "probs")


def listed_but_absent(f):
    del f["conv1_conv/conv1_conv/kernel:0"]


def no_weight_names(f):
    del f["conv1_conv"].attrs["weight_names"]


def no_group(f):
    del f["conv1_conv"]


def top_level(f):
    f.create_group("top_level_model_weights").attrs["weight_names"] = []


def top_level_filled(f):
    group = f.create_group("top_level_model_weights")
    group.attrs["weight_names"] = [b"temperature:0"]
    shape_only(group, "temperature:0", (2,))


def split(group, attribute, parts):
    """As Keras does with lists beyond 64,512 bytes."""
    names = group.attrs[attribute]
    del group.attrs[attribute]
    for i, part in enumerate(np.array_split(names, parts)):
        group.attrs[f"{attribute}{i}"] = part


def split_lists(f):
    split(f, "layer_names", 3)
    split(f["conv1_bn"], "weight_names", 2)


def keras3(name, graph, edit=lambda f: None, named=True):
    with create(name) as f:
        keras3_file.write_layers(f, graph, lambda g, i, layer, w: shape_only(g, i, file_shape(w)), named)
        edit(f)


def optimizer(f):
    f["optimizer/vars/0"] = np.int32(7)
    shape_only(f, "optimizer/vars/1", (7, 7, 3, 64))


def more_layers(f):
    """What Tailor does not know of: another layer, a weight too many, and weights outside any layer."""
    shape_only(f, "layers/my_layer/vars/0", (3,))
    f["layers/my_layer/vars"].attrs["name"] = "mine"
    shape_only(f, "layers/conv2d/vars/2", (5,))
    shape_only(f, "layers/functional/layers/dense/vars/0", (2, 2))
    shape_only(f, "vars/0", (1,))


def swapped_layers(f):
    """A nameless network that adds up the other way round, so that the shortcuts come second."""
    for block in (3, 13, 26, 45):
        f.move(f"layers/conv2d_{block}", "layers/conv2d_0")
        f.move(f"layers/conv2d_{block + 1}", f"layers/conv2d_{block}")
        f.move("layers/conv2d_0", f"layers/conv2d_{block + 1}")


def another_layer(f):
    shape_only(f, "layers/dense_1/vars/0", (1000, 10))


# In each of Keras's layouts, what is not in the file. `at` is a data set.

def soft(f, at):
    f[at] = h5py.SoftLink("/elsewhere")


def external(f, at):
    f[at] = h5py.ExternalLink("/etc/passwd", "/elsewhere")


def virtual_at(f, at):
    layout = h5py.VirtualLayout((64,), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "x", (64,))
    f.create_virtual_dataset(at, layout)


def elsewhere(link, at):
    def edit(f):
        del f[at]
        link(f, at)
    return edit


types()
for network in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"):
    torchvision(f"shapes_{network}.h5", network)
torchvision("no_top.h5", top=False)
for change in (missing, missing_block, misshapen, wrong_type, unknown, everything, five_classes, half_a_head, too_many_classes,
               soft_link, external_link, virtual, other_file, not_a_number, infinite, loop, seven_dimensions, too_big):
    torchvision(change.__name__ + ".h5", edit=change)
keras("keras1.h5", keras_graphs.resnet50_keras1(), keras1_name())
keras("keras1_without_top.h5", keras_graphs.resnet50_keras1(False), keras1_name("_1"))
keras("keras1_wrong.h5", keras_graphs.resnet50_keras1(), keras1_name(), keras1_wrong)
keras("keras2.h5", keras_graphs.resnet50(), keras2_name)
keras("keras2_resnet101.h5", keras_resnet((3, 4, 23, 3)), keras2_name)
keras("keras2_resnet152.h5", keras_resnet((3, 8, 36, 3)), keras2_name)
for change in (keras2_swapped, two_heads, listed_but_absent, no_weight_names, no_group, top_level, top_level_filled,
               split_lists):
    keras(change.__name__ + ".h5", keras_graphs.resnet50(), keras2_name, change)
keras("keras1_full.h5", keras_graphs.resnet50_keras1(), keras1_name(), top_level, "model_weights")
keras("keras2_full.h5", keras_graphs.resnet50(), keras2_name, top_level_filled, "model_weights")
keras("keras2_full_without_top.h5", keras_graphs.resnet50(False), keras2_name, split_lists, "model_weights")
for blocks, network in (((3, 4, 6, 3), "resnet50"), ((3, 4, 23, 3), "resnet101"), ((3, 8, 36, 3), "resnet152")):
    keras3(f"keras3_{network}.h5", keras_resnet(blocks))
    keras3(f"keras3_{network}_nameless.h5", keras_resnet(blocks), named=False)
keras3("keras3_without_top.h5", keras_graphs.resnet50(False))
keras3("keras3_without_top_nameless.h5", keras_graphs.resnet50(False), named=False)
keras3("optimizer.h5", keras_graphs.resnet50(), optimizer)
keras3("more_layers.h5", keras_graphs.resnet50(), more_layers)
keras3("swapped_layers.h5", keras_graphs.resnet50(), swapped_layers, named=False)
keras3("another_layer.h5", keras_graphs.resnet50(), another_layer, named=False)
keras3("keras3_inception.h5", keras_graphs.inception_v3(), named=False)
for kind, link in (("soft", soft), ("external", external), ("virtual", virtual_at)):
    keras(f"keras1_{kind}.h5", keras_graphs.resnet50_keras1(), keras1_name(), elsewhere(link, "conv1/conv1_b:0"))
    keras(f"keras2_{kind}.h5", keras_graphs.resnet50(), keras2_name, elsewhere(link, "conv1_conv/conv1_conv/bias:0"))
    keras(f"keras2_full_{kind}.h5", keras_graphs.resnet50(), keras2_name,
          elsewhere(link, "conv1_conv/conv1_conv/bias:0"), "model_weights")
    keras3(f"keras3_{kind}.h5", keras_graphs.resnet50(), elsewhere(link, "layers/conv2d/vars/1"))
keras("inception.h5", keras_graphs.inception_v3(), keras2_name)
with create("nothing.h5"):
    pass
with create("other.h5") as other:
    other["temperature"] = np.zeros(3)
