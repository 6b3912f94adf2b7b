#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "acme/openssl.h"
#include "base/clock.h"
#include "base/random.h"
#include "tests/fake_ca/identifier.h"

namespace fake_ca {

/// What one leaf is to be like.
struct LeafWish {
  std::vector<Identifier> identifiers;
  base::WallTime not_before;
  base::WallTime not_after;
  std::string common_name = {};  ///< empty for none
};

struct Leaf {
  std::string pem;
  std::string der;
  std::string serial;   ///< upper-case hex
  std::string cert_id;  ///< RFC 9773 §4.1
};

/// Roots, intermediates and the making of leaves. Each chain has a root of its own; all have the
/// same intermediate key and name, so a leaf has as many chains as there are roots.
class Signer {
 public:
  /// Keys are new in each Signer; `chains` ≥ 1.
  Signer(base::WallTime now, std::size_t chains);

  Leaf issue(EVP_PKEY* key, const LeafWish& wish, base::Random& random) const;

  std::size_t chains() const { return roots_.size(); }
  const std::string& root_pem(std::size_t chain) const { return roots_.at(chain).pem; }
  const std::string& intermediate_pem(std::size_t chain) const {
    return intermediates_.at(chain).pem;
  }
  /// base64url of the intermediates' key identifier: the first half of all our certIDs.
  const std::string& key_identifier() const { return key_identifier_; }

 private:
  struct Authority {
    acme::X509Ptr certificate;
    std::string pem;
  };

  acme::PkeyPtr intermediate_key_;
  std::vector<Authority> roots_;
  std::vector<Authority> intermediates_;
  std::string key_identifier_;
};

}  // namespace fake_ca
