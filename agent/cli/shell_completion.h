#pragma once

#include <string>

#include "agent/cli/command_tree.h"

namespace agent {

enum class Shell { bash, zsh, fish };

/// A script that the shell reads at its start; it knows commands, options and their choices, and
/// asks nobody.
std::string shell_completion(const CommandNode& program, Shell shell);

}  // namespace agent
