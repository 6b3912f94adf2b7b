#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "acme/client.h"
#include "acme/order_machine.h"
#include "agent/challenge/challenge_policy.h"
#include "agent/issuer/name_check.h"
#include "agent/issuer/solver.h"
#include "agent/model/certificate.h"
#include "agent/model/order.h"
#include "agent/store_asio/database.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"

namespace agent {

/// How one run of an order ended.
struct OrderIssued {
  Certificate certificate;  ///< in the store already
};
struct OrderFailed {
  OrderRecord order;  ///< as stored, where it is still open
  acme::Error error;  ///< final for this order
};
struct OrderSuspended {
  OrderRecord order;  ///< as stored; to be run again
  base::WallTime until;
  acme::Error reason;
};
/// Its hostname was removed: nothing is left of it.
struct OrderGone {};
using OrderEnd = std::variant<OrderIssued, OrderFailed, OrderSuspended, OrderGone>;

/// Whether a renewal keeps the private key of the certificate that it renews.
enum class KeyReuse { never, on_renewal };

/// What new orders ask for besides their names.
struct OrderWish {
  acme::KeyType key_type = acme::KeyType::ecdsa_p256;  ///< of certificates
  /// Of the other algorithm; nullopt: hostnames have one certificate.
  std::optional<acme::KeyType> second_key_type = std::nullopt;
  KeyReuse key_reuse = KeyReuse::never;
  std::string profile{};          ///< empty: the authority's default
  bool profile_fallback = false;  ///< the default rather than nothing, if that is not offered
  std::string preferred_chain{};  ///< common name in it (acme/alternate_chain.h); empty: as offered
  ChallengePolicy challenges{};
};

/// What a run tells; calls on the control thread.
class OrderRunListener {
 public:
  /// The authority has refused that the order replaces a certificate: it counts it. Returns what
  /// the order is still exempt from; the run goes on then.
  virtual base::asio::awaitable<Exemption> replaces_refused(OrderRecord order) = 0;

 protected:
  ~OrderRunListener() = default;
};

/// The shell around acme's order machine: it stores what the machine has reached before it does
/// what the machine asks for, so that a run can be killed anywhere and the next one goes on with
/// the same order. All on the control thread; what the references name outlives every run.
class OrderRunner {
 public:
  struct Parts {
    Database& database;
    Solver& solver;
    base::asio::thread_pool& pool;  ///< for key generation
    const base::Clock& clock;
    base::Random& random;
    base::Log& log;
    NameCheck* name_check = nullptr;  ///< of a new order's names; may be none
  };

  OrderRunner(Parts parts, acme::Client& client, OrderWish wish, OrderRunListener& listener);

  /// Runs the order until it ends or is suspended. While the store cannot be written it waits, and
  /// forgets nothing that the authority has said.
  base::asio::awaitable<OrderEnd> run(OrderRecord order);

  /// Orders placed from now on ask for the authority's default.
  void drop_profile() { wish_.profile.clear(); }

 private:
  struct Run;

  base::Result<acme::OrderRecord, std::string> load(const OrderRecord& order) const;
  acme::OrderRecord new_record(const OrderRecord& order) const;
  bool is_of_our_account(const acme::OrderRecord& record) const;
  base::asio::awaitable<void> take_over_key(Run& run);
  void note_account(acme::OrderRecord& record) const;
  base::asio::awaitable<void> note_refused_replaces(Run& run, const acme::Outcome& outcome);
  enum class Stored { yes, gone };
  base::asio::awaitable<Stored> store(Run& run);
  base::asio::awaitable<void> wait_for_store(const Run& run, StoreError error);
  base::asio::awaitable<OrderEnd> withdraw(Run& run);
  base::asio::awaitable<acme::Outcome> perform(const Run& run, acme::Action action);
  base::asio::awaitable<acme::Outcome> make_key(const Run& run, acme::GenerateKey wanted);
  base::asio::awaitable<std::optional<acme::PrivateKey>> find_reusable_key(const Run& run);
  base::asio::awaitable<acme::Outcome> post(acme::Post request);
  base::asio::awaitable<acme::Response> find_preferred_chain(acme::Response offered);
  base::asio::awaitable<acme::Outcome> present(std::vector<acme::Answer> answers);
  base::asio::awaitable<acme::Outcome> wait(base::WallTime until);
  base::asio::awaitable<OrderEnd> finish(Run& run, acme::Done done);

  Parts parts_;
  acme::Client& client_;
  OrderWish wish_;
  OrderRunListener& listener_;
};

}  // namespace agent
