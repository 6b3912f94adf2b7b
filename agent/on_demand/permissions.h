#pragma once

#include <utility>
#include <vector>

#include "acme/http_client.h"
#include "agent/on_demand/permission.h"
#include "agent/store_asio/database.h"
#include "base/log.h"

namespace agent {

/// A service of the operator's: GET <url>?domain=<name>. 200 is yes. Another 2xx or a 4xx is no,
/// but for 408 and 429; those, all else and no answer are later. What is logged is that it does
/// not answer, once, and that it does again.
class AskedPermission final : public Permission {
 public:
  /// `url` has no query. REQUIRES: client and log outlive it.
  AskedPermission(acme::HttpClient& client, acme::Url url, base::Log& log)
      : client_(client), url_(std::move(url)), log_(log) {}

  base::asio::awaitable<Permit> ask(base::DomainName name) override;

 private:
  void note_trouble(const std::string& detail);

  acme::HttpClient& client_;
  const acme::Url url_;
  base::Log& log_;
  bool is_in_trouble_ = false;
};

/// Yes to whatever is in a zone of a tenant.
class ZonePermission final : public Permission {
 public:
  /// REQUIRES: the references outlive it.
  ZonePermission(Database& database, base::Log& log) : database_(database), log_(log) {}

  base::asio::awaitable<Permit> ask(base::DomainName name) override;

 private:
  Database& database_;
  base::Log& log_;
};

/// Yes to what one of the patterns has: see covers().
class ListedPermission final : public Permission {
 public:
  explicit ListedPermission(std::vector<base::DomainName> patterns)
      : patterns_(std::move(patterns)) {}

  base::asio::awaitable<Permit> ask(base::DomainName name) override;

 private:
  const std::vector<base::DomainName> patterns_;
};

}  // namespace agent
