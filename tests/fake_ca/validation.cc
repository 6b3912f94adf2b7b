#include "tests/fake_ca/validation.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <set>

#include "base/encoding.h"

namespace fake_ca {
namespace {

std::array<unsigned char, 32> sha256(std::string_view text) {
  std::array<unsigned char, 32> digest{};
  EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return digest;
}

std::string digest_text(std::string_view text) {
  const auto digest = sha256(text);
  return base::encode_base64url(std::as_bytes(std::span(digest)));
}

/// Lower-case base32 of 10 bytes, which come out as 16 characters without padding.
std::string account_label(const std::string& account_url) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  const auto digest = sha256(account_url);
  std::string label;
  for (std::size_t bit = 0; bit < 80; bit += 5) {
    const unsigned pair = static_cast<unsigned>(digest.at(bit / 8)) << 8U | digest.at(bit / 8 + 1);
    label += alphabet[pair >> (11 - bit % 8) & 31U];
  }
  return label;
}

Problem fault(std::string type, int status, std::string detail) {
  return {.type = std::move(type), .status = status, .detail = std::move(detail)};
}

Problem unauthorized(std::string detail) {
  return fault("unauthorized", 403, std::move(detail));
}

std::optional<Problem> judge_http(const ValidationTask& task, const HttpAnswer& answer) {
  if (answer.status != 200) {
    return unauthorized("Invalid response from " + task.identifier.bare() + ": " +
                        std::to_string(answer.status));
  }
  std::string body = answer.body;
  body.erase(body.find_last_not_of(" \t\r\n") + 1);
  if (body == task.key_authorization) return std::nullopt;
  return unauthorized("The key authorization file from the server did not match this challenge");
}

std::optional<Problem> judge_txt(const ValidationTask& task, const TxtRecords& records) {
  const std::string wanted = digest_text(task.key_authorization);
  if (std::find(records.values.begin(), records.values.end(), wanted) != records.values.end()) {
    return std::nullopt;
  }
  if (records.values.empty()) return unauthorized("No TXT record found at " + txt_name(task));
  return unauthorized("Incorrect TXT record found at " + txt_name(task));
}

/// The one extension of the certificate with that identifier; nullptr if there is none or two.
X509_EXTENSION* only_extension(X509* certificate, const ASN1_OBJECT* object) {
  const int first = X509_get_ext_by_OBJ(certificate, object, -1);
  if (first < 0 || X509_get_ext_by_OBJ(certificate, object, first) >= 0) return nullptr;
  return X509_get_ext(certificate, first);
}

/// Whether its only SAN is the identifier.
bool has_only_name(X509* certificate, const Identifier& identifier) {
  const acme::GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (sk_GENERAL_NAME_num(names.get()) != 1) return false;
  int type = 0;
  const auto* value = static_cast<const ASN1_STRING*>(
      GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), 0), &type));
  const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                         static_cast<std::size_t>(ASN1_STRING_length(value)));
  if (identifier.type == IdentifierType::dns) return type == GEN_DNS && text == identifier.value;
  std::array<unsigned char, 16> bytes{};
  const bool is_v6 = identifier.value.find(':') != std::string::npos;
  inet_pton(is_v6 ? AF_INET6 : AF_INET, identifier.value.c_str(), bytes.data());
  const std::string wanted(reinterpret_cast<const char*>(bytes.data()), is_v6 ? 16 : 4);
  return type == GEN_IPADD && text == wanted;
}

/// RFC 8737 §3.
std::optional<Problem> judge_alpn(const ValidationTask& task, const AlpnCertificate& answer) {
  if (answer.protocol != "acme-tls/1") {
    return unauthorized("Cannot negotiate ALPN protocol \"acme-tls/1\"");
  }
  const auto* cursor = reinterpret_cast<const unsigned char*>(answer.der.data());
  const acme::X509Ptr leaf(d2i_X509(nullptr, &cursor, static_cast<long>(answer.der.size())));
  if (!leaf || !has_only_name(leaf.get(), task.identifier)) {
    return unauthorized("The certificate's only name is not the identifier");
  }
  const std::unique_ptr<ASN1_OBJECT, acme::Freer<ASN1_OBJECT_free>> object(
      OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
  X509_EXTENSION* extension = only_extension(leaf.get(), object.get());
  if (extension == nullptr || X509_EXTENSION_get_critical(extension) != 1) {
    return unauthorized("The certificate has not one critical acmeIdentifier extension");
  }
  const auto digest = sha256(task.key_authorization);
  const std::string wanted = std::string("\x04\x20") + std::string(digest.begin(), digest.end());
  const ASN1_OCTET_STRING* data = X509_EXTENSION_get_data(extension);
  const std::string found(reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)),
                          static_cast<std::size_t>(ASN1_STRING_length(data)));
  if (found == wanted) return std::nullopt;
  return unauthorized("Received certificate with a wrong acmeIdentifier extension");
}

