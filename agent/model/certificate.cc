#include "agent/model/certificate.h"

namespace agent {

std::string_view to_string(CertificateState state) {
  switch (state) {
    case CertificateState::issued: return "issued";
    case CertificateState::served: return "served";
    case CertificateState::retired: return "retired";
  }
  return "unknown";
}

}  // namespace agent
