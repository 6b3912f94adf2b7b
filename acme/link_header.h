#pragma once

#include <string_view>
#include <vector>

#include "acme/http_client.h"
#include "acme/types.h"

namespace acme {

/// The targets of a reply's links of one relation (RFC 8288 §3), in the order received, at most 32:
/// `Link` may repeat and may hold several links. What cannot be read is left out.
std::vector<Url> find_links(const HttpResponse& response,
                            const Url& request_url,
                            std::string_view relation);

}  // namespace acme
