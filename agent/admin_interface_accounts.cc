#include <utility>

#include "agent/admin_interface.h"
#include "agent/dns/acme_dns_accounts.h"
#include "agent/dns/owner_records.h"
#include "base/run_on.h"

namespace agent {
namespace {

std::string_view to_string(acme::AccountStatus status) {
  switch (status) {
    case acme::AccountStatus::valid: return "valid";
    case acme::AccountStatus::deactivated: return "deactivated";
    case acme::AccountStatus::revoked: return "revoked";
  }
  return "unknown";
}

std::string_view name_of(acme::KeyType type) {
  switch (type) {
    case acme::KeyType::ecdsa_p256: return "ecdsa-p256";
    case acme::KeyType::ecdsa_p384: return "ecdsa-p384";
    case acme::KeyType::rsa_2048: return "rsa-2048";
    case acme::KeyType::rsa_3072: return "rsa-3072";
    case acme::KeyType::rsa_4096: return "rsa-4096";
  }
  return "unknown";
}

Problem to_problem(const AccountError& error) {
  switch (error.kind) {
    case AccountError::Kind::not_now:
    case AccountError::Kind::refused: return {ProblemType::conflict, error.detail};
    case AccountError::Kind::authority_failed: return {ProblemType::authority_failed, error.detail};
    case AccountError::Kind::store_failed: return {ProblemType::store_unavailable, error.detail};
  }
  return {ProblemType::store_failed, error.detail};
}

base::Unexpected<Problem> unknown(const std::string& authority) {
  return base::Unexpected(
      Problem{ProblemType::unknown_authority, "the configuration has no authority " + authority});
}

AccountView view_of(const AuthorityLane::Status& status, const AccountKeeper& keeper) {
  AccountView view{.authority = status.authority,
                   .directory_url = status.directory_url,
                   .is_open = keeper.is_open(),
                   .url = status.account_url,
                   .thumbprint = status.thumbprint,
                   .key_change_state = keeper.key_change_state(),
                   .trouble = status.trouble};
  if (!keeper.is_open()) return view;
  const Account& account = *keeper.account();
  view.status = account.status;
  view.created = account.created;
  if (const auto key = acme::PrivateKey::parse_pem(account.key_pem)) {
    view.key_type = name_of(key->type());
  }
  if (account.next_key) view.next_thumbprint = account.next_key->thumbprint;
  return view;
}

}  // namespace

std::vector<AccountView> AdminInterface::accounts() const {
  const Issuer& issuer = parts_.engine.issuer();
  std::vector<AccountView> views;
  for (const AuthorityLane::Status& status : issuer.status().authorities) {
    views.push_back(view_of(status, *issuer.account(status.authority)));
  }
  return views;
}

base::Result<AccountView, Problem> AdminInterface::view_after(
    const std::string& authority, const base::Result<void, AccountError>& done) const {
  if (!done) return base::Unexpected(to_problem(done.error()));
  for (AccountView& view : accounts()) {
    if (view.authority == authority) return std::move(view);
  }
  return unknown(authority);
}

AdminInterface::Answer<AskedAccountView> AdminInterface::ask(std::string authority) {
  AccountKeeper* const keeper = parts_.engine.issuer().account(authority);
  if (keeper == nullptr) co_return unknown(authority);
  const auto asked = co_await keeper->check();
  if (!asked) co_return base::Unexpected(to_problem(asked.error()));
  auto view = view_after(authority, {});
  if (!view) co_return base::Unexpected(view.error());
  co_return AskedAccountView{
      *std::move(view), std::string(to_string(asked->status)), asked->contacts};
}

AdminInterface::Answer<AccountView> AdminInterface::set_contacts(
    std::string authority, std::vector<std::string> contacts) {
  AccountKeeper* const keeper = parts_.engine.issuer().account(authority);
  if (keeper == nullptr) co_return unknown(authority);
  const auto done = co_await keeper->set_contacts(std::move(contacts));
  co_return view_after(authority, done);
}

AdminInterface::Answer<AccountView> AdminInterface::change_key(std::string authority,
                                                               acme::KeyType type) {
  AccountKeeper* const keeper = parts_.engine.issuer().account(authority);
  if (keeper == nullptr) co_return unknown(authority);
  const auto done = co_await keeper->begin_key_change(type);
  co_return view_after(authority, done);
}

AdminInterface::Answer<AccountView> AdminInterface::deactivate(std::string authority) {
  AccountKeeper* const keeper = parts_.engine.issuer().account(authority);
  if (keeper == nullptr) co_return unknown(authority);
  const auto done = co_await keeper->deactivate();
  co_return view_after(authority, done);
}

AdminInterface::Answer<AccountView> AdminInterface::register_anew(std::string authority,
                                                                  acme::KeyType type) {
  AccountKeeper* const keeper = parts_.engine.issuer().account(authority);
  if (keeper == nullptr) co_return unknown(authority);
  const auto done = co_await keeper->register_anew(type);
  co_return view_after(authority, done);
}

base::asio::awaitable<DnsRecordsView> AdminInterface::dns_records(base::DomainName name) {
  std::vector<OwnerAuthority> authorities;
  for (const AuthorityLane::Status& status : parts_.engine.issuer().status().authorities) {
    authorities.push_back({status.authority, status.account_url, status.caa_identities});
  }
  auto find = [&, state = state_directory_] {
    const AcmeDnsTarget target = [&state](const DnsProviderConfig& provider, const dns::Name& at) {
      const auto account = AcmeDnsAccounts(state + "/acme-dns/" + provider.name).load(at);
      return account && *account ? (*account)->fulldomain : std::string();
    };
    return owner_records(name, challenges_, dns_, authorities, target);
  };
  const OwnerRecords found = co_await base::run_on(parts_.engine.pool(), std::move(find));
  DnsRecordsView view{.notes = found.notes};
  for (const OwnerRecord& record : found.records) {
    view.records.push_back({std::string(acme::name_of(record.method)),
                            record.authority,
                            record.type,
                            record.name,
                            record.value});
  }
  co_return view;
}

}  // namespace agent
