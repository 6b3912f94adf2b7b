#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "agent/store/store.h"
#include "base/clock.h"
#include "haproxy/bundle_path.h"
#include "tests/fakes/tls_identity.h"

namespace bench {

/// Makes certificates as an authority would, all with one key, and puts them into a store.
class Certificates {
 public:
  explicit Certificates(base::WallTime now) : now_(now), ca_(now), key_(EVP_EC_gen("P-256")) {
    const acme::BioPtr bio = acme::write_bio();
    PEM_write_bio_PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    key_pem_ = acme::written(bio.get());
  }

  static std::string name_of(const std::string& prefix, std::size_t number) {
    return prefix + std::to_string(number) + ".customers.example";
  }

  agent::CertificateBundle make(const std::string& name) {
    fakes::LeafWish wish{{name}, now_ - std::chrono::hours(1), now_ + std::chrono::hours(2000)};
    wish.serial_hex = "0" + std::to_string(++serial_ + 1'000'000);
    const acme::X509Ptr leaf = ca_.issue_leaf(key_.get(), wish);
    const auto parsed = base::DomainName::parse(name).value();
    agent::CertificateBundle bundle;
    bundle.certificate = {.authority = "ca",
                          .names = {parsed},
                          .serial = wish.serial_hex,
                          .fingerprint = fingerprint_of(leaf.get()),
                          .not_before = wish.not_before,
                          .not_after = wish.not_after,
                          .renew_at = wish.not_after,
                          .bundle_path = haproxy::bundle_path(parsed)};
    bundle.chain_pem = fakes::TestCa::pem(leaf.get()) + ca_.intermediate_pem();
    bundle.private_key_pem = key_pem_;
    return bundle;
  }

  /// In state `issued`; a hostname that has one already gets a renewal.
  std::vector<agent::Certificate> put(agent::Store& store, const std::vector<std::string>& names) {
    std::vector<agent::Certificate> made;
    const auto done = store.commit_together([&] {
      for (const std::string& name : names) made.push_back(put_one(store, make(name)));
    });
    if (!done) throw std::runtime_error(done.error().detail);
    return made;
  }
  agent::Certificate put(agent::Store& store, agent::CertificateBundle bundle) {
    agent::Certificate made;
    const auto done = store.commit_together([&] { made = put_one(store, std::move(bundle)); });
    if (!done) throw std::runtime_error(done.error().detail);
    return made;
  }

 private:
  agent::Certificate put_one(agent::Store& store, agent::CertificateBundle bundle) {
    const std::vector<agent::HostnameSettings> settings = {
        {.name = bundle.certificate.names.front()}};
    store.add_hostnames(settings, now_).value();
    const std::vector<agent::NewOrder> wanted = {{"ca", bundle.certificate.names}};
    const auto orders = store.create_orders(wanted, now_).value();
    bundle.certificate.id = store.finish_order(orders.at(0).id, bundle, now_).value();
    return bundle.certificate;
  }

  static std::string fingerprint_of(const X509* leaf) {
    std::array<unsigned char, 20> digest{};
    unsigned size = 0;
    X509_digest(leaf, EVP_sha1(), digest.data(), &size);
    std::string hex = base::encode_hex(std::as_bytes(std::span(digest)));
    for (char& c : hex) c = static_cast<char>(std::toupper(c));
    return hex;
  }

  const base::WallTime now_;
  fakes::TestCa ca_;
  acme::PkeyPtr key_;
  std::string key_pem_;
  std::size_t serial_ = 0;
};

}  // namespace bench
