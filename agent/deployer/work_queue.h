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

  /// HAProxy parses a PEM on the event loop of one of its threads: renewals, which are not urgent,
  /// leave it time for its requests, at most `longest_pause` a renewal, and less if all would take
  /// more than an hour; 0 for none. The first few go without, so that somebody who asks for one
  /// does not wait.
  explicit WorkQueue(std::chrono::milliseconds longest_pause) : longest_pause_(longest_pause) {}

  /// Replaces the entry of that path.
  void put(const std::string& path, WorkKind kind);
  void clear();
  bool empty() const { return size() == 0; }
  std::size_t size() const { return load_.size() + renew_.size() + remove_.size(); }

  /// Up to `limit` of one kind whose time has come.
  std::vector<std::string> take(std::size_t limit, Time now);
  /// A renewal has taken so long in a process of so many threads: it is 600 times as long before
  /// the next one, shared by the threads, since only one of them parses. So one request in 600
  /// meets it.
  void rest_after_renewal(Time::duration took, unsigned threads, Time now);
  /// When take() has something again; nullopt if the queue is empty.
  std::optional<Time> next_time(Time now) const;

 private:
  const std::chrono::milliseconds longest_pause_;
  std::set<std::string> load_;
  std::set<std::string> renew_;
  std::set<std::string> remove_;
  /// When all renewals so far would be over at their pace; ahead of it by a few is allowed.
  Time paced_until_{};
  Time next_renewal_{};
};

}  // namespace agent
