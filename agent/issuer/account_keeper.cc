#include "agent/issuer/account_keeper.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "acme/account_request.h"
#include "acme/retry_advice.h"
#include "agent/fault/fault_point.h"
#include "agent/issuer/await_account.h"
#include "agent/issuer/await_post.h"
#include "agent/issuer/pauses.h"
#include "base/run_on.h"

namespace agent {
namespace {

using Kind = AccountError::Kind;

constexpr std::chrono::hours between_looks{24};
constexpr const char* no_key_change = "the authority offers no change of an account's key";

base::Unexpected<AccountError> error(Kind kind, std::string detail) {
  return base::Unexpected(AccountError{kind, std::move(detail)});
}

base::Unexpected<AccountError> error(const StoreError& failure) {
  return error(Kind::store_failed, "the store: " + failure.detail);
}

base::Unexpected<AccountError> error(const acme::Error& failure) {
  return error(Kind::authority_failed, acme::describe(failure));
}

AccountStatus to_model(acme::AccountStatus status) {
  switch (status) {
    case acme::AccountStatus::valid: return AccountStatus::valid;
    case acme::AccountStatus::deactivated: return AccountStatus::deactivated;
    case acme::AccountStatus::revoked: return AccountStatus::revoked;
  }
  return AccountStatus::valid;
}

/// What a refusal of an account that exists says of it (RFC 8555 §7.3.6).
acme::AccountStatus status_of(const acme::Error& refusal) {
  const bool is_revoked = refusal.detail.find("revoked") != std::string::npos;
  return is_revoked ? acme::AccountStatus::revoked : acme::AccountStatus::deactivated;
}

/// Whether the same key change may succeed later.
bool is_transient(const acme::Error& failure) {
  switch (acme::retry_advice(failure).action) {
    case acme::RetryAction::now:
    case acme::RetryAction::reread:
    case acme::RetryAction::wait:
    case acme::RetryAction::server: return failure.code != acme::Errc::conflict;
    case acme::RetryAction::backoff:
    case acme::RetryAction::split:
    case acme::RetryAction::park:
    case acme::RetryAction::switch_authority:
    case acme::RetryAction::new_order:
    case acme::RetryAction::new_key:
    case acme::RetryAction::check_account:
    case acme::RetryAction::accept: return false;
  }
  return false;
}

}  // namespace

AccountKeeper::AccountKeeper(AccountParts parts,
                             acme::HttpClient& http,
                             AccountOptions options,
                             AccountKeeperListener& listener)
    : parts_(parts), http_(http), options_(std::move(options)), listener_(listener) {}

base::asio::awaitable<base::Result<void, std::string>> AccountKeeper::open() {
  base::Result<OpenAccount, std::string> opened = co_await open_account(parts_, http_, options_);
  if (!opened) co_return base::Unexpected(std::move(opened).error());
  account_ = std::move(opened->account);
  client_ = std::move(opened->client);
  is_in_doubt_ = is_closed();
  if (account_->next_key) key_change_state_ = "goes on after a restart";
  co_return base::Result<void, std::string>();
}

std::string AccountKeeper::trouble() const {
  if (is_closed()) {
    return "the account is " + std::string(to_string(account_->status)) +
           " at the authority: `acme-spoa account register " + options_.authority +
           "` makes another one";
  }
  if (gate_.is_closed()) return "the account's key is being changed";
  return {};
}

void AccountKeeper::wake() {
  if (alarm_) alarm_->cancel();
}

void AccountKeeper::doubt() {
  is_in_doubt_ = true;
  wake();
}

base::asio::awaitable<void> AccountKeeper::run() {
  alarm_.emplace(co_await base::asio::this_coro::executor);
  next_look_ = parts_.clock.monotonic() + between_looks;
  while (true) {
    const base::MonotonicTime now = parts_.clock.monotonic();
    const bool is_due = account_->next_key && now >= no_try_before_ && !is_busy_;
    if (!is_busy_ && (is_in_doubt_ || (is_closed() && now >= next_look_))) {
      co_await look_at_account();
    } else if (is_due) {
      co_await change_key();
    } else {
      co_await sleep(longest_sleep);
    }
  }
}

base::asio::awaitable<void> AccountKeeper::sleep(base::WallTime::duration time) {
  if (account_->next_key) {
    const auto left =
        std::chrono::ceil<base::WallTime::duration>(no_try_before_ - parts_.clock.monotonic());
    time = std::clamp<base::WallTime::duration>(left, shortest_sleep, time);
  }
  boost::system::error_code ignored;  // cancelled by wake()
  alarm_->expires_after(time);
  co_await alarm_->async_wait(base::into(ignored));
}

// --- looking

/// An account that the authority does not have is the client's business, at the next request.
base::asio::awaitable<void> AccountKeeper::look_at_account() {
  is_in_doubt_ = false;
  next_look_ = parts_.clock.monotonic() + between_looks;
  const base::Result<acme::Account, AccountError> found = co_await check();
  if (found) co_return;
  parts_.log.warn("account not looked at",
                  {{"authority", options_.authority}, {"error", found.error().detail}});
}

base::Result<void, AccountError> AccountKeeper::check_ready() const {
  if (!is_open()) return error(Kind::not_now, "the account is not open yet");
  if (gate_.is_closed()) return error(Kind::not_now, "the account's key is being changed");
  if (is_busy_) return error(Kind::not_now, "another operation on the account is under way");
  return {};
}

base::asio::awaitable<AccountKeeper::Reply> AccountKeeper::ask_account(std::string payload) {
  gate_.enter();
  acme::Post request{acme::Endpoint::account, std::move(payload)};
  Reply reply = co_await await_post(*client_, std::move(request));
  gate_.leave();
  co_return reply;
}

base::asio::awaitable<base::Result<acme::Account, AccountError>> AccountKeeper::check() {
  if (const auto ready = check_ready(); !ready) co_return base::Unexpected(ready.error());
  gate_.enter();
  const Reply found = co_await await_find_account(*client_);
  gate_.leave();
  is_unknown_ = !found && found.error().code == acme::Errc::account_does_not_exist;
  base::Result<acme::Account, acme::Error> account =
      found ? acme::parse_account(found->http.body)
            : base::Result<acme::Account, acme::Error>(base::Unexpected(found.error()));
  if (!found && found.error().code == acme::Errc::unauthorized) {
    account = acme::Account{status_of(found.error()), {}};
  }
  if (!account) co_return error(account.error());
  const StoreResult<void> saved = co_await save_status(to_model(account->status));
  if (!saved) co_return error(saved.error());
  co_return *std::move(account);
}

base::asio::awaitable<StoreResult<void>> AccountKeeper::save_status(AccountStatus status) {
  if (account_->status == status) co_return StoreResult<void>();
  Account changed = *account_;
  changed.status = status;
  auto save = [&changed, now = parts_.clock.wall()](Store& store) {
    return store.save_account_status(changed, now);
  };
  StoreResult<void> saved = co_await parts_.database.run(std::move(save));
  if (!saved) co_return saved;
  if (status == AccountStatus::valid) {
    parts_.log.info("the account is valid again", {{"authority", options_.authority}});
  } else {
    parts_.log.error("the account is closed, it takes no orders",
                     {{"authority", options_.authority},
                      {"status", to_string(status)},
                      {"remedy", "acme-spoa account register " + options_.authority}});
  }
  account_->status = status;
  listener_.account_changed();
  co_return saved;
}

base::asio::awaitable<base::Result<void, AccountError>> AccountKeeper::set_contacts(
    std::vector<std::string> contacts) {
  if (const auto ready = check_ready(); !ready) co_return ready;
  if (is_closed()) co_return error(Kind::refused, trouble());
  std::string payload = acme::contacts_payload(contacts);
  const Reply reply = co_await ask_account(std::move(payload));
  if (!reply) co_return error(reply.error());
  Event event{
      .at = parts_.clock.wall(), .kind = EventKind::account_updated, .subject = options_.authority};
  for (const std::string& contact : contacts) {
    event.detail += (event.detail.empty() ? "contact=" : ",") + contact;
  }
  auto record = [&event](Store& store) { return store.record_event(event); };
  const StoreResult<void> recorded = co_await parts_.database.run(std::move(record));
  if (!recorded) co_return error(recorded.error());
  co_return base::Result<void, AccountError>();
}

base::asio::awaitable<base::Result<void, AccountError>> AccountKeeper::deactivate() {
  if (const auto ready = check_ready(); !ready) co_return ready;
  if (account_->next_key) {
    co_return error(Kind::not_now, "the account's key is about to be changed");
  }
  if (is_closed()) co_return base::Result<void, AccountError>();
  const Reply reply = co_await ask_account(acme::deactivation_payload());
  const bool may_be_closed = !reply && reply.error().code == acme::Errc::unauthorized;
  if (!reply && !may_be_closed) co_return error(reply.error());
  fault_point("account: deactivated");
  if (may_be_closed) {  // by somebody else, or by a request whose reply was lost
    const auto found = co_await check();
    if (!found) co_return base::Unexpected(found.error());
    if (!is_closed()) co_return error(reply.error());
    co_return base::Result<void, AccountError>();
  }
  const StoreResult<void> saved = co_await save_status(AccountStatus::deactivated);
  if (!saved) co_return error(saved.error());
  co_return base::Result<void, AccountError>();
}

// --- another key

/// A directory that was never fetched may have it.
bool AccountKeeper::offers_key_change() const {
  const acme::Directory* directory = client_->directory();
  return directory == nullptr || directory->key_change;
}

base::asio::awaitable<base::Result<void, AccountError>> AccountKeeper::begin_key_change(
    acme::KeyType type) {
  if (const auto ready = check_ready(); !ready) co_return ready;
  if (is_closed()) co_return error(Kind::refused, trouble());
  if (account_->next_key) co_return error(Kind::not_now, "its key is being changed already");
  if (!offers_key_change()) co_return error(Kind::refused, no_key_change);
  if (!account_->url && !client_->record().account_url) {
    co_return error(Kind::refused, "the account is not registered yet: it is with the first order");
  }
  is_busy_ = true;
  auto generate = [type] { return acme::PrivateKey::generate(type); };
  const auto key = co_await base::run_on(parts_.pool, std::move(generate));
  if (!key) throw std::runtime_error(acme::describe(key.error()));  // OpenSSL without randomness
  Account changed = *account_;
  changed.next_key = {key->pem(), key->thumbprint().value()};
  auto begin = [&changed, now = parts_.clock.wall()](Store& store) {
    return store.begin_key_change(changed, now);
  };
  const StoreResult<void> begun = co_await parts_.database.run(std::move(begin));
  is_busy_ = false;
  if (!begun) co_return error(begun.error());
  fault_point("account: next key stored");
  account_->next_key = std::move(changed.next_key);
  failures_ = 0;
  no_try_before_ = {};
  key_change_state_ = "about to be asked for";
  wake();
  co_return base::Result<void, AccountError>();
}

base::asio::awaitable<void> AccountKeeper::change_key() {
  if (!offers_key_change()) co_return co_await give_up_key_change(no_key_change);
  key_change_state_ = "waits for the requests under way";
  co_await gate_.close();
  if (!account_->url) account_->url = client_->record().account_url->text();
  std::optional<acme::PrivateKey> next = acme::PrivateKey::parse_pem(account_->next_key->key_pem);
  key_change_state_ = "asks the authority";
  const Reply reply = co_await await_change_key(*client_, *next);
  fault_point("account: key change answered");
  if (reply) {
    co_await finish_key_change();
  } else {
    co_await conclude_failed_change(reply.error());
  }
}

/// Asks which key it is until that is known: until then nobody can sign.
base::asio::awaitable<void> AccountKeeper::conclude_failed_change(acme::Error failure) {
  while (true) {
    const Account& account = *account_;
    const auto verdict = co_await ask_about_next_key(parts_, http_, options_, account);
    if (verdict && *verdict == NextKeyVerdict::is_the_accounts) {
      client_->adopt_key(*acme::PrivateKey::parse_pem(account_->next_key->key_pem));
      co_return co_await finish_key_change();
    }
    if (verdict && (*verdict == NextKeyVerdict::is_anothers || !is_transient(failure))) {
      co_return co_await give_up_key_change(acme::describe(failure));
    }
    const auto delay = acme::server_backoff(++failures_);
    const acme::Error& cause = verdict ? failure : verdict.error();
    key_change_state_ = "is tried again: " + acme::describe(cause);
    parts_.log.warn("account key not changed yet",
                    {{"authority", options_.authority}, {"error", acme::describe(cause)}});
    no_try_before_ = parts_.clock.monotonic() + delay;
    if (verdict) break;  // it has the old key: orders go on meanwhile
    while (parts_.clock.monotonic() < no_try_before_) co_await sleep(longest_sleep);
  }
  gate_.open();
  listener_.account_changed();
}

base::asio::awaitable<void> AccountKeeper::finish_key_change() {
  const Account& before = *account_;
  auto finish = [before, now = parts_.clock.wall()](Store& store) {
    return store.finish_key_change(before, now);
  };
  StoreResult<void> finished = co_await parts_.database.run(finish);
  while (!finished) {
    parts_.log.error("the new account key is not stored as such, it waits",
                     {{"authority", options_.authority}, {"error", finished.error().detail}});
    no_try_before_ = parts_.clock.monotonic() + store_retry;
    while (parts_.clock.monotonic() < no_try_before_) co_await sleep(store_retry);
    finished = co_await parts_.database.run(finish);
  }
  fault_point("account: key changed");
  account_->key_pem = account_->next_key->key_pem;
  account_->thumbprint = account_->next_key->thumbprint;
  account_->next_key = std::nullopt;
  key_change_state_.clear();
  parts_.log.info("account key changed",
                  {{"authority", options_.authority}, {"thumbprint", account_->thumbprint}});
  gate_.open();
  listener_.account_changed();
}

base::asio::awaitable<void> AccountKeeper::give_up_key_change(std::string reason) {
  const Account& before = *account_;
  auto give_up = [before, reason, now = parts_.clock.wall()](Store& store) {
    return store.give_up_key_change(before, reason, now);
  };
  const StoreResult<void> given_up = co_await parts_.database.run(std::move(give_up));
  parts_.log.error("account key change given up",
                   {{"authority", options_.authority}, {"error", reason}});
  if (given_up) {
    account_->next_key = std::nullopt;
    key_change_state_ = "was given up: " + reason;
  } else {
    no_try_before_ = parts_.clock.monotonic() + store_retry;
  }
  gate_.open();
  listener_.account_changed();
}

// --- another account

base::asio::awaitable<base::Result<void, AccountError>> AccountKeeper::register_anew(
    acme::KeyType type) {
  if (const auto ready = check_ready(); !ready) co_return ready;
  if (!is_closed()) {
    const auto checked = co_await check();
    static_cast<void>(checked);
  }
  if (!is_closed() && !is_unknown_) {
    co_return error(Kind::refused,
                    "the account is valid: give it another key with `acme-spoa account rollover`, "
                    "or deactivate it first");
  }
  is_busy_ = true;
  co_await gate_.close();
  AccountOptions options = options_;
  options.key_type = type;
  StoreResult<Account> made = co_await store_new_account(parts_, std::move(options));
  is_busy_ = false;
  if (!made) {
    gate_.open();
    co_return error(made.error());
  }
  account_ = std::move(*made);
  key_change_state_.clear();
  client_->start_anew(*acme::PrivateKey::parse_pem(account_->key_pem));
  const Reply reply = co_await await_register_account(*client_);
  gate_.open();
  listener_.account_changed();
  if (reply) co_return base::Result<void, AccountError>();
  co_return error(
      Kind::authority_failed,
      acme::describe(reply.error()) + "; the new key is stored and registered with the next order");
}

}  // namespace agent
