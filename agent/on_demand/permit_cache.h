#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>

#include "agent/on_demand/permission.h"
#include "base/clock.h"

namespace agent {

/// What was said of a name.
struct KnownPermit {
  Permit permit = Permit::no;
  base::MonotonicTime until{};       ///< not asked again before
  base::MonotonicTime rest_until{};  ///< nothing is done about the name before; until or earlier
};

/// The answers of a while. Knows no more than `most` names; the one that came first goes first.
class PermitCache {
 public:
  explicit PermitCache(std::size_t most) : most_(most) {}

  void put(const std::string& name, const KnownPermit& known);
  /// nullptr if nothing is known, or not any more. Dies with the next put().
  const KnownPermit* find(const std::string& name, base::MonotonicTime now) const;
  std::size_t size() const { return by_name_.size(); }

 private:
  struct Entry {
    std::string name;
    KnownPermit known;
  };
  const std::size_t most_;
  std::list<Entry> entries_;                                                  // oldest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_name_;  // of entries_
};

}  // namespace agent
