#include "haproxy/names.h"

#include <algorithm>

namespace haproxy {
namespace {

constexpr std::size_t max_name = 1024;  // far below PATH_MAX and HAProxy's line buffer

bool is_safe(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '/' || c == '-' || c == '@';
}

}  // namespace

std::error_code check_name(std::string_view text) {
  const bool good = !text.empty() && text.size() <= max_name && text.front() != '-' &&
                    std::all_of(text.begin(), text.end(), is_safe);
  return good ? std::error_code() : make_error_code(Errc::bad_name);
}

bool is_deployable(const CertificateName& name) {
  constexpr std::string_view reserved[] = {".key", ".issuer", ".ocsp", ".sctl", ".crt"};
  return std::none_of(std::begin(reserved), std::end(reserved), [&](std::string_view ending) {
    return name.text().ends_with(ending);
  });
}

}  // namespace haproxy
