#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/domain_name.h"

namespace agent {

/// Why nobody is even asked about a name that a client has sent, a sentence; nullopt: somebody is.
/// Refused are wildcards, addresses, names below TLDs that public DNS does not have (RFC 6761,
/// RFC 6762, RFC 7686), public suffixes, names of more than `max_labels` labels, and what comes of
/// machines that read certificate transparency logs and put a label before each name they find:
/// before the registered domain, two equal labels next to each other, or three of those that such
/// machines try. Let's Encrypt refuses the latter, too, and pauses accounts that order many.
std::optional<std::string_view> refuse_on_demand(const base::DomainName& name,
                                                 std::size_t max_labels);

}  // namespace agent
