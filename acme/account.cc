#include "acme/account.h"

#include <optional>

#include "acme/json.h"
#include "acme/problem.h"

namespace acme {
namespace {

std::optional<AccountStatus> account_status(std::string_view text) {
  if (text == "valid") return AccountStatus::valid;
  if (text == "deactivated") return AccountStatus::deactivated;
  if (text == "revoked") return AccountStatus::revoked;
  return std::nullopt;
}

}  // namespace

base::Result<Account, Error> parse_account(std::string_view json) {
  const std::optional<Json> object = Json::parse_object(json);
  if (!object) return base::Unexpected(bad_response("the account is no JSON object"));
  const auto status = account_status(object->string("status").value_or(""));
  if (!status) return base::Unexpected(bad_response("the account has no status we know"));
  return Account{*status, object->strings("contact")};
}

}  // namespace acme
