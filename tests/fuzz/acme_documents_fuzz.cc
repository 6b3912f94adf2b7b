// Every parser of what an authority sends, on any bytes: nothing crashes, and what comes out keeps
// the promises of its header.

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "acme/account.h"
#include "acme/authorization.h"
#include "acme/directory.h"
#include "acme/link_header.h"
#include "acme/order.h"
#include "acme/problem.h"
#include "acme/renewal_info.h"
#include "acme/retry_after.h"
#include "acme/timestamp.h"
#include "tests/fuzz/check.h"

namespace {

using acme::Url;

const Url& request_url() {
  static const Url url = *Url::parse("https://ca.example/acme/order/1");
  return url;
}

void check_text(const std::string& text) {
  FUZZ_CHECK(text.size() <= 1024);
  FUZZ_CHECK(std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  }));
}

void check_url(const Url& url) {
  FUZZ_CHECK(Url::parse(url.text()) == url);
  std::string scheme = url.text().substr(0, 8);
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), [](unsigned char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : static_cast<char>(c);
  });
  FUZZ_CHECK(scheme == "https://");
}

void check_documents(std::string_view text) {
  (void)acme::parse_account(text);
  if (const auto directory = acme::parse_directory(text, request_url())) {
    check_url(directory->new_nonce);
    check_url(directory->new_order);
  }
  if (const auto order = acme::parse_order(text, request_url())) {
    FUZZ_CHECK(order->authorizations.size() <= 200);
    for (const Url& url : order->authorizations) check_url(url);
    if (order->error) check_text(order->error->detail);
  }
  if (const auto authorization = acme::parse_authorization(text, request_url())) {
    FUZZ_CHECK(authorization->challenges.size() <= 32);
    for (const acme::Challenge& challenge : authorization->challenges) {
      check_url(challenge.url);
      const bool has_token = challenge.token.has_value();
      FUZZ_CHECK(has_token != (challenge.type == acme::ChallengeType::dns_persist_01));
      FUZZ_CHECK(!has_token || acme::Token::parse(challenge.token->text()).has_value());
    }
    (void)acme::failure_of(*authorization);
  }
}

void check_renewal_info(std::string_view text) {
  (void)acme::parse_timestamp(text);
  const auto info = acme::parse_renewal_info(text);
  if (!info) return;
  FUZZ_CHECK(info->start < info->end);
  check_text(info->explanation_url);
  for (const double jitter : {0.0, 0.5, 0.9999999999999999}) {
    const base::WallTime instant = acme::renewal_instant(*info, jitter);
    FUZZ_CHECK(info->start <= instant && instant <= info->end);
  }
}

void check_reply(std::string_view text) {
  const acme::HttpResponse response{
      400, {{"link", std::string(text)}, {"retry-after", std::string(text)}}, std::string(text)};
  const acme::Error error = acme::error_of(response, base::WallTime(std::chrono::hours(500000)));
  check_text(error.detail);
  check_text(error.instance);
  FUZZ_CHECK(!error.retry_after || *error.retry_after >= std::chrono::seconds(0));
  FUZZ_CHECK(error.subproblems.size() <= 200);
  for (const Url& url : acme::find_links(response, request_url(), "alternate")) check_url(url);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of the exact size, so that an overrun by one is seen.
  const std::string text(reinterpret_cast<const char*>(data), size);
  check_documents(text);
  check_renewal_info(text);
  check_reply(text);
  if (const auto url = acme::resolve_url(request_url(), text)) check_url(*url);
  return 0;
}
