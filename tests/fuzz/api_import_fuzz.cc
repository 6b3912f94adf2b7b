// NDJSON of an import: any bytes. Each line is read by itself, so that reading all of them at once
// and one by one is the same, and a name that is taken is the name it is normalised to.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "agent/api/import_lines.h"
#include "agent/model/hostname_input.h"
#include "tests/fuzz/check.h"

namespace {

void check_line(const agent::ImportLine& line) {
  if (!line.wish) {
    FUZZ_CHECK(!line.wish.error().rule.empty() && !line.wish.error().detail.empty());
    return;
  }
  const base::DomainName& name = line.wish->name;
  const auto again = agent::parse_hostname(name.text(), "name");
  FUZZ_CHECK(again && *again == name);
}

bool is_same(const agent::ImportLine& a, const agent::ImportLine& b) {
  if (a.number != b.number || a.wish.has_value() != b.wish.has_value()) return false;
  if (!a.wish) return a.wish.error().detail == b.wish.error().detail;
  return a.wish->name == b.wish->name && a.wish->mode == b.wish->mode &&
         a.wish->https_redirect == b.wish->https_redirect &&
         a.wish->challenge_path == b.wish->challenge_path;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::vector<agent::ImportLine> lines = agent::ImportLines(body).next(SIZE_MAX);
  agent::ImportLines one_by_one(body);
  std::size_t number = 0;
  for (const agent::ImportLine& line : lines) {
    FUZZ_CHECK(line.number > number);
    number = line.number;
    check_line(line);
    const std::vector<agent::ImportLine> next = one_by_one.next(1);
    FUZZ_CHECK(next.size() == 1 && is_same(next.front(), line));
  }
  FUZZ_CHECK(one_by_one.next(1).empty());
  return 0;
}
