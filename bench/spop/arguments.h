#pragma once

#include <map>
#include <string>
#include <string_view>

namespace bench {

/// `--name value` pairs of a command line. Ends the process with a sentence if there is anything
/// else.
class Arguments {
 public:
  Arguments(int argc, char** argv);

  /// REQUIRES, as all of them: the name without its dashes. Ends the process if it is missing.
  const std::string& text(std::string_view name) const;
  std::string text(std::string_view name, std::string_view fallback) const;
  std::size_t number(std::string_view name, std::size_t fallback) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

/// Keeps the calling thread, and those it starts, on one CPU.
void pin_to_cpu(std::size_t cpu);

}  // namespace bench
