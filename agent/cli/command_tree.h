#pragma once

#include <string>
#include <vector>

namespace agent {

/// The command line as data: what the help is made of, for completions and the manual.
struct CommandNode {
  struct Option {
    std::vector<std::string> names{};    ///< `-o`, `--output`; empty for a positional one
    std::string placeholder{};           ///< `FILE`, or the name of a positional one; empty: a flag
    std::string help{};                  ///< a sentence without a full stop
    std::vector<std::string> choices{};  ///< if only these are taken
  };

  std::string name{};
  std::string description{};  ///< its first line is a summary
  std::string footer{};
  std::vector<Option> options{};
  std::vector<CommandNode> commands{};
};

}  // namespace agent
