#pragma once

#include <optional>
#include <string>
#include <vector>

#include "acme/private_key.h"
#include "agent/api/problem.h"
#include "agent/model/account.h"
#include "base/asio.h"
#include "base/clock.h"
#include "base/domain_name.h"
#include "base/result.h"

namespace agent {

/// Our account at one authority for whoever looks at it, without its keys. Texts are empty where
/// there is nothing to say.
struct AccountView {
  std::string authority{};  ///< in the configuration
  std::string directory_url{};
  bool is_open = false;  ///< its key was read from the store
  std::string url{};     ///< empty until it is registered
  AccountStatus status = AccountStatus::valid;
  std::string key_type{};
  std::string thumbprint{};
  std::string next_thumbprint{};   ///< of the key that it is to get
  std::string key_change_state{};  ///< what that waits for, or how the last one ended
  base::WallTime created{};
  std::string trouble{};  ///< why it takes no orders
};

/// The view, and what the authority itself says.
struct AskedAccountView {
  AccountView view{};
  std::string status{};
  std::vector<std::string> contacts{};  ///< empty with authorities that keep none
};

/// Records that the owner of a hostname sets once (dns/owner_records.h).
struct DnsRecordsView {
  struct Record {
    std::string challenge{};
    std::string authority{};  ///< empty: for all
    std::string type{};
    std::string name{};
    std::string value{};
  };
  std::vector<Record> records{};
  std::vector<std::string> notes{};
};

/// What the API can ask of the part that looks after accounts. `authority` is a name in the
/// configuration; the problem is unknown_authority for any other. Control thread only.
class AccountControl {
 public:
  template <class T>
  using Answer = base::asio::awaitable<base::Result<T, Problem>>;

  /// In the order of fail-over.
  virtual std::vector<AccountView> accounts() const = 0;
  virtual Answer<AskedAccountView> ask(std::string authority) = 0;
  virtual Answer<AccountView> set_contacts(std::string authority,
                                           std::vector<std::string> contacts) = 0;
  /// Returns once the new key is stored; the rest goes on by itself.
  virtual Answer<AccountView> change_key(std::string authority, acme::KeyType type) = 0;
  virtual Answer<AccountView> deactivate(std::string authority) = 0;
  virtual Answer<AccountView> register_anew(std::string authority, acme::KeyType type) = 0;
  virtual base::asio::awaitable<DnsRecordsView> dns_records(base::DomainName name) = 0;

 protected:
  ~AccountControl() = default;
};

}  // namespace agent
