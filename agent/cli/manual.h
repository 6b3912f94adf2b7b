#pragma once

#include <string>
#include <string_view>

#include "agent/cli/command_tree.h"

namespace agent {

/// The manual page in section 1, of the help's texts, as man(7) macros.
std::string manual_page(const CommandNode& program, std::string_view version);

}  // namespace agent
