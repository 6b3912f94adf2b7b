#pragma once

#include <string>
#include <string_view>

#include "base/domain_name.h"
#include "base/result.h"

namespace agent {

/// A hostname as people write it: Unicode or A-labels, any case, one trailing dot, converted by
/// IDNA2008 with the non-transitional UTS #46 mapping (RFC 5891, UTS #46 §4). `field` names the
/// place it comes from. The error is one sentence, `<field>: "<text>" is no hostname: <reason>`, in
/// which a long text is cut and what is not printable ASCII is escaped. A wildcard
/// (`*.example.org`) is taken, and so is an IP address without brackets.
base::Result<base::DomainName, std::string> parse_hostname(std::string_view text,
                                                           std::string_view field);

/// For display only: A-labels that convert back to themselves as U-labels, the others as they are.
std::string to_unicode(const base::DomainName& name);

}  // namespace agent
