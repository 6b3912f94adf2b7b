#include "agent/deployer/bundle_file.h"

#include "haproxy/asio/files.h"

namespace agent {
namespace {

constexpr std::size_t max_bundle = std::size_t{1} << 20;  // as PemBundle::parse()

base::Unexpected<haproxy::RuntimeError> unreadable(std::string detail) {
  return base::Unexpected(haproxy::RuntimeError{haproxy::Errc::bad_pem, std::move(detail)});
}

}  // namespace

BundleFile load_bundle_file(const std::string& path) {
  const auto text = haproxy::read_file(path, max_bundle);
  if (!text) return unreadable(text.error().message());
  auto bundle = haproxy::PemBundle::parse(*text);
  if (bundle) return std::move(*bundle);
  return unreadable(path + ": " + bundle.error().detail);
}

}  // namespace agent
