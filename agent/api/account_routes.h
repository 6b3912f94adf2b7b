#pragma once

#include <string>

#include "agent/api/account_control.h"
#include "agent/api/api_message.h"
#include "agent/api/router.h"

namespace agent {

/// Our accounts, without their keys, and the DNS records that name them.
///
///   GET  /v1/accounts                               -> {accounts: [account]}
///   GET  /v1/authorities/{name}/account             -> account
///   POST /v1/authorities/{name}/account/check       asks the authority
///                        -> account with asked: {status, contacts: [text]}
///   POST /v1/authorities/{name}/account/contact     {contacts: [text]} -> account
///   POST /v1/authorities/{name}/account/rollover    {key_type} -> 202 account
///   POST /v1/authorities/{name}/account/deactivate  {authority: its name again} -> account
///   POST /v1/authorities/{name}/account/register    {key_type} -> account
///   GET  /v1/hostnames/{name}/dns-records           -> {name, records: [{challenge, authority,
///                                                   type, name, value}], notes: [text]}
///
///   account: {authority, directory, url, status, key_type, thumbprint, next_thumbprint,
///             key_change, created, trouble}
///
/// What the reference names outlives it, and it outlives the router's use.
class AccountRoutes {
 public:
  explicit AccountRoutes(AccountControl& accounts) : accounts_(accounts) {}

  void add_to(Router& router);

 private:
  using Answer = base::asio::awaitable<ApiResponse>;

  Answer list();
  Answer show(const std::string& authority);
  Answer check(const std::string& authority);
  Answer set_contacts(const ApiRequest& request, const std::string& authority);
  Answer change_key(const ApiRequest& request, const std::string& authority);
  Answer deactivate(const ApiRequest& request, const std::string& authority);
  Answer register_anew(const ApiRequest& request, const std::string& authority);
  Answer dns_records(const std::string& text);

  AccountControl& accounts_;
};

}  // namespace agent
