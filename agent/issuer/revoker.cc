#include "agent/issuer/revoker.h"

#include <algorithm>
#include <utility>

#include "acme/retry_advice.h"
#include "acme/revocation.h"
#include "agent/fault/fault_point.h"
#include "agent/issuer/await_account.h"
#include "agent/issuer/await_post.h"
#include "agent/issuer/pauses.h"

namespace agent {
namespace {

constexpr std::size_t batch = 50;
/// Let's Encrypt allows 10 a second per IP.
constexpr std::chrono::milliseconds pace{200};
constexpr std::chrono::seconds gate_retry{1};

RevocationAttempt refused(const RevocationTask& task, std::string error) {
  return {task.revocation.certificate, RevocationState::refused, std::move(error), {}};
}

}  // namespace

Revoker::Revoker(Parts parts, acme::Client& client, AccountGate& gate, std::string authority)
    : parts_(parts), client_(client), gate_(gate), authority_(std::move(authority)) {}

void Revoker::wake() {
  if (is_any_pending_) look();
}

void Revoker::look() {
  woken_ = true;
  if (alarm_) alarm_->cancel();
}

base::asio::awaitable<void> Revoker::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  while (true) {
    woken_ = false;
    is_any_pending_ = true;
    const std::size_t found = co_await revoke_due();
    co_await sleep_until_due(found);
  }
}

void Revoker::note_pause(base::WallTime::duration time) {
  paused_until_ = std::max(paused_until_, parts_.clock.monotonic() + time);
}

/// How many were found due.
base::asio::awaitable<std::size_t> Revoker::revoke_due() {
  if (parts_.clock.monotonic() < paused_until_) co_return 0;
  // What the store is asked may be asked after our end: it has everything with it.
  auto find = [authority = authority_, now = parts_.clock.wall()](Store& store) {
    return store.due_revocations(authority, now, batch);
  };
  StoreResult<std::vector<RevocationTask>> due = co_await parts_.database.run(std::move(find));
  if (!due) {
    parts_.log.error("revocations not read", {{"error", due.error().detail}});
    note_pause(store_retry);
    co_return 0;
  }
  for (RevocationTask& task : *due) {
    while (gate_.is_closed()) co_await rest(gate_retry);
    const bool goes_on = co_await revoke(std::move(task));
    if (!goes_on) break;
    base::asio::steady_timer timer(alarm_->get_executor(), pace);
    boost::system::error_code ignored;  // nobody cancels it
    co_await timer.async_wait(base::into(ignored));
  }
  co_return due->size();
}

/// Whether the next one may be asked for.
base::asio::awaitable<bool> Revoker::revoke(RevocationTask task) {
  const acme::Directory* directory = client_.directory();
  std::optional<std::string> payload =
      acme::revocation_payload(task.chain_pem, task.revocation.reason);
  std::optional<RevocationAttempt> attempt;
  if (task.revocation.not_after <= parts_.clock.wall()) {
    attempt = refused(task, "the certificate has expired");
  } else if (!payload) {
    attempt = refused(task, "the stored certificate cannot be read");
  } else if (directory != nullptr && !directory->revoke_certificate) {
    attempt = refused(task, "the authority offers no revocation");
  }
  if (!attempt) {
    gate_.enter();
    const Reply reply = co_await ask(task, std::move(*payload));
    gate_.leave();
    if (!reply && reply.error().code == acme::Errc::cancelled) {
      note_pause(longest_sleep);  // we are ending
      co_return false;
    }
    fault_point("revocation: answered");
    attempt = judge(task, reply);
  }
  const bool is_pending = attempt->state == RevocationState::pending;
  const bool saved = co_await save(std::move(*attempt));
  co_return saved && !is_pending;
}

/// By the account if that has ordered it, else, or if that is not good enough, by its key.
base::asio::awaitable<Revoker::Reply> Revoker::ask(const RevocationTask& task,
                                                   std::string payload) {
  acme::Post request{acme::Endpoint::revoke_certificate, std::move(payload)};
  std::optional<acme::PrivateKey> key = acme::PrivateKey::parse_pem(task.private_key_pem);
  const bool is_ours = task.revocation.account == client_.thumbprint().value();
  if (is_ours || !key) {
    acme::Post copy = request;
    Reply reply = co_await await_post(client_, std::move(copy));
    const bool is_refused = !reply && (reply.error().code == acme::Errc::unauthorized ||
                                       reply.error().code == acme::Errc::account_does_not_exist);
    if (!is_refused || !key) co_return reply;
  }
  co_return co_await await_post_with_key(client_, std::move(*key), std::move(request));
}

