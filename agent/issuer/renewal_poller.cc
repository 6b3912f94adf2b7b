#include "agent/issuer/renewal_poller.h"

#include <algorithm>
#include <utility>

#include "agent/issuer/await_renewal_infos.h"
#include "agent/issuer/pauses.h"

namespace agent {
namespace {

constexpr std::size_t at_once = 16;

bool is_cancelled(const base::Result<acme::Response, acme::Error>& reply) {
  return !reply && reply.error().code == acme::Errc::cancelled;
}

}  // namespace

RenewalPoller::RenewalPoller(Parts parts,
                             acme::Client& client,
                             std::string authority,
                             RenewalListener& listener)
    : parts_(parts), client_(client), authority_(std::move(authority)), listener_(listener) {}

void RenewalPoller::wake() {
  woken_ = true;
  if (alarm_) alarm_->cancel();
}

base::asio::awaitable<void> RenewalPoller::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  while (true) {
    woken_ = false;
    const Found found = co_await check_due();
    co_await sleep(found);
  }
}

/// A directory that was never fetched may have it.
bool RenewalPoller::is_offered() const {
  const acme::Directory* directory = client_.directory();
  return directory == nullptr || directory->renewal_info;
}

base::asio::awaitable<RenewalPoller::Found> RenewalPoller::check_due() {
  if (!is_offered()) co_return Found::nothing;
  // What the store is asked may be asked after our end: it has everything with it.
  auto find = [authority = authority_, now = parts_.clock.wall()](Store& store) {
    return store.due_renewal_checks(authority, now, at_once);
  };
  StoreResult<std::vector<Certificate>> due = co_await parts_.database.run(std::move(find));
  if (!due) {
    parts_.log.error("renewal checks not read", {{"error", due.error().detail}});
    co_return Found::trouble;
  }
  if (due->empty()) co_return Found::nothing;
  const std::size_t found = due->size();
  const std::vector<RenewalCheck> checks = co_await check(std::move(*due));
  if (checks.empty()) co_return Found::trouble;  // the transport was stopped
  auto save = [&checks, now = parts_.clock.wall()](Store& store) {
    return store.save_renewal_checks(checks, now);
  };
  const StoreResult<void> saved = co_await parts_.database.run(std::move(save));
  if (!saved) {
    parts_.log.error("renewal checks not stored", {{"error", saved.error().detail}});
    co_return Found::trouble;
  }
  listener_.renewals_moved();
  co_return found == at_once ? Found::more_may_be_due : Found::nothing;
}

/// What is to be stored; nothing if the transport was stopped.
base::asio::awaitable<std::vector<RenewalCheck>> RenewalPoller::check(
    std::vector<Certificate> due) {
  const base::WallTime now = parts_.clock.wall();
  std::vector<RenewalCheck> checks;
  std::vector<Certificate> asked;
  for (Certificate& certificate : due) {
    if (certificate.not_after <= now || certificate.cert_id.empty()) {
      checks.push_back({.certificate = certificate.id});
    } else {
      asked.push_back(std::move(certificate));
    }
  }
  if (!asked.empty()) co_await ask(std::move(asked), checks);
  co_return checks;
}

base::asio::awaitable<void> RenewalPoller::ask(std::vector<Certificate> certificates,
                                               std::vector<RenewalCheck>& checks) {
  std::vector<acme::CertId> ids;
  for (const Certificate& certificate : certificates) ids.emplace_back(certificate.cert_id);
  const auto replies = co_await await_renewal_infos(client_, std::move(ids));
  std::optional<acme::Error> first_failure;
  int failures = 0;
  for (std::size_t i = 0; i < certificates.size(); ++i) {
    if (is_cancelled(replies[i])) continue;
    const RenewalJitter jitter{parts_.random.unit(), parts_.random.unit()};
    ConcludedCheck concluded =
        conclude_renewal_check(certificates[i], replies[i], parts_.clock.wall(), jitter);
    if (concluded.error && failures++ == 0) first_failure = concluded.error;
    note_moved(certificates[i], concluded.check);
    listener_.renewal_checked(concluded.error ? std::optional(concluded.error->code)
                                              : std::nullopt);
    checks.push_back(std::move(concluded.check));
  }
  if (!first_failure) co_return;
  parts_.log.warn("renewal info not read",
                  {{"certificates", failures}, {"error", acme::describe(*first_failure)}});
}

void RenewalPoller::note_moved(const Certificate& certificate, const RenewalCheck& check) {
  if (!check.advised || !certificate.advice) return;
  const RenewalAdvice& advice = check.advised->advice;
  if (advice == *certificate.advice) return;
  const auto in = std::chrono::duration_cast<std::chrono::seconds>(check.advised->renew_at -
                                                                   parts_.clock.wall());
  parts_.log.info("renewal moved",
                  {{"name", certificate.names.front().text()},
                   {"serial", certificate.serial},
                   {"renew_in_s", in.count()},
                   {"explanation", advice.explanation_url}});
}

base::asio::awaitable<void> RenewalPoller::sleep(Found found) {
  base::WallTime::duration time = longest_sleep;
  if (found == Found::trouble) time = store_retry;
  if (found == Found::more_may_be_due) time = between_batches;
  if (found == Found::nothing && is_offered()) {
    auto ask = [authority = authority_](Store& store) {
      return store.next_renewal_check(authority);
    };
    const auto next = co_await parts_.database.run(ask);
    if (next && *next) time = **next - parts_.clock.wall();
  }
  if (woken_) time = between_batches;  // while the store was asked
  boost::system::error_code ignored;   // cancelled by wake()
  alarm_->expires_after(std::clamp<base::WallTime::duration>(time, between_batches, longest_sleep));
  co_await alarm_->async_wait(base::into(ignored));
}

}  // namespace agent
