#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/fake_ca/records.h"

namespace fake_ca {

/// A challenge whose answer the validation authority is to fetch and give back as Evidence.
struct ValidationTask {
  AuthorizationId authorization;
  ChallengeType type;
  Identifier identifier;  ///< with its star
  std::string token;
  std::string key_authorization;  ///< token `.` thumbprint (RFC 8555 §8.1)
  std::string account_url;
  std::vector<std::string> issuer_domain_names;  ///< ours, for dns-persist-01
};

// What was found.
struct HttpAnswer {
  int status;
  std::string body;
};
struct TxtRecords {
  std::vector<std::string> values;  ///< the strings of one record joined
};
struct AlpnCertificate {
  std::string protocol;  ///< as negotiated
  std::string der;       ///< of the leaf
};
/// Nothing was found; `type` is dns, connection, tls, caa …
struct Unreachable {
  std::string type;
  std::string detail;
};
using Evidence = std::variant<HttpAnswer, TxtRecords, AlpnCertificate, Unreachable>;

/// Where the answer of a dns challenge is looked for, without trailing dot:
/// `_acme-challenge.a.example`.
std::string txt_name(const ValidationTask& task);

/// SNI of a tls-alpn-01 connection: the name, or an address's reverse name (RFC 8738 §6).
std::string sni_of(const Identifier& identifier);

/// What is wrong with the answer; nullopt if it shows control of the identifier.
std::optional<Problem> judge(const ValidationTask& task,
                             const Evidence& evidence,
                             base::WallTime now);

}  // namespace fake_ca
