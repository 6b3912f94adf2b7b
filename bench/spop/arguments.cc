#include "bench/spop/arguments.h"

#include <cstdio>
#include <cstdlib>
#include <sched.h>

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}

}  // namespace

Arguments::Arguments(int argc, char** argv) {
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (!name.starts_with("--") || i + 1 == argc) fail("expected --name value, got " + name);
    values_[name.substr(2)] = argv[i + 1];
  }
}

const std::string& Arguments::text(std::string_view name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) fail("missing --" + std::string(name));
  return found->second;
}

std::string Arguments::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(fallback) : found->second;
}

std::size_t Arguments::number(std::string_view name, std::size_t fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? fallback : std::strtoul(found->second.c_str(), nullptr, 10);
}

void pin_to_cpu(std::size_t cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  if (::sched_setaffinity(0, sizeof(set), &set) != 0)
    fail("there is no CPU " + std::to_string(cpu));
}

}  // namespace bench
