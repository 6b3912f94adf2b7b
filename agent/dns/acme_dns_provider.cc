#include "agent/dns/acme_dns_provider.h"

#include <utility>

#include <nlohmann/json.hpp>

#include "agent/dns/http_provider.h"
#include "agent/dns/lookups.h"
#include "agent/dns/send_request.h"
#include "base/run_on.h"

namespace agent {
namespace {

using Outcome = DnsProvider::Outcome;
using Loaded = base::Result<std::optional<AcmeDnsAccount>, std::string>;

}  // namespace

base::asio::awaitable<Outcome> AcmeDnsProvider::add(TxtRecord record) {
  const auto account = co_await account_of(record.fqdn);
  if (!account) co_return base::Unexpected(account.error());
  Outcome is_delegated = co_await check_alias(record.fqdn, *account);
  if (!is_delegated) co_return is_delegated;
  const nlohmann::json body = {{"subdomain", account->subdomain}, {"txt", record.value}};
  acme::HttpRequest request = request_to("/update", body.dump());
  request.headers = {{"X-Api-User", account->username}, {"X-Api-Key", account->password}};
  const auto reply = co_await post(std::move(request));
  if (!reply) co_return base::Unexpected(reply.error());
  constexpr int unauthorized = 401;
  if (reply->status == unauthorized) {
    co_return misconfigured(server_ + " does not know the account of " + record.fqdn.text() +
                            " any more; to register it again remove " +
                            accounts_.path_of(record.fqdn));
  }
  co_return judge_http_status(*reply, server_ + "/update");
}

base::asio::awaitable<Outcome> AcmeDnsProvider::remove(TxtRecord) {
  co_return Outcome();
}

base::asio::awaitable<AcmeDnsProvider::AccountResult> AcmeDnsProvider::account_of(dns::Name fqdn) {
  if (!fqdn.is_plain() || fqdn.is_root()) {
    co_return misconfigured("the name " + fqdn.text() + " is not given to acme-dns");
  }
  // One at a time, so that a name is never registered twice: the second account would be lost.
  const auto turn = co_await registering_.take();
  co_return co_await load_or_register(std::move(fqdn));
}

base::asio::awaitable<AcmeDnsProvider::AccountResult> AcmeDnsProvider::load_or_register(
    dns::Name fqdn) {
  auto load = [accounts = accounts_, fqdn] { return accounts.load(fqdn); };
  Loaded stored = co_await base::run_on(pool_, std::move(load));
  if (!stored) co_return misconfigured(std::move(stored).error());
  if (stored->has_value()) co_return **std::move(stored);
  auto made = co_await register_name(fqdn);
  if (!made) co_return made;
  // Written before it is used: the password cannot be read again.
  auto save = [accounts = accounts_, fqdn, account = *made] {
    return accounts.save(fqdn, account);
  };
  const std::string wrong = co_await base::run_on(pool_, std::move(save));
  if (!wrong.empty()) co_return misconfigured(wrong);
  co_return made;
}

base::asio::awaitable<AcmeDnsProvider::AccountResult> AcmeDnsProvider::register_name(
    dns::Name fqdn) {
  acme::HttpRequest request = request_to("/register", "");
  const auto reply = co_await post(std::move(request));
  if (!reply) co_return base::Unexpected(reply.error());
  const Outcome outcome = judge_http_status(*reply, server_ + "/register");
  if (!outcome) co_return base::Unexpected(outcome.error());
  auto account = parse_acme_dns_account(reply->body);
  if (!account) {
    co_return base::Unexpected(DnsError{DnsErrc::transient,
                                        server_ + "/register for " + fqdn.text() +
                                            ": the reply makes no sense: " + account.error()});
  }
  co_return *std::move(account);
}

base::asio::awaitable<Outcome> AcmeDnsProvider::check_alias(const dns::Name& fqdn,
                                                            const AcmeDnsAccount& account) {
  const auto points_to = co_await canonical_name(resolver_, fqdn);
  if (!points_to) co_return base::Unexpected(points_to.error());
  const auto wanted = dns::Name::parse(account.fulldomain);
  if (wanted && *points_to == *wanted) co_return Outcome();
  std::string text =
      "create this record once: " + fqdn.text_with_dot() + " CNAME " + account.fulldomain + ".";
  if (*points_to != fqdn) text += " (it points to " + points_to->text_with_dot() + " now)";
  co_return misconfigured(std::move(text));
}

base::asio::awaitable<base::Result<acme::HttpResponse, DnsError>> AcmeDnsProvider::post(
    acme::HttpRequest request) {
  const std::string url = request.url.text();
  auto reply = co_await send_request(client_, std::move(request));
  if (!reply) {
    co_return base::Unexpected(DnsError{DnsErrc::transient, url + ": " + reply.error().detail});
  }
  co_return *std::move(reply);
}

acme::HttpRequest AcmeDnsProvider::request_to(const std::string& path, std::string body) const {
  // The configuration has checked the server's URL.
  return {.method = acme::HttpMethod::post,
          .url = acme::Url::parse(server_ + path).value(),
          .content_type = "application/json",
          .accept = "application/json",
          .body = std::move(body)};
}

}  // namespace agent
