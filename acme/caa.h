#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/types.h"

namespace acme {

/// One CAA record (RFC 8659 §4.1).
struct CaaRecord {
  std::uint8_t flags = 0;  ///< 128: critical
  std::string tag{};
  std::string value{};
  friend bool operator==(const CaaRecord&, const CaaRecord&) = default;
};

/// Who wants to issue what.
struct CaaQuestion {
  enum class Name { plain, wildcard } name = Name::plain;
  std::vector<std::string> identities{};  ///< the authority's `caaIdentities` (RFC 8555 §7.1.1)
  std::string account_url{};              ///< empty while there is no account
  std::string challenge{};                ///< `dns-01`, as in `validationmethods`; empty: not known
};

enum class CaaVerdict {
  allowed,
  forbidden,
  unknown,  ///< what decides is not known to us; the authority will know
};

struct CaaDecision {
  CaaVerdict verdict;
  std::string reason{};  ///< for the owner of the name: what stands in the way, and what would be
                         ///< right; empty if allowed
  friend bool operator==(const CaaDecision&, const CaaDecision&) = default;
};

/// Whether the authority may issue by `records`, the first non-empty set on the way from the name
/// (without its star) towards the root; none at all allow everybody (RFC 8659 §3 to §4.3, RFC 8657
/// §3 and §4).
CaaDecision judge_caa(const std::vector<CaaRecord>& records, const CaaQuestion& question);

}  // namespace acme
