#include "agent/on_demand/permit_cache.h"

namespace agent {

void PermitCache::put(const std::string& name, const KnownPermit& known) {
  const auto before = by_name_.find(name);
  if (before != by_name_.end()) {
    const auto entry = before->second;
    by_name_.erase(before);
    entries_.erase(entry);
  }
  entries_.push_back({name, known});
  by_name_.emplace(entries_.back().name, std::prev(entries_.end()));
  if (entries_.size() <= most_) return;
  by_name_.erase(entries_.front().name);
  entries_.pop_front();
}

const KnownPermit* PermitCache::find(const std::string& name, base::MonotonicTime now) const {
  const auto found = by_name_.find(name);
  if (found == by_name_.end() || found->second->known.until <= now) return nullptr;
  return &found->second->known;
}

}  // namespace agent
