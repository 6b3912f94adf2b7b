#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme/account.h"
#include "acme/client.h"
#include "agent/issuer/account.h"
#include "agent/issuer/account_gate.h"
#include "base/asio.h"
#include "base/result.h"

namespace agent {

/// Why something could not be done with an account.
struct AccountError {
  enum class Kind {
    not_now,           ///< the account is not open, or in the middle of something
    refused,           ///< it is not in the state for that
    authority_failed,  ///< the authority refused it or could not be reached
    store_failed,
  } kind = Kind::refused;
  std::string detail{};  ///< a sentence
};

/// What is told of an account's changes; calls on the control thread.
class AccountKeeperListener {
 public:
  /// Orders may be run that could not, or not any more.
  virtual void account_changed() = 0;

 protected:
  ~AccountKeeperListener() = default;
};

/// Our account at one authority as an operator works with it (RFC 8555 §7.3): looked at, given
/// other contacts, another key, closed, and replaced by another one. All on the control thread;
/// what the references name outlives it.
///
/// A change of the key: the new key is stored, the gate closed until nobody signs with the old one,
/// the authority asked. Whatever happens in between, the authority is asked which of the two it has
/// before anybody signs again. A transient failure is tried again; a refusal ends the change.
///
/// An account that the authority calls deactivated or revoked is closed: it gets no orders until an
/// operator has another one made. It is asked again once a day and at a start.
class AccountKeeper {
 public:
  AccountKeeper(AccountParts parts,
                acme::HttpClient& http,
                AccountOptions options,
                AccountKeeperListener& listener);
  AccountKeeper(const AccountKeeper&) = delete;
  AccountKeeper& operator=(const AccountKeeper&) = delete;

  /// Opens the account; may be called again after an error, which is a sentence. See
  /// open_account().
  base::asio::awaitable<base::Result<void, std::string>> open();
  bool is_open() const { return client_ != nullptr; }
  acme::Client& client() { return *client_; }              ///< REQUIRES: is_open()
  const acme::Client& client() const { return *client_; }  ///< REQUIRES: is_open()

  /// Carries out what takes its time: a change of the key, looks at an account that is in doubt.
  /// Never returns. REQUIRES: is_open().
  base::asio::awaitable<void> run();
  /// The clock was set, or something may be due.
  void wake();

  /// The authority has refused the account: it is asked for it soon.
  void doubt();
  bool is_closed() const { return account_ && account_->status != AccountStatus::valid; }
  /// Everything that is signed with the account's key enters here.
  AccountGate& gate() { return gate_; }
  const AccountGate& gate() const { return gate_; }
  /// Why the account takes no orders, and what can be done about it; empty if it does.
  std::string trouble() const;

  /// nullopt until it is open.
  const std::optional<Account>& account() const { return account_; }
  /// What keeps a change of the key waiting; empty if there is none.
  const std::string& key_change_state() const { return key_change_state_; }

  /// What the authority says of it.
  base::asio::awaitable<base::Result<acme::Account, AccountError>> check();
  base::asio::awaitable<base::Result<void, AccountError>> set_contacts(
      std::vector<std::string> contacts);
  /// Stores a new key; run() does the rest.
  base::asio::awaitable<base::Result<void, AccountError>> begin_key_change(acme::KeyType type);
  /// For ever. Its certificates live on, and can be revoked with their own keys.
  base::asio::awaitable<base::Result<void, AccountError>> deactivate();
  /// Makes another account in the place of one that is closed, or whose key is none of the
  /// authority's any more (a backup from before a change of the key), and registers it.
  base::asio::awaitable<base::Result<void, AccountError>> register_anew(acme::KeyType type);

 private:
  using Reply = base::Result<acme::Response, acme::Error>;

  base::asio::awaitable<void> change_key();
  base::asio::awaitable<void> conclude_failed_change(acme::Error error);
  base::asio::awaitable<void> finish_key_change();
  base::asio::awaitable<void> give_up_key_change(std::string reason);
  base::asio::awaitable<void> look_at_account();
  base::asio::awaitable<Reply> ask_account(std::string payload);
  base::asio::awaitable<StoreResult<void>> save_status(AccountStatus status);
  base::asio::awaitable<void> sleep(base::WallTime::duration time);
  base::Result<void, AccountError> check_ready() const;
  bool offers_key_change() const;

  AccountParts parts_;
  acme::HttpClient& http_;
  AccountOptions options_;
  AccountKeeperListener& listener_;
  std::optional<Account> account_;  ///< as stored
  std::unique_ptr<acme::Client> client_;
  AccountGate gate_;
  std::optional<base::asio::steady_timer> alarm_;
  std::string key_change_state_;
  int failures_ = 0;                     ///< of the change under way, in a row
  base::MonotonicTime no_try_before_{};  ///< of the change
  bool is_in_doubt_ = false;
  bool is_unknown_ = false;  ///< the authority has no account of our key, as it said last
  bool is_busy_ = false;     ///< an operation of an operator is under way
  base::MonotonicTime next_look_{};
};

}  // namespace agent
