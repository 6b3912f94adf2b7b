#include "acme/http_client.h"

namespace acme {

std::string_view name_of(RequestKind kind) {
  switch (kind) {
    case RequestKind::other: return "other";
    case RequestKind::directory: return "directory";
    case RequestKind::new_nonce: return "newNonce";
    case RequestKind::new_account: return "newAccount";
    case RequestKind::new_order: return "newOrder";
    case RequestKind::revoke_certificate: return "revokeCert";
    case RequestKind::renewal_info: return "renewalInfo";
  }
  return "other";
}

std::string_view find_header(const HttpResponse& response, std::string_view name) {
  for (const HttpHeader& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

}  // namespace acme