std::string trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(" \t") - begin + 1));
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  for (std::size_t semicolon = 0; semicolon != std::string::npos; at = semicolon + 1) {
    semicolon = text.find(';', at);
    parts.push_back(trim(std::string_view(text).substr(at, semicolon - at)));
  }
  return parts;
}

/// Tags of a record and their values; nullopt if it cannot be read or a tag is there twice.
std::optional<std::map<std::string, std::string>> parse_tags(
    const std::vector<std::string>& parts) {
  std::map<std::string, std::string> tags;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::size_t equals = parts[i].find('=');
    if (equals == std::string::npos) return std::nullopt;
    const std::string tag = lower(trim(parts[i].substr(0, equals)));
    if (!tags.emplace(tag, trim(parts[i].substr(equals + 1))).second) return std::nullopt;
  }
  return tags;
}

bool is_past(const std::string& unix_seconds, base::WallTime now) {
  long long seconds = 0;
  const char* end = unix_seconds.data() + unix_seconds.size();
  const auto parsed = std::from_chars(unix_seconds.data(), end, seconds);
  if (parsed.ec != std::errc() || parsed.ptr != end) return true;
  return base::WallTime(std::chrono::seconds(seconds)) < now;
}

/// Whether one record allows it, as Boulder reads the draft.
bool permits(const ValidationTask& task, const std::string& record, base::WallTime now) {
  const std::vector<std::string> parts = split(record);
  const std::string issuer = lower(parts.front());
  const auto& ours = task.issuer_domain_names;
  if (std::find(ours.begin(), ours.end(), issuer) == ours.end()) return false;
  const auto tags = parse_tags(parts);
  if (!tags) return false;
  const auto value = [&tags](const char* tag) {
    const auto found = tags->find(tag);
    return found == tags->end() ? std::string() : found->second;
  };
  if (value("accounturi") != task.account_url) return false;
  if (task.identifier.is_wildcard() && lower(value("policy")) != "wildcard") return false;
  return !tags->contains("persistuntil") || !is_past(value("persistuntil"), now);
}

std::optional<Problem> judge_persist(const ValidationTask& task,
                                     const TxtRecords& records,
                                     base::WallTime now) {
  for (const std::string& record : records.values) {
    if (permits(task, record, now)) return std::nullopt;
  }
  return unauthorized("No valid TXT record found at " + txt_name(task));
}

std::string reverse_name(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  const bool is_v6 = address.find(':') != std::string::npos;
  inet_pton(is_v6 ? AF_INET6 : AF_INET, address.c_str(), bytes.data());
  std::string name;
  for (int i = is_v6 ? 15 : 3; i >= 0; --i) {
    const unsigned byte = bytes.at(static_cast<std::size_t>(i));
    constexpr std::string_view digits = "0123456789abcdef";
    if (is_v6) {
      name += std::string{digits[byte & 15U], '.', digits[byte >> 4U], '.'};
    } else {
      name += std::to_string(byte) + ".";
    }
  }
  return name + (is_v6 ? "ip6.arpa" : "in-addr.arpa");
}

}  // namespace

std::string txt_name(const ValidationTask& task) {
  const std::string name = task.identifier.bare();
  if (task.type == ChallengeType::dns_persist_01) return "_validation-persist." + name;
  if (task.type == ChallengeType::dns_account_01) {
    return "_" + account_label(task.account_url) + "._acme-challenge." + name;
  }
  return "_acme-challenge." + name;
}

std::string sni_of(const Identifier& identifier) {
  return identifier.type == IdentifierType::dns ? identifier.value : reverse_name(identifier.value);
}

std::optional<Problem> judge(const ValidationTask& task,
                             const Evidence& evidence,
                             base::WallTime now) {
  if (const auto* nothing = std::get_if<Unreachable>(&evidence)) {
    return fault(nothing->type, 400, nothing->detail);
  }
  switch (task.type) {
    case ChallengeType::http_01:
      if (const auto* http = std::get_if<HttpAnswer>(&evidence)) return judge_http(task, *http);
      break;
    case ChallengeType::dns_01:
    case ChallengeType::dns_account_01:
      if (const auto* txt = std::get_if<TxtRecords>(&evidence)) return judge_txt(task, *txt);
      break;
    case ChallengeType::dns_persist_01:
      if (const auto* txt = std::get_if<TxtRecords>(&evidence)) {
        return judge_persist(task, *txt, now);
      }
      break;
    case ChallengeType::tls_alpn_01:
      if (const auto* alpn = std::get_if<AlpnCertificate>(&evidence)) {
        return judge_alpn(task, *alpn);
      }
      break;
  }
  return fault("serverInternal", 500, "the evidence is of another challenge type");
}

}  // namespace fake_ca
