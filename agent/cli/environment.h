#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <string_view>

#include "agent/cli/exit_status.h"
#include "base/clock.h"

namespace agent {

/// What commands use of the process they run in. What the references name outlives it.
struct CliEnvironment {
  std::ostream& out;
  std::ostream& err;
  bool out_is_terminal = false;
  std::size_t width = 80;  ///< of the terminal, in columns
  const base::Clock& clock;
  std::function<void(std::chrono::milliseconds)> sleep;
};

/// `text` for a terminal: control characters (also the C1 ones, and what is not UTF-8) become `?`,
/// so that a text of a peer cannot drive it.
std::string printable(std::string_view text);

/// In characters, each of which is taken to fill one column. REQUIRES: printable.
std::size_t display_width(std::string_view text);

/// The first `width` characters; with `…` as the last one if that is not all. REQUIRES: printable,
/// width > 0.
std::string cut_to_width(std::string_view text, std::size_t width);

/// `acme-spoa: <message>` on err, each line of it; wrong_input.
ExitStatus complain(const std::string& message, const CliEnvironment& environment);

}  // namespace agent
