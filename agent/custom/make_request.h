#pragma once

#include <string>
#include <vector>

#include "acme/private_key.h"
#include "agent/custom/upload.h"
#include "base/domain_name.h"
#include "base/result.h"

namespace agent {

/// Who a certificate is for, as its owner wants an authority to certify it (RFC 5280 appendix A). A
/// field that is empty is left out.
struct RequestSubject {
  std::string common_name{};
  std::string organization{};
  std::string organizational_unit{};
  std::string locality{};
  std::string state{};    ///< or province
  std::string country{};  ///< two capital letters
};

struct RequestWish {
  acme::KeyType key_type = acme::KeyType::ecdsa_p256;
  RequestSubject subject{};
  std::vector<base::DomainName> names{};  ///< its SANs; one at least, no addresses
};

/// A key and its CSR.
struct MadeRequest {
  std::string private_key_pem{};  ///< PKCS#8
  std::string csr_pem{};          ///< PKCS#10
};

/// What is wrong with a subject, by the names of the API's fields: `range` of a text that is longer
/// than X.520 allows, `characters` of one that is no printable UTF-8, `choice` of a country. Empty
/// if nothing is.
std::vector<UploadError> check_subject(const RequestSubject& subject);

/// With a new key: RSA can take seconds. Thread-safe. REQUIRES: check_subject() has found nothing.
base::Result<MadeRequest, UploadError> make_request(const RequestWish& wish);

}  // namespace agent
