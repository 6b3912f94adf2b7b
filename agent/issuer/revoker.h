#pragma once

#include <optional>
#include <string>

#include "acme/client.h"
#include "agent/issuer/account_gate.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"

namespace agent {

/// Has the certificates of one authority revoked that the store says are to be (RFC 8555 §7.6), one
/// after the other and at most five a second, which is half of what Let's Encrypt allows. A
/// certificate that another account has ordered is revoked with its own key, and so is one that the
/// authority does not take from the account. What fails for a reason that passes is tried again
/// when the authority's advice says so. All on the control thread; what the references name
/// outlives it.
class Revoker {
 public:
  struct Parts {
    Database& database;
    const base::Clock& clock;
    base::Log& log;
  };

  Revoker(Parts parts, acme::Client& client, AccountGate& gate, std::string authority);
  Revoker(const Revoker&) = delete;
  Revoker& operator=(const Revoker&) = delete;

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();
  /// The clock was set, or a replacement is there that one has waited for.
  void wake();
  /// There may be new ones.
  void look();

 private:
  using Reply = base::Result<acme::Response, acme::Error>;

  base::asio::awaitable<std::size_t> revoke_due();
  base::asio::awaitable<bool> revoke(RevocationTask task);
  base::asio::awaitable<Reply> ask(const RevocationTask& task, std::string payload);
  base::asio::awaitable<bool> save(RevocationAttempt attempt);
  RevocationAttempt judge(const RevocationTask& task, const Reply& reply);
  void note_pause(base::WallTime::duration time);
  base::asio::awaitable<void> sleep_until_due(std::size_t found);
  base::asio::awaitable<void> rest(base::WallTime::duration time);

  Parts parts_;
  acme::Client& client_;
  AccountGate& gate_;
  const std::string authority_;
  std::optional<base::asio::steady_timer> alarm_;
  bool woken_ = false;
  bool is_any_pending_ = true;
  base::MonotonicTime paused_until_{};  ///< the authority or the store wants it
};

}  // namespace agent
