#include "acme/alternate_chain.h"

#include <algorithm>

#include "acme/certificate.h"

namespace acme {

bool is_preferred_chain(std::string_view pem, std::string_view wish) {
  const auto chain = parse_chain(pem);
  if (!chain || wish.empty()) return false;
  if (chain->back().issuer_cn == wish) return true;
  return std::any_of(chain->begin(), chain->end(), [wish](const CertificateInfo& certificate) {
    return certificate.subject_cn == wish;
  });
}

}  // namespace acme
