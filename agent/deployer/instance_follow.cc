#include <algorithm>
#include <utility>

#include "agent/deployer/bundle_file.h"
#include "agent/deployer/crt_list_file.h"
#include "agent/deployer/instance.h"
#include "agent/fault/fault_point.h"
#include "base/run_on.h"

// The part of Instance that changes things once the process is compared.

namespace agent {
namespace {

using haproxy::Errc;
using haproxy::RuntimeError;

constexpr std::size_t queue_batch = 64;      // a tenth of a second, then the process is looked at
constexpr std::size_t spot_checks = 200;     // of certificates, at each regular comparison
constexpr std::size_t logged_refusals = 20;  // a minute; a metric counts them all
constexpr std::chrono::seconds look_after_failure{5};

/// It is about the session, not about one certificate: all has to be read anew.
bool needs_new_session(const std::error_code& code) {
  return code == Errc::locked || code == Errc::other_transaction || code == Errc::misdirected;
}

}  // namespace

/// One round: what is due, what somebody asked for, whether it is still the same process, and at
/// times a comparison of everything.
base::asio::awaitable<Instance::Done> Instance::follow() {
  const bool was_in_sync = is_in_sync();
  offer_again();
  Done done = co_await apply_some();
  if (!done) co_return done;
  if (!requests_.empty()) {
    done = co_await answer_requests();
    if (!done) co_return done;
  }
  Time now = parts_.clock.monotonic();
  const auto due = queue_.next_time(now);
  const bool has_work = ahead_ || (due && *due <= now);
  if (!has_work && now >= next_look_) {
    done = co_await look_again();
    if (!done) co_return done;
  }
  if (is_in_sync() != was_in_sync) parts_.listener.sync_changed(*this);
  now = parts_.clock.monotonic();
  if (now >= next_check_) co_return co_await check_process();
  const Time until = std::min(next_check_, queue_.next_time(now).value_or(next_check_));
  if (until > now && requests_.empty() && !ahead_) {
    co_await sleep(std::chrono::ceil<std::chrono::milliseconds>(until - now));
  }
  co_return Done();
}

base::asio::awaitable<Instance::Done> Instance::apply_some() {
  const auto executor = co_await base::asio::this_coro::executor;
  if (!ahead_) read_ahead(executor);
  if (!ahead_) co_return Done();
  std::vector<Work> batch = co_await ahead_->take();
  ahead_.reset();
  // Of many, HAProxy is kept waiting for the first ones' files only.
  if (batch.size() == queue_batch) read_ahead(executor);
  const Done done = co_await apply(std::move(batch));
  if (!done) co_return done;
  auto flush = [this] { return ledger_.flush(); };
  const auto flushed = co_await base::run_on(parts_.pool, std::move(flush));
  if (!flushed) {
    parts_.log.warn("ledger not written, the next start asks HAProxy for more",
                    {{"instance", options_.name}, {"error", flushed.error()}});
  }
  co_return Done();
}

/// Takes what is due and begins to read its files.
void Instance::read_ahead(const base::asio::any_io_executor& executor) {
  std::vector<std::string> paths = queue_.take(queue_batch, parts_.clock.monotonic());
  if (paths.empty()) return;
  applying_ += paths.size();
  ahead_.emplace(executor, prepare(std::move(paths)));
}

/// Their files, read together.
base::asio::awaitable<std::vector<Instance::Work>> Instance::prepare(
    std::vector<std::string> paths) {
  std::vector<Work> batch;
  for (std::string& path : paths) {
    const WantedCertificate* const wanted = wanted_at(path);
    Work work{std::move(path), {}, {}, {}};
    if (wanted != nullptr) {
      work.fingerprint = wanted->fingerprint;
      work.sni = wanted->sni;
    }
    batch.push_back(std::move(work));
  }
  auto read = [&batch] {
    for (Work& work : batch) {
      if (work.fingerprint) work.bundle = load_bundle_file(work.path);
    }
    return batch.size();
  };
  static_cast<void>(co_await base::run_on(parts_.pool, std::move(read)));
  co_return batch;
}

/// All of it, or up to the first that fails; what is behind that waits in the queue again.
base::asio::awaitable<Instance::Done> Instance::apply(std::vector<Work> batch) {
  std::vector<Work*> begun;
  haproxy::RuntimeSession::Sequences sequences;
  for (Work& work : batch) {
    auto sequence = sequence_for(work);
    if (!sequence) {
      --applying_;
      continue;
    }
    begun.push_back(&work);
    sequences.push_back(std::move(sequence));
  }
  if (begun.empty()) co_return Done();
  std::size_t over = 0;
  haproxy::RuntimeSession::OnSuccess on_success =
      [this, &begun, &over](std::size_t index, std::chrono::nanoseconds took) {
        over = index + 1;
        note_applied(*begun[index], took);
      };
  const Done done = co_await session_->run(std::move(sequences), std::move(on_success));
  if (over == begun.size()) co_return Done();
  if (!session_->is_open() || needs_new_session(done.error().code)) co_return done;
  note_failed(*begun[over], done.error());
  for (std::size_t i = over + 1; i < begun.size(); ++i) {
    --applying_;
    put(begun[i]->path);
  }
  co_return Done();
}

/// Null if there is nothing to do, by now or yet.
std::unique_ptr<haproxy::Sequence> Instance::sequence_for(Work& work) {
  const auto name = haproxy::CertificateName::parse(work.path);
  const WantedCertificate* const wanted = wanted_at(work.path);
  const auto actual = actual_.find(work.path);
  if (wanted == nullptr) {
    if (actual == actual_.end() || !name) return nullptr;
    work.kind = WorkKind::remove;
    return std::make_unique<haproxy::RemoveCertificate>(parts_.crt_list, *name);
  }
  if (has_loaded(work.path, *wanted)) {
    note_loaded(work.path, *wanted);
    refused_.erase(work.path);
    return nullptr;
  }
  if (!work.bundle) {  // wanted since the files were read
    put(work.path);
    return nullptr;
  }
  if (!*work.bundle) {
    refuse(work.path, work.bundle->error());
    return nullptr;
  }
  const bool listed = actual != actual_.end() && actual->second.in_list;
  work.kind = listed ? WorkKind::renew : WorkKind::load;
  if (listed) {
    return std::make_unique<haproxy::RenewCertificate>(*name, std::move(**work.bundle));
  }
  return std::make_unique<haproxy::AddCertificate>(
      parts_.crt_list, line_for(*name, work.sni), std::move(**work.bundle));
}

void Instance::note_applied(const Work& work, std::chrono::nanoseconds took) {
  --applying_;
  refused_.erase(work.path);
  if (work.kind == WorkKind::remove) {
    actual_.erase(work.path);
    proven_.erase(work.path);
    prover_.forget(work.path);
    return;
  }
  if (work.kind == WorkKind::renew) {
    queue_.rest_after_renewal(took, session_->process().threads, parts_.clock.monotonic());
  }
  actual_[work.path] = {work.fingerprint, true};
  ledger_.note(work.path, *work.fingerprint);
  fault_point("deploy: loaded");
  const WantedCertificate* const still = wanted_at(work.path);  // it may have changed meanwhile
  if (still != nullptr && still->fingerprint == *work.fingerprint) {
    note_loaded(work.path, *still);
  } else {
    put(work.path);
  }
}

void Instance::note_failed(const Work& work, const RuntimeError& reason) {
  --applying_;
  if (work.kind == WorkKind::renew && reason.code == Errc::not_found) {
    actual_.erase(work.path);  // somebody has taken it out: it is added anew
    put(work.path);
    return;
  }
  if (work.kind == WorkKind::remove) {
    proven_.erase(work.path);
    prover_.forget(work.path);
  }
  refuse(work.path, reason);
}

std::string Instance::reason_of(const RuntimeError& refusal) {
  std::string why = refusal.detail.empty() ? refusal.code.message() : refusal.detail;
  if (refusal.code == Errc::over_limit) why += "; then set bufsize of this instance to the same";
  return why;
}

void Instance::refuse(const std::string& path, const RuntimeError& reason) {
  const Time now = parts_.clock.monotonic();
  if (refused_.empty()) {
    refused_until_ = now + options_.refused_delay;
    parts_.listener.incident(*this, InstanceIncident::refused, reason.message());
  }
  const std::string why = reason_of(reason);
  refused_.insert_or_assign(path, why);
  if (refused_.size() <= logged_refusals) {
    parts_.log.error("HAProxy refused a change",
                     {{"instance", options_.name},
                      {"certificate", path},
                      {"code", reason.code.message()},
                      {"error", why}});
  }
  parts_.listener.command_failed(*this, reason);
  // What it has now is to be seen, not guessed.
  const auto actual = actual_.find(path);
  if (actual != actual_.end()) actual->second.fingerprint.reset();
  next_look_ = std::min<Time>(next_look_, now + look_after_failure);
}

void Instance::offer_again() {
  if (refused_.empty() || parts_.clock.monotonic() < refused_until_) return;
  const auto refused = std::exchange(refused_, {});
  for (const auto& [path, reason] : refused) put(path);
}

base::asio::awaitable<Instance::Done> Instance::check_process() {
  next_check_ = parts_.clock.monotonic() + options_.check_interval;
  haproxy::Command show = haproxy::ShowInfo{};
  const auto shown = co_await session_->run(std::move(show));
  if (!shown) co_return base::Unexpected(shown.error());
  const auto& process = std::get<haproxy::ProcessInfo>(*shown);
  const haproxy::ProcessInfo& known = session_->process();
  if (process.stopping) {
    co_return haproxy::runtime_failure(Errc::process_stopping, "the process is being retired");
  }
  if (process.pid != known.pid || process.uptime < known.uptime) {
    co_return haproxy::runtime_failure(Errc::process_not_found,
                                       "HAProxy was restarted: another process answers");
  }
  co_return Done();
}

/// Everything once more, in the same session.
base::asio::awaitable<Instance::Done> Instance::look_again() {
  const Done listed = co_await list_again();
  if (!listed) co_return listed;
  Done inspected = co_await inspect_unknown();
  if (inspected) inspected = co_await inspect_some(spot_checks);
  if (!inspected) co_return inspected;
  const std::size_t changes = queue_differences();
  next_look_ = parts_.clock.monotonic() + options_.reconcile_interval;
  compared_at_ = parts_.clock.wall();
  if (changes > refused_.size()) {
    parts_.log.warn("HAProxy differs from what it should have and is changed",
                    {{"instance", options_.name}, {"to_change", changes - refused_.size()}});
  }
  co_return Done();
}

base::asio::awaitable<Instance::Done> Instance::list_again() {
  haproxy::Command show = haproxy::ShowCertificates{};
  auto shown = co_await session_->run(std::move(show));
  if (!shown) co_return base::Unexpected(shown.error());
  auto& listing = std::get<haproxy::CertificateListing>(*shown);
  if (listing.transaction) {  // ours are over: a new session waits for its end, or aborts it
    co_return haproxy::runtime_failure(Errc::other_transaction, "of " + *listing.transaction);
  }
  co_return co_await take_listing(std::move(listing));
}

base::asio::awaitable<Instance::Done> Instance::answer_requests() {
  Done done = co_await list_again();
  if (done) done = co_await inspect_some(actual_.size());
  if (!done) co_return done;  // disconnect() answers
  SyncPlan plan;
  plan.steps = differences();
  plan.compared = static_cast<std::size_t>(
      std::count_if(actual_.begin(), actual_.end(), [this](const auto& entry) {
        return wanted_at(entry.first) != nullptr;
      }));
  compared_at_ = parts_.clock.wall();
  const auto requests = std::exchange(requests_, {});
  for (const auto& request : requests) {
    if (request->mode == SyncMode::make_good) {
      refused_.clear();
      static_cast<void>(queue_differences());
    }
    request->answer = plan;
    request->answered.cancel();
  }
  co_return Done();
}

base::asio::awaitable<base::Result<Instance::SyncPlan, std::string>> Instance::sync(SyncMode mode) {
  if (!compared_) co_return base::Unexpected(trouble_.empty() ? "not connected yet" : trouble_);
  const auto executor = co_await base::asio::this_coro::executor;
  const auto request = std::make_shared<SyncRequest>(executor, mode);
  requests_.push_back(request);
  alarm_->cancel();
  boost::system::error_code ignored;  // cancelled when the answer is there
  co_await request->answered.async_wait(base::into(ignored));
  co_return std::move(request->answer);
}

std::string Instance::trouble() const {
  if (!trouble_.empty()) return trouble_;
  if (!refused_.empty()) return refused_.begin()->first + ": " + refused_.begin()->second;
  return prover_.trouble();
}

Instance::Status Instance::status() const {
  Status status;
  if (compared_) {
    status.version = haproxy::to_string(session_->process().version);
    status.pid = session_->process().pid;
  }
  status.connected = compared_;
  status.in_sync = is_in_sync();
  status.jammed = jammed_;
  status.desired = static_cast<std::size_t>(
      std::count_if(parts_.wanted.begin(), parts_.wanted.end(), [this](const auto& entry) {
        return takes(entry.second);
      }));
  status.loaded = compared_ ? actual_.size() : 0;
  status.to_do = queue_.size() + applying_;
  status.refused = refused_.size();
  status.unproven = prover_.waiting();
  status.failed_proofs = prover_.failures();
  status.last_proof = prover_.last_proof();
  status.compared = compared_at_;
  status.trouble = trouble();
  return status;
}

}  // namespace agent
