#include "acme/certificate.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <optional>
#include <span>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "acme/openssl.h"
#include "base/encoding.h"

namespace acme {
namespace {

constexpr std::size_t max_pem = 65536;
constexpr std::size_t max_certificates = 10;
/// An authority's clock and ours may differ.
constexpr std::chrono::hours allowed_skew{1};

Error bad_certificate(std::string detail) {
  return Error{.code = Errc::bad_certificate,
               .origin = Origin::local,
               .context = {},
               .detail = std::move(detail)};
}

std::string upper_hex(const unsigned char* data, std::size_t size) {
  std::string text = base::encode_hex(std::as_bytes(std::span(data, size)));
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

std::string upper_hex(const ASN1_STRING* bytes) {
  return upper_hex(ASN1_STRING_get0_data(bytes),
                   static_cast<std::size_t>(ASN1_STRING_length(bytes)));
}

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::optional<base::WallTime> time_of(const ASN1_TIME* time) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(time, &tm) != 1) return std::nullopt;
  const std::chrono::sys_days day{std::chrono::year(tm.tm_year + 1900) /
                                  static_cast<int>(tm.tm_mon + 1) / tm.tm_mday};
  return day + std::chrono::hours(tm.tm_hour) + std::chrono::minutes(tm.tm_min) +
         std::chrono::seconds(tm.tm_sec);
}

std::string common_name(const X509_NAME* name) {
  const int index = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
  if (index < 0) return {};
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
  if (size < 0) {
    openssl_reason();
    return {};
  }
  std::string utf8(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
  OPENSSL_free(text);
  return utf8;
}

/// A SAN of a type that we order; nullopt of any other.
std::optional<std::string> alternative_name(const GENERAL_NAME* general_name) {
  int type = 0;
  const void* value = GENERAL_NAME_get0_value(general_name, &type);
  if (type != GEN_DNS && type != GEN_IPADD) return std::nullopt;
  std::string name = text_of(static_cast<const ASN1_STRING*>(value));
  if (type == GEN_IPADD) {
    const auto address = base::IpAddress::from_bytes(name);
    return address ? std::optional(address->text()) : std::nullopt;
  }
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return name;
}

void add_alternative_names(const X509* certificate, CertificateInfo& info) {
  const GeneralNamesPtr names(static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    std::optional<std::string> name = alternative_name(sk_GENERAL_NAME_value(names.get(), i));
    if (name) {
      info.names.push_back(*std::move(name));
    } else {
      ++info.other_names;
    }
  }
  std::sort(info.names.begin(), info.names.end());
}

base::Result<CertificateInfo, Error> info_of(X509* certificate) {
  CertificateInfo info;
  const auto not_before = time_of(X509_get0_notBefore(certificate));
  const auto not_after = time_of(X509_get0_notAfter(certificate));
  if (!not_before || !not_after) {
    openssl_reason();
    return base::Unexpected(bad_certificate("its validity cannot be read"));
  }
  info.not_before = *not_before;
  info.not_after = *not_after;
  add_alternative_names(certificate, info);
  info.serial = upper_hex(X509_get0_serialNumber(certificate));
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned digest_size = 0;
  require(X509_digest(certificate, EVP_sha1(), digest.data(), &digest_size) == 1, "X509_digest");
  info.sha1 = upper_hex(digest.data(), digest_size);
  if (const ASN1_OCTET_STRING* id = X509_get0_authority_key_id(certificate)) {
    info.authority_key_id = upper_hex(id);
  }
  info.subject_cn = common_name(X509_get_subject_name(certificate));
  info.issuer_cn = common_name(X509_get_issuer_name(certificate));
  return info;
}

struct PemBlock {
  std::string name;
  std::vector<unsigned char> der;
};

/// The next block, nullopt if there is none or it is broken.
std::optional<PemBlock> read_block(BIO* bio) {
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(bio, &name, &header, &data, &size) != 1) {
    ERR_clear_error();
    return std::nullopt;
  }
  PemBlock block{name, {data, data + size}};
  OPENSSL_free(name);
  OPENSSL_free(header);
  OPENSSL_free(data);
  return block;
}

X509Ptr parse_der(const std::vector<unsigned char>& der) {
  const unsigned char* cursor = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
  if (!certificate) openssl_reason();
  if (cursor != der.data() + der.size()) return nullptr;
  return certificate;
}

/// How often `-----` stands in the text: four times in each whole block, so that half a block at
/// the end of a cut download is noticed.
std::size_t count_dashes(std::string_view pem) {
  std::size_t count = 0;
  constexpr std::string_view dashes = "-----";
  for (std::size_t at = pem.find(dashes); at != std::string_view::npos;
       at = pem.find(dashes, at + dashes.size())) {
    ++count;
  }
  return count;
}

base::Result<std::vector<X509Ptr>, Error> read_chain(std::string_view pem) {
  if (pem.size() > max_pem) return base::Unexpected(bad_certificate("longer than 64 KiB"));
  std::vector<X509Ptr> chain;
  const BioPtr bio = read_bio(pem);
  while (const std::optional<PemBlock> block = read_block(bio.get())) {
    if (block->name != PEM_STRING_X509) {
      return base::Unexpected(bad_certificate("a block is no CERTIFICATE"));
    }
    if (chain.size() == max_certificates) {
      return base::Unexpected(bad_certificate("more than 10 certificates"));
    }
    chain.push_back(parse_der(block->der));
    if (!chain.back()) {
      return base::Unexpected(bad_certificate("certificate " + std::to_string(chain.size()) +
                                              " of the chain cannot be read"));
    }
  }
  if (chain.empty()) return base::Unexpected(bad_certificate("no certificate in it"));
  if (count_dashes(pem) != 4 * chain.size()) {
    return base::Unexpected(bad_certificate("a PEM block is cut off or broken"));
  }
  return chain;
}

std::string encode_chain(const std::vector<X509Ptr>& chain) {
  const BioPtr bio = write_bio();
  for (const X509Ptr& certificate : chain) {
    require(PEM_write_bio_X509(bio.get(), certificate.get()) == 1, "PEM_write_bio_X509");
  }
  return written(bio.get());
}

bool is_signed_by(X509* certificate, X509* issuer) {
  const bool is = X509_check_issued(issuer, certificate) == X509_V_OK &&
                  X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return is;
}

/// Why the chain does not hang together; empty if it does.
std::string broken_link(const std::vector<X509Ptr>& chain) {
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    if (!is_signed_by(chain[i].get(), chain[i + 1].get())) {
      return "certificate " + std::to_string(i + 1) + " of the chain is not signed by the next";
    }
  }
  return {};
}

