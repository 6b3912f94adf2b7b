#include "agent/dns/preflight.h"

#include <utility>

#include "agent/dns/address_check.h"
#include "agent/dns/lookups.h"
#include "agent/dns/send_request.h"

namespace agent {
namespace {

constexpr int max_redirects = 10;  // as Let's Encrypt has it

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 307 || status == 308;
}

/// Let's Encrypt ignores white space at the end.
std::string_view trim_end(std::string_view body) {
  const std::size_t last = body.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : body.substr(0, last + 1);
}

std::vector<acme::CaaRecord> to_acme(const std::vector<dns::RecordData>& data) {
  std::vector<acme::CaaRecord> records;
  for (dns::Caa& caa : values_of<dns::Caa>(data)) {
    records.push_back({caa.flags, std::move(caa.tag), std::move(caa.value)});
  }
  return records;
}

}  // namespace

base::asio::awaitable<PreflightVerdict> Preflight::check(PreflightQuestion question) {
  PreflightVerdict verdict;
  if (options_.caa) co_await check_caa(question, verdict);
  verdict.cause = verdict.obstacles.empty() ? acme::Errc::dns : acme::Errc::caa;
  const bool needs_reach = question.reach == PreflightQuestion::Reach::needed;
  const dns::Name name(question.name);
  if (options_.address && needs_reach) co_await check_address(name, verdict);
  if (options_.http && question.probe && verdict.obstacles.empty()) {
    verdict.cause = acme::Errc::incorrect_response;
    co_await check_http(question, verdict);
  }
  if (!verdict.obstacles.empty()) verdict.decision = PreflightVerdict::Decision::stop;
  co_return verdict;
}

base::asio::awaitable<void> Preflight::check_caa(const PreflightQuestion& question,
                                                 PreflightVerdict& verdict) {
  acme::CaaQuestion asked = question.caa;
  asked.name = question.name.is_wildcard() ? acme::CaaQuestion::Name::wildcard
                                           : acme::CaaQuestion::Name::plain;
  for (dns::Name at(question.name); !at.is_root(); at = at.parent()) {
    const auto found = co_await look_up(resolver_, at, dns::RecordType::caa);
    if (!found) {
      verdict.doubts.push_back(
          "CAA of " + at.text() +
          " is not known, and the authority will refuse while it cannot know it "
          "either: " +
          found.error().message);
      co_return;
    }
    const auto records = to_acme(found->data);
    if (records.empty()) continue;
    acme::CaaDecision decision = judge_caa(records, asked);
    std::string reason = at.text() + ": " + std::move(decision.reason);
    if (decision.verdict == acme::CaaVerdict::forbidden) verdict.obstacles.push_back(reason);
    if (decision.verdict == acme::CaaVerdict::unknown) verdict.doubts.push_back(reason);
    co_return;
  }
}

base::asio::awaitable<void> Preflight::check_address(const dns::Name& name,
                                                     PreflightVerdict& verdict) {
  AddressCheck check = co_await check_addresses(resolver_, name, options_.own_addresses);
  switch (check.finding) {
    case AddressCheck::Finding::ours: break;
    case AddressCheck::Finding::partly:
    case AddressCheck::Finding::unknown: verdict.doubts.push_back(std::move(check.detail)); break;
    case AddressCheck::Finding::foreign:
    case AddressCheck::Finding::none: verdict.obstacles.push_back(std::move(check.detail)); break;
  }
}

base::asio::awaitable<void> Preflight::check_http(const PreflightQuestion& question,
                                                  PreflightVerdict& verdict) {
  const std::string start = "http://" + std::string(question.name.bare()) +
                            "/.well-known/acme-challenge/" + question.probe->token.text();
  std::optional<acme::Url> url = acme::Url::parse(start);
  for (int hop = 0; url && hop <= max_redirects; ++hop) {
    acme::HttpRequest request{
        .method = acme::HttpMethod::get, .url = *url, .content_type = {}, .accept = {}, .body = {}};
    const auto reply = co_await send_request(client_, std::move(request));
    if (!reply) {
      // A network can forbid the way out and in again that the authority does not take.
      verdict.doubts.push_back(url->text() +
                               " cannot be fetched from here: " + reply.error().detail);
      co_return;
    }
    if (is_redirect(reply->status)) {
      url = acme::resolve_url(*url, find_header(*reply, "location"));
      // The authority takes any certificate there, we cannot.
      if (url && url->text().starts_with("https:")) co_return;
      continue;
    }
    if (reply->status == 200 && trim_end(reply->body) == question.probe->answer.value()) co_return;
    verdict.obstacles.push_back(
        url->text() + " answers " +
        (reply->status == 200 ? "something else" : "with status " + std::to_string(reply->status)) +
        "; another server answers for this name, or requests do not come to us");
    co_return;
  }
  verdict.doubts.push_back(start + " is redirected in a loop or to nowhere");
}

}  // namespace agent
