#include "acme/http_client.h"

namespace acme {

std::string_view find_header(const HttpResponse& response, std::string_view name) {
  for (const HttpHeader& header : response.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

}  // namespace acme
