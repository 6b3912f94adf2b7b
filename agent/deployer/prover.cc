#include "agent/deployer/prover.h"

#include <algorithm>
#include <utility>

#include "base/run_on.h"
#include "haproxy/asio/files.h"

namespace agent {
namespace {

constexpr std::size_t max_bundle = std::size_t{1} << 20;  // as PemBundle::parse()
constexpr std::chrono::hours no_alarm{24};
/// A bind that is down fails for every certificate: the others need not be tried at once.
constexpr int failures_in_a_row = 20;

/// What is to be sent with the leaf: the file's chain, or empty if the file is another's by now.
std::vector<std::string> expected_chain(const std::string& path, const std::string& fingerprint) {
  const auto pem = haproxy::read_file(path, max_bundle);
  if (!pem) return {};
  std::vector<std::string> chain = chain_fingerprints(*pem);
  if (chain.empty() || chain.front() != fingerprint) return {};
  return chain;
}

std::string compare(const ServedCertificate& served,
                    const std::string& fingerprint,
                    const std::vector<std::string>& chain) {
  if (served.fingerprint != fingerprint) {
    return "another certificate is served, serial " + served.serial;
  }
  if (chain.empty() || served.chain == chain) return {};
  return "the certificate is served with another chain: " + std::to_string(served.chain.size()) +
         " certificates instead of the file's " + std::to_string(chain.size());
}

}  // namespace

std::string prove(const ProofOptions& options,
                  const std::string& path,
                  const WantedCertificate& wanted) {
  const std::string& fingerprint = wanted.fingerprint.value();
  const std::vector<std::string> chain = expected_chain(path, fingerprint);
  for (const base::Endpoint& bind : options.binds) {
    const auto served =
        probe_tls(bind, wanted.probe_name, options.timeout, options.proxy, wanted.key);
    const std::string failure = served ? compare(*served, fingerprint, chain) : served.error();
    if (!failure.empty()) return base::to_string(bind) + ": " + failure;
  }
  return {};
}

Prover::Prover(ProofOptions options,
               base::asio::thread_pool& pool,
               const base::Clock& clock,
               ProofListener& listener)
    : options_(std::move(options)), pool_(pool), clock_(clock), listener_(listener) {}

void Prover::add(const std::string& path) {
  waiting_[path].clear();
  woken_ = true;
  if (alarm_) alarm_->cancel();
}

std::string Prover::trouble() const {
  for (const auto& [path, failure] : waiting_) {
    if (!failure.empty()) return path + ": " + failure;
  }
  return {};
}

base::asio::awaitable<void> Prover::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  while (true) {
    if (waiting_.empty()) {
      co_await sleep(no_alarm);
      continue;
    }
    // A flood of new ones is proven in batches, of which a sample is enough.
    if (listener_.is_busy()) {
      base::asio::steady_timer batch(alarm_->get_executor(), options_.interval);
      boost::system::error_code ignored;
      co_await batch.async_wait(base::into(ignored));
    }
    woken_ = false;
    const bool all_proven = co_await prove_round();
    if (!all_proven && !woken_) co_await sleep(options_.interval);
  }
}

base::asio::awaitable<bool> Prover::prove_round() {
  // In a flood HAProxy has better to do than handshakes; what is proven last has the full sample.
  const std::size_t sample = listener_.is_busy() ? options_.sample / 20 : options_.sample;
  if (waiting_.size() > sample) {
    const bool all_proven = co_await prove_sample(sample);
    if (all_proven) co_return true;
  }
  co_return co_await prove_each();
}

/// True if all that were asked for are served; then the others that waited count as well.
base::asio::awaitable<bool> Prover::prove_sample(std::size_t sample) {
  std::vector<std::pair<std::string, CertificateId>> batch;
  for (const auto& [path, failure] : waiting_) {
    const WantedCertificate* const wanted = listener_.wanted_at(path);
    if (wanted != nullptr) batch.emplace_back(path, wanted->id);
  }
  for (std::size_t i = 0; i < sample && i < batch.size(); ++i) {
    const std::size_t at = i * batch.size() / std::min(sample, batch.size());
    const std::string path = batch[at].first;
    const Verdict verdict = co_await prove_one(path);
    if (verdict == Verdict::not_proven) co_return false;
  }
  for (const auto& [path, id] : batch) {
    // Renewed or taken off meanwhile: it is proven for itself.
    const WantedCertificate* const wanted = listener_.wanted_at(path);
    if (wanted == nullptr || wanted->id != id || waiting_.erase(path) == 0) continue;
    listener_.proven(path, id);
  }
  co_return true;
}

/// One round for about an interval; the next one goes on behind it, so that a certificate that is
/// not served keeps no other from its turn. True if all were served.
base::asio::awaitable<bool> Prover::prove_each() {
  const auto until = clock_.monotonic() + options_.interval;
  bool all_proven = true;
  int failed = 0;
  for (std::size_t left = waiting_.size(); left > 0 && !waiting_.empty(); --left) {
    if (clock_.monotonic() >= until || failed >= failures_in_a_row) break;
    auto next = waiting_.upper_bound(asked_last_);
    if (next == waiting_.end()) next = waiting_.begin();
    asked_last_ = next->first;
    const Verdict verdict = co_await prove_one(asked_last_);
    failed = verdict == Verdict::not_proven ? failed + 1 : 0;
    all_proven = all_proven && verdict != Verdict::not_proven;
  }
  co_return all_proven;
}

base::asio::awaitable<Prover::Verdict> Prover::prove_one(std::string path) {
  const WantedCertificate* const found = listener_.wanted_at(path);
  if (found == nullptr) {
    waiting_.erase(path);
    co_return Verdict::gone;
  }
  const WantedCertificate wanted = *found;  // the entry may go during the handshake
  auto shake_hands = [this, &path, &wanted] { return prove(options_, path, wanted); };
  const std::string failure = co_await base::run_on(pool_, std::move(shake_hands));
  const auto waiting = waiting_.find(path);
  if (waiting == waiting_.end()) co_return Verdict::gone;
  if (failure.empty()) {
    // Renewed during the handshake: the new one is still to be shown.
    const WantedCertificate* const now = listener_.wanted_at(path);
    if (now == nullptr || now->id == wanted.id) waiting_.erase(waiting);
    last_proof_ = clock_.wall();
    listener_.proven(path, wanted.id);
    co_return Verdict::proven;
  }
  ++failures_;
  const bool is_news = failure != std::exchange(waiting->second, failure);
  if (is_news) listener_.not_proven(path, wanted, failure);
  co_return Verdict::not_proven;
}

base::asio::awaitable<void> Prover::sleep(std::chrono::milliseconds time) {
  boost::system::error_code ignored;  // cancelled by add()
  alarm_->expires_after(time);
  co_await alarm_->async_wait(base::into(ignored));
}

}  // namespace agent
