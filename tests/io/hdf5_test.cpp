// Reading and writing HDF5 files, against h5py.
#include "io/hdf5.h"

#include <gtest/gtest.h>

#include <fstream>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "tests/support/errors.h"
#include "tests/support/python.h"
#include "tests/support/temp_dir.h"

namespace tailor::io {
namespace {

namespace fs = std::filesystem;
using test::error_of;

fs::path odd_file(const std::string& name) {
  return test::made_by(fs::path(TAILOR_TEST_DATA) / "../io/files/odd_files.py", "", "odd-files") /
         name;
}

template <class T>
std::vector<T> read(const Hdf5Reader& file, const std::string& name) {
  std::vector<T> values(static_cast<size_t>(file.datasets().at(name).shape.count()));
  file.read(name, std::as_writable_bytes(std::span(values)));
  return values;
}

using Strings = std::vector<std::string>;

TEST(Hdf5Reader, ListsTypesShapesAndPlaces) {
  const Hdf5Reader file(odd_file("types.h5"));
  const auto& datasets = file.datasets();
  EXPECT_EQ(datasets.size(), 10U);
  EXPECT_EQ(datasets.at("little").dtype, DType::f32);
  EXPECT_EQ(datasets.at("little").shape, (Shape{2, 3}));
  EXPECT_TRUE(datasets.at("little").offset);
  EXPECT_EQ(datasets.at("big").dtype, DType::f32);
  EXPECT_FALSE(datasets.at("big").offset) << "its bytes are in the other order";
  EXPECT_FALSE(datasets.at("packed").offset) << "compressed";
  EXPECT_EQ(datasets.at("scalar").shape, (Shape{1}));
  EXPECT_EQ(datasets.at("empty").shape, (Shape{0, 3}));
  EXPECT_EQ(datasets.at("half").type, "float16");
  EXPECT_FALSE(datasets.at("half").dtype);
  EXPECT_EQ(datasets.at("group/inner").dtype, DType::u8);
  EXPECT_EQ(datasets.at("group/compound").type, "compound");
  EXPECT_EQ(datasets.at("variable").type, "string");
}

TEST(Hdf5Reader, ReadsNumbers) {
  const Hdf5Reader file(odd_file("types.h5"));
  EXPECT_EQ(read<float>(file, "little"), (std::vector<float>{1.5F, -2, 3.25F, 4, 5, 0}));
  EXPECT_EQ(read<float>(file, "big"), (std::vector<float>{1.5F, -2, 3.25F}));
  EXPECT_EQ(read<int64_t>(file, "scalar"), std::vector<int64_t>{-7});
  EXPECT_EQ(read<uint8_t>(file, "group/inner"), (std::vector<uint8_t>{1, 255}));
  EXPECT_EQ(read<float>(file, "empty"), std::vector<float>());
  const auto packed = read<int32_t>(file, "packed");
  for (int32_t i = 0; i < 1000; ++i) ASSERT_EQ(packed[static_cast<size_t>(i)], i);
}

TEST(Hdf5Reader, ReadsStringsOfEveryKind) {
  const Hdf5Reader file(odd_file("types.h5"));
  EXPECT_EQ(file.read_strings("variable"), (Strings{"a", "", "größer"}));
  EXPECT_EQ(file.read_strings("fixed"), (Strings{"ab", "abc", ""}));
  EXPECT_EQ(file.strings("", "variable"), (Strings{"x", "yz"}));
  EXPECT_EQ(file.strings("", "fixed"), (Strings{"conv1", "bn"}));
  EXPECT_EQ(file.strings("", "terminated"), (Strings{"ab", "cde"}));
  EXPECT_EQ(file.strings("", "spaces"), (Strings{"ab", "c d"}));
  EXPECT_EQ(file.strings("", "one"), Strings{"word"});
  EXPECT_EQ(file.strings("", "none"), Strings()) << "h5py writes an empty list as numbers";
  EXPECT_EQ(file.strings("", "number"), std::nullopt);
  EXPECT_EQ(file.strings("", "absent"), std::nullopt);
  EXPECT_EQ(file.number("", "number"), 2.5);
  EXPECT_EQ(file.number("group", "integer"), 3);
  EXPECT_EQ(file.number("", "one"), std::nullopt);
  EXPECT_EQ(file.number("", "absent"), std::nullopt);
}

TEST(Hdf5Reader, NamesWhatIsNoHdf5File) {
  const test::TempDir folder;
  const auto written = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(folder / name, std::ios::binary) << bytes;
    return folder / name;
  };
  const auto complaint = [](const fs::path& path) {
    const std::string message = error_of([&] { Hdf5Reader reader(path); });
    EXPECT_TRUE(message.starts_with(path.string() + ": expected an HDF5 file, got ")) << message;
    return message.substr(message.find(", got ") + 6);
  };
  EXPECT_EQ(complaint(folder / "absent.h5"), "'No such file or directory'");
  EXPECT_EQ(complaint(folder.path()), "a folder");
  EXPECT_EQ(complaint("/dev/null"), "something that is no file");
  EXPECT_EQ(complaint(written("empty.h5", "")), "an empty file");
  EXPECT_EQ(complaint(written("text.h5", "Not found")), "another kind of file");
  EXPECT_EQ(complaint(written("old.pth", "\x80\2\x8a\n")), "a Python pickle");
}

TEST(Hdf5Reader, NamesDamage) {
  const test::TempDir folder;
  const auto damaged = [](const fs::path& path, const std::string& dataset) {
    return error_of([&] { read<int32_t>(Hdf5Reader(path), dataset); });
  };
  const fs::path whole = odd_file("types.h5");
  const fs::path copy = folder / "copy.h5";
  for (const uintmax_t size : {uintmax_t{40}, uintmax_t{600}, fs::file_size(whole) - 1}) {
    fs::copy_file(whole, copy, fs::copy_options::overwrite_existing);
    fs::resize_file(copy, size);
    const std::string message = damaged(copy, "packed");
    EXPECT_TRUE(message.starts_with(copy.string() + ": expected a whole HDF5 file, got a damaged"))
        << message;
  }
}

TEST(Hdf5Reader, SurvivesAnyBrokenByte) {
#ifdef __SANITIZE_ADDRESS__
  const __lsan::ScopedDisabler libhdf5_leaks_when_it_meets_some_of_these;
#endif
  const test::TempDir folder;
  std::ifstream in(odd_file("types.h5"), std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), {}};
  size_t refused = 0;
  for (size_t at = 0; at < whole.size(); at += 101) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(~bytes[at]);
    std::ofstream(folder / "broken.h5", std::ios::binary) << bytes;
    const std::string message = error_of([&] {
      const Hdf5Reader file(folder / "broken.h5");
      read<int32_t>(file, "packed");
    });
    if (message != "no error") ++refused;
  }
  EXPECT_GT(refused, 0U);
}

