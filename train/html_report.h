// report.html: what a run came to, for people. One file that needs no network.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "train/showcase.h"

namespace tailor::train {

/// The page. All figures and words are those of `report`, the content of report.json; pictures are
/// those of the showcase that its "examples" list. Parts without figures (a stopped run's) are left
/// out. Whatever classes and files are called, it shows as text.
std::string html_report(const nlohmann::json& report, const Showcase& showcase);

}  // namespace tailor::train
