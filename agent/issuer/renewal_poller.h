#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/client.h"
#include "agent/issuer/renewal_check.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace agent {

/// What the poller tells; calls on the control thread.
class RenewalListener {
 public:
  /// The renewal info of a certificate was looked at; `failure` if that brought no advice.
  virtual void renewal_checked(std::optional<acme::Errc> failure) = 0;
  /// Hostnames may be due now that were not.
  virtual void renewals_moved() = 0;

 protected:
  ~RenewalListener() = default;
};

/// Asks the authority when it wants certificates renewed (RFC 9773 §4.3): each after it was issued,
/// and again whenever its time has come, at most 16 at once. Beside the orders, not before them:
/// whatever fails here is tried again later, and renewals go on by what is known. All on the
/// control thread; what the references name outlives it.
class RenewalPoller {
 public:
  struct Parts {
    Database& database;
    const base::Clock& clock;
    base::Random& random;
    base::Log& log;
  };

  /// `authority` is its name in the configuration; only its certificates are asked about.
  RenewalPoller(Parts parts,
                acme::Client& client,
                std::string authority,
                RenewalListener& listener);

  /// Never returns; it ends with its io_context.
  base::asio::awaitable<void> run();

  /// A check may be due that was not: a certificate was issued.
  void wake();

 private:
  enum class Found { nothing, more_may_be_due, trouble };

  bool is_offered() const;
  base::asio::awaitable<Found> check_due();
  base::asio::awaitable<std::vector<RenewalCheck>> check(std::vector<Certificate> due);
  base::asio::awaitable<void> ask(std::vector<Certificate> certificates,
                                  std::vector<RenewalCheck>& checks);
  void note_moved(const Certificate& certificate, const RenewalCheck& check);
  base::asio::awaitable<void> sleep(Found found);

  Parts parts_;
  acme::Client& client_;
  const std::string authority_;
  RenewalListener& listener_;
  std::optional<base::asio::steady_timer> alarm_;
  bool woken_ = false;
};

}  // namespace agent
