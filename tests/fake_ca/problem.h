#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "tests/fake_ca/identifier.h"
#include "tests/fake_ca/message.h"

namespace fake_ca {

/// A problem document (RFC 8555 §6.7) on its way to a client.
struct Problem {
  std::string type;  ///< without `urn:ietf:params:acme:error:`
  int status = 400;
  std::string detail = {};
  std::optional<Identifier> identifier = {};
  std::vector<Problem> subproblems = {};
  std::optional<std::chrono::seconds> retry_after = {};
  std::string instance = {};
  std::vector<std::string> algorithms = {};  ///< of badSignatureAlgorithm
  std::vector<Header> headers = {};
};

/// A refusal, or what was asked for.
using Outcome = base::Result<Reply, Problem>;

Json to_json(const Problem& problem);
Reply to_reply(const Problem& problem);
Reply json_reply(int status, const Json& body);

inline base::Unexpected<Problem> refuse(int status, std::string type, std::string detail) {
  return base::Unexpected(
      Problem{.type = std::move(type), .status = status, .detail = std::move(detail)});
}

}  // namespace fake_ca
