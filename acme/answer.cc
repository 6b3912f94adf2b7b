#include "acme/answer.h"

#include <span>
#include <stdexcept>

#include "base/encoding.h"

namespace acme {
namespace {

constexpr std::size_t account_label_bytes = 10;

/// RFC 4648 §6, without padding. REQUIRES: a multiple of 5 bytes.
std::string encode_base32_lower(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz234567";
  std::string text;
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::byte byte : bytes) {
    bits = (bits << 8U) | std::to_integer<std::uint32_t>(byte);
    for (count += 8; count >= 5; count -= 5) {
      text += digits[(bits >> static_cast<unsigned>(count - 5)) & 0x1fU];
    }
  }
  return text;
}

TxtAnswer txt_answer(const OrderChallenge& challenge,
                     std::string name,
                     const KeyAuthorization& key_authorization) {
  return {challenge.identifier,
          std::move(name),
          txt_value(key_authorization),
          *challenge.token,
          key_authorization};
}

}  // namespace

const Identifier& identifier_of(const Answer& answer) {
  return std::visit([](const auto& a) -> const Identifier& { return a.identifier; }, answer);
}

Answer answer_to(const OrderChallenge& challenge, const OrderRecord& order) {
  const Identifier& identifier = challenge.identifier;
  if (challenge.type == ChallengeType::dns_persist_01) {
    return StandingTxtAnswer{identifier, challenge.issuer_domains, order.account_url};
  }
  if (!challenge.token) throw std::logic_error("a challenge without its token");
  const KeyAuthorization key = key_authorization(*challenge.token, order.thumbprint);
  const std::string dns_name = "_acme-challenge." + std::string(identifier.name().bare());
  switch (challenge.type) {
    case ChallengeType::http_01: return HttpAnswer{identifier, *challenge.token, key};
    case ChallengeType::tls_alpn_01: return TlsAlpnAnswer{identifier, sha256(key.value())};
    case ChallengeType::dns_01: return txt_answer(challenge, dns_name, key);
    case ChallengeType::dns_account_01:
      return txt_answer(challenge, account_label(order.account_url) + "." + dns_name, key);
    case ChallengeType::dns_persist_01: break;
  }
  throw std::logic_error("a challenge of no type");
}

std::vector<Answer> answers_to(const std::vector<OrderChallenge>& challenges,
                               const OrderRecord& order) {
  std::vector<Answer> answers;
  answers.reserve(challenges.size());
  for (const OrderChallenge& challenge : challenges) answers.push_back(answer_to(challenge, order));
  return answers;
}

std::string txt_value(const KeyAuthorization& key_authorization) {
  return base::encode_base64url(sha256(key_authorization.value()));
}

std::string account_label(std::string_view account_url) {
  const Sha256 digest = sha256(account_url);
  return "_" + encode_base32_lower(std::span(digest).first(account_label_bytes));
}

std::string acme_identifier_value(const Sha256& digest) {
  constexpr char octet_string = 0x04;
  std::string der = {octet_string, static_cast<char>(digest.size())};
  der.append(reinterpret_cast<const char*>(digest.data()), digest.size());
  return der;
}

std::string tls_alpn_server_name(const Identifier& identifier) {
  const auto address = identifier.name().address();
  return address ? address->reverse_name() : identifier.value();
}

}  // namespace acme
