#pragma once

#include "haproxy/crt_list_line.h"
#include "haproxy/names.h"
#include "haproxy/pem_bundle.h"
#include "tests/haproxy/test_process.h"

namespace haproxy::test {

inline CertificateName certificate_name(std::string_view text) {
  return *CertificateName::parse(text);
}
inline CrtListName list_name(std::string_view text) {
  return *CrtListName::parse(text);
}
/// One of `bundle.pem` (a.example), `renewed.pem` (a.example, another key), `other.pem`
/// (b.example).
inline PemBundle pem(const std::string& name) {
  return *PemBundle::parse(read_file(std::string(ACME_SPOA_TESTDATA "/haproxy/") + name));
}

}  // namespace haproxy::test
