// HDF5 files by description: text that a fuzzer can change a word at a time and that stays an HDF5
// file, whatever it says. Chance alone, changing bytes of a file, rarely gets past libhdf5's
// checks.
//
// A line each, words separated by spaces ("~" is a space within one); "/" is the root; a line that
// makes no sense is left out.
//   group PATH
//   set PATH NAME strings|vlen|f32|i64 VALUE...  an attribute
//   set PATH NAME empty -                        one without elements
//   data PATH TYPE EXTENT...                     a data set that is never filled
//   data PATH TYPE EXTENT... filled|packed|nan   one with numbers
//   strings PATH VALUE...                        a data set of strings
//   soft|hard PATH TARGET                        links
//   external PATH FILE TARGET                    a link to another file
//   virtual|elsewhere PATH                       a data set whose numbers lie in other files
//   damage OFFSET BYTE                           a byte of the finished file
// TYPE: f32 f64 u8 i8 i32 i64 f16 big (f32, most significant byte first) bf16 opaque compound enum
#pragma once

#include <filesystem>
#include <string>

namespace tailor::test {

/// Writes the file. Returns whether bytes were damaged, that is whether libhdf5 may crash on it.
bool write_described_hdf5(const std::string& description, const std::filesystem::path& file);

}  // namespace tailor::test
