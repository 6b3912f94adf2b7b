#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace agent {

/// What one change of a certificate in a HAProxy is for.
enum class WorkKind {
  load,    ///< a name that has no certificate in this process
  renew,   ///< an older one is being served meanwhile
  remove,  ///< not wanted any more
};

/// The certificates that are to be changed in one process, each once, in the order in which it
/// should happen: what is missing first, then renewals at a pace, removals last, so that a name
/// that moves from one file to another is served throughout. Within a kind by path. No clock.
class WorkQueue {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// HAProxy parses a PEM on its event loop: renewals, which are never urgent, leave it `pace`
  /// between two of them for its requests, and less if all would take more than an hour; 0 for none.
  explicit WorkQueue(std::chrono::milliseconds pace) : pace_(pace) {}

  /// Replaces the entry of that path.
  void put(const std::string& path, WorkKind kind);
  void clear();
  bool empty() const { return size() == 0; }
  std::size_t size() const { return load_.size() + renew_.size() + remove_.size(); }

  /// Up to `limit` of one kind whose time has come.
  std::vector<std::string> take(std::size_t limit, Time now);
  /// When take() has something again; nullopt if the queue is empty.
  std::optional<Time> next_time(Time now) const;

 private:
  const std::chrono::milliseconds pace_;
  std::set<std::string> load_;
  std::set<std::string> renew_;
  std::set<std::string> remove_;
  Time next_renewal_{};
};

}  // namespace agent