bool says_where_its_issuer_is(const X509* certificate) {
  const AuthorityInfoAccessPtr access(static_cast<AUTHORITY_INFO_ACCESS*>(
      X509_get_ext_d2i(certificate, NID_info_access, nullptr, nullptr)));
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(access.get()); ++i) {
    const ACCESS_DESCRIPTION* description = sk_ACCESS_DESCRIPTION_value(access.get(), i);
    if (OBJ_obj2nid(description->method) == NID_ad_ca_issuers) return true;
  }
  ERR_clear_error();
  return false;
}

/// Why the chain cannot be all of it; empty if it can.
std::string missing_link(const std::vector<X509Ptr>& chain) {
  if (chain.size() > 1 || !says_where_its_issuer_is(chain.front().get())) return {};
  return "it came without its issuer's certificate";
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " ") + name;
  return text;
}

/// Why the leaf is not what was ordered; empty if it is.
std::string wrong_names(const CertificateInfo& leaf, const std::vector<Identifier>& identifiers) {
  std::vector<std::string> ordered;
  ordered.reserve(identifiers.size());
  for (const Identifier& identifier : identifiers) ordered.push_back(identifier.value());
  std::sort(ordered.begin(), ordered.end());
  if (leaf.names == ordered && leaf.other_names == 0) return {};
  const std::string others = leaf.other_names == 0 ? "" : " and names of another type";
  return "it is for " + joined(leaf.names) + others + ", ordered was " + joined(ordered);
}

std::string wrong_time(const CertificateInfo& leaf, base::WallTime now) {
  if (leaf.not_before > now + allowed_skew) return "it is not valid yet";
  if (leaf.not_after <= now) return "it has expired";
  return {};
}

}  // namespace

base::Result<std::vector<CertificateInfo>, Error> parse_chain(std::string_view pem) {
  const auto chain = read_chain(pem);
  if (!chain) return base::Unexpected(chain.error());
  std::vector<CertificateInfo> infos;
  infos.reserve(chain->size());
  for (const X509Ptr& certificate : *chain) {
    base::Result<CertificateInfo, Error> info = info_of(certificate.get());
    if (!info) return base::Unexpected(std::move(info).error());
    infos.push_back(std::move(info).value());
  }
  return infos;
}

base::Result<VerifiedChain, Error> verify_chain(std::string_view pem,
                                                const PrivateKey& key,
                                                const std::vector<Identifier>& identifiers,
                                                base::WallTime now) {
  const auto chain = read_chain(pem);
  if (!chain) return base::Unexpected(chain.error());
  X509* leaf = chain->front().get();
  base::Result<CertificateInfo, Error> info = info_of(leaf);
  if (!info) return base::Unexpected(std::move(info).error());
  const bool our_key = EVP_PKEY_eq(X509_get0_pubkey(leaf), key.handle().pkey.get()) == 1;
  ERR_clear_error();
  if (!our_key) return base::Unexpected(bad_certificate("it has another public key than ours"));
  for (const std::string& wrong : {wrong_names(*info, identifiers),
                                   wrong_time(*info, now),
                                   broken_link(*chain),
                                   missing_link(*chain)}) {
    if (!wrong.empty()) return base::Unexpected(bad_certificate(wrong));
  }
  return VerifiedChain{std::move(info).value(), encode_chain(*chain)};
}

}  // namespace acme
