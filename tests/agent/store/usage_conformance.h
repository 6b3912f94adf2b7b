#pragma once

#include <string>
#include <vector>

#include "tests/agent/store/second_certificates.h"

namespace agent {

/// The conformance suite of whether hostnames still lead to us: agent/model/usage.h.
class StoreUsage : public SecondCertificates {
 protected:
  static constexpr base::WallTime tomorrow = start + std::chrono::hours(24);

  void SetUp() override {}

  std::vector<std::string> due_looks(base::WallTime now = start, std::size_t limit = 100) {
    std::vector<std::string> texts;
    const std::vector<HostnameUsage> due = store().due_usage_looks(now, limit).value();
    for (const HostnameUsage& usage : due) texts.push_back(usage.name.text());
    return texts;
  }
  void save(const UsageLook& look, base::WallTime now = start) {
    ASSERT_TRUE(store().save_usage_looks(std::vector{look}, now));
  }
  void find_unused(std::string_view text) {
    save({name(text), tomorrow, start, std::string(text) + " points to 192.0.2.9", start});
  }
  void find_used(std::string_view text) { save({name(text), tomorrow}); }
};

}  // namespace agent