TEST(Hdf5Reader, RefusesWhatIsNotInTheFile) {
  const std::pair<const char*, const char*> expected[] = {
      {"soft_link.h5", "a soft link at 'bn1.bias'"},
      {"external_link.h5", "an external link at 'bn1.bias'"},
      {"virtual.h5", "a virtual data set at 'bn1.bias'"},
      {"other_file.h5", "data in another file at 'bn1.bias'"},
  };
  for (const auto& [name, what] : expected) {
    const std::string message = error_of([name = name] { Hdf5Reader file(odd_file(name)); });
    EXPECT_EQ(message,
              odd_file(name).string() + ": expected tensors in the file itself, got " + what);
  }
}

TEST(Hdf5Reader, RefusesGroupsInCirclesAndImpossibleShapes) {
  const std::pair<const char*, const char*> expected[] = {
      {"loop.h5", "group 'a/b/c' is there twice"},
      {"too_big.h5", "'huge' is impossibly big"},
      {"seven_dimensions.h5", "expected at most 6 dimensions, got 7 at 'deep'"},
  };
  for (const auto& [name, what] : expected) {
    const std::string message = error_of([name = name] { Hdf5Reader file(odd_file(name)); });
    EXPECT_NE(message.find(what), std::string::npos) << message;
  }
}

TEST(Hdf5Reader, RefusesNumbersThatWereNeverWritten) {
  const Hdf5Reader file(odd_file("shapes_resnet18.h5"));
  const std::string message = error_of([&] { read<float>(file, "bn1.bias"); });
  EXPECT_EQ(message,
            file.name() + ": expected numbers at 'bn1.bias', got a data set that was never filled");
}

TEST(Hdf5Writer, IsReadByH5py) {
  const test::TempDir folder;
  const fs::path path = folder / "ours.h5";
  const std::vector<float> values{1, 2.5, -3, 4, 5, 6};
  const std::vector<int64_t> labels{1, -1};
  const std::vector<std::string> names{"Röcke", ""};
  Hdf5Writer file(path);
  file.write("group/inner/values", {2, 3}, std::span(values));
  file.write("labels", {2}, std::span(labels));
  file.write_strings("names", names);
  file.write_strings("none", {});
  file.set("", "format", "tailor");
  file.set("group", "epsilon", 0.25);
  file.set("notes", "count", int64_t{3});
  file.set("notes", "list", std::span(names));
  file.close();

  const std::string printed = test::python(
      "import h5py\n"
      "f = h5py.File('" +
      path.string() +
      "')\n"
      "print(sorted(f), f['group/inner/values'].dtype, f['group/inner/values'][:].tolist())\n"
      "print(f['labels'].dtype, f['labels'][:].tolist(), f['names'].asstr()[:].tolist())\n"
      "print(f['none'].shape, repr(f.attrs['format']), f['group'].attrs['epsilon'])\n"
      "print(f['notes'].attrs['count'], f['notes'].attrs['list'].tolist())\n");
  EXPECT_EQ(printed,
            "['group', 'labels', 'names', 'none', 'notes'] float32 [[1.0, 2.5, -3.0], [4.0, 5.0, "
            "6.0]]\n"
            "int64 [1, -1] ['Röcke', '']\n"
            "(0,) 'tailor' 0.25\n"
            "3 [b'R\\xc3\\xb6cke', b'']\n");
  const Hdf5Reader ours(path);
  EXPECT_EQ(ours.strings("notes", "list"), names);
  EXPECT_EQ(read<float>(ours, "group/inner/values"), values);
  EXPECT_EQ(ours.read_strings("names"), names);
  EXPECT_EQ(ours.read_strings("none"), Strings());
}

TEST(Hdf5Writer, NamesWhatIsWrong) {
  const test::TempDir folder;
  const fs::path path = folder / "absent" / "ours.h5";
  EXPECT_EQ(error_of([&] { Hdf5Writer file(path); }),
            path.string() + ": expected to write it, got 'No such file or directory'");
  Hdf5Writer file(folder / "ours.h5");
  const std::vector<bf16> values(2);
  EXPECT_EQ(error_of([&] { file.write("x", {2}, std::span(values)); }),
            "HDF5: expected a dtype that the format has, got bf16");
}

}  // namespace
}  // namespace tailor::io
