#include "agent/custom/make_request.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "agent/custom/upload_objects.h"

namespace agent {
namespace {

/// Upper bounds of X.520 in characters (RFC 5280 appendix A.1), which are at most as many bytes.
struct SubjectField {
  const char* field;  ///< of the API
  const char* attribute;
  std::string RequestSubject::*text;
  std::size_t most;
};
constexpr std::array subject_fields = {
    SubjectField{"country", "C", &RequestSubject::country, 2},
    SubjectField{"state", "ST", &RequestSubject::state, 128},
    SubjectField{"locality", "L", &RequestSubject::locality, 128},
    SubjectField{"organization", "O", &RequestSubject::organization, 64},
    SubjectField{"organizational_unit", "OU", &RequestSubject::organizational_unit, 64},
    SubjectField{"common_name", "CN", &RequestSubject::common_name, 64}};

using RequestPtr = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;

struct FreedExtensions {
  void operator()(STACK_OF(X509_EXTENSION) * stack) const noexcept {
    sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
  }
};
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), FreedExtensions>;

/// For calls that can only fail for want of memory.
void require(bool success, const char* call) {
  if (!success) throw std::runtime_error(std::string("OpenSSL: ") + call);
}

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_printable_utf8(const std::string& text) {
  const bool has_control = std::any_of(
      text.begin(), text.end(), [](char c) { return (c >= '\0' && c < ' ') || c == '\x7f'; });
  // A string that is none has no length.
  ASN1_STRING* converted = nullptr;
  const int type = ASN1_mbstring_copy(
      &converted, bytes_of(text), static_cast<int>(text.size()), MBSTRING_UTF8, B_ASN1_UTF8STRING);
  ASN1_STRING_free(converted);
  ERR_clear_error();
  return !has_control && type > 0;
}

void add_subject(X509_REQ* request, const RequestSubject& subject) {
  X509_NAME* const name = X509_REQ_get_subject_name(request);
  for (const SubjectField& field : subject_fields) {
    const std::string& text = subject.*field.text;
    if (text.empty()) continue;
    require(X509_NAME_add_entry_by_txt(name,
                                       field.attribute,
                                       MBSTRING_UTF8,
                                       bytes_of(text),
                                       static_cast<int>(text.size()),
                                       -1,
                                       0) == 1,
            "X509_NAME_add_entry_by_txt");
  }
}

void add_names(X509_REQ* request, const std::vector<base::DomainName>& names) {
  const GeneralNamesPtr sans(GENERAL_NAMES_new());
  for (const base::DomainName& name : names) {
    ASN1_STRING* const text = ASN1_IA5STRING_new();
    ASN1_STRING_set(text, name.text().data(), static_cast<int>(name.text().size()));
    GENERAL_NAME* const san = GENERAL_NAME_new();
    GENERAL_NAME_set0_value(san, GEN_DNS, text);
    require(sk_GENERAL_NAME_push(sans.get(), san) > 0, "sk_GENERAL_NAME_push");
  }
  STACK_OF(X509_EXTENSION)* stack = nullptr;
  const int added =
      X509V3_add1_i2d(&stack, NID_subject_alt_name, sans.get(), 0, X509V3_ADD_DEFAULT);
  const ExtensionsPtr extensions(stack);
  require(added == 1, "X509V3_add1_i2d");
  require(X509_REQ_add_extensions(request, extensions.get()) == 1, "X509_REQ_add_extensions");
}

std::string encode(EVP_PKEY* key, const RequestWish& wish) {
  const RequestPtr request(X509_REQ_new());
  require(X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1, "X509_REQ_set_version");
  require(X509_REQ_set_pubkey(request.get(), key) == 1, "X509_REQ_set_pubkey");
  add_subject(request.get(), wish.subject);
  add_names(request.get(), wish.names);
  require(X509_REQ_sign(request.get(), key, EVP_sha256()) > 0, "X509_REQ_sign");
  const BioPtr bio(BIO_new(BIO_s_mem()));
  require(PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1, "PEM_write_bio_X509_REQ");
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

std::vector<UploadError> check_subject(const RequestSubject& subject) {
  std::vector<UploadError> errors;
  for (const SubjectField& field : subject_fields) {
    const std::string& text = subject.*field.text;
    if (text.empty()) continue;
    if (text.size() > field.most) {
      errors.push_back({field.field,
                        "range",
                        "expected at most " + std::to_string(field.most) + " bytes of UTF-8"});
    } else if (!is_printable_utf8(text)) {
      errors.push_back({field.field, "characters", "expected printable text in UTF-8 on one line"});
    }
  }
  const auto is_capital = [](char c) { return c >= 'A' && c <= 'Z'; };
  const std::string& country = subject.country;
  const bool is_country =
      country.size() == 2 && std::all_of(country.begin(), country.end(), is_capital);
  if (!country.empty() && country.size() <= 2 && !is_country) {
    errors.push_back({"country", "choice", "expected two capital letters (ISO 3166), as DE"});
  }
  return errors;
}

base::Result<MadeRequest, UploadError> make_request(const RequestWish& wish) {
  const auto key = acme::PrivateKey::generate(wish.key_type);
  if (!key) return base::Unexpected(UploadError{"key_type", "key", key.error().detail});
  MadeRequest made{key->pem(), {}};
  const BioPtr bio = reader(made.private_key_pem);
  const PkeyPtr handle(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  require(handle != nullptr, "PEM_read_bio_PrivateKey");
  made.csr_pem = encode(handle.get(), wish);
  return made;
}

}  // namespace agent
