#include "agent/dns/http_provider.h"

#include <algorithm>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/dns/run_program.h"
#include "agent/dns/send_request.h"
#include "base/encoding.h"

namespace agent {
namespace {

using Outcome = DnsProvider::Outcome;

std::string first_line(const std::string& body) {
  return last_line(body.substr(0, body.find('\n')));
}

DnsErrc code_of(int status) {
  constexpr int too_many = 429;
  constexpr int request_timeout = 408;
  if (status >= 500 || status == too_many || status == request_timeout) return DnsErrc::transient;
  // Credentials, a wrong path, a redirect that is not followed.
  for (const int configured : {401, 403, 404, 405, 410}) {
    if (status == configured) return DnsErrc::configuration;
  }
  return status >= 400 ? DnsErrc::refused : DnsErrc::configuration;
}

}  // namespace

base::Result<void, DnsError> judge_http_status(const acme::HttpResponse& response,
                                               const std::string& where) {
  if (response.status >= 200 && response.status < 300) return {};
  std::string text = where + " answers with status " + std::to_string(response.status);
  const std::string says = first_line(response.body);
  if (!says.empty()) text += ": " + says;
  return base::Unexpected(DnsError{code_of(response.status), std::move(text)});
}

std::string basic_authorization(const std::string& username, const std::string& password) {
  std::string text = base::encode_base64url(username + ":" + password);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return "Basic " + text;
}

base::asio::awaitable<Outcome> HttpProvider::add(TxtRecord record) {
  co_return co_await post("/present", std::move(record));
}

base::asio::awaitable<Outcome> HttpProvider::remove(TxtRecord record) {
  co_return co_await post("/cleanup", std::move(record));
}

base::asio::awaitable<Outcome> HttpProvider::post(std::string path, TxtRecord record) {
  const auto url = acme::Url::parse(options_.endpoint + path);
  if (!url) {
    co_return base::Unexpected(
        DnsError{DnsErrc::configuration, "no URL: " + options_.endpoint + path});
  }
  nlohmann::json body;
  if (options_.mode == HttpHookOptions::Mode::record) {
    body["fqdn"] = record.fqdn.text_with_dot();
    body["value"] = record.value;
  } else {
    body["domain"] = record.challenge.domain;
    body["token"] = record.challenge.token;
    body["keyAuth"] = record.challenge.key_authorization;
  }
  acme::HttpRequest request{.method = acme::HttpMethod::post,
                            .url = *url,
                            .content_type = "application/json",
                            .accept = "application/json",
                            .body = body.dump()};
  if (!options_.username.empty()) {
    request.headers.push_back(
        {"Authorization", basic_authorization(options_.username, options_.password)});
  }
  const auto reply = co_await send_request(client_, std::move(request));
  if (!reply) {
    co_return base::Unexpected(
        DnsError{DnsErrc::transient, url->text() + ": " + reply.error().detail});
  }
  co_return judge_http_status(*reply, url->text());
}

}  // namespace agent
