// Standard output, which may be full.
#pragma once

namespace tailor::apps {

/// Throws Error when something that was printed cannot be written.
void flush_output();

}  // namespace tailor::apps
