#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/config.h"
#include "base/result.h"

namespace agent {

/// One thing that is wrong with a configuration file.
struct ConfigProblem {
  std::size_t line = 0;    ///< from 1; 0 if the problem is the file as a whole
  std::size_t column = 0;  ///< from 1, in bytes
  std::string path{};      ///< `haproxy.instances[0].runtime`; empty if it is no key's
  std::string message{};   ///< `what is wrong; expected …`

  friend bool operator==(const ConfigProblem&, const ConfigProblem&) = default;
};

/// `file:line:column: path: message`, without the parts that are not known.
std::string to_string(const ConfigProblem& problem, std::string_view file);

/// All problems of one file, never empty, in the order of their place.
using ConfigProblems = std::vector<ConfigProblem>;

/// Reads one YAML document strictly: unknown and duplicate keys, wrong types, bad values, missing
/// required keys and what does not fit together are all reported at once. Anchors, aliases and tags
/// are refused. Does not look at the files that are named in it.
base::Result<Config, ConfigProblems> parse_config(std::string_view yaml);

/// The same of a file of at most 1 MiB.
base::Result<Config, ConfigProblems> load_config(const std::string& file);

}  // namespace agent
