#include "agent/tls_alpn/challenge_certificates.h"

#include <algorithm>
#include <utility>

namespace agent {
namespace {

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

}  // namespace

void ChallengeCertificates::put(const acme::TlsAlpnAnswer& answer) {
  Entry entry{answer.digest, make_challenge_certificate(answer, key_.get(), clock_.wall())};
  const std::lock_guard lock(mutex_);
  entries_.insert_or_assign(acme::tls_alpn_server_name(answer.identifier), std::move(entry));
}

void ChallengeCertificates::remove(const acme::TlsAlpnAnswer& answer) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(acme::tls_alpn_server_name(answer.identifier));
  if (found != entries_.end() && found->second.digest == answer.digest) entries_.erase(found);
}

std::size_t ChallengeCertificates::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

bool ChallengeCertificates::use(SSL* ssl, std::string_view server_name) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(lowered(server_name));
  return found != entries_.end() &&
         SSL_use_certificate(ssl, found->second.certificate.get()) == 1 &&
         SSL_use_PrivateKey(ssl, key_.get()) == 1;
}

}  // namespace agent
