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

std::string_view to_string(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::unknown: return "";
    case KeyAlgorithm::ecdsa: return "ecdsa";
    case KeyAlgorithm::rsa: return "rsa";
  }
  return "";
}

KeyAlgorithm other_than(KeyAlgorithm algorithm) {
  switch (algorithm) {
    case KeyAlgorithm::unknown: return KeyAlgorithm::unknown;
    case KeyAlgorithm::ecdsa: return KeyAlgorithm::rsa;
    case KeyAlgorithm::rsa: return KeyAlgorithm::ecdsa;
  }
  return KeyAlgorithm::unknown;
}

}  // namespace agent
