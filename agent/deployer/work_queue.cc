#include "agent/deployer/work_queue.h"

#include <algorithm>

namespace agent {
namespace {

/// So many renewals that their pace would take longer are done faster, as after a mass revocation.
constexpr std::chrono::milliseconds longest_backlog = std::chrono::hours(1);
constexpr int pauses_per_renewal = 600;  // in units of its own time
constexpr int renewals_ahead = 20;       // of the pace

std::vector<std::string> take_first(std::set<std::string>& paths, std::size_t limit) {
  std::vector<std::string> taken;
  while (!paths.empty() && taken.size() < limit) {
    taken.push_back(std::move(paths.extract(paths.begin()).value()));
  }
  return taken;
}

}  // namespace

void WorkQueue::put(const std::string& path, WorkKind kind) {
  for (std::set<std::string>* paths : {&load_, &renew_, &remove_}) paths->erase(path);
  switch (kind) {
    case WorkKind::load: load_.insert(path); break;
    case WorkKind::renew: renew_.insert(path); break;
    case WorkKind::remove: remove_.insert(path); break;
  }
}

void WorkQueue::clear() {
  load_.clear();
  renew_.clear();
  remove_.clear();
}

std::vector<std::string> WorkQueue::take(std::size_t limit, Time now) {
  if (!load_.empty()) return take_first(load_, limit);
  if (!renew_.empty() && now >= next_renewal_) {
    return take_first(renew_, longest_pause_.count() > 0 ? 1 : limit);
  }
  // Not behind renewals that wait for their pace: these are of other names.
  return take_first(remove_, limit);
}

void WorkQueue::rest_after_renewal(Time::duration took, unsigned threads, Time now) {
  const Time::duration wished = took * pauses_per_renewal / std::max(1U, threads);
  const Time::duration affordable = longest_backlog / std::max<std::size_t>(1, renew_.size());
  const Time::duration pause = std::min({wished, Time::duration(longest_pause_), affordable});
  paced_until_ = std::max(paced_until_, now) + pause;
  next_renewal_ = paced_until_ - renewals_ahead * pause;
}

std::optional<WorkQueue::Time> WorkQueue::next_time(Time now) const {
  if (!load_.empty() || !remove_.empty()) return now;
  if (renew_.empty()) return std::nullopt;
  return std::max(now, next_renewal_);
}

}  // namespace agent