RevocationAttempt Revoker::judge(const RevocationTask& task, const Reply& reply) {
  const std::string& name = task.revocation.names.front().text();
  RevocationAttempt attempt{task.revocation.certificate, RevocationState::revoked, {}, {}};
  const auto succeed = [&] {
    parts_.log.info("certificate revoked",
                    {{"name", name},
                     {"authority", authority_},
                     {"serial", task.revocation.serial},
                     {"reason", acme::to_string(task.revocation.reason)}});
    return attempt;
  };
  if (reply) return succeed();
  const acme::Advice advice = acme::retry_advice(reply.error());
  if (advice.action == acme::RetryAction::accept) return succeed();
  attempt.error = acme::describe(reply.error());
  base::WallTime::duration delay = advice.delay;
  switch (advice.action) {
    case acme::RetryAction::server: {
      const auto backoff =
          acme::server_backoff(static_cast<int>(std::min(task.revocation.failures, 100U)) + 1);
      delay = std::max<base::WallTime::duration>(delay, backoff);
      attempt.state = RevocationState::pending;
      break;
    }
    case acme::RetryAction::wait:
    case acme::RetryAction::now:
    case acme::RetryAction::reread: attempt.state = RevocationState::pending; break;
    case acme::RetryAction::accept:
    case acme::RetryAction::backoff:
    case acme::RetryAction::split:
    case acme::RetryAction::park:
    case acme::RetryAction::switch_authority:
    case acme::RetryAction::new_order:
    case acme::RetryAction::new_key:
    case acme::RetryAction::check_account: attempt.state = RevocationState::refused; break;
  }
  const bool is_pending = attempt.state == RevocationState::pending;
  if (is_pending) {
    delay = std::max<base::WallTime::duration>(delay, std::chrono::seconds(1));
    attempt.next_attempt = parts_.clock.wall() + delay;
    note_pause(delay);
  }
  parts_.log.warn(is_pending ? "revocation waits" : "revocation refused",
                  {{"name", name},
                   {"authority", authority_},
                   {"serial", task.revocation.serial},
                   {"error", attempt.error}});
  return attempt;
}

/// Nothing is lost if this fails: asked again, the authority says that it is revoked already.
base::asio::awaitable<bool> Revoker::save(RevocationAttempt attempt) {
  auto save = [&attempt, now = parts_.clock.wall()](Store& store) {
    return store.save_revocation(attempt, now);
  };
  const StoreResult<void> saved = co_await parts_.database.run(std::move(save));
  if (saved) {
    fault_point("revocation: stored");
    co_return true;
  }
  parts_.log.error("revocation not stored", {{"error", saved.error().detail}});
  note_pause(store_retry);
  co_return false;
}

base::asio::awaitable<void> Revoker::sleep_until_due(std::size_t found) {
  base::WallTime::duration time = longest_sleep;
  if (found == batch) {
    time = shortest_sleep;
  } else {
    auto ask = [authority = authority_](Store& store) { return store.next_revocation(authority); };
    const auto next = co_await parts_.database.run(std::move(ask));
    if (next) is_any_pending_ = next->has_value();
    if (next && *next) time = **next - parts_.clock.wall();
  }
  if (woken_) time = shortest_sleep;  // while the store was asked
  const auto pause =
      std::chrono::ceil<base::WallTime::duration>(paused_until_ - parts_.clock.monotonic());
  time = std::max(time, pause);
  co_await rest(time);
}

base::asio::awaitable<void> Revoker::rest(base::WallTime::duration time) {
  boost::system::error_code ignored;  // cancelled by wake()
  alarm_->expires_after(std::clamp<base::WallTime::duration>(time, shortest_sleep, longest_sleep));
  co_await alarm_->async_wait(base::into(ignored));
}

}  // namespace agent
