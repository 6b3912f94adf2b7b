#include "agent/lookup/lookup.h"

namespace agent {

void Lookup::put(std::string_view name, const HostnameState& state) {
  const std::lock_guard lock(mutex_);
  hostnames_.put(name, state);
}

bool Lookup::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  return hostnames_.remove(name);
}

base::Result<void> Lookup::publish_challenge(std::string_view token,
                                             std::string_view key_authorization) {
  const std::lock_guard lock(mutex_);
  return tokens_.publish(token, key_authorization);
}

bool Lookup::withdraw_challenge(std::string_view token) {
  const std::lock_guard lock(mutex_);
  return tokens_.withdraw(token);
}

void Lookup::begin_reconcile() {
  const std::lock_guard lock(mutex_);
  hostnames_.entries().mark_all();
  tokens_.entries().mark_all();
}

Lookup::Dropped Lookup::finish_reconcile() {
  const std::lock_guard lock(mutex_);
  Dropped dropped;
  dropped.hostnames = hostnames_.entries().remove_marked();
  dropped.challenges = tokens_.entries().remove_marked();
  return dropped;
}

base::Result<SnapshotSizes, SnapshotError> Lookup::load(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return load_snapshot(path, hostnames_, tokens_);
}

base::Result<SnapshotSizes, SnapshotError> Lookup::save(const std::string& path) const {
  return save_snapshot(hostnames_, tokens_, path);
}

LookupSizes Lookup::sizes() const {
  LookupSizes sizes;
  sizes.hostnames = hostnames_.entries().size();
  sizes.tokens = tokens_.entries().size();
  sizes.memory_bytes = hostnames_.entries().memory_bytes() + tokens_.entries().memory_bytes();
  return sizes;
}

}  // namespace agent
